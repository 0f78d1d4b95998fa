/*
 * frame_test.c - no frame is had twice, and none is lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/frame.h"

#include <stdbool.h>
#include <string.h>

#include "arena.h"

#define BLOCK_FRAMES FRAME_RUN_MAX

static bool taken[ARENA_FRAMES];
static uint64_t chance = 88172645463325252ull;

static uint64_t
random_below(uint64_t limit)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % limit;
}

static void
setup(void)
{
    arena_make(PROT_READ | PROT_WRITE, 0);
}

static void
model_take(paddr_t first, size_t count)
{
    ck_assert_uint_ge(first, ARENA);
    ck_assert_uint_le(first + count * FRAME_BYTES, ARENA + ARENA_BYTES);
    for (size_t i = 0; i < count; i++) {
        bool *one = &taken[(first - ARENA) / FRAME_BYTES + i];

        ck_assert(!*one);
        *one = true;
    }
    memset(frame_bytes(first), 0xa5, count * FRAME_BYTES);
}

static void
model_free(paddr_t first, size_t count)
{
    memset(&taken[(first - ARENA) / FRAME_BYTES], 0, count);
    frame_free_run(first, count);
}

/* Everything is in one piece again: that many runs of the largest size can be had. */
static void
check_whole(void)
{
    frame_check();
    ck_assert_uint_eq(frame_free_count(), ARENA_FRAMES);
    for (unsigned i = 0; i < ARENA_FRAMES / BLOCK_FRAMES; i++)
        ck_assert_uint_ne(frame_alloc_run(BLOCK_FRAMES), 0);
    ck_assert_uint_eq(frame_alloc(), 0);
}

START_TEST(every_frame_can_be_had_once_and_given_back)
{
    paddr_t frames[ARENA_FRAMES];

    for (unsigned i = 0; i < ARENA_FRAMES; i++) {
        frames[i] = frame_alloc();
        model_take(frames[i], 1);
    }
    ck_assert_uint_eq(frame_alloc(), 0);
    ck_assert_uint_eq(frame_free_count(), 0);
    for (unsigned i = 0; i < ARENA_FRAMES; i++) {
        unsigned other = (unsigned)random_below(ARENA_FRAMES);
        paddr_t swapped = frames[i];

        frames[i] = frames[other];
        frames[other] = swapped;
    }
    for (unsigned i = 0; i < ARENA_FRAMES; i++) {
        frame_free(frames[i]);
        if (i % 64 == 0)
            frame_check();
    }
    check_whole();
}
END_TEST

START_TEST(runs_of_any_length_do_not_overlap_and_come_back_whole)
{
    struct {
        paddr_t first;
        size_t count;
    } runs[64] = { 0 };

    for (unsigned i = 0; i < 20000; i++) {
        unsigned slot = (unsigned)random_below(64);
        size_t count = 1 + random_below(i % 4 == 0 ? BLOCK_FRAMES : 20);

        if (runs[slot].first) {
            model_free(runs[slot].first, runs[slot].count);
            runs[slot].first = 0;
            continue;
        }
        runs[slot].first = frame_alloc_run(count);
        runs[slot].count = count;
        if (runs[slot].first)
            model_take(runs[slot].first, count);
        if (i % 256 == 0)
            frame_check();
    }
    for (unsigned slot = 0; slot < 64; slot++)
        if (runs[slot].first)
            model_free(runs[slot].first, runs[slot].count);
    check_whole();
}
END_TEST

START_TEST(a_run_is_aligned_to_the_power_of_two_above_its_length)
{
    for (size_t count = 1; count <= BLOCK_FRAMES; count++) {
        size_t power = 1;
        paddr_t run = frame_alloc_run(count);

        while (power < count)
            power *= 2;
        ck_assert_uint_ne(run, 0);
        ck_assert_uint_eq(run % (power * FRAME_BYTES), 0);
        ck_assert_uint_eq(frame_free_count(), ARENA_FRAMES - count);
        frame_free_run(run, count);
    }
    check_whole();
}
END_TEST

START_TEST(the_frames_of_a_run_may_be_given_back_one_by_one)
{
    paddr_t run = frame_alloc_run(300);

    for (unsigned i = 0; i < 300; i++)
        frame_free(run + i * FRAME_BYTES);
    check_whole();
}
END_TEST

START_TEST(what_is_longer_than_a_block_is_refused)
{
    ck_assert_uint_eq(frame_alloc_run(BLOCK_FRAMES + 1), 0);
    ck_assert_uint_eq(frame_free_count(), ARENA_FRAMES);
}
END_TEST

START_TEST(a_frame_given_back_twice_is_a_death)
{
    paddr_t run = frame_alloc_run(64);

    frame_free_run(run, 64);
    frame_free(run + 7 * FRAME_BYTES); /* by now in the middle of a larger block */
}
END_TEST

START_TEST(memory_that_was_never_used_is_not_touched)
{
    arena_make(PROT_NONE, 0); /* a touch would be the end of this process */
    ck_assert_uint_eq(frame_free_count(), ARENA_FRAMES);
    for (unsigned i = 0; i < ARENA_FRAMES / BLOCK_FRAMES; i++)
        ck_assert_uint_ne(frame_alloc_run(BLOCK_FRAMES), 0);
}
END_TEST

START_TEST(memory_that_ends_anywhere_is_handed_out_to_its_end)
{
    arena_make(PROT_READ | PROT_WRITE, 77);
    frame_check();
    for (unsigned i = 0; i < ARENA_FRAMES - 77; i++) {
        paddr_t frame = frame_alloc();

        model_take(frame, 1);
        ck_assert_uint_lt(frame, ARENA + ARENA_BYTES - 77ull * FRAME_BYTES);
    }
    ck_assert_uint_eq(frame_alloc(), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("mm/frame");
    TCase *tcase = tcase_create("frame"), *own = tcase_create("own arena");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, every_frame_can_be_had_once_and_given_back);
    tcase_add_test(tcase, runs_of_any_length_do_not_overlap_and_come_back_whole);
    tcase_add_test(tcase, a_run_is_aligned_to_the_power_of_two_above_its_length);
    tcase_add_test(tcase, the_frames_of_a_run_may_be_given_back_one_by_one);
    tcase_add_test(tcase, what_is_longer_than_a_block_is_refused);
    tcase_add_test_raise_signal(tcase, a_frame_given_back_twice_is_a_death, SIGABRT);
    suite_add_tcase(suite, tcase);
    tcase_add_test(own, memory_that_was_never_used_is_not_touched);
    tcase_add_test(own, memory_that_ends_anywhere_is_handed_out_to_its_end);
    suite_add_tcase(suite, own);
    return arena_run(suite);
}
