/*
 * history_test.c - pinned generations: what they hold, what they cost, and that neither cuts nor
 * failures make them lie (damage: history_damage_test.c).
 *
 * A check after each step shows that each block in use is used by something, and nothing that is
 * used is free: so letting go of a pin has freed exactly what nothing else reached.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "support/suite.h"
#include "unit/store/pins.h"

/* ThreadSanitizer makes each opening slow, and there is one thread here. */
#ifdef __SANITIZE_THREAD__
#define CUT_STEP 16
#else
#define CUT_STEP 1
#endif

static _Alignas(PAGE) uint8_t bytes[PAGE], wanted[PAGE];

/* ---- what pins hold ---- */

START_TEST(a_pinned_generation_holds_what_it_held_whatever_is_written_after)
{
    struct model *model = model_create(BLOCKS);
    uint64_t first, second;

    commits(model, 5, 20);
    first = pin(model, 20);
    ck_assert_uint_eq(pin_count(model), 1);
    ck_assert_uint_eq(pin_at(model, 0).note.generation, first);
    ck_assert_uint_eq(pin_at(model, 0).pages_mapped, stats_of(model).pages_mapped);
    commits(model, 9, 30);
    sound(model);
    second = pin(model, 7);
    commits(model, 40, 30);
    for (unsigned round = 0; round < 2; round++) {
        ck_assert_uint_eq(pin_count(model), 2);
        ck_assert_uint_eq(pin_at(model, 0).note.generation, first);
        ck_assert_uint_eq(pin_at(model, 1).note.generation, second);
        ck_assert_int_eq(pin_at(model, 1).note.cause, STORE_CAUSE_INTERVAL);
        sound_after_restart(model);
    }
    ck_assert_uint_gt(pin_at(model, 0).blocks, 60);
    model_free(model);
}
END_TEST

START_TEST(what_a_pin_keeps_is_told_at_once)
{
    struct model *model = model_create(BLOCKS);
    uint64_t told;

    commits(model, 1, 90);
    pin(model, 0);
    commits(model, 1, 30);
    ck_assert_uint_eq(stats_of(model).folds, 1);
    told = pin_at(model, 0).blocks;
    ck_assert_uint_ge(told, 15);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(pin_at(model, 0).blocks, told);
    pin(model, 0); /* from now on they are in a list, with the nodes above them */
    ck_assert_uint_ge(pin_at(model, 0).blocks, told);
    ck_assert_uint_eq(pin_at(model, 1).blocks, 0);
    model_free(model);
}
END_TEST

START_TEST(an_empty_generation_can_be_pinned_and_gone_back_to)
{
    struct model *model = model_create(BLOCKS);
    uint64_t empty = pin(model, 0), kept;

    commits(model, 3, 40);
    ck_assert_int_eq(model_rewind(model, empty, &kept), OK);
    ck_assert_uint_eq(stats_of(model).pages_mapped, 0);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(a_view_names_the_pages_that_hold_anything)
{
    struct model *model = model_create(BLOCKS);
    struct store_view *view;
    uint64_t generation, page = 0, count = 0;

    commits(model, 2, 50);
    generation = pin(model, 10);
    commits(model, 2, 90);
    ck_assert_int_eq(store_view_open(model->store, generation, &view), OK);
    for (uint64_t from = 0; store_view_next(view, from, bytes, &page) == OK; from = page + 1) {
        unsigned index = 0;

        ck_assert_uint_ge(page, from);
        while (index < MODEL_PAGES && model_page(index) != page)
            index++;
        ck_assert_uint_lt(index, MODEL_PAGES);
        ck_assert_uint_ne(model->taken[generation][index], 0);
        count++;
    }
    ck_assert_uint_eq(count, store_view_pin(view).pages_mapped);
    ck_assert_int_eq(store_view_next(view, SPACE_PAGES, bytes, &page), ERR_END);
    store_view_close(view);
    model_free(model);
}
END_TEST

START_TEST(early_pages_and_pages_of_zeroes_die_like_others)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 2, 60);
    pin(model, 0);
    for (unsigned round = 0; round < 12; round++) {
        for (unsigned i = 0; i < 8; i++) {
            model_change(model, (round * 8 + i) % MODEL_PAGES, i % 3 == 0);
            ck_assert_int_eq(model_early(model, (round * 8 + i) % MODEL_PAGES), OK);
        }
        if (round % 3 == 2)
            store_pin_ask(model->store);
        commits(model, 1, round % 5);
        sound(model);
    }
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(commits_beside_pins_cost_what_they_cost_without)
{
    struct model *model = model_create(BLOCKS);
    struct test_disk_counts before, after;

    commits(model, 1, 60);
    pin(model, 3);
    for (unsigned i = 0; i < 3; i++) {
        bool one[MODEL_PAGES] = { [5] = true };

        model_change(model, 5, false);
        before = test_disk_counts(model->disk);
        ck_assert_int_eq(model_commit_pages(model, one, STORE_CAUSE_DEMAND), OK);
        after = test_disk_counts(model->disk);
        ck_assert_uint_le(after.writes - before.writes, 3);
        ck_assert_uint_eq(after.blocks_written - before.blocks_written, 4);
        ck_assert_uint_eq(after.flushes - before.flushes, 1);
    }
    /* A fold with a pin writes the table and a link or two, and flushes no more. */
    store_pin_ask(model->store);
    before = test_disk_counts(model->disk);
    commits(model, 1, 1);
    after = test_disk_counts(model->disk);
    ck_assert_uint_eq(after.flushes - before.flushes, 2);
    ck_assert_uint_le(after.blocks_written - before.blocks_written, 2 + 1 + 16);
    model_free(model);
}
END_TEST

