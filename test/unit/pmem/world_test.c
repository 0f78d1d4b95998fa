/*
 * world_test.c - the world stands still when it is asked to, and only then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "fake_store.h"
#include "plat/machine.h"
#include "pmem/pmem_priv.h"
#include "start.h"

#define WORKERS 4

/* Filling up that does not end was found after 6 to 530 changes, in any configuration. */
#define CHANGES         3000
#define CHANGES_TIME_NS 20000000000u /* a very busy machine makes fewer */

static _Atomic bool finish;
static _Atomic unsigned running;
static unsigned acted;

static void
setup(void)
{
    start(&fake_store, (struct pmem_options){ .on_demand_only = true });
}

static void
teardown(void)
{
    pmem_stop();
    fake_restart();
}

static void *
spin(void *argument)
{
    struct pmem_worker worker;
    uint64_t page = *(uint64_t *)argument;

    join(&worker);
    while (!atomic_load(&finish)) {
        atomic_fetch_add(&running, 1);
        for (unsigned i = 0; i < 100; i++)
            pmem_store64(at(page, i), pmem_load64(at(page, i)) + 1);
        atomic_fetch_sub(&running, 1);
        if (pmem_poll())
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_worker_leave(&worker);
    return NULL;
}

static void
act(void *argument)
{
    ck_assert_uint_eq(atomic_load(&running), 0);
    acted++;
    pmem_store64(at(900, 0), pmem_load64(at(900, 0)) + 1);
    (void)argument;
}

static void *
ask(void *argument)
{
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(pmem_world_do(NULL, act, NULL, 1), OK);
    return argument;
}

START_TEST(an_action_runs_alone_whoever_asks)
{
    pthread_t threads[WORKERS], askers[2];
    uint64_t pages[WORKERS] = { 0, 1, 2, 3 };
    struct pmem_worker worker;

    for (unsigned i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, spin, &pages[i]);
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&askers[i], NULL, ask, NULL);
    join(&worker);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_int_eq(pmem_world_do(&worker, act, NULL, 1), OK);
    pmem_worker_leave(&worker);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(askers[i], NULL);
    atomic_store(&finish, true);
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(acted, 500);
    join(&worker);
    ck_assert_uint_eq(pmem_load64(at(900, 0)), 500);
    pmem_worker_leave(&worker);
}
END_TEST

static void *
go_and_come(void *argument)
{
    struct pmem_worker worker;

    join(&worker);
    for (unsigned i = 0; i < 2000; i++) {
        pmem_worker_away(&worker);
        pmem_worker_back(&worker);
        atomic_fetch_add(&running, 1);
        pmem_store64(at(50, 0), i);
        atomic_fetch_sub(&running, 1);
        if (pmem_poll())
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_worker_leave(&worker);
    return argument;
}

START_TEST(who_comes_back_waits_while_the_world_stands_still)
{
    pthread_t threads[2];

    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, go_and_come, NULL);
    ask(NULL);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(acted, 200);
}
END_TEST

START_TEST(a_world_without_workers_stands_still_at_once)
{
    ck_assert_int_eq(pmem_world_do(NULL, act, NULL, 1), OK);
    ck_assert_uint_eq(acted, 1);
}
END_TEST

START_TEST(an_action_without_room_is_refused_before_anything_stops)
{
    fake.credit = 10;
    ck_assert_int_eq(pmem_world_do(NULL, act, NULL, 11), ERR_NOSPACE);
    ck_assert_uint_eq(acted, 0);
    ck_assert(!pmem_poll());
    fake.credit = 1000;
}
END_TEST

START_TEST(workers_have_indices_from_zero)
{
    struct pmem_worker worker;

    join(&worker);
    ck_assert_uint_eq(worker.index, 0);
    pmem_worker_leave(&worker);
    join(&worker);
    ck_assert_uint_eq(worker.index, 0);
    pmem_worker_leave(&worker);
}
END_TEST

static uint64_t
snapshots(void)
{
    struct pmem_stats stats;

    pmem_stats_get(&stats);
    return stats.snapshots;
}

