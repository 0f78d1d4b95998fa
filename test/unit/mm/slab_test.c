/*
 * slab_test.c - small pieces: zeroed, apart, and their frames come back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/slab.h"

#include <stdbool.h>
#include <string.h>

#include "arena.h"

#define CLASSES_MAX 32 /* each may keep one empty slab */

static void
setup(void)
{
    arena_make(PROT_READ | PROT_WRITE, 0);
}

static bool
is_filled(const uint8_t *piece, size_t bytes, uint8_t with)
{
    for (size_t i = 0; i < bytes; i++)
        if (piece[i] != with)
            return false;
    return true;
}

START_TEST(a_piece_of_any_size_is_zeroed_and_aligned_and_nobody_elses)
{
    uint8_t *pieces[SLAB_BYTES_MAX + 1];

    for (unsigned round = 0; round < 3; round++) {
        for (size_t bytes = 1; bytes <= SLAB_BYTES_MAX; bytes++) {
            pieces[bytes] = slab_alloc(bytes);
            ck_assert_ptr_nonnull(pieces[bytes]);
            ck_assert_uint_eq((uintptr_t)pieces[bytes] % 16, 0);
            ck_assert(is_filled(pieces[bytes], bytes, 0));
            memset(pieces[bytes], (uint8_t)bytes, bytes);
        }
        for (size_t bytes = 1; bytes <= SLAB_BYTES_MAX; bytes++)
            ck_assert(is_filled(pieces[bytes], bytes, (uint8_t)bytes));
        for (size_t bytes = 1; bytes <= SLAB_BYTES_MAX; bytes++)
            slab_free(pieces[bytes], bytes);
    }
    ck_assert_uint_ge(frame_free_count(), ARENA_FRAMES - CLASSES_MAX);
    frame_check();
}
END_TEST

START_TEST(all_memory_can_be_had_in_pieces_and_comes_back)
{
    size_t bytes = 496, count = 0;
    void *last = NULL;
    void **piece;

    while ((piece = slab_alloc(bytes)) != NULL) {
        *piece = last;
        last = (void *)piece;
        count++;
    }
    ck_assert_uint_eq(count, ARENA_FRAMES * 8);
    ck_assert_uint_eq(frame_free_count(), 0);
    while (last) {
        piece = last;
        last = *piece;
        slab_free((void *)piece, bytes);
    }
    ck_assert_uint_ge(frame_free_count(), ARENA_FRAMES - 1);
}
END_TEST

START_TEST(a_size_that_comes_and_goes_keeps_its_frame)
{
    slab_free(slab_alloc(100), 100);
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_uint_eq(frame_free_count(), ARENA_FRAMES - 1);
        slab_free(slab_alloc(100), 100);
    }
}
END_TEST

START_TEST(a_piece_given_back_as_another_size_is_a_death)
{
    slab_free(slab_alloc(100), 1000);
}
END_TEST

START_TEST(an_address_within_a_piece_is_a_death)
{
    slab_free((uint8_t *)slab_alloc(100) + 16, 100);
}
END_TEST

START_TEST(nothing_is_a_piece_too)
{
    slab_free(NULL, 100);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("mm/slab");
    TCase *tcase = tcase_create("slab");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_piece_of_any_size_is_zeroed_and_aligned_and_nobody_elses);
    tcase_add_test(tcase, all_memory_can_be_had_in_pieces_and_comes_back);
    tcase_add_test(tcase, a_size_that_comes_and_goes_keeps_its_frame);
    tcase_add_test_raise_signal(tcase, a_piece_given_back_as_another_size_is_a_death, SIGABRT);
    tcase_add_test_raise_signal(tcase, an_address_within_a_piece_is_a_death, SIGABRT);
    tcase_add_test(tcase, nothing_is_a_piece_too);
    suite_add_tcase(suite, tcase);
    return arena_run(suite);
}
