/*
 * threads.c - tests of threads, waiting, preemption, time and calls.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sched/thread.h"

#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "base/assert.h"
#include "base/lock.h"
#include "irq/clock.h"
#include "mm/frame.h"
#include "sched/spin.h"
#include "selftest/fpu_priv.h"
#include "selftest/selftest_priv.h"

#define LOG_MODULE "selftest"
#include "base/log.h"

#define MS 1000000ull

/* ---- begin and end ---- */

static _Atomic uint32_t ran;

static void
run_once(void *unused)
{
    (void)unused;
    atomic_fetch_add(&ran, 1);
}

void
selftest_many_threads(void)
{
    uint64_t free_before;

    /* The first round fills the allocator's stores; after it nothing more may be missing. */
    selftest_run_threads(40, run_once);
    free_before = frame_free_count();
    for (unsigned round = 0; round < 50; round++)
        selftest_run_threads(40, run_once);
    assert(atomic_load(&ran) == 51 * 40);
    assert(frame_free_count() >= free_before);
}

/* ---- wait and wake ---- */

#define RING       8u
#define RING_TURNS 5000u

static _Atomic uint32_t tokens[RING];

/* Wait, without a deadline, for the own word to change; then change the next one's. */
static void
ring_member(void *argument)
{
    unsigned own = (unsigned)(uintptr_t)argument;
    unsigned next = (own + 1) % RING;

    for (uint32_t turn = 0; turn < RING_TURNS; turn++) {
        while (atomic_load(&tokens[own]) == turn)
            kthread_wait(&tokens[own], turn, KTHREAD_NO_DEADLINE);
        atomic_fetch_add(&tokens[next], 1);
        kthread_wake(&tokens[next], 1);
    }
}

static void
ring_member_or_starter(void *argument)
{
    if ((uintptr_t)argument == RING) {
        atomic_fetch_add(&tokens[0], 1);
        kthread_wake(&tokens[0], 1);
    } else {
        ring_member(argument);
    }
}

void
selftest_token_ring(void)
{
    selftest_run_threads(RING + 1, ring_member_or_starter);
    assert(atomic_load(&tokens[0]) == RING_TURNS + 1);
    for (unsigned i = 1; i < RING; i++)
        assert(atomic_load(&tokens[i]) == RING_TURNS);
}

#define STORM_WORDS 4u
#define STORM_TURNS 4000u

static _Atomic uint32_t storm_words[STORM_WORDS];
static _Atomic uint32_t storm_ended;

static void
storm(void *argument)
{
    uint64_t random = (uintptr_t)argument + 1;

    for (unsigned turn = 0; turn < STORM_TURNS; turn++) {
        uint64_t what = selftest_random(&random);
        _Atomic uint32_t *word = &storm_words[what % STORM_WORDS];

        if (what & 0x100) {
            atomic_fetch_add(word, 1);
            kthread_wake(word, what & 0x200 ? 1 : UINT32_MAX);
        } else {
            uint32_t seen = atomic_load(word);
            uint64_t deadline_ns = clock_ns() + (what >> 16) % 200000;

            kthread_wait(word, seen, what & 0xc00 ? deadline_ns : clock_ns() - 1);
        }
    }
    atomic_fetch_add(&storm_ended, 1);
}

void
selftest_wait_storm(void)
{
    selftest_run_threads(12, storm);
    assert(atomic_load(&storm_ended) == 12);
}

static struct lock counter_lock = LOCK_INIT(LOCK_RANK_LEAF);
static uint64_t counter; /* guarded by counter_lock */

static void
count(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        lock_acquire(&counter_lock);
        counter++;
        if (i % 1000 == 0)
            kthread_yield();
        lock_release(&counter_lock);
    }
}

void
selftest_locks(void)
{
    selftest_run_threads(8, count);
    assert(counter == 8 * 20000);
}

/* ---- preemption ---- */

static _Atomic uint32_t computing;

