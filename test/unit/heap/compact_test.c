/*
 * compact_test.c - sparse blocks are emptied beside the program, and all that refers to what lived
 * there refers to where it is now.
 *
 * Each emptying is proved: a mark in the same stop finds nothing that leads into the blocks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/heap/cycle.h"

#define COUNT 40000u
#define EVERY 40u

static struct heap_handle handle; /* a list of every EVERYth of COUNT pairs */

static void
start_with(enum heap_compacting how)
{
    space_heap = (struct heap_options){ .nursery_bytes = 512 << 10,
                                        .move_always = true,
                                        .background = true,
                                        .prove_cycles = true,
                                        .summary_bytes = 1 << 20,
                                        .compact = how };
    space_start();
    space_make_pair_class();
    space_make_weak_class();
    heap_handle_open(&handle, WORD_NULL);
    heap.full_bytes_min = 64 << 20;
}

static void
setup(void)
{
    start_with(HEAP_COMPACT_ALL);
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

static struct heap_cycle_stats
figures(void)
{
    struct heap_stats stats;

    heap_stats_get(&stats);
    return stats.cycles;
}

static uint64_t
emptied(void)
{
    return figures().blocks_emptied;
}

/*
 * Blocks in which few pairs live, all of them promoted; the next cycle chooses them. By the slot 1
 * of each to the one before, until all are old.
 */
static void
make_sparse(void)
{
    struct heap_handle all;

    heap_compact_set(HEAP_COMPACT_NEVER);
    heap_handle_open(&all, WORD_NULL);
    for (unsigned i = 0; i < COUNT; i++) {
        ref_t pair = space_pair(i);

        pair_set(pair, 1, all.word);
        all.word = pair;
        if (i % EVERY == 0) {
            pair_set(pair, 0, handle.word);
            handle.word = pair;
        }
    }
    full();
    heap_handle_close(&all);
    for (word_t pair = handle.word; pair != WORD_NULL; pair = pair_get(pair, 0))
        pair_set(pair, 1, WORD_NULL);
    full();
    heap_compact_set(HEAP_COMPACT_ALL);
}

static void
check_list(void)
{
    word_t pair = handle.word;

    for (unsigned i = COUNT - EVERY; pair != WORD_NULL; i -= EVERY) {
        ck_assert_uint_eq(pair_id(pair), i);
        pair = pair_get(pair, 0);
        if (i == 0)
            break;
    }
    ck_assert_uint_eq(pair, WORD_NULL);
}

/* The nth pair of the list. */
static ref_t
listed(unsigned n)
{
    word_t pair = handle.word;

    while (n-- > 0)
        pair = pair_get(pair, 0);
    return pair;
}

START_TEST(a_sparse_heap_shrinks)
{
    uint64_t before, bytes = COUNT * PAIR_BYTES / EVERY;

    make_sparse();
    before = heap_application_bytes(0);
    ck_assert_uint_ge(before, COUNT * PAIR_BYTES);
    full();
    check_list();
    ck_assert_uint_le(heap_application_bytes(0), before / 4);
    ck_assert_uint_ge(emptied(), COUNT * PAIR_BYTES / HEAP_BLOCK_BYTES * 3 / 4);
    ck_assert_uint_ge(figures().bytes_moved, bytes / 2);
    ck_assert_uint_le(figures().bytes_moved, bytes);
    ck_assert_uint_gt(figures().empty_ns_max, 0);
    ck_assert_uint_eq(heap.stats.full_ns_max, 0);
    full();
    check_list();
}
END_TEST

/* And is used again. */
START_TEST(what_was_emptied_is_free)
{
    uint64_t used;

    make_sparse();
    full();
    used = heap.blocks_used;
    for (unsigned i = 0; i < 3; i++) {
        struct heap_handle ring;

        heap_handle_open(&ring, WORD_NULL);
        ring_make(&ring, COUNT / 2, 0);
        full();
        ring_check(&ring, COUNT / 2, 0);
        heap_handle_close(&ring);
        check_list();
    }
    ck_assert_uint_le(heap.blocks_used, used + 8);
}
END_TEST

static uint64_t
zero_blocks(void)
{
    uint64_t count = 0;

    for (uint64_t block = 0; block < heap.blocks_used; block++)
        count += heap.zero_bits[block / 64] >> (block % 64) & 1;
    return count;
}

START_TEST(its_pages_are_given_back_to_the_volume)
{
    uint64_t zero;

    make_sparse();
    heap.full_bytes_min = 512 << 10;
    zero = zero_blocks();
    full();
    ck_assert_uint_gt(emptied(), 8);
    ck_assert_uint_ge(zero_blocks(), zero + emptied() * 2 / 3);
}
END_TEST

/* ---- whatever refers to it ---- */

struct referrers {
    struct heap_handle one, large, small, weak, young, born;
    ref_t before;
    uint32_t hash;
};

static void
array_fill(struct heap_handle *array, unsigned i, word_t word)
{
    array_store_word(array->word, i, word);
}

/* Of the nth pair of the list, before the cycle. */
static void
refer(struct referrers *all, unsigned n)
{
    ref_t stack;

    heap_handle_open(&all->one, listed(n));
    heap_handle_open(&all->large, WORD_NULL);
    heap_handle_open(&all->small, WORD_NULL);
    heap_handle_open(&all->weak, WORD_NULL);
    heap_handle_open(&all->young, WORD_NULL);
    heap_handle_open(&all->born, WORD_NULL);
    heap_thread_ran(space_thread(0, 100));
    all->large.word = space_array(CLASS_WORDS, KIND_WORDS, 30000);
    all->small.word = space_array(CLASS_WORDS, KIND_WORDS, 500);
    all->weak.word = space_alloc(WEAK_BYTES, CLASS_WEAK_ONE);
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    ck_assert(!ref_is_young(all->small.word));
    array_fill(&all->large, 29000, all->one.word);
    array_fill(&all->small, 400, all->one.word);
    obj_store_word(all->weak.word, offsetof(struct weak_one, weak), all->one.word);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, all->one.word);
    stack = GET_WORD(thread_object, heap_thread_at(0), stack);
    stack_push(stack, WORD_NULL);
    stack_push(stack, all->one.word);
    /* What looks like a reference and is none. */
    pmem_store64(stack + offsetof(struct stack_object, slots) + 8 * 50, all->one.word);
    all->before = all->one.word;
    all->hash = obj_identity_hash(all->one.word);
}

