/*
 * character_test.c - UTF-8 and widths.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "console/character.h"

#include <check.h>

#include "support/suite.h"

/* By the definition, with nothing clever. */
static unsigned
encode(uint32_t character, uint8_t *bytes)
{
    if (character < 0x80) {
        bytes[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (uint8_t)(0xc0 | character >> 6);
        bytes[1] = (uint8_t)(0x80 | (character & 63));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (uint8_t)(0xe0 | character >> 12);
        bytes[1] = (uint8_t)(0x80 | (character >> 6 & 63));
        bytes[2] = (uint8_t)(0x80 | (character & 63));
        return 3;
    }
    bytes[0] = (uint8_t)(0xf0 | character >> 18);
    bytes[1] = (uint8_t)(0x80 | (character >> 12 & 63));
    bytes[2] = (uint8_t)(0x80 | (character >> 6 & 63));
    bytes[3] = (uint8_t)(0x80 | (character & 63));
    return 4;
}

START_TEST(every_character_is_read_as_it_was_written_and_nothing_else_is)
{
    for (uint32_t character = 0; character < 0x140000; character++) {
        uint8_t bytes[4];
        unsigned count = encode(character, bytes);
        int good = character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);

        if (character_bytes(bytes[0]) == 0) {
            ck_assert(!good);
            continue;
        }
        ck_assert_uint_eq(character_bytes(bytes[0]), count);
        ck_assert_uint_eq(character_decode(bytes, count), good ? character : UINT32_MAX);
    }
}
END_TEST

START_TEST(what_is_longer_than_needed_or_cut_short_is_no_character)
{
    ck_assert_uint_eq(character_bytes(0x80), 0);
    ck_assert_uint_eq(character_bytes(0xc1), 0);
    ck_assert_uint_eq(character_bytes(0xf5), 0);
    ck_assert_uint_eq(character_decode((const uint8_t *)"\xe0\x80\x80", 3), UINT32_MAX);
    ck_assert_uint_eq(character_decode((const uint8_t *)"\xe2\x82"
                                                        "a",
                                       3),
                      UINT32_MAX);
    ck_assert_uint_eq(character_decode((const uint8_t *)"\xf0\x8f\xbf\xbf", 4), UINT32_MAX);
}
END_TEST

START_TEST(widths_are_those_of_a_terminal)
{
    ck_assert_uint_eq(character_columns('a'), 1);
    ck_assert_uint_eq(character_columns(0xe4), 1);
    ck_assert_uint_eq(character_columns(0x301), 0);
    ck_assert_uint_eq(character_columns(0x4e2d), 2);
    ck_assert_uint_eq(character_columns(0xac00), 2);
    ck_assert_uint_eq(character_columns(0x1f600), 2);
    ck_assert_uint_eq(character_columns(0x200d), 0);
    ck_assert_uint_eq(character_columns(0x2500), 1);
    ck_assert_uint_eq(character_columns(0x10ffff), 1);
}
END_TEST

UNIT_TESTS("console/character", every_character_is_read_as_it_was_written_and_nothing_else_is,
           what_is_longer_than_needed_or_cut_short_is_no_character, widths_are_those_of_a_terminal)
