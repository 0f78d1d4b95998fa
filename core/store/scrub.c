/*
 * scrub.c - looking for damage while the volume is in use.
 *
 * Nothing is held between two pages: each is looked up, and read, as anybody would who needs it,
 * and a page that was given another block meanwhile is read from there. Pages that are newer than
 * the map are found in its records. A node that is in memory is not read again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/scrub.h"

#include "base/format.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

#define NO_PAGE UINT64_MAX

struct scrub {
    struct store *store;
    struct store_view *view;
    store_finding_fn *finding;
    void *context;
    uint8_t *buffer;
};

/* The map of what is looked at; a fold may give the present another one at any time. */
static struct block_ref
map_of(const struct scrub *scrub)
{
    struct block_ref map;

    if (scrub->view != NULL)
        return view_map(scrub->view);
    lock_acquire(&scrub->store->lock);
    map = scrub->store->map;
    lock_release(&scrub->store->lock);
    return map;
}

static void
tell(const struct scrub *scrub, const struct map_entry *entry, uint64_t page, uint64_t page_count,
     err_t err)
{
    struct store_finding finding = {
        .damage = true, .block = entry->block, .page = page, .page_count = page_count
    };

    if (scrub->view != NULL)
        finding.last = store_view_pin(scrub->view).note.generation;
    if (page_count == 1)
        format(finding.what, sizeof finding.what, "page %#" PRIx64 " (block %" PRIu64 "): %s", page,
               entry->block, err_text(err));
    else
        format(finding.what, sizeof finding.what,
               "block %" PRIu64 " (page map): %s; it leads to pages %#" PRIx64 " to %#" PRIx64,
               entry->block, err_text(err), page, page + page_count - 1);
    scrub->finding(scrub->context, &finding);
}

/* The first page from `from` on that is newer than the map; NO_PAGE. */
static uint64_t
record_next(const struct scrub *scrub, uint64_t from)
{
    struct store *store = scrub->store;
    uint64_t next = NO_PAGE;

    if (scrub->view != NULL)
        return NO_PAGE;
    lock_acquire(&store->lock);
    for (size_t i = 0; i < store->overlay.count; i++) {
        const struct page_change *change = &store->overlay.items[i];

        if (change->page >= from && change->page < next && change->block != 0)
            next = change->page;
    }
    lock_release(&store->lock);
    return next;
}

/* Find a page in the map, in that which is the present's when it was found. */
static err_t
map_find_now(const struct scrub *scrub, uint64_t page, struct map_entry *entry, unsigned *level)
{
    for (;;) {
        struct block_ref map = map_of(scrub), after;
        err_t err = map_find_level(scrub->store, map, page, scrub->buffer, entry, level);

        if (err == OK)
            return OK;
        after = map_of(scrub); /* of one that was folded since, blocks may be used again */
        if (after.block == map.block && after.crc == map.crc)
            return err;
    }
}

/* The first page from `from` on that the map leads to. Nodes that cannot be read are told. */
static uint64_t
map_next(const struct scrub *scrub, uint64_t from)
{
    while (from < SPACE_PAGES) {
        struct map_entry entry;
        unsigned level;
        err_t err = map_find_now(scrub, from, &entry, &level);
        uint64_t pages = 1ull << level * MAP_WAYS_BITS;

        if (err == OK && entry.block != 0)
            return from;
        if (err != OK)
            tell(scrub, &entry, from & ~(pages - 1), pages, err);
        from = (from | (pages - 1)) + 1;
    }
    return NO_PAGE;
}

/* Where the page lies; nowhere, if that cannot be read. */
static struct map_entry
entry_of(const struct scrub *scrub, uint64_t page)
{
    struct map_entry entry = { 0 };
    const struct page_change *change = NULL;
    unsigned level;

    lock_acquire(&scrub->store->lock);
    if (scrub->view == NULL)
        change = page_set_find(&scrub->store->overlay, page);
    if (change != NULL)
        entry.block = change->block;
    lock_release(&scrub->store->lock);
    if (change == NULL && map_find_now(scrub, page, &entry, &level) != OK)
        entry = (struct map_entry){ 0 };
    return entry;
}

/*
 * Is there a block to look at? Not of a page that has become zeroes since the map was folded, and
 * not of a pinned one that the present has, too: it was looked at there.
 */
static bool
is_wanted(const struct scrub *scrub, uint64_t page)
{
    const struct scrub present = { .store = scrub->store, .buffer = scrub->buffer };
    struct map_entry entry = entry_of(scrub, page);

    return entry.block != 0 &&
           (scrub->view == NULL || entry.block != entry_of(&present, page).block);
}

static void
page_look(const struct scrub *scrub, uint64_t page)
{
    err_t err = scrub->view != NULL ? store_view_read(scrub->view, page, scrub->buffer)
                                    : store_page_read(scrub->store, page, scrub->buffer);
    struct map_entry entry;

    if (err == OK)
        return;
    entry = entry_of(scrub, page);
    tell(scrub, &entry, page, 1, err);
}

err_t
store_scrub(struct store *store, struct store_view *view, uint64_t from, unsigned page_max,
            store_finding_fn *finding, void *context, uint64_t *next, uint64_t *page_count)
{
    struct scrub scrub = { store, view, finding, context, plat_alloc(VOLUME_BLOCK_BYTES) };
    uint64_t record, page = from, count = 0;

    if (scrub.buffer == NULL)
        return ERR_NOMEM;
    record = record_next(&scrub, from);
    for (unsigned looked = 0; page != NO_PAGE && looked < page_max; looked++) {
        page = map_next(&scrub, page);
        if (record < page)
            page = record;
        if (page == NO_PAGE)
            break;
        if (is_wanted(&scrub, page)) {
            page_look(&scrub, page);
            count++;
        }
        page++;
        if (record < page)
            record = record_next(&scrub, page);
    }
    plat_free(scrub.buffer, VOLUME_BLOCK_BYTES);
    *next = page;
    *page_count = count;
    return OK;
}
