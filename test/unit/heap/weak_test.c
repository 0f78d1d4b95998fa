/*
 * weak_test.c - weak words: they do not keep what they refer to, and become null together when
 * nobody can reach that any more; who asks in time keeps it.
 *
 * Everything is done twice: in cycles beside the program, where what happens between the instant
 * and the end of a cycle is forced by a slow commit, and in the stopped world.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/heap/cycle.h"

#define WEAK_COUNT 3

static struct heap_handle weak[WEAK_COUNT], strong;

static void
setup_with(bool background)
{
    space_heap = (struct heap_options){ .nursery_bytes = 512 << 10,
                                        .move_always = true,
                                        .background = background,
                                        .prove_cycles = true,
                                        .summary_bytes = 1 << 20 };
    space_start();
    space_make_pair_class();
    space_make_weak_class();
    for (unsigned i = 0; i < WEAK_COUNT; i++)
        heap_handle_open(&weak[i], WORD_NULL);
    heap_handle_open(&strong, WORD_NULL);
    strong.word = space_pair(0);
    strong.word = WORD_NULL;
}

static void
setup_beside(void)
{
    setup_with(true);
}

static void
setup_stopped(void)
{
    setup_with(false);
}

static void
teardown(void)
{
    space_check();
    for (unsigned i = 0; i < WEAK_COUNT; i++)
        heap_handle_close(&weak[i]);
    heap_handle_close(&strong);
    space_stop();
}

static void
full(void)
{
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    space_check();
}

/* A weak object, by handle `i`, to what is in the handle `strong`. */
static void
make_weak(unsigned i)
{
    weak[i].word = space_alloc(WEAK_BYTES, CLASS_WEAK_ONE);
    obj_store_word(weak[i].word, offsetof(struct weak_one, weak), strong.word);
}

/* What it refers to, without asking for it. */
static word_t
look(unsigned i)
{
    return pmem_load64(weak[i].word + offsetof(struct weak_one, weak));
}

/* Old pairs 1 -> 2 -> ... -> count, the first in the handle. */
static void
make_chain(unsigned count)
{
    strong.word = WORD_NULL;
    for (unsigned i = count; i > 0; i--) {
        ref_t pair = space_alloc_old(PAIR_BYTES, CLASS_PAIR);

        SET_U64(pair_object, pair, id, i);
        pair_set(pair, 0, strong.word);
        strong.word = pair;
    }
}

static void
check_chain(word_t pair, unsigned count)
{
    for (unsigned i = 1; i <= count; i++, pair = pair_get(pair, 0))
        ck_assert_uint_eq(pair_id(pair), i);
    ck_assert_uint_eq(pair, WORD_NULL);
}

START_TEST(what_only_weak_words_refer_to_goes)
{
    make_chain(100);
    make_weak(0);
    make_weak(1);
    full();
    ck_assert_uint_eq(look(0), strong.word);
    strong.word = WORD_NULL;
    full();
    ck_assert_uint_eq(look(0), WORD_NULL);
    ck_assert_uint_eq(look(1), WORD_NULL);
}
END_TEST

START_TEST(what_others_refer_to_stays)
{
    make_chain(100);
    make_weak(0);
    for (unsigned i = 0; i < 3; i++) {
        full();
        ck_assert_uint_eq(look(0), strong.word);
        check_chain(strong.word, 100);
    }
}
END_TEST

START_TEST(the_other_words_of_a_weak_object_are_strong)
{
    make_chain(10);
    make_weak(0);
    obj_store_word(weak[0].word, offsetof(struct weak_one, strong), strong.word);
    strong.word = WORD_NULL;
    full();
    full();
    check_chain(look(0), 10);
    check_chain(pmem_load64(weak[0].word + offsetof(struct weak_one, strong)), 10);
}
END_TEST

START_TEST(weak_objects_that_refer_to_each_other_are_cleared)
{
    make_weak(0);
    strong.word = weak[0].word;
    make_weak(1);
    obj_store_word(weak[0].word, offsetof(struct weak_one, weak), weak[1].word);
    strong.word = weak[1].word;
    make_weak(2); /* 2 -> 1 -> 0 -> 1 */
    strong.word = weak[0].word = weak[1].word = WORD_NULL;
    full();
    full();
    ck_assert_uint_eq(look(2), WORD_NULL);
}
END_TEST

