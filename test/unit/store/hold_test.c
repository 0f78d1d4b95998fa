/*
 * hold_test.c - a generation that is held in memory: it is read as it was, whatever is
 * committed, and costs nobody anything when room is short.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "pins.h"
#include "support/suite.h"

static _Alignas(PAGE) uint8_t bytes[PAGE], wanted[PAGE];

/* Does what is held read as that generation was? */
static bool
held_matches(struct model *model, uint64_t generation)
{
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        model_fill(i, model->taken[generation][i], wanted);
        if (store_hold_read(model->store, model_page(i), bytes) != OK ||
            memcmp(bytes, wanted, PAGE) != 0)
            return false;
    }
    return true;
}

static uint64_t
hold(struct model *model)
{
    ck_assert_int_eq(store_hold_begin(model->store), OK);
    return model->committed;
}

START_TEST(what_is_held_reads_as_it_was_whatever_is_committed)
{
    struct model *model = model_create(BLOCKS);
    uint64_t held;

    commits(model, 5, 30);
    held = hold(model);
    ck_assert(held_matches(model, held));
    for (unsigned i = 0; i < 60; i++) {
        commits(model, 1, 25);
        ck_assert(held_matches(model, held));
    }
    ck_assert(store_hold_stands(model->store));
    sound(model);
    store_hold_end(model->store);
    ck_assert_int_eq(store_hold_read(model->store, model_page(0), bytes), ERR_CANCELLED);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(folds_and_pins_do_not_move_it)
{
    struct model *model = model_create(BLOCKS);
    uint64_t held;

    commits(model, 3, 90);
    held = hold(model);
    for (unsigned i = 0; i < 6; i++) {
        pin(model, 20);
        ck_assert(held_matches(model, held));
        if (i % 2 == 1)
            ck_assert_int_eq(store_unpin(model->store, pin_at(model, 0).note.generation), OK);
    }
    ck_assert_uint_gt(stats_of(model).folds, 5);
    store_hold_end(model->store);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(early_pages_are_of_later_generations)
{
    struct model *model = model_create(BLOCKS);
    uint64_t held;

    commits(model, 3, 90);
    held = hold(model);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(store_credit_take(model->store, 1), OK);
        model_change(model, i, false);
        ck_assert_int_eq(model_early(model, i), OK);
        ck_assert(held_matches(model, held));
    }
    commits(model, 1, 0);
    ck_assert(held_matches(model, held));
    commits(model, 12, 20);
    ck_assert(held_matches(model, held));
    store_hold_end(model->store);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(a_commit_that_fails_changes_nothing_of_it)
{
    struct model *model = model_create(2 * BLOCKS);
    bool all[MODEL_PAGES];
    uint64_t held;

    memset(all, true, sizeof all);
    commits(model, 3, 90);
    held = hold(model);
    for (unsigned i = 1; i < 20; i++) {
        test_disk_fail_write(model->disk, i, ERR_IO);
        IGNORE(model_commit(model, 20, STORE_CAUSE_INTERVAL), "it may fail");
        test_disk_fail_write(model->disk, 0, OK);
        ck_assert(held_matches(model, held));
        test_disk_fail_flush(model->disk, 1);
        IGNORE(model_commit(model, 20, STORE_CAUSE_INTERVAL), "it may fail");
        test_disk_fail_flush(model->disk, 0);
        ck_assert(held_matches(model, held));
    }
    store_hold_end(model->store);
    ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_INTERVAL), OK);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(what_it_kept_is_free_after_it_was_let_go)
{
    struct model *model = model_create(BLOCKS);
    uint64_t waiting, before;

    commits(model, 20, 20);
    before = stats_of(model).blocks_waiting;
    hold(model);
    commits(model, 20, 20);
    waiting = stats_of(model).blocks_waiting;
    ck_assert_uint_gt(waiting, before + 200);
    store_hold_end(model->store);
    commits(model, 2, 1);
    ck_assert_uint_lt(stats_of(model).blocks_waiting, waiting - 200);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(room_that_is_short_comes_from_it)
{
    struct model *model = model_create(BLOCKS);
    uint64_t held, most = 0;

    commits(model, 5, 30);
    held = hold(model);
    while (store_hold_stands(model->store)) {
        ck_assert(held_matches(model, held));
        commits(model, 1, 40);
        if (stats_of(model).blocks_waiting > most)
            most = stats_of(model).blocks_waiting;
    }
    ck_assert_uint_gt(most, BLOCKS / 4);
    ck_assert_int_eq(store_hold_read(model->store, model_page(0), bytes), ERR_CANCELLED);
    commits(model, 10, 40);
    store_hold_end(model->store);
    held = hold(model);
    ck_assert(held_matches(model, held));
    store_hold_end(model->store);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(one_is_held_at_a_time_and_none_after_a_restart)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 1, 10);
    hold(model);
    ck_assert_int_eq(store_hold_begin(model->store), ERR_EXISTS);
    commits(model, 3, 10);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!store_hold_stands(model->store));
    hold(model);
    ck_assert(held_matches(model, model->committed));
    store_hold_end(model->store);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(damage_to_it_is_told)
{
    struct model *model = model_create(BLOCKS);
    uint64_t block;

    commits(model, 1, 90);
    hold(model);
    change(model, 0);
    block = entry_of(model, 1).block;
    change(model, 1);
    test_disk_flip(model->disk, block, 77);
    ck_assert_int_eq(store_hold_read(model->store, model_page(1), bytes), ERR_CORRUPT);
    ck_assert_int_eq(store_hold_read(model->store, model_page(0), bytes), OK);
    store_hold_end(model->store);
    model_free(model);
}
END_TEST

UNIT_TESTS("store/hold", what_is_held_reads_as_it_was_whatever_is_committed,
           folds_and_pins_do_not_move_it, early_pages_are_of_later_generations,
           a_commit_that_fails_changes_nothing_of_it, what_it_kept_is_free_after_it_was_let_go,
           room_that_is_short_comes_from_it, one_is_held_at_a_time_and_none_after_a_restart,
           damage_to_it_is_told)
