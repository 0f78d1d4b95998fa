/*
 * room_test.c - a volume that is full: programs are refused, and go on once they let go of what
 * fills it. The store is the real one, on a disk in memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>

#include "heap/heap_priv.h"
#include "object/array.h"
#include "unit/heap/disk_space.h"

static struct heap_handle handle;

static void
space_up(void)
{
    heap_up();
    join(&worker);
    heap_local_join(&local, &worker);
}

static void
space_down(void)
{
    heap_local_leave(&local);
    pmem_worker_leave(&worker);
    heap_down();
}

static void
setup(void)
{
    disk = test_disk_create(4096); /* 16 MiB */
    ck_assert_int_eq(store_format(disk, 4096), OK);
    space_up();
    heap_handle_open(&handle, WORD_NULL);
}

static void
check_in_stop(void *argument)
{
    (void)argument;
    heap_check();
}

static void
teardown(void)
{
    ck_assert_int_eq(pmem_world_do(&worker, check_in_stop, NULL, 0), OK);
    heap_handle_close(&handle);
    space_down();
    test_disk_free(disk);
}

/* An array of two words and some ballast; 0 and the reason when it cannot be had. */
static ref_t
link_alloc(uint32_t ballast, err_t *err)
{
    ref_t array;

    for (unsigned tries = 0; tries < 10; tries++) {
        if (pmem_poll())
            IGNORE(pmem_safepoint(&worker), "the allocation says so");
        array = heap_alloc_array(&local, CLASS_WORDS, KIND_WORDS, 1 + ballast);
        if (array != 0) {
            for (uint32_t i = 0; i < ballast; i++)
                pmem_store64(array_at(array, KIND_WORDS, 1 + i), word_from_int((int32_t)(i + 1)));
            return array;
        }
        *err = heap_collect(&local, array_bytes(KIND_WORDS, 1 + ballast));
        if (*err != OK)
            return 0;
    }
    *err = ERR_NOSPACE;
    return 0;
}

/* As they come by themselves in a machine. A full volume may refuse. */
static void
snapshot(void)
{
    uint32_t epoch = pmem_snapshot_ask(STORE_CAUSE_INTERVAL);

    pmem_worker_away(&worker);
    IGNORE(pmem_snapshot_wait(epoch), "so be it");
    pmem_worker_back(&worker);
}

/* Keep more and more until it is refused; returns how much was kept. */
static unsigned
fill(uint32_t ballast, err_t *err)
{
    unsigned count = 0;

    *err = OK;
    for (;;) {
        ref_t array = link_alloc(ballast, err);

        if (array == 0)
            return count;
        array_store_word(array, 0, handle.word);
        handle.word = array;
        count++;
        if (count % 500 == 0)
            snapshot();
    }
}

static void
fill_and_let_go(uint32_t ballast)
{
    unsigned first = 0;

    for (unsigned round = 0; round < 4; round++) {
        unsigned count;
        err_t err;

        count = fill(ballast, &err);
        ck_assert_int_eq(err, ERR_NOSPACE);
        ck_assert_uint_gt(count * array_bytes(KIND_WORDS, ballast + 1), 2 << 20);
        if (round == 0)
            first = count;
        ck_assert_uint_ge(count, first / 2); /* what was let go can be had again */
        handle.word = WORD_NULL;
        for (unsigned i = 0; i < 20000; i++) { /* garbage is no burden */
            if (link_alloc(10, &err) == 0)
                ck_abort_msg("garbage is refused in round %u, after %u", round, i);
        }
    }
}

START_TEST(a_full_volume_goes_on_when_small_objects_are_let_go)
{
    fill_and_let_go(10);
}
END_TEST

START_TEST(a_full_volume_goes_on_when_large_objects_are_let_go)
{
    fill_and_let_go(3000);
}
END_TEST

START_TEST(who_was_refused_has_a_little_left_to_clean_up_with)
{
    err_t err = OK;

    fill(10, &err);
    ck_assert_int_eq(err, ERR_NOSPACE);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_ne(link_alloc(10, &err), 0);
    ck_assert(heap.reserve_open);

    handle.word = WORD_NULL;
    fill(10, &err);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_ne(link_alloc(10, &err), 0);
    handle.word = WORD_NULL;
    for (unsigned i = 0; i < 20000; i++) /* at once, now that it did */
        ck_assert_uint_ne(link_alloc(10, &err), 0);
}
END_TEST

START_TEST(zeroed_blocks_are_handed_out_as_zero)
{
    uint64_t block;
    err_t err;
    ref_t array;

    fill(3000, &err);
    handle.word = WORD_NULL;
    heap_room_make(&local, 1);
    array = heap_alloc_array(&local, CLASS_LONGS, KIND_RAW64, 9000);
    ck_assert_uint_ne(array, 0);
    for (uint32_t i = 0; i < 9000; i++)
        ck_assert_uint_eq(pmem_load64(array_at(array, KIND_RAW64, i)), 0);
    ck_assert_int_eq(heap_collect_full(&local), OK);
    block = 0;
    for (uint64_t i = 0; i < heap.blocks_used / 64; i++)
        block += (uint64_t)__builtin_popcountll(heap.zero_bits[i] & heap.free_bits[i]);
    ck_assert_uint_gt(block, 20); /* a full collection does not forget them */
}
END_TEST