/* A volume that is large enough for long lists: `rounds` times all pages anew, in a pinned past. */
static struct store *
long_lists(struct plat_disk *disk, unsigned pins, unsigned rounds, uint32_t page_count)
{
    struct store *store;
    uint32_t version = 0;

    ck_assert_int_eq(store_format(disk, plat_disk_block_count(disk)), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    for (unsigned p = 0; p < pins; p++) {
        for (unsigned round = 0; round < rounds; round++) {
            struct store_note note = { .cause = STORE_CAUSE_INTERVAL };

            version++;
            if (round == 0)
                store_pin_ask(store);
            ck_assert_int_eq(store_credit_take(store, page_count), OK);
            store_commit_begin(store);
            /* In another order each time, so that neighbours do not die together. */
            for (uint64_t i = 0; i < page_count; i++) {
                uint64_t page = i * (2 * version + 1) * 7919 % page_count;

                memcpy(bytes, (uint64_t[]){ page + 1, version }, 16);
                ck_assert_int_eq(store_commit_page(store, page, bytes), OK);
            }
            ck_assert_int_eq(store_commit_finish(store, &note), OK);
        }
    }
    return store;
}

START_TEST(opening_reads_no_more_for_what_died_after_a_pin)
{
    uint64_t reads[2];

    for (unsigned i = 0; i < 2; i++) {
        struct plat_disk *disk = test_disk_create(1u << 17);
        struct store *store = long_lists(disk, i == 0 ? 1 : 6, 1, 8009);
        struct store_note note = { .cause = STORE_CAUSE_INTERVAL };
        struct store_pin pins[8];

        if (i == 1) {
            ck_assert_uint_eq(store_pins_get(store, pins, 8), 6);
            ck_assert_uint_gt(pins[0].blocks + pins[1].blocks, 16000);
        }
        store_pin_ask(store); /* nothing but a fold */
        store_commit_begin(store);
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
        for (unsigned n = 0; n < 5; n++) {
            store_commit_begin(store);
            ck_assert_int_eq(store_commit_finish(store, &note), OK);
        }
        store_pin_ask(store);
        store_commit_begin(store);
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
        store_close(store);
        reads[i] = test_disk_counts(disk).reads;
        ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
        reads[i] = test_disk_counts(disk).reads - reads[i];
        store_close(store);
        test_disk_free(disk);
    }
    ck_assert_uint_le(reads[1], reads[0]);
}
END_TEST

/* ---- letting go ---- */

START_TEST(letting_go_frees_what_nothing_else_reaches)
{
    struct model *model = model_create(BLOCKS);
    uint64_t first, second, third, in_use;

    commits(model, 1, 90);
    first = pin(model, 0);
    in_use = BLOCKS - stats_of(model).blocks_free - stats_of(model).blocks_waiting;
    commits(model, 3, 60);
    second = pin(model, 0);
    commits(model, 3, 60);
    third = pin(model, 0);
    commits(model, 3, 60);
    sound(model);
    /* From the middle, from the end, from the beginning. */
    ck_assert_int_eq(store_unpin(model->store, second), OK);
    ck_assert_int_eq(store_unpin(model->store, second), ERR_NOT_FOUND);
    commits(model, 2, 1);
    ck_assert_uint_eq(pin_count(model), 2);
    sound(model);
    ck_assert_int_eq(store_unpin(model->store, third), OK);
    commits(model, 2, 1);
    sound(model);
    ck_assert_int_eq(store_unpin(model->store, first), OK);
    commits(model, 8, 0);
    ck_assert_uint_eq(pin_count(model), 0);
    sound_after_restart(model);
    /* As many blocks as when the first was pinned: 96 pages at most, and the nodes they need. */
    ck_assert_uint_le(BLOCKS - stats_of(model).blocks_free - stats_of(model).blocks_waiting,
                      in_use + 2 * DELTA_EXTENT);
    ck_assert_int_eq(store_unpin(model->store, first), ERR_NOT_FOUND);
    model_free(model);
}
END_TEST

START_TEST(any_order_of_pinning_and_letting_go_keeps_what_is_pinned_and_no_more)
{
    for (unsigned seed = 1; seed <= 12; seed++) {
        struct model *model = model_create(BLOCKS);
        uint64_t random = seed * 0x9e3779b97f4a7c15ull;

        for (unsigned step = 0; step < 70; step++) {
            unsigned choice, place;

            random = random * 6364136223846793005ull + 1442695040888963407ull;
            choice = (unsigned)(random >> 33) % 10;
            place = pin_count(model) > 0 ? (unsigned)(random >> 43) % pin_count(model) : 0;
            if (choice < 3)
                store_pin_ask(model->store);
            if (choice >= 7 && pin_count(model) > 2)
                IGNORE(store_unpin(model->store, pin_at(model, place).note.generation),
                       "it may be going already");
            if (choice == 6 && pin_count(model) > 0 && !pin_at(model, place).going) {
                uint64_t kept;

                ck_assert_int_eq(model_rewind(model, pin_at(model, place).note.generation, &kept),
                                 OK);
            }
            commits(model, 1, 1 + (unsigned)(random >> 53) % 20);
            sound(model);
            if (step % 16 == 15)
                sound_after_restart(model);
        }
        model_free(model);
    }
}
END_TEST

START_TEST(a_view_keeps_its_pin_until_it_is_closed)
{
    struct model *model = model_create(BLOCKS);
    struct store_view *view, *refused;
    uint64_t generation;

    commits(model, 2, 60);
    generation = pin(model, 5);
    ck_assert_int_eq(store_view_open(model->store, generation, &view), OK);
    ck_assert_uint_eq(store_view_pin(view).note.generation, generation);
    ck_assert_int_eq(store_unpin(model->store, generation), OK);
    ck_assert_int_eq(store_view_open(model->store, generation, &refused), ERR_NOT_FOUND);
    commits(model, 6, 40);
    ck_assert_uint_eq(pin_count(model), 1);
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        ck_assert_int_eq(store_view_read(view, model_page(i), bytes), OK);
        model_fill(i, model->taken[generation][i], wanted);
        ck_assert_int_eq(memcmp(bytes, wanted, PAGE), 0);
    }
    store_view_close(view);
    commits(model, 2, 1);
    ck_assert_uint_eq(pin_count(model), 0);
    sound(model);
    model_free(model);
}
END_TEST

