/*
 * arena_test.c - volatile memory that is given back all at once: apart, zeroed, and no more of it
 * than is needed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "support/memory.h"
#include "support/suite.h"
#include "vm/arena_priv.h"

#define PIECES 60

static void
fill_and_compare(struct arena *arena, size_t step)
{
    unsigned char *pieces[PIECES];

    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(arena, 1 + i * step, 1);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_uint_eq((size_t)pieces[i] % 16, 0);
        for (size_t k = 0; k < 1 + i * step; k++)
            ck_assert_uint_eq(pieces[i][k], 0);
        memset(pieces[i], (int)i + 1, 1 + i * step);
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t k = 0; k < 1 + i * step; k++)
            ck_assert_uint_eq(pieces[i][k], i + 1);
    }
}

START_TEST(pieces_of_any_size_are_zeroed_aligned_and_apart)
{
    for (size_t step = 0; step < 600; step = 3 * step + 7) {
        struct arena arena = { 0 };

        fill_and_compare(&arena, step);
        arena_free(&arena);
        fill_and_compare(&arena, step); /* as good as new */
        arena_free(&arena);
    }
}
END_TEST

START_TEST(who_needs_little_takes_little)
{
    struct arena arena = { 0 };
    uint64_t before = test_memory_count();

    for (unsigned i = 0; i < 10; i++)
        ck_assert_ptr_nonnull(arena_alloc(&arena, 3, 100));
    ck_assert_uint_le(arena.bytes, 4096);
    ck_assert_uint_eq(test_memory_count() - before, 1);
    arena_free(&arena);
}
END_TEST

START_TEST(who_needs_much_does_not_ask_for_each_piece)
{
    struct arena arena = { 0 };
    uint64_t before = test_memory_count();

    for (unsigned i = 0; i < 10000; i++)
        ck_assert_ptr_nonnull(arena_alloc(&arena, 1, 100));
    ck_assert_uint_le(test_memory_count() - before, 25);
    ck_assert_uint_le(arena.bytes, 2 * 10000 * 112);
    arena_free(&arena);
}
END_TEST

START_TEST(a_large_piece_does_not_end_the_chunk_of_small_ones)
{
    struct arena arena = { 0 };
    char *small = arena_alloc(&arena, 1, 16);
    char *large = arena_alloc(&arena, 1, 1 << 20);

    ck_assert_ptr_nonnull(large);
    memset(large, 1, 1 << 20);
    ck_assert_ptr_eq(arena_alloc(&arena, 1, 16), small + 16);
    ck_assert_uint_eq(small[16], 0);
    arena_free(&arena);
}
END_TEST

START_TEST(a_limit_holds_and_so_does_a_product_that_is_no_number)
{
    struct arena arena = { .bytes_max = 100000 };
    unsigned count = 0;

    ck_assert_ptr_null(arena_alloc(&arena, 1, 100001));
    while (arena_alloc(&arena, 1, 1000) != NULL)
        count++;
    ck_assert_uint_ge(count, 50);
    ck_assert_uint_le(arena.bytes, 100000);
    ck_assert_ptr_null(arena_alloc(&arena, (size_t)1 << 33, (size_t)1 << 33));
    ck_assert_ptr_nonnull(arena_alloc(&arena, 0, 8));
    arena_free(&arena);
    ck_assert_uint_eq(arena.bytes, 0);
}
END_TEST

START_TEST(no_memory_is_said_and_hurts_nothing)
{
    struct arena arena = { 0 };
    unsigned char *first = arena_alloc(&arena, 1, 3000);

    memset(first, 7, 3000);
    test_memory_fail(1);
    ck_assert_ptr_null(arena_alloc(&arena, 1, 1 << 20));
    test_memory_fail(1);
    while (arena_alloc(&arena, 1, 3000) != NULL)
        ; /* what the chunk has left */
    ck_assert_ptr_nonnull(arena_alloc(&arena, 1, 3000));
    for (unsigned i = 0; i < 3000; i++)
        ck_assert_uint_eq(first[i], 7);
    arena_free(&arena);
}
END_TEST

UNIT_TESTS("vm/arena", pieces_of_any_size_are_zeroed_aligned_and_apart,
           who_needs_little_takes_little, who_needs_much_does_not_ask_for_each_piece,
           a_large_piece_does_not_end_the_chunk_of_small_ones,
           a_limit_holds_and_so_does_a_product_that_is_no_number,
           no_memory_is_said_and_hurts_nothing)
