/*
 * sched_timer.c - timers of threads, in a wheel.
 *
 * Volatile: a thread keeps in the space when it wants to be woken, and a restart arms it again. So
 * arming and disarming writes to no page of the space. Nobody is woken too early, and at most a
 * tick too late. `timer_first` is how long the machine may sleep: never later than the first one,
 * and earlier only after that was disarmed in a crowd (docs/notes/023-threads.md has what both
 * cost).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/wheel.h"
#include "plat/memory.h"
#include "vm/sched_priv.h"

#define TICK_SHIFT    13 /* a tick is 8 us */
#define TICK_NS       (1ull << TICK_SHIFT)
#define TIMERS_BYTES  ((uint64_t)THREAD_COUNT_MAX * sizeof(struct wheel_timer))
#define THREADS_BYTES ((uint64_t)THREAD_COUNT_MAX * sizeof(ref_t))

static_assert(UINT64_MAX >> TICK_SHIFT < WHEEL_TICKS, "any time has a tick");

static struct lock timer_lock; /* guards what follows, and half.timer */
static struct wheel wheel;
static struct wheel_timer *timers; /* by slots */
static ref_t *threads;             /* whose they are */
static _Atomic uint64_t timer_first;

err_t
sched_timer_init(void)
{
    lock_init(&timer_lock, LOCK_RANK_TIMER);
    atomic_store(&timer_first, UINT64_MAX);
    timers = plat_reserve(TIMERS_BYTES);
    threads = plat_reserve(THREADS_BYTES);
    wheel_init(&wheel, timers);
    return timers != NULL && threads != NULL ? OK : ERR_NOMEM;
}

void
sched_timer_close(void)
{
    plat_release(timers, TIMERS_BYTES);
    plat_release(threads, THREADS_BYTES);
    timers = NULL;
    threads = NULL;
}

/* The first tick that does not begin before this time. */
static uint64_t
tick_after(uint64_t ns)
{
    return ns > UINT64_MAX - TICK_NS ? UINT64_MAX >> TICK_SHIFT : (ns + TICK_NS - 1) >> TICK_SHIFT;
}

static bool
is_armed(uint32_t slot)
{
    return atomic_load_explicit(&sched_halves[slot].timer, memory_order_relaxed);
}

static void
arm_locked(uint32_t slot, ref_t thread, uint64_t wake_ns)
{
    uint64_t tick = tick_after(wake_ns);

    wheel_put(&wheel, slot, tick);
    threads[slot] = thread;
    atomic_store_explicit(&sched_halves[slot].timer, true, memory_order_relaxed);
    if (tick << TICK_SHIFT < atomic_load_explicit(&timer_first, memory_order_relaxed))
        atomic_store(&timer_first, tick << TICK_SHIFT);
}

static void
first_find_locked(void)
{
    uint64_t tick = wheel_first(&wheel);

    atomic_store(&timer_first, tick == WHEEL_NEVER ? UINT64_MAX : tick << TICK_SHIFT);
}

static void
disarm_locked(uint32_t slot)
{
    bool first =
        timers[slot].tick << TICK_SHIFT <= atomic_load_explicit(&timer_first, memory_order_relaxed);

    if (!is_armed(slot))
        return;
    wheel_remove(&wheel, slot);
    atomic_store_explicit(&sched_halves[slot].timer, false, memory_order_relaxed);
    if (first)
        first_find_locked();
}

void
sched_timer_set(ref_t thread, uint64_t wake_ns)
{
    uint32_t slot = GET_U32(thread_object, thread, slot);
    uint64_t before;
    bool earlier;

    /* Who disarms has seen the thread parked, and so what it armed before. */
    if (wake_ns == UINT64_MAX && !is_armed(slot))
        return;
    lock_acquire(&timer_lock);
    before = atomic_load_explicit(&timer_first, memory_order_relaxed);
    disarm_locked(slot);
    if (wake_ns != UINT64_MAX)
        arm_locked(slot, thread, wake_ns);
    earlier = atomic_load_explicit(&timer_first, memory_order_relaxed) < before;
    lock_release(&timer_lock);
    if (earlier)
        sched_call_idle();
}

uint64_t
sched_timer_first(void)
{
    return atomic_load(&timer_first);
}

ref_t
sched_timer_take_due(uint64_t personal_ns)
{
    ref_t thread = WORD_NULL;
    uint32_t slot;

    lock_acquire(&timer_lock);
    if (wheel_take(&wheel, personal_ns >> TICK_SHIFT, &slot)) {
        thread = threads[slot];
        atomic_store_explicit(&sched_halves[slot].timer, false, memory_order_relaxed);
    }
    first_find_locked();
    lock_release(&timer_lock);
    return thread;
}
