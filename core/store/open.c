/*
 * open.c - making a volume, and opening one.
 *
 * Opening reads the slots, the delta records behind the newest, the index of the
 * bitmap and the lists of the last fold. It does not read the map or
 * the pages, but for those of a last small commit that may be half there (whole.c);
 * so it takes the same time whatever the size of the heap.
 *
 * The flush comes first: a killed process may have left its last superblock
 * in a cache, and what has been believed must not be gone after the next cut.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "base/trace.h"
#include "format/space.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

/* A generation that could not be read may have had any number up to this much more. */
#define GENERATION_GAP 64

err_t
store_format(struct plat_disk *disk, uint64_t block_count)
{
    const size_t bytes = (size_t)VOLUME_FIRST_BLOCK * VOLUME_BLOCK_BYTES;
    struct super super = {
        .block_count = block_count,
        .note = { .generation = 1, .wall_ns = plat_wall_ns(), .cause = STORE_CAUSE_NEW },
        .fold_generation = 1,
        .fold_free = block_count - VOLUME_FIRST_BLOCK,
        .cursor = VOLUME_FIRST_BLOCK,
        .policy = history_policy_default,
    };
    void *buffer;
    err_t err;

    if (block_count < STORE_BLOCKS_MIN || block_count > plat_disk_block_count(disk) ||
        block_count >= VOLUME_BLOCKS_MAX)
        return ERR_RANGE;
    if (plat_disk_read_only(disk))
        return ERR_READ_ONLY;
    buffer = plat_alloc(bytes);
    if (buffer == NULL)
        return ERR_NOMEM;
    plat_entropy(super.id, sizeof super.id);
    super.clock.wall_ns = super.note.wall_ns;
    super_encode(0, &super, buffer);
    err = plat_disk_reserve(disk, 0, VOLUME_FIRST_BLOCK);
    if (err == OK)
        err = volume_write(disk, 0, VOLUME_FIRST_BLOCK, buffer);
    if (err == OK)
        err = volume_flush(disk); /* guard: flush-format */
    plat_free(buffer, bytes);
    return err;
}

/* ---- what a superblock leads to ---- */

void
note_add_locked(struct store *store, const struct store_note *note)
{
    store->notes[store->note_count++ % NOTES_MAX] = *note;
}

err_t
chain_walk(struct store *store, struct block_ref first, chain_fn *visit)
{
    struct block_ref ref = first;
    struct chain_disk *link = (void *)store->scratch;
    uint64_t links = 0;

    while (ref.count > 0) {
        uint64_t block = ref.block;

        if (!block_range_valid(block, 1, store->super.block_count) ||
            links++ > store->super.block_count)
            return ERR_CORRUPT;
        TRY(volume_read(store->disk, block, 1, link));
        if (!crc_good(link, sizeof *link, ref.crc)) /* guard: crc-chain */
            return ERR_CORRUPT;
        ref = block_ref_get(&link->next);
        TRY(visit(store, block, link));
    }
    return OK;
}

static err_t
notes_link_load(struct store *store, uint64_t block, const struct chain_disk *link)
{
    uint32_t count = le32_get(link->item_count);

    if (count > CHAIN_NOTES_MAX)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < count; i++) {
        struct note_disk disk;
        struct store_note note;

        memcpy(&disk, link->items + i * sizeof disk, sizeof disk);
        note = note_get(&disk);
        note_add_locked(store, &note);
    }
    return extent_list_add(&store->notes_blocks, block, 1);
}

/*
 * What is needed to know, at opening, which of the dead are still dead: a block
 * that a record took at or after its death lives again.
 */
struct dead_loader {
    uint64_t *taken; /* by block: the last generation that took it; 0: none since the fold */
    uint64_t taken_bytes;
    uint64_t fold_generation;
    struct extent_list list; /* all that was said to be dead, in order */
    struct block_row row;    /* pages' blocks */
};

