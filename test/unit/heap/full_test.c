/*
 * full_test.c - the full collection: cycles go, holes are filled, nothing that lives is touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include <signal.h>

#include "heap/heap_priv.h"
#include "heap/text.h"

static struct heap_handle handle;

static void
setup(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 512 << 10, .move_always = true };
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

static uint64_t
free_blocks(void)
{
    return heap.free_count;
}

static void
full(void)
{
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    ck_assert_uint_eq(heap_nursery_used(), 0);
    space_check();
}

START_TEST(a_cycle_that_nobody_reaches_is_freed)
{
    uint64_t free;

    ring_make(&handle, 50000, 0);
    full();
    ring_check(&handle, 50000, 0);
    free = free_blocks();
    handle.word = WORD_NULL;
    full();
    ck_assert_uint_ge(free_blocks(), free + 50000 * PAIR_BYTES / HEAP_BLOCK_BYTES - 2);
    ck_assert_uint_le(heap.bytes_live, 4096);
}
END_TEST

START_TEST(old_space_does_not_grow_while_garbage_is_made)
{
    uint64_t used = 0;

    for (unsigned round = 0; round < 40; round++) {
        ring_make(&handle, 30000, round);
        ring_check(&handle, 30000, round);
        if (round == 10)
            used = heap.blocks_used;
    }
    ck_assert_uint_le(heap.blocks_used, used + used / 4);
    ck_assert_uint_gt(heap.stats.full_collections, 5);
}
END_TEST

START_TEST(holes_are_filled_by_later_objects)
{
    enum {
        COUNT = 40000
    };
    uint64_t used;

    handle.word = space_alloc_old(array_bytes(KIND_WORDS, COUNT), CLASS_WORDS);
    array_length_set(handle.word, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        ref_t pair = space_pair(i);

        array_store_word(handle.word, i, pair);
    }
    full();
    for (unsigned i = 0; i < COUNT; i++) { /* keep every hundredth run of ten */
        if (i / 10 % 10 != 0)
            array_store_word(handle.word, i, WORD_NULL);
        if (pmem_poll())
            space_safepoint();
    }
    full();
    used = heap.blocks_used;
    for (unsigned i = 0; i < COUNT; i++) {
        if (i / 10 % 10 != 0 && i / 10 % 10 < 6) {
            ref_t pair = space_pair(i);

            array_store_word(handle.word, i, pair);
        }
        if (i % 5000 == 0)
            space_check();
    }
    ck_assert_uint_le(heap.blocks_used, used + 4);
    for (unsigned i = 0; i < COUNT; i++) {
        if (i / 10 % 10 < 6)
            ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), i);
    }
}
END_TEST

static uint32_t
payer_of(ref_t object)
{
    return pmem_load32(heap_descriptor_at(heap_block_of(object)) +
                       offsetof(struct heap_descriptor, application));
}

START_TEST(holes_are_filled_by_their_owner_alone)
{
    heap_local_charge(&space_local, 5);
    for (unsigned i = 0; i < 20000; i++) {
        ref_t pair = space_pair(i);

        if (i % 20 != 0)
            continue;
        pair_set(pair, 0, handle.word);
        handle.word = pair;
    }
    full();
    for (word_t at = handle.word; at != WORD_NULL; at = pair_get(at, 0))
        ck_assert_uint_eq(payer_of(at), 5);
    for (word_t at = handle.word; at != WORD_NULL; at = pair_get(at, 0)) {
        for (unsigned i = 0; i < 9 && pair_get(at, 0) != WORD_NULL; i++) {
            pair_set(at, 0, pair_get(pair_get(at, 0), 0));
            space_safepoint();
        }
    }
    full();
    for (uint32_t payer = 9; payer >= 5; payer -= 4) {
        heap_local_charge(&space_local, payer);
        for (unsigned i = 0; i < 2000; i++) {
            ref_t pair = space_pair(payer);

            pair_set(pair, 0, handle.word);
            handle.word = pair;
        }
        space_scavenge();
        space_scavenge();
        for (word_t at = handle.word; pair_id(at) == payer; at = pair_get(at, 0))
            ck_assert_uint_eq(payer_of(at), payer);
        handle.word = space_pair(1);
    }
    heap_local_charge(&space_local, 0);
}
END_TEST

