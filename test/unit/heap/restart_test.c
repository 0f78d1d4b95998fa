/*
 * restart_test.c - a heap that is found again: everything is old where it lies, nothing is
 * lost, nothing is written before it must be, and memory runs short meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include "heap/heap_priv.h"

static void
start_new(uint64_t resident_bytes_max)
{
    space_pmem.resident_bytes_max = resident_bytes_max;
    space_heap = (struct heap_options){ .nursery_bytes = 256 << 10, .move_always = true };
    space_start();
    space_make_pair_class();
}

static void
setup(void)
{
    start_new(0);
}

static void
setup_short(void)
{
    start_new(3 << 20);
}

static void
teardown(void)
{
    space_check();
    space_stop();
}

static word_t
root_get(void)
{
    return GET_WORD(space_root, SPACE_ROOT, out_of_memory);
}

static void
root_set(word_t word)
{
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, word);
}

/*
 * Who touches many pages comes to safepoints, and waits there for the evictor; else a busy machine
 * would find that nothing had to leave yet. Nothing moves there: that is the collector's.
 */
static void
breathe(uint64_t step)
{
    if (step % (PAGE_BYTES / PAIR_BYTES) == 0)
        space_safepoint();
}

/* Put `count` pairs in front of the root's list. */
static void
grow(unsigned count, uint64_t id)
{
    for (unsigned i = 0; i < count; i++) {
        ref_t pair = space_pair(id + i);

        pair_set(pair, 0, root_get());
        root_set(pair);
    }
}

static void
check_list(uint64_t id, uint64_t count)
{
    word_t at = root_get();

    for (uint64_t i = count; i-- > 0; at = pair_get(at, 0)) {
        ck_assert_uint_eq(pair_id(at), id + i);
        breathe(i);
    }
    ck_assert_uint_eq(at, WORD_NULL);
}

START_TEST(what_was_young_is_old_where_it_lies)
{
    ref_t young;

    grow(10, 0);
    young = root_get();
    ck_assert(ref_is_young(young));
    space_restart();
    ck_assert_uint_eq(root_get(), young);
    ck_assert(!ref_is_young(young));
    space_check();
    check_list(0, 10);
    grow(3000, 10); /* a new nursery, elsewhere */
    space_check();
    space_scavenge();
    check_list(0, 3010);
    ck_assert(heap_block_of(young) < heap_block_of(nursery_from));
}
END_TEST

START_TEST(starting_writes_nothing)
{
    struct pmem_stats stats;

    grow(5000, 0);
    space_restart();
    space_safepoint();
    check_list(0, 5000);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.first_writes, 0);
}
END_TEST

START_TEST(starting_reads_no_more_of_a_large_heap_than_of_a_small_one)
{
    struct pmem_stats small, large;

    grow(100, 0);
    space_restart();
    pmem_stats_get(&small);
    grow(200000, 100);
    space_restart();
    pmem_stats_get(&large);
    ck_assert_uint_le(large.pages_in, small.pages_in);
    ck_assert_uint_le(large.pages_in, 2);
}
END_TEST

START_TEST(what_was_not_committed_is_gone_and_the_rest_is_whole)
{
    grow(5000, 0);
    ck_assert_int_eq(commit(&space_worker), OK);
    grow(20000, 5000);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    space_stop();
    space_start();
    space_check();
    check_list(0, 5000);
    grow(20000, 5000);
    check_list(0, 25000);
}
END_TEST

START_TEST(free_blocks_are_found_again)
{
    uint64_t free, used;

    grow(100000, 0);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    root_set(WORD_NULL);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    free = heap.free_count;
    used = heap.blocks_used;
    ck_assert_uint_gt(free, 100000 * PAIR_BYTES / HEAP_BLOCK_BYTES - 10);
    space_restart();
    ck_assert_uint_eq(heap.free_count, 0);
    space_pair(1);
    space_scavenge(); /* looks at a piece of the table */
    ck_assert_uint_ge(heap.free_count, free - 20);
    grow(50000, 0);
    ck_assert_uint_le(heap.blocks_used, used + 16);
    check_list(0, 50000);
}
END_TEST

START_TEST(many_restarts_do_not_make_the_heap_grow)
{
    uint64_t used = 0;

    for (unsigned i = 0; i < 60; i++) {
        heap.full_bytes_min = 2 << 20;
        root_set(WORD_NULL);
        grow(500, i);
        space_scavenge();
        space_scavenge();
        if (i == 30)
            used = heap.blocks_used;
        space_restart();
        check_list(i, 500);
    }
    ck_assert_uint_le(heap.blocks_used, used + 32);
}
END_TEST

/* Lives as they are outside of tests: nothing is scavenged before the nursery is full. */
static void
start_lazily(void)
{
    space_heap.move_always = false;
    space_restart();
    space_pair(0);
}

START_TEST(a_nursery_is_made_of_blocks_that_were_free_before)
{
    uint64_t used;

    grow(20000, 0);
    root_set(WORD_NULL);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    ck_assert_uint_gt(heap.free_count, heap_nursery_blocks());
    used = heap.blocks_used;
    start_lazily();
    ck_assert_uint_eq(heap.blocks_used, used);
    ck_assert_uint_lt(nursery_from, heap_block_at(used));
}
END_TEST

/* Each leaves a nursery behind, and what it put into old space. */
static void
live_shortly(unsigned lives, uint64_t large_bytes)
{
    for (unsigned i = 0; i < lives; i++) {
        start_lazily();
        if (large_bytes > 0)
            space_alloc_old(large_bytes, CLASS_WORDS);
    }
}

START_TEST(lives_that_never_fill_a_nursery_do_not_make_the_heap_grow)
{
    live_shortly(60, 0);
    ck_assert_uint_le(heap.blocks_used, 12 * heap_nursery_blocks());
}
END_TEST