/* A young weak object may keep what it refers to for a while, and no longer. */
START_TEST(young_weak_objects_and_young_referents_are_no_trouble)
{
    for (unsigned i = 0; i < 20; i++) {
        strong.word = space_pair(i);
        make_weak(0);
        space_scavenge();
        ck_assert_uint_eq(pair_id(look(0)), i);
        strong.word = WORD_NULL;
        full();
        full();
        ck_assert_uint_eq(look(0), WORD_NULL);
    }
}
END_TEST

#define MANY 300

/* What is made next in old space lies on another page: no piece is so long that it goes elsewhere.
 */
static void
next_page(void)
{
    for (unsigned i = 0; i < PAGE_BYTES / HEAP_LINE_BYTES; i++)
        (void)space_alloc_old(HEAP_LINE_BYTES, CLASS_BYTES);
}

/* Weak objects on as many pages, all of them committed; `credit` is left for a full collection. */
START_TEST(what_there_is_no_credit_to_clear_is_kept)
{
    struct heap_handle many;
    unsigned kept = 0;

    heap_handle_open(&many, WORD_NULL);
    many.word = space_alloc_old(array_bytes(KIND_WORDS, MANY), CLASS_WORDS);
    array_length_set(many.word, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        ref_t one;

        make_chain(3);
        one = space_alloc_old(WEAK_BYTES, CLASS_WEAK_ONE);
        obj_store_word(one, offsetof(struct weak_one, weak), strong.word);
        array_store_word(many.word, i, one);
        next_page();
        space_safepoint();
    }
    strong.word = WORD_NULL;
    ck_assert_int_eq(commit(&space_worker), OK);
    fake.credit = 250;
    full();
    fake.credit = 1000000;
    space_safepoint();
    for (unsigned i = 0; i < MANY; i++) {
        word_t word = heap_weak_get(array_load_word(many.word, i));

        kept += word != WORD_NULL;
        if (word != WORD_NULL)
            check_chain(word, 3);
    }
    ck_assert_uint_gt(kept, 0);
    ck_assert_uint_lt(kept, MANY);
    for (unsigned i = 0; i < MANY / 10; i++)
        full();
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_uint_eq(heap_weak_get(array_load_word(many.word, i)), WORD_NULL);
    heap_handle_close(&many);
}
END_TEST

#define GROUPS     40
#define CREDIT_FEW 60

/* A weak object to each of these in turn, on a page of its own; in `many`, from `first` on. */
static void
make_strewn(const struct heap_handle *many, const struct heap_handle *targets, unsigned first)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        ref_t one = space_alloc_old(WEAK_BYTES, CLASS_WEAK_ONE);

        obj_store_word(one, offsetof(struct weak_one, weak), array_load_word(targets->word, i));
        array_store_word(many->word, first + i, one);
        next_page();
        space_safepoint();
    }
}

static ref_t
make_array(unsigned count)
{
    ref_t array = space_alloc_old(array_bytes(KIND_WORDS, count), CLASS_WORDS);

    array_length_set(array, count);
    return array;
}

static unsigned
count_kept(const struct heap_handle *many, unsigned count)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        ref_t one = array_load_word(many->word, i);

        kept += pmem_load64(one + offsetof(struct weak_one, weak)) != WORD_NULL;
        /* All that lead to one object agree. */
        ck_assert_uint_eq(
            pmem_load64(one + offsetof(struct weak_one, weak)),
            pmem_load64(array_load_word(many->word, i % GROUPS) + offsetof(struct weak_one, weak)));
    }
    return kept;
}

/* Each object has weak words on several pages, together more than may be written at a time. */
static void
make_many(struct heap_handle *many)
{
    struct heap_handle targets;

    heap_handle_open(many, make_array(3 * GROUPS));
    heap_handle_open(&targets, make_array(GROUPS));
    for (unsigned i = 0; i < GROUPS; i++) {
        make_chain(2);
        array_store_word(targets.word, i, strong.word);
    }
    for (unsigned round = 0; round < 3; round++)
        make_strewn(many, &targets, round * GROUPS);
    strong.word = WORD_NULL;
    heap_handle_close(&targets);
}

START_TEST(weak_words_on_many_pages_to_the_same_objects_are_cleared_in_the_end)
{
    struct heap_handle many;
    unsigned fulls = 0;

    make_many(&many);
    while (count_kept(&many, 3 * GROUPS) > 0) {
        ck_assert_uint_lt(fulls++, 4);
        ck_assert_int_eq(commit(&space_worker), OK);
        full();
    }
    heap_handle_close(&many);
}
END_TEST

