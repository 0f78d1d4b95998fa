/*
 * check.c - verifying all of a volume, block by block, from the disk.
 *
 * What is in memory says only where to begin: every node, record and page is
 * read again and summed. Each block that is reached is marked; at the end the
 * marks are compared with the bitmap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>

#include "base/memory.h"
#include "plat/memory.h"
#include "store/check_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

err_t
check_marks_create(struct check_marks *marks, uint64_t block_count)
{
    marks->bytes = (block_count / 8 + VOLUME_BLOCK_BYTES) & ~(uint64_t)(VOLUME_BLOCK_BYTES - 1);
    marks->words = plat_reserve(marks->bytes);
    return marks->words != NULL ? OK : ERR_NOMEM;
}

void
check_marks_free(struct check_marks *marks)
{
    plat_release(marks->words, marks->bytes);
    *marks = (struct check_marks){ 0 };
}

void
check_report(struct check *check, bool damage, uint64_t block, uint64_t page, const char *text, ...)
{
    struct store_finding finding = { .damage = damage, .block = block, .page = page };
    va_list values;

    va_start(values, text);
    format_list(finding.what, sizeof finding.what, text, values);
    va_end(values);
    check->finding(check->context, &finding);
}

void
check_damage(struct check *check, uint64_t block, const struct check_touch *touch, const char *text,
             ...)
{
    struct store_finding finding = { .damage = true,
                                     .block = block,
                                     .page = touch->page,
                                     .page_count = touch->page_count,
                                     .first = touch->first != 0 ? touch->first : touch->last,
                                     .last = touch->last };
    size_t length;
    va_list values;

    va_start(values, text);
    length = format_list(finding.what, sizeof finding.what, text, values);
    va_end(values);
    if (length < sizeof finding.what)
        format(finding.what + length, sizeof finding.what - length,
               finding.first == finding.last ? "; in generation %" PRIu64
                                             : "; in generations %" PRIu64 " to %" PRIu64,
               finding.first, finding.last);
    check->finding(check->context, &finding);
}

static void
progress_add(struct check *check, uint64_t blocks)
{
    uint64_t before = check->done;

    check->done += blocks;
    if (check->progress != NULL && before / 1024 != check->done / 1024)
        check->progress(check->context, check->done, check->total);
}

void
check_use(struct check *check, uint64_t block, uint64_t count, uint64_t page, const char *user)
{
    for (uint64_t i = block; i < block + count; i++) {
        if (check_marked(&check->seen, i))
            check_report(check, true, i, page,
                         "block %" PRIu64 " is used twice, the second time by %s", i, user);
        check_mark(&check->seen, i);
    }
    progress_add(check, count);
}

/* Why a block is not what was written; NULL: it is. */
static const char *
block_trouble(struct check *check, uint64_t block, uint32_t crc, void *buffer)
{
    err_t err = volume_read(check->store->disk, block, 1, buffer);

    if (err != OK)
        return err_text(err);
    if (!crc_good(buffer, VOLUME_BLOCK_BYTES, crc)) /* guard: crc-check-block */
        return "its checksum does not match";
    return NULL;
}

bool
check_block(struct check *check, uint64_t block, uint32_t crc, void *buffer, const char *user)
{
    const char *trouble = block_trouble(check, block, crc, buffer);

    if (trouble == NULL)
        return true;
    check_report(check, true, block, CHECK_NO_PAGE, "block %" PRIu64 " (%s): %s", block, user,
                 trouble);
    check->cannot_tell = true;
    return false;
}

bool
check_node(struct check *check, const struct map_entry *entry, const struct check_touch *touch,
           void *buffer, const char *user)
{
    const char *trouble = block_trouble(check, entry->block, entry->crc, buffer);

    if (trouble == NULL)
        return true;
    check_damage(check, entry->block, touch,
                 "block %" PRIu64 " (%s): %s; it leads to pages %#" PRIx64 " to %#" PRIx64,
                 entry->block, user, trouble, touch->page, touch->page + touch->page_count - 1);
    check->cannot_tell = true;
    return false;
}

/* ---- slots ---- */

