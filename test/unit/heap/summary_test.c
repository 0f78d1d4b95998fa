/*
 * summary_test.c - blocks that lie unchanged on the volume are not read by each cycle, and yet
 * nothing that is reached is lost, and what is not is found in the end.
 *
 * Where memory is short each cycle is proved before it frees. That brings pages in, so where
 * reading is counted cycles are not proved.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/heap/cold.h"

#include "support/memory.h"

#define SUMMARY_BYTES (1u << 20)
#define SHORT_BYTES   (1200u << 10) /* of memory; less than the cold objects take */
#define ALL_BYTES     (COLD_PAIRS * PAIR_BYTES)
#define STRIDE        (6 * COLD_PER_BLOCK + 4) /* two rings, each through all blocks */
#define SLACK_BYTES   8192

static struct heap_handle other;

static void
start_with(uint64_t summary_bytes, uint64_t resident_bytes_max, bool prove)
{
    space_pmem.resident_bytes_max = resident_bytes_max;
    space_heap = (struct heap_options){ .nursery_bytes = 128 << 10,
                                        .background = true,
                                        .prove_cycles = prove,
                                        .summary_bytes = summary_bytes };
    cold_start();
}

static void
setup(void)
{
    start_with(SUMMARY_BYTES, 0, false);
}

static void
setup_short(void)
{
    start_with(SUMMARY_BYTES, SHORT_BYTES, true);
}

/* Two rings, cold, of which somebody holds both; a cycle has seen them. */
static void
two_rings(void)
{
    cold_make(STRIDE);
    cold_restart(cold[0]);
    heap_handle_open(&other, cold[1]);
    cold_cycle();
    ck_assert_uint_ge(cold_stats().marked_bytes, ALL_BYTES);
}

static void
let_other_go(void)
{
    heap_handle_close(&other);
}

static bool
is_half_gone(void)
{
    return cold_stats().marked_bytes <= ALL_BYTES / 2 + SLACK_BYTES;
}

START_TEST(what_nobody_wrote_to_is_not_read_again)
{
    struct heap_cycle_stats first, last;

    cold_make(1);
    cold_restart(cold[0]);
    cold_cycle();
    first = cold_stats();
    ck_assert_uint_ge(first.pages_read, COLD_PAGES_LEAST);
    for (unsigned i = 0; i < HEAP_SUMMARY_CYCLES - 2; i++)
        cold_cycle();
    last = cold_stats();
    ck_assert_uint_eq(last.pages_read, first.pages_read);
    ck_assert_uint_eq(last.pages_again, 0);
    ck_assert_uint_ge(last.blocks_known,
                      (HEAP_SUMMARY_CYCLES - 2) * (ALL_BYTES / HEAP_BLOCK_BYTES));
    ck_assert_uint_eq(last.marked_bytes, first.marked_bytes);
    ck_assert_uint_lt(last.summary_bytes, 64 << 10);
    cold_visit();
}
END_TEST

/* However objects refer to each other: a summary has it all, though the block was read many times.
 */
START_TEST(what_was_read_bit_by_bit_is_not_read_again)
{
    struct heap_cycle_stats first, last;

    two_rings();
    first = cold_stats();
    cold_cycle();
    last = cold_stats();
    ck_assert_uint_eq(last.pages_read, first.pages_read);
    ck_assert_uint_eq(last.marked_bytes, first.marked_bytes);
    let_other_go();
}
END_TEST

static void
step(unsigned i)
{
    if (i % 64 == 0)
        space_safepoint();
}

/* From block to block and back, many times, but never far; and so on in the next few blocks. */
START_TEST(what_waits_again_nearby_is_looked_at_before_its_pages_are_gone)
{
    const unsigned count = 10 * COLD_PER_BLOCK;

    cold_make(1);
    for (unsigned i = 0; i < COLD_PAIRS; step(i++)) {
        unsigned group = i / count * count;

        pair_set(cold[i], 0, cold[group + (i - group + 3 * COLD_PER_BLOCK + 1) % count]);
        pair_set(cold[i], 1, cold[(group + count) % COLD_PAIRS]);
        if (group + 2 * count > COLD_PAIRS)
            break;
    }
    cold_restart(cold[0]);
    cold_cycle();
    ck_assert_uint_ge(cold_stats().pages_read, 50 * HEAP_PAGES_PER_BLOCK);
    ck_assert_uint_eq(cold_stats().pages_twice, 0);
}
END_TEST

