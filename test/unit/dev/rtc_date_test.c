/*
 * rtc_date_test.c - the clock's registers as a date.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <time.h>

#include "dev/rtc.h"
#include "support/suite.h"

#define BINARY 4
#define HOURS  2

static uint8_t
digits(unsigned number)
{
    return (uint8_t)(number / 10 << 4 | number % 10);
}

START_TEST(every_day_of_two_centuries_is_what_the_library_says)
{
    for (int64_t expected = 0; expected < 4102444800; expected += 86399) {
        time_t then = (time_t)expected;
        struct tm tm;
        uint64_t seconds = 1;

        gmtime_r(&then, &tm);
        unsigned year = (unsigned)tm.tm_year + 1900;
        struct rtc_registers binary = {
            (uint8_t)tm.tm_sec,    (uint8_t)tm.tm_min,       (uint8_t)tm.tm_hour,
            (uint8_t)tm.tm_mday,   (uint8_t)(tm.tm_mon + 1), (uint8_t)(year % 100),
            (uint8_t)(year / 100), BINARY | HOURS,
        };
        unsigned hour = tm.tm_hour % 12 ? (unsigned)tm.tm_hour % 12 : 12;
        struct rtc_registers decimal = {
            digits((unsigned)tm.tm_sec),
            digits((unsigned)tm.tm_min),
            (uint8_t)(digits(hour) | (tm.tm_hour >= 12 ? 0x80 : 0)),
            digits((unsigned)tm.tm_mday),
            digits((unsigned)tm.tm_mon + 1),
            digits(year % 100),
            digits(year / 100),
            0,
        };

        ck_assert(rtc_decode(&binary, &seconds));
        ck_assert_uint_eq(seconds, (uint64_t)expected);
        seconds = 1;
        ck_assert(rtc_decode(&decimal, &seconds));
        ck_assert_uint_eq(seconds, (uint64_t)expected);
    }
}
END_TEST

START_TEST(without_a_century_years_from_70_on_are_of_the_twentieth)
{
    struct rtc_registers registers = { 0, 0, 0, 1, 1, 70, 0, BINARY | HOURS };
    uint64_t seconds;

    ck_assert(rtc_decode(&registers, &seconds));
    ck_assert_uint_eq(seconds, 0);
    registers.year = 0;
    ck_assert(rtc_decode(&registers, &seconds));
    ck_assert_uint_eq(seconds, 946684800);
}
END_TEST

START_TEST(registers_that_make_no_date_are_refused)
{
    static const struct rtc_registers bad[] = {
        { 60, 0, 0, 1, 1, 0, 20, BINARY | HOURS },
        { 0, 60, 0, 1, 1, 0, 20, BINARY | HOURS },
        { 0, 0, 24, 1, 1, 0, 20, BINARY | HOURS },
        { 0, 0, 0, 0, 1, 0, 20, BINARY | HOURS },
        { 0, 0, 0, 32, 1, 0, 20, BINARY | HOURS },
        { 0, 0, 0, 29, 2, 23, 20, BINARY | HOURS },
        { 0, 0, 0, 1, 0, 0, 20, BINARY | HOURS },
        { 0, 0, 0, 1, 13, 0, 20, BINARY | HOURS },
        { 0, 0, 0, 1, 1, 100, 20, BINARY | HOURS },
        { 0, 0, 0, 1, 1, 69, 19, BINARY | HOURS },
        { 0x1a, 0, 0, 1, 1, 0, 0x20, HOURS },
        { 0xa0, 0, 0, 1, 1, 0, 0x20, HOURS },
        { 0, 0, 0, 1, 1, 0, 0x20, 0 },
        { 0, 0, 0x13, 1, 1, 0, 0x20, 0 },
        { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    };
    uint64_t seconds = 77;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!rtc_decode(&bad[i], &seconds), "row %zu was taken", i);
        ck_assert_uint_eq(seconds, 77);
    }
}
END_TEST

UNIT_TESTS("dev/rtc_date", every_day_of_two_centuries_is_what_the_library_says,
           without_a_century_years_from_70_on_are_of_the_twentieth,
           registers_that_make_no_date_are_refused)
