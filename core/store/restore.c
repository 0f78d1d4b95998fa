/*
 * restore.c - making the present what a generation of the past was.
 *
 * A commit like any other, of the pages that differ, so it is there as a whole or not at all. What
 * differs is found by asking both for each page that either has; so, other than in rewind.c, the
 * past may have records on top of its map, and the present may have lost parts of its own. A
 * node of the present that cannot be read is given up: all that the past has below it is handed
 * over, and the fold makes a node of that alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/restore_priv.h"

#include "plat/memory.h"

#define NO_PAGE UINT64_MAX

/* Where the pages of a generation are found. */
struct side {
    struct store *store;
    struct block_ref map;
    const struct page_set *records; /* what is newer than the map; NULL: nothing */
    uint64_t lost_to;               /* up to this page nothing is known of it */
};

struct restore {
    struct store *store;
    const struct past *past;
    struct side now, then;
    bool counting;    /* pages are counted, not handed over yet */
    uint64_t pages;   /* that differ */
    uint64_t written; /* of these, those that take a block */
    uint8_t *buffer;  /* a node, or a page */
};

static const struct page_change *
record_find(const struct side *side, uint64_t page)
{
    return side->records != NULL ? page_set_find(side->records, page) : NULL;
}

static err_t
entry_find(const struct side *side, uint64_t page, void *node, struct map_entry *entry)
{
    const struct page_change *change = record_find(side, page);
    unsigned level;

    if (change != NULL) {
        *entry = (struct map_entry){ .block = change->block,
                                     .crc = change->crc,
                                     .flags = change->flags & ~(uint32_t)MAP_FLAG_ZERO };
        return OK;
    }
    return map_find_level(side->store, side->map, page, node, entry, &level);
}

/* Make it what it was, unless it is. */
static err_t
page_compare(struct restore *restore, uint64_t page)
{
    struct map_entry now, then;
    err_t known = entry_find(&restore->now, page, restore->buffer, &now);

    TRY(entry_find(&restore->then, page, restore->buffer, &then));
    if (known == OK && now.block == then.block && now.crc == then.crc && now.flags == then.flags)
        return OK;
    restore->pages++;
    restore->written += then.block != 0;
    if (restore->counting)
        return OK;
    if (restore->past->view != NULL)
        TRY(store_view_read(restore->past->view, page, restore->buffer));
    else
        TRY(store_page_read(restore->past->store, page, restore->buffer));
    return store_commit_page(restore->store, page, restore->buffer);
}

/*
 * Nothing is known of the present from this page on, up to the end of the node that leads to it.
 * The fold makes that anew: so it must come there, and the page stands for all that follow.
 */
static err_t
node_give_up(struct restore *restore, uint64_t page, unsigned level)
{
    restore->now.lost_to = (page | ((1ull << level * MAP_WAYS_BITS) - 1)) + 1;
    restore->store->fold_wanted = true;
    return hash_table_put(&restore->store->given_up, map_node_key(page, level), 1);
}

/* The first page from `from` on of which the map has anything; NO_PAGE: there is none. */
static err_t
page_next(struct restore *restore, const struct side *side, uint64_t from, uint64_t *page)
{
    if (from < side->lost_to)
        from = side->lost_to;
    *page = NO_PAGE;
    while (from < SPACE_PAGES) {
        struct map_entry entry;
        unsigned level;
        err_t err = map_find_level(side->store, side->map, from, restore->buffer, &entry, &level);
        bool lost = err != OK || (level > 0 && entry.flags != 0);

        if (lost && side != &restore->now)
            return err != OK ? err : ERR_CORRUPT;
        if (lost)
            TRY(node_give_up(restore, from, level));
        if (lost || entry.block != 0 || entry.flags != 0) {
            *page = from;
            return OK;
        }
        from = (from | ((1ull << level * MAP_WAYS_BITS) - 1)) + 1;
    }
    return OK;
}

/* Pages of the two maps, but those of which there are records. */
static err_t
maps_compare(struct restore *restore)
{
    const struct side *now = &restore->now, *then = &restore->then;
    uint64_t from = 0, page_now, page_then;

    if (now->map.count == then->map.count && now->map.block == then->map.block &&
        now->map.crc == then->map.crc)
        return OK;
    TRY(page_next(restore, now, 0, &page_now));
    TRY(page_next(restore, then, 0, &page_then));
    while (page_now != NO_PAGE || page_then != NO_PAGE) {
        uint64_t page = page_now < page_then ? page_now : page_then;

        if (record_find(now, page) == NULL && record_find(then, page) == NULL)
            TRY(page_compare(restore, page));
        from = page + 1;
        if (page_now == page)
            TRY(page_next(restore, now, from, &page_now));
        if (page_then == page)
            TRY(page_next(restore, then, from, &page_then));
    }
    return OK;
}

