/*
 * pager_test.c - faults: pages come in, instructions are left and run again, and a
 * missing barrier is a death.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <signal.h>

#include "fake_store.h"
#include "pmem/pmem_priv.h"
#include "start.h"

static struct pmem_worker worker;
static bool strict;

static void
up(void)
{
    start(&fake_store, (struct pmem_options){ .on_demand_only = true, .strict = strict });
    join(&worker);
}

static void
down(void)
{
    ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
    pmem_worker_leave(&worker);
    pmem_stop();
    fake_restart();
}

/* A space whose page p has p + 1 in its first word, and of which nothing is resident. */
static void
setup(void)
{
    up();
    for (uint64_t page = 0; page < 40; page++)
        pmem_store64(at(page, 0), page + 1);
    ck_assert_int_eq(commit(&worker), OK);
    down();
    up();
}

static void
setup_strict(void)
{
    strict = true;
    setup();
}

START_TEST(a_page_comes_in_when_it_is_touched_and_not_before)
{
    struct pmem_stats stats;

    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pages_resident, 0);
    ck_assert(!pmem_resident(at(7, 0)));
    ck_assert_uint_eq(pmem_load64(at(7, 0)), 8);
    ck_assert(pmem_resident(at(7, 0)));
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pages_resident, 1);
    ck_assert_uint_eq(stats.pages_in, 1);
    ck_assert_uint_eq(stats.stalls[PMEM_STALL_PAGE].count, 1);
    ck_assert_uint_gt(stats.stalls[PMEM_STALL_PAGE].total_ns, 0);
    ck_assert_uint_eq(pmem_load64(at(100, 0)), 0); /* zero: nobody waits for that */
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pages_in, 1);
    ck_assert_uint_eq(stats.stalls[PMEM_STALL_PAGE].count, 1);
    ck_assert_uint_eq(pmem_dirty_count, 0);
}
END_TEST

START_TEST(who_goes_from_page_to_page_asks_less_and_less_often)
{
    uint64_t before = fake.requests;

    for (uint64_t page = 0; page < 40; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
    ck_assert_uint_eq(fake.requests - before,
                      1 + 1 + 1 + 1 + 2); /* 1, 2, 4, 8, 16, and what is left */
}
END_TEST

START_TEST(who_jumps_about_gets_one_page_at_a_time)
{
    struct pmem_stats stats;

    for (uint64_t page = 0; page < 40; page += 3)
        ck_assert_uint_eq(pmem_load64(at(page * 7 % 40, 0)), page * 7 % 40 + 1);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pages_resident, 14);
}
END_TEST

START_TEST(what_comes_along_is_not_older_than_what_is_there)
{
    for (uint64_t page = 20; page < 24; page++)
        pmem_store64(at(page, 0), 1000 + page);
    for (uint64_t page = 16; page < 28; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)),
                          page < 20 || page > 23 ? page + 1 : 1000 + page);
}
END_TEST

START_TEST(a_damaged_page_is_met_by_who_touches_it_not_by_who_comes_by)
{
    fake.corrupt_page = space_page_of(at(6, 0)) + 1;
    for (uint64_t page = 3; page < 6; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
    ck_assert(!pmem_resident(at(6, 0)));
    ck_assert_int_eq(pmem_page_in(&worker, at(6, 0)), ERR_CORRUPT);
    fake.corrupt_page = 0;
    ck_assert_uint_eq(pmem_load64(at(6, 0)), 7);
}
END_TEST

START_TEST(a_page_that_is_zeroed_whole_is_not_read)
{
    struct pmem_stats stats;

    fake.corrupt_page = space_page_of(at(4, 0)) + 1;
    pmem_zero(at(4, 0), PAGE_BYTES);
    ck_assert_uint_eq(pmem_load64(at(4, 0)), 0);
    fake.corrupt_page = 0;
    pmem_zero(at(6, 1), 2 * PAGE_BYTES); /* the end of 6, all of 7, the beginning of 8 */
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pages_in, 2);
    ck_assert_uint_eq(pmem_load64(at(6, 0)), 7);
    ck_assert_uint_eq(pmem_load64(at(7, 0)), 0);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake_committed_word(at(4, 0)), 0);
    ck_assert_uint_eq(fake_committed_word(at(6, 0)), 7);
    ck_assert_uint_eq(fake_committed_word(at(7, 0)), 0);
}
END_TEST

