/*
 * still.c - one snapshot, kept readable for one reader.
 *
 *   NONE -> ASKED -> CLOSED -> HELD -> NONE
 *
 *   ASKED   the next flip makes the picture
 *   CLOSED  its epoch is closed, and being saved
 *   HELD    it is committed, and the store holds it
 *   FAILED  from ASKED, CLOSED: the commit failed; nothing is held
 *
 * Which pages were written since is told by a table beside that of epochs: the epoch of a page's
 * last first write, which stays when the page is evicted and comes back. An entry that is
 * so old that it looks like the future only sends the reader to the volume.
 *
 * The lock is held across the instant and across telling the store, so that the reader may give up
 * at any time: when pmem_still_end() returns, neither happens any more.
 *
 * A page that is being read is kept from eviction as by a pin: the reader names it, then
 * looks whether it is leaving; the evictor marks it, then looks whether it is named.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pmem/still.h"

#include "base/assert.h"
#include "pmem/pmem_priv.h"

#define NO_PAGE UINT64_MAX

/* In the order of the road. */
enum still_state {
    STILL_NONE,
    STILL_ASKED,
    STILL_CLOSED,
    STILL_HELD,
    STILL_FAILED,
};

_Atomic uint32_t *pmem_written_of;
uint32_t pmem_still_epoch;

static struct {
    struct lock lock; /* guards the fields up to `change` */
    enum still_state state;
    bool cancelled;
    pmem_world_fn *instant;
    void *context;
    err_t err; /* when FAILED */
    struct cond change;
    _Atomic bool wanted;   /* it is ASKED */
    _Atomic uint64_t page; /* that is being read, or NO_PAGE */
} still;

void
pmem_still_create(void)
{
    lock_init(&still.lock, LOCK_RANK_STILL);
    cond_init(&still.change);
    still.state = STILL_NONE;
    atomic_store(&still.wanted, false);
    atomic_store(&still.page, NO_PAGE);
}

static void
still_move_locked(enum still_state to)
{
    still.state = to;
    atomic_store(&still.wanted, to == STILL_ASKED);
    cond_broadcast(&still.change);
}

/* ---- the flusher's side ---- */

void
pmem_still_flip(uint32_t epoch)
{
    lock_acquire(&still.lock);
    if (still.state == STILL_ASKED) {
        pmem_still_epoch = epoch;
        still.instant(still.context);
        still_move_locked(STILL_CLOSED);
    }
    lock_release(&still.lock);
}

void
pmem_still_saved(err_t err)
{
    lock_acquire(&still.lock);
    if (still.state == STILL_CLOSED || (still.state == STILL_ASKED && err != OK)) {
        if (err == OK)
            err = store_hold_begin(pmem_store);
        still.err = err;
        still_move_locked(err == OK ? STILL_HELD : STILL_FAILED);
    }
    lock_release(&still.lock);
}

bool
pmem_still_wanted(void)
{
    return atomic_load(&still.wanted);
}

bool
pmem_still_reads(uint64_t page)
{
    return atomic_load(&still.page) == page;
}

/* ---- the reader's side ---- */

void
pmem_still_begin(pmem_world_fn *instant, void *context)
{
    lock_acquire(&still.lock);
    assert(still.state == STILL_NONE);
    still.instant = instant;
    still.context = context;
    still.cancelled = false;
    still_move_locked(STILL_ASKED);
    lock_release(&still.lock);
    (void)pmem_snapshot_ask(STORE_CAUSE_INTERVAL);
}

/* Wait until the road has led up to there. */
static err_t
still_wait(enum still_state to)
{
    err_t err;

    lock_acquire(&still.lock);
    while (!still.cancelled && still.state < to)
        cond_wait(&still.change, &still.lock, PLAT_NO_DEADLINE);
    err = still.state == STILL_FAILED ? still.err : OK;
    if (still.cancelled)
        err = ERR_CANCELLED;
    lock_release(&still.lock);
    return err;
}

err_t
pmem_still_wait_instant(void)
{
    return still_wait(STILL_CLOSED);
}

err_t
pmem_still_wait(void)
{
    return still_wait(STILL_HELD);
}

void
pmem_still_cancel(void)
{
    lock_acquire(&still.lock);
    still.cancelled = true;
    cond_broadcast(&still.change);
    lock_release(&still.lock);
}

bool
pmem_still_enter(uint64_t address)
{
    if (!pmem_still_holds(address))
        return false;
    /* Sequentially consistent, like pmem_resident() and the evictor's two: see pmem_pin(). */
    atomic_store(&still.page, space_page_of(address));
    return pmem_resident(address);
}

void
pmem_still_leave(void)
{
    atomic_store(&still.page, NO_PAGE);
}

err_t
pmem_still_read(uint64_t address, void *buffer)
{
    pmem_still_leave();
    return store_hold_read(pmem_store, space_page_of(address), buffer);
}

void
pmem_still_end(void)
{
    pmem_still_leave();
    lock_acquire(&still.lock);
    still_move_locked(STILL_NONE);
    store_hold_end(pmem_store);
    lock_release(&still.lock);
}
