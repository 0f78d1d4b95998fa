/*
 * sched_aside.c - what workers do beside the programs: threads of the run before go on
 * (restart.c), and those that are over are woken, so that they end.
 *
 * Whoever runs, or is about to, sees by itself that its program is over; who waits must be woken
 * for that. There may be a hundred thousand of them, none of which was ever read since the start.
 * So whoever ends a program only asks for a round along the table, and workers make it, a piece at
 * a time, away from the space where a page has to come in: the world never waits for more than one
 * thread, and it takes no more credit than a worker has. A restart in the middle loses nothing: a
 * start looks who is over.
 *
 * Keeps true: once a round was asked for, each slot there was then is looked at after that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define PIECE_NS    1000000u /* seen to at a time */
#define PIECE_SLOTS 16       /* until the clock is asked */

/* The round for those that are over. */
static struct {
    struct lock lock;         /* guards what follows; the space is not touched under it */
    uint32_t count;           /* slots there were when it was asked for */
    uint32_t next;            /* whose turn it is */
    _Atomic uint32_t left;    /* whose turn did not come yet; read without the lock, too */
    _Atomic uint32_t looking; /* workers that look at one */
} over;

void
sched_aside_init(void)
{
    lock_init(&over.lock, LOCK_RANK_SCHED);
    over.count = over.next = 0;
    atomic_store(&over.left, 0);
    atomic_store(&over.looking, 0);
}

bool
sched_piece_goes_on(struct vm_worker *worker, struct sched_piece *piece)
{
    if (piece->until_ns == 0)
        piece->until_ns = plat_monotonic_ns() + PIECE_NS;
    if (worker->pmem.credit <= SCHED_WAKE_PAGES || pmem_poll())
        return false;
    return ++piece->slots % PIECE_SLOTS != 0 || plat_monotonic_ns() < piece->until_ns;
}

/* ---- those that are over ---- */

void
sched_end_threads(void)
{
    uint32_t count = thread_slot_count();

    lock_acquire(&over.lock);
    over.count = count;
    atomic_store(&over.left, count);
    lock_release(&over.lock);
    sched_call_idle();
}

static bool
round_has_turns(void)
{
    return atomic_load_explicit(&over.left, memory_order_relaxed) > 0;
}

bool
sched_ends_threads(void)
{
    /* In this order: who takes a slot is looking before there is one less. */
    return atomic_load(&over.left) > 0 || atomic_load(&over.looking) > 0;
}

static bool
round_take(uint32_t *slot)
{
    bool taken;

    lock_acquire(&over.lock);
    taken = atomic_load(&over.left) > 0;
    if (taken) {
        if (over.next >= over.count)
            over.next = 0;
        *slot = over.next++;
        atomic_fetch_add(&over.looking, 1);
        atomic_fetch_sub(&over.left, 1);
    }
    lock_release(&over.lock);
    return taken;
}

ref_t
sched_bring_thread(struct vm_worker *worker, uint32_t slot)
{
    ref_t thread;

    do {
        if (pmem_page_in(&worker->pmem, SPACE_THREAD_TABLE + 8ull * slot) != OK)
            return 0;
        thread = thread_in_slot(slot);
        if (thread == WORD_NULL || !sched_can_be_seen(worker, thread))
            return 0;
    } while (thread_in_slot(slot) != thread); /* the worker was away: another has its place */
    return thread;
}

/* All of it is a commit: who left by a fault would not come back to this slot. */
static void
end_if_over(struct vm_worker *worker, uint32_t slot)
{
    ref_t thread;

    worker_commit_begin(worker);
    thread = sched_bring_thread(worker, slot);
    if (thread != 0 && sched_is_over(thread)) {
        if ((GET_U32(thread_object, thread, state) & THREAD_WOKEN) == 0)
            thread_wake(thread); /* else it was woken already */
        sched_find_lost(thread);
    }
    worker_commit_end(worker);
    atomic_fetch_sub(&over.looking, 1);
}

static void
end_some(struct vm_worker *worker)
{
    struct sched_piece piece = { 0 };
    uint32_t slot;

    /* Whoever ends may be the only way to room: what is kept for that may be used. */
    if (worker->pmem.credit <= SCHED_WAKE_PAGES)
        IGNORE(pmem_reserve_kept(&worker->pmem, SCHED_WAKE_PAGES), "then it goes on later");
    while (sched_piece_goes_on(worker, &piece) && round_take(&slot))
        end_if_over(worker, slot);
}

/* ---- both ---- */

bool
sched_has_aside(void)
{
    return restart_has_turns() || round_has_turns();
}

void
sched_aside(struct vm_worker *worker)
{
    if (restart_has_turns())
        restart_some(worker);
    if (round_has_turns())
        end_some(worker);
    worker->aside_ns = plat_monotonic_ns() + PIECE_NS;
}