/* And what comes at last. */
static void
refer_young(struct referrers *all)
{
    all->young.word = space_pair(7);
    pair_set(all->young.word, 2, all->one.word);
}

static void
check_referrers(struct referrers *all)
{
    word_t now = all->one.word;
    ref_t stack = GET_WORD(thread_object, heap_thread_at(0), stack);

    ck_assert_uint_eq(obj_identity_hash(now), all->hash);
    ck_assert_uint_eq(array_load_word(all->large.word, 29000), now);
    ck_assert_uint_eq(array_load_word(all->small.word, 400), now);
    ck_assert_uint_eq(heap_weak_get(all->weak.word), now);
    ck_assert_uint_eq(GET_WORD(space_root, SPACE_ROOT, out_of_memory), now);
    ck_assert_uint_eq(stack_at(stack, 1), now);
    if (all->young.word != WORD_NULL)
        ck_assert_uint_eq(pair_get(all->young.word, 2), now);
    if (all->born.word != WORD_NULL)
        ck_assert_uint_eq(pair_get(all->born.word, 1), now);
    ck_assert_uint_eq(stack_at(stack, 50), all->before);
}

static void
refer_no_more(struct referrers *all)
{
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, WORD_NULL);
    heap_handle_close(&all->one);
    heap_handle_close(&all->large);
    heap_handle_close(&all->small);
    heap_handle_close(&all->weak);
    heap_handle_close(&all->young);
    heap_handle_close(&all->born);
}

