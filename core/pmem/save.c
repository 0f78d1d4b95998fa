/*
 * save.c - the pages of a closed epoch: to the store, or back.
 *
 * A page is saved from the copy that its first writer made, or from memory if nobody
 * has written to it since; then it is TAKEN, and nobody need copy it any more. A
 * first writer for whom no copy is free queues its page here and sleeps.
 *
 * Pages are saved in the order of their first writes. What was written to first in the closed epoch
 * is likely to be so in the next: hot pages are saved before anybody must copy them.
 *
 * If the commit fails each page goes over into the running epoch, under its lock,
 * while the world runs.
 *
 * Invariants
 *   1. A page is handed to a commit at most once.
 *   2. Only the flusher is here, but for who waits; so no epoch closes meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "pmem/pmem_priv.h"

#define WANTED_MAX 64

static struct {
    void *buffer;       /* a page on its way to the store; the flusher's */
    struct event saved; /* a page that somebody waits for was saved */
    _Atomic uint32_t waiters;
    struct lock lock; /* guards the next two */
    unsigned wanted_count;
    uint32_t wanted[WANTED_MAX];
} save;

err_t
pmem_save_create(void)
{
    lock_init(&save.lock, LOCK_RANK_DIRTY);
    atomic_store(&save.waiters, 0);
    save.wanted_count = 0;
    save.buffer = plat_alloc(PAGE_BYTES);
    return save.buffer ? OK : ERR_NOMEM;
}

void
pmem_save_destroy(void)
{
    plat_free(save.buffer, PAGE_BYTES);
    save.buffer = NULL;
}

static err_t
save_copy(struct pmem_page *entry, uint64_t page)
{
    uint32_t copy = entry->copy;
    err_t err;

    entry->copy = 0;
    pmem_page_unlock(entry);
    err = store_commit_page(pmem_store, page, pmem_copy_bytes(copy));
    pmem_copy_give(copy);
    return err;
}

static err_t
save_memory(struct pmem_page *entry, uint64_t page)
{
    pmem_page_copy(save.buffer, page);
    pmem_page_set(entry, PMEM_TAKEN);
    pmem_page_unlock(entry);
    return store_commit_page(pmem_store, page, save.buffer);
}

/*
 * Save one page of the closed epoch. There is nothing to do if that was done
 * already (it was wanted, or is listed twice because it was away in between), or
 * if it was evicted: the store has had it since.
 */
static err_t
save_page(uint64_t page)
{
    struct pmem_page *entry = pmem_page_of(page);
    err_t err = OK;

    pmem_page_lock(entry);
    if (entry->copy != 0) {
        err = save_copy(entry, page);
    } else if (pmem_page_epoch(page) == pmem_epoch_closed() && !pmem_page_has(entry, PMEM_TAKEN)) {
        assert(pmem_page_has(entry, PMEM_RESIDENT));
        err = save_memory(entry, page);
    } else {
        pmem_page_unlock(entry);
    }
    return err;
}

static bool
wanted_take(uint64_t *page)
{
    bool any;

    if (atomic_load(&save.waiters) == 0)
        return false;
    lock_acquire(&save.lock);
    any = save.wanted_count > 0;
    if (any)
        *page = save.wanted[--save.wanted_count];
    lock_release(&save.lock);
    return any;
}

err_t
pmem_save_all(const struct pmem_dirty *closed)
{
    for (const struct pmem_chunk *chunk = closed->first; chunk; chunk = chunk->next)
        for (uint32_t i = 0; i < chunk->count; i++) {
            uint64_t page;

            while (wanted_take(&page)) {
                TRY(save_page(page));
                event_raise(&save.saved);
            }
            TRY(save_page(chunk->pages[i]));
        }
    event_raise(&save.saved); /* for who has queued a page that was saved in its turn */
    return OK;
}

/*
 * Nobody is forgotten: `seen` is read before the page is looked at, and after each
 * page that was queued, and after the last page of all, the event is raised.
 */
void
pmem_saved_wait_begin(uint32_t *seen)
{
    atomic_fetch_add(&save.waiters, 1);
    *seen = event_get(&save.saved);
}

void
pmem_saved_wait_end(uint64_t page, uint32_t seen, bool wait)
{
    if (wait) {
        lock_acquire(&save.lock);
        if (save.wanted_count < WANTED_MAX)
            save.wanted[save.wanted_count++] = (uint32_t)page;
        lock_release(&save.lock);
        event_wait(&save.saved, seen, PLAT_NO_DEADLINE);
    }
    atomic_fetch_sub(&save.waiters, 1);
}

/*
 * Move one page of the failed epoch over; true if the running epoch must list
 * it. What was written again since is listed there already.
 */
static bool
carry_page(uint64_t page, uint32_t epoch)
{
    struct pmem_page *entry = pmem_page_of(page);
    bool keep;

    pmem_page_lock(entry);
    if (entry->copy != 0) {
        pmem_copy_give(entry->copy);
        entry->copy = 0;
    }
    keep = pmem_page_epoch(page) == epoch;
    if (keep) {
        pmem_page_clear(entry, PMEM_TAKEN);
        if (!pmem_page_has(entry, PMEM_OPEN)) {
            plat_page_open(pmem_address_of(page));
            pmem_page_set(entry, PMEM_OPEN);
        }
        pmem_page_epoch_set(page, pmem_epoch_running());
    }
    pmem_page_unlock(entry);
    return keep;
}

/*
 * The store has given back the credit of what was handed over. Carried pages need
 * it again; those that were written again have paid twice.
 */
void
pmem_carry_all(struct pmem_dirty *closed)
{
    uint32_t epoch = pmem_epoch_closed();
    uint32_t superseded;

    for (struct pmem_chunk *chunk = closed->first; chunk; chunk = chunk->next) {
        uint32_t kept = 0;

        for (uint32_t i = 0; i < chunk->count; i++)
            if (carry_page(chunk->pages[i], epoch))
                chunk->pages[kept++] = chunk->pages[i];
        chunk->count = kept;
    }
    event_raise(&save.saved);
    superseded = atomic_exchange(&pmem_superseded, 0);
    if (superseded > 0)
        store_credit_give(pmem_store, superseded);
}
