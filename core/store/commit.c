/*
 * commit.c - from one generation to the next.
 *
 * IDLE -> OPEN -> IDLE. In OPEN pages are handed over and written to free blocks.
 * Then, in finish: what is left, the record, or a fold when it is time; flush;
 * the superblock; flush. A small commit goes without the first flush: all of it is
 * under way at once, its superblock says so, and who opens it compares its record and
 * each of its pages first (whole.c). Only when the last flush has returned OK is anything
 * taken over that readers and later commits use.
 *
 * Invariants
 *   1. A superblock is written only after a flush that began when all it leads to
 *      had been written; but for the pages and the record of a commit at once.
 *   2. A failed flush is not repeated: its generation is burnt, its
 *      blocks wait until no slot can hold it, the slot it may lie in is undecided.
 *   3. Nothing that a committed generation uses is changed before invariant 1 and
 *      the flush of the superblock hold for its successor.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "base/trace.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

/* A fold that cannot be done is tried again so many generations later, at most. */
#define FOLD_PAUSE_MAX 64

/* How much later than needed chunks are opened, in blocks. */
#define ROOM_AHEAD (2 * CHUNK_BLOCKS)

/*
 * And for so many commits like the last one: who asks for credit while a fold is under way waits
 * for all of that if a chunk is to be opened.
 */
#define ROOM_COMMITS 8

void
store_commit_begin(struct store *store)
{
    assert(!store->read_only);
    lock_acquire(&store->lock);
    assert(store->state == COMMIT_IDLE);
    assert(store->pending.count == 0);
    store->state = COMMIT_OPEN;
    store->generation = store->generation_next++;
    store->commit_err = OK;
    store->handed = 0;
    store->early_running ^= 1;
    store->early_closed = true;
    assert(store->early[store->early_running].count == 0);
    lock_release(&store->lock);
    trace(STORE_COMMIT_BEGIN, store->generation, store->early[store->early_running ^ 1].count);
}

/* ---- pages ---- */

err_t
commit_block(struct store *store, uint64_t *block)
{
    err_t err;

    TRY(extent_list_reserve(&store->taken));
    err = blocks_run_next(&store->blocks, &store->page_run, block);
    if (err == ERR_NOSPACE) {
        TRY(blocks_grow(&store->blocks, 1));
        err = blocks_run_next(&store->blocks, &store->page_run, block);
    }
    TRY(err);
    return extent_list_add(&store->taken, *block, 1);
}

/* Compare with the committed block itself. A block that cannot be read is not the same. */
static bool
block_is_same(struct store *store, uint64_t block, const void *bytes)
{
    return volume_read(store->disk, block, 1, store->scratch) == OK &&
           memcmp(store->scratch, bytes, VOLUME_BLOCK_BYTES) == 0;
}

/*
 * True if the page holds what was committed last. A changed page has another
 * checksum, nearly always, and costs no more. The others are compared byte by
 * byte with their block the first time, and by 128 bits of a keyed hash after that.
 */
static bool
page_is_unchanged(struct store *store, uint64_t page, const void *bytes, uint32_t crc,
                  const struct map_entry *old)
{
    struct page_news *news = &store->news[page % NEWS_SLOTS];
    bool known = news->key == page + 1, unchanged;
    struct hash128 hash;

    if (old->block == 0 || old->crc != crc) {
        if (known)
            news->key = 0;
        return false;
    }
    hash = hash128(bytes, VOLUME_BLOCK_BYTES, store->news_key);
    unchanged = known ? hash128_equal(news->hash, hash) : block_is_same(store, old->block, bytes);
    *news = (struct page_news){ .key = page + 1, .hash = hash };
    return unchanged;
}

static void
page_count_locked(struct store *store, bool unchanged)
{
    if (store->credit_pages > 0) {
        store->credit_pages--;
        store->handed++;
    }
    if (unchanged)
        store->stats.pages_unchanged++;
    else
        store->stats.pages_written++;
}