static uint64_t
pages_mapped(void)
{
    struct store_stats stats;

    store_stats_get(store, &stats);
    return stats.pages_mapped;
}

/* Keep so many links, let go of them, and let what is there be committed. */
static void
burst(unsigned count)
{
    err_t err;

    for (unsigned i = 0; i < count; i++) {
        ref_t array = link_alloc(10, &err);

        array_store_word(array, 0, handle.word);
        handle.word = array;
    }
    snapshot();
    handle.word = WORD_NULL;
}

#define BURST_PAGES (40000 * 104 / PAGE_BYTES) /* of burst(40000) */
#define SPARE_PAGES 500 /* two nurseries, and what old space takes until the next collection */

START_TEST(what_a_burst_has_left_is_given_back)
{
    uint64_t before;
    err_t err;

    burst(40000);
    before = pages_mapped();
    ck_assert_uint_gt(before, BURST_PAGES);
    for (unsigned i = 0; i < 400; i++) {
        ck_assert_uint_ne(link_alloc(3000, &err), 0); /* garbage that is born old */
        if (i % 100 == 0)
            snapshot();
    }
    snapshot();
    ck_assert_uint_eq(heap.surplus, 0);
    ck_assert_uint_le(pages_mapped(), SPARE_PAGES);
}
END_TEST

START_TEST(a_full_collection_that_was_asked_for_gives_all_back_and_rests)
{
    burst(40000);
    ck_assert_int_eq(heap_collect_full(&local), OK);
    snapshot();
    ck_assert_uint_eq(heap.surplus, 0);
    ck_assert_uint_le(pages_mapped(), SPARE_PAGES);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    ck_assert_uint_ne(pmem_epoch_quiet(), 0); /* nobody writes any more */
}
END_TEST

START_TEST(what_was_given_back_before_a_restart_is_not_written_again)
{
    struct pmem_stats stats;

    burst(40000);
    ck_assert_int_eq(heap_collect_full(&local), OK);
    snapshot();
    heap_handle_close(&handle);
    space_down();
    space_up();
    heap_handle_open(&handle, WORD_NULL);
    ck_assert_int_eq(heap_collect_full(&local), OK);
    pmem_stats_get(&stats);
    ck_assert_uint_le(stats.first_writes, BURST_PAGES / 2);
    ck_assert_uint_eq(heap.surplus, 0);
}
END_TEST

START_TEST(the_nursery_suits_the_volume)
{
    ck_assert_uint_eq(heap_nursery_for(8ull << 20), 256 << 10);
    ck_assert_uint_eq(heap_nursery_for(64ull << 20), 512 << 10);
    ck_assert_uint_eq(heap_nursery_for((64ull << 20) + 4096), 512 << 10);
    ck_assert_uint_eq(heap_nursery_for(256ull << 20), 2 << 20);
    ck_assert_uint_eq(heap_nursery_for(64ull << 30), 2 << 20);
}
END_TEST

/* ---- huge objects, beside the collector ---- */

#define HUGE_LONGS (640u * 1024) /* of 5 MiB: two fit into the volume, but not at the worst */

static void
setup_beside(void)
{
    background = true;
    setup();
}

static ref_t
huge_alloc(uint32_t longs)
{
    return heap_alloc_array(&local, CLASS_LONGS, KIND_RAW64, longs);
}

/* Write to each page of the array that the handle holds, as a program does. */
static void
huge_fill(uint32_t longs)
{
    for (uint32_t i = 0; i < longs; i += PAGE_BYTES / 8) {
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
        pmem_store64(array_at(handle.word, KIND_RAW64, i), i + 1);
    }
}

static void
huge_keep(void)
{
    ck_assert_int_eq(heap_collect(&local, 0), OK); /* opens the nursery */
    handle.word = huge_alloc(HUGE_LONGS);
    ck_assert_uint_ne(handle.word, 0);
    huge_fill(HUGE_LONGS);
    snapshot();
}

START_TEST(what_may_never_be_filled_is_not_asked_for)
{
    ck_assert_int_eq(heap_collect(&local, 0), OK);
    ck_assert_uint_ne(huge_alloc(8u << 20), 0); /* four times the volume */
    heap_huge_asked();
    ck_assert_int_eq(heap_collect(&local, array_bytes(KIND_RAW64, 8u << 20)), OK);
}
END_TEST

