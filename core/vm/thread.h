/*
 * thread.h - threads as primitives see them. They are objects in old space;
 * what a thread was doing is in its stack, and what it waits for is linked
 * through words of the space.
 *
 * Parking in three steps: link the thread where a waker finds it, answer
 * prim_park(), and when the same call runs again look whether the wait is over
 * (a wake may come for no reason; so ask, and park again).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "vm/prim.h"

/* More threads than this at a time are refused. */
#define THREAD_COUNT_MAX (1u << 22)

/*
 * Make a thread and let it run `method`.
 *
 *   application  whose it is: an application object
 *   name         string or null
 *   words        word arguments of the method, receiver included; it takes no raw ones
 *
 * Decode and invoke in one: PRIM_DONE, and the result (a word) is the thread; PRIM_COLLECT; or
 * PRIM_THROW (argument: the method cannot be a thread's first; memory: too many threads).
 */
enum prim_answer thread_start(struct prim_call *call, word_t application, word_t name, ref_t method,
                              const word_t *words, unsigned word_count);

/* Sleep in personal time. Uses prim_raw. Negative is no time. */
enum prim_answer thread_sleep(struct prim_call *call, int64_t duration_ns);

/*
 * Wait for the end of `thread`, at most `timeout_ns` (UINT64_MAX: for ever). Uses
 * prim_raw. The result (an int) is 1 if it has ended.
 */
enum prim_answer thread_join(struct prim_call *call, ref_t thread, uint64_t timeout_ns);

/*
 * Wait until a machine is started over the space, this one or another; the call runs again then, or
 * for no reason.
 */
enum prim_answer thread_await_restart(struct prim_call *call);

/* Let others run. Uses prim_raw. */
enum prim_answer thread_yield(struct prim_call *call);

/*
 * End the application of the calling thread, with all its threads, at once;
 * the calling one ends when the call does. Never returns to bytecode.
 */
enum prim_answer thread_exit(struct prim_call *call, int32_t status);

/* The lowest and the highest priority; 0 is the usual one. */
#define THREAD_PRIORITY_MIN (-2)
#define THREAD_PRIORITY_MAX 2

/*
 * Of the threads that could run those of a higher priority go first. One that waits for a monitor
 * lends its priority to the one that holds it. Throws argument.
 */
enum prim_answer thread_priority_set(struct prim_call *call, ref_t thread, int32_t priority);

/* The personal time that comes so much later than now; UINT64_MAX: never. */
uint64_t thread_deadline(uint64_t duration_ns);

/* True from the start to the end of the thread. */
bool thread_is_alive(ref_t thread);

/* The thread in this slot of the table, if it is the one with this id; else 0. */
ref_t thread_find(uint32_t slot, uint64_t id);

/*
 * Have .internal.error.interrupt thrown in a thread: where it waits, or would begin to, for time, a
 * thread, a line, a compilation, a snapshot, or a notification (then with its monitor held again,
 * and not if it was notified before); or at a poll, some thousand polls from now at most, but never
 * inside of any other primitive that has begun. Nothing for one that has ended.
 */
enum prim_answer thread_interrupt(struct prim_call *call, ref_t thread);

/*
 * End a thread at its next safepoint, wherever it is: nothing of it runs any more, and its monitors
 * are let go. One that has ended stays so. The calling thread never returns to bytecode.
 */
enum prim_answer thread_stop(struct prim_call *call, ref_t thread);

/* For primitives that wait: is the thread to be interrupted? Then answer with the exception. */
bool thread_is_interrupted(ref_t thread);
enum prim_answer thread_throw_interrupt(struct prim_call *call);

/* The result (a boolean): was the calling thread to be interrupted? From here on it is not. */
enum prim_answer thread_interrupt_take(struct prim_call *call);

/*
 * A queue of threads, linked by thread.next, whose two ends are word slots of
 * an old object. Guard it (monitor.h) while you use it.
 *
 *   head, tail  offsets of the slots in `object`
 */
void thread_queue_push(ref_t object, uint64_t head, uint64_t tail, ref_t thread);
word_t thread_queue_pop(ref_t object, uint64_t head, uint64_t tail);
bool thread_queue_remove(ref_t object, uint64_t head, uint64_t tail, ref_t thread);
