/*
 * monitor_lend.c - who waits for a monitor lends his priority to who holds it.
 *
 * What is lent is volatile: it can be found again from the entry queues and the lock stacks, which
 * lie in the space. Whoever looks at those of others finds threads that run, and pages that cannot
 * be read: it is a guess then, and nothing is lent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/array.h"
#include "vm/monitor_priv.h"

#define HOLDERS    4096u
#define LEND_DEPTH 16 /* threads that wait for each other, and lend to the last of them */
#define LEND_LOOK  64 /* threads of a queue that are asked for their level */

/*
 * Who took the monitor of an object last, slot + 1, by a hash of the object's address: a guess,
 * because objects move and share a place. For whoever has to wait and lends his priority.
 */
static _Atomic uint32_t holders[HOLDERS];

static _Atomic uint32_t *
holder_place(ref_t object)
{
    return &holders[(object >> 3 ^ object >> 15) % HOLDERS];
}

void
monitor_lend_note(ref_t object, ref_t thread)
{
    atomic_store_explicit(holder_place(object), GET_U32(thread_object, thread, slot) + 1,
                          memory_order_relaxed);
}

/* True if another thread, which may be running, has the object on its lock stack. */
static bool
seems_held_by(ref_t thread, ref_t object)
{
    uint32_t count;
    ref_t stack = monitor_lock_stack(thread, &count);

    for (uint32_t i = 0; stack != 0 && i < count; i++) {
        if (array_load_word(stack, i) == object)
            return true;
    }
    return false;
}

/* Who holds the monitor, if that can be told without looking at everybody; else 0. */
static ref_t
holder_of(ref_t object)
{
    ref_t monitor = monitor_readable_of(object), thread;
    uint32_t slot;

    if (monitor != 0 && GET_WORD(monitor_object, monitor, owner) != WORD_NULL) {
        thread = GET_WORD(monitor_object, monitor, owner);
        return thread_is_there(thread) ? thread : 0;
    }
    slot = atomic_load_explicit(holder_place(object), memory_order_relaxed);
    thread = slot != 0 && slot <= thread_slot_count() ? thread_readable_in_slot(slot - 1) : 0;
    return thread != 0 && seems_held_by(thread, object) ? thread : 0;
}

void
monitor_lend(ref_t object, unsigned level)
{
    for (unsigned i = 0; i < LEND_DEPTH && object != WORD_NULL; i++) {
        ref_t holder = holder_of(object);

        if (holder == 0 || !sched_lend(holder, level) ||
            (GET_U32(thread_object, holder, flags) & THREAD_FLAG_ENTERING) == 0)
            return;
        object = GET_WORD(thread_object, holder, waiting_for);
    }
}

unsigned
monitor_lend_level(ref_t monitor)
{
    word_t thread = GET_WORD(monitor_object, monitor, entry_head);
    unsigned level, highest = 0;

    for (unsigned i = 0; i < LEND_LOOK && thread != WORD_NULL && thread_is_there(thread); i++) {
        level = sched_level_of(thread) + 1;
        highest = level > highest ? level : highest;
        thread = GET_WORD(thread_object, thread, next);
    }
    return highest;
}

/* The highest level, plus one, of those who want a monitor that the thread holds; 0: nobody does.
 */
static unsigned
lent_to(ref_t thread)
{
    uint32_t count;
    ref_t stack = monitor_lock_stack(thread, &count), monitor;
    unsigned level, highest = 0;

    for (uint32_t i = 0; stack != 0 && i < count; i++) {
        ref_t object = array_load_word(stack, i);

        if (monitor_readable_of(object) == 0)
            continue;
        monitor_guard(object);
        monitor = monitor_readable_of(object);
        level = monitor != 0 ? monitor_lend_level(monitor) : 0;
        monitor_unguard(object);
        highest = level > highest ? level : highest;
    }
    return highest;
}

void
monitor_lend_anew(struct vm_worker *worker, ref_t thread)
{
    void **restart = worker->pmem.restart;

    if (!sched_do_ranks_matter())
        return;
    worker_commit_begin(worker); /* nobody leaves with a guard */
    sched_lend_anew(thread, lent_to(thread));
    worker->pmem.restart = restart;
}