static err_t
page_hand_over(struct store *store, uint64_t page, const void *bytes)
{
    uint8_t *slot = writer_slot(&store->writer);
    struct page_change change = { .page = (uint32_t)page };
    bool zero, known, unchanged = false;
    bool early = page_set_find(&store->early[store->early_running ^ 1], page) != NULL;
    struct map_entry old;

    assert_slow(page_set_find(&store->pending, page) == NULL);
    change.crc = crc32c_copy_page(slot, bytes, &zero);
    old = entry_before(store, page, &known);
    change.old = old.block;
    if (old.block != 0 && history_keeps(store, old.birth)) /* guard: keep-old */
        change.state = CHANGE_OLD_KEPT;
    if (zero) {
        change.crc = 0;
        change.flags = MAP_FLAG_ZERO;
        store->news[page % NEWS_SLOTS].key = 0;
        unchanged = !early && old.block == 0 && (old.flags & MAP_FLAG_LOST) == 0;
    } else {
        unchanged = page_is_unchanged(store, page, slot, change.crc, &old) && !early;
    }
    if (!unchanged) {
        hold_note(store, page, &old);
        TRY(page_set_reserve(&store->pending, 1, &store->lock));
        if (!zero) {
            TRY(commit_block(store, &change.block));
            writer_push(&store->writer, change.block);
        }
    }
    lock_acquire(&store->lock);
    page_count_locked(store, unchanged);
    if (!unchanged)
        page_set_add(&store->pending, &change);
    lock_release(&store->lock);
    return store->writer.err;
}

err_t
store_commit_page(struct store *store, uint64_t page, const void *bytes)
{
    err_t err;

    assert(page < SPACE_PAGES);
    lock_acquire(&store->commit_lock);
    assert(store->state == COMMIT_OPEN);
    err = store->commit_err;
    if (err == OK)
        err = page_hand_over(store, page, bytes);
    store->commit_err = err;
    lock_release(&store->commit_lock);
    return err;
}

/* ---- writing ---- */

static err_t
store_flush(struct store *store)
{
    err_t err = volume_flush(store->disk); /* guard: flush */

    lock_acquire(&store->lock);
    store->stats.flushes++;
    lock_release(&store->lock);
    trace(STORE_FLUSH, store->generation, err);
    return err;
}

/*
 * Is it time to fold? By the bytes or the records that the log would have with this commit's,
 * when space is low, because it is the last chance, or because the bitmap on disk is damaged. So no
 * log is ever longer than that, and what opening reads does not depend on how much was written
 * before.
 */
static bool
fold_is_due(struct store *store, const struct store_note *note)
{
    uint64_t bytes = (store->log.blocks + delta_blocks(store)) * VOLUME_BLOCK_BYTES;
    uint64_t free, reserve;

    if (store->fold_wanted)
        return true;
    if (store->generation < store->fold_not_before)
        return false;
    if (store->rebuilt || bytes >= FOLD_BYTES || store->log.records >= FOLD_RECORDS)
        return true;
    if (history_wants_fold(store, note))
        return true;
    if (note->cause == STORE_CAUSE_STOP &&
        (bytes >= FOLD_BYTES / 32 || store->log.records >= FOLD_RECORDS / 8))
        return true;
    lock_acquire(&store->lock);
    free = store->blocks.free_total;
    reserve = store_reserve_locked(store);
    lock_release(&store->lock);
    return store->log.blocks >= DELTA_EXTENT &&
           free < reserve + store->super.block_count / LOW_SPACE;
}

/*
 * At once, if this was the first to fail: somebody may wait for what it lets go of. Then more and
 * more rarely: what it cannot read may never be read again.
 */
static void
fold_put_off(struct store *store)
{
    uint64_t pause = store->fold_pause > 0 ? 2 * store->fold_pause : 1;

    store->fold_pause = pause < FOLD_PAUSE_MAX ? pause : FOLD_PAUSE_MAX;
    store->fold_not_before = store->generation + store->fold_pause;
}

/*
 * Fold, if it can be done. A fold that fails for a reason of its own (a node that cannot
 * be read, no room) is undone, and the commit goes on without it.
 */
static err_t
fold_try(struct store *store, const struct store_note *note)
{
    err_t err = fold_run(store, note);

    if (err == OK || store->writer.err != OK || store->fold_wanted)
        return err;
    log_warn("generation %" PRIu64 ": the page map could not be folded (%s); it is tried later",
             store->generation, err_text(err));
    TRY(writer_drain(&store->writer));
    fold_undo(store, true);
    fold_put_off(store);
    return OK;
}

