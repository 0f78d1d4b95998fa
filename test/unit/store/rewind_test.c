/*
 * rewind_test.c - going back to a pinned generation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "support/suite.h"
#include "unit/store/pins.h"

static _Alignas(PAGE) uint8_t bytes[PAGE];

START_TEST(going_back_makes_a_generation_of_the_past_and_can_be_undone)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then, present, kept, again;

    commits(model, 5, 30);
    then = pin(model, 10);
    commits(model, 7, 30);
    present = model->committed;
    ck_assert_int_eq(model_rewind(model, then, &kept), OK);
    ck_assert_uint_gt(model->committed, kept);
    ck_assert_uint_gt(kept, present);
    ck_assert(memcmp(model->taken[model->committed], model->taken[then], sizeof model->now) == 0);
    ck_assert(memcmp(model->taken[kept], model->taken[present], sizeof model->now) == 0);
    sound_after_restart(model);
    ck_assert_int_eq(model->opened.note.cause, STORE_CAUSE_REWIND);
    ck_assert_int_eq(model_rewind(model, kept, &again), OK);
    ck_assert(memcmp(model->now, model->taken[present], sizeof model->now) == 0);
    sound_after_restart(model);
    commits(model, 40, 10);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(going_back_costs_the_pages_that_differ)
{
    struct model *model = model_create(BLOCKS);
    bool one[MODEL_PAGES] = { [17] = true };
    struct store_stats before, after;
    uint64_t then, kept;

    commits(model, 1, 90);
    then = pin(model, 0);
    model_change(model, 17, false);
    ck_assert_int_eq(model_commit_pages(model, one, STORE_CAUSE_DEMAND), OK);
    before = stats_of(model);
    ck_assert_int_eq(model_rewind(model, then, &kept), OK);
    after = stats_of(model);
    ck_assert_uint_eq(after.pages_written - before.pages_written, 1);
    model_free(model);
}
END_TEST

START_TEST(what_cannot_be_gone_back_to_is_refused_and_the_present_stays)
{
    struct model *model = model_create(BLOCKS);
    struct store_note note = { .wall_ns = 5 };
    struct map_entry entry;
    uint64_t then, kept;

    ck_assert_int_eq(store_rewind(model->store, 1, &note, &kept), ERR_NOT_FOUND);
    commits(model, 3, 60);
    then = pin(model, 5);
    ck_assert_int_eq(map_lookup(model->store, model_page(5), &entry), OK);
    model_change(model, 5, false);
    ck_assert_int_eq(
        model_commit_pages(model, (bool[MODEL_PAGES]){ [5] = true }, STORE_CAUSE_DEMAND), OK);
    test_disk_flip(model->disk, entry.block, 100);
    ck_assert_int_eq(model_rewind(model, then, &kept), ERR_CORRUPT);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 1);
    ck_assert(model_check_named_page(model_page(5)));
    test_disk_flip(model->disk, entry.block, 100);
    ck_assert_int_eq(model_open(model, true), OK);
    ck_assert_int_eq(store_rewind(model->store, then, &note, &kept), ERR_READ_ONLY);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_int_eq(model_rewind(model, then, &kept), OK);
    sound(model);
    model_free(model);
}
END_TEST

/* A volume whose present has lost a node of its map; `then` can be gone back to. */
static struct model *
node_lost(unsigned level, uint64_t *then)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 3, 60);
    *then = pin(model, 7);
    commits(model, 12, 40);
    pin(model, 0);
    test_disk_flip(model->disk, node_of(model, 9, level).block, 99);
    ck_assert_int_eq(model_open(model, false), OK); /* and nothing of it is in memory */
    return model;
}

START_TEST(a_node_that_the_present_has_lost_is_no_trouble)
{
    for (unsigned level = 0; level < MAP_LEVELS; level++) {
        uint64_t then, kept, credit;
        struct model *model = node_lost(level, &then);

        credit = model->store->credit_pages;
        ck_assert_int_eq(model_rewind(model, then, &kept), OK);
        ck_assert_uint_eq(model->store->credit_pages, credit);
        ck_assert(model_matches(model, model->committed));
        ck_assert_int_eq(model_open(model, false), OK);
        ck_assert(model_matches(model, model->committed));
        ck_assert(memcmp(model->now, model->taken[then], sizeof model->now) == 0);
        commits(model, 5, 30);
        model_free(model);
    }
}
END_TEST

START_TEST(what_the_present_has_lost_stays_lost_when_going_back_fails)
{
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
        _Alignas(PAGE) static uint8_t right[PAGE];
        uint64_t then, kept;
        struct model *model = node_lost(1, &then);

        model_break_write(model, n);
        failed = model_rewind(model, then, &kept) != OK;
        model_mend(model);
        if (failed) {
            model->store->fold_wanted = true;
            change(model, 14); /* which the lost node led to, too */
            model_fill(9, model->taken[model->committed][9], right);
            if (store_page_read(model->store, model_page(9), bytes) == OK)
                ck_assert(memcmp(bytes, right, PAGE) == 0); /* it was written again */
        }
        model_free(model);
    }
}
END_TEST

/* Going back while one thing fails, then again without. */
static void
fails_and_goes_back(void (*break_it)(struct model *, unsigned), unsigned n, bool *failed)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then, kept;

    commits(model, 2, 60);
    then = pin(model, 5);
    commits(model, 3, 40);
    break_it(model, n);
    *failed = model_rewind(model, then, &kept) != OK;
    model_mend(model);
    sound(model);
    if (*failed) {
        ck_assert_int_eq(model_rewind(model, then, &kept), OK);
        ck_assert(memcmp(model->now, model->taken[then], sizeof model->now) == 0);
    }
    test_disk_cut(model->disk, TEST_CUT_DROP, 0);
    sound_after_restart(model);
    model_free(model);
}