static void
check_slots(struct check *check)
{
    struct store *store = check->store;
    struct super_scan *scan = plat_alloc(sizeof *scan);
    const uint8_t *bytes = store->super_buffer;
    err_t err;

    if (scan == NULL)
        return;
    err = super_scan(store->disk, true, store->super_buffer, scan);
    if (err != OK)
        check_report(check, true, 0, CHECK_NO_PAGE, "no superblock is good: %s", err_text(err));
    for (unsigned slot = 0; err == OK && slot < SUPER_SLOTS; slot++) {
        if (scan->slots[slot].bad)
            check_report(check, true, slot * SUPER_COPIES, CHECK_NO_PAGE,
                         "superblock slot %u: both copies are damaged", slot);
        for (unsigned copy = 0; scan->good[slot] && copy < SUPER_COPIES; copy++) {
            unsigned place = slot * SUPER_COPIES + copy;
            const struct super_disk *disk = (const void *)(bytes + place * VOLUME_BLOCK_BYTES);
            uint32_t crc = le32_get(disk->crc);

            /* A cut may have come before the second copy of a slot's first write. */
            if (bytes_are_zero(disk, sizeof *disk))
                continue;
            if (!crc_good(disk, SUPER_CRC_BYTES, crc)) /* guard: crc-check-super */
                check_report(check, true, place, CHECK_NO_PAGE,
                             "superblock slot %u, copy %u is damaged; its twin is good", slot,
                             copy);
            else if (le32_get(disk->place) != place)
                check_report(check, true, place, CHECK_NO_PAGE,
                             "superblock slot %u, copy %u belongs elsewhere", slot, copy);
            else if (!super_valid(disk))
                check_report(check, true, place, CHECK_NO_PAGE,
                             "superblock slot %u, copy %u makes no sense; its twin is good", slot,
                             copy);
            else if (!bytes_are_zero(disk + 1, VOLUME_BLOCK_BYTES - sizeof *disk))
                check_report(check, false, place, CHECK_NO_PAGE,
                             "superblock slot %u, copy %u: there is something behind it", slot,
                             copy);
        }
    }
    for (unsigned i = SUPER_SLOTS * SUPER_COPIES; i < VOLUME_FIRST_BLOCK; i++)
        progress_add(check, 1);
    plat_free(scan, sizeof *scan);
}

/* ---- pages ---- */

static void
page_bad(struct check *check, uint64_t block, const struct check_touch *touch, const char *why)
{
    check_damage(check, block, touch, "page %#" PRIx64 " (block %" PRIu64 "): %s", touch->page,
                 block, why);
}

static void
page_one(struct check *check, uint64_t block, const struct check_item *item)
{
    err_t err = volume_read(check->store->disk, block, 1, check->batch);

    if (err != OK)
        page_bad(check, block, &item->touch, err_text(err));
    else if (!crc_good(check->batch, VOLUME_BLOCK_BYTES, item->crc)) /* guard: crc-check-single */
        page_bad(check, block, &item->touch, "its checksum does not match");
}

void
check_pages_end(struct check *check)
{
    uint32_t count = check->batch_count;
    err_t err;

    check->batch_count = 0;
    if (count == 0)
        return;
    err = volume_read(check->store->disk, check->batch_block, count, check->batch);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *bytes = check->batch + (size_t)i * VOLUME_BLOCK_BYTES;
        const struct check_item *item = &check->batch_items[i];
        uint64_t block = check->batch_block + i;

        if (err != OK)
            page_one(check, block, item);
        else if (!crc_good(bytes, VOLUME_BLOCK_BYTES, item->crc)) /* guard: crc-check-page */
            page_bad(check, block, &item->touch, "its checksum does not match");
    }
}

void
check_page_later(struct check *check, uint64_t block, uint32_t crc, const struct check_touch *touch)
{
    if (check->batch_count > 0 &&
        (block != check->batch_block + check->batch_count || check->batch_count == CHECK_BATCH))
        check_pages_end(check);
    if (check->batch_count == 0)
        check->batch_block = block;
    check->batch_items[check->batch_count++] = (struct check_item){ .touch = *touch, .crc = crc };
}

static void
check_page(struct check *check, uint64_t block, uint32_t crc, const struct check_touch *touch)
{
    check_use(check, block, 1, touch->page, "a page");
    check_page_later(check, block, crc, touch);
}

/* ---- the map ---- */

/* A page, or those that a node leads to, of the present. */
static struct check_touch
touch_present(const struct check *check, uint64_t page, uint64_t page_count, uint64_t birth)
{
    return (struct check_touch){ .page = page,
                                 .page_count = page_count,
                                 .first = birth,
                                 .last = check->store->super.note.generation };
}

bool
check_entry_lost(struct check *check, uint64_t block, const struct map_entry *entry,
                 const struct check_touch *touch)
{
    if (!map_entry_valid(check->store, entry))
        check_damage(check, block, touch,
                     "block %" PRIu64 " (page map): what it says of page %#" PRIx64
                     " makes no sense",
                     block, touch->page);
    else if ((entry->flags & MAP_FLAG_LOST) != 0)
        check_damage(check, 0, touch,
                     "page %#" PRIx64 " and %" PRIu64 " after it were lost to earlier damage",
                     touch->page, touch->page_count - 1);
    else
        return false;
    return true;
}

