/*
 * cycle_test.c - full collections beside the program: what lives stays, what died goes, whatever is
 * allocated, promoted, stored and committed meanwhile.
 *
 * Each cycle is proved before it frees: a mark in the stopped world finds nothing that is
 * condemned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <signal.h>

#include "unit/heap/cycle.h"

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

START_TEST(a_ring_that_nobody_reaches_is_freed)
{
    uint64_t free;

    ring_make(&handle, 50000, 0);
    full();
    ring_check(&handle, 50000, 0);
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
        ring_make(&handle, 30000, round);
        ring_check(&handle, 30000, round);
        if (round == 20)
            used = heap.blocks_used;
    }
    ck_assert_uint_le(heap.blocks_used, used + used / 2);
    ck_assert_uint_gt(heap.stats.full_collections, 5);
    ck_assert_uint_eq(heap.stats.full_ns_max, 0);
}
END_TEST

/* A cycle, without a scavenge before it. */
static void
cycle(void)
{
    ck_assert_int_eq(heap_cycle_complete(&space_local, true), OK);
    space_check();
}

static ref_t
old_pair(uint64_t id)
{
    ref_t pair = space_alloc_old(PAIR_BYTES, CLASS_PAIR);

    SET_U64(pair_object, pair, id, id);
    return pair;
}

/* Old pairs in a list, each `every`th of it reached, the others dead; it ends in another block. */
static void
make_holes(unsigned count, unsigned every)
{
    handle.word = WORD_NULL;
    for (unsigned i = 0; i < count; i++) {
        ref_t pair = old_pair(i);

        if (i % every == 0) {
            pair_set(pair, 0, handle.word);
            handle.word = pair;
        }
    }
}

START_TEST(a_slot_of_what_died_is_not_remembered)
{
    ref_t young = space_pair(1), dead;

    make_holes(10, 100);
    dead = old_pair(2);
    make_holes(10, 100);
    pair_set(dead, 0, young);
    ck_assert(heap_is_remembered(dead + offsetof(struct pair_object, slots)));
    make_holes(2000, 40);
    cycle();
    ck_assert(!heap_is_remembered(dead + offsetof(struct pair_object, slots)));
}
END_TEST

START_TEST(a_slot_of_a_block_that_died_is_not_remembered)
{
    ref_t young = space_pair(1), dead;

    old_pair(0);
    dead = space_alloc_old(array_bytes(KIND_WORDS, 4000), CLASS_WORDS);
    array_length_set(dead, 4000);
    array_store_word(dead, 3000, young);
    ck_assert(heap_is_remembered(dead + ARRAY_HEADER_BYTES + 24000));
    cycle();
    ck_assert(heap_block_is_free(heap_block_of(dead)));
    ck_assert(!heap_is_remembered(dead + ARRAY_HEADER_BYTES + 24000));
}
END_TEST

static bool
is_recycled(uint64_t block)
{
    return block != HEAP_NO_BLOCK && (heap.recycle_bits[block / 64] >> (block % 64) & 1) != 0;
}

static unsigned
random_count(unsigned i)
{
    return i * 7919 % 1500;
}

START_TEST(no_cursor_goes_on_in_a_block_that_was_judged)
{
    unsigned met = 0;

    space_pair(0);
    make_holes(4000, 40);
    cycle();
    for (unsigned i = 0; i < 60; i++) {
        for (unsigned more = random_count(i); more > 0; more--)
            old_pair(i);
        met += heap.cursors[0].block != HEAP_NO_BLOCK;
        cycle();
        ck_assert(!is_recycled(heap.cursors[0].block));
    }
    ck_assert_uint_gt(met, 10);
}
END_TEST

/* The commit goes on as fast as it can. How the cycle, or the one after it, ended. */
static err_t
reach_end(void)
{
    fake.page_delay_us = 0;
    return heap_cycle_complete(&space_local, true);
}

/* Between the instant and the marks the commit is slow, so the program gets far. */
START_TEST(what_came_since_the_instant_is_not_judged)
{
    struct heap_handle large, old;

    ring_make(&handle, 1000, 0);
    full();
    heap_handle_open(&large, WORD_NULL);
    heap_handle_open(&old, WORD_NULL);
    cycle_reach_instant();
    large.word = space_array(CLASS_INTS, KIND_RAW32, 40000);
    pmem_store32(large.word + 16, 77);
    old.word = old_pair(5);
    ring_make(&handle, 300, 500);
    space_scavenge();
    ck_assert(heap.births.on);
    ck_assert_int_eq(reach_end(), OK);
    space_check();
    ck_assert_uint_eq(pmem_load32(large.word + 16), 77);
    ck_assert_uint_eq(pair_id(old.word), 5);
    ring_check(&handle, 300, 500);
    heap_handle_close(&large);
    heap_handle_close(&old);
}
END_TEST

