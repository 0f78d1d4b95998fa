/*
 * barrier_test.c - each page is listed once in an epoch, and saved as it stood.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <signal.h>

#include "fake_store.h"
#include "pmem/pmem_priv.h"
#include "start.h"

static struct pmem_worker worker;

static void
setup(void)
{
    start(&fake_store, (struct pmem_options){ .on_demand_only = true });
    join(&worker);
}

static void
teardown(void)
{
    ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
    pmem_worker_leave(&worker);
    pmem_stop();
    fake_restart();
}

START_TEST(a_page_is_listed_once_however_often_it_is_written)
{
    for (unsigned i = 0; i < 512; i++)
        pmem_store64(at(3, i), i);
    ck_assert_uint_eq(pmem_dirty_count, 1);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake.pages_committed, 1);
    ck_assert_uint_eq(fake_committed_word(at(3, 511)), 511);
    pmem_store64(at(3, 0), 7);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake.pages_committed, 2);
    ck_assert_uint_eq(fake_committed_word(at(3, 0)), 7);
}
END_TEST

START_TEST(a_range_is_listed_page_by_page)
{
    pmem_zero(at(10, 511), 8 + 4096 + 8);
    ck_assert_uint_eq(pmem_dirty_count, 3);
    pmem_barrier_range(at(20, 0), 0);
    ck_assert_uint_eq(pmem_dirty_count, 3);
    pmem_barrier_range(at(20, 0) + 4095, 1);
    ck_assert_uint_eq(pmem_dirty_count, 4);
}
END_TEST

static void *
second_writer(void *argument)
{
    struct pmem_worker second;

    join(&second);
    for (uint64_t page = 0; page < 2000; page++) {
        pmem_store64(at(page, 1), page + 1);
        if (page % 32 == 0)
            ck_assert_int_eq(pmem_safepoint(&second), OK);
    }
    pmem_worker_leave(&second);
    return argument;
}

START_TEST(two_workers_at_one_page_list_it_once)
{
    pthread_t thread;

    pthread_create(&thread, NULL, second_writer, NULL);
    for (uint64_t page = 0; page < 2000; page++) {
        pmem_store64(at(page, 0), page + 1);
        if (page % 32 == 0)
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_worker_away(&worker);
    pthread_join(thread, NULL);
    pmem_worker_back(&worker);
    ck_assert_uint_eq(pmem_dirty_count, 2000);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake.pages_committed, 2000);
    for (uint64_t page = 0; page < 2000; page++) {
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), page + 1);
        ck_assert_uint_eq(fake_committed_word(at(page, 1)), page + 1);
    }
}
END_TEST

START_TEST(a_page_written_while_it_is_saved_is_saved_as_it_stood)
{
    struct pmem_stats stats;
    uint32_t epoch;

    for (uint64_t page = 0; page < 80; page++)
        pmem_store64(at(page, 0), 1);
    fake.page_delay_us = 1000;
    epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    while (pmem_epoch_closed() != epoch)
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    for (uint64_t page = 80; page-- > 0;) {
        pmem_store64(at(page, 0), 2);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_snapshot_wait(epoch), OK);
    pmem_worker_back(&worker);
    for (uint64_t page = 0; page < 80; page++)
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), 1);
    pmem_stats_get(&stats);
    ck_assert_uint_gt(stats.copies, 0);
    ck_assert_uint_eq(stats.stalls[PMEM_STALL_COPY].count, 0);
    ck_assert_int_eq(commit(&worker), OK);
    for (uint64_t page = 0; page < 80; page++)
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), 2);
}
END_TEST

/* What is written to first is likely to be so again: saved early, it need not be copied then. */
START_TEST(pages_are_saved_in_the_order_of_their_first_writes)
{
    static const uint64_t hottest_first[] = { 70, 3, 500, 4, 71, 2, 20000 };
    const unsigned count = sizeof hottest_first / sizeof hottest_first[0];
    unsigned next = 0;

    for (unsigned i = 0; i < count; i++) {
        pmem_store64(at(hottest_first[i], 0), i);
        pmem_store64(at(hottest_first[i / 2], 1), i);
    }
    ck_assert_int_eq(commit(&worker), OK);
    for (unsigned i = 0; i < fake.committed.count && next < count; i++) {
        uint64_t page = fake.committed.slots[fake.committed.taken[i]].page - 1;

        next += page == space_page_of(at(hottest_first[next], 0));
    }
    ck_assert_uint_eq(next, count);
}
END_TEST