/* Room for all that the records name, so that no table is built several times. */
static err_t
loader_reserve(struct store *store, struct dead_loader *loader, const struct delta_chain *chain)
{
    size_t pages = 0;

    for (size_t i = 0; i < chain->count; i++)
        pages += le32_get(chain->records[i].header->page_count);
    loader->fold_generation = store->super.fold_generation;
    loader->taken_bytes =
        (store->super.block_count * sizeof loader->taken[0] + VOLUME_BLOCK_BYTES - 1) &
        ~(uint64_t)(VOLUME_BLOCK_BYTES - 1);
    loader->taken = plat_reserve(loader->taken_bytes);
    if (loader->taken == NULL)
        return ERR_NOMEM;
    return page_set_reserve(&store->overlay, pages, &store->lock);
}

static err_t
taken_put(struct store *store, struct dead_loader *loader, uint64_t block, uint64_t count,
          uint64_t generation)
{
    if (!block_range_valid(block, count, store->super.block_count) ||
        generation > store->super.note.generation || generation < loader->fold_generation)
        return ERR_CORRUPT;
    for (uint64_t i = block; i < block + count; i++)
        loader->taken[i] = generation;
    return OK;
}

static err_t
died_put(struct store *store, struct dead_loader *loader, uint64_t block, uint64_t count,
         uint64_t generation)
{
    if (!block_range_valid(block, count, store->super.block_count) || count == 0 ||
        count > EXTENT_BLOCKS_MAX || generation > store->super.note.generation)
        return ERR_CORRUPT;
    return extent_list_add_dead(&loader->list, block, count, generation);
}

static err_t
dead_items_load(struct store *store, struct dead_loader *loader, const uint8_t *items,
                uint32_t count, bool mark)
{
    for (uint32_t i = 0; i < count; i++) {
        struct dead_extent_disk disk;
        uint64_t block, blocks, generation;

        memcpy(&disk, items + i * sizeof disk, sizeof disk);
        block = le64_get(disk.block);
        blocks = le32_get(disk.count);
        generation = le64_get(disk.generation);
        TRY(died_put(store, loader, block, blocks, generation));
        if (!mark)
            continue;
        /* A burnt generation took them, the one before that from which they are dead. */
        TRY(taken_put(store, loader, block, blocks, generation - 1));
        TRY(blocks_mark_used(&store->blocks, block, blocks)); /* guard: quarantine-load */
    }
    return OK;
}

static err_t
waiting_load(struct store *store, struct dead_loader *loader)
{
    struct block_ref ref = store->super.waiting;
    struct chain_disk *link = (void *)store->scratch;
    uint64_t links = 0;

    while (ref.count > 0) {
        if (!block_range_valid(ref.block, 1, store->super.block_count) ||
            links++ > store->super.block_count)
            return ERR_CORRUPT;
        TRY(volume_read(store->disk, ref.block, 1, link));
        if (!crc_good(link, sizeof *link, ref.crc)) /* guard: crc-waiting */
            return ERR_CORRUPT;
        if (le32_get(link->item_count) > CHAIN_DEAD_MAX)
            return ERR_CORRUPT;
        TRY(dead_items_load(store, loader, link->items, le32_get(link->item_count), false));
        TRY(extent_list_add(&store->waiting_blocks, ref.block, 1));
        ref = block_ref_get(&link->next);
    }
    return OK;
}

static err_t
page_load(struct store *store, struct dead_loader *loader, const struct delta_page_disk *disk,
          uint64_t generation)
{
    uint64_t place = le64_get(disk->block), old = le64_get(disk->old);
    struct page_change change = {
        .page = le32_get(disk->page),
        .crc = le32_get(disk->crc),
        .block = place & (VOLUME_BLOCKS_MAX - 1),
        .flags = (uint32_t)(place >> VOLUME_BLOCK_BITS) & ~DELTA_OLD_KEPT,
        .birth = generation,
    };
    struct page_change *known = page_set_find(&store->overlay, change.page);
    uint64_t page = change.page;
    bool kept = (place >> VOLUME_BLOCK_BITS & DELTA_OLD_KEPT) != 0;

    if (page >= SPACE_PAGES || (change.block == 0) != (change.flags == MAP_FLAG_ZERO) ||
        (change.block != 0 && change.flags != 0))
        return ERR_CORRUPT;
    if (change.block != 0) {
        TRY(taken_put(store, loader, change.block, 1, generation));
        TRY(block_row_add(store, &loader->row, change.block)); /* guard: record-used */
    }
    if (kept)
        store->history.kept_since++;
    else if (old != 0)
        TRY(died_put(store, loader, old, 1, generation));
    if (known != NULL) {
        *known = change;
        return OK;
    }
    TRY(page_set_reserve(&store->overlay, 1, &store->lock));
    page_set_add(&store->overlay, &change);
    TRY(hash_table_put(&store->leaves, change.page >> MAP_WAYS_BITS, 1));
    return OK;
}