START_TEST(old_memory_that_is_used_again_is_zero)
{
    struct heap_handle keep;

    heap_handle_open(&keep, WORD_NULL);
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 0; i < 300; i++) {
            uint64_t bytes = 16 + 8 * ((i * 37 + round * 11) % 1500);
            ref_t array = space_alloc_old(bytes, CLASS_LONGS);

            for (uint64_t at = 8; at < bytes; at += 8)
                ck_assert_uint_eq(pmem_load64(array + at), 0);
            array_length_set(array, (uint32_t)(bytes - 16) / 8);
            for (uint64_t at = 16; at < bytes; at += 8)
                pmem_store64(array + at, ~0ull);
            if (i % 7 == 0) {
                handle.word = array;
                array = space_pair(i);
                pair_set(array, 0, keep.word);
                pair_set(array, 1, handle.word);
                keep.word = array;
            }
        }
        full();
    }
    heap_handle_close(&keep);
}
END_TEST

START_TEST(large_objects_are_freed_and_their_blocks_join)
{
    enum {
        BYTES = 200000
    };
    struct heap_handle handles[10];
    uint64_t used;

    space_pair(1); /* the nursery is there */
    for (unsigned i = 0; i < 10; i++) {
        heap_handle_open(&handles[i], WORD_NULL);
        handles[i].word = space_array(CLASS_BYTES, KIND_RAW8, BYTES);
        ck_assert(!ref_is_young(handles[i].word));
        for (unsigned at = 0; at < BYTES; at += 4096) {
            obj_store_raw8(handles[i].word, 16 + at, (uint8_t)i);
            if (pmem_poll())
                space_safepoint();
        }
    }
    used = heap.blocks_used;
    for (unsigned i = 2; i < 8; i++)
        handles[i].word = WORD_NULL;
    full();
    handle.word = space_array(CLASS_BYTES, KIND_RAW8, 5 * BYTES);
    ck_assert_uint_eq(heap.blocks_used, used);
    for (unsigned at = 0; at < 5 * BYTES; at++)
        ck_assert_uint_eq(*(uint8_t *)(handle.word + 16 + at), 0);
    for (unsigned i = 0; i < 10; i++) {
        if (handles[i].word != WORD_NULL)
            ck_assert_uint_eq(*(uint8_t *)(handles[i].word + 16 + 4096), i);
        heap_handle_close(&handles[i]);
    }
}
END_TEST

START_TEST(a_large_array_of_words_holds_what_it_refers_to)
{
    enum {
        COUNT = 100000
    };

    handle.word = space_array(CLASS_WORDS, KIND_WORDS, COUNT);
    for (unsigned i = 0; i < COUNT; i += 3) {
        ref_t pair = space_pair(i);

        array_store_word(handle.word, i, pair);
    }
    full();
    for (unsigned i = 0; i < COUNT; i++) {
        if (i % 3 == 0)
            ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), i);
        else
            ck_assert_uint_eq(array_load_word(handle.word, i), WORD_NULL);
    }
}
END_TEST

START_TEST(classes_methods_and_threads_are_roots_by_their_tables)
{
    ref_t method, class, thread;

    space_alloc_old(512, CLASS_LONGS); /* so that it shares its lines with nobody */
    method = space_alloc_old(sizeof(struct method_object), CLASS_METHOD);
    space_alloc_old(512, CLASS_LONGS);
    SET_WORD(method_object, method, pool, space_pair(1));
    SET_U32(method_object, method, number, 5);
    pmem_store64(SPACE_METHOD_TABLE + 8 * 5, method);
    SET_U32(space_root, SPACE_ROOT, method_count, 6);
    class = pmem_load64(SPACE_CLASS_TABLE + 8 * CLASS_PAIR);
    SET_WORD(class_object, class, statics, space_pair(2));
    thread = space_thread(9, 10);
    SET_WORD(thread_object, thread, prim_word2, space_pair(3));
    heap_thread_ran(thread);
    stack_push(GET_WORD(thread_object, thread, stack), space_pair(4));
    SET_WORD(space_root, SPACE_ROOT, monitors, space_pair(5));
    full();
    for (unsigned i = 0; i < 20000; i++)
        space_pair(99);
    full();
    ck_assert_uint_eq(pair_id(GET_WORD(method_object, method, pool)), 1);
    ck_assert_uint_eq(pair_id(GET_WORD(class_object, class, statics)), 2);
    ck_assert_uint_eq(pair_id(GET_WORD(thread_object, thread, prim_word2)), 3);
    ck_assert_uint_eq(pair_id(stack_at(GET_WORD(thread_object, thread, stack), 0)), 4);
    ck_assert_uint_eq(pair_id(GET_WORD(space_root, SPACE_ROOT, monitors)), 5);
    /* What is behind the counts is not looked at. */
    SET_U32(space_root, SPACE_ROOT, method_count, 5);
    full();
    ck_assert_uint_eq(
        heap.recycle_bits[heap_block_of(method) / 64] >> (heap_block_of(method) % 64) & 1, 1);
}
END_TEST

