/*
 * format_unit_test.c - durations and sizes read as a person would say them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdint.h>

#include "base/format.h"
#include "support/suite.h"

START_TEST(a_duration_has_the_unit_that_a_person_would_take)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } rows[] = {
        { 0, "0 ms" },
        { 999999999, "999 ms" },
        { 1000000000, "1 s" },
        { 119999999999, "119 s" },
        { 120000000000, "2 min" },
        { 7199000000000, "119 min" },
        { 7200000000000, "2 h" },
        { 172799000000000, "47 h" },
        { 172800000000000, "2 days" },
        { UINT64_MAX, "213503 days" },
    };
    char text[FORMAT_UNIT_BYTES];

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_str_eq(format_duration(text, rows[i].ns), rows[i].text);
}
END_TEST

START_TEST(a_size_is_rounded_to_a_tenth_of_its_unit)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        { 0, "0 B" },
        { 1023, "1023 B" },
        { 1024, "1.0 KiB" },
        { 1536, "1.5 KiB" },
        { 1074, "1.0 KiB" },
        { 1076, "1.1 KiB" },
        { 2047, "2.0 KiB" },
        { (64ull << 30), "64.0 GiB" },
        { (5ull << 40) + (3ull << 38), "5.8 TiB" },
        { UINT64_MAX, "16777216.0 TiB" },
    };
    char text[FORMAT_UNIT_BYTES];

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_str_eq(format_bytes(text, rows[i].bytes), rows[i].text);
}
END_TEST

UNIT_TESTS("base/format_unit", a_duration_has_the_unit_that_a_person_would_take,
           a_size_is_rounded_to_a_tenth_of_its_unit)