/* Remember the log, so that a failed commit can be taken back. */
static void
log_save(struct store *store)
{
    struct extent_list *extents = &store->log.extents;

    store->log_before = store->log;
    if (extents->count > 0)
        store->log_extent_before = extents->items[extents->count - 1];
    if (store->fold.active)
        store->log = (struct delta_log){ 0 };
}

/* The log as it was; blocks that the failed commit wrote to are passed over. */
static void
log_restore(struct store *store)
{
    struct delta_log before = store->log_before;

    if (store->fold.active) {
        extent_list_free(&store->log.extents);
    } else {
        if (store->log.extent == before.extent && store->log.extent_count == before.extent_count)
            before.extent_used = store->log.extent_used;
        before.extents.items = store->log.extents.items;
        before.extents.room = store->log.extents.room;
        if (before.extents.count > 0)
            before.extents.items[before.extents.count - 1] = store->log_extent_before;
    }
    store->log = before;
}

uint64_t
commit_pages_mapped(const struct store *store)
{
    uint64_t mapped = store->super.pages_mapped;

    for (size_t i = 0; i < store->pending.count; i++) {
        mapped += store->pending.items[i].block != 0;
        if (mapped > 0)
            mapped -= store->pending.items[i].old != 0;
    }
    return mapped;
}

/*
 * May it be written at once? Whoever opens it has to read it, so it must be small. A fold is
 * read by nobody when it is opened; a clean stop leaves nothing to be compared; and one that goes
 * back may take the very slot that it goes back to, so all of it is safe before that.
 */
static bool
is_at_once(const struct store *store, const struct store_note *note)
{
    if (store->fold.active) /* guard: at-once-fold */
        return false;
    if (note->page_count > AT_ONCE_PAGES_MAX) /* guard: at-once-small */
        return false;
    if (note->cause == STORE_CAUSE_REWIND) /* guard: at-once-back */
        return false;
    return note->cause != STORE_CAUSE_STOP;
}

/* Where it was received from. What changes no page still holds what was received. */
static struct store_origin
origin_make(const struct store *store, uint64_t generation)
{
    struct store_origin origin = store->super.origin;

    if (store->received != NULL) {
        origin = *store->received;
        origin.generation = origin.unchanged = generation;
    } else if (store->pending.count == 0 && origin.unchanged == store->super.note.generation) {
        origin.unchanged = generation;
    }
    return origin;
}

static void
super_make(struct store *store, const struct store_note *note, struct super *super)
{
    const struct fold *fold = &store->fold;

    *super = store->super;
    lock_acquire(&store->lock);
    super->cursor = store->blocks.cursor;
    super->policy = store->history.policy;
    lock_release(&store->lock);
    super->note = *note;
    super->delta = store->log.tail;
    super->delta_extent = store->log.tail_extent;
    super->delta_records = store->log.records;
    super->delta_blocks = store->log.blocks;
    super->pages_mapped = commit_pages_mapped(store);
    super->sealed = store->super.note.generation; /* guard: seal */
    super->origin = origin_make(store, note->generation);
    super->flags = is_at_once(store, note) ? SUPER_FLAG_AT_ONCE : 0;
    if (!fold->active)
        return;
    super->map = fold->map;
    super->map_birth = fold->map_birth;
    if (fold->history != NULL && fold->history->entered && fold->history->due)
        super->clock = fold->history->clock;
    super->pins = fold->history != NULL ? fold->history->root : (struct block_ref){ 0 };
    super->bitmap = fold->bitmap;
    super->waiting = fold->waiting;
    super->notes = fold->notes;
    super->fold_generation = note->generation;
    super->fold_free = fold->free;
}

/*
 * Write the superblock into a slot that nobody needs, beside what is still under way of what it
 * names, and make all of it safe.
 */
static err_t
super_commit(struct store *store, const struct super *super)
{
    unsigned place =
        super_choose(store->slots, store->slot_last, store->slot_before, store->slot_failed);
    struct super_slot *slot = &store->slots[place];
    uint64_t generation = super->note.generation;
    struct plat_io io = super_write(place, super, store->super_buffer);
    err_t err, written = OK;

    /* From here until the flush it holds the old or the new. */
    if (!slot->used)
        slot->oldest = generation;
    slot->newest = generation;
    slot->used = true;
    slot->bad = false;
    slot->undecided = true;
    store->slot_failed = (int)place; /* guard: slot-failed */
    writer_send(&store->writer, &io);
    store->writer.blocks_written += SUPER_COPIES;
    written = writer_drain(&store->writer); /* guard: drain-at-once */
    err = plat_disk_wait(store->disk, &io);
    if (err == OK)
        err = written;
    if (err == OK)
        err = store_flush(store); /* guard: flush-super */
    if (err != OK)
        return err;
    slot->oldest = generation;
    slot->undecided = false;
    store->slot_failed = -1;
    store->slot_before = store->slot_last; /* guard: slot-before */
    store->slot_last = (int)place;         /* guard: slot-last */
    return OK;
}