/* A tree that needs a deep stack: wide and long. */
static void
make_comb(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ref_t array = space_array(CLASS_WORDS, KIND_WORDS, 20);

        array_store_word(array, i % 20, handle.word);
        handle.word = array;
        for (unsigned j = 0; j < 20; j++) {
            if (j != i % 20) {
                ref_t pair = space_pair((uint64_t)i * 20 + j);

                array_store_word(handle.word, j, pair);
            }
        }
    }
}

static void
check_comb(unsigned count)
{
    ref_t array = handle.word;

    for (unsigned i = count; i-- > 0; array = array_load_word(array, i % 20)) {
        for (unsigned j = 0; j < 20; j++) {
            if (j != i % 20)
                ck_assert_uint_eq(pair_id(array_load_word(array, j)), (uint64_t)i * 20 + j);
        }
    }
    ck_assert_uint_eq(array, WORD_NULL);
}

static void
full_in_place(void *argument)
{
    *(err_t *)argument = heap_full(64);
}

START_TEST(without_credit_to_move_them_young_objects_are_marked_where_they_are)
{
    ref_t young, dead, raw;
    err_t err;

    handle.word = space_pair(1);
    pair_set(handle.word, 0, space_alloc_old(PAIR_BYTES, CLASS_PAIR));
    young = handle.word;
    space_alloc_old(1024, CLASS_LONGS);
    dead = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    pair_set(dead, 1, young);
    ck_assert(heap_is_remembered(dead + 16));
    space_alloc_old(1024, CLASS_LONGS);
    ck_assert_int_eq(pmem_world_do(&space_worker, full_in_place, &err, 100), OK);
    ck_assert_int_eq(err, OK);
    ck_assert_uint_eq(handle.word, young);
    ck_assert(ref_is_young(young));
    ck_assert(!heap_is_remembered(dead + 16));
    space_check();
    for (unsigned i = 0; i < 200; i++) { /* raw data that looks like references, where it was */
        raw = space_alloc_old(PAIR_BYTES, CLASS_LONGS);
        array_length_set(raw, 3);
        for (unsigned at = 16; at < PAIR_BYTES; at += 8)
            pmem_store64(raw + at, young);
        if (raw == dead)
            break;
    }
    space_scavenge();
    ck_assert_uint_eq(pmem_load64(raw + 16), young);
    ck_assert_uint_eq(pair_id(handle.word), 1);
    ck_assert_uint_ne(handle.word, young);
}
END_TEST

START_TEST(a_mark_stack_without_room_misses_nothing)
{
    struct heap_stats stats;
    uint64_t live;

    heap.full_bytes_min = 1 << 30;
    make_comb(3000);
    full();
    live = heap.bytes_live;
    check_comb(3000);
    heap.mark_chunks_max = 1;
    full();
    ck_assert_uint_eq(heap.bytes_live, live);
    heap.mark_chunks_max = 0;
    full();
    ck_assert_uint_eq(heap.bytes_live, live);
    heap.mark_chunks_max = UINT64_MAX;
    check_comb(3000);
    heap_stats_get(&stats);
    ck_assert_uint_eq(stats.full_collections, 3);
}
END_TEST

