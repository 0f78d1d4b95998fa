/*
 * text_test.c - how far characters move the cursor of a terminal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/text.h"

#include <check.h>

#include "support/suite.h"

START_TEST(a_letter_takes_one_column_and_a_wide_character_two)
{
    static const uint32_t one[] = {
        ' ', 'a', '~', 0xa0, 0xad, 0xe4, 0x416, 0x20ac, 0xd800, 0xfffd
    };
    static const uint32_t two[] = { 0x1100, 0x3042, 0x4e2d, 0xac00, 0xff21, 0x1f600, 0x20000 };

    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
        ck_assert_uint_eq(text_columns(one[i]), 1);
    for (size_t i = 0; i < sizeof two / sizeof two[0]; i++)
        ck_assert_uint_eq(text_columns(two[i]), 2);
}
END_TEST

START_TEST(what_stands_on_others_or_is_not_shown_takes_none)
{
    static const uint32_t none[] = { 0,     '\n',   0x1f,   0x7f,   0x80,   0x9f,
                                     0x300, 0x1160, 0x200b, 0x200d, 0xfe0f, 0xe0100 };

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_uint_eq(text_columns(none[i]), 0);
}
END_TEST

START_TEST(the_ends_of_all_characters_are_known)
{
    ck_assert_uint_eq(text_columns(0x10ffff), 1);
    ck_assert_uint_eq(text_columns(0x10fffe), 1);
}
END_TEST

UNIT_TESTS("base/text", a_letter_takes_one_column_and_a_wide_character_two,
           what_stands_on_others_or_is_not_shown_takes_none, the_ends_of_all_characters_are_known)
