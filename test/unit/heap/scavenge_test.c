/*
 * scavenge_test.c - the nursery: what lives survives, moves and grows old; what died costs nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

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
}

static void
teardown(void)
{
    space_check();
    heap_handle_close(&handle);
    space_stop();
}

START_TEST(a_new_object_is_young_and_zero_behind_its_header)
{
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 3000; i++) {
            ref_t pair = space_alloc(PAIR_BYTES, CLASS_PAIR);

            ck_assert(ref_is_young(pair));
            ck_assert_uint_eq(obj_header(pair), header_make(CLASS_PAIR));
            for (unsigned at = 8; at < PAIR_BYTES; at += 8) {
                ck_assert_uint_eq(pmem_load64(pair + at), 0);
                pmem_store64(pair + at, ~0ull & ~7ull);
            }
            for (unsigned at = 8; at < PAIR_BYTES; at += 8)
                pmem_store64(pair + at, word_from_int(-1)); /* dirt for the next round */
        }
        space_scavenge();
    }
}
END_TEST

START_TEST(an_object_in_a_handle_moves_ages_and_is_promoted)
{
    ref_t first;

    handle.word = first = space_pair(7);
    space_scavenge();
    ck_assert_uint_ne(handle.word, first);
    ck_assert(ref_is_young(handle.word));
    ck_assert_uint_eq((obj_header(handle.word) & HEADER_AGE_MASK) >> HEADER_AGE_SHIFT, 1);
    space_scavenge();
    ck_assert(!ref_is_young(handle.word));
    ck_assert_uint_eq((obj_header(handle.word) & HEADER_AGE_MASK) >> HEADER_AGE_SHIFT, 2);
    ck_assert_uint_eq(pair_id(handle.word), 7);
    first = handle.word;
    space_scavenge();
    ck_assert_uint_eq(handle.word, first);
}
END_TEST

START_TEST(what_is_promoted_little_by_little_fills_up_one_block)
{
    uint64_t blocks;

    handle.word = space_alloc_old(array_bytes(KIND_WORDS, 500), CLASS_WORDS);
    array_length_set(handle.word, 500);
    array_store_word(handle.word, 0, space_pair(0)); /* so that there is a nursery */
    blocks = heap.blocks_used;
    for (unsigned i = 1; i < 500; i++) { /* 40 bytes each: 20 KiB */
        array_store_word(handle.word, i, space_pair(i));
        space_scavenge();
    }
    space_scavenge();
    ck_assert(!ref_is_young(array_load_word(handle.word, 499)));
    ck_assert_uint_le(heap.blocks_used, blocks + 2);
}
END_TEST

static void
restart_with_stay_bytes(uint64_t bytes)
{
    teardown();
    space_heap.stay_bytes = bytes;
    space_start();
    space_make_pair_class();
    heap_handle_open(&handle, WORD_NULL);
}

/* Keep so many objects alive; after many scavenges, each of which moves what is young: how many
 * are? */
static unsigned
young_after_many_scavenges(unsigned count)
{
    unsigned young = 0;

    handle.word = space_alloc_old(array_bytes(KIND_WORDS, count), CLASS_WORDS);
    array_length_set(handle.word, count);
    for (unsigned i = 0; i < count; i++)
        array_store_word(handle.word, i, space_pair(i));
    for (unsigned round = 0; round < 40; round++)
        space_scavenge();
    for (unsigned i = 0; i < count; i++) {
        word_t before = array_load_word(handle.word, i);

        if (!ref_is_young(before))
            continue;
        young++;
        space_scavenge();
        ck_assert_uint_ne(array_load_word(handle.word, i), before);
        ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), i);
    }
    return young;
}

START_TEST(where_it_is_asked_for_every_second_object_stays_young_and_moves)
{
    restart_with_stay_bytes(4096);
    ck_assert_uint_eq(young_after_many_scavenges(50), 25);
}
END_TEST

START_TEST(no_more_stays_young_than_was_asked_for)
{
    restart_with_stay_bytes(4096);
    ck_assert_uint_eq(young_after_many_scavenges(1000), 4096 / PAIR_BYTES);
}
END_TEST