static err_t
records_compare(struct restore *restore)
{
    const struct page_set *now = restore->now.records, *then = restore->then.records;

    for (size_t i = 0; i < now->count; i++)
        TRY(page_compare(restore, now->items[i].page));
    for (size_t i = 0; then != NULL && i < then->count; i++) {
        if (page_set_find(now, then->items[i].page) == NULL)
            TRY(page_compare(restore, then->items[i].page));
    }
    return OK;
}

static err_t
all_compare(struct restore *restore, bool counting)
{
    restore->counting = counting;
    restore->pages = restore->written = 0;
    restore->now.lost_to = 0;
    TRY(maps_compare(restore));
    return records_compare(restore);
}

static struct side
side_of(struct store *store)
{
    return (struct side){ .store = store, .map = store->map, .records = &store->overlay };
}

static err_t
restore_begin(struct restore *restore, struct store *store, const struct past *past)
{
    *restore = (struct restore){ .store = store,
                                 .past = past,
                                 .now = side_of(store),
                                 .buffer = plat_alloc(VOLUME_BLOCK_BYTES) };
    if (restore->buffer == NULL)
        return ERR_NOMEM;
    if (past->view != NULL)
        restore->then = (struct side){ .store = store, .map = view_map(past->view) };
    else
        restore->then = side_of(past->store);
    return OK;
}

err_t
restore_count(struct store *store, const struct past *past, uint64_t *pages)
{
    struct restore restore;
    err_t err;

    TRY(restore_begin(&restore, store, past));
    err = all_compare(&restore, true);
    if (err == OK)
        *pages = restore.pages;
    plat_free(restore.buffer, VOLUME_BLOCK_BYTES);
    return err;
}

/* What the commit takes, as pages of credit. Of a page of zeroes there is only a record. */
static uint64_t
credit_wanted(const struct restore *restore)
{
    uint64_t records = restore->pages * sizeof(struct delta_page_disk) / VOLUME_BLOCK_BYTES;

    return restore->written + records + 1;
}

/* The count of the present is wrong where it has lost nodes; that of the past is right. */
static void
pages_mapped_set(struct restore *restore)
{
    const struct past *past = restore->past;
    struct store *store = restore->store;
    uint64_t mapped = past->view != NULL ? store_view_pin(past->view).pages_mapped
                                         : past->store->super.pages_mapped;

    store->super.pages_mapped += mapped - commit_pages_mapped(store);
}

/* With credit for all pages. */
static err_t
pages_commit(struct restore *restore, struct store_note *note)
{
    struct store *store = restore->store;
    err_t err;

    note->personal_ns = restore->past->note.personal_ns;
    note->cause = STORE_CAUSE_REWIND;
    store_commit_begin(store);
    err = all_compare(restore, false);
    if (err != OK) {
        store_commit_abandon(store);
        return err;
    }
    pages_mapped_set(restore);
    return store_commit_finish(store, note);
}

static err_t
with_credit(struct restore *restore, uint64_t credit, struct store_note *note)
{
    struct store *store = restore->store;
    uint64_t used = 0;
    err_t err;

    TRY(store_credit_take(store, credit));
    err = pages_commit(restore, note);
    if (err == OK)
        used = store->handed < credit ? store->handed : credit;
    store_credit_give(store, credit - used);
    return err;
}

err_t
restore_commit(struct store *store, const struct past *past, struct store_note *note)
{
    struct restore restore;
    uint64_t credit;
    err_t err;

    TRY(restore_begin(&restore, store, past));
    err = all_compare(&restore, true);
    credit = credit_wanted(&restore);
    if (err == OK)
        err = with_credit(&restore, credit, note);
    if (err != OK) { /* what cannot be read is not forgotten because of this */
        hash_table_clear(&store->given_up);
        store->fold_wanted = false;
    }
    plat_free(restore.buffer, VOLUME_BLOCK_BYTES);
    return err;
}
