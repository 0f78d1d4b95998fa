/*
 * monitor.h - the lock and the condition that every object has.
 *
 * FREE -> THIN -> FREE      by compare-and-swap on the header alone
 * FREE, THIN -> INFLATED    when somebody must wait; the header then names a
 *                           monitor object, index of root.monitors
 * INFLATED -> FREE          by the last to leave, when nobody waits
 *
 * Who holds it: the thread that has the object on its lock stack, as often as
 * it entered. All queues are words of the space, so a snapshot holds them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "vm/prim.h"

/*
 * Enter the monitor of `object`, not null, not an immediate. PRIM_DONE; PRIM_COLLECT;
 * PRIM_PARK: when the thread is woken, try again.
 */
enum prim_answer monitor_enter(struct prim_call *call, ref_t object);

/* Leave it. PRIM_DONE, or PRIM_THROW (state) if the calling thread does not hold it. */
enum prim_answer monitor_exit(struct prim_call *call, ref_t object);

/*
 * As monitor_enter, for a lock of the class library: the result (a boolean) is false if another has
 * held it for `timeout_ns` (UINT64_MAX: for ever; 0: now). PRIM_THROW (interrupt) where it would
 * wait, or waits. Uses prim_raw.
 */
enum prim_answer monitor_take_within(struct prim_call *call, ref_t object, uint64_t timeout_ns);

/*
 * Leave it once, or with `all` as often as the calling thread entered. The result (an int) is how
 * often that was; 0: it does not hold it.
 */
enum prim_answer monitor_drop(struct prim_call *call, ref_t object, bool all);

/* The monitor object of an object, or 0: nobody ever had to wait for it, or not lately. */
ref_t monitor_of(ref_t object);

/* The same; 0 also if that, or the object, cannot be read. The world waits for pages meanwhile. */
ref_t monitor_readable_of(ref_t object);

/* True if `thread` holds it. */
bool monitor_is_held_by(ref_t thread, ref_t object);

/*
 * Leave it entirely, wait to be notified, at most `timeout_ns` (UINT64_MAX: for
 * ever), enter again as often. Uses prim_raw and prim_raw2. May end for no reason.
 * PRIM_THROW (state) if the calling thread does not hold it.
 */
enum prim_answer monitor_wait(struct prim_call *call, ref_t object, uint64_t timeout_ns);

/* Wake one thread, or all, that wait on it. PRIM_DONE, PRIM_AGAIN, or PRIM_THROW (state). */
enum prim_answer monitor_notify(struct prim_call *call, ref_t object, bool all);

/*
 * The identity hash of an object, never 0; found or made. The object is not
 * null and no immediate. Writes at most one page; cannot fail.
 */
uint32_t monitor_identity_hash(ref_t object);

/*
 * Guard words of the space that workers share, such as the queue of a channel,
 * from now to monitor_unguard, by the address of an object that is known to both.
 * For short: no safepoint, no allocation, no other guard between the two.
 * To be used in invoke only, where faults are served in place.
 */
void monitor_guard(ref_t object);
void monitor_unguard(ref_t object);