START_TEST(a_worker_is_refused_credit_only_after_commits_that_might_have_helped)
{
    struct pmem_worker worker;
    struct pmem_stats stats;
    uint64_t taken;

    join(&worker);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.stalls[PMEM_STALL_ROOM].count, 0);
    fake.fills = true;
    fake.credit = 0;
    for (uint64_t page = 0; page < 60; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), ERR_NOSPACE);
    taken = snapshots();
    ck_assert_uint_ge(taken, 4);
    ck_assert_int_eq(fake.cause, STORE_CAUSE_SPACE);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.stalls[PMEM_STALL_ROOM].count, 1); /* however many commits it was */
    ck_assert_uint_gt(stats.stalls[PMEM_STALL_ROOM].max_ns, 0);
    /* At once from now on: there is nothing that a commit could let go of. */
    ck_assert_int_eq(pmem_safepoint(&worker), ERR_NOSPACE);
    ck_assert_uint_eq(snapshots(), taken);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.stalls[PMEM_STALL_ROOM].count, 1);
    /* Nor is there if no more was written than before. */
    for (uint64_t page = 0; page < 20; page++)
        pmem_store64(at(page, 0), 2);
    ck_assert_int_eq(pmem_safepoint(&worker), ERR_NOSPACE);
    ck_assert_uint_eq(snapshots(), taken);
    /* What was written is committed all the same. */
    ck_assert_uint_eq(fake_committed_word(at(59, 0)), 1);
    ck_assert_int_eq(pmem_reserve(&worker, 1), ERR_NOSPACE);
    fake.credit = 1000;
    ck_assert_int_eq(pmem_safepoint(&worker), OK);
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(half_of_the_credit_is_had_without_a_wait)
{
    struct pmem_worker worker;

    join(&worker);
    fake.fills = true;
    fake.credit = 10;
    for (uint64_t page = 0; page < 50; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), OK);
    ck_assert_uint_eq(worker.credit, PMEM_WORKER_CREDIT / 2);
    ck_assert_uint_eq(snapshots(), 0);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(who_waited_for_a_commit_does_not_wait_again_for_each_page)
{
    struct pmem_worker worker;
    uint64_t taken = snapshots();

    join(&worker);
    fake.credit = 0;
    for (uint64_t page = 0; page < PMEM_WORKER_CREDIT / 2 + 1; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), OK); /* what was written comes back */
    ck_assert_uint_eq(worker.credit, PMEM_WORKER_CREDIT);
    ck_assert_uint_eq(snapshots(), taken + 1);
    for (uint64_t page = 100; page < 100 + PMEM_WORKER_CREDIT / 2; page++) {
        pmem_store64(at(page, 0), 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    ck_assert_uint_eq(snapshots(), taken + 1);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(half_of_the_credit_comes_out_of_what_is_kept_but_not_what_a_sweep_needs)
{
    struct pmem_worker worker;

    join(&worker);
    pmem_credit_keep(10 + PMEM_WORKER_CREDIT);
    fake.fills = true;
    fake.credit = 0;
    for (uint64_t page = 0; page < 51; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), OK);
    ck_assert_uint_eq(worker.credit, PMEM_WORKER_CREDIT / 2);
    ck_assert_uint_eq(pmem_kept, 135 + PMEM_WORKER_CREDIT);
    for (uint64_t page = 100; page < 108; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), ERR_NOSPACE);
    ck_assert_uint_eq(pmem_kept, 135 + PMEM_WORKER_CREDIT);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(who_gets_no_credit_can_be_told_so_but_not_for_ever)
{
    struct pmem_worker worker;

    join(&worker);
    pmem_credit_keep(PMEM_WORKER_CREDIT);
    fake.fills = true;
    fake.credit = 0;
    for (uint64_t page = 0; page < 80; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), ERR_NOSPACE);
    ck_assert_int_eq(pmem_reserve_to_tell(&worker), OK);
    ck_assert_uint_eq(worker.credit, PMEM_WORKER_CREDIT);
    ck_assert_uint_eq(pmem_kept, 128 + 16);
    for (uint64_t page = 100; page < 180; page++) /* it writes on */
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_safepoint(&worker), ERR_NOSPACE);
    ck_assert_int_eq(pmem_reserve_to_tell(&worker), ERR_NOSPACE);
    ck_assert_uint_eq(pmem_kept, 128 + 16);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(who_gets_no_credit_can_be_told_so_out_of_what_commits_let_go_of)
{
    struct pmem_worker worker;

    join(&worker);
    fake.credit = 0;
    for (uint64_t page = 0; page < 80; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_reserve_to_tell(&worker), OK);
    ck_assert_uint_eq(worker.credit, PMEM_WORKER_CREDIT);
    ck_assert_uint_gt(snapshots(), 0);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(no_commit_is_waited_for_that_lets_go_of_too_little_to_tell_with)
{
    struct pmem_worker worker;
    uint64_t taken = snapshots();

    join(&worker);
    fake.fills = true;
    fake.credit = 0;
    for (uint64_t page = 0; page < 40; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_reserve_to_tell(&worker), ERR_NOSPACE); /* 40 might have come back */
    ck_assert_uint_gt(snapshots(), taken);
    taken = snapshots();
    for (uint64_t page = 0; page < 40; page++)
        pmem_store64(at(page, 0), 2);
    ck_assert_int_eq(pmem_reserve_to_tell(&worker), ERR_NOSPACE); /* 80 cannot */
    ck_assert_uint_eq(snapshots(), taken);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

START_TEST(what_is_kept_is_for_who_makes_room)
{
    struct pmem_worker worker;
    uint32_t before;

    join(&worker);
    pmem_credit_keep(100);
    fake.credit = 0;
    before = worker.credit;
    ck_assert_int_eq(pmem_reserve(&worker, 1), ERR_NOSPACE);
    ck_assert_int_eq(pmem_world_do(&worker, act, NULL, 1), ERR_NOSPACE);
    ck_assert_int_eq(pmem_reserve_kept(&worker, 40), OK);
    ck_assert_uint_eq(worker.credit, before + 40);
    ck_assert_int_eq(pmem_world_do_kept(&worker, act, NULL, 60, 65), ERR_NOSPACE);
    ck_assert_int_eq(pmem_world_do_kept(&worker, act, NULL, 60, 64), OK); /* and gives it back */
    ck_assert_uint_eq(acted, 1);
    ck_assert_int_eq(fake.credit, 59); /* but for what it wrote */
    /* What is missing of it comes before what anybody else asks for. */
    ck_assert_int_eq(pmem_reserve(&worker, 1), ERR_NOSPACE);
    ck_assert_int_eq(fake.credit, 0);
    pmem_unreserve(&worker, 40);
    fake.credit += 2;
    ck_assert_int_eq(pmem_reserve(&worker, 1), OK);
    ck_assert_int_eq(fake.credit, 0);
    ck_assert_int_eq(pmem_reserve_kept(&worker, 1000), ERR_NOSPACE);
    ck_assert_uint_eq(pmem_kept, 228);
    pmem_credit_keep(0);
    ck_assert_uint_eq(pmem_kept, 128);
    ck_assert_int_eq(fake.credit, 100);
    fake.credit = 1000;
    pmem_worker_leave(&worker);
}
END_TEST

static void
count_chunks(void *argument)
{
    *(uint32_t *)argument = pmem_worker_current()->spare_count;
}

static void *
refill(void *unused)
{
    (void)unused;
    while (!atomic_load(&finish)) {
        (void)pmem_kept_refill();
        atomic_fetch_add(&running, 1);
    }
    return NULL;
}

/* As when the heap is taken down while the flusher fills up what is kept. */
START_TEST(what_is_to_be_kept_may_change_while_it_is_filled_up)
{
    uint64_t end_ns = plat_monotonic_ns() + CHANGES_TIME_NS;
    pthread_t thread;

    atomic_store(&finish, false);
    pthread_create(&thread, NULL, refill, NULL);
    for (unsigned i = 0; i < CHANGES && plat_monotonic_ns() < end_ns; i++) {
        unsigned seen = atomic_load(&running);

        pmem_credit_keep(1000);
        pmem_credit_keep(0);
        while (atomic_load(&running) < seen + 2) /* it comes to its end */
            sched_yield();
    }
    atomic_store(&finish, true);
    pthread_join(thread, NULL);
    pmem_credit_keep(0);
}
END_TEST

START_TEST(memory_for_the_list_of_an_action_is_given_back)
{
    uint32_t first = 0, last = 0;

    ck_assert_int_eq(pmem_world_do(NULL, count_chunks, &first, 1), OK);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(pmem_world_do(NULL, count_chunks, &last, 1), OK);
    ck_assert_uint_gt(first, 0);
    ck_assert_uint_eq(last, first);
}
END_TEST

START_TEST(a_quiet_epoch_is_one_in_which_nothing_was_written)
{
    struct pmem_worker worker;
    uint32_t quiet;

    join(&worker);
    quiet = pmem_epoch_quiet();
    ck_assert_uint_ne(quiet, 0);
    ck_assert_uint_eq(pmem_epoch_quiet(), quiet);
    pmem_store64(at(0, 0), 1);
    ck_assert_uint_eq(pmem_epoch_quiet(), 0);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_ne(pmem_epoch_quiet(), 0);
    ck_assert_uint_ne(pmem_epoch_quiet(), quiet);
    pmem_worker_leave(&worker);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/world");
    TCase *tcase = tcase_create("world");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, an_action_runs_alone_whoever_asks);
    tcase_add_test(tcase, who_comes_back_waits_while_the_world_stands_still);
    tcase_add_test(tcase, a_world_without_workers_stands_still_at_once);
    tcase_add_test(tcase, an_action_without_room_is_refused_before_anything_stops);
    tcase_add_test(tcase, workers_have_indices_from_zero);
    tcase_add_test(tcase, a_worker_is_refused_credit_only_after_commits_that_might_have_helped);
    tcase_add_test(tcase, half_of_the_credit_is_had_without_a_wait);
    tcase_add_test(tcase, who_waited_for_a_commit_does_not_wait_again_for_each_page);
    tcase_add_test(tcase, half_of_the_credit_comes_out_of_what_is_kept_but_not_what_a_sweep_needs);
    tcase_add_test(tcase, who_gets_no_credit_can_be_told_so_but_not_for_ever);
    tcase_add_test(tcase, who_gets_no_credit_can_be_told_so_out_of_what_commits_let_go_of);
    tcase_add_test(tcase, no_commit_is_waited_for_that_lets_go_of_too_little_to_tell_with);
    tcase_add_test(tcase, what_is_kept_is_for_who_makes_room);
    tcase_add_test(tcase, what_is_to_be_kept_may_change_while_it_is_filled_up);
    tcase_add_test(tcase, memory_for_the_list_of_an_action_is_given_back);
    tcase_add_test(tcase, a_quiet_epoch_is_one_in_which_nothing_was_written);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