START_TEST(a_failure_on_the_way_leaves_the_present)
{
    void (*const ways[])(struct model *, unsigned) = { model_break_write, model_break_flush,
                                                       model_break_memory };

    for (unsigned way = 0; way < 3; way++) {
        bool failed = true;
        unsigned n = 1;

        for (; failed; n++)
            fails_and_goes_back(ways[way], n, &failed);
        ck_assert_uint_ge(n, 4);
    }
}
END_TEST

/* Commit pages that the model does not know, far from its own: every `step`-th of [from, to). */
static void
others_write(struct model *model, uint64_t from, uint64_t to, uint64_t step, uint8_t version)
{
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };

    ck_assert_int_eq(store_credit_take(model->store, (to - from + step - 1) / step), OK);
    store_commit_begin(model->store);
    memset(bytes, version, PAGE);
    for (uint64_t i = from; i < to; i += step)
        ck_assert_int_eq(store_commit_page(model->store, SPACE_PAGES - 1 - i, bytes), OK);
    ck_assert_int_eq(store_commit_finish(model->store, &note), OK);
}

START_TEST(without_room_for_what_differs_it_is_refused_and_the_present_stays)
{
    struct model *model = model_create(BLOCKS);
    struct store_note note = { .wall_ns = 5 };
    uint64_t then, kept;

    store_pin_ask(model->store);
    others_write(model, 0, 500, 1, 1);
    then = pin_at(model, 0).note.generation;
    others_write(model, 0, 500, 1, 2);
    for (unsigned i = 0; i < 4; i++)
        others_write(model, 500 + 100 * i, 600 + 100 * i, 1, 3);
    ck_assert_int_eq(store_rewind(model->store, then, &note, &kept), ERR_NOSPACE);
    for (uint64_t i = 0; i < 900; i++) {
        ck_assert_int_eq(store_page_read(model->store, SPACE_PAGES - 1 - i, bytes), OK);
        ck_assert_uint_eq(bytes[i], i < 500 ? 2 : 3);
    }
    ck_assert_uint_eq(model_check(model, NULL), 0);
    commits(model, 3, 30);
    model_free(model);
}
END_TEST

/* A program has filled the volume, and all of that shall go: zeroes take no room. */
START_TEST(a_full_volume_can_go_back_to_when_it_was_empty)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then, kept, others = 0, mapped;

    commits(model, 2, 30);
    then = pin(model, 5);
    mapped = stats_of(model).pages_mapped;
    for (; store_credit_take(model->store, 100) == OK; others += 100) {
        store_credit_give(model->store, 100);
        others_write(model, others, others + 100, 1, 1);
    }
    ck_assert_uint_lt(stats_of(model).blocks_free, others);
    ck_assert_int_eq(model_rewind(model, then, &kept), OK);
    ck_assert_uint_eq(stats_of(model).pages_mapped, mapped);
    ck_assert_uint_eq(model->store->credit_pages, 0);
    sound_after_restart(model);
    ck_assert_int_eq(store_page_read(model->store, SPACE_PAGES - others, bytes), OK);
    ck_assert_uint_eq(bytes[7], 0);
    model_free(model);
}
END_TEST

#define MANY 2400

/* A pinned generation of MANY pages, every second of which has died one by one. */
static uint64_t
long_list(struct model *model)
{
    uint64_t pinned;

    for (uint64_t i = 0; i < MANY; i += 200)
        others_write(model, i, i + 200, 1, 1);
    store_pin_ask(model->store);
    commits(model, 1, 0);
    pinned = model->committed;
    for (uint64_t i = 0; i < MANY; i += 200)
        others_write(model, i, i + 200, 2, 2);
    return pinned;
}

/* In each of these lists are more links than a few folds work off. */
START_TEST(a_place_for_the_present_is_waited_for)
{
    struct model *model = model_create(1u << 13);
    uint64_t oldest = long_list(model), then = pin(model, 1), kept;

    while (pin_count(model) < STORE_PINS_MAX)
        pin(model, 1);
    model->store->history.links = 1;
    ck_assert_int_eq(model_rewind(model, then, &kept), OK);
    ck_assert_uint_ne(pin_at(model, 0).note.generation, oldest);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(room_that_history_gives_back_is_waited_for)
{
    struct model *model = model_create(5600);
    uint64_t oldest = long_list(model), then = pin(model, 1), kept;

    for (uint64_t i = 0; i < MANY; i += 200)
        others_write(model, i, i + 200, 2, 3);
    commits(model, 4, 1);
    ck_assert_uint_lt(stats_of(model).blocks_free, MANY / 2);
    ck_assert(!pin_at(model, 0).going);
    model->store->history.links = 1;
    ck_assert_int_eq(model_rewind(model, then, &kept), OK);
    ck_assert(pin_at(model, 0).going || pin_at(model, 0).note.generation != oldest);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/rewind", 120, going_back_makes_a_generation_of_the_past_and_can_be_undone,
                  going_back_costs_the_pages_that_differ,
                  what_cannot_be_gone_back_to_is_refused_and_the_present_stays,
                  a_node_that_the_present_has_lost_is_no_trouble,
                  what_the_present_has_lost_stays_lost_when_going_back_fails,
                  a_failure_on_the_way_leaves_the_present,
                  without_room_for_what_differs_it_is_refused_and_the_present_stays,
                  a_full_volume_can_go_back_to_when_it_was_empty,
                  a_place_for_the_present_is_waited_for, room_that_history_gives_back_is_waited_for)