/*
 * A page that was replaced since the fold. Its old block is among the dead, unless a pin
 * reaches it: then the next fold finds it here, and puts it into the list. A pin that reaches the
 * leaf has of the page what stands here.
 */
static void
check_replaced(struct check *check, const struct map_entry *leaf, uint64_t page,
               const struct map_entry *entry)
{
    struct check_touch touch = {
        .page = page, .page_count = 1, .first = entry->birth, .last = check->store->history.newest
    };

    if (entry->block != 0 && map_entry_valid(check->store, entry)) {
        if (history_keeps(check->store, entry->birth))
            check_page(check, entry->block, entry->crc, &touch);
    } else if (history_keeps(check->store, leaf->birth)) {
        touch.first = leaf->birth;
        (void)check_entry_lost(check, leaf->block, entry, &touch);
    }
}

static void
check_entry(struct check *check, unsigned level, const struct map_entry *entry, uint64_t first)
{
    struct store *store = check->store;
    struct map_node_disk *node = (void *)(check->node + (size_t)level * VOLUME_BLOCK_BYTES);
    uint64_t pages = 1ull << level * MAP_WAYS_BITS; /* below one entry of this node */
    struct check_touch touch = touch_present(check, first, MAP_WAYS * pages, entry->birth);

    check_use(check, entry->block, 1, first, "the page map");
    if (!check_node(check, entry, &touch, node, "page map"))
        return;
    for (unsigned i = 0; i < MAP_WAYS; i++) {
        struct map_entry child = map_entry_get(&node->entries[i]);
        uint64_t page = first + i * pages;

        touch = touch_present(check, page, pages, child.birth);
        if (level == 0 && page_set_find(&store->overlay, page) != NULL) {
            check_replaced(check, entry, page, &child);
        } else if (check_entry_lost(check, entry->block, &child, &touch)) {
            check->cannot_tell = check->cannot_tell || !map_entry_valid(store, &child);
        } else if (child.block != 0 && level == 0) {
            check_page(check, child.block, child.crc, &touch);
        } else if (child.block != 0) {
            check_entry(check, level - 1, &child, page);
        }
    }
}

static void
check_map(struct check *check)
{
    struct store *store = check->store;
    struct map_entry root = { .block = store->map.block,
                              .crc = store->map.crc,
                              .birth = store->super.map_birth };

    if (store->map.count > 0)
        check_entry(check, MAP_LEVELS - 1, &root, 0);
    for (size_t i = 0; i < store->overlay.count; i++) {
        const struct page_change *change = &store->overlay.items[i];
        const struct check_touch touch = touch_present(check, change->page, 1, change->birth);

        if (change->block != 0)
            check_page(check, change->block, change->crc, &touch);
    }
    check_pages_end(check);
}

/* ---- records, chains, bitmap ---- */

static void
check_log(struct check *check)
{
    struct store *store = check->store;
    struct delta_chain chain;
    err_t err = delta_chain_read(store->disk, &store->super, &chain);

    if (err != OK)
        check_report(check, true, store->super.delta.block, CHECK_NO_PAGE,
                     "block %" PRIu64 ": the delta records before it cannot be read: %s",
                     chain.count > 0 ? chain.records[chain.count - 1].block
                                     : store->super.delta.block,
                     err_text(err));
    delta_chain_free(&chain);
    for (size_t i = 0; i < store->log.extents.count; i++)
        check_use(check, store->log.extents.items[i].block, store->log.extents.items[i].count,
                  CHECK_NO_PAGE, "delta records");
}

/* `damaged`: opening could not take over all of it; its checksums may be good all the same. */
static void
check_chain(struct check *check, struct block_ref ref, const char *user, bool damaged)
{
    struct chain_disk *link = (void *)check->node;
    uint64_t links = 0, first = ref.block;

    while (ref.count > 0 && links++ < check->store->super.block_count) {
        if (!block_range_valid(ref.block, 1, check->store->super.block_count)) {
            check_report(check, true, ref.block, CHECK_NO_PAGE, "%s: a link makes no sense", user);
            return;
        }
        check_use(check, ref.block, 1, CHECK_NO_PAGE, user);
        if (!check_block(check, ref.block, ref.crc, link, user))
            return;
        ref = block_ref_get(&link->next);
    }
    if (damaged)
        check_report(check, true, first, CHECK_NO_PAGE,
                     "block %" PRIu64 " (%s): it, or a link behind it, makes no sense", first,
                     user);
}

