/*
 * history_damage_test.c - what history keeps is damaged, cannot be read, or is not what it must be:
 * it is found, never used, and costs nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "support/suite.h"
#include "unit/store/pins.h"

static _Alignas(PAGE) uint8_t bytes[PAGE], wanted[PAGE];

/* A volume with pins, lists, and records behind the last fold. */
static struct model *
volume(void)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 2, 60);
    for (unsigned i = 0; i < 3; i++) {
        pin(model, 10);
        commits(model, 2, 30);
    }
    sound_after_restart(model);
    return model;
}

/* The blocks that history leads to, and nothing else does. */
static bool
is_kept(struct model *model, uint64_t block)
{
    const struct store *store = model->store;
    const struct blocks *blocks = &store->blocks;
    struct map_entry entry;

    if ((blocks->bits[block / 64] >> block % 64 & 1) == 0 || block < VOLUME_FIRST_BLOCK)
        return false;
    for (size_t i = blocks->dead.head; i < blocks->dead.end; i++) {
        if (block - blocks->dead.items[i].block < blocks->dead.items[i].count)
            return false;
    }
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        ck_assert_int_eq(map_lookup(model->store, model_page(i), &entry), OK);
        if (entry.block == block)
            return false;
    }
    for (size_t i = 0; i < store->log.extents.count; i++) {
        if (block - store->log.extents.items[i].block < store->log.extents.items[i].count)
            return false;
    }
    return true;
}

/* Each page of each pin is as it must be, or is reported as damaged. */
static unsigned
pages_damaged(struct model *model)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(model->store, pins, STORE_PINS_MAX);
    unsigned damaged = 0;

    for (size_t p = 0; p < count; p++) {
        struct store_view *view;

        if (store_view_open(model->store, pins[p].note.generation, &view) != OK)
            continue;
        for (unsigned i = 0; i < MODEL_PAGES; i++) {
            err_t err = store_view_read(view, model_page(i), bytes);

            ck_assert(err == OK || err == ERR_CORRUPT);
            model_fill(i, model->taken[pins[p].note.generation][i], wanted);
            if (err == OK)
                ck_assert_int_eq(memcmp(bytes, wanted, PAGE), 0);
            damaged += err != OK;
        }
        store_view_close(view);
    }
    return damaged;
}

START_TEST(one_bit_flipped_in_what_history_keeps_is_found_and_never_used)
{
    struct model *model = volume();
    unsigned kept = 0, damaged = 0;

    for (uint64_t block = VOLUME_FIRST_BLOCK; block < BLOCKS; block++) {
        struct model *after;

        if (!is_kept(model, block))
            continue;
        kept++;
        after = model_copy(model, test_disk_copy(model->disk));
        test_disk_flip(after->disk, block, (unsigned)(block * 97 % (8 * 4096)));
        ck_assert_int_eq(model_open(after, true), OK);
        if (model_check(after, NULL) == 0)
            ck_abort_msg("block %lu", (unsigned long)block);
        damaged += pages_damaged(after);
        model_free(after);
    }
    ck_assert_uint_gt(kept, 100);
    ck_assert_uint_gt(damaged, 50);
    model_free(model);
}
END_TEST

START_TEST(a_damaged_table_or_list_costs_neither_a_generation_nor_a_commit)
{
    struct model *model = volume();
    const struct pin *oldest = &model->store->history.pins[0];
    const uint64_t places[] = { model->store->super.pins.block, oldest->dead.block };

    for (unsigned i = 0; i < 2; i++) {
        struct model *after = model_copy(model, test_disk_copy(model->disk));

        ck_assert_uint_ne(places[i], 0);
        test_disk_flip(after->disk, places[i], 8 * 60);
        ck_assert_int_eq(model_open(after, true), OK);
        ck_assert_uint_ge(model_check(after, NULL), 1);
        ck_assert(model_check_named_block(places[i]));
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert_uint_eq(after->opened.repaired, i == 0);
        ck_assert(!after->opened.fell_back);
        ck_assert(model_matches(after, after->committed));
        ck_assert_uint_eq(pages_damaged(after), 0);
        while (pin_count(after) > 0) {
            IGNORE(store_unpin(after->store, pin_at(after, 0).note.generation), "or it is going");
            commits(after, 1, 5);
            ck_assert_uint_eq(pages_damaged(after), 0);
        }
        pin(after, 5);
        commits(after, 3, 20);
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert(!after->opened.repaired);
        ck_assert(model_matches(after, after->committed));
        ck_assert(model_pins_match(after));
        model_free(after);
    }
    model_free(model);
}
END_TEST

/* The block of the leaf that names a page. */
static uint64_t
leaf_of(struct model *model, uint64_t page)
{
    struct map_entry entry = { .block = model->store->map.block, .crc = model->store->map.crc };

    for (unsigned level = MAP_LEVELS - 1; level > 0; level--) {
        const struct map_node_disk *node = (const void *)bytes;

        ck_assert_int_eq(map_node_read(model->store, &entry, bytes), OK);
        entry = map_entry_get(&node->entries[page >> level * MAP_WAYS_BITS & (MAP_WAYS - 1)]);
    }
    return entry.block;
}