START_TEST(large_objects_of_lives_without_a_scavenge_are_collected)
{
    uint64_t used;

    live_shortly(30, 256 << 10);
    used = heap.blocks_used;
    live_shortly(30, 256 << 10);
    ck_assert_uint_le(heap.blocks_used, used + heap_nursery_blocks());
}
END_TEST

START_TEST(a_thread_and_its_stack_come_back)
{
    ref_t thread = space_thread(1, 100);
    ref_t stack = GET_WORD(thread_object, thread, stack);

    heap_thread_ran(thread);
    for (unsigned i = 0; i < 20; i++)
        stack_push(stack, space_pair(i));
    space_restart();
    ck_assert(!heap_thread_is_listed(1));
    for (unsigned i = 0; i < 20; i++)
        ck_assert_uint_eq(pair_id(stack_at(stack, i)), i);
    heap_thread_ran(thread);
    stack_push(stack, space_pair(20));
    space_check();
    space_scavenge();
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    for (unsigned i = 0; i <= 20; i++)
        ck_assert_uint_eq(pair_id(stack_at(stack, i)), i);
}
END_TEST

START_TEST(a_heap_of_another_kind_is_refused)
{
    pmem_store64(SPACE_ROOT, 1);
    ck_assert_int_eq(commit(&space_worker), OK);
    space_stop();
    start(&fake_store, space_pmem);
    ck_assert_int_eq(heap_start(&space_heap), ERR_FOREIGN);
    pmem_stop();
    fake_restart();
    fake_clear(&fake.committed);
    fake.generation = 1;
    space_start();
    space_make_pair_class();
}
END_TEST

START_TEST(a_heap_larger_than_memory_lives)
{
    struct pmem_stats stats;

    grow(150000, 0);
    check_list(0, 150000);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    check_list(0, 150000);
    space_restart();
    check_list(0, 150000);
    grow(10000, 150000);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    check_list(0, 160000);
    pmem_stats_get(&stats);
    ck_assert_uint_gt(stats.pages_evicted, 1000);
}
END_TEST

/* ---- instructions that are left when a page must be read ---- */

static __attribute__((noinline)) ref_t
old_instruction(uint64_t id)
{
    ref_t pair = heap_alloc_old(&space_local, PAIR_BYTES, CLASS_PAIR);

    if (pair == 0)
        return 0;
    for (unsigned at = 8; at < PAIR_BYTES; at += 8)
        ck_assert_uint_eq(pmem_load64(pair + at), 0);
    SET_U64(pair_object, pair, id, id);
    pair_set(pair, 0, root_get());
    root_set(pair);
    return pair;
}

/* False when it was left; the page is in fault_address. */
static __attribute__((noinline)) bool
attempt(uint64_t id)
{
    void *place[5];
    ref_t pair;

    if (__builtin_setjmp(place)) {
        space_worker.restart = NULL;
        return false;
    }
    space_worker.restart = place;
    pair = old_instruction(id);
    space_worker.restart = NULL;
    if (pair == 0) {
        ck_assert_int_eq(heap_collect(&space_local, PAIR_BYTES), OK);
        space_worker.fault_address = SPACE_ROOT;
    }
    return pair != 0;
}

START_TEST(an_allocation_that_is_left_for_a_page_is_run_again)
{
    unsigned left = 0;
    uint64_t count = 0;
    word_t at;

    grow(120000, 0);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    at = root_get();
    for (unsigned i = 0; i < 119000; i++) { /* keep one of sixteen: many blocks with holes */
        word_t next = pair_get(at, 0);

        for (unsigned skip = 0; skip < 15 && next != WORD_NULL; skip++)
            next = pair_get(next, 0);
        pair_set(at, 0, next);
        if (next == WORD_NULL)
            break;
        at = next;
        breathe(i * 16);
    }
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    for (uint64_t id = 0; id < 90000; id++) {
        while (!attempt(id)) {
            left++;
            ck_assert_int_eq(pmem_page_in(&space_worker, space_worker.fault_address), OK);
        }
        breathe(id);
    }
    if (!IN_PLACE)
        ck_assert_uint_gt(left, 10);
    for (at = root_get(); at != WORD_NULL; at = pair_get(at, 0))
        count++;
    ck_assert_uint_eq(count, 90000 + 120000 / 16);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("restart");
    TCase *tcase = tcase_create("restart");
    TCase *narrow = tcase_create("short");

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_young_is_old_where_it_lies);
    tcase_add_test(tcase, starting_writes_nothing);
    tcase_add_test(tcase, starting_reads_no_more_of_a_large_heap_than_of_a_small_one);
    tcase_add_test(tcase, what_was_not_committed_is_gone_and_the_rest_is_whole);
    tcase_add_test(tcase, free_blocks_are_found_again);
    tcase_add_test(tcase, many_restarts_do_not_make_the_heap_grow);
    tcase_add_test(tcase, a_nursery_is_made_of_blocks_that_were_free_before);
    tcase_add_test(tcase, lives_that_never_fill_a_nursery_do_not_make_the_heap_grow);
    tcase_add_test(tcase, large_objects_of_lives_without_a_scavenge_are_collected);
    tcase_add_test(tcase, a_thread_and_its_stack_come_back);
    tcase_add_test(tcase, a_heap_of_another_kind_is_refused);

    suite_add_tcase(suite, narrow);
    tcase_set_timeout(narrow, 120);
    tcase_add_checked_fixture(narrow, setup_short, teardown);
    tcase_add_test(narrow, a_heap_larger_than_memory_lives);
    tcase_add_test(narrow, an_allocation_that_is_left_for_a_page_is_run_again);
    return run(suite);
}
