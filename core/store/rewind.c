/*
 * rewind.c - going back to a pinned generation.
 *
 * A commit like any other: the pages that differ are handed over as they were then. So what was
 * written after the pin dies, in the order of generations, as in every commit, and whatever pins
 * and lists say stays true; the new generation could not simply name the map of the pin, whose
 * blocks have died already. What differs is found by walking two maps together (difference.c). The
 * present was pinned before, so its map has no records on top.
 *
 * Where the map of the present has lost a node nobody knows what differs below it; then it is done
 * as a repair does it (restore.c), which makes that node anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/memory.h"
#include "store/difference_priv.h"
#include "store/restore_priv.h"
#include "store/store_priv.h"

struct rewind {
    struct store *store;
    struct store_view *view;
    bool counting;    /* pages are counted, not handed over yet */
    uint64_t pages;   /* that differ */
    uint64_t written; /* of these, and of the nodes above them: what takes a block */
    uint8_t *page;
};

static err_t
page_restore(void *context, uint64_t page, const struct map_entry *then)
{
    struct rewind *rewind = context;

    rewind->pages++;
    rewind->written += then->block != 0;
    if (rewind->counting)
        return OK;
    TRY(store_view_read(rewind->view, page, rewind->page));
    return store_commit_page(rewind->store, page, rewind->page);
}

/*
 * A damaged page or leaf of the present is no trouble, as it is about to be replaced. ERR_CORRUPT:
 * a node above these is, or the pin.
 */
static err_t
differences(struct rewind *rewind, bool counting)
{
    uint64_t nodes = 0;

    rewind->counting = counting;
    rewind->pages = rewind->written = 0;
    TRY(difference_walk(rewind->store, rewind->store->map, view_map(rewind->view), page_restore,
                        rewind, &nodes));
    rewind->written += nodes;
    return OK;
}

/* Pin the present as the newest generation; its records are in the map then. */
static err_t
present_pin(struct store *store, uint64_t wall_ns, struct store_view **kept)
{
    uint64_t generation;

    TRY(history_pin(store, wall_ns, &generation));
    return store_view_open(store, generation, kept);
}

/* All that differs is handed over. */
static err_t
differences_commit(struct rewind *rewind, struct store_note *note)
{
    struct store *store = rewind->store;
    uint64_t pages, used = 0;
    err_t err;

    pages = history_credit_wanted(rewind->pages, rewind->written);
    TRY(history_credit_take(store, note->wall_ns, pages));
    note->personal_ns = store_view_pin(rewind->view).note.personal_ns;
    note->cause = STORE_CAUSE_REWIND;
    store_commit_begin(store);
    err = differences(rewind, false);
    if (err == OK)
        err = store_commit_finish(store, note);
    else
        store_commit_abandon(store);
    if (err == OK)
        used = store->handed < pages ? store->handed : pages;
    store_credit_give(store, pages - used);
    return err;
}

static err_t
go_back(struct rewind *rewind, struct store_note *note)
{
    struct past past = { .view = rewind->view, .note = store_view_pin(rewind->view).note };
    err_t err = differences(rewind, true);

    if (err == ERR_CORRUPT)
        return restore_commit(rewind->store, &past, note);
    return err == OK ? differences_commit(rewind, note) : err;
}

err_t
store_rewind(struct store *store, uint64_t generation, struct store_note *note, uint64_t *kept)
{
    struct rewind rewind = { .store = store, .page = plat_alloc(VOLUME_BLOCK_BYTES) };
    struct store_view *present = NULL;
    err_t err = rewind.page != NULL ? OK : ERR_NOMEM;

    if (err == OK && store->read_only)
        err = ERR_READ_ONLY;
    if (err == OK)
        err = store_view_open(store, generation, &rewind.view);
    if (err == OK)
        err = present_pin(store, note->wall_ns, &present);
    if (err == OK)
        err = go_back(&rewind, note);
    if (err == OK)
        *kept = store_view_pin(present).note.generation;
    store_view_close(present);
    store_view_close(rewind.view);
    plat_free(rewind.page, VOLUME_BLOCK_BYTES);
    return err;
}