/*
 * The same where there never is credit for all of it. Beside the program that is as little as a
 * scavenge of nothing takes.
 */
START_TEST(a_few_of_them_at_a_time_where_there_is_no_credit_for_more)
{
    struct heap_handle many;
    unsigned fulls = 0;

    make_many(&many);
    while (count_kept(&many, 3 * GROUPS) > 0) {
        ck_assert_uint_lt(fulls++, 400);
        fake.credit = 1000000;
        ck_assert_int_eq(commit(&space_worker), OK);
        fake.credit = space_heap.background ? CREDIT_FEW : 250;
        full();
    }
    ck_assert_uint_gt(fulls, 2);
    if (space_heap.background) /* nor did the world stand still for it */
        ck_assert_uint_eq(heap.stats.full_ns_max, 0);
    fake.credit = 1000000;
    space_safepoint();
    heap_handle_close(&many);
}
END_TEST

START_TEST(a_restart_in_between_changes_nothing)
{
    ref_t old;

    make_chain(10);
    make_weak(0);
    full();
    old = weak[0].word;
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, old);
    strong.word = weak[0].word = WORD_NULL;
    for (unsigned i = 0; i < WEAK_COUNT; i++)
        heap_handle_close(&weak[i]);
    heap_handle_close(&strong);
    space_restart();
    for (unsigned i = 0; i < WEAK_COUNT; i++)
        heap_handle_open(&weak[i], WORD_NULL);
    heap_handle_open(&strong, WORD_NULL);
    weak[0].word = old;
    check_chain(look(0), 10);
    (void)space_pair(0);
    full();
    ck_assert_uint_eq(look(0), WORD_NULL);
}
END_TEST

/* ---- between the instant and the end of a cycle ---- */

/* The cycle under way ends. */
static void
reach_end(void)
{
    fake.page_delay_us = 0;
    while (heap.births.on) {
        space_safepoint();
        usleep(100);
    }
    space_check();
}

START_TEST(who_asks_after_the_instant_keeps_it_and_all_it_leads_to)
{
    make_chain(1000);
    make_weak(0);
    make_weak(1);
    full();
    strong.word = WORD_NULL;
    cycle_reach_instant();
    for (unsigned i = 0; i < 2; i++) /* so that to clear them would take no credit */
        obj_store_word(weak[i].word, offsetof(struct weak_one, strong), WORD_NULL);
    strong.word = heap_weak_get(weak[0].word);
    reach_end();
    check_chain(strong.word, 1000);
    ck_assert_uint_eq(look(0), strong.word);
    ck_assert_uint_eq(look(1), strong.word);
    strong.word = WORD_NULL;
    full();
    ck_assert_uint_eq(look(0), WORD_NULL);
    ck_assert_uint_eq(look(1), WORD_NULL);
}
END_TEST

START_TEST(who_asks_before_the_instant_and_lets_go_keeps_nothing)
{
    make_chain(100);
    make_weak(0);
    full();
    strong.word = WORD_NULL;
    ck_assert_uint_ne(heap_weak_get(weak[0].word), WORD_NULL);
    cycle_reach_instant();
    reach_end();
    ck_assert_uint_eq(heap_weak_get(weak[0].word), WORD_NULL);
}
END_TEST

/* What was asked for leads to another weak object, which is asked then. */
START_TEST(asking_goes_on_behind_what_was_asked_for)
{
    make_chain(500);
    make_weak(0);
    weak[2].word = strong.word;
    strong.word = space_pair(77);
    pair_set(strong.word, 0, weak[0].word);
    make_weak(1);
    full();
    weak[0].word = weak[2].word = strong.word = WORD_NULL;
    cycle_reach_instant();
    strong.word = heap_weak_get(weak[1].word);
    ck_assert_uint_eq(pair_id(strong.word), 77);
    strong.word = heap_weak_get(pair_get(strong.word, 0));
    reach_end();
    check_chain(strong.word, 500);
}
END_TEST

/* From the middle of a chain on: what is before it goes. */
START_TEST(only_what_can_be_reached_stays)
{
    make_chain(100);
    make_weak(0);
    strong.word = pair_get(strong.word, 0);
    make_weak(1);
    full();
    strong.word = WORD_NULL;
    cycle_reach_instant();
    strong.word = heap_weak_get(weak[1].word);
    reach_end();
    ck_assert_uint_eq(look(0), WORD_NULL);
    ck_assert_uint_eq(look(1), strong.word);
    for (unsigned i = 2; i <= 100; i++, strong.word = pair_get(strong.word, 0))
        ck_assert_uint_eq(pair_id(strong.word), i);
}
END_TEST