START_TEST(a_huge_object_is_refused_before_it_is_filled_and_the_next_may_try)
{
    huge_keep();
    ck_assert_uint_eq(huge_alloc(HUGE_LONGS * 2), 0);
    ck_assert_int_eq(heap_collect(&local, array_bytes(KIND_RAW64, HUGE_LONGS * 2)), ERR_NOSPACE);
    handle.word = huge_alloc(HUGE_LONGS); /* it might fit, so it is not asked for a second time */
    ck_assert_uint_ne(handle.word, 0);
    huge_fill(HUGE_LONGS);
}
END_TEST

START_TEST(where_there_is_room_a_huge_object_comes_after_one_question)
{
    ck_assert_int_eq(heap_collect(&local, 0), OK);
    heap.unasked = heap.unasked_max;
    ck_assert_uint_eq(huge_alloc(HUGE_LONGS), 0);
    ck_assert_int_eq(heap_collect(&local, array_bytes(KIND_RAW64, HUGE_LONGS)), OK);
    ck_assert_uint_ne(huge_alloc(HUGE_LONGS), 0);
}
END_TEST

START_TEST(room_is_made_for_a_huge_object_before_it_is_filled)
{
    struct pmem_stats before, after;

    huge_keep();
    handle.word = WORD_NULL;
    ck_assert_uint_eq(huge_alloc(HUGE_LONGS), 0);
    ck_assert_int_eq(heap_collect(&local, array_bytes(KIND_RAW64, HUGE_LONGS)), OK);
    handle.word = huge_alloc(HUGE_LONGS);
    ck_assert_uint_ne(handle.word, 0);
    pmem_stats_get(&before);
    huge_fill(HUGE_LONGS);
    pmem_stats_get(&after);
    ck_assert_uint_le(after.snapshots - before.snapshots, 2);
}
END_TEST

static void
free_in_stop(void *argument)
{
    (void)argument;
    ck_assert_int_eq(heap_full(UINT64_MAX), OK);
}

/* Take the credit that there is, but for some pages; returns how much that was. */
static uint64_t
credit_drain(uint64_t left)
{
    uint64_t taken = 0;

    for (uint64_t pages = 4096; pages > 0; pages /= 2) {
        while (pmem_reserve(&worker, pages) == OK)
            taken += pages;
    }
    ck_assert_uint_gt(taken, left);
    pmem_unreserve(&worker, left);
    return taken - left;
}

START_TEST(without_credit_to_zero_used_blocks_a_huge_object_has_new_ones)
{
    uint64_t used, taken;
    ref_t array;

    huge_keep();
    handle.word = WORD_NULL;
    ck_assert_int_eq(pmem_world_do(&worker, free_in_stop, NULL, 0), OK);
    used = heap.blocks_used;
    taken = credit_drain(20);
    array = huge_alloc(HUGE_LONGS);
    pmem_unreserve(&worker, taken);
    ck_assert_uint_ge(array, heap_block_at(used));
    ck_assert_uint_eq(pmem_load64(array_at(array, KIND_RAW64, HUGE_LONGS - 1)), 0);
}
END_TEST

START_TEST(blocks_that_were_refused_are_as_zero_as_before)
{
    uint64_t taken;

    ck_assert_int_eq(heap_collect(&local, 0), OK);
    taken = credit_drain(0);
    ck_assert_uint_eq(huge_alloc(HUGE_LONGS), 0);
    ck_assert_uint_eq(huge_alloc(3000), 0);
    pmem_unreserve(&worker, taken);
    ck_assert_uint_eq(heap_blocks_dirty(), 0);
    ck_assert_uint_ge(heap.free_count, HUGE_LONGS * 8 >> HEAP_BLOCK_SHIFT);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("room");
    TCase *tcase = tcase_create("room");

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_full_volume_goes_on_when_small_objects_are_let_go);
    tcase_add_test(tcase, a_full_volume_goes_on_when_large_objects_are_let_go);
    tcase_add_test(tcase, who_was_refused_has_a_little_left_to_clean_up_with);
    tcase_add_test(tcase, zeroed_blocks_are_handed_out_as_zero);
    tcase_add_test(tcase, what_a_burst_has_left_is_given_back);
    tcase_add_test(tcase, a_full_collection_that_was_asked_for_gives_all_back_and_rests);
    tcase_add_test(tcase, what_was_given_back_before_a_restart_is_not_written_again);
    tcase_add_test(tcase, the_nursery_suits_the_volume);
    tcase = tcase_create("room for huge objects");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup_beside, teardown);
    tcase_add_test(tcase, what_may_never_be_filled_is_not_asked_for);
    tcase_add_test(tcase, a_huge_object_is_refused_before_it_is_filled_and_the_next_may_try);
    tcase_add_test(tcase, where_there_is_room_a_huge_object_comes_after_one_question);
    tcase_add_test(tcase, room_is_made_for_a_huge_object_before_it_is_filled);
    tcase_add_test(tcase, without_credit_to_zero_used_blocks_a_huge_object_has_new_ones);
    tcase_add_test(tcase, blocks_that_were_refused_are_as_zero_as_before);
    return run(suite);
}