/* A pin that kept much is worked off by several folds, and none of them reads much. */
START_TEST(letting_go_is_bounded_work_for_each_commit)
{
    const uint32_t page_count = 30011;
    struct plat_disk *disk = test_disk_create(1u << 18);
    struct store *store = long_lists(disk, 1, 2, page_count);
    struct store_note note = { .cause = STORE_CAUSE_INTERVAL };
    struct store_pin pin;
    uint64_t left = UINT64_MAX;
    unsigned folds = 0;

    store_pin_ask(store); /* so that the dead are in the list, and have an heir below */
    store_commit_begin(store);
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
    ck_assert_uint_eq(store_pins_get(store, &pin, 1), 1);
    ck_assert_uint_ge(pin.blocks, page_count);
    ck_assert_int_eq(store_unpin(store, pin.note.generation), OK);
    while (store_pins_get(store, &pin, 1) == 1 && (pin.going || folds == 0)) {
        struct test_disk_counts before = test_disk_counts(disk);

        ck_assert_uint_lt(pin.blocks, left);
        left = pin.blocks;
        store_pin_ask(store); /* a fold */
        store_commit_begin(store);
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
        ck_assert_uint_le(test_disk_counts(disk).reads - before.reads, HISTORY_LINKS + 20);
        folds++;
    }
    ck_assert_uint_gt(folds, 2);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

/* Though space is not short, and nobody asks for folds. */
START_TEST(what_is_let_go_of_is_free_after_a_few_commits_of_nothing)
{
    const uint32_t page_count = 30011;
    const unsigned folds_max = page_count / (CHAIN_DEAD_MAX * HISTORY_LINKS) + 2;
    struct plat_disk *disk = test_disk_create(1u << 18);
    struct store *store = long_lists(disk, 1, 2, page_count);
    struct store_note note = { .cause = STORE_CAUSE_INTERVAL };
    struct store_pin pin;
    struct store_stats before, after;
    unsigned folds = 0;

    store_pin_ask(store); /* so that the dead are in the list */
    store_commit_begin(store);
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
    ck_assert_uint_eq(store_pins_get(store, &pin, 1), 1);
    ck_assert_uint_ge(pin.blocks, page_count);
    ck_assert_uint_eq(store_history_left(store), 0);
    ck_assert_int_eq(store_unpin(store, pin.note.generation), OK);
    store_stats_get(store, &before);
    for (uint64_t left = store_history_left(store), next; left > 0; left = next, folds++) {
        store_commit_begin(store);
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
        next = store_history_left(store);
        ck_assert_uint_lt(next, left);
    }
    ck_assert_uint_gt(folds, 2);
    ck_assert_uint_le(folds, folds_max);
    ck_assert_uint_eq(store_pins_get(store, &pin, 1), 1);
    ck_assert_uint_eq(pin.blocks, 0);             /* the one that is left */
    for (unsigned i = 0; i <= SUPER_SLOTS; i++) { /* no slot leads there any more */
        store_commit_begin(store);
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
    }
    store_stats_get(store, &after);
    ck_assert_uint_ge(after.blocks_free + after.blocks_waiting,
                      before.blocks_free + before.blocks_waiting + page_count);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

START_TEST(a_full_table_lets_the_oldest_go)
{
    struct model *model = model_create(BLOCKS);
    uint64_t oldest, newest = 0;

    commits(model, 1, 30);
    oldest = pin(model, 1);
    for (unsigned i = 0; i < STORE_PINS_MAX + 3; i++)
        newest = pin(model, 1);
    ck_assert_uint_eq(pin_count(model), STORE_PINS_MAX);
    ck_assert_uint_gt(pin_at(model, 0).note.generation, oldest);
    ck_assert_uint_eq(pin_at(model, STORE_PINS_MAX - 1).note.generation, newest);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

/* ---- space ---- */

/* As the space does it: who gets no credit waits for commits. Returns how many that took. */
static unsigned
room_make(struct model *model, uint64_t pages)
{
    unsigned waited = 0;

    for (; store_credit_take(model->store, pages) != OK; waited++) {
        ck_assert_uint_lt(waited, 6);
        ck_assert_int_eq(model_commit(model, 0, STORE_CAUSE_SPACE), OK);
    }
    store_credit_give(model->store, pages);
    return waited;
}

START_TEST(a_volume_is_never_full_because_of_its_history)
{
    /* Without history there is room for ever: these pages and the newest four generations. */
    struct model *model = model_create(BLOCKS);
    size_t most = 0;

    for (unsigned i = 0; i < 300; i++) {
        if (i % 2 == 0)
            store_pin_ask(model->store);
        room_make(model, 60);
        commits(model, 1, 60);
        if (pin_count(model) > most)
            most = pin_count(model);
        if (i % 25 == 24)
            sound(model);
    }
    ck_assert_uint_gt(most, 5);
    ck_assert_uint_gt(pin_count(model), 1); /* no more than needed went */
    sound_after_restart(model);
    model_free(model);
}
END_TEST

/* Nearly all the room is wanted that history has: that goes, and no generation for nothing. */
START_TEST(a_pin_that_brings_no_room_stays)
{
    struct model *model = model_create(BLOCKS);
    uint64_t oldest, newest, pages = BLOCKS / 2;

    commits(model, 1, 90);
    oldest = pin(model, 0);
    commits(model, 2, 60);
    pin(model, 0);
    commits(model, 1, 30);
    newest = pin(model, 0);
    for (; pin_count(model) == 3 && pages > 4; pages -= 4) {
        ck_assert_int_eq(store_credit_take(model->store, pages), ERR_NOSPACE);
        commits(model, 3, 0);
    }
    ck_assert_uint_eq(pin_count(model), 1);
    ck_assert_uint_eq(pin_at(model, 0).note.generation, newest);
    ck_assert_uint_ne(oldest, newest);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

static void
want_in_vain(uint64_t blocks, bool disk_is_full)
{
    struct model *model = model_create(blocks);

    for (unsigned i = 0; i < 4; i++)
        pin(model, 60);
    if (disk_is_full)
        test_disk_fill(model->disk);
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_int_eq(store_credit_take(model->store, blocks / 2), ERR_NOSPACE);
        commits(model, 1, 0);
    }
    ck_assert_uint_eq(pin_count(model), 4);
    room_make(model, 60); /* and this can be had */
    sound(model);
    model_free(model);
}

/* What is wanted cannot be had even at the price of all of it. */
START_TEST(history_does_not_go_in_vain)
{
    want_in_vain(BLOCKS, false);
    want_in_vain(1u << 15, true);
}
END_TEST

START_TEST(what_commits_can_bring_counts_what_history_keeps)
{
    struct model *model = model_create(BLOCKS);
    uint64_t before, possible;

    commits(model, 2, 90);
    before = store_credit_possible(model->store);
    for (unsigned i = 0; i < 8; i++)
        pin(model, 60);
    possible = store_credit_possible(model->store);
    ck_assert_uint_ge(possible + 150, before);
    /* And that much can be had, when it is asked for again and again. */
    ck_assert_uint_gt(room_make(model, possible - 100), 0);
    ck_assert_uint_lt(pin_count(model), 8);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(a_disk_below_that_is_full_costs_history_first)
{
    struct model *model = model_create(1u << 15);
    unsigned waited = 0;

    commits(model, 1, 90);
    test_disk_fill(model->disk);
    for (unsigned i = 0; i < 60; i++) {
        store_pin_ask(model->store);
        waited += room_make(model, 90);
        commits(model, 1, 90);
    }
    ck_assert_uint_gt(waited, 0);
    ck_assert_uint_gt(stats_of(model).blocks_free, BLOCKS); /* but not below */
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(a_store_that_is_turned_back_shows_what_was_pinned_and_writes_nothing)
{
    struct model *model = model_create(BLOCKS);
    struct store_note note;
    uint64_t first, second, writes;

    commits(model, 2, 60);
    first = pin(model, 20);
    commits(model, 3, 40);
    second = pin(model, 20);
    commits(model, 3, 40); /* in records */
    writes = test_disk_counts(model->disk).writes;
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(model_open(model, true), OK);
        ck_assert_int_eq(store_turn_back(model->store, first + 1, &note), ERR_NOT_FOUND);
        ck_assert(model_matches(model, model->committed));
        ck_assert_int_eq(store_turn_back(model->store, i == 0 ? first : second, &note), OK);
        ck_assert_uint_eq(note.generation, i == 0 ? first : second);
        ck_assert(model_matches(model, note.generation));
    }
    sound_after_restart(model);
    ck_assert_uint_eq(test_disk_counts(model->disk).writes, writes);
    model_free(model);
}
END_TEST

/* ---- cuts ---- */

static struct plat_disk *fresh; /* the volume before the first entry of the journal */

/* Pins that come and go, between records and folds, and a way back. */
static struct model *
scenario(void)
{
    struct model *model = model_create(BLOCKS);
    uint64_t kept;

    commits(model, 2, 40);
    fresh = test_disk_copy(model->disk);
    test_disk_journal(model->disk);
    test_disk_mark(model->disk, model->committed);
    pin(model, 9);
    commits(model, 2, 20);
    pin(model, 9);
    commits(model, 1, 20);
    pin(model, 2);
    ck_assert_int_eq(store_unpin(model->store, pin_at(model, 1).note.generation), OK);
    commits(model, 2, 9);
    ck_assert_int_eq(model_rewind(model, pin_at(model, 0).note.generation, &kept), OK);
    commits(model, 2, 9);
    ck_assert_int_eq(store_unpin(model->store, pin_at(model, 0).note.generation), OK);
    pin(model, 5);
    commits(model, 5, 3);
    sound(model);
    return model;
}

static void
survives(struct model *model, struct plat_disk *disk, uint64_t acknowledged)
{
    struct model *after = model_copy(model, disk);
    uint64_t kept;

    ck_assert_int_eq(model_open(after, false), OK);
    ck_assert_uint_ge(after->opened.generation, acknowledged);
    after->committed = after->opened.generation;
    sound(after);
    /* It goes on: pins can be let go of, made, and gone back to. */
    if (pin_count(after) > 0 && !pin_at(after, 0).going)
        ck_assert_int_eq(store_unpin(after->store, pin_at(after, 0).note.generation), OK);
    commits(after, 1, 5);
    sound(after);
    ck_assert_int_eq(model_rewind(after, pin(after, 3), &kept), OK);
    test_disk_cut(disk, TEST_CUT_DROP, 0);
    sound_after_restart(after);
    model_free(after);
}

START_TEST(every_cut_leaves_every_pin_readable)
{
    struct model *model = scenario();
    size_t count;
    const struct test_op *ops = test_disk_ops(model->disk, &count);
    uint64_t acknowledged;

    for (size_t k = 0; k <= count; k += CUT_STEP) {
        if (k > 0 && ops[k - 1].kind == TEST_OP_MARK)
            continue;
        for (unsigned choice = 0; choice < 7; choice++) {
            enum test_cut cut = choice < 4 ? (enum test_cut)choice : TEST_CUT_RANDOM;
            struct plat_disk *disk = test_disk_at(fresh, ops, k, &acknowledged);

            test_disk_cut(disk, cut, k * 31 + choice);
            survives(model, disk, acknowledged);
        }
    }
    model_free(model);
}
END_TEST

/* Slots that are older lead to pins that are gone from the newest: their blocks are not reused. */
START_TEST(an_older_slot_still_has_the_pins_that_it_had)
{
    for (unsigned lost = 1; lost <= 3; lost++) {
        struct model *model = model_create(BLOCKS);

        commits(model, 4, 60);
        pin(model, 30);
        commits(model, 5, 60);
        ck_assert_int_eq(store_unpin(model->store, pin_at(model, 0).note.generation), OK);
        commits(model, lost, 60);
        ck_assert_uint_eq(pin_count(model), 0);
        for (unsigned i = 0; i < lost; i++) {
            unsigned slot = (unsigned)(model->committed - 1 - i) % SUPER_SLOTS;

            test_disk_flip(model->disk, (uint64_t)SUPER_COPIES * slot, 600);
            test_disk_flip(model->disk, (uint64_t)SUPER_COPIES * slot + 1, 600);
        }
        ck_assert_int_eq(model_open(model, false), OK);
        ck_assert_uint_eq(model->opened.generation, model->committed - lost);
        ck_assert_uint_eq(pin_count(model), 1);
        ck_assert(model_pins_match(model));
        commits(model, 6, 30);
        sound_after_restart(model);
        model_free(model);
    }
}
END_TEST

/* ---- failures ---- */

/* A fold that pins, lets go, and works off a list, fails in one way. */
static void
fails_and_goes_on(void (*break_it)(struct model *, unsigned), unsigned n, bool *failed)
{
    struct model *model = model_create(BLOCKS);
    uint64_t going;

    commits(model, 2, 60);
    pin(model, 5);
    commits(model, 2, 40);
    going = pin(model, 5);
    commits(model, 2, 40);
    ck_assert_int_eq(store_unpin(model->store, going), OK);
    store_pin_ask(model->store);
    break_it(model, n);
    *failed = model_commit(model, 6, STORE_CAUSE_INTERVAL) != OK;
    model_mend(model);
    if (*failed) {
        bool all[MODEL_PAGES];

        ck_assert(model_pins_match(model));
        memset(all, true, sizeof all);
        ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_DEMAND), OK);
        /* What was asked for is done by this one. */
        ck_assert_uint_eq(pin_at(model, pin_count(model) - 1).note.generation, model->committed);
        ck_assert_uint_eq(pin_count(model), 2);
    }
    sound(model);
    commits(model, 3, 10);
    test_disk_cut(model->disk, TEST_CUT_DROP, 0);
    sound_after_restart(model);
    model_free(model);
}

START_TEST(a_write_or_a_flush_that_fails_costs_no_pin)
{
    bool failed = true;
    unsigned n = 1;

    for (; failed; n++)
        fails_and_goes_on(model_break_write, n, &failed);
    ck_assert_uint_ge(n, 4);
    for (n = 1; n <= 2; n++) {
        fails_and_goes_on(model_break_flush, n, &failed);
        ck_assert(failed);
    }
}
END_TEST

START_TEST(an_allocation_that_fails_costs_no_pin)
{
    for (unsigned n = 1; n < 60; n++) {
        bool failed;

        fails_and_goes_on(model_break_memory, n, &failed);
    }
}
END_TEST

/* A commit that goes on without its fold, for which there is no memory. */
static void
fold_without_memory(struct model *model)
{
    uint64_t folds = stats_of(model).folds;

    for (unsigned n = 1; n < 60; n++) {
        model_break_memory(model, n);
        if (model_commit(model, 0, STORE_CAUSE_SPACE) == OK && stats_of(model).folds == folds) {
            model_mend(model);
            return;
        }
        ck_assert_uint_eq(stats_of(model).folds, folds);
    }
    ck_abort_msg("each fold that failed took its commit with it");
}

START_TEST(a_fold_that_failed_once_keeps_nobody_waiting)
{
    struct model *model = model_create(BLOCKS);
    uint64_t going;

    commits(model, 2, 60);
    going = pin(model, 5);
    commits(model, 2, 40);
    ck_assert_int_eq(store_unpin(model->store, going), OK);
    fold_without_memory(model);
    ck_assert_uint_eq(pin_count(model), 1);
    commits(model, 1, 0);
    ck_assert_uint_eq(pin_count(model), 0);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

/* Each try would cost what the fold costs up to where it fails. */
START_TEST(a_fold_that_always_fails_is_tried_more_and_more_rarely)
{
    struct model *model = model_create(BLOCKS);
    uint64_t reads;

    commits(model, 2, 60);
    pin(model, 5);
    commits(model, 2, 40);
    ck_assert_int_eq(model_open(model, false), OK);
    test_disk_fail_read(model->disk, model->store->map.block);
    ck_assert_int_eq(store_unpin(model->store, pin_at(model, 0).note.generation), OK);
    reads = test_disk_counts(model->disk).reads;
    commits(model, 300, 0);
    reads = test_disk_counts(model->disk).reads - reads;
    ck_assert_uint_ge(reads, 300 / 64);
    ck_assert_uint_le(reads, 300 / 64 + 8);
    test_disk_fail_read(model->disk, 0);
    commits(model, 64, 0);
    ck_assert_uint_eq(pin_count(model), 0);
    commits(model, 1, 5);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN(
    "store/history", 120, a_pinned_generation_holds_what_it_held_whatever_is_written_after,
    what_a_pin_keeps_is_told_at_once, an_empty_generation_can_be_pinned_and_gone_back_to,
    a_view_names_the_pages_that_hold_anything, early_pages_and_pages_of_zeroes_die_like_others,
    commits_beside_pins_cost_what_they_cost_without,
    opening_reads_no_more_for_what_died_after_a_pin, letting_go_frees_what_nothing_else_reaches,
    any_order_of_pinning_and_letting_go_keeps_what_is_pinned_and_no_more,
    a_view_keeps_its_pin_until_it_is_closed, letting_go_is_bounded_work_for_each_commit,
    what_is_let_go_of_is_free_after_a_few_commits_of_nothing, a_full_table_lets_the_oldest_go,
    a_volume_is_never_full_because_of_its_history, a_pin_that_brings_no_room_stays,
    history_does_not_go_in_vain, what_commits_can_bring_counts_what_history_keeps,
    a_disk_below_that_is_full_costs_history_first,
    a_store_that_is_turned_back_shows_what_was_pinned_and_writes_nothing,
    every_cut_leaves_every_pin_readable, an_older_slot_still_has_the_pins_that_it_had,
    a_write_or_a_flush_that_fails_costs_no_pin, an_allocation_that_fails_costs_no_pin,
    a_fold_that_failed_once_keeps_nobody_waiting,
    a_fold_that_always_fails_is_tried_more_and_more_rarely)
