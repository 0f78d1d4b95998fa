/*
 * monitor_queue.c - the queues of a monitor, of which a thread may be damaged.
 *
 * One that cannot be read takes along those behind it, whom only it knew: then the queues are
 * forgotten, and whoever waits is woken and queues anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/monitor_priv.h"

#define LOG_MODULE "vm"
#include "base/log.h"

/* True if the queue can be read up to the thread, or its end. */
static bool
reaches(word_t at, word_t thread)
{
    while (at != WORD_NULL && at != thread && thread_is_there(at))
        at = GET_WORD(thread_object, at, next);
    return at == WORD_NULL || at == thread;
}

/* Who is in the queues is not known any more: whoever waits looks, and queues anew. Guarded. */
static void
queues_forget(ref_t monitor)
{
    log_error("a thread that waits for monitor %u cannot be read; the others queue anew",
              (unsigned)GET_U32(monitor_object, monitor, number) + 1);
    SET_WORD(monitor_object, monitor, entry_head, WORD_NULL);
    SET_WORD(monitor_object, monitor, entry_tail, WORD_NULL);
    SET_WORD(monitor_object, monitor, wait_head, WORD_NULL);
    SET_WORD(monitor_object, monitor, wait_tail, WORD_NULL);
    sched_wake_waiters();
}

/* The first or last thread of a queue, by its slot in the monitor, can be read, or is none. */
static bool
end_is_there(ref_t monitor, uint64_t slot)
{
    word_t thread = obj_load_word(monitor, slot);

    return thread == WORD_NULL || thread_is_there(thread);
}

void
monitor_queue_push(ref_t monitor, uint64_t head, uint64_t tail, ref_t thread)
{
    if (!end_is_there(monitor, tail))
        queues_forget(monitor);
    thread_queue_push(monitor, head, tail, thread);
}

word_t
monitor_queue_pop(ref_t monitor, uint64_t head, uint64_t tail)
{
    if (!end_is_there(monitor, head))
        queues_forget(monitor);
    return thread_queue_pop(monitor, head, tail);
}

void
monitor_queues_leave(ref_t monitor, ref_t thread)
{
    if (!reaches(GET_WORD(monitor_object, monitor, entry_head), thread) ||
        !reaches(GET_WORD(monitor_object, monitor, wait_head), thread))
        queues_forget(monitor);
    if (!thread_queue_remove(monitor, ENTRY_QUEUE, thread))
        (void)thread_queue_remove(monitor, WAIT_QUEUE, thread);
}