START_TEST(what_is_born_is_told_of_and_left_alone)
{
    full();
    cycle_reach_instant();
    make_chain(100);
    make_weak(0);
    ck_assert_uint_eq(heap_weak_get(weak[0].word), strong.word);
    strong.word = WORD_NULL;
    reach_end();
    check_chain(look(0), 100);
    full();
    ck_assert_uint_eq(look(0), WORD_NULL);
}
END_TEST

/* Its weak word is asked again and again while the collector tries to settle. */
START_TEST(asking_all_the_time_ends_in_the_same)
{
    struct heap_handle many;
    unsigned kept = 0;

    heap_handle_open(&many, WORD_NULL);
    many.word = space_alloc_old(array_bytes(KIND_WORDS, 2000), CLASS_WORDS);
    array_length_set(many.word, 2000);
    for (unsigned i = 0; i < 2000; i++) {
        make_chain(2);
        make_weak(0);
        array_store_word(many.word, i, weak[0].word);
        space_safepoint();
    }
    weak[0].word = strong.word = WORD_NULL;
    full();
    heap_cycle_ask();
    for (unsigned i = 0; i < 2000; i++) {
        word_t word = heap_weak_get(array_load_word(many.word, i));

        if (word != WORD_NULL)
            check_chain(word, 2);
        space_safepoint();
    }
    reach_end();
    for (unsigned i = 0; i < 2000; i++) {
        word_t word = heap_weak_get(array_load_word(many.word, i));

        kept += word != WORD_NULL;
        if (word != WORD_NULL)
            check_chain(word, 2);
    }
    ck_assert_uint_le(kept, 2000);
    full();
    for (unsigned i = 0; i < 2000; i++)
        ck_assert_uint_eq(heap_weak_get(array_load_word(many.word, i)), WORD_NULL);
    heap_handle_close(&many);
}
END_TEST

/* A weak object that has moved since the instant keeps what it refers to, and is cleared later. */
START_TEST(a_weak_object_that_moves_meanwhile_is_no_trouble)
{
    make_chain(100);
    full();
    make_weak(0);
    ck_assert(ref_is_young(weak[0].word));
    strong.word = WORD_NULL;
    cycle_reach_instant();
    space_scavenge();
    space_scavenge();
    reach_end();
    check_chain(look(0), 100);
    full();
    ck_assert_uint_eq(look(0), WORD_NULL);
}
END_TEST

static void
add_common(TCase *tcase)
{
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_only_weak_words_refer_to_goes);
    tcase_add_test(tcase, what_others_refer_to_stays);
    tcase_add_test(tcase, the_other_words_of_a_weak_object_are_strong);
    tcase_add_test(tcase, weak_objects_that_refer_to_each_other_are_cleared);
    tcase_add_test(tcase, young_weak_objects_and_young_referents_are_no_trouble);
    tcase_add_test(tcase, what_there_is_no_credit_to_clear_is_kept);
    tcase_add_test(tcase, weak_words_on_many_pages_to_the_same_objects_are_cleared_in_the_end);
    tcase_add_test(tcase, a_few_of_them_at_a_time_where_there_is_no_credit_for_more);
    tcase_add_test(tcase, a_restart_in_between_changes_nothing);
}

int
main(void)
{
    Suite *suite = suite_create("heap/weak");
    TCase *beside = tcase_create("beside"), *stopped = tcase_create("stopped");

    tcase_add_checked_fixture(beside, setup_beside, teardown);
    add_common(beside);
    tcase_add_test(beside, who_asks_after_the_instant_keeps_it_and_all_it_leads_to);
    tcase_add_test(beside, who_asks_before_the_instant_and_lets_go_keeps_nothing);
    tcase_add_test(beside, asking_goes_on_behind_what_was_asked_for);
    tcase_add_test(beside, only_what_can_be_reached_stays);
    tcase_add_test(beside, what_is_born_is_told_of_and_left_alone);
    tcase_add_test(beside, asking_all_the_time_ends_in_the_same);
    tcase_add_test(beside, a_weak_object_that_moves_meanwhile_is_no_trouble);
    suite_add_tcase(suite, beside);
    tcase_add_checked_fixture(stopped, setup_stopped, teardown);
    add_common(stopped);
    suite_add_tcase(suite, stopped);
    return run(suite);
}