static err_t page_in_result;

static void
page_in_in_world(void *address)
{
    page_in_result = pmem_page_in(NULL, (uint64_t)address);
}

START_TEST(the_stopped_world_may_ask_for_a_page_and_hear_that_it_is_damaged)
{
    fake.corrupt_page = space_page_of(at(4, 0)) + 1;
    ck_assert_int_eq(pmem_world_do(&worker, page_in_in_world, (void *)at(5, 0), 0), OK);
    ck_assert_int_eq(page_in_result, OK);
    ck_assert(pmem_resident(at(5, 0)));
    ck_assert_int_eq(pmem_world_do(&worker, page_in_in_world, (void *)at(4, 0), 0), OK);
    ck_assert_int_eq(page_in_result, ERR_CORRUPT);
    fake.corrupt_page = 0;
}
END_TEST

/* In a function of its own, see pmem.h. */
static __attribute__((noinline)) uint64_t
instruction(uint64_t page)
{
    pmem_store64(at(page + 1, 1), 5);
    return pmem_load64(at(page, 0));
}

static __attribute__((noinline)) bool
attempt(uint64_t page, uint64_t *result)
{
    void *place[5];

    if (__builtin_setjmp(place)) {
        worker.restart = NULL;
        return false;
    }
    worker.restart = place;
    *result = instruction(page);
    worker.restart = NULL;
    return true;
}

START_TEST(a_fault_leaves_the_instruction_and_it_is_run_again)
{
    uint64_t result = 0;

    ck_assert(!attempt(4, &result));
    ck_assert_uint_eq(worker.fault_address, at(5, 1));
    ck_assert_int_eq(pmem_page_in(&worker, worker.fault_address), OK);
    ck_assert(!attempt(4, &result));
    ck_assert_uint_eq(worker.fault_address, at(4, 0));
    ck_assert_int_eq(pmem_page_in(&worker, worker.fault_address), OK);
    ck_assert(attempt(4, &result));
    ck_assert_uint_eq(result, 5);
    /* Zero pages are not worth leaving for. */
    ck_assert(attempt(200, &result));
}
END_TEST

START_TEST(who_has_left_too_often_is_served_in_place_but_for_damage)
{
    uint64_t result = 0;

    worker.restart_late = true;
    ck_assert(attempt(4, &result));
    ck_assert_uint_eq(result, 5);
    fake.corrupt_page = space_page_of(at(10, 0)) + 1;
    ck_assert(!attempt(10, &result));
    ck_assert_uint_eq(worker.fault_address, at(10, 0));
    ck_assert_int_eq(pmem_page_in(&worker, at(10, 0)), ERR_CORRUPT);
    worker.restart_late = false;
}
END_TEST

START_TEST(a_damaged_page_is_an_error_of_page_in_and_nothing_else)
{
    uint64_t result;

    fake.corrupt_page = space_page_of(at(4, 0)) + 1;
    ck_assert(!attempt(10, &result));
    ck_assert_int_eq(pmem_page_in(&worker, at(4, 0)), ERR_CORRUPT);
    ck_assert(!pmem_resident(at(4, 0)));
    ck_assert_int_eq(pmem_page_in(&worker, at(3, 0)), OK);
    ck_assert_uint_eq(pmem_load64(at(3, 0)), 4);
}
END_TEST

START_TEST(a_damaged_page_where_nothing_can_be_undone_stops_the_machine)
{
    fake.corrupt_page = space_page_of(at(4, 0)) + 1;
    ck_assert_uint_eq(pmem_load64(at(4, 0)), 5);
}
END_TEST

