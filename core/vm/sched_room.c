/*
 * sched_room.c - safepoints, and what a worker does when there is no room: throttle,
 * then refuse, then stop the one program that asked (law 10).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "plat/thread.h"
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define LOG_MODULE "vm"
#include "base/log.h"

#define THROTTLE_NS 50000000u

void
sched_pause(struct vm_worker *worker)
{
    static _Atomic uint32_t nothing;
    uint64_t begin_ns = plat_monotonic_ns();

    pmem_worker_away(&worker->pmem);
    plat_wait(&nothing, 0, begin_ns + THROTTLE_NS);
    pmem_stalled(PMEM_STALL_ROOM, begin_ns);
    pmem_worker_back(&worker->pmem);
}

void
sched_load_again(struct vm_worker *worker)
{
    while (worker->thread != WORD_NULL && !frame_load(worker)) {
        log_warn("no memory for code: a thread waits");
        sched_pause(worker);
    }
}

/* ---- law 10: throttle, then refuse, then stop the one program that asked ---- */

bool
sched_lacks_credit(const struct vm_worker *worker)
{
    return worker->pmem.credit < PMEM_WORKER_CREDIT / 2;
}

/*
 * Wait for commits and collections that make room; ERR_NOSPACE when they cannot. While no commit
 * succeeds no program can help it: the disk may come back, or a person switches off.
 */
static err_t
throttle(struct vm_worker *worker)
{
    while (sched_lacks_credit(worker) && !sched_is_stopping()) {
        if (!heap_make_room(&worker->heap, PMEM_WORKER_CREDIT / 2)) {
            if (pmem_commit_outcome() == OK)
                return ERR_NOSPACE;
            sched_pause(worker);
        }
        IGNORE(pmem_safepoint(&worker->pmem), "what it brought is looked at");
    }
    return OK;
}

/* A worker without a thread finds one with little; it tells that one, or stops its program. */
static void
scrape_by(struct vm_worker *worker)
{
    if (pmem_reserve_to_tell(&worker->pmem) != OK)
        sched_pause(worker);
}

/* It is over for the thread: whatever it was about to throw is nobody's business. */
void
sched_end_over(struct vm_worker *worker)
{
    SET_WORD(thread_object, worker->thread, pending, WORD_NULL);
    thread_end(worker);
}

/*
 * There is no room for what the thread writes. Its program is told, as long as there is credit to
 * tell it with, and to clean up; who was told and wrote on is stopped. So nobody waits for room
 * that nobody makes. Who must have a monitor back first goes on with that credit, and is told when
 * it wants more.
 */
static void
refuse(struct vm_worker *worker)
{
    if (pmem_reserve_to_tell(&worker->pmem) != OK) {
        thread_stop_program(worker);
        sched_end_over(worker);
        return;
    }
    heap_open_reserve(&worker->heap);
    sched_load_again(worker);
    if (GET_WORD(thread_object, worker->thread, pending) == WORD_NULL &&
        !thread_is_outside(worker->thread))
        exception_throw_prepared(worker, ERR_NOSPACE);
}

void
sched_safepoint(struct vm_worker *worker)
{
    bool loaded = worker->loaded;
    err_t err;

    frame_save(worker);
    worker->loaded = false;
    err = heap_safepoint(&worker->heap);
    if (err != OK && sched_lacks_credit(worker))
        err = throttle(worker);
    if (err != OK && !loaded)
        scrape_by(worker);
    else if (err != OK)
        refuse(worker);
    else if (loaded)
        sched_load_again(worker);
    if (loaded)
        sched_look_soon(worker, 1);
}

/* The call that asked for it runs again, and finds in its progress that it was done. */
static err_t
collect_all(struct vm_worker *worker)
{
    TRY(heap_collect_full(&worker->heap));
    if (worker->pmem.credit == 0)
        TRY(pmem_reserve(&worker->pmem, 1));
    SET_U64(thread_object, worker->thread, prim_raw, 1);
    return OK;
}

static err_t
collect(struct vm_worker *worker, uint64_t bytes)
{
    bool loaded = worker->loaded;
    err_t err;

    frame_save(worker);
    worker->loaded = false;
    err = bytes == PRIM_COLLECT_ALL ? collect_all(worker) : heap_collect(&worker->heap, bytes);
    if (loaded)
        sched_load_again(worker);
    sched_look_soon(worker, 1);
    return err;
}

void
sched_collect_quietly(struct vm_worker *worker, uint64_t bytes)
{
    IGNORE(collect(worker, bytes), "the caller looks again");
}

/* Others may let go of what it wants meanwhile, or make room. */
static void
try_later(struct vm_worker *worker)
{
    if (!worker->loaded)
        return;
    sched_give_back(worker);
    sched_pause(worker);
}

void
sched_collect(struct vm_worker *worker, uint64_t bytes)
{
    err_t err = collect(worker, bytes);

    if (err == OK || worker->thread == WORD_NULL)
        return;
    if (thread_is_outside(worker->thread))
        try_later(worker);
    else
        exception_throw_prepared(worker, err);
}