static void
check_index(struct check *check)
{
    const struct blocks *blocks = &check->store->blocks;

    if (check->store->rebuilt)
        check_report(check, true, blocks->index_damaged, CHECK_NO_PAGE,
                     "block %" PRIu64
                     ": bitmap index: damaged; it was found out anew from the page map",
                     blocks->index_damaged);
    for (size_t i = 0; i < blocks->node_count; i++) {
        const struct index_node *node = &blocks->nodes[i];
        bool bitmap = i < blocks->group_count;

        if (node->block == 0)
            continue;
        check_use(check, node->block, 1, CHECK_NO_PAGE, "the bitmap");
        check_block(check, node->block, node->crc, check->node, bitmap ? "bitmap" : "bitmap index");
    }
}

/* A row of blocks of which the same is wrong is one finding. */
struct row {
    uint64_t block, count;
    bool used;
};

static void
row_report(struct check *check, struct row *row)
{
    if (row->count > 0 && row->used && !check->cannot_tell)
        check_report(check, false, row->block, CHECK_NO_PAGE,
                     "%" PRIu64 " blocks from %" PRIu64
                     " are marked as used, and nothing uses them",
                     row->count, row->block);
    else if (row->count > 0 && !row->used)
        check_report(check, true, row->block, CHECK_NO_PAGE,
                     "%" PRIu64 " blocks from %" PRIu64 " are in use and marked as free",
                     row->count, row->block);
    row->count = 0;
}

static err_t
check_bitmap(struct check *check)
{
    struct blocks *blocks = &check->store->blocks;
    struct row row = { 0 };
    err_t err = OK;

    lock_acquire(&blocks->grow_lock);
    for (uint64_t group = 0; group < blocks->group_count && err == OK; group++)
        err = blocks_load_group(blocks, group);
    lock_release(&blocks->grow_lock);
    if (err != OK)
        return err;

    lock_acquire(blocks->lock);
    for (size_t i = blocks->dead.head; i < blocks->dead.end; i++) {
        const struct dead_extent *extent = &blocks->dead.items[i];

        check_use(check, extent->block, extent->count, CHECK_NO_PAGE, "what is waiting to be free");
    }
    for (uint64_t block = VOLUME_FIRST_BLOCK; block < blocks->block_count; block++) {
        uint64_t bit = 1ull << block % 64;
        bool used = (blocks->bits[block / 64] & ~blocks->ephemeral[block / 64] & bit) != 0;

        if (used == check_marked(&check->seen, block))
            continue;
        if (row.count > 0 && (row.block + row.count != block || row.used != used))
            row_report(check, &row);
        if (row.count == 0)
            row = (struct row){ .block = block, .used = used };
        row.count++;
    }
    row_report(check, &row);
    lock_release(blocks->lock);
    return OK;
}

static err_t
check_all(struct check *check)
{
    struct store *store = check->store;

    check_slots(check);
    check_log(check);
    check_chain(check, store->super.waiting, "list of waiting blocks", store->waiting_damaged);
    check_chain(check, store->super.notes, "notes of older generations", store->notes_damaged);
    check_chain(check, store->super.pins, "list of pinned generations", store->history.damaged);
    check_index(check);
    check_map(check);
    TRY(check_history(check));
    TRY(check_bitmap(check));
    if (check->progress != NULL)
        check->progress(check->context, check->total, check->total);
    return OK;
}

err_t
store_check(struct store *store, store_finding_fn *finding, store_progress_fn *progress,
            void *context)
{
    struct check *check = plat_alloc(sizeof *check);
    const size_t node_bytes = MAP_LEVELS * VOLUME_BLOCK_BYTES;
    const size_t batch_bytes = (size_t)CHECK_BATCH * VOLUME_BLOCK_BYTES;
    err_t err;

    if (check == NULL)
        return ERR_NOMEM;
    lock_acquire(&store->commit_lock);
    *check = (struct check){
        .store = store, .finding = finding, .progress = progress, .context = context
    };
    check->collect = store->how.find_unlisted;
    check->total = store->super.block_count - store->blocks.free_total;
    err = check_marks_create(&check->seen, store->super.block_count);
    check->node = plat_alloc(node_bytes);
    check->batch = plat_alloc(batch_bytes);
    if (check->node == NULL || check->batch == NULL)
        err = ERR_NOMEM;
    if (err == OK)
        err = check_all(check);
    check_marks_free(&check->seen);
    plat_free(check->node, node_bytes);
    plat_free(check->batch, batch_bytes);
    lock_release(&store->commit_lock);
    plat_free(check, sizeof *check);
    return err;
}