/* A reference that moves from where it was not looked at yet to where it was is no trouble. */
START_TEST(what_is_moved_about_since_the_instant_is_found)
{
    struct heap_handle other;

    heap_handle_open(&other, space_pair(900));
    for (unsigned round = 0; round < 20; round++) {
        word_t hidden;

        ring_make(&handle, 2000, 0);
        full();
        cycle_reach_instant();
        hidden = pair_get(handle.word, 0);
        pair_set(other.word, 0, hidden);
        pair_set(handle.word, 0, WORD_NULL);
        handle.word = WORD_NULL;
        ck_assert_int_eq(reach_end(), OK);
        space_check();
        ck_assert_uint_eq(pair_id(pair_get(other.word, 0)), 1998);
    }
    heap_handle_close(&other);
}
END_TEST

START_TEST(a_volume_that_is_short_of_room_collects_in_the_stopped_world)
{
    ring_make(&handle, 20000, 0);
    full();
    ck_assert_uint_eq(heap.stats.full_ns_max, 0);
    fake.lose_holds = true;
    cycle_reach_instant();
    pair_set(handle.word, 1, WORD_NULL); /* so that it is read from the volume */
    ck_assert_int_eq(reach_end(), ERR_CANCELLED);
    fake.lose_holds = false;
    ck_assert(!heap_cycle_is_possible());
    handle.word = WORD_NULL;
    full();
    ck_assert_uint_gt(heap.stats.full_ns_max, 0);
    ck_assert_uint_le(heap.bytes_live, 4096);
    ck_assert(heap_cycle_is_possible());
}
END_TEST

START_TEST(a_collection_in_the_stopped_world_ends_a_cycle)
{
    ring_make(&handle, 20000, 0);
    full();
    cycle_reach_instant();
    handle.word = WORD_NULL;
    fake.page_delay_us = 0;
    ck_assert(heap_make_room(&space_local, 1));
    ck_assert_uint_le(heap.bytes_live, 4096);
    ring_make(&handle, 100, 0);
    full();
    ring_check(&handle, 100, 0);
}
END_TEST

START_TEST(a_page_that_cannot_be_read_frees_nothing)
{
    uint64_t free;

    ring_make(&handle, 20000, 0);
    full();
    ck_assert_int_eq(commit(&space_worker), OK);
    free = heap.free_count;
    fake.corrupt_page = space_page_of(handle.word) + 1;
    cycle_reach_instant();
    pair_set(handle.word, 1, WORD_NULL); /* so that it is read from the volume */
    ck_assert_int_eq(reach_end(), OK);   /* of the next one, which reads it in memory */
    fake.corrupt_page = 0;
    ck_assert_uint_eq(heap.free_count, free);
    ring_check(&handle, 20000, 0);
}
END_TEST

START_TEST(the_machine_can_stop_at_any_point_of_a_cycle)
{
    for (unsigned round = 0; round < 30; round++) {
        ring_make(&handle, 3000, round);
        heap_cycle_ask();
        usleep(round * 100);
        handle.word = WORD_NULL;
        heap_handle_close(&handle);
        space_restart();
        heap_handle_open(&handle, WORD_NULL);
        heap.full_bytes_min = 2 << 20;
        space_check();
    }
}
END_TEST

START_TEST(a_mark_stack_without_room_misses_nothing)
{
    handle.word = space_alloc_old(array_bytes(KIND_WORDS, 40000), CLASS_WORDS);
    array_length_set(handle.word, 40000);
    for (unsigned i = 0; i < 40000; i++) {
        ref_t pair = space_pair(i);

        array_store_word(handle.word, i, pair);
    }
    heap.mark_chunks_max = 1;
    full();
    heap.mark_chunks_max = UINT64_MAX;
    for (unsigned i = 0; i < 40000; i++)
        ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), i);
}
END_TEST

START_TEST(what_is_alive_is_counted_to_the_byte)
{
    uint64_t live;

    full();
    live = heap.bytes_live;
    ring_make(&handle, 30000, 0);
    full();
    ck_assert_uint_eq(heap.bytes_live, live + 30000 * PAIR_BYTES);
    cycle_reach_instant(); /* and what is looked at twice is counted once */
    for (ref_t pair = handle.word, i = 0; i < 3000; i++, pair = pair_get(pair, 0)) {
        if (space_page_of(pair) % 2 == 0)
            pair_set(pair, 1, WORD_NULL);
        space_safepoint();
    }
    fake.page_delay_us = 0;
    while (heap.births.on)
        space_safepoint();
    ck_assert_uint_eq(heap.bytes_live, live + 30000 * PAIR_BYTES);
}
END_TEST

