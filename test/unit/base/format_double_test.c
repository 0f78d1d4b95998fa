/*
 * format_double_test.c - doubles and floats: exact both ways, and the shortest digits.
 *
 * The C library's strtod and printf are exact too, and judge.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "support/suite.h"

static uint64_t state = 88172645463325252ull;

static uint64_t
random_next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double
double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void
digits_are_shortest(double value)
{
    char digits[17], text[64], theirs[32];
    int exponent, used = 0;
    unsigned count = format_double_digits(value, digits, &exponent);

    if (count > 1) {
        snprintf(text, sizeof text, "%.*e", (int)count - 2, value);
        ck_assert(strtod(text, NULL) != value);
    }
    /* Of those as short, the nearest: if rounding to so many digits reads back, it is that. */
    snprintf(text, sizeof text, "%.*e", (int)count - 1, value);
    if (strtod(text, NULL) != value)
        return;
    for (const char *at = text; *at != 'e' && *at != 0; at++) {
        if (*at >= '0' && *at <= '9')
            theirs[used++] = *at;
    }
    ck_assert_int_eq(memcmp(theirs, digits, count), 0);
}

static void
reads_back(double value)
{
    char text[FORMAT_DOUBLE_BYTES];
    size_t length = format_double(text, value);
    double back;

    ck_assert_uint_eq(length, strlen(text));
    ck_assert(parse_double(text, length, &back));
    ck_assert(back == value && signbit(back) == signbit(value));
    ck_assert(strtod(text, NULL) == value);
}

START_TEST(every_double_reads_back_from_its_shortest_digits)
{
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = random_next();
        double value;

        if (i % 4 == 0)
            bits = bits >> 52 << 52; /* powers of two: uneven neighbours */
        if (i % 7 == 0)
            bits &= 0x800fffffffffffffull; /* subnormal */
        value = double_of(bits);
        if (!isfinite(value))
            continue;
        reads_back(value);
        if (value > 0)
            digits_are_shortest(value);
    }
}
END_TEST

/* Such numbers, and those beside them, go another way than most. */
START_TEST(numbers_of_few_digits_have_these_digits)
{
    for (unsigned i = 0; i < 20000; i++) {
        unsigned places = (unsigned)(random_next() % 11);
        uint64_t number = random_next() >> (random_next() % 63);
        char text[80], digits[FORMAT_DOUBLE_BYTES], *end;
        double value;
        int exponent;

        snprintf(text, sizeof text, "%" PRIu64 "e-%u", number, places);
        value = strtod(text, &end);
        reads_back(value);
        reads_back(nextafter(value, 0));
        reads_back(nextafter(value, INFINITY));
        if (number == 0)
            continue;
        digits_are_shortest(value);
        digits_are_shortest(nextafter(value, 0));
        digits_are_shortest(nextafter(value, INFINITY));
        if (number > 999999999999999)
            continue;
        digits[format_double_digits(value, digits, &exponent)] = 0;
        while (number % 10 == 0)
            number /= 10;
        snprintf(text, sizeof text, "%" PRIu64, number);
        ck_assert_str_eq(digits, text);
    }
}
END_TEST

START_TEST(what_has_few_digits_is_read_as_the_c_library_reads_it)
{
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t number = random_next() >> (random_next() % 64);
        int exponent = (int)(random_next() % 61) - 30;
        char text[80];
        size_t length = (size_t)snprintf(text, sizeof text, "%" PRIu64 "e%d", number, exponent);
        double value;

        ck_assert(parse_double(text, length, &value));
        ck_assert(value == strtod(text, NULL));
    }
}
END_TEST

START_TEST(every_float_reads_back)
{
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)random_next();
        char text[FORMAT_DOUBLE_BYTES];
        float value, back;

        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        ck_assert(parse_float(text, format_float(text, value), &back));
        ck_assert(back == value);
        ck_assert(strtof(text, NULL) == value);
    }
}
END_TEST

START_TEST(any_number_of_digits_is_rounded_once)
{
    for (unsigned i = 0; i < 10000; i++) {
        unsigned digits = i % 100 == 0 ? 900 : 1 + (unsigned)(random_next() % 40);
        char text[1000];
        size_t n = 0;
        double value;
        float single;

        for (unsigned k = 0; k < digits; k++) {
            text[n++] = (char)('0' + random_next() % 10);
            if (k == digits / 2)
                text[n++] = '.';
        }
        n += (size_t)sprintf(text + n, "e%d", (int)(random_next() % 680) - 340);
        ck_assert(parse_double(text, n, &value));
        ck_assert(value == strtod(text, NULL));
        ck_assert(parse_float(text, n, &single));
        ck_assert(single == strtof(text, NULL));
    }
}
END_TEST

START_TEST(the_middle_between_two_doubles_goes_to_the_even_one)
{
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t bits = random_next() & INT64_MAX;
        double low = double_of(bits), high = double_of(bits + 1), value;
        char text[1200];
        int n;

        if (!isfinite(low) || !isfinite(high))
            continue;
        n = snprintf(text, sizeof text, "%.780Le", ((long double)low + high) / 2);
        ck_assert(parse_double(text, (size_t)n, &value));
        ck_assert(value == (bits & 1 ? high : low));
    }
}
END_TEST

START_TEST(doubles_look_as_in_java)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0.0, "0.0" },
        { -0.0, "-0.0" },
        { 1.0, "1.0" },
        { -1.5, "-1.5" },
        { 1e7, "1.0E7" },
        { 9999999, "9999999.0" },
        { 1e-3, "0.001" },
        { 9.999e-4, "9.999E-4" },
        { 123456.789, "123456.789" },
        { 1.7976931348623157e308, "1.7976931348623157E308" },
        { 0.1, "0.1" },
        { 100, "100.0" },
        { 2e23, "2.0E23" },
        { 4.9e-324, "4.9E-324" },
        { 9.9e-324, "9.9E-324" },
        { INFINITY, "Infinity" },
        { -INFINITY, "-Infinity" },
        { NAN, "NaN" },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[FORMAT_DOUBLE_BYTES];

        format_double(text, cases[i].value);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(what_is_not_a_number_is_refused)
{
    static const char *const bad[] = { "",        "+",    ".",    "e1",  "1e",   "1e+",
                                       "1.2.3",   "1x",   " 1",   "1 ",  "--1",  "nan",
                                       "Infinit", "0x10", "1e1.", "1_0", "1e1e1" };
    static const char *const good[] = { "1",
                                        "+1",
                                        "1.",
                                        ".5",
                                        "1e5",
                                        "1E-5",
                                        "-Infinity",
                                        "NaN",
                                        "00000.000001",
                                        "1e999999999999",
                                        "1e-999999999999" };
    double value;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!parse_double(bad[i], strlen(bad[i]), &value), "%s", bad[i]);
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(parse_double(good[i], strlen(good[i]), &value), "%s", good[i]);
    ck_assert(parse_double("1e999999999999", 14, &value) && isinf(value));
    ck_assert(parse_double("1e-999999999999", 15, &value) && value == 0);
}
END_TEST

UNIT_TESTS("base/format_double", every_double_reads_back_from_its_shortest_digits,
           numbers_of_few_digits_have_these_digits,
           what_has_few_digits_is_read_as_the_c_library_reads_it, every_float_reads_back,
           any_number_of_digits_is_rounded_once,
           the_middle_between_two_doubles_goes_to_the_even_one, doubles_look_as_in_java,
           what_is_not_a_number_is_refused)