START_TEST(two_references_to_one_object_stay_two_references_to_one_object)
{
    ref_t a = space_pair(1);
    ref_t b;

    handle.word = a;
    b = space_pair(2);
    a = handle.word;
    pair_set(a, 0, b);
    pair_set(a, 1, b);
    pair_set(b, 0, a); /* a cycle */
    space_scavenge();
    a = handle.word;
    b = pair_get(a, 0);
    ck_assert_uint_eq(pair_get(a, 1), b);
    ck_assert_uint_eq(pair_get(b, 0), a);
    ck_assert_uint_eq(pair_id(b), 2);
}
END_TEST

START_TEST(what_is_not_reachable_is_not_copied)
{
    struct heap_stats before, after;

    space_pair(1);
    space_scavenge();
    heap_stats_get(&before);
    for (unsigned i = 0; i < 100000; i++)
        space_pair(i);
    space_scavenge();
    heap_stats_get(&after);
    ck_assert_uint_eq(after.promoted_bytes, before.promoted_bytes);
    ck_assert_uint_gt(after.scavenges, before.scavenges + 5);
    ck_assert_uint_eq(after.old_blocks, before.old_blocks);
}
END_TEST

START_TEST(what_is_alive_is_told_at_any_time)
{
    struct heap_stats before, after;

    heap_stats_get(&before);
    for (unsigned i = 0; i < 5; i++)
        space_array(CLASS_BYTES, KIND_RAW8, 100000);
    for (unsigned i = 0; i < 5000; i++)
        space_pair(i);
    heap_stats_get(&after);
    ck_assert_uint_ge(after.live_bytes, before.live_bytes + 500000 + 5000 * PAIR_BYTES);
    ck_assert_uint_le(after.live_bytes, before.live_bytes + 502000 + 5000 * PAIR_BYTES + 65536);
    space_scavenge();
    heap_stats_get(&after);
    ck_assert_uint_le(after.live_bytes, before.live_bytes + 502000);
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    heap_stats_get(&after);
    ck_assert_uint_le(after.live_bytes, before.live_bytes);
}
END_TEST

START_TEST(an_old_object_keeps_its_young_ones_through_the_remembered_set)
{
    ref_t young;

    handle.word = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    young = space_pair(5);
    pair_set(handle.word, 1, young);
    ck_assert(heap_is_remembered(handle.word + 16));
    space_check();
    space_scavenge();
    ck_assert_uint_eq(pair_id(pair_get(handle.word, 1)), 5);
    ck_assert(heap_is_remembered(handle.word + 16)); /* it is young still */
    space_scavenge();
    ck_assert_uint_eq(pair_id(pair_get(handle.word, 1)), 5);
    ck_assert(!ref_is_young(pair_get(handle.word, 1)));
    ck_assert(!heap_is_remembered(handle.word + 16));
}
END_TEST

START_TEST(a_promoted_object_remembers_those_it_left_behind)
{
    handle.word = space_pair(1);
    space_scavenge();                        /* age 1 */
    pair_set(handle.word, 0, space_pair(2)); /* no scavenge in between: there is room */
    space_scavenge();
    ck_assert(!ref_is_young(handle.word));
    ck_assert(ref_is_young(pair_get(handle.word, 0)));
    ck_assert(heap_is_remembered(handle.word + 8));
    space_check();
    space_scavenge();
    ck_assert_uint_eq(pair_id(pair_get(handle.word, 0)), 2);
}
END_TEST

START_TEST(the_words_of_the_root_are_remembered_too)
{
    ref_t pair = space_pair(3);

    SET_WORD(space_root, SPACE_ROOT, out_of_memory, pair);
    space_check();
    space_scavenge();
    space_scavenge();
    ck_assert_uint_eq(pair_id(GET_WORD(space_root, SPACE_ROOT, out_of_memory)), 3);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, WORD_NULL);
}
END_TEST

START_TEST(a_remembered_set_without_room_for_its_list_loses_nothing)
{
    enum {
        COUNT = 5000
    };

    heap.slot_word_max = 4;
    handle.word = space_alloc_old(array_bytes(KIND_WORDS, COUNT), CLASS_WORDS);
    array_length_set(handle.word, COUNT);
    for (unsigned i = 0; i < COUNT; i += 100) {
        ref_t pair = space_pair(i);

        array_store_word(handle.word, i, pair);
    }
    SET_WORD(space_root, SPACE_ROOT, stack_overflow, space_pair(77));
    ck_assert_uint_gt(heap.slot_word_count, heap.slot_word_max);
    heap.slot_word_max = HEAP_REMEMBERED_MAX; /* so that it may be made anew */
    heap.slot_word_count = heap.slot_word_max + 1;
    space_scavenge();
    for (unsigned i = 0; i < COUNT; i += 100)
        ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), i);
    ck_assert_uint_eq(pair_id(GET_WORD(space_root, SPACE_ROOT, stack_overflow)), 77);
    SET_WORD(space_root, SPACE_ROOT, stack_overflow, WORD_NULL);
}
END_TEST