START_TEST(without_a_free_copy_the_writer_waits_for_the_flusher)
{
    struct pmem_stats stats;
    uint32_t epoch;

    for (uint64_t page = 0; page < 200; page++) {
        pmem_store64(at(page, 0), 1);
        if (page % 32 == 0)
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    fake.page_delay_us = 1000;
    epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    while (pmem_epoch_closed() != epoch)
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    for (uint64_t page = 200; page-- > 0;) {
        pmem_store64(at(page, 0), 2);
        if (page % 32 == 0)
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_snapshot_wait(epoch), OK);
    pmem_worker_back(&worker);
    for (uint64_t page = 0; page < 200; page++)
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), 1);
    pmem_stats_get(&stats);
    ck_assert_uint_gt(stats.stalls[PMEM_STALL_COPY].count, 0);
    ck_assert_uint_le(stats.stalls[PMEM_STALL_COPY].count, 200); /* once for each first write */
    ck_assert_uint_gt(stats.stalls[PMEM_STALL_COPY].max_ns, 0);
    ck_assert_uint_ge(stats.stalls[PMEM_STALL_COPY].total_ns, stats.stalls[PMEM_STALL_COPY].max_ns);
}
END_TEST

static void
setup_few_copies(void)
{
    pmem_copies_max = 4;
    setup();
}

START_TEST(credit_is_given_back_to_the_last_page)
{
    for (uint64_t page = 0; page < 60; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert_int_eq(pmem_reserve(&worker, 5000), OK);
    for (uint64_t page = 100; page < 3000; page++)
        pmem_store64(at(page, 0), 1);
    pmem_unreserve(&worker, 2100);
    ck_assert_int_eq(commit(&worker), OK);
    pmem_worker_leave(&worker);
    pmem_stop();
    ck_assert_int_eq(fake.credit_out, 0);
    setup();
}
END_TEST

START_TEST(more_first_writes_than_there_is_credit_for_stop_the_machine)
{
    for (uint64_t page = 0; page < 100000; page++)
        pmem_store64(at(page, 0), 1);
}
END_TEST

START_TEST(a_low_credit_asks_for_a_safepoint)
{
    ck_assert(!pmem_poll());
    for (uint64_t page = 0; page < PMEM_WORKER_CREDIT / 2 - 1; page++)
        pmem_store64(at(page, 0), 1);
    ck_assert(!pmem_poll());
    pmem_store64(at(100, 0), 1);
    ck_assert(pmem_poll());
    ck_assert_int_eq(pmem_safepoint(&worker), OK);
    ck_assert(!pmem_poll());
    ck_assert_uint_eq(worker.credit, PMEM_WORKER_CREDIT);
}
END_TEST

START_TEST(epochs_wrap_without_harm)
{
    pmem_worker_leave(&worker);
    pmem_stop();
    fake_restart();
    pmem_epoch_first = UINT32_MAX - 20;
    pmem_sweep_epochs = 8;
    setup();
    pmem_store64(at(500, 0), 77);
    for (uint64_t round = 1; round < 60; round++) {
        for (uint64_t page = 0; page < 20; page++)
            if (round % (page + 1) == 0)
                pmem_store64(at(page, 0), round);
        ck_assert_int_eq(commit(&worker), OK);
        ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
        for (uint64_t page = 0; page < 20; page++)
            ck_assert_uint_eq(fake_committed_word(at(page, 0)), round - round % (page + 1));
    }
    ck_assert_uint_lt(pmem_epoch_now, 100);
    ck_assert_uint_eq(pmem_epoch_of[space_page_of(at(500, 0))], 0);
    pmem_store64(at(500, 0), 78);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake_committed_word(at(500, 0)), 78);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/barrier");
    TCase *tcase = tcase_create("barrier"), *few = tcase_create("few copies");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_page_is_listed_once_however_often_it_is_written);
    tcase_add_test(tcase, a_range_is_listed_page_by_page);
    tcase_add_test(tcase, two_workers_at_one_page_list_it_once);
    tcase_add_test(tcase, a_page_written_while_it_is_saved_is_saved_as_it_stood);
    tcase_add_test(tcase, pages_are_saved_in_the_order_of_their_first_writes);
    tcase_add_test(tcase, credit_is_given_back_to_the_last_page);
    tcase_add_test_raise_signal(tcase, more_first_writes_than_there_is_credit_for_stop_the_machine,
                                SIGABRT);
    tcase_add_test(tcase, a_low_credit_asks_for_a_safepoint);
    tcase_add_test(tcase, epochs_wrap_without_harm);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(few, setup_few_copies, teardown);
    tcase_set_timeout(few, 30);
    tcase_add_test(few, without_a_free_copy_the_writer_waits_for_the_flusher);
    suite_add_tcase(suite, few);
    return run(suite);
}