START_TEST(a_full_collection_comes_by_itself_when_enough_was_promoted)
{
    struct heap_stats before, after;

    heap_stats_get(&before);
    for (unsigned i = 0; i < 40; i++)
        ring_make(&handle, 5000, i);
    heap_stats_get(&after);
    ck_assert_uint_gt(after.full_collections, before.full_collections);
    ck_assert_uint_gt(after.freed_blocks, before.freed_blocks);
}
END_TEST

START_TEST(a_limit_is_kept_and_the_program_that_asked_is_told)
{
    ref_t array;
    err_t err = OK;

    heap.options.limit_bytes = 4 << 20;
    for (unsigned i = 0; i < 200 && err == OK; i++) {
        array = heap_alloc_array(&space_local, CLASS_BYTES, KIND_RAW8, 100000);
        if (array == 0) {
            err = heap_collect(&space_local, 100016);
            continue;
        }
        handle.word = space_pair(i); /* garbage is no reason to refuse */
    }
    ck_assert_int_eq(err, OK);
    heap_handle_close(&handle);
    heap_handle_open(&handle, WORD_NULL);
    for (unsigned i = 0; i < 200 && err == OK; i++) {
        array = heap_alloc_array(&space_local, CLASS_WORDS, KIND_WORDS, 12500);
        if (array == 0) {
            err = heap_collect(&space_local, 100016);
            continue;
        }
        array_store_word(array, 0, handle.word);
        handle.word = array;
        space_safepoint();
    }
    ck_assert_int_eq(err, ERR_NOMEM);
    handle.word = WORD_NULL;
    ck_assert_int_eq(heap_collect(&space_local, 100016), OK);
    heap.options.limit_bytes = 0;
}
END_TEST

START_TEST(a_full_volume_refuses_and_changes_nothing)
{
    int64_t credit;
    ref_t pair;

    handle.word = pair = space_pair(6);
    pmem_credit_keep(0);
    credit = fake.credit;
    fake.credit = 2;
    ck_assert(heap_wants_scavenge());
    ck_assert_int_eq(heap_collect(&space_local, 0), ERR_NOSPACE);
    ck_assert_int_eq(heap_collect_full(&space_local), ERR_NOSPACE);
    ck_assert(!heap_wants_scavenge()); /* for now */
    ck_assert_uint_eq(handle.word, pair);
    fake.credit = 0;
    ck_assert_uint_eq(heap_alloc(&space_local, 1 << 20, CLASS_BYTES), 0);
    fake.credit = 2000;
    ck_assert_int_eq(heap_collect(&space_local, 100 << 20), OK); /* it may never be filled */
    heap.unasked = heap.unasked_max;                             /* as if many were */
    ck_assert_int_eq(heap_collect(&space_local, 100 << 20), ERR_NOSPACE);
    ck_assert_int_eq(heap_collect(&space_local, 100 << 20), OK);
    fake.credit = credit;
    space_scavenge();
    ck_assert_uint_eq(pair_id(handle.word), 6);
    ck_assert(!heap_wants_scavenge()); /* it is old, and nothing else is there */
    handle.word = space_pair(7);
    ck_assert(heap_wants_scavenge());
}
END_TEST

START_TEST(a_volume_without_any_room_still_collects)
{
    int64_t credit = fake.credit;

    for (unsigned i = 0; i < 8000; i++)
        handle.word = space_pair(i);
    ck_assert_int_eq(commit(&space_worker), OK);
    space_safepoint();
    fake.credit = 0;
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    ck_assert_uint_eq(pair_id(handle.word), 7999);
    ck_assert_uint_lt(heap_nursery_used(), 2 * HEAP_BLOCK_BYTES);
    fake.credit = credit;
}
END_TEST

START_TEST(a_nearly_full_volume_still_scavenges)
{
    struct heap_plan worst, exact;
    int64_t credit = fake.credit;

    for (unsigned i = 0; i < 8000; i++)
        handle.word = space_pair(i);
    space_safepoint();
    worst = heap_plan_worst();
    exact = heap_plan_exact();
    ck_assert_uint_eq(exact.objects, 1);
    ck_assert_uint_eq(exact.bytes, PAIR_BYTES);
    fake.credit = (int64_t)heap_scavenge_pages(&exact) + 40;
    ck_assert_int_lt(fake.credit, (int64_t)heap_scavenge_pages(&worst));
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    ck_assert_uint_eq(pair_id(handle.word), 7999);
    fake.credit = credit;
}
END_TEST