/* It is read itself, for want of room, but who refers to it need not be. */
START_TEST(blocks_that_lead_to_one_without_a_summary_are_not_read_again)
{
    struct heap_cycle_stats first, last;

    start_with(6000, 0, false);
    cold_make(1);
    for (unsigned i = 0; i < 600; step(i++)) {
        uint32_t length = i * 7919 % 13;
        ref_t array = space_alloc_old(array_bytes(KIND_RAW32, length), CLASS_INTS);

        array_length_set(array, length);
        pair_set(cold[i * 100], 1, array); /* so its marks take as much as they can */
    }
    cold_restart(cold[0]);
    for (unsigned i = 0; i < 3; i++)
        cold_cycle();
    first = cold_stats();
    cold_cycle();
    last = cold_stats();
    ck_assert_uint_gt(last.pages_read, first.pages_read);
    ck_assert_uint_le(last.pages_read, first.pages_read + 2 * HEAP_PAGES_PER_BLOCK);
    cold_stop();
}
END_TEST

static unsigned
first_of_next_block(unsigned i)
{
    uint64_t block = heap_block_of(cold[i]);

    while (heap_block_of(cold[i]) == block)
        i++;
    return i;
}

/*
 * B leads to a block, X, that could not have a summary since somebody wrote to it meanwhile. In the
 * next cycle X has one before B is asked, and of what B leads to it knows nothing.
 */
START_TEST(a_summary_does_not_trust_one_that_is_younger)
{
    struct heap_handle third;
    unsigned b, x, c;

    cold_make(1);
    for (unsigned i = 0; i < COLD_PAIRS; step(i++))
        pair_set(cold[i], 0, WORD_NULL);
    b = first_of_next_block(0);
    x = first_of_next_block(first_of_next_block(b));
    c = first_of_next_block(first_of_next_block(x));
    pair_set(cold[c], 0, cold[b]);
    pair_set(cold[b], 0, cold[x + 600]);
    cold_restart(cold[b]);
    heap_handle_open(&other, cold[x + 300]);
    heap_handle_open(&third, cold[c]);
    cycle_reach_instant();
    SET_U64(pair_object, cold[x], id, 0);
    fake.page_delay_us = 0;
    while (heap.births.on)
        space_safepoint();
    cold_root.word = WORD_NULL;
    cold_cycle();
    space_check(); /* that cold[x + 600] lies in no free line */
    heap_handle_close(&third);
    let_other_go();
}
END_TEST

START_TEST(a_block_that_was_written_to_is_read_anew)
{
    ref_t fresh;

    two_rings();
    fresh = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    SET_U64(pair_object, fresh, id, 4711);
    pair_set(cold[COLD_PAIRS / 2], 1, fresh);
    for (unsigned i = 0; i < HEAP_SUMMARY_CYCLES; i++) {
        ck_assert_int_eq(commit(&space_worker), OK);
        cold_visit();
        cold_cycle(); /* and it is proved that `fresh` is not lost */
        ck_assert_uint_eq(pair_id(pair_get(cold[COLD_PAIRS / 2], 1)), 4711);
    }
    let_other_go();
}
END_TEST

START_TEST(garbage_in_many_cold_blocks_goes_after_some_cycles)
{
    unsigned cycles = 0;

    two_rings();
    let_other_go();
    while (!is_half_gone()) {
        cold_cycle();
        ck_assert_uint_lt(cycles++, HEAP_SUMMARY_CYCLES);
    }
    for (unsigned i = 0; i < COLD_PAIRS; i += 2)
        ck_assert_uint_eq(pair_id(cold[i]), i);
}
END_TEST

START_TEST(who_asks_for_all_of_it_gets_all_of_it)
{
    two_rings();
    cold_cycle();
    let_other_go();
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    ck_assert(is_half_gone());
}
END_TEST