/* A cycle, without a scavenge before it. */
static void
cycle(void)
{
    ck_assert_int_eq(heap_cycle_complete(&space_local, true), OK);
    space_check();
}

START_TEST(whatever_refers_to_what_moved_refers_to_where_it_is)
{
    struct referrers all;

    make_sparse();
    refer(&all, 500);
    ck_assert_int_eq(commit(&space_worker), OK);
    refer_young(&all);
    cycle();
    ck_assert_uint_ne(all.one.word, all.before);
    ck_assert_uint_eq(all.one.word, listed(500));
    ck_assert(ref_is_young(all.young.word));
    check_referrers(&all);
    check_list();
    refer_no_more(&all);
}
END_TEST

/* As the marker could not see it. */
START_TEST(what_was_stored_since_the_instant_is_found)
{
    struct referrers all;

    make_sparse();
    refer(&all, 500);
    array_fill(&all.large, 29000, WORD_NULL);
    array_fill(&all.small, 400, WORD_NULL);
    obj_store_word(all.weak.word, offsetof(struct weak_one, weak), WORD_NULL);
    ck_assert_int_eq(commit(&space_worker), OK);
    cycle_reach_instant();
    array_fill(&all.large, 29000, all.one.word);
    array_fill(&all.small, 400, all.one.word);
    obj_store_word(all.weak.word, offsetof(struct weak_one, weak), all.one.word);
    refer_young(&all);
    space_scavenge();
    space_scavenge();
    ck_assert(!ref_is_young(all.young.word));
    all.born.word = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    pair_set(all.born.word, 1, all.one.word);
    ck_assert(heap.births.on);
    fake.page_delay_us = 0;
    while (heap.births.on)
        space_safepoint();
    space_check();
    ck_assert_uint_gt(emptied(), 0);
    ck_assert_uint_ne(all.one.word, all.before);
    check_referrers(&all);
    check_list();
    refer_no_more(&all);
}
END_TEST

START_TEST(what_moved_is_remembered_where_it_refers_to_what_is_young)
{
    ref_t pair;

    make_sparse();
    space_pair(0);
    pair = listed(300);
    pair_set(pair, 2, space_pair(77));
    ck_assert(heap_is_remembered(pair + offsetof(struct pair_object, slots) + 16));
    cycle();
    ck_assert_uint_ne(listed(300), pair);
    ck_assert(!heap_is_remembered(pair + offsetof(struct pair_object, slots) + 16));
    ck_assert(ref_is_young(pair_get(listed(300), 2)));
    space_scavenge();
    space_scavenge();
    ck_assert_uint_eq(pair_id(pair_get(listed(300), 2)), 77);
    check_list();
}
END_TEST

/* ---- what stays ---- */

static bool
is_recycled(uint64_t block)
{
    return (heap.recycle_bits[block / 64] >> (block % 64) & 1) != 0;
}

/* A header of something in a sparse block, of which its block stays, and is filled up. */
static void
stays_with(uint64_t kept, uint64_t set)
{
    ref_t pair;

    make_sparse();
    pair = listed(300);
    pmem_store64(pair, (obj_header(pair) & kept) | set);
    full();
    ck_assert_uint_gt(emptied(), 0);
    ck_assert_uint_eq(listed(300), pair);
    ck_assert(is_recycled(heap_block_of(pair)));
    check_list();
}

START_TEST(a_block_with_something_locked_stays_and_is_filled_up)
{
    stays_with(UINT64_MAX, (uint64_t)LOCK_THIN << HEADER_LOCK_SHIFT);
}
END_TEST

START_TEST(a_block_with_what_was_made_in_old_space_stays)
{
    stays_with(~HEADER_AGE_MASK, 0);
}
END_TEST