START_TEST(a_thread_that_is_no_worker_may_not_touch_the_space)
{
    plat_self_set(NULL);
    ck_assert_uint_eq(pmem_load64(at(4, 0)), 5);
}
END_TEST

START_TEST(a_strict_space_lets_every_store_with_a_barrier_pass)
{
    for (unsigned round = 0; round < 4; round++) {
        for (uint64_t page = 0; page < 40; page++) {
            pmem_store64(at(page, 1), round);
            pmem_store64(at(page, 2), round);
        }
        ck_assert_int_eq(commit(&worker), OK);
        ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
    }
    ck_assert_uint_eq(fake_committed_word(at(39, 2)), 3);
}
END_TEST

static void
store_without_barrier(uint64_t address)
{
    *(volatile uint64_t *)(uintptr_t)address = 1;
}

START_TEST(a_strict_space_dies_of_a_store_without_barrier_to_a_page_just_read)
{
    ck_assert_uint_eq(pmem_load64(at(3, 0)), 4);
    store_without_barrier(at(3, 1));
}
END_TEST

START_TEST(a_strict_space_dies_of_a_store_without_barrier_after_a_snapshot)
{
    pmem_store64(at(3, 1), 1);
    store_without_barrier(at(3, 2)); /* has a barrier in this epoch */
    ck_assert_int_eq(commit(&worker), OK);
    store_without_barrier(at(3, 1));
}
END_TEST

START_TEST(a_strict_space_dies_of_a_store_without_barrier_to_a_new_page)
{
    store_without_barrier(at(300, 1));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/pager");
    TCase *tcase = tcase_create("pager"), *closed = tcase_create("strict");

    tcase_add_checked_fixture(tcase, setup, down);
    tcase_add_test(tcase, a_page_comes_in_when_it_is_touched_and_not_before);
    tcase_add_test(tcase, who_goes_from_page_to_page_asks_less_and_less_often);
    tcase_add_test(tcase, who_jumps_about_gets_one_page_at_a_time);
    tcase_add_test(tcase, what_comes_along_is_not_older_than_what_is_there);
    tcase_add_test(tcase, a_damaged_page_is_met_by_who_touches_it_not_by_who_comes_by);
    tcase_add_test(tcase, a_page_that_is_zeroed_whole_is_not_read);
    tcase_add_test(tcase, the_stopped_world_may_ask_for_a_page_and_hear_that_it_is_damaged);
#ifndef __SANITIZE_THREAD__
    tcase_add_test(tcase, a_fault_leaves_the_instruction_and_it_is_run_again);
    tcase_add_test(tcase, who_has_left_too_often_is_served_in_place_but_for_damage);
    tcase_add_test(tcase, a_damaged_page_is_an_error_of_page_in_and_nothing_else);
#else
    (void)a_fault_leaves_the_instruction_and_it_is_run_again;
    (void)who_has_left_too_often_is_served_in_place_but_for_damage;
    (void)a_damaged_page_is_an_error_of_page_in_and_nothing_else;
#endif
    tcase_add_exit_test(tcase, a_damaged_page_where_nothing_can_be_undone_stops_the_machine, 1);
    tcase_add_test_raise_signal(tcase, a_thread_that_is_no_worker_may_not_touch_the_space, SIGABRT);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(closed, setup_strict, down);
    tcase_add_test(closed, a_strict_space_lets_every_store_with_a_barrier_pass);
    tcase_add_test_raise_signal(
        closed, a_strict_space_dies_of_a_store_without_barrier_to_a_page_just_read, SIGABRT);
    tcase_add_test_raise_signal(
        closed, a_strict_space_dies_of_a_store_without_barrier_after_a_snapshot, SIGABRT);
    tcase_add_test_raise_signal(
        closed, a_strict_space_dies_of_a_store_without_barrier_to_a_new_page, SIGABRT);
    suite_add_tcase(suite, closed);
    return run(suite);
}
