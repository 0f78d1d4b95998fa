/*
 * hold.c - one generation that stays readable in memory, while later ones are committed.
 *
 * Nothing of it lies on the disk: after a restart nothing is held. All it takes is to know where
 * pages lay that were handed over since, and to leave alone what died since. A page that was not
 * handed over lies where it lay, whatever folds have done to the map above it.
 *
 * Invariants
 *   1. `changed` has each page that a commit which began later has given another place, before
 *      that commit ends. One that failed may have left pages there: they say what is true.
 *   2. While it is held, and not lost, no block that its pages lie in is given out again.
 *   3. It costs nobody anything that matters: where room or memory is short it is lost, and who
 *      reads it is told so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

err_t
store_hold_begin(struct store *store)
{
    struct hold *hold = &store->hold;
    err_t err = ERR_EXISTS;

    lock_acquire(&store->commit_lock);
    assert(store->state == COMMIT_IDLE);
    if (!hold->on) {
        page_set_clear(&hold->changed, &store->lock);
        lock_acquire(&store->lock);
        hold->on = true;
        hold->lost = false;
        hold->generation = store->super.note.generation;
        lock_release(&store->lock);
        err = OK;
    }
    lock_release(&store->commit_lock);
    return err;
}

void
store_hold_end(struct store *store)
{
    lock_acquire(&store->lock);
    store->hold.on = false; /* the committer frees the rest */
    lock_release(&store->lock);
}

bool
store_hold_stands(struct store *store)
{
    bool stands;

    lock_acquire(&store->lock);
    stands = store->hold.on && !store->hold.lost;
    lock_release(&store->lock);
    return stands;
}

void
hold_free(struct store *store)
{
    page_set_free(&store->hold.changed);
}

bool
hold_lose(struct store *store)
{
    bool lost;

    lock_acquire(&store->lock);
    lost = store->hold.on && !store->hold.lost;
    store->hold.lost = true;
    lock_release(&store->lock);
    return lost;
}

uint64_t
hold_floor_locked(const struct store *store, uint64_t floor)
{
    const struct hold *hold = &store->hold;

    if (hold->on && !hold->lost && hold->generation < floor) /* guard: hold */
        return hold->generation;
    return floor;
}

void
hold_note(struct store *store, uint64_t page, const struct map_entry *old)
{
    struct hold *hold = &store->hold;
    const struct page_change was = {
        .page = (uint32_t)page, .block = old->block, .crc = old->crc, .flags = old->flags
    };

    if (!store_hold_stands(store)) {
        if (hold->changed.room > 0)
            hold_free(store);
        return;
    }
    if (page_set_find(&hold->changed, page) != NULL)
        return;
    if (page_set_reserve(&hold->changed, 1, &store->lock) != OK) {
        (void)hold_lose(store);
        return;
    }
    lock_acquire(&store->lock);
    page_set_add(&hold->changed, &was);
    lock_release(&store->lock);
}

/* ---- reading ---- */

/* False: `entry` is a map node that must be read first. The lock is held. */
static bool
held_find_locked(struct store *store, uint64_t page, struct map_entry *entry)
{
    const struct page_change *change = page_set_find(&store->hold.changed, page);

    if (change == NULL)
        change = page_set_find(&store->overlay, page);
    if (change == NULL)
        return map_find_locked(store, store->map, page, entry);
    *entry = (struct map_entry){ .block = change->block,
                                 .crc = change->crc,
                                 .flags = change->flags & ~(uint32_t)MAP_FLAG_ZERO };
    return true;
}

/* Where the page lies in what is held; ERR_CANCELLED: nothing is. `node`: one block. */
static err_t
held_find(struct store *store, uint64_t page, void *node, struct map_entry *entry)
{
    for (;;) {
        bool stands, found = false;

        lock_acquire(&store->lock);
        stands = store->hold.on && !store->hold.lost;
        if (stands)
            found = held_find_locked(store, page, entry);
        lock_release(&store->lock);
        if (!stands)
            return ERR_CANCELLED;
        if (found)
            return OK;
        TRY(map_node_read(store, entry, node));
    }
}

err_t
store_hold_read(struct store *store, uint64_t page, void *buffer)
{
    struct map_entry entry = { 0 };
    err_t err;

    assert(page < SPACE_PAGES);
    err = held_find(store, page, buffer, &entry);
    if (err == OK)
        err = page_entry_read(store, &entry, buffer);
    /* What is not held any more may lie in blocks that others have. */
    if (err != OK && !store_hold_stands(store))
        return ERR_CANCELLED;
    if (err != OK)
        log_error("page %#" PRIx64 ": block %" PRIu64 ": %s", page, entry.block, err_text(err));
    return err;
}
