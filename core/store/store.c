/*
 * store.c - what anybody may ask of an open volume: pages, numbers, its log.
 *
 * A page is looked for where its newest contents can be: among the early pages of
 * the running epoch, in the commit under way, among the early pages of the
 * closed epoch, in the overlay, in the map. All but the last are tables in memory. The
 * block is then read without a lock; if its checksum is wrong the page is
 * looked up again, for it may have been given a new block meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/store.h"

#include "base/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

static const struct page_change *
change_find_locked(struct store *store, uint64_t page)
{
    const struct page_change *change = page_set_find(&store->early[store->early_running], page);

    if (change == NULL)
        change = page_set_find(&store->pending, page);
    if (change == NULL && store->early_closed)
        change = page_set_find(&store->early[store->early_running ^ 1], page);
    if (change == NULL)
        change = page_set_find(&store->overlay, page);
    return change;
}

enum where {
    WHERE_COPIED,  /* it was in a buffer, and is in the caller's now */
    WHERE_BLOCK,   /* `entry` is the page's */
    WHERE_UNKNOWN, /* `entry` is a map node that must be read first */
};

/* False: `entry` is a map node that must be read first. */
static bool
entry_find_locked(struct store *store, uint64_t page, struct map_entry *entry)
{
    const struct page_change *change = change_find_locked(store, page);

    if (change == NULL)
        return map_find_locked(store, store->map, page, entry);
    *entry = (struct map_entry){ .block = change->block, .crc = change->crc };
    return true;
}

static enum where
page_locate(struct store *store, uint64_t page, void *buffer, struct map_entry *entry)
{
    const uint8_t *bytes = NULL;
    enum where where = WHERE_BLOCK;

    lock_acquire(&store->lock);
    if (!entry_find_locked(store, page, entry))
        where = WHERE_UNKNOWN;
    else if (entry->block != 0)
        bytes = writer_find_locked(&store->writer, entry->block);
    if (bytes != NULL) {
        memcpy(buffer, bytes, VOLUME_BLOCK_BYTES);
        where = WHERE_COPIED;
    }
    lock_release(&store->lock);
    return where;
}

static bool
same_place(const struct map_entry *a, const struct map_entry *b)
{
    return a->block == b->block && a->crc == b->crc;
}

err_t
page_entry_read(struct store *store, const struct map_entry *entry, void *buffer)
{
    if (entry->block == 0) {
        if ((entry->flags & MAP_FLAG_LOST) != 0)
            return ERR_CORRUPT;
        memset(buffer, 0, VOLUME_BLOCK_BYTES);
        return OK;
    }
    TRY(volume_read(store->disk, entry->block, 1, buffer));
    if (!crc_good(buffer, VOLUME_BLOCK_BYTES, entry->crc)) /* guard: crc-page */
        return ERR_CORRUPT;
    return OK;
}

err_t
store_page_read(struct store *store, uint64_t page, void *buffer)
{
    struct map_entry failed = { 0 };

    assert(page < SPACE_PAGES);
    for (;;) {
        struct map_entry entry;
        enum where where = page_locate(store, page, buffer, &entry);
        err_t err;

        if (where == WHERE_COPIED)
            return OK;
        if (where == WHERE_UNKNOWN)
            err = map_node_read(store, &entry, buffer);
        else
            err = page_entry_read(store, &entry, buffer);
        if (err == OK && where == WHERE_BLOCK)
            return OK;
        if (err == OK)
            continue;
        if (entry.block == 0)
            return err;
        /* The same place twice: it has not moved, it is bad. */
        if (failed.block != 0 && same_place(&failed, &entry)) {
            log_error("page %#" PRIx64 ": block %" PRIu64 ": %s", page, entry.block, err_text(err));
            return err;
        }
        failed = entry;
    }
}

/* How many pages from `page` on lie one behind the other on the disk; 0: that is not known. */
static uint32_t
run_locate(struct store *store, uint64_t page, struct map_entry *entries, uint32_t count)
{
    uint32_t found = 0;

    lock_acquire(&store->lock);
    for (; found < count && page + found < SPACE_PAGES; found++) {
        struct map_entry *entry = &entries[found];

        if (!entry_find_locked(store, page + found, entry) || entry->block == 0 ||
            entry->block != entries[0].block + found ||
            writer_find_locked(&store->writer, entry->block) != NULL)
            break;
    }
    lock_release(&store->lock);
    return found;
}

/* Read a run; how many pages from its begin on are what they should be. */
static uint32_t
run_read(struct store *store, const struct map_entry *entries, uint32_t count, uint8_t *buffer)
{
    uint32_t good = 0;

    if (volume_read(store->disk, entries[0].block, count, buffer) != OK)
        return 0;
    for (; good < count; good++, buffer += VOLUME_BLOCK_BYTES) {
        if (!crc_good(buffer, VOLUME_BLOCK_BYTES, entries[good].crc)) /* guard: crc-run */
            break;
    }
    return good;
}

err_t
store_pages_read(struct store *store, uint64_t page, uint32_t count, void *buffer, uint32_t *got)
{
    struct map_entry entries[STORE_RUN_MAX];
    uint32_t found = 0;

    assert(count <= STORE_RUN_MAX);
    if (count > 1)
        found = run_locate(store, page, entries, count);
    *got = found > 1 ? run_read(store, entries, found, buffer) : 0;
    if (*got > 0)
        return OK;
    *got = 1;
    return store_page_read(store, page, buffer);
}

bool
store_page_is_zero(struct store *store, uint64_t page)
{
    struct map_entry entry;
    bool zero;

    assert(page < SPACE_PAGES);
    lock_acquire(&store->lock);
    zero = entry_find_locked(store, page, &entry) && entry.block == 0 && entry.flags == 0;
    lock_release(&store->lock);
    return zero;
}

void
store_stats_get(struct store *store, struct store_stats *stats)
{
    const struct blocks *blocks = &store->blocks;

    lock_acquire(&store->lock);
    *stats = store->stats;
    stats->generation = store->super.note.generation;
    stats->block_count = store->super.block_count;
    stats->blocks_free = blocks->free_total;
    stats->blocks_promised = store_reserve_locked(store);
    stats->blocks_waiting = blocks->dead_blocks;
    stats->pages_mapped = store->super.pages_mapped;
    lock_release(&store->lock);
}

err_t
store_log_read(struct store *store, struct store_note *notes, size_t note_max, size_t *note_count)
{
    size_t count;

    lock_acquire(&store->lock);
    count = store->note_count < NOTES_MAX ? store->note_count : NOTES_MAX;
    if (count > note_max)
        count = note_max;
    for (size_t i = 0; i < count; i++)
        notes[i] = store->notes[(store->note_count - 1 - i) % NOTES_MAX];
    lock_release(&store->lock);
    *note_count = count;
    return OK;
}
