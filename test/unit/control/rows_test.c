/*
 * rows_test.c - a listing is whole, and never takes the memory that others need.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/rows_priv.h"

#include <stdint.h>

#include "plat/memory.h"
#include "support/suite.h"

static size_t there; /* rows */
static unsigned asked;

static err_t
numbers_list(void *rows, size_t max, size_t *count)
{
    uint64_t *number = rows;

    for (size_t i = 0; i < max && i < there && i < 100000; i++)
        number[i] = i;
    *count = there;
    asked++;
    return OK;
}

/* Each time it is asked there are more. */
static err_t
growing_list(void *rows, size_t max, size_t *count)
{
    there += 50;
    return numbers_list(rows, max, count);
}

static err_t
failing_list(void *rows, size_t max, size_t *count)
{
    (void)rows;
    *count = max;
    return ERR_NOSPACE;
}

START_TEST(all_rows_are_there_however_many)
{
    static const size_t counts[] = { 0, 1, 63, 64, 65, 1000, 99999 };
    struct rows rows;

    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        there = counts[i];
        ck_assert_int_eq(rows_take(&rows, numbers_list, sizeof(uint64_t)), OK);
        ck_assert_uint_eq(rows.count, there);
        ck_assert_uint_eq(rows.missing, 0);
        if (there > 0)
            ck_assert_uint_eq(((uint64_t *)rows.first)[there - 1], there - 1);
        rows_free(&rows);
    }
}
END_TEST

START_TEST(what_grows_meanwhile_is_caught_up_with)
{
    struct rows rows;

    there = 64;
    ck_assert_int_eq(rows_take(&rows, growing_list, sizeof(uint64_t)), OK);
    ck_assert_uint_gt(asked, 1);
    ck_assert_uint_eq(rows.count, there);
    rows_free(&rows);
}
END_TEST

START_TEST(of_too_many_the_first_are_there_and_the_rest_is_counted)
{
    struct rows rows;

    there = SIZE_MAX / 2;
    ck_assert_int_eq(rows_take(&rows, numbers_list, sizeof(uint64_t)), OK);
    ck_assert_uint_gt(rows.count, 64);
    ck_assert_uint_eq(rows.count + rows.missing, there);
    ck_assert_uint_lt(rows.bytes, plat_memory_bytes() / 8);
    ck_assert_uint_eq(((uint64_t *)rows.first)[99], 99);
    rows_free(&rows);
}
END_TEST

START_TEST(a_failure_is_passed_on)
{
    struct rows rows;

    ck_assert_int_eq(rows_take(&rows, failing_list, sizeof(uint64_t)), ERR_NOSPACE);
}
END_TEST

UNIT_TESTS("control/rows", all_rows_are_there_however_many, what_grows_meanwhile_is_caught_up_with,
           of_too_many_the_first_are_there_and_the_rest_is_counted, a_failure_is_passed_on)