static err_t
record_load(struct store *store, struct dead_loader *loader, const struct delta_record *record)
{
    const struct delta_disk *header = record->header;
    uint64_t generation = le64_get(header->note.generation), extent = le64_get(header->extent);
    uint32_t pages = le32_get(header->page_count);
    struct delta_log *log = &store->log;

    if (extent != log->extent || log->extent_count == 0) {
        log->extent = extent;
        log->extent_count = le32_get(header->extent_count);
        TRY(taken_put(store, loader, extent, log->extent_count, generation));
        TRY(blocks_mark_used(&store->blocks, extent, log->extent_count));
        TRY(extent_list_add(&log->extents, extent, log->extent_count));
    }
    log->extent_used = record->block + record->block_count - extent;
    log->blocks += record->block_count;
    TRY(dead_items_load(store, loader, (const uint8_t *)delta_dead(header),
                        le32_get(header->dead_count), true));
    for (uint32_t i = 0; i < pages; i++)
        TRY(page_load(store, loader, &delta_pages(header)[i], generation));
    if (le32_get(header->flags) == DELTA_LAST_PART) {
        struct store_note note = note_get(&header->note);

        note_add_locked(store, &note);
        log->records++;
    }
    return OK;
}

/*
 * Nothing is written over a record that is needed, whatever the records say. None of their extents
 * is dead. The next record goes behind the newest, in its extent: if an older one lies there, the
 * extent counts as full.
 */
static err_t
log_guard(struct store *store, struct dead_loader *loader, const struct delta_chain *chain)
{
    struct delta_log *log = &store->log;
    uint64_t from = log->extent + log->extent_used, end = log->extent + log->extent_count;

    for (size_t i = 0; i < log->extents.count; i++) {
        const struct dead_extent *extent = &log->extents.items[i];

        TRY(taken_put(store, loader, extent->block, extent->count, store->super.note.generation));
    }
    for (size_t i = 0; i < chain->count; i++) {
        const struct delta_record *record = &chain->records[i];

        if (record->block < end && record->block + record->block_count > from)
            log->extent_used = log->extent_count;
    }
    return OK;
}

/* Queue those that are still dead: not those that a record took again after they had died. */
static err_t
dead_queue_load(struct store *store, struct dead_loader *loader)
{
    uint64_t newest = 0;

    for (size_t e = 0; e < loader->list.count; e++) {
        const struct dead_extent *extent = &loader->list.items[e];

        if (extent->generation < newest)
            return ERR_CORRUPT;
        newest = extent->generation;
        for (uint64_t block = extent->block; block < extent->block + extent->count; block++) {
            if (loader->taken[block] >= extent->generation) /* guard: dead-again */
                continue;
            TRY(blocks_dead_reserve(&store->blocks, 1));
            lock_acquire(&store->lock);
            blocks_dead_add_locked(&store->blocks, block, 1, extent->generation);
            lock_release(&store->lock);
        }
    }
    return OK;
}

/* The records; ERR_CANCELLED: the power went before all of this generation was there. */
static err_t
records_read(struct store *store, struct delta_chain *chain)
{
    err_t err = delta_chain_read(store->disk, &store->super, chain);

    if (err == OK && store->doubtful)
        err = whole_check(store, chain);
    return err == ERR_CORRUPT && store->doubtful ? ERR_CANCELLED : err;
}