/* All memory that taking over will need, so that nothing can fail after the superblock is safe. */
static err_t
memory_reserve(struct store *store)
{
    size_t pages = store->pending.count;

    if (store->fold.active)
        return blocks_dead_reserve(&store->blocks, store->fold.died.count);
    TRY(page_set_reserve(&store->overlay, pages, &store->lock));
    TRY(hash_table_reserve(&store->leaves, store->leaves.count + pages));
    return blocks_dead_reserve(&store->blocks, pages);
}

static err_t
commit_write(struct store *store, struct store_note *note, struct super *super)
{
    if (store->generation >= VOLUME_GENERATION_END)
        return ERR_NOSPACE; /* the numbers are used up; nobody would open it */
    TRY(early_join(store));
    blocks_run_close(&store->blocks, &store->page_run);
    note->generation = store->generation;
    note->page_count = store->pending.count;
    if (fold_is_due(store, note))
        TRY(fold_try(store, note));
    log_save(store);
    TRY(memory_reserve(store)); /* guard: reserve-memory */
    if (is_at_once(store, note))
        writer_hold(&store->writer);
    if (!store->fold.active)
        TRY(delta_write(store, note, &store->log));
    super_make(store, note, super);
    if (!(super->flags & SUPER_FLAG_AT_ONCE)) {
        TRY(writer_drain(&store->writer)); /* guard: drain-commit */
        TRY(store_flush(store));           /* guard: flush-commit */
    }
    return super_commit(store, super);
}

/* ---- taking over ---- */

#define MERGE_AT_ONCE 64 /* pages or extents, before readers are let in again */

static void
overlay_add_locked(struct store *store, const struct page_change *pending)
{
    struct page_change change = *pending;
    struct page_change *known = page_set_find(&store->overlay, change.page);

    change.birth = store->generation;
    if (known != NULL)
        *known = change;
    else
        page_set_add(&store->overlay, &change);
}

/* Pages and dead blocks of the commit, some at a time. Readers still find them pending. */
static void
pending_take_over(struct store *store)
{
    struct page_set *pending = &store->pending;

    for (size_t from = 0; from < pending->count; from += MERGE_AT_ONCE) {
        size_t to = from + MERGE_AT_ONCE < pending->count ? from + MERGE_AT_ONCE : pending->count;

        lock_acquire(&store->lock);
        for (size_t i = from; i < to; i++) {
            const struct page_change *item = &pending->items[i];

            if ((item->state & CHANGE_OLD_KEPT) != 0)
                store->history.kept_since++;
            else if (item->old != 0)
                blocks_dead_add_locked(&store->blocks, item->old, 1, store->generation);
            overlay_add_locked(store, item);
        }
        lock_release(&store->lock);
        for (size_t i = from; i < to; i++)
            hash_table_put_reserved(&store->leaves, pending->items[i].page >> MAP_WAYS_BITS, 1);
    }
}

static void
died_take_over(struct store *store)
{
    const struct extent_list *died = &store->fold.died;

    for (size_t from = 0; from < died->count; from += MERGE_AT_ONCE) {
        size_t to = from + MERGE_AT_ONCE < died->count ? from + MERGE_AT_ONCE : died->count;

        lock_acquire(&store->lock);
        for (size_t i = from; i < to; i++)
            blocks_dead_add_locked(&store->blocks, died->items[i].block, died->items[i].count,
                                   store->generation);
        lock_release(&store->lock);
    }
}

