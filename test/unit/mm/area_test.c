/*
 * area_test.c - pieces of address room: apart, and used again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "arena.h"

static struct area_room room = { .address = 0x1000000, .bytes = 0x10000 };

static void
setup(void)
{
    arena_make(PROT_READ | PROT_WRITE, 0);
}

START_TEST(pieces_lie_side_by_side_and_fill_the_room)
{
    for (uint64_t i = 0; i < 16; i++)
        ck_assert_uint_eq(area_take(&room, 0x1000), 0x1000000 + i * 0x1000);
    ck_assert_uint_eq(area_take(&room, 0x1000), 0);
}
END_TEST

START_TEST(a_piece_that_was_given_back_is_used_again_where_it_fits)
{
    uint64_t first = area_take(&room, 0x2000), second = area_take(&room, 0x3000);
    uint64_t third = area_take(&room, 0x1000);

    area_give(&room, second, 0x3000);
    ck_assert_uint_eq(area_take(&room, 0x4000), third + 0x1000);
    ck_assert_uint_eq(area_take(&room, 0x1000), second);
    ck_assert_uint_eq(area_take(&room, 0x2000), second + 0x1000);
    area_give(&room, first, 0x2000);
    ck_assert_uint_eq(area_take(&room, 0x2000), first);
}
END_TEST

START_TEST(an_address_lies_in_a_piece_or_not)
{
    uint64_t first = area_take(&room, 0x2000), second = area_take(&room, 0x1000);

    ck_assert(area_has(&room, first));
    ck_assert(area_has(&room, second - 1));
    ck_assert(area_has(&room, second + 0xfff));
    ck_assert(!area_has(&room, second + 0x1000));
    ck_assert(!area_has(&room, first - 1));
    area_give(&room, first, 0x2000);
    ck_assert(!area_has(&room, first + 0x1000));
    ck_assert(area_has(&room, second));
}
END_TEST

START_TEST(what_was_never_taken_cannot_be_given_back)
{
    area_give(&room, area_take(&room, 0x2000) + 0x1000, 0x1000);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("mm/area");
    TCase *tcase = tcase_create("area");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, pieces_lie_side_by_side_and_fill_the_room);
    tcase_add_test(tcase, a_piece_that_was_given_back_is_used_again_where_it_fits);
    tcase_add_test(tcase, an_address_lies_in_a_piece_or_not);
    tcase_add_test_raise_signal(tcase, what_was_never_taken_cannot_be_given_back, SIGABRT);
    suite_add_tcase(suite, tcase);
    return arena_run(suite);
}