/* Which blocks are in use, as of the fold. */
static err_t
index_load(struct store *store)
{
    err_t err;

    if (store->how.find_free)
        return rebuild_index(store);
    err = blocks_load_index(&store->blocks, store->super.bitmap, store->super.fold_free);
    if (err == OK && store->how.grow_to != 0)
        return blocks_extend(&store->blocks, store->how.grow_to);
    if ((err != ERR_CORRUPT && err != ERR_IO) || store->how.grow_to != 0)
        return err;
    log_error("block %" PRIu64 ": the index of free space is damaged; it is found out anew",
              store->blocks.index_damaged);
    return rebuild_index(store);
}

static err_t
load_all(struct store *store, struct delta_chain *chain, struct dead_loader *loader)
{
    const struct super *super = &store->super;
    err_t err;

    if (super->map.count > 1 || super->bitmap.count > 1 ||
        (super->map.count > 0 && !block_range_valid(super->map.block, 1, super->block_count)))
        return ERR_CORRUPT;
    store->map = super->map;
    TRY(records_read(store, chain));
    TRY(loader_reserve(store, loader, chain));
    TRY(index_load(store));
    err = waiting_load(store, loader);
    TRY(rebuild_list_check(store, err, "waiting blocks", &store->waiting_damaged));
    err = chain_walk(store, super->notes, notes_link_load);
    TRY(rebuild_list_check(store, err, "older generations", &store->notes_damaged));
    err = history_load(store);
    TRY(rebuild_list_check(store, err, "pinned generations", &store->history.damaged));
    TRY(rebuild_lists(store, &loader->list));
    for (size_t i = chain->count; i-- > 0;)
        TRY(record_load(store, loader, &chain->records[i]));
    TRY(log_guard(store, loader, chain));
    TRY(block_row_end(store, &loader->row));
    store->log.tail = super->delta;
    store->log.tail_extent = super->delta_extent;
    if (store->note_count == 0 ||
        store->notes[(store->note_count - 1) % NOTES_MAX].generation != super->note.generation)
        note_add_locked(store, &super->note);
    return dead_queue_load(store, loader);
}

/* The volume is as of its fold, and no commit was since. */
static void
records_forget(struct super *super)
{
    super->delta = (struct block_ref){ 0 };
    super->delta_extent = super->delta_records = super->delta_blocks = 0;
    super->flags &= ~(uint32_t)SUPER_FLAG_AT_ONCE;
    super->origin.unchanged = 0; /* what was received may be among what is forgotten */
}

/* Take over what a superblock leads to. OK, or an error: another slot may be tried. */
static err_t
slot_load(struct store *store, const struct super *super)
{
    struct delta_chain chain = { 0 };
    struct dead_loader loader = { 0 };
    err_t err;

    store->super = *super;
    if (store->how.without_records)
        records_forget(&store->super);
    if (store->how.grow_to != 0)
        store->super.block_count = store->how.grow_to;
    err = blocks_init(&store->blocks, store->disk, &store->lock, super->block_count);
    if (err == OK)
        err = load_all(store, &chain, &loader);
    if (err == OK && super->cursor < super->block_count)
        store->blocks.cursor = super->cursor;
    store->leaf_count = store->leaves.count;
    delta_chain_free(&chain);
    plat_release(loader.taken, loader.taken_bytes);
    extent_list_free(&loader.list);
    return err;
}

/* Forget what a superblock led to; another one is tried. */
static void
store_unload(struct store *store)
{
    blocks_destroy(&store->blocks);
    page_set_free(&store->overlay);
    hash_table_free(&store->leaves);
    extent_list_free(&store->log.extents);
    extent_list_free(&store->waiting_blocks);
    extent_list_free(&store->notes_blocks);
    history_unload(store);
    store->log = (struct delta_log){ 0 };
    store->note_count = 0;
    store->rebuilt = store->repaired = false;
    store->waiting_damaged = store->notes_damaged = false;
}

