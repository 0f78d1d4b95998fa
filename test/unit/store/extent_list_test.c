/*
 * extent_list_test.c - neighbours are joined, but never to more than an item on disk may hold.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>

#include "store/extent_list_priv.h"
#include "support/suite.h"

START_TEST(neighbours_that_died_alike_are_one_extent)
{
    struct extent_list list = { 0 };

    ck_assert_int_eq(extent_list_add_dead(&list, 100, 5, 7), OK);
    ck_assert_int_eq(extent_list_add_dead(&list, 105, 2, 7), OK);
    ck_assert_int_eq(extent_list_add_dead(&list, 107, 1, 8), OK);
    ck_assert_int_eq(extent_list_add_dead(&list, 109, 1, 8), OK);
    ck_assert_uint_eq(list.count, 3);
    ck_assert_uint_eq(list.items[0].count, 7);
    ck_assert_uint_eq(extent_list_blocks(&list), 9);
    extent_list_free(&list);
}
END_TEST

START_TEST(no_extent_grows_beyond_what_is_read_back)
{
    struct extent_list list = { 0 };

    for (uint64_t i = 0; i < 4; i++)
        ck_assert_int_eq(extent_list_add_dead(&list, 100 + i * 0x60000000, 0x60000000, 7), OK);
    ck_assert_int_eq(extent_list_add_dead(&list, 100 + 4ull * 0x60000000, 1, 7), OK);
    for (size_t i = 0; i < list.count; i++)
        ck_assert_uint_le(list.items[i].count, EXTENT_BLOCKS_MAX);
    ck_assert_uint_eq(extent_list_blocks(&list), 4ull * 0x60000000 + 1);
    extent_list_free(&list);
}
END_TEST

UNIT_TESTS("store/extent_list", neighbours_that_died_alike_are_one_extent,
           no_extent_grows_beyond_what_is_read_back)