START_TEST(cold_blocks_that_nobody_reaches_are_freed_at_once)
{
    cold_make(1);
    for (unsigned i = 0; i < COLD_PAIRS; i++) { /* two halves, side by side */
        pair_set(cold[i], 0, cold[i < COLD_PAIRS / 2 ? (i + 1) % (COLD_PAIRS / 2) : i]);
        pair_set(cold[i], 1, i > COLD_PAIRS / 2 ? cold[i - 1] : WORD_NULL);
        if (i % 64 == 0)
            space_safepoint();
    }
    cold_restart(cold[0]);
    heap_handle_open(&other, cold[COLD_PAIRS - 1]);
    cold_cycle();
    ck_assert_uint_ge(cold_stats().marked_bytes, ALL_BYTES);
    let_other_go();
    cold_cycle();
    ck_assert_uint_le(cold_stats().marked_bytes, ALL_BYTES / 2 + SLACK_BYTES + HEAP_BLOCK_BYTES);
}
END_TEST

/* It frees what summaries say is alive, so they are worth nothing afterwards. */
START_TEST(after_a_collection_in_the_stopped_world_nothing_is_taken_for_granted)
{
    two_rings();
    let_other_go();
    ck_assert(heap_make_room(&space_local, 1));
    cold_cycle();
    ck_assert(is_half_gone());
}
END_TEST

/*
 * Of a block a cycle reaches only what is in memory, so it does not need the summary, and what that
 * says of the rest is not true any more when the next cycle could use it.
 */
START_TEST(a_summary_that_a_cycle_did_not_need_is_forgotten)
{
    unsigned first = 1;
    uint64_t alive;

    cold_make(1);
    while (heap_block_of(cold[first]) == heap_block_of(cold[first - 1]))
        first++;
    for (unsigned i = 0; i < first + 3 * COLD_PER_BLOCK; i++)
        pair_set(cold[i], 0, WORD_NULL);
    pair_set(cold[COLD_PAIRS - 1], 0, WORD_NULL);
    pair_set(cold[first], 0, cold[first + 3 * COLD_PER_BLOCK]);
    pair_set(cold[first + 500], 0, cold[first + COLD_PER_BLOCK + 100]);
    cold_restart(cold[first]);
    heap_handle_open(&other, cold[first + 500]);
    cold_cycle();
    let_other_go();
    ck_assert_uint_eq(pair_id(cold[first]), first);
    cold_cycle();
    alive = cold_stats().marked_bytes;
    for (unsigned i = COLD_PAIRS - 1; i > first + 3 * COLD_PER_BLOCK; i--) {
        ck_assert_uint_eq(pair_id(cold[i]), i);
        space_safepoint();
    }
    ck_assert(!pmem_resident(cold[first]));
    cold_cycle();
    ck_assert_uint_eq(cold_stats().marked_bytes, alive);
}
END_TEST

/* The words of a large array are its block's, wherever they lie. */
START_TEST(a_large_array_is_read_anew_where_it_was_written_to)
{
    const uint32_t length = COLD_PAIRS;
    struct heap_cycle_stats first, last;
    ref_t array, fresh;

    cold_make(1);
    for (unsigned i = 0; i < COLD_PAIRS; i++) {
        pair_set(cold[i], 0, WORD_NULL);
        if (i % 64 == 0)
            space_safepoint();
    }
    array = space_alloc_old(array_bytes(KIND_WORDS, length), CLASS_WORDS);
    array_length_set(array, length);
    for (uint32_t i = 0; i < length; i++) {
        array_store_word(array, i, cold[i]);
        if (i == 0)
            cold_root.word = array;
        if (i % 64 == 0)
            space_safepoint();
    }
    cold_restart(array);
    cold_cycle();
    first = cold_stats();
    cold_cycle();
    last = cold_stats();
    if (!space_heap.prove_cycles)
        ck_assert_uint_eq(last.pages_read, first.pages_read);
    fresh = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    array_store_word(array, length / 2, fresh);
    SET_U64(pair_object, fresh, id, 4711);
    cold_cycle();
    if (!space_heap.prove_cycles)
        ck_assert_uint_eq(cold_stats().marked_bytes, first.marked_bytes + PAIR_BYTES);
    ck_assert_uint_eq(pair_id(array_load_word(array, length / 2)), 4711);
}
END_TEST