/* ---- choosing a slot ---- */

/* The good slot with the newest generation up to `last` that was not tried and failed, or -1. */
static int
slot_newest(const struct super_scan *scan, const bool *failed, uint64_t last)
{
    int best = -1;

    for (int i = 0; i < SUPER_SLOTS; i++) {
        uint64_t generation = scan->supers[i].note.generation;

        if (!scan->good[i] || failed[i] || generation > last)
            continue;
        if (best < 0 || generation > scan->supers[best].note.generation)
            best = i;
    }
    return best;
}

/* Go on to an older slot; what was wrong with the newest is remembered. Or not OK: give up. */
static err_t
slot_damaged(const struct super *super, err_t err, struct store_opened *opened, err_t *first)
{
    if (err != ERR_CORRUPT && err != ERR_IO)
        return err;
    log_error("generation %" PRIu64 " cannot be opened (%s); trying the one before",
              super->note.generation, err_text(err));
    if (!opened->fell_back)
        *first = err;
    opened->fell_back = true;
    return OK;
}

/* Open the newest slot that leads to a whole generation; damaged ones are passed over. */
static err_t
slot_open(struct store *store, const struct super_scan *scan, struct store_opened *opened)
{
    bool failed[SUPER_SLOTS] = { false };
    err_t first = ERR_CORRUPT;

    for (;;) {
        int slot = slot_newest(scan, failed, store->how.last != 0 ? store->how.last : UINT64_MAX);
        const struct super *super;
        err_t err;

        if (slot < 0)
            return first;
        super = &scan->supers[slot];
        if (super->block_count > plat_disk_block_count(store->disk))
            return ERR_RANGE;
        store->doubtful = !store->how.without_records && whole_is_doubtful(scan, super);
        err = slot_load(store, super);
        if (err == OK) {
            store->slot_last = slot;
            store->slot_before = slot_newest(scan, failed, super->sealed); /* between: burnt */
            return OK;
        }
        store_unload(store);
        if (err == ERR_CANCELLED)
            opened->unfinished = true;
        else
            TRY(slot_damaged(super, err, opened, &first));
        failed[slot] = true;
        store->slots[slot].bad = true;
    }
}

static err_t
store_create(struct plat_disk *disk, const struct store_how *how, struct store *store)
{
    *store = (struct store){ .disk = disk,
                             .how = *how,
                             .read_only = how->read_only,
                             .slot_last = -1,
                             .slot_before = -1,
                             .slot_failed = -1,
                             .page_run = { .want = RUN_BLOCKS },
                             .early_run = { .want = EARLY_RUN_BLOCKS, .ephemeral = true } };
    lock_init(&store->commit_lock, LOCK_RANK_STORE_COMMIT);
    lock_init(&store->early_lock, LOCK_RANK_STORE_EARLY);
    lock_init(&store->lock, LOCK_RANK_STORE);
    plat_entropy(&store->news_key, sizeof store->news_key);
    store->super_buffer = plat_alloc(SUPER_SLOTS * SUPER_COPIES * VOLUME_BLOCK_BYTES);
    store->scratch = plat_alloc(VOLUME_BLOCK_BYTES);
    store->early_buffer = plat_alloc(VOLUME_BLOCK_BYTES);
    store->record = plat_reserve((uint64_t)DELTA_BLOCKS_MAX * VOLUME_BLOCK_BYTES);
    store->news = plat_reserve(NEWS_SLOTS * sizeof store->news[0]);
    store->notes = plat_alloc(NOTES_MAX * sizeof store->notes[0]);
    if (store->super_buffer == NULL || store->scratch == NULL || store->early_buffer == NULL ||
        store->record == NULL || store->news == NULL || store->notes == NULL)
        return ERR_NOMEM;
    TRY(history_create(&store->history));
    TRY(cache_init(&store->cache));
    TRY(page_set_create_fixed(&store->early[0], EARLY_PAGES_MAX));
    TRY(page_set_create_fixed(&store->early[1], EARLY_PAGES_MAX));
    return writer_init(&store->writer, disk, &store->lock);
}