START_TEST(a_block_that_much_refers_to_stays)
{
    struct heap_handle large;
    ref_t pair;

    make_sparse();
    heap_handle_open(&large, space_array(CLASS_WORDS, KIND_WORDS, 5000));
    pair = listed(300);
    for (unsigned i = 0; i < 5000; i++)
        array_fill(&large, i, pair);
    full();
    ck_assert_uint_gt(emptied(), 0);
    ck_assert_uint_eq(listed(300), pair);
    check_list();
    heap_handle_close(&large);
}
END_TEST

START_TEST(without_credit_nothing_moves)
{
    int64_t credit;

    make_sparse();
    credit = fake.credit - 300;
    fake.credit -= credit;
    cycle();
    ck_assert_uint_eq(emptied(), 0);
    check_list();
    fake.credit += credit;
    cycle();
    ck_assert_uint_gt(emptied(), 0);
    check_list();
}
END_TEST

START_TEST(what_is_filled_up_soon_is_not_emptied)
{
    make_sparse();
    heap_compact_set(HEAP_COMPACT_SURPLUS);
    full();
    ck_assert_uint_eq(emptied(), 0);
    heap.full_bytes_min = 256 << 10;
    full();
    ck_assert_uint_gt(emptied(), 16);
    check_list();
}
END_TEST

static uint64_t taken_block;

/* Between the choice and the instant a cursor takes the block. */
static void
take_block(enum heap_point point, uint64_t next)
{
    (void)next;
    if (point != HEAP_POINT_BEGUN)
        return;
    lock_acquire(&heap.lock);
    ck_assert(is_recycled(taken_block));
    heap.recycle_bits[taken_block / 64] &= ~(1ull << (taken_block % 64));
    lock_release(&heap.lock);
}

START_TEST(a_block_that_is_taken_before_the_instant_stays)
{
    ref_t pair;

    make_sparse();
    pair = listed(300);
    taken_block = heap_block_of(pair);
    heap.options.watch = take_block;
    cycle();
    heap.options.watch = NULL;
    ck_assert_uint_gt(emptied(), 0);
    ck_assert_uint_eq(listed(300), pair);
    check_list();
}
END_TEST

/* All that is written is counted, and nobody else's credit taken for it. */
START_TEST(it_takes_credit_for_what_refers_there)
{
    struct heap_handle large;

    make_sparse();
    heap_handle_open(&large, space_array(CLASS_WORDS, KIND_WORDS, 120000));
    for (unsigned i = 0; i < 120000; i += 512)
        array_fill(&large, i, listed(300));
    ck_assert_int_eq(commit(&space_worker), OK);
    cycle();
    for (unsigned i = 0; i < 120000; i += 512)
        ck_assert_uint_eq(array_load_word(large.word, i), listed(300));
    ck_assert_uint_gt(emptied(), 0);
    check_list();
    heap_handle_close(&large);
}
END_TEST

/* A cycle that need not find all that is garbage. */
static void
usual_cycle(void)
{
    pair_set(space_pair(0), 0, WORD_NULL);
    ck_assert_int_eq(heap_cycle_complete(&space_local, false), OK);
}

/* After a start nothing is in memory, and a cycle that is not proved brings nothing in. */
static void
make_cold(void)
{
    make_sparse();
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, handle.word);
    heap_handle_close(&handle);
    space_restart();
    heap_handle_open(&handle, GET_WORD(space_root, SPACE_ROOT, out_of_memory));
    heap.full_bytes_min = 64 << 20;
    heap.options.prove_cycles = false;
    heap_compact_set(HEAP_COMPACT_NEVER);
    usual_cycle();
    ck_assert_uint_gt(figures().summaries, COUNT * PAIR_BYTES / HEAP_BLOCK_BYTES / 2);
    heap_compact_set(HEAP_COMPACT_ALL);
}

