/*
 * pages_test.c - the locks of pages, the frames, the pool of copies.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>

#include "fake_store.h"
#include "pmem/pmem_priv.h"
#include "start.h"

#define RESIDENT 64
#define THREADS  4
#define ROUNDS   20000

static void
setup(void)
{
    start(&fake_store, (struct pmem_options){ .on_demand_only = true,
                                              .resident_bytes_max = RESIDENT * PAGE_BYTES });
}

static void
teardown(void)
{
    pmem_stop();
}

static uint64_t counted; /* guarded by the lock of page 9 */

static void *
count_up(void *argument)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        pmem_page_lock(pmem_page_of(9));
        counted++;
        pmem_page_set(pmem_page_of(9), PMEM_TAKEN);
        pmem_page_clear(pmem_page_of(9), PMEM_TAKEN);
        pmem_page_unlock(pmem_page_of(9));
    }
    return argument;
}

START_TEST(a_page_is_locked_by_one_at_a_time)
{
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count_up, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(counted, THREADS * ROUNDS);
    ck_assert_uint_eq(atomic_load(&pmem_page_of(9)->bits), 0);
}
END_TEST

START_TEST(bits_of_a_page_change_only_under_its_lock)
{
    pmem_page_set(pmem_page_of(9), PMEM_TAKEN);
}
END_TEST

START_TEST(a_frame_that_was_given_back_is_taken_again)
{
    uint32_t frames[3], again, hand = 0;
    bool fresh;

    for (uint32_t i = 0; i < 3; i++)
        ck_assert_int_eq(pmem_frame_take(100 + i, &frames[i]), OK);
    ck_assert_uint_eq(pmem_frames_resident(), 3);
    ck_assert_uint_eq(pmem_frame_page(frames[1]), 101);
    pmem_frame_give(frames[1]);
    ck_assert_uint_eq(pmem_frame_page(frames[1]), PMEM_FRAME_FREE);
    ck_assert_uint_eq(pmem_frame_next(&hand, &fresh), 100);
    ck_assert(fresh);
    ck_assert_uint_eq(pmem_frame_next(&hand, &fresh), PMEM_FRAME_FREE);
    ck_assert_uint_eq(pmem_frame_next(&hand, &fresh), 102);
    ck_assert_uint_eq(pmem_frame_next(&hand, &fresh), 100);
    ck_assert(!fresh);
    ck_assert_int_eq(pmem_frame_take(103, &again), OK);
    ck_assert_uint_eq(again, frames[1]);
    ck_assert_uint_eq(pmem_frame_high(), 3);
    pmem_frame_give(frames[0]);
    pmem_frame_give(frames[2]);
    pmem_frame_give(again);
    ck_assert_uint_eq(pmem_frames_resident(), 0);
}
END_TEST

START_TEST(a_frame_is_not_given_back_twice)
{
    uint32_t frame;

    ck_assert_int_eq(pmem_frame_take(100, &frame), OK);
    pmem_frame_give(frame);
    pmem_frame_give(frame);
}
END_TEST

START_TEST(copies_run_out_and_come_back)
{
    uint32_t copies[RESIDENT / 4];

    for (unsigned i = 0; i < RESIDENT / 4; i++) {
        copies[i] = pmem_copy_take();
        ck_assert_uint_ne(copies[i], 0);
        memset(pmem_copy_bytes(copies[i]), (int)i, PAGE_BYTES);
    }
    ck_assert_uint_eq(pmem_copy_take(), 0);
    for (unsigned i = 0; i < RESIDENT / 4; i++)
        ck_assert_uint_eq(((uint8_t *)pmem_copy_bytes(copies[i]))[PAGE_BYTES - 1], i);
    pmem_copy_give(copies[5]);
    ck_assert_uint_eq(pmem_copy_take(), copies[5]);
    ck_assert_uint_eq(pmem_copy_take(), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/pages");
    TCase *tcase = tcase_create("pages");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_page_is_locked_by_one_at_a_time);
    tcase_add_test_raise_signal(tcase, bits_of_a_page_change_only_under_its_lock, SIGABRT);
    tcase_add_test(tcase, a_frame_that_was_given_back_is_taken_again);
    tcase_add_test_raise_signal(tcase, a_frame_is_not_given_back_twice, SIGABRT);
    tcase_add_test(tcase, copies_run_out_and_come_back);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
