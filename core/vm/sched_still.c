/*
 * sched_still.c - programs stand still, and errands are done (vm_options.paused).
 *
 * A snapshot may hold a thread in the middle of something, with locks that an errand needs. Such a
 * thread goes on until it has let go of its locks; and whoever gets one of these locks then, too.
 * But they neither wait nor say anything, so a thread that wants to do that stands there, locks and
 * all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/sched_priv.h"
#include "vm/vm.h"

bool sched_programs_stand;

static _Atomic bool lets_go; /* those who hold locks may go on */

void
sched_still_init(void)
{
    sched_programs_stand = vm_options_get()->paused;
    atomic_store(&lets_go, false);
}

static bool
is_of_program(ref_t thread)
{
    return GET_WORD(thread_object, thread, application) != WORD_NULL;
}

static _Atomic bool *
stands(ref_t thread)
{
    return &sched_halves[GET_U32(thread_object, thread, slot)].stands;
}

bool
sched_must_stand(ref_t thread)
{
    return is_of_program(thread) && (!atomic_load(&lets_go) || atomic_load(stands(thread)));
}

void
sched_let_go(void)
{
    uint32_t count = thread_slot_count();

    if (!sched_programs_stand || atomic_exchange(&lets_go, true))
        return;
    for (uint32_t slot = 0; slot < count; slot++) {
        ref_t thread = thread_readable_in_slot(slot);

        if (thread != WORD_NULL && is_of_program(thread) && !sched_is_over(thread) &&
            (GET_U32(thread_object, thread, state) & ~THREAD_WOKEN) == THREAD_RUNNABLE &&
            GET_U32(thread_object, thread, lock_count) > 0)
            sched_enqueue(thread);
    }
}

/* Primitives of threads, the system, the console, the machine and the compiler: by their hundreds.
 */
static bool
acts_outside(uint32_t primitive)
{
    return (primitive >= 700 && primitive < 1000) || primitive >= 1700;
}

bool
sched_stand(struct vm_worker *worker, uint32_t primitive)
{
    ref_t thread = worker->thread;

    if (!is_of_program(thread))
        return false;
    worker->slice = 1; /* the poll that came here comes again; and so does each */
    if (GET_U32(thread_object, thread, lock_count) > 0 && !acts_outside(primitive))
        return false;
    atomic_store(stands(thread), true);
    sched_give_back(worker);
    return true;
}