START_TEST(credit_is_not_lost_over_time)
{
    int64_t before;

    ring_make(&handle, 1000, 0);
    full();
    space_safepoint();
    before = fake.credit_out;
    for (unsigned i = 0; i < 30; i++) {
        ring_make(&handle, 20000, i);
        space_array(CLASS_BYTES, KIND_RAW8, 300000);
        space_alloc_old(100, CLASS_BYTES);
        ck_assert_int_eq(commit(&space_worker), OK);
    }
    heap.full_bytes_min = 1 << 30;
    for (unsigned i = 0; i < 1000; i++) /* of blocks that were never used */
        space_array(CLASS_BYTES, KIND_RAW8, 10000);
    ck_assert_int_eq(commit(&space_worker), OK);
    ck_assert_int_le(fake.credit_out, before + 200);
}
END_TEST

START_TEST(a_page_that_cannot_be_read_ends_the_cycle_and_frees_nothing)
{
    struct heap_stats stats;

    ring_make(&handle, 20000, 0);
    full();
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, handle.word);
    ring_make(&handle, 20000, 0); /* garbage, next time */
    full();
    handle.word = WORD_NULL;
    heap_handle_close(&handle);
    space_restart();
    heap_handle_open(&handle, WORD_NULL);
    fake.corrupt_page =
        space_page_of(pair_get(GET_WORD(space_root, SPACE_ROOT, out_of_memory), 0)) + 9;
    ck_assert_int_eq(heap_collect_full(&space_local), ERR_CORRUPT);
    heap_stats_get(&stats);
    ck_assert_uint_eq(stats.freed_blocks, 0);
    ck_assert_uint_eq(stats.full_collections, 0);
    handle.word = space_pair(8);
    space_scavenge();
    ck_assert_uint_eq(pair_id(handle.word), 8);
    fake.corrupt_page = 0;
    full();
    heap_stats_get(&stats);
    ck_assert_uint_ge(stats.freed_blocks, 20000 * PAIR_BYTES / HEAP_BLOCK_BYTES - 2);
    handle.word = GET_WORD(space_root, SPACE_ROOT, out_of_memory);
    ring_check(&handle, 20000, 0);
}
END_TEST

START_TEST(a_damaged_page_in_the_middle_of_an_object_is_heard_of_too)
{
    handle.word = space_array(CLASS_WORDS, KIND_WORDS, 10000);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, handle.word);
    for (unsigned i = 0; i < 10000; i += 100)
        array_store_word(handle.word, i, word_from_int((int32_t)i));
    heap_handle_close(&handle);
    space_restart();
    heap_handle_open(&handle, WORD_NULL);
    fake.corrupt_page =
        space_page_of(GET_WORD(space_root, SPACE_ROOT, out_of_memory) + 5 * PAGE_BYTES) + 1;
    ck_assert_int_eq(heap_collect_full(&space_local), ERR_CORRUPT);
    fake.corrupt_page = 0;
    full();
}
END_TEST

/* ---- the walker ---- */

static ref_t
old_pair(void)
{
    handle.word = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    return handle.word;
}

START_TEST(a_class_that_cannot_be_read_ends_the_cycle_too)
{
    ref_t class = pmem_load64(SPACE_CLASS_TABLE + 8ull * CLASS_PAIR);
    uint64_t id;

    ring_make(&handle, 1000, 0);
    full();
    while (space_page_of(handle.word) == space_page_of(class))
        handle.word = pair_get(handle.word, 0);
    id = pair_id(handle.word);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, handle.word);
    handle.word = WORD_NULL;
    heap_handle_close(&handle);
    space_restart();
    heap_handle_open(&handle, WORD_NULL);
    fake.corrupt_page = space_page_of(class) + 1;
    ck_assert_int_eq(heap_collect_full(&space_local), ERR_CORRUPT);
    fake.corrupt_page = 0;
    full();
    handle.word = GET_WORD(space_root, SPACE_ROOT, out_of_memory);
    ck_assert_uint_eq(pair_id(handle.word), id);
}
END_TEST

