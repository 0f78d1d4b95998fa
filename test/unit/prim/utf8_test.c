/*
 * utf8_test.c - whatever bytes come in, text comes out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BAD 0xfffd

static void
decodes(const char *bytes, size_t count, const uint16_t *wanted, size_t wanted_count)
{
    uint16_t units[64];
    size_t unit_count = 99;

    ck_assert_uint_eq(utf8_to_units((const uint8_t *)bytes, count, true, units, &unit_count),
                      count);
    ck_assert_uint_eq(unit_count, wanted_count);
    for (size_t i = 0; i < wanted_count; i++)
        ck_assert_uint_eq(units[i], wanted[i]);
}

#define DECODES(bytes, ...)                                                                        \
    do {                                                                                           \
        const uint16_t wanted_[] = { __VA_ARGS__ };                                                \
        decodes(bytes, sizeof(bytes) - 1, wanted_, sizeof(wanted_) / sizeof(wanted_[0]));          \
    } while (0)

START_TEST(good_text_is_decoded)
{
    DECODES("az", 'a', 'z');
    DECODES("\xc3\xa9", 0xe9);
    DECODES("\xe2\x82\xac", 0x20ac);
    DECODES("\xf0\x9f\x98\x80", 0xd83d, 0xde00);
    DECODES("\xf4\x8f\xbf\xbf", 0xdbff, 0xdfff);
    DECODES("\xed\x9f\xbf\xee\x80\x80", 0xd7ff, 0xe000);
}
END_TEST

START_TEST(what_is_no_utf8_becomes_a_replacement_for_each_longest_beginning)
{
    DECODES("\x80", BAD);
    DECODES("\xff\xfe", BAD, BAD);
    DECODES("\xc0\xaf", BAD, BAD);                   /* overlong */
    DECODES("\xe0\x80\xaf", BAD, BAD, BAD);          /* overlong */
    DECODES("\xed\xa0\x80", BAD, BAD, BAD);          /* a surrogate */
    DECODES("\xf4\x90\x80\x80", BAD, BAD, BAD, BAD); /* beyond the last character */
    DECODES("\xe2\x82z", BAD, 'z');
    DECODES("\xf0\x9f\x98z", BAD, 'z');
    DECODES("\xc3z", BAD, 'z');
}
END_TEST

START_TEST(a_character_that_is_cut_off_waits_for_its_rest)
{
    static const uint8_t bytes[] = { 'a', 0xe2, 0x82, 0xac, 'b' };
    uint16_t units[8];
    size_t count;

    ck_assert_uint_eq(utf8_to_units(bytes, 2, false, units, &count), 1);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(utf8_to_units(bytes, 3, false, units, &count), 1);
    ck_assert_uint_eq(utf8_to_units(bytes + 1, 4, false, units, &count), 4);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(units[0], 0x20ac);
    ck_assert_uint_eq(utf8_to_units(bytes, 3, true, units, &count), 3);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(units[1], BAD);
}
END_TEST

START_TEST(no_bytes_make_more_units_than_there_are_bytes)
{
    uint8_t bytes[16];
    uint16_t units[16];
    uint64_t state = 1;

    for (int i = 0; i < 200000; i++) {
        size_t count;

        for (size_t j = 0; j < sizeof(bytes); j++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[j] = (uint8_t)(state >> 56) | (uint8_t)(state >> 40 & 0x80);
        }
        ck_assert_uint_eq(utf8_to_units(bytes, sizeof(bytes), true, units, &count), sizeof(bytes));
        ck_assert_uint_le(count, sizeof(bytes));
        ck_assert_uint_le(utf8_to_units(bytes, sizeof(bytes), false, units, &count), sizeof(bytes));
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("prim/utf8");
    TCase *tcase = tcase_create("utf8");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, good_text_is_decoded);
    tcase_add_test(tcase, what_is_no_utf8_becomes_a_replacement_for_each_longest_beginning);
    tcase_add_test(tcase, a_character_that_is_cut_off_waits_for_its_rest);
    tcase_add_test(tcase, no_bytes_make_more_units_than_there_are_bytes);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
