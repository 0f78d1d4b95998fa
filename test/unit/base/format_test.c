/*
 * format_test.c - text made of values agrees with the C library's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[200], theirs[200];                                                               \
        size_t length = format(ours, sizeof ours, __VA_ARGS__);                                    \
                                                                                                   \
        ck_assert_uint_eq(length, (size_t)snprintf(theirs, sizeof theirs, __VA_ARGS__));           \
        ck_assert_str_eq(ours, theirs);                                                            \
    } while (0)

START_TEST(integers_look_as_the_c_library_prints_them)
{
    static const int values[] = { 0, 1, -1, 7, -42, 255, 2147483647, -2147483647 - 1 };

    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        int v = values[i];

        SAME("%d|%i|%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d|%-8.3d|", v, v, v, v, v, v, v, v, v, v);
        SAME("%u|%x|%X|%#x|%#X|%08x|%#010x|%o|%#o|%12u|%-12x|", v, v, v, v, v, v, v, v, v, v, v);
        SAME("%hhd|%hd|%hhu|%hx|", (signed char)v, (short)v, (unsigned char)v, (unsigned short)v);
    }
    SAME("%lu|%lld|%zu|%ld|%td|%jd", 1ul << 63, -1ll - INT64_MAX, (size_t)9, -5l, (ptrdiff_t)-3,
         (intmax_t)INT64_MIN);
    SAME("%.0d|%.0u|%.0x", 0, 0u, 0u);
}
END_TEST

static void
check_long(int64_t value)
{
    char ours[FORMAT_LONG_BYTES], theirs[30];
    size_t length = format_long(ours, value);

    ck_assert_uint_eq(length, (size_t)snprintf(theirs, sizeof theirs, "%" PRId64, value));
    ck_assert_mem_eq(ours, theirs, length);
}

START_TEST(a_long_is_written_in_decimal_whatever_its_size)
{
    check_long(0);
    check_long(INT64_MAX);
    check_long(INT64_MIN);
    for (int64_t power = 1; power < INT64_MAX / 10; power *= 10) {
        for (int64_t near = -1; near <= 1; near++) {
            check_long(power + near);
            check_long(-power + near);
        }
    }
}
END_TEST

START_TEST(texts_are_cut_and_padded)
{
    SAME("%s|%10s|%-10s|%.2s|%.*s|%*d|%-*d|%%|%c|%3c|%-3c|", "ab", "ab", "ab", "abc", 1, "xyz", 6,
         3, 6, 3, 'a', 'b', 'c');
    SAME("%.3s", "ab");
    SAME("%p", (void *)0x1234);
}
END_TEST

START_TEST(a_short_buffer_takes_what_fits_and_the_length_counts_all)
{
    char buffer[5] = "....";

    ck_assert_uint_eq(format(buffer, sizeof buffer, "%s", "abcdefgh"), 8);
    ck_assert_str_eq(buffer, "abcd");
    ck_assert_uint_eq(format(NULL, 0, "%d", 12345), 5);
    ck_assert_uint_eq(format(buffer, 1, "xyz"), 3);
    ck_assert_str_eq(buffer, "");
}
END_TEST

START_TEST(what_is_not_known_is_printed_as_it_stands)
{
    const char *text = "%y %", *volatile string = "%s";
    char buffer[20];
    size_t (*unchecked)(char *, size_t, const char *, ...) = format;

    unchecked(buffer, sizeof buffer, text);
    ck_assert_str_eq(buffer, "%y %");
    unchecked(buffer, sizeof buffer, string, NULL);
    ck_assert_str_eq(buffer, "(null)");
}
END_TEST

UNIT_TESTS("base/format", integers_look_as_the_c_library_prints_them,
           a_long_is_written_in_decimal_whatever_its_size, texts_are_cut_and_padded,
           a_short_buffer_takes_what_fits_and_the_length_counts_all,
           what_is_not_known_is_printed_as_it_stands)
