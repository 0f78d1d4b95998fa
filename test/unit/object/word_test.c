/*
 * word_test.c - immediates: every value comes back as it was, and no two are the same word.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/word.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void
check_double(uint64_t bits)
{
    word_t word;

    if (!double_fits_word(bits))
        return;
    word = word_from_double_bits(bits);
    ck_assert_int_eq(word_tag(word), TAG_DOUBLE);
    ck_assert_uint_eq(word_to_double_bits(word), bits);
}

START_TEST(every_exponent_at_its_edges_comes_back)
{
    static const uint64_t mantissas[] = {
        0, 1, 2, 0xfffffffffffffull, 0xffffffffffffeull, 0x8000000000000ull, 0x7ffffffffffffull
    };

    for (uint64_t exponent = 0; exponent < 2048; exponent++) {
        for (unsigned m = 0; m < sizeof mantissas / sizeof mantissas[0]; m++) {
            for (uint64_t sign = 0; sign < 2; sign++) {
                uint64_t bits = sign << 63 | exponent << 52 | mantissas[m];
                bool middle = exponent >= 896 && exponent < 1152;
                bool zero = exponent == 0 && mantissas[m] == 0;
                bool taken = exponent == 896 && mantissas[m] == 0; /* by the zeroes */

                ck_assert_int_eq(double_fits_word(bits), (middle && !taken) || zero);
                check_double(bits);
            }
        }
    }
}
END_TEST

START_TEST(the_neighbours_of_every_edge_come_back)
{
    static const double edges[] = { 0x1p-127, 0x1p-126, 0x1p128, 0x1p127, 1.0, 0x1p-1022, DBL_MAX };

    for (unsigned i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        for (int64_t step = -2000; step <= 2000; step++) {
            uint64_t bits = bits_of(edges[i]) + (uint64_t)step;

            check_double(bits);
            check_double(bits | 1ull << 63);
        }
    }
}
END_TEST

START_TEST(common_doubles_need_no_memory_and_strange_ones_do)
{
    ck_assert(double_fits_word(bits_of(0.0)));
    ck_assert(double_fits_word(bits_of(-0.0)));
    ck_assert(double_fits_word(bits_of(1.0)));
    ck_assert(double_fits_word(bits_of(-3.25e30)));
    ck_assert(double_fits_word(bits_of(1e-30)));
    ck_assert(!double_fits_word(bits_of(1e300)));
    ck_assert(!double_fits_word(bits_of(1e-300)));
    ck_assert(!double_fits_word(bits_of(INFINITY)));
    ck_assert(!double_fits_word(bits_of(NAN)));
    ck_assert(!double_fits_word(1)); /* the smallest number there is */
    ck_assert_uint_ne(word_from_double_bits(bits_of(0.0)), word_from_double_bits(bits_of(-0.0)));
}
END_TEST

START_TEST(random_doubles_come_back)
{
    uint64_t x = 88172645463325252ull;

    for (unsigned i = 0; i < 2000000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        check_double(x);
    }
}
END_TEST

START_TEST(longs_fit_up_to_61_bits)
{
    const int64_t edge = 1ll << 60;

    ck_assert(long_fits_word(edge - 1));
    ck_assert(!long_fits_word(edge));
    ck_assert(long_fits_word(-edge));
    ck_assert(!long_fits_word(-edge - 1));
    ck_assert_int_eq(word_to_long(word_from_long(edge - 1)), edge - 1);
    ck_assert_int_eq(word_to_long(word_from_long(-edge)), -edge);
    ck_assert_int_eq(word_to_long(word_from_long(-1)), -1);
    ck_assert_int_eq(word_tag(word_from_long(-1)), TAG_LONG);
}
END_TEST

START_TEST(the_small_immediates_come_back)
{
    ck_assert_int_eq(word_to_int(word_from_int(INT32_MIN)), INT32_MIN);
    ck_assert_int_eq(word_to_int(word_from_int(INT32_MAX)), INT32_MAX);
    ck_assert_int_eq(word_to_int(word_from_int(-1)), -1);
    ck_assert_uint_eq(word_to_float_bits(word_from_float_bits(0xff800001u)), 0xff800001u);
    ck_assert_uint_eq(word_to_unsigned(word_from_char(0xffff)), 0xffff);
    ck_assert_uint_eq(word_to_unsigned(word_from_code_point(0x10ffff)), 0x10ffff);
    ck_assert_uint_eq(word_to_unsigned(word_from_boolean(true)), 1);
    ck_assert_uint_ne(word_from_boolean(false), WORD_NULL);
}
END_TEST

START_TEST(only_aligned_addresses_but_null_are_references)
{
    ck_assert(word_is_ref(0x200400000000ull));
    ck_assert(!word_is_ref(WORD_NULL));
    ck_assert(!word_is_ref(word_from_int(0)));
    ck_assert(!word_is_ref(word_from_boolean(false)));
    ck_assert(!word_is_ref(word_from_double_bits(0)));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("word");
    TCase *tcase = tcase_create("word");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, every_exponent_at_its_edges_comes_back);
    tcase_add_test(tcase, the_neighbours_of_every_edge_come_back);
    tcase_add_test(tcase, common_doubles_need_no_memory_and_strange_ones_do);
    tcase_add_test(tcase, random_doubles_come_back);
    tcase_add_test(tcase, longs_fit_up_to_61_bits);
    tcase_add_test(tcase, the_small_immediates_come_back);
    tcase_add_test(tcase, only_aligned_addresses_but_null_are_references);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
