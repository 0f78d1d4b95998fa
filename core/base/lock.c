/*
 * lock.c - a lock of one word: free, taken, or taken with somebody waiting.
 *
 * Invariant: a thread sleeps on the word only after it has set it to
 * LOCK_WAITED, and whoever frees a word that was LOCK_WAITED wakes one. So no
 * sleeper is forgotten; at most one wake too many is made, which costs time
 * and nothing else.
 * Source: Drepper, "Futexes are tricky", 2011, section 5 (mutex 2).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/lock.h"

#include "base/assert.h"
#include "base/format.h"

enum {
    LOCK_FREE = 0,
    LOCK_TAKEN = 1,
    LOCK_WAITED = 2,
};

#define LOCK_SPINS 40

#if defined(CHECKED) && CHECKED
static void
lock_rank_push(struct lock *lock, bool ordered)
{
    uint64_t *held = plat_lock_ranks();

    assert(lock->rank > LOCK_RANK_NONE);
    assert(lock->rank < 64);
    if (ordered && *held >> lock->rank != 0)
        panic("lock of rank %u taken while ranks %#" PRIx64 " are held", lock->rank, *held);
    *held |= 1ull << lock->rank;
}

static void
lock_rank_pop(struct lock *lock)
{
    uint64_t *held = plat_lock_ranks();

    assert(*held >> lock->rank & 1);
    *held &= ~(1ull << lock->rank);
}
#else
static inline void
lock_rank_push(struct lock *lock, bool ordered)
{
    (void)lock;
    (void)ordered;
}

static inline void
lock_rank_pop(struct lock *lock)
{
    (void)lock;
}
#endif

static bool
lock_take_free(struct lock *lock)
{
    uint32_t expected = LOCK_FREE;

    /* Acquire: pairs with the release in lock_release(). */
    return atomic_compare_exchange_strong_explicit(&lock->state, &expected, LOCK_TAKEN,
                                                   memory_order_acquire, memory_order_relaxed);
}

static void
lock_acquire_slow(struct lock *lock)
{
    for (unsigned i = 0; i < LOCK_SPINS; i++) {
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == LOCK_FREE &&
            lock_take_free(lock))
            return;
    }
    while (atomic_exchange_explicit(&lock->state, LOCK_WAITED, memory_order_acquire) != LOCK_FREE)
        plat_wait(&lock->state, LOCK_WAITED, PLAT_NO_DEADLINE);
}

void
lock_acquire(struct lock *lock)
{
    plat_switch_point();
    lock_rank_push(lock, true);
    if (unlikely(!lock_take_free(lock)))
        lock_acquire_slow(lock);
}

bool
lock_try(struct lock *lock)
{
    if (!lock_take_free(lock))
        return false;
    lock_rank_push(lock, false);
    return true;
}

void
lock_release(struct lock *lock)
{
    uint32_t before;

    lock_rank_pop(lock);
    /* Release: pairs with the acquire of whoever takes it next. */
    before = atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release);
    assert(before != LOCK_FREE);
    if (before == LOCK_WAITED)
        plat_wake(&lock->state, 1);
    plat_switch_point();
}

/*
 * The sequence is read before the lock is let go, and the signaller changes
 * it after making its change under the lock: so a signal between release and
 * wait finds a sequence that differs, and plat_wait() returns at once. The
 * count of waiters only saves a useless wake; it is raised under the lock, so a
 * signaller who made its change under the lock later sees it.
 */
void
cond_wait(struct cond *cond, struct lock *lock, uint64_t deadline_ns)
{
    uint32_t seen = atomic_load_explicit(&cond->sequence, memory_order_relaxed);

    assert(lock_is_held(lock));
    atomic_fetch_add_explicit(&cond->waiters, 1, memory_order_seq_cst);
    lock_release(lock);
    plat_wait(&cond->sequence, seen, deadline_ns);
    atomic_fetch_sub_explicit(&cond->waiters, 1, memory_order_relaxed);
    lock_acquire(lock);
}

/*
 * Change the word that others wait for, and wake so many of them. Both sides are sequentially
 * consistent: who has counted himself before we look is woken, who does it after finds the word
 * changed.
 */
static void
change_and_wake(_Atomic uint32_t *word, _Atomic uint32_t *waiters, uint32_t count)
{
    atomic_fetch_add_explicit(word, 1, memory_order_seq_cst);
    if (atomic_load_explicit(waiters, memory_order_seq_cst) != 0)
        plat_wake(word, count);
}

void
cond_signal(struct cond *cond)
{
    change_and_wake(&cond->sequence, &cond->waiters, 1);
}

void
cond_broadcast(struct cond *cond)
{
    change_and_wake(&cond->sequence, &cond->waiters, UINT32_MAX);
}

void
event_raise(struct event *event)
{
    change_and_wake(&event->count, &event->waiters, UINT32_MAX);
}

void
event_wait(struct event *event, uint32_t seen, uint64_t deadline_ns)
{
    if (event_get(event) != seen)
        return;
    atomic_fetch_add_explicit(&event->waiters, 1, memory_order_seq_cst);
    plat_wait(&event->count, seen, deadline_ns);
    atomic_fetch_sub_explicit(&event->waiters, 1, memory_order_relaxed);
}