START_TEST(the_stack_of_a_thread_that_ran_is_a_root)
{
    ref_t thread = space_thread(3, 100);
    ref_t stack = GET_WORD(thread_object, thread, stack);

    SET_U32(thread_object, thread, state, THREAD_WAITING);
    heap_thread_ran(thread);
    heap_thread_ran(thread);
    ck_assert(heap_thread_is_listed(3));
    for (unsigned i = 0; i < 50; i++)
        stack_push(stack, space_pair(i));
    stack_push(stack, word_from_int(-8));
    stack_push(stack, WORD_NULL);
    space_check();
    space_scavenge();
    for (unsigned i = 0; i < 50; i++)
        ck_assert_uint_eq(pair_id(stack_at(stack, i)), i);
    ck_assert_uint_eq(stack_at(stack, 50), word_from_int(-8));
    ck_assert(heap_thread_is_listed(3)); /* it holds young references */
    space_scavenge();
    for (unsigned i = 0; i < 50; i++)
        ck_assert_uint_eq(pair_id(stack_at(stack, i)), i);
    ck_assert(!heap_thread_is_listed(3));
}
END_TEST

START_TEST(a_slot_that_is_met_twice_makes_no_second_copy)
{
    ref_t thread = space_thread(0, 10);
    ref_t stack = GET_WORD(thread_object, thread, stack);

    heap_thread_ran(thread);
    handle.word = space_pair(1);
    stack_push(stack, handle.word);
    heap_remember(stack + offsetof(struct stack_object, slots));
    space_scavenge();
    ck_assert_uint_eq(stack_at(stack, 0), handle.word);
    space_scavenge();
    ck_assert_uint_eq(stack_at(stack, 0), handle.word);
}
END_TEST

START_TEST(a_thread_that_has_ended_is_forgotten)
{
    ref_t thread = space_thread(0, 10);

    heap_thread_ran(thread);
    stack_push(GET_WORD(thread_object, thread, stack), space_pair(1));
    space_scavenge();
    ck_assert(heap_thread_is_listed(0));
    SET_U32(thread_object, thread, state, THREAD_ENDED);
    SET_WORD(thread_object, thread, stack, WORD_NULL);
    space_pair(1);
    space_scavenge();
    ck_assert(!heap_thread_is_listed(0));
    heap_thread_ran(thread);
    pmem_store64(SPACE_THREAD_TABLE, WORD_NULL);
    space_pair(1);
    space_scavenge();
    ck_assert(!heap_thread_is_listed(0));
    thread = space_thread(0, 10); /* its slot is another's */
    heap_thread_ran(thread);
    stack_push(GET_WORD(thread_object, thread, stack), space_pair(2));
    space_scavenge();
    ck_assert_uint_eq(pair_id(stack_at(GET_WORD(thread_object, thread, stack), 0)), 2);
}
END_TEST

START_TEST(words_above_the_top_of_a_stack_are_nobodys_business)
{
    ref_t thread = space_thread(0, 10);
    ref_t stack = GET_WORD(thread_object, thread, stack);

    heap_thread_ran(thread);
    stack_push(stack, space_pair(1));
    pmem_store64(stack + offsetof(struct stack_object, slots) + 8, 0x1230);
    space_scavenge();
    ck_assert_uint_eq(stack_at(stack, 1), 0x1230);
}
END_TEST