static void
fold_take_over(struct store *store)
{
    struct fold *fold = &store->fold;

    blocks_fold_done(&store->blocks);
    history_fold_take_over(store);
    store->rebuilt = store->waiting_damaged = store->notes_damaged = false;
    store->fold_pause = 0;
    store->fold_wanted = false;
    history_unlisted_free(store);
    hash_table_clear(&store->given_up);
    hash_table_clear(&store->leaves);
    died_take_over(store);
    lock_acquire(&store->lock);
    store->stats.folds++;
    lock_release(&store->lock);
    extent_list_free(&store->log_before.extents);
    extent_list_free(&store->waiting_blocks);
    extent_list_free(&store->notes_blocks);
    store->waiting_blocks = fold->waiting_blocks;
    store->notes_blocks = fold->notes_blocks;
    fold->waiting_blocks = (struct extent_list){ 0 };
    fold->notes_blocks = (struct extent_list){ 0 };
    trace(STORE_FOLD, store->generation, fold->nodes_written);
}

/* Exchange the tables that readers use, in one step. */
static void
tables_exchange(struct store *store, const struct super *super)
{
    struct page_set done, folded = { 0 };

    lock_acquire(&store->lock);
    done = store->pending;
    if (store->fold.active) {
        folded = store->overlay;
        store->overlay = (struct page_set){ 0 };
        store->map = store->fold.map;
    }
    store->pending = store->spare;
    store->super = *super;
    store->leaf_count = store->leaves.count;
    store->stats.commits++;
    note_add_locked(store, &super->note);
    store->state = COMMIT_IDLE;
    lock_release(&store->lock);
    page_set_free(&folded);
    if (done.room > (64u << 10))
        page_set_free(&done);
    else
        page_set_clear(&done, &store->lock);
    store->spare = done;
}

static void
commit_take_over(struct store *store, const struct super *super)
{
    if (store->fold.active)
        fold_take_over(store);
    else
        pending_take_over(store);
    early_forget(store);
    tables_exchange(store, super);
    extent_list_free(&store->taken);
    extent_list_free(&store->quarantined);
    fold_free(store);
    trace(STORE_COMMIT_DONE, store->generation, super->note.page_count);
}

/* ---- failing ---- */

/* The next record tells of it, for who opens the volume then. */
static void
quarantine_tell(struct store *store, const struct dead_extent *extent, uint64_t generation)
{
    IGNORE(extent_list_add_dead(&store->quarantined, extent->block, extent->count, generation),
           "only a generation that was never promised could miss them");
}

/* The blocks wait until no slot can hold the burnt generation. */
static void
quarantine(struct store *store, const struct extent_list *taken)
{
    uint64_t generation = store->generation + 1;

    if (blocks_dead_reserve(&store->blocks, taken->count) != OK) {
        log_warn("no memory to remember the blocks of generation %" PRIu64 "; they stay out of use",
                 store->generation);
        return;
    }
    for (size_t i = 0; i < taken->count; i++) {
        const struct dead_extent *extent = &taken->items[i];

        lock_acquire(&store->lock);
        blocks_dead_add_locked(&store->blocks, extent->block, extent->count, generation);
        lock_release(&store->lock);
        quarantine_tell(store, extent, generation); /* guard: quarantine-tell */
    }
}

static void
commit_fail(struct store *store, err_t err, bool log_changed)
{
    struct page_set done;

    IGNORE(writer_drain(&store->writer), "the commit has failed already");
    writer_reset(&store->writer);
    blocks_run_close(&store->blocks, &store->page_run);
    if (log_changed)
        log_restore(store);
    quarantine(store, &store->taken); /* guard: quarantine */
    if (store->fold.active) {
        fold_undo(store, false);
        quarantine(store, &store->fold.taken); /* guard: quarantine-fold */
        fold_free(store);
    }
    extent_list_free(&store->taken);
    early_carry_over(store); /* guard: early-carry */
    memset(store->news, 0, NEWS_SLOTS * sizeof store->news[0]);

    lock_acquire(&store->lock);
    done = store->pending;
    store->pending = store->spare;
    store->credit_pages += store->handed;
    store->state = COMMIT_IDLE;
    lock_release(&store->lock);
    page_set_clear(&done, &store->lock);
    store->spare = done;
    trace(STORE_COMMIT_FAIL, store->generation, err);
}

