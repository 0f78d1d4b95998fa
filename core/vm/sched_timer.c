/*
 * sched_timer.c - timers of threads: a heap, the first one at its top.
 *
 * Volatile: a thread keeps in the space when it wants to be woken, and a restart arms it again. So
 * arming and disarming writes to no page of the space. A heap and no wheel: it
 * knows the very first time, which is how long the machine may sleep, and wakes
 * in the order of times (docs/notes/023-threads.md has what both cost).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/memory.h"
#include "vm/sched_priv.h"

#define TIMERS_BYTES ((uint64_t)THREAD_COUNT_MAX * 2 * sizeof(struct timer))

#define NO_TIMER     0

struct timer {
    uint64_t wake_ns;
    ref_t thread;
    uint32_t slot;
};

static struct lock timer_lock; /* guards the heap */
static struct timer *timers;
static uint32_t timer_count;
static _Atomic uint64_t timer_first;

err_t
sched_timer_init(void)
{
    lock_init(&timer_lock, LOCK_RANK_TIMER);
    timer_count = 0;
    atomic_store(&timer_first, UINT64_MAX);
    timers = plat_reserve(TIMERS_BYTES);
    return timers != NULL ? OK : ERR_NOMEM;
}

void
sched_timer_close(void)
{
    plat_release(timers, TIMERS_BYTES);
    timers = NULL;
}

static void
place(uint32_t at, struct timer timer)
{
    timers[at] = timer;
    atomic_store_explicit(&sched_halves[timer.slot].timer, at + 1, memory_order_relaxed);
}

static void
move_up(uint32_t at, struct timer timer)
{
    while (at > 0 && timers[(at - 1) / 2].wake_ns > timer.wake_ns) {
        place(at, timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(at, timer);
}

static void
move_down(uint32_t at, struct timer timer)
{
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < timer_count && timers[child + 1].wake_ns < timers[child].wake_ns)
            child++;
        if (child >= timer_count || timers[child].wake_ns >= timer.wake_ns)
            break;
        place(at, timers[child]);
        at = child;
    }
    place(at, timer);
}

/* Its place in the heap + 1. */
static uint32_t
armed_at(uint32_t slot)
{
    return atomic_load_explicit(&sched_halves[slot].timer, memory_order_relaxed);
}

static void
first_changed(void)
{
    atomic_store(&timer_first, timer_count > 0 ? timers[0].wake_ns : UINT64_MAX);
}

static void
remove_locked(uint32_t slot)
{
    uint32_t at = armed_at(slot);
    struct timer last;

    if (at == NO_TIMER)
        return;
    at--;
    atomic_store_explicit(&sched_halves[slot].timer, NO_TIMER, memory_order_relaxed);
    last = timers[--timer_count];
    if (at == timer_count)
        return;
    if (at > 0 && timers[(at - 1) / 2].wake_ns > last.wake_ns)
        move_up(at, last);
    else
        move_down(at, last);
}

void
sched_timer_set(ref_t thread, uint64_t wake_ns)
{
    struct timer timer = { wake_ns, thread, GET_U32(thread_object, thread, slot) };
    bool earlier;

    /* Who disarms has seen the thread parked, and so what it armed before. */
    if (wake_ns == UINT64_MAX && armed_at(timer.slot) == NO_TIMER)
        return;
    lock_acquire(&timer_lock);
    remove_locked(timer.slot);
    if (wake_ns != UINT64_MAX)
        move_up(timer_count++, timer);
    earlier = wake_ns < atomic_load_explicit(&timer_first, memory_order_relaxed);
    first_changed();
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

    lock_acquire(&timer_lock);
    if (timer_count > 0 && timers[0].wake_ns <= personal_ns) {
        thread = timers[0].thread;
        remove_locked(timers[0].slot);
        first_changed();
    }
    lock_release(&timer_lock);
    return thread;
}
