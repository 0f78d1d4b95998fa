/*
 * cycle_test.c - full collections beside the program: what lives stays, what died goes, whatever is
 * allocated, promoted, stored and committed meanwhile.
 *
 * Each cycle is proved before it frees: a mark in the stopped world finds nothing that is
 * condemned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include "heap/heap_priv.h"

static struct heap_handle handle;

static void
setup(void)
{
    space_heap = (struct heap_options){
        .nursery_bytes = 512 << 10, .move_always = true, .background = true, .prove_cycles = true
    };
    space_start();
    space_make_pair_class();
    heap_handle_open(&handle, WORD_NULL);
    heap.full_bytes_min = 2 << 20;
}

static void
teardown(void)
{
    space_check();
    heap_handle_close(&handle);
    space_stop();
}

static void
full(void)
{
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    space_check();
}

/* A ring of `count` pairs, reached by the handle. */
static void
make_ring(unsigned count, uint64_t id)
{
    struct heap_handle first;

    heap_handle_open(&first, space_pair(id));
    handle.word = first.word;
    for (unsigned i = 1; i < count; i++) {
        ref_t pair = space_pair(id + i);

        pair_set(pair, 0, handle.word);
        handle.word = pair;
    }
    pair_set(first.word, 0, handle.word);
    heap_handle_close(&first);
}

static void
check_ring(unsigned count, uint64_t id)
{
    word_t at = handle.word;

    for (unsigned i = count; i-- > 0; at = pair_get(at, 0))
        ck_assert_uint_eq(pair_id(at), id + i);
    ck_assert_uint_eq(at, handle.word);
}

START_TEST(a_ring_that_nobody_reaches_is_freed)
{
    uint64_t free;

    make_ring(50000, 0);
    full();
    check_ring(50000, 0);
    free = heap.free_count;
    handle.word = WORD_NULL;
    full();
    ck_assert_uint_ge(heap.free_count, free + 50000 * PAIR_BYTES / HEAP_BLOCK_BYTES - 4);
    ck_assert_uint_le(heap.bytes_live, 4096);
    ck_assert_uint_eq(heap.stats.full_ns_max, 0);
}
END_TEST

START_TEST(old_space_does_not_grow_while_garbage_is_made)
{
    uint64_t used = 0;

    for (unsigned round = 0; round < 60; round++) {
        make_ring(30000, round);
        check_ring(30000, round);
        if (round == 20)
            used = heap.blocks_used;
    }
    ck_assert_uint_le(heap.blocks_used, used + used / 2);
    ck_assert_uint_gt(heap.stats.full_collections, 5);
    ck_assert_uint_eq(heap.stats.full_ns_max, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("heap/cycle");
    TCase *tcase = tcase_create("cycle");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_ring_that_nobody_reaches_is_freed);
    tcase_add_test(tcase, old_space_does_not_grow_while_garbage_is_made);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