START_TEST(summaries_take_no_more_memory_than_was_said)
{
    struct heap_cycle_stats first, last;

    start_with(3000, 0, false);
    two_rings();
    cold_cycle();
    first = cold_stats();
    cold_cycle();
    last = cold_stats();
    ck_assert_uint_le(last.summary_bytes, 3000);
    ck_assert_uint_gt(last.pages_read, first.pages_read);
    ck_assert_uint_eq(last.marked_bytes, first.marked_bytes);
    let_other_go();
    cold_stop();
}
END_TEST

START_TEST(memory_that_is_missing_costs_time_and_nothing_else)
{
    two_rings();
    for (unsigned n = 1; n < 80; n++) {
        err_t err;

        test_memory_fail(n);
        err = heap_cycle_complete(&space_local, n % 5 == 0);
        test_memory_fail(0);
        ck_assert(err == OK || err == ERR_NOMEM || err == ERR_UNSUPPORTED);
        if (err != OK)
            ck_assert_int_eq(heap_collect_full(&space_local), OK);
    }
    cold_visit();
    cold_cycle();
    ck_assert_uint_ge(cold_stats().marked_bytes, ALL_BYTES);
    let_other_go();
}
END_TEST

/* Its block is read, because whether its word leads anywhere is not settled by what the block says.
 */
START_TEST(a_weak_word_to_cold_garbage_becomes_null_after_some_cycles)
{
    struct heap_handle weak;
    unsigned cycles = 0;
    ref_t one;

    space_make_weak_class();
    cold_make(STRIDE);
    one = space_alloc_old(WEAK_BYTES, CLASS_WEAK_ONE);
    pmem_store64(one + 8, cold[1]);
    heap_handle_open(&weak, one);
    heap_handle_close(&weak);
    cold_root.word = one;
    cold_restart(cold[0]);
    heap_handle_open(&weak, one);
    heap_handle_open(&other, cold[1]);
    cold_cycle();
    cold_cycle();
    ck_assert_uint_eq(heap_weak_get(one), cold[1]);
    let_other_go();
    while (!heap_weak_is_null(one)) {
        cold_cycle();
        ck_assert_uint_lt(cycles++, HEAP_SUMMARY_CYCLES);
    }
    cold_cycle();
    ck_assert(is_half_gone());
    heap_handle_close(&weak);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("heap/summary");
    TCase *counted = tcase_create("counted");
    TCase *proved = tcase_create("proved");
    TCase *own = tcase_create("own");

    tcase_set_timeout(counted, 60);
    tcase_add_checked_fixture(counted, setup, cold_stop);
    tcase_add_test(counted, what_nobody_wrote_to_is_not_read_again);
    tcase_add_test(counted, what_was_read_bit_by_bit_is_not_read_again);
    tcase_add_test(counted, what_waits_again_nearby_is_looked_at_before_its_pages_are_gone);
    tcase_add_test(counted, a_summary_does_not_trust_one_that_is_younger);
    tcase_add_test(counted, garbage_in_many_cold_blocks_goes_after_some_cycles);
    tcase_add_test(counted, who_asks_for_all_of_it_gets_all_of_it);
    tcase_add_test(counted, cold_blocks_that_nobody_reaches_are_freed_at_once);
    tcase_add_test(counted, a_large_array_is_read_anew_where_it_was_written_to);
    tcase_add_test(counted, a_weak_word_to_cold_garbage_becomes_null_after_some_cycles);
    suite_add_tcase(suite, counted);
    tcase_set_timeout(proved, 120);
    tcase_add_checked_fixture(proved, setup_short, cold_stop);
    tcase_add_test(proved, a_block_that_was_written_to_is_read_anew);
    tcase_add_test(proved, a_large_array_is_read_anew_where_it_was_written_to);
    tcase_add_test(proved, garbage_in_many_cold_blocks_goes_after_some_cycles);
    tcase_add_test(proved, a_summary_that_a_cycle_did_not_need_is_forgotten);
    tcase_add_test(proved, after_a_collection_in_the_stopped_world_nothing_is_taken_for_granted);
    tcase_add_test(proved, memory_that_is_missing_costs_time_and_nothing_else);
    suite_add_tcase(suite, proved);
    tcase_set_timeout(own, 60);
    tcase_add_test(own, blocks_that_lead_to_one_without_a_summary_are_not_read_again);
    tcase_add_test(own, summaries_take_no_more_memory_than_was_said);
    suite_add_tcase(suite, own);
    return run(suite);
}
