/*
 * histogram_test.c - percentiles to within a sixteenth.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/histogram.h"

#include <check.h>

#include "support/suite.h"

static struct histogram histogram;

START_TEST(an_empty_one_is_all_zero)
{
    struct histogram_summary summary = histogram_summarize(&histogram);

    ck_assert_uint_eq(summary.count + summary.p50 + summary.p99 + summary.max, 0);
}
END_TEST

START_TEST(percentiles_are_right_to_a_sixteenth_and_the_maximum_exactly)
{
    struct histogram_summary summary;

    for (uint64_t value = 1; value <= 100000; value++)
        histogram_add(&histogram, value);
    summary = histogram_summarize(&histogram);
    ck_assert_uint_eq(summary.count, 100000);
    ck_assert_uint_eq(summary.max, 100000);
    ck_assert_uint_ge(summary.p50, 50000);
    ck_assert_uint_le(summary.p50, 50000 + 50000 / 16);
    ck_assert_uint_ge(summary.p99, 99000);
    ck_assert_uint_le(summary.p99, 100000);
}
END_TEST

START_TEST(any_value_has_a_place)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        static struct histogram one;
        uint64_t value = 1ull << bit;

        one = (struct histogram){ 0 };
        histogram_add(&one, value);
        ck_assert_uint_eq(histogram_percentile(&one, 500), value);
        histogram_add(&one, UINT64_MAX);
        ck_assert_uint_ge(histogram_percentile(&one, 500), value);
        ck_assert_uint_le(histogram_percentile(&one, 500), value + value / 16);
        ck_assert_uint_eq(histogram_percentile(&one, 1000), UINT64_MAX);
    }
}
END_TEST

UNIT_TESTS("base/histogram", an_empty_one_is_all_zero,
           percentiles_are_right_to_a_sixteenth_and_the_maximum_exactly, any_value_has_a_place)
