/*
 * reading_test.c - what is told of the pages that a cycle reads: how many, how many of them twice,
 * and how many that an earlier one had read and nobody has written to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/heap/cold.h"

static void
setup(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 256 << 10, .background = true };
    cold_start();
}

START_TEST(a_first_cycle_reads_each_page_once)
{
    struct heap_cycle_stats stats;

    cold_make(1);
    cold_restart(cold[0]);
    cold_cycle_all();
    stats = cold_stats();
    ck_assert_uint_ge(stats.pages_read, COLD_PAGES_LEAST);
    ck_assert_uint_eq(stats.pages_twice, 0);
    ck_assert_uint_eq(stats.pages_again, 0);
}
END_TEST

START_TEST(pages_that_nobody_wrote_to_are_read_again_by_the_next)
{
    struct heap_cycle_stats first, second;

    cold_make(1);
    cold_restart(cold[0]);
    cold_cycle_all();
    first = cold_stats();
    SET_U64(pair_object, cold[COLD_PAIRS / 2], id, 1); /* it comes to memory, and is another one */
    cold_cycle_all();
    second = cold_stats();
    ck_assert_uint_ge(second.pages_again, COLD_PAGES_LEAST - 16);
    ck_assert_uint_lt(second.pages_again, first.pages_read);
    ck_assert_uint_eq(second.pages_twice, 0);
}
END_TEST

/* From block to block, and back so many times. */
START_TEST(a_page_that_is_read_twice_in_a_cycle_is_counted)
{
    cold_make(3 * COLD_PER_BLOCK + 1);
    cold_restart(cold[0]);
    cold_cycle_all();
    ck_assert_uint_gt(cold_stats().pages_twice, COLD_PAGES_LEAST);
    ck_assert_uint_eq(cold_stats().pages_again, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("heap/reading");
    TCase *tcase = tcase_create("reading");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, cold_stop);
    tcase_add_test(tcase, a_first_cycle_reads_each_page_once);
    tcase_add_test(tcase, pages_that_nobody_wrote_to_are_read_again_by_the_next);
    tcase_add_test(tcase, a_page_that_is_read_twice_in_a_cycle_is_counted);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