START_TEST(objects_of_every_kind_keep_their_contents)
{
    static const struct {
        uint32_t class_number;
        enum object_kind kind;
        uint32_t length;
    } arrays[] = { { CLASS_BYTES, KIND_RAW8, 13 },     { CLASS_CHARS, KIND_RAW16, 7 },
                   { CLASS_INTS, KIND_RAW32, 5 },      { CLASS_LONGS, KIND_RAW64, 9 },
                   { CLASS_BYTES, KIND_RAW8, 8176 },   { CLASS_BYTES, KIND_RAW8, 8177 },
                   { CLASS_BYTES, KIND_RAW8, 100000 }, { CLASS_LONGS, KIND_RAW64, 0 } };
    enum {
        COUNT = sizeof arrays / sizeof arrays[0]
    };

    handle.word = space_array(CLASS_WORDS, KIND_WORDS, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        ref_t array = space_array(arrays[i].class_number, arrays[i].kind, arrays[i].length);
        uint64_t bytes = (uint64_t)arrays[i].length << array_shift(arrays[i].kind);

        ck_assert_int_eq(ref_is_young(array), arrays[i].length < 8177);
        for (uint64_t at = 0; at < bytes; at++) {
            ck_assert_uint_eq(*(uint8_t *)(array + 16 + at), 0);
            obj_store_raw8(array, 16 + at, (uint8_t)(i + at * 7));
        }
        array_store_word(handle.word, i, array);
    }
    for (unsigned round = 0; round < 3; round++) {
        space_scavenge();
        for (unsigned i = 0; i < COUNT; i++) {
            ref_t array = array_load_word(handle.word, i);
            uint64_t bytes = (uint64_t)arrays[i].length << array_shift(arrays[i].kind);

            ck_assert_uint_eq(array_length(array), arrays[i].length);
            ck_assert_uint_eq(heap_class_of(array), arrays[i].class_number);
            for (uint64_t at = 0; at < bytes; at++)
                ck_assert_uint_eq(*(uint8_t *)(array + 16 + at), (uint8_t)(i + at * 7));
        }
    }
}
END_TEST

START_TEST(a_list_of_a_million_survives_and_nothing_overflows)
{
    enum {
        COUNT = 1000000
    };
    word_t at;
    uint64_t n = COUNT;

    for (unsigned i = 0; i < COUNT; i++) {
        ref_t pair = space_pair(i);

        pair_set(pair, 0, handle.word);
        handle.word = pair;
    }
    space_check();
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    space_check();
    for (at = handle.word; at != WORD_NULL; at = pair_get(at, 0))
        ck_assert_uint_eq(pair_id(at), --n);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(when_nearly_all_survives_all_of_it_survives)
{
    enum {
        COUNT = 12000
    }; /* as much as the nursery can hold */

    handle.word = space_alloc_old(array_bytes(KIND_WORDS, COUNT), CLASS_WORDS);
    array_length_set(handle.word, COUNT);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            ref_t pair = space_pair(round * COUNT + i);

            array_store_word(handle.word, i, pair);
        }
        space_check();
        for (unsigned i = 0; i < COUNT; i++)
            ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), round * COUNT + i);
    }
}
END_TEST

START_TEST(identity_hashes_are_given_once_and_move_along)
{
    uint32_t hashes[100];

    handle.word = space_array(CLASS_WORDS, KIND_WORDS, 100);
    for (unsigned i = 0; i < 100; i++) {
        ref_t pair = space_pair(i);

        array_store_word(handle.word, i, pair);
        hashes[i] = obj_identity_hash(pair);
        ck_assert_uint_ne(hashes[i], 0);
        ck_assert_uint_le(hashes[i], IDENTITY_HASH_MAX);
        for (unsigned j = 0; j < i; j++)
            ck_assert_uint_ne(hashes[i], hashes[j]);
    }
    for (unsigned round = 0; round < 3; round++) {
        space_scavenge();
        for (unsigned i = 0; i < 100; i++)
            ck_assert_uint_eq(obj_identity_hash(array_load_word(handle.word, i)), hashes[i]);
    }
}
END_TEST

START_TEST(applications_pay_for_their_own_blocks)
{
    struct heap_handle other;

    heap_handle_open(&other, WORD_NULL);
    heap_local_charge(&space_local, 5);
    for (unsigned i = 0; i < 20000; i++) {
        ref_t pair;

        heap_local_charge(&space_local, i % 5000 < 2500 ? 5 : 9);
        pair = space_pair(i);
        if (i % 5000 < 2500) {
            pair_set(pair, 0, handle.word);
            handle.word = pair;
        } else if (i % 5000 < 3000) {
            pair_set(pair, 0, other.word);
            other.word = pair;
        }
    }
    space_scavenge();
    space_scavenge();
    space_check();
    ck_assert_uint_ge(heap_application_bytes(5), 10000 * PAIR_BYTES);
    ck_assert_uint_ge(heap_application_bytes(9), 2000 * PAIR_BYTES);
    ck_assert_uint_le(heap_application_bytes(9), 2000 * PAIR_BYTES + 8 * HEAP_BLOCK_BYTES);
    ck_assert_uint_eq(heap_application_bytes(6), 0);
    heap_handle_close(&other);
    heap_local_charge(&space_local, 0);
}
END_TEST

