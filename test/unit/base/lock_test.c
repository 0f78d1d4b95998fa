/*
 * lock_test.c - locks exclude, conditions wake, ranks are kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/lock.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "plat/machine.h"
#include "support/suite.h"

#define ROUNDS 20000

static struct lock lock, upper;
static struct cond not_empty, not_full;
static struct event event;
static unsigned counter, queue, taken;

static void
start(struct plat_thread **thread, void (*entry)(void *))
{
    if (plat_thread_create(thread, "test", entry, NULL) != OK)
        abort();
}

static void
count_up(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        lock_acquire(&lock);
        counter++;
        lock_release(&lock);
    }
}

START_TEST(a_lock_lets_one_thread_in_at_a_time)
{
    struct plat_thread *threads[4];

    lock_init(&lock, LOCK_RANK_LEAF);
    for (unsigned i = 0; i < 4; i++)
        start(&threads[i], count_up);
    for (unsigned i = 0; i < 4; i++)
        plat_thread_join(threads[i]);
    ck_assert_uint_eq(counter, 4 * ROUNDS);
    ck_assert(!lock_is_held(&lock));
}
END_TEST

START_TEST(trying_never_waits)
{
    lock_init(&lock, LOCK_RANK_LEAF);
    ck_assert(lock_try(&lock));
    ck_assert(lock_is_held(&lock));
    ck_assert(!lock_try(&lock));
    lock_release(&lock);
    ck_assert(lock_try(&lock));
    lock_release(&lock);
}
END_TEST

static void
produce(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        lock_acquire(&lock);
        while (queue == 3)
            cond_wait(&not_full, &lock, PLAT_NO_DEADLINE);
        queue++;
        cond_signal(&not_empty);
        lock_release(&lock);
    }
}

static void
consume(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        lock_acquire(&lock);
        while (queue == 0)
            cond_wait(&not_empty, &lock, PLAT_NO_DEADLINE);
        queue--;
        taken++;
        cond_broadcast(&not_full);
        lock_release(&lock);
    }
}

START_TEST(no_signal_is_lost)
{
    struct plat_thread *threads[4];

    lock_init(&lock, LOCK_RANK_LEAF);
    cond_init(&not_empty);
    cond_init(&not_full);
    start(&threads[0], produce);
    start(&threads[1], consume);
    start(&threads[2], produce);
    start(&threads[3], consume);
    for (unsigned i = 0; i < 4; i++)
        plat_thread_join(threads[i]);
    ck_assert_uint_eq(taken, 2 * ROUNDS);
    ck_assert_uint_eq(queue, 0);
}
END_TEST

START_TEST(a_wait_ends_at_its_deadline)
{
    uint64_t before = plat_monotonic_ns();

    lock_init(&lock, LOCK_RANK_LEAF);
    cond_init(&not_empty);
    lock_acquire(&lock);
    cond_wait(&not_empty, &lock, before + 20000000);
    ck_assert_uint_ge(plat_monotonic_ns(), before + 20000000);
    ck_assert(lock_is_held(&lock));
    lock_release(&lock);
    event_wait(&event, event_get(&event), plat_monotonic_ns() + 1000000);
}
END_TEST

static void
raise_later(void *argument)
{
    (void)argument;
    counter = 77;
    event_raise(&event);
}

START_TEST(an_event_wakes_who_waits_and_shows_what_came_before)
{
    struct plat_thread *thread;
    uint32_t seen = event_get(&event);

    start(&thread, raise_later);
    while (event_get(&event) == seen)
        event_wait(&event, seen, PLAT_NO_DEADLINE);
    ck_assert_uint_eq(counter, 77);
    plat_thread_join(thread);
}
END_TEST

static struct event ping, pong;
static _Atomic unsigned turn;

static void
turn_await(struct event *its, unsigned value)
{
    for (;;) {
        uint32_t seen = event_get(its);

        if (atomic_load(&turn) == value)
            return;
        event_wait(its, seen, PLAT_NO_DEADLINE);
    }
}

static void
turn_give(struct event *its, unsigned value)
{
    atomic_store(&turn, value);
    event_raise(its);
}

static void
answer(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn_await(&ping, 2 * i + 1);
        turn_give(&pong, 2 * i + 2);
    }
}

START_TEST(no_sleeper_misses_an_event)
{
    struct plat_thread *thread;

    start(&thread, answer);
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn_give(&ping, 2 * i + 1);
        turn_await(&pong, 2 * i + 2);
    }
    plat_thread_join(thread);
}
END_TEST

START_TEST(locks_are_taken_upward)
{
    lock_init(&lock, LOCK_RANK_STORE);
    lock_init(&upper, LOCK_RANK_LEAF);
    lock_acquire(&lock);
    lock_acquire(&upper);
    lock_release(&upper);
    lock_release(&lock);
}
END_TEST

#if defined(CHECKED) && CHECKED
START_TEST(taking_a_lock_downward_stops_the_machine)
{
    lock_init(&lock, LOCK_RANK_STORE);
    lock_init(&upper, LOCK_RANK_LEAF);
    lock_acquire(&upper);
    lock_acquire(&lock);
}
END_TEST
#endif

START_TEST(releasing_a_free_lock_stops_the_machine)
{
    lock_init(&lock, LOCK_RANK_STORE);
    lock_release(&lock);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("base/lock");
    TCase *tcase = tcase_create("lock");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_lock_lets_one_thread_in_at_a_time);
    tcase_add_test(tcase, trying_never_waits);
    tcase_add_test(tcase, no_signal_is_lost);
    tcase_add_test(tcase, a_wait_ends_at_its_deadline);
    tcase_add_test(tcase, an_event_wakes_who_waits_and_shows_what_came_before);
    tcase_add_test(tcase, no_sleeper_misses_an_event);
    tcase_add_test(tcase, locks_are_taken_upward);
#if defined(CHECKED) && CHECKED
    tcase_add_test_raise_signal(tcase, taking_a_lock_downward_stops_the_machine, SIGABRT);
#endif
    tcase_add_test_raise_signal(tcase, releasing_a_free_lock_stops_the_machine, SIGABRT);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