/* A disk that says no may say yes later: nothing is lost for that, unless it goes on so. */
START_TEST(a_list_that_cannot_be_read_now_is_tried_again)
{
    for (unsigned always = 0; always < 2; always++) {
        struct model *model = volume();
        uint64_t going = pin_at(model, 0).note.generation, blocks = pin_at(model, 0).blocks;
        unsigned notes = 0;

        test_disk_fail_read(model->disk, model->store->history.pins[0].dead.block);
        ck_assert_int_eq(store_unpin(model->store, going), OK);
        commits(model, 1, 5);
        ck_assert_uint_eq(pin_at(model, 0).note.generation, going);
        ck_assert_uint_eq(pin_at(model, 0).blocks, blocks);
        for (unsigned i = 0; i < 10 && always; i++) {
            store_pin_ask(model->store); /* a fold */
            commits(model, 1, 5);
        }
        test_disk_fail_read(model->disk, 0);
        store_pin_ask(model->store);
        commits(model, 1, 5);
        ck_assert_uint_ne(pin_at(model, 0).note.generation, going);
        ck_assert_uint_eq(model_check(model, &notes), 0);
        ck_assert_uint_eq(notes > 0, always);
        model_free(model);
    }
}
END_TEST

/* What was lost before a generation was pinned is lost in it, though the present has it anew. */
START_TEST(check_tells_of_pages_that_a_pin_has_lost)
{
    struct model *model = model_create(BLOCKS);
    bool all[MODEL_PAGES], first[MODEL_PAGES] = { [0] = true };
    uint64_t lost = model_page(6), pinned; /* beside page 0 */

    memset(all, true, sizeof all);
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        model_change(model, i, false);
    ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_DEMAND), OK);
    ck_assert_int_eq(store_unpin(model->store, pin(model, 0)), OK);
    commits(model, 8, 0);
    ck_assert_uint_eq(leaf_of(model, lost), leaf_of(model, model_page(0)));
    test_disk_flip(model->disk, leaf_of(model, lost), 8 * 16 * 5);
    ck_assert_int_eq(model_open(model, false), OK);
    model_change(model, 0, false);
    store_pin_ask(model->store);
    ck_assert_int_eq(model_commit_pages(model, first, STORE_CAUSE_DEMAND), OK);
    pinned = model->committed;
    ck_assert_int_eq(store_page_read(model->store, lost, bytes), ERR_CORRUPT);
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        model_change(model, i, false);
    ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_DEMAND), OK);
    for (unsigned folded = 0; folded < 2; folded++) {
        ck_assert(model_matches(model, model->committed));
        ck_assert_uint_gt(model_check(model, NULL), 0);
        ck_assert(model_check_named_page(lost));
        pin(model, 0); /* folds: the pin has the leaf for itself then */
    }
    ck_assert_int_eq(store_unpin(model->store, pinned), OK);
    commits(model, 2, 0);
    model_check(model, NULL);
    ck_assert(!model_check_named_page(lost));
    model_free(model);
}
END_TEST

START_TEST(an_index_that_is_found_out_anew_spares_what_pins_reach)
{
    struct model *model = volume();

    test_disk_flip(model->disk, model->store->super.bitmap.block, 8 * 12);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.repaired);
    ck_assert(model_pins_match(model));
    for (unsigned i = 0; i < 20; i++) {
        commits(model, 1, 60);
        ck_assert(model_pins_match(model));
    }
    sound_after_restart(model);
    model_free(model);
}
END_TEST

/* ---- check finds what the store must never do ---- */

START_TEST(check_finds_a_block_that_a_pin_uses_and_no_list_tells_of)
{
    struct model *model = volume();
    struct pin *middle = &model->store->history.pins[1];

    /* The list of the middle one is forgotten, in memory: it is where a check begins. */
    middle->dead = (struct block_ref){ 0 };
    ck_assert_uint_ge(model_check(model, NULL), 10);
    model_free(model);
}
END_TEST

/* A block that a pin reaches was given out again: as a list, a page, or a node of the present. */
START_TEST(check_finds_a_block_of_a_pin_that_something_else_uses)
{
    struct model *model = volume();
    struct pin *oldest = &model->store->history.pins[0];
    struct map_entry page;

    ck_assert_int_eq(map_lookup(model->store, model_page(0), &page), OK);
    const struct block_ref others[] = {
        model->store->super.notes,
        { page.block, page.crc, 1 },
        { leaf_of(model, model_page(0)), 0, 1 },
    };

    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        oldest->map = others[i];
        ck_assert_uint_ge(model_check(model, NULL), 1);
        ck_assert(model_check_named_block(others[i].block));
    }
    model_free(model);
}
END_TEST

START_TEST(check_finds_a_block_that_is_kept_for_nothing)
{
    struct model *model = volume();
    struct pin *pins = model->store->history.pins;
    unsigned notes = 0;

    /* As if the oldest had another map: what it has in its list it does not reach. */
    pins[0].map = (struct block_ref){ 0 };
    ck_assert_uint_eq(model_check(model, &notes), 0);
    ck_assert_uint_ge(notes, 1);
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/history_damage", 120,
                  one_bit_flipped_in_what_history_keeps_is_found_and_never_used,
                  a_damaged_table_or_list_costs_neither_a_generation_nor_a_commit,
                  a_list_that_cannot_be_read_now_is_tried_again,
                  check_tells_of_pages_that_a_pin_has_lost,
                  an_index_that_is_found_out_anew_spares_what_pins_reach,
                  check_finds_a_block_that_a_pin_uses_and_no_list_tells_of,
                  check_finds_a_block_of_a_pin_that_something_else_uses,
                  check_finds_a_block_that_is_kept_for_nothing)