START_TEST(more_applications_than_cursors_lose_nothing)
{
    enum {
        COUNT = 3000
    };

    handle.word = space_alloc_old(array_bytes(KIND_WORDS, COUNT), CLASS_WORDS);
    array_length_set(handle.word, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        ref_t pair;

        heap_local_charge(&space_local, 1 + i % 200);
        pair = space_pair(i);
        array_store_word(handle.word, i, pair);
        if (i % 50 == 0)
            space_check();
    }
    for (unsigned i = 0; i < COUNT; i++)
        ck_assert_uint_eq(pair_id(array_load_word(handle.word, i)), i);
    heap_local_charge(&space_local, 0);
}
END_TEST

static void
setup_large(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 4 << 20 };
    space_start();
    space_make_pair_class();
    heap_handle_open(&handle, WORD_NULL);
}

/* Pairs in a list, or not, up to the next scavenge. */
static void
fill_eden(struct heap_handle *list)
{
    uint64_t scavenges = heap.stats.scavenges;

    while (heap.stats.scavenges == scavenges) {
        ref_t pair = space_pair(1);

        if (list == NULL)
            continue;
        pair_set(pair, 0, list->word);
        list->word = pair;
    }
}

START_TEST(a_scavenge_comes_sooner_where_much_survives)
{
    uint64_t all, share;

    fill_eden(NULL);
    all = heap.eden_to - heap.eden_from;
    for (unsigned i = 0; i < 4; i++)
        fill_eden(&handle);
    share = heap.eden_to - heap.eden_from;
    ck_assert_uint_lt(share, all / 2);
    ck_assert_uint_ge(share, 256 << 10);
    handle.word = WORD_NULL;
    for (unsigned i = 0; i < 8; i++)
        fill_eden(NULL);
    ck_assert_uint_eq(heap.eden_to - heap.eden_from, all);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("scavenge");
    TCase *tcase = tcase_create("scavenge"), *large = tcase_create("large");

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_new_object_is_young_and_zero_behind_its_header);
    tcase_add_test(tcase, an_object_in_a_handle_moves_ages_and_is_promoted);
    tcase_add_test(tcase, what_is_promoted_little_by_little_fills_up_one_block);
    tcase_add_test(tcase, where_it_is_asked_for_every_second_object_stays_young_and_moves);
    tcase_add_test(tcase, no_more_stays_young_than_was_asked_for);
    tcase_add_test(tcase, two_references_to_one_object_stay_two_references_to_one_object);
    tcase_add_test(tcase, what_is_not_reachable_is_not_copied);
    tcase_add_test(tcase, what_is_alive_is_told_at_any_time);
    tcase_add_test(tcase, an_old_object_keeps_its_young_ones_through_the_remembered_set);
    tcase_add_test(tcase, a_promoted_object_remembers_those_it_left_behind);
    tcase_add_test(tcase, the_words_of_the_root_are_remembered_too);
    tcase_add_test(tcase, a_remembered_set_without_room_for_its_list_loses_nothing);
    tcase_add_test(tcase, the_stack_of_a_thread_that_ran_is_a_root);
    tcase_add_test(tcase, a_slot_that_is_met_twice_makes_no_second_copy);
    tcase_add_test(tcase, a_thread_that_has_ended_is_forgotten);
    tcase_add_test(tcase, words_above_the_top_of_a_stack_are_nobodys_business);
    tcase_add_test(tcase, objects_of_every_kind_keep_their_contents);
    tcase_add_test(tcase, a_list_of_a_million_survives_and_nothing_overflows);
    tcase_add_test(tcase, when_nearly_all_survives_all_of_it_survives);
    tcase_add_test(tcase, identity_hashes_are_given_once_and_move_along);
    tcase_add_test(tcase, applications_pay_for_their_own_blocks);
    tcase_add_test(tcase, more_applications_than_cursors_lose_nothing);
    tcase_add_checked_fixture(large, setup_large, teardown);
    tcase_add_test(large, a_scavenge_comes_sooner_where_much_survives);
    suite_add_tcase(suite, large);
    return run(suite);
}