START_TEST(the_walker_finds_a_reference_into_an_object)
{
    ref_t other = space_alloc_old(PAIR_BYTES, CLASS_PAIR);

    pmem_store64(other + 16, HEADER_MARK | (uint64_t)CLASS_LONG << HEADER_CLASS_SHIFT);
    pair_set(old_pair(), 0, other);
    pair_set(handle.word, 1, other + 16);
    space_check();
}
END_TEST

START_TEST(the_walker_finds_a_reference_to_nothing)
{
    pair_set(old_pair(), 0, handle.word + 4096);
    space_check();
}
END_TEST

START_TEST(the_walker_finds_a_reference_out_of_the_heap)
{
    pair_set(old_pair(), 0, SPACE_ROOT);
    space_check();
}
END_TEST

START_TEST(the_walker_finds_a_slot_that_was_not_remembered)
{
    ref_t young = space_pair(1);

    pmem_store64(old_pair() + 8, young);
    space_check();
}
END_TEST

START_TEST(the_walker_finds_a_thread_that_was_not_listed)
{
    ref_t stack = GET_WORD(thread_object, space_thread(0, 10), stack);

    stack_push(stack, space_pair(1));
    space_check();
}
END_TEST

START_TEST(the_walker_finds_an_object_in_a_free_block)
{
    handle.word = space_array(CLASS_BYTES, KIND_RAW8, 50000);
    heap_blocks_give(heap_block_of(handle.word), 1);
    space_check();
}
END_TEST

START_TEST(the_walker_finds_an_object_in_a_free_line)
{
    uint64_t block;

    old_pair();
    full();
    block = heap_block_of(handle.word);
    ck_assert(heap.recycle_bits[block / 64] >> (block % 64) & 1);
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        heap.lines[block][i] = 0;
    space_check();
}
END_TEST

START_TEST(the_walker_finds_an_object_of_no_class)
{
    pmem_store64(old_pair(), header_make(CLASS_PAIR + 50));
    space_check();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("full");
    TCase *tcase = tcase_create("full");
    TCase *walker = tcase_create("walker");

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_cycle_that_nobody_reaches_is_freed);
    tcase_add_test(tcase, old_space_does_not_grow_while_garbage_is_made);
    tcase_add_test(tcase, holes_are_filled_by_later_objects);
    tcase_add_test(tcase, holes_are_filled_by_their_owner_alone);
    tcase_add_test(tcase, old_memory_that_is_used_again_is_zero);
    tcase_add_test(tcase, large_objects_are_freed_and_their_blocks_join);
    tcase_add_test(tcase, a_large_array_of_words_holds_what_it_refers_to);
    tcase_add_test(tcase, classes_methods_and_threads_are_roots_by_their_tables);
    tcase_add_test(tcase, without_credit_to_move_them_young_objects_are_marked_where_they_are);
    tcase_add_test(tcase, a_mark_stack_without_room_misses_nothing);
    tcase_add_test(tcase, a_full_collection_comes_by_itself_when_enough_was_promoted);
    tcase_add_test(tcase, a_limit_is_kept_and_the_program_that_asked_is_told);
    tcase_add_test(tcase, a_full_volume_refuses_and_changes_nothing);
    tcase_add_test(tcase, a_volume_without_any_room_still_collects);
    tcase_add_test(tcase, a_nearly_full_volume_still_scavenges);
    tcase_add_test(tcase, credit_is_not_lost_over_time);
    tcase_add_test(tcase, a_page_that_cannot_be_read_ends_the_cycle_and_frees_nothing);

    tcase_add_test(tcase, a_damaged_page_in_the_middle_of_an_object_is_heard_of_too);

    tcase_add_test(tcase, a_class_that_cannot_be_read_ends_the_cycle_too);

    suite_add_tcase(suite, walker);
    tcase_set_timeout(walker, 60);
    tcase_add_checked_fixture(walker, setup, teardown);
    tcase_add_test_raise_signal(walker, the_walker_finds_a_reference_into_an_object, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_a_reference_to_nothing, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_a_reference_out_of_the_heap, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_a_slot_that_was_not_remembered, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_a_thread_that_was_not_listed, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_an_object_in_a_free_block, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_an_object_in_a_free_line, SIGABRT);
    tcase_add_test_raise_signal(walker, the_walker_finds_an_object_of_no_class, SIGABRT);
    return run(suite);
}