/* Lives that are killed leave their nurseries behind, which are old then, and a cycle to do. */
START_TEST(who_goes_on_after_a_start_is_not_held_up_for_what_earlier_lives_left)
{
    pmem_store64(heap_root_at(HEAP_ROOT_OLD_BYTES), 1 << 30);
    space_restart();
    cycle_reach_instant();
    ck_assert_uint_ge(heap.old_bytes, 1 << 30);
    ck_assert(!heap_cycle_is_outrun());
    heap_old_grown(1 << 30);
    ck_assert(heap_cycle_is_outrun());
    fake.page_delay_us = 0;
    full();
    ck_assert_uint_lt(heap.old_bytes, 1 << 20);
    ck_assert(!heap_cycle_is_outrun());
}
END_TEST

/* The marker takes no offence at it. */
START_TEST(all_objects_are_walked_over_after_a_cycle_where_that_is_asked_for)
{
    handle.word = old_pair(1);
    pair_set(handle.word, 0, space_pair(2));
    heap_forget_slots(handle.word, PAIR_BYTES);
    heap.options.check_always = true;
    IGNORE(heap_cycle_complete(&space_local, true), "it does not come to its end");
    _exit(0);
}
END_TEST

START_TEST(what_became_of_the_last_collections_is_told)
{
    struct heap_log_row rows[HEAP_LOG_ROWS + 1];
    unsigned count;

    ck_assert_uint_eq(heap_log_get(rows, HEAP_LOG_ROWS), 0);
    ring_make(&handle, 20000, 0);
    full();
    fake.lose_holds = true;
    cycle_reach_instant();
    pair_set(handle.word, 1, WORD_NULL); /* so that it is read from the volume */
    ck_assert_int_eq(reach_end(), ERR_CANCELLED);
    fake.lose_holds = false;
    handle.word = WORD_NULL;
    full();
    count = heap_log_get(rows, HEAP_LOG_ROWS);
    ck_assert_uint_ge(count, 3);
    ck_assert(rows[0].stopped && rows[0].err == OK);
    ck_assert_uint_ge(rows[0].freed_bytes, 20000 * PAIR_BYTES - 4 * HEAP_BLOCK_BYTES);
    ck_assert(!rows[1].stopped && rows[1].err == ERR_CANCELLED);
    ck_assert(!rows[count - 1].stopped && rows[count - 1].exact && rows[count - 1].err == OK);
    ck_assert_uint_eq(rows[count - 1].number, 1);
    ck_assert_uint_ge(rows[count - 1].live_bytes, 20000 * PAIR_BYTES);
    ck_assert_uint_eq(heap_log_get(rows, 1), 1);
    for (unsigned i = 0; i < HEAP_LOG_ROWS; i++)
        full();
    ck_assert_uint_eq(heap_log_get(rows, HEAP_LOG_ROWS + 1), HEAP_LOG_ROWS);
    for (unsigned i = 1; i < HEAP_LOG_ROWS; i++) {
        ck_assert_uint_eq(rows[i].number, rows[0].number - i);
        ck_assert_uint_le(rows[i].ended_ns, rows[i - 1].ended_ns);
    }
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
    tcase_add_test(tcase, a_slot_of_what_died_is_not_remembered);
    tcase_add_test(tcase, a_slot_of_a_block_that_died_is_not_remembered);
    tcase_add_test(tcase, no_cursor_goes_on_in_a_block_that_was_judged);
    tcase_add_test(tcase, what_came_since_the_instant_is_not_judged);
    tcase_add_test(tcase, what_is_moved_about_since_the_instant_is_found);
    tcase_add_test(tcase, a_volume_that_is_short_of_room_collects_in_the_stopped_world);
    tcase_add_test(tcase, a_collection_in_the_stopped_world_ends_a_cycle);
    tcase_add_test(tcase, a_page_that_cannot_be_read_frees_nothing);
    tcase_add_test(tcase, the_machine_can_stop_at_any_point_of_a_cycle);
    tcase_add_test(tcase, a_mark_stack_without_room_misses_nothing);
    tcase_add_test(tcase, what_is_alive_is_counted_to_the_byte);
    tcase_add_test(tcase, who_goes_on_after_a_start_is_not_held_up_for_what_earlier_lives_left);
    tcase_add_test(tcase, what_became_of_the_last_collections_is_told);
    tcase_add_test_raise_signal(
        tcase, all_objects_are_walked_over_after_a_cycle_where_that_is_asked_for, SIGABRT);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
