/*
 * restart.c - threads of the run before go on: who could run is queued, who waits for a time has
 * its timer armed.
 *
 * That is done beside the programs, slot by slot, by whichever worker has nothing else to do or has
 * just given its thread back; half of the time at most, while others want to run. So a machine with
 * a hundred thousand threads is there at once, and reads no thread before its turn or before
 * somebody wakes it.
 *
 * Keeps true: a slot is seen to once, by whoever claims it first under the lock: the
 * worker whose turn it is, or one that is about to wake the thread, or one that gives the slot to a
 * new thread. So a thread that is woken meanwhile is queued once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define LOG_MODULE "vm"
#include "base/log.h"

static struct {
    struct lock lock; /* guards half.seen while it goes on */
    _Atomic bool going;
    uint32_t count;        /* slots there were at the start */
    _Atomic uint32_t next; /* whose turn it is; may run past `count` */
    _Atomic uint32_t left; /* not seen to yet, or not to the end */
} restart;

void
restart_begin(bool any)
{
    lock_init(&restart.lock, LOCK_RANK_RESTART);
    restart.count = any ? thread_slot_count() : 0;
    atomic_store(&restart.next, 0);
    atomic_store(&restart.left, restart.count);
    atomic_store(&restart.going, restart.count > 0);
}

bool
restart_is_going(void)
{
    return atomic_load_explicit(&restart.going, memory_order_acquire);
}

bool
vm_is_restarting(void)
{
    return restart_is_going();
}

bool
restart_has_turns(void)
{
    return restart_is_going() &&
           atomic_load_explicit(&restart.next, memory_order_relaxed) < restart.count;
}

/* True for one that waits for a restart. */
static bool
is_told(ref_t thread)
{
    return (GET_U32(thread_object, thread, flags) & THREAD_FLAG_RESTART) != 0;
}

/* See to a thread, under the lock. True if it must be woken, too. */
static bool
go_on_locked(ref_t thread)
{
    uint32_t state = GET_U32(thread_object, thread, state) & ~THREAD_WOKEN;
    uint64_t wake_ns = GET_U64(thread_object, thread, wake_ns);
    bool is_system = GET_WORD(thread_object, thread, application) == WORD_NULL;

    if (sched_programs_stand && !is_system)
        return false; /* sched_let_go() may come for it */
    if (is_system)
        errand_resume(thread);
    if (GET_U32(thread_object, thread, priority) != 0)
        sched_ranks_matter();
    if (state == THREAD_RUNNABLE)
        sched_enqueue(thread);
    else if (state == THREAD_SUSPENDED || is_told(thread) || sched_is_over(thread))
        return true;
    else if (wake_ns != UINT64_MAX)
        sched_timer_set(thread, wake_ns);
    return false;
}

/* True for one caller only. */
static bool
claim_locked(uint32_t slot)
{
    bool seen = sched_halves[slot].seen;

    sched_halves[slot].seen = true;
    return !seen;
}

void
restart_slot_given(uint32_t slot)
{
    if (!restart_is_going())
        return;
    lock_acquire(&restart.lock);
    sched_halves[slot].seen = true;
    lock_release(&restart.lock);
}

void
restart_before_wake(ref_t thread)
{
    uint32_t slot = GET_U32(thread_object, thread, slot);

    if (!restart_is_going())
        return;
    lock_acquire(&restart.lock);
    if (claim_locked(slot))
        (void)go_on_locked(thread); /* it is about to be woken anyway */
    lock_release(&restart.lock);
}

/* It cannot be read: it is lost until the next start, or, if that will never get better, for ever.
 */
static void
give_up(uint32_t slot, uint64_t page, err_t err)
{
    log_error("a thread cannot go on: page %#" PRIx64 " of the space cannot be read (%s)", page,
              err_text(err));
    if (err == ERR_CORRUPT)
        thread_delist_slot(slot);
    else
        sched_lost_add(slot);
}

/* The thread of a slot, resident; 0: there is none, or it cannot be read. */
static ref_t
thread_resident(struct vm_worker *worker, uint32_t slot)
{
    ref_t thread;
    err_t err = pmem_page_in(&worker->pmem, SPACE_THREAD_TABLE + 8ull * slot);

    if (err != OK) {
        if (slot % (PAGE_BYTES / 8) == 0)
            log_error("threads cannot go on: part of their table cannot be read (%s)",
                      err_text(err));
        return 0;
    }
    thread = thread_in_slot(slot);
    if (thread == 0)
        return 0;
    err = pmem_page_in(&worker->pmem, thread);
    if (err == OK)
        err = pmem_page_in(&worker->pmem, thread + sizeof(struct thread_object) - 1);
    if (err == OK && !sched_can_be_seen(worker, thread))
        err = ERR_IO; /* its program */
    if (err == OK)
        return thread;
    give_up(slot, space_page_of(thread), err);
    return 0;
}

/* All of it is a commit: who left by a fault would not come back to this slot. */
static void
see_to(struct vm_worker *worker, uint32_t slot)
{
    bool wakes = false;
    ref_t thread;

    worker_commit_begin(worker);
    thread = thread_resident(worker, slot);
    lock_acquire(&restart.lock);
    if (claim_locked(slot) && thread != 0)
        wakes = go_on_locked(thread);
    lock_release(&restart.lock);
    if (wakes)
        thread_wake(thread);
    worker_commit_end(worker);
    if (atomic_fetch_sub(&restart.left, 1) == 1)
        atomic_store_explicit(&restart.going, false, memory_order_release);
}

void
restart_some(struct vm_worker *worker)
{
    struct sched_piece piece = { 0 };

    while (restart_has_turns() && sched_piece_goes_on(worker, &piece)) {
        uint32_t slot = atomic_fetch_add(&restart.next, 1);

        if (slot < restart.count) /* else others are at the last ones */
            see_to(worker, slot);
    }
}