/* No call in here waits: all begin only because those before were preempted. */
static void
compute(void *argument)
{
    uint32_t all = cpu_count() * 2 + 1;
    uint64_t pattern = 0x0123456789abcdefull * ((uintptr_t)argument + 1);
    uint64_t until;

    atomic_fetch_add(&computing, 1);
    while (atomic_load(&computing) < all)
        assert(fpu_keeps(pattern, 10000));
    until = clock_ns() + 100 * MS;
    while (clock_ns() < until)
        assert(fpu_keeps(pattern, 10000));
}

void
selftest_preemption(void)
{
    selftest_run_threads(cpu_count() * 2 + 1, compute);
}

/* ---- time ---- */

static _Atomic uint64_t newest_ns;

static void
look_at_clock(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t seen = atomic_load(&newest_ns);
        uint64_t now = clock_ns();

        assert(now >= seen);
        while (seen < now && !atomic_compare_exchange_weak(&newest_ns, &seen, now))
            ;
        if (i % 100 == 0)
            kthread_yield();
    }
}

void
selftest_clock(void)
{
    selftest_run_threads(cpu_count() + 1, look_at_clock);
}

#define SLEEPS 100u

/* Sleep many times for a short while, and say and judge how late the wakes were. */
static void
sleep_often(const char *where)
{
    uint64_t late_ns[SLEEPS];
    uint64_t random = 1;

    for (unsigned i = 0; i < SLEEPS; i++) {
        uint64_t deadline_ns = clock_ns() + 100000 + selftest_random(&random) % (5 * MS);
        uint64_t late;
        unsigned at;

        kthread_sleep_until(deadline_ns);
        late = clock_ns();
        assert(late >= deadline_ns);
        late -= deadline_ns;
        for (at = i; at > 0 && late_ns[at - 1] > late; at--)
            late_ns[at] = late_ns[at - 1];
        late_ns[at] = late;
    }
    log_info("%s sleepers woke %lu us late in the middle, %lu us at worst", where,
             late_ns[SLEEPS / 2] / 1000, late_ns[SLEEPS - 1] / 1000);
    assert(late_ns[SLEEPS / 2] < 50 * MS); /* a host may be busy, but not as busy as that */
}

void
selftest_timer(void)
{
    sleep_often("on an idle machine");
}

static _Atomic uint32_t sleeper_ended;
static _Atomic uint64_t computed[CPU_COUNT_MAX * 2 + 1];

/* Number 0 sleeps, all others compute until it has ended. */
static void
sleep_or_compute(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;

    if (number == 0) {
        sleep_often("among threads that compute");
        atomic_store(&sleeper_ended, 1);
    }
    while (atomic_load(&sleeper_ended) == 0) {
        assert(fpu_keeps(number, 10000));
        atomic_fetch_add(&computed[number], 1);
    }
}

void
selftest_fairness(void)
{
    unsigned count = cpu_count() * 2;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;

    selftest_run_threads(count + 1, sleep_or_compute);
    for (unsigned i = 1; i <= count; i++) {
        uint64_t each = atomic_load(&computed[i]);

        least = each < least ? each : least;
        most = each > most ? each : most;
    }
    log_info("of %u that compute one did %lu, another %lu", count, least, most);
    assert(least * 10 > most); /* a host may stop one virtual processor for a while */
}

/* ---- calls ---- */

#define CALLS 25u

static struct spin call_lock = SPIN_INIT;
static _Atomic uint32_t answers[CPU_COUNT_MAX];

static void
answer(void *argument)
{
    atomic_fetch_add(&answers[cpu_index()], *(const uint32_t *)argument);
}

static void
call(void *unused)
{
    uint32_t amount = 1;

    (void)unused;
    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t flags;

        cpu_call_others(answer, &amount);
        flags = spin_lock(&call_lock);
        cpu_call_others(answer, &amount);
        spin_unlock(&call_lock, flags);
    }
}

void
selftest_calls(void)
{
    uint32_t sum = 0;

    selftest_run_threads(cpu_count() + 2, call);
    for (unsigned i = 0; i < CPU_COUNT_MAX; i++)
        sum += atomic_load(&answers[i]);
    assert(sum == (cpu_count() + 2) * CALLS * 2 * (cpu_count() - 1));
}
