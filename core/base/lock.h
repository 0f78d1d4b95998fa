/*
 * lock.h - locks and conditions, on the contract's wait and wake alone.
 *
 * A lock is not fair and not recursive. It may be taken in a fault handler:
 * it allocates nothing and the thread that holds it is never the one that
 * faults (no core lock is held while the space is touched).
 *
 * Ranks (base/lock_rank.h) are checked in checked builds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lock_rank.h"
#include "plat/thread.h"

struct lock {
    _Atomic uint32_t state; /* LOCK_FREE, LOCK_TAKEN, LOCK_WAITED */
    uint32_t rank;
};

#define LOCK_INIT(rank_)                                                                           \
    {                                                                                              \
        .state = 0, .rank = (rank_)                                                                \
    }

static inline void
lock_init(struct lock *lock, enum lock_rank rank)
{
    atomic_store_explicit(&lock->state, 0, memory_order_relaxed);
    lock->rank = rank;
}

/* Take the lock; sleeps until it is free. A switch point of the simulator. */
void lock_acquire(struct lock *lock);

/* Take the lock if it is free now; true if it was. Not bound by ranks. */
must_use bool lock_try(struct lock *lock);

/* Let go of a lock that the calling thread holds. */
void lock_release(struct lock *lock);

/* True if somebody holds it; for assertions. */
static inline bool
lock_is_held(struct lock *lock)
{
    return atomic_load_explicit(&lock->state, memory_order_relaxed) != 0;
}

/*
 * A condition: threads that hold a lock wait for something that the lock
 * guards. A wait may end for no reason, so it stands in a loop:
 *
 *     while (!thing)
 *         cond_wait(&cond, &lock, PLAT_NO_DEADLINE);
 */
struct cond {
    _Atomic uint32_t sequence;
    _Atomic uint32_t waiters;
};

static inline void
cond_init(struct cond *cond)
{
    atomic_store_explicit(&cond->sequence, 0, memory_order_relaxed);
    atomic_store_explicit(&cond->waiters, 0, memory_order_relaxed);
}

/*
 * Let go of the lock, sleep until signalled or until the deadline (a
 * plat_monotonic_ns() time), take the lock again.
 */
void cond_wait(struct cond *cond, struct lock *lock, uint64_t deadline_ns);

/* Wake one, or all, of those who wait. The change they wait for was made under the lock. */
void cond_signal(struct cond *cond);
void cond_broadcast(struct cond *cond);

/*
 * An event: a number that only grows, for one who waits until something has
 * happened without a lock. Read it, look whether there is work, wait for it to
 * differ from what was read.
 */
struct event {
    _Atomic uint32_t count;
    _Atomic uint32_t waiters;
};

static inline uint32_t
event_get(struct event *event)
{
    return atomic_load_explicit(&event->count, memory_order_acquire);
}

/* Something has happened: wake all who wait. */
void event_raise(struct event *event);

/* Sleep while the event still has the value `seen`, at most until the deadline. */
void event_wait(struct event *event, uint32_t seen, uint64_t deadline_ns);