START_TEST(what_a_block_that_is_not_read_refers_to_stays)
{
    make_cold();
    heap.options.prove_cycles = true;
    usual_cycle();
    ck_assert_uint_gt(figures().blocks_known, COUNT * PAIR_BYTES / HEAP_BLOCK_BYTES / 2);
    ck_assert_uint_eq(emptied(), 0);
    space_check();
    check_list();
    full();
    ck_assert_uint_gt(emptied(), 0);
    check_list();
}
END_TEST

/* Else what was known of it would be taken for what lies there now. */
START_TEST(of_a_block_that_was_emptied_nothing_is_known)
{
    struct heap_handle ring;

    make_cold();
    ck_assert_int_eq(heap_cycle_complete(&space_local, true), OK);
    ck_assert_uint_gt(emptied(), 8);
    heap_handle_open(&ring, WORD_NULL);
    ring_make(&ring, COUNT, 0);
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    ck_assert_int_eq(commit(&space_worker), OK);
    cycle_reach_instant();
    for (unsigned i = 0; i < COUNT; i++, ring.word = pair_get(ring.word, 0)) {
        pair_set(ring.word, 1, WORD_NULL); /* so that its block waits */
        if (i % 64 == 0)
            space_safepoint();
    }
    fake.page_delay_us = 0;
    while (heap.births.on)
        space_safepoint();
    space_check();
    ring_check(&ring, COUNT, 0);
    check_list();
    heap_handle_close(&ring);
}
END_TEST

START_TEST(a_collection_in_the_stopped_world_makes_it_void)
{
    make_sparse();
    cycle_reach_instant();
    ck_assert(heap_make_room(&space_local, 1));
    fake.page_delay_us = 0;
    while (heap.births.on)
        space_safepoint();
    check_list();
    full();
    full();
    ck_assert_uint_gt(emptied(), 0);
    check_list();
}
END_TEST

START_TEST(the_machine_can_stop_at_any_point_of_it)
{
    for (unsigned round = 0; round < 20; round++) {
        make_sparse();
        SET_WORD(space_root, SPACE_ROOT, out_of_memory, handle.word);
        ck_assert_int_eq(commit(&space_worker), OK);
        heap_cycle_ask();
        usleep(round * 500);
        heap_handle_close(&handle);
        space_restart();
        heap_handle_open(&handle, GET_WORD(space_root, SPACE_ROOT, out_of_memory));
        heap.full_bytes_min = 64 << 20;
        space_check();
        check_list();
        handle.word = WORD_NULL;
        SET_WORD(space_root, SPACE_ROOT, out_of_memory, WORD_NULL);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("heap/compact");
    TCase *tcase = tcase_create("compact");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_sparse_heap_shrinks);
    tcase_add_test(tcase, what_was_emptied_is_free);
    tcase_add_test(tcase, its_pages_are_given_back_to_the_volume);
    tcase_add_test(tcase, whatever_refers_to_what_moved_refers_to_where_it_is);
    tcase_add_test(tcase, what_was_stored_since_the_instant_is_found);
    tcase_add_test(tcase, what_moved_is_remembered_where_it_refers_to_what_is_young);
    tcase_add_test(tcase, a_block_with_something_locked_stays_and_is_filled_up);
    tcase_add_test(tcase, a_block_with_what_was_made_in_old_space_stays);
    tcase_add_test(tcase, a_block_that_much_refers_to_stays);
    tcase_add_test(tcase, without_credit_nothing_moves);
    tcase_add_test(tcase, what_is_filled_up_soon_is_not_emptied);
    tcase_add_test(tcase, a_block_that_is_taken_before_the_instant_stays);
    tcase_add_test(tcase, it_takes_credit_for_what_refers_there);
    tcase_add_test(tcase, what_a_block_that_is_not_read_refers_to_stays);
    tcase_add_test(tcase, of_a_block_that_was_emptied_nothing_is_known);
    tcase_add_test(tcase, a_collection_in_the_stopped_world_makes_it_void);
    tcase_add_test(tcase, the_machine_can_stop_at_any_point_of_it);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