err_t
store_commit_finish(struct store *store, struct store_note *note)
{
    struct store_note made = *note;
    struct super super;
    err_t err;

    lock_acquire(&store->commit_lock);
    assert(store->state == COMMIT_OPEN);
    store->log_before = (struct delta_log){ .records = UINT64_MAX };
    err = store->commit_err;
    if (err == OK)
        err = commit_write(store, &made, &super);
    if (err == OK)
        commit_take_over(store, &super);
    else
        commit_fail(store, err, store->log_before.records != UINT64_MAX);
    lock_acquire(&store->lock);
    store->stats.blocks_written += store->writer.blocks_written - store->blocks_counted;
    store->blocks_counted = store->writer.blocks_written;
    lock_release(&store->lock);
    store_make_room(store);
    lock_release(&store->commit_lock);
    if (err == OK)
        *note = made;
    else
        log_error("generation %" PRIu64 " could not be committed: %s", store->generation,
                  err_text(err));
    return err;
}

void
store_commit_abandon(struct store *store)
{
    lock_acquire(&store->commit_lock);
    assert(store->state == COMMIT_OPEN);
    commit_fail(store, ERR_CANCELLED, false);
    lock_release(&store->commit_lock);
}

/* ---- room ---- */

static uint64_t
credit_cost(uint64_t pages)
{
    uint64_t blocks = pages;

    blocks += pages;      /* guard: reserve-credit-leaves */
    blocks += pages / 16; /* of inner nodes and of the record */
    return blocks;
}

uint64_t
store_reserve_locked(const struct store *store)
{
    const struct blocks *blocks = &store->blocks;
    uint64_t leaves =
        store->leaf_count + store->pending.count + store->early[0].count + store->early[1].count;
    uint64_t waiting = blocks->dead.end - blocks->dead.head + store->pending.count;
    uint64_t reserve = NOTES_MAX / CHAIN_NOTES_MAX + 64;

    reserve += credit_cost(store->credit_pages); /* guard: reserve-credit */
    reserve += leaves + leaves / 16;             /* guard: reserve-leaves */
    reserve += blocks->dirty_count;              /* guard: reserve-bitmap */
    reserve += waiting / CHAIN_DEAD_MAX;         /* guard: reserve-waiting */
    reserve += history_reserve_locked(store);    /* guard: reserve-history */
    return reserve;
}

/* Free what no slot reaches any more, but what pins reach, or what is held. */
static void
dead_free(struct store *store)
{
    uint64_t floor;

    lock_acquire(&store->lock);
    floor = hold_floor_locked(store, store->floor);
    lock_release(&store->lock);
    IGNORE(blocks_dead_drain(&store->blocks, floor), "they wait on");
}

void
store_make_room(struct store *store)
{
    uint64_t wanted;

    lock_acquire(&store->lock);
    store->floor = super_floor(store->slots);
    lock_release(&store->lock);
    dead_free(store);
    lock_acquire(&store->lock);
    wanted = store_reserve_locked(store) + ROOM_AHEAD + ROOM_COMMITS * store->super.note.page_count;
    lock_release(&store->lock);
    IGNORE(blocks_grow(&store->blocks, wanted), "who needs it will ask again");
}

err_t
store_credit_take(struct store *store, uint64_t pages)
{
    if (store->read_only)
        return ERR_READ_ONLY;
    for (unsigned try = 0;; try++) {
        uint64_t wanted;
        bool enough;

        lock_acquire(&store->lock);
        wanted = store_reserve_locked(store) + credit_cost(pages);
        enough = store->blocks.free_open >= wanted;
        if (enough)
            store->credit_pages += pages;
        lock_release(&store->lock);
        if (enough)
            return OK;
        if (try == 0)
            dead_free(store); /* since opening nobody may have done it */
        if (try < 2 && blocks_grow(&store->blocks, wanted) == OK)
            continue;
        if (!hold_lose(store)) {
            history_refuse(store, wanted);
            return ERR_NOSPACE;
        }
        dead_free(store);
        try = 0;
    }
}

uint64_t
store_credit_possible(struct store *store)
{
    uint64_t free, reserve;

    lock_acquire(&store->lock);
    free = store->blocks.free_total + store->blocks.dead_blocks + store->super.delta_blocks +
           history_blocks_locked(store);
    reserve = store_reserve_locked(store);
    lock_release(&store->lock);
    return free > reserve ? (free - reserve) / 2 : 0;
}

void
store_credit_give(struct store *store, uint64_t pages)
{
    lock_acquire(&store->lock);
    assert(store->credit_pages >= pages);
    store->credit_pages -= pages;
    lock_release(&store->lock);
}