static err_t
slots_read(struct store *store, struct super_scan *scan)
{
    err_t err = volume_flush(store->disk); /* guard: flush-open */

    if (err != OK && !store->read_only)
        return err;
    TRY(super_scan(store->disk, store->read_only, store->super_buffer, scan));
    if (scan->version < SUPER_VERSION && !store->how.older) /* guard: older */
        return ERR_VERSION;
    memcpy(store->slots, scan->slots, sizeof store->slots);
    return OK;
}

static void
store_opened_fill(struct store *store, const struct super_scan *scan, struct store_opened *opened)
{
    opened->version = scan->version;
    opened->generation = store->super.note.generation;
    opened->delta_count = store->log.records;
    opened->slots_bad = scan->slots_bad;
    opened->copies_bad = scan->copies_bad;
    opened->fell_back = opened->fell_back || scan->slots_bad > 0;
    opened->note = store->super.note;
    opened->repaired = store->repaired;
    store->slots_bad = scan->slots_bad;
    store->copies_bad = scan->copies_bad;
    store->generation_next = scan->generation_max + 1;
    if (opened->fell_back) /* guard: generation-gap */
        store->generation_next += GENERATION_GAP;
    for (unsigned i = 0; i < SUPER_SLOTS; i++) {
        if (store->slots[i].bad)
            store->slots[i].used = false;
    }
    store->history.opened = store->generation_next;
    store->floor = super_floor(store->slots);
}

err_t
store_open_how(struct plat_disk *disk, const struct store_how *how, struct store **result,
               struct store_opened *result_opened)
{
    struct store *store = plat_alloc(sizeof *store);
    struct store_opened opened = { 0 };
    struct super_scan *scan = plat_alloc(sizeof *scan);
    err_t err = ERR_NOMEM;

    assert(how->read_only || how->last == 0);
    if (store == NULL || scan == NULL)
        goto out;
    err = store_create(disk, how, store);
    if (err == OK && plat_disk_read_only(disk) && !how->read_only)
        err = ERR_READ_ONLY;
    if (err == OK)
        err = slots_read(store, scan);
    if (err == OK)
        err = slot_open(store, scan, &opened);
    if (err != OK)
        goto out;
    store_opened_fill(store, scan, &opened);
    trace(STORE_OPEN, opened.generation, opened.delta_count);
    if (result_opened != NULL)
        *result_opened = opened;
    *result = store;
    store = NULL;
out:
    plat_free(scan, sizeof *scan);
    store_close(store);
    return err;
}

err_t
store_open(struct plat_disk *disk, bool read_only, struct store **store,
           struct store_opened *opened)
{
    const struct store_how how = { .read_only = read_only };

    return store_open_how(disk, &how, store, opened);
}

void
store_close(struct store *store)
{
    if (store == NULL)
        return;
    assert(store->state == COMMIT_IDLE);
    store_unload(store);
    fold_free(store);
    history_destroy(&store->history);
    cache_destroy(&store->cache);
    writer_destroy(&store->writer);
    page_set_free(&store->pending);
    page_set_free(&store->spare);
    page_set_free(&store->early[0]);
    page_set_free(&store->early[1]);
    extent_list_free(&store->taken);
    extent_list_free(&store->quarantined);
    history_unlisted_free(store);
    hold_free(store);
    hash_table_free(&store->given_up);
    plat_free(store->super_buffer, SUPER_SLOTS * SUPER_COPIES * VOLUME_BLOCK_BYTES);
    plat_free(store->scratch, VOLUME_BLOCK_BYTES);
    plat_free(store->early_buffer, VOLUME_BLOCK_BYTES);
    plat_release(store->record, (uint64_t)DELTA_BLOCKS_MAX * VOLUME_BLOCK_BYTES);
    plat_release(store->news, NEWS_SLOTS * sizeof store->news[0]);
    plat_free(store->notes, NOTES_MAX * sizeof store->notes[0]);
    plat_free(store, sizeof *store);
}
