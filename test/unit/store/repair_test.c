/*
 * repair_test.c - damage to the newest generation: the newest undamaged one is found and gone back
 * to, nothing that can be read is lost, whenever the power goes; and what is written twice, or can
 * be found out from the rest, is written anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "store/repair.h"
#include "support/suite.h"
#include "unit/store/pins.h"

#define WALL_NS 12345

/* ThreadSanitizer makes each opening slow, and there is one thread here. */
#ifdef __SANITIZE_THREAD__
#define CUT_STEP 16
#else
#define CUT_STEP 1
#endif

/* ---- helpers ---- */

static void
page_damage(struct model *model, unsigned page)
{
    test_disk_flip(model->disk, entry_of(model, page).block, 99);
}

/* Nothing is written by planning. */
static struct store_repair
plan(struct plat_disk *disk)
{
    struct test_disk_counts before = test_disk_counts(disk);
    struct store_repair repair;

    ck_assert_int_eq(store_repair_plan(disk, NULL, NULL, NULL, &repair), OK);
    ck_assert_uint_eq(test_disk_counts(disk).writes, before.writes);
    return repair;
}

static err_t
repair_do(struct plat_disk *disk, const struct store_repair *repair, uint64_t *kept)
{
    struct store_note note = { .wall_ns = WALL_NS };

    return store_repair_do(disk, repair, &note, kept);
}

/* The volume is sound but for what is kept damaged, and holds what a generation held. */
static void
is_as(struct model *model, uint64_t generation)
{
    struct store_repair after;
    unsigned mapped = 0;

    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.fell_back);
    ck_assert(model_matches(model, generation));
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        mapped += model->taken[generation][i] != 0;
    ck_assert_uint_eq(stats_of(model).pages_mapped, mapped);
    model_close(model);
    after = plan(model->disk);
    ck_assert_int_eq(after.step, STORE_REPAIR_NOTHING);
}

/* Repair by going back, and look. Returns as what the damaged generation is kept. */
static uint64_t
go_back_to(struct model *model, uint64_t generation, bool pinned)
{
    struct store_repair repair;
    uint64_t kept;

    model_close(model);
    repair = plan(model->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_BACK);
    ck_assert_uint_eq(repair.to.generation, generation);
    ck_assert_int_eq(repair.pinned, pinned);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    is_as(model, generation);
    return kept;
}

/* And the volume goes on: all is freed that is let go of. */
static void
goes_on(struct model *model, uint64_t kept)
{
    ck_assert_int_eq(model_open(model, false), OK);
    memcpy(model->now, model->taken[kept != 0 ? kept : model->committed], sizeof model->now);
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        model_change(model, i, false);
    if (kept != 0)
        ck_assert_int_eq(store_unpin(model->store, kept), OK);
    for (unsigned i = 0; i < 6; i++) {
        bool all[MODEL_PAGES];

        memset(all, true, sizeof all);
        ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_INTERVAL), OK);
    }
    ck_assert_uint_eq(model_check(model, NULL), 0);
}

/* ---- nothing to do ---- */

START_TEST(a_sound_volume_needs_nothing)
{
    struct model *model = model_create(BLOCKS);
    struct store_repair repair;
    uint64_t kept;

    commits(model, 5, 20);
    pin(model, 3);
    commits(model, 5, 20);
    model_close(model);
    repair = plan(model->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_NOTHING);
    ck_assert_uint_eq(repair.newest.generation, model->committed);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    is_as(model, model->committed);
    model_free(model);
}
END_TEST

/* ---- going back ---- */

START_TEST(damage_of_today_goes_back_to_an_older_slot)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then, kept;

    commits(model, 5, 20);
    pin(model, 3);
    commits(model, 3, 20);
    then = change(model, 7);
    change(model, 5);
    change(model, 6);
    page_damage(model, 5);
    kept = go_back_to(model, then, false);
    ck_assert_uint_ne(kept, 0);
    goes_on(model, kept);
    model_free(model);
}
END_TEST

START_TEST(the_oldest_slot_is_gone_back_to_without_losing_it_meanwhile)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then;

    commits(model, 5, 20);
    then = change(model, 7);
    change(model, 5);
    change(model, 6);
    change(model, 6);
    page_damage(model, 5);
    ck_assert_uint_eq(go_back_to(model, then, false), 0);
    goes_on(model, 0);
    model_free(model);
}
END_TEST

START_TEST(a_fold_between_then_and_today_is_no_trouble)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then;

    commits(model, 5, 40);
    then = change(model, 7);
    change(model, 5);
    pin(model, 0); /* folds, and is damaged, too */
    page_damage(model, 5);
    go_back_to(model, then, false);
    model_free(model);
}
END_TEST

START_TEST(older_damage_goes_back_to_the_newest_pin_that_it_does_not_reach)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then, kept;

    commits(model, 5, 20);
    pin(model, 3);
    commits(model, 3, 20);
    then = pin(model, 7);
    change(model, 5);
    pin(model, 1);
    for (unsigned i = 0; i < 12; i++)
        change(model, 6 + i);
    page_damage(model, 5);
    kept = go_back_to(model, then, true);
    ck_assert_uint_ne(kept, 0);
    model_free(model);
}
END_TEST

/* All pins are let go of; what only a lost node named can be given back then, and all is sound. */
static void
forgets_all(struct model *model, uint64_t then)
{
    struct store_pin pins[STORE_PINS_MAX];
    struct store_repair repair;
    uint64_t kept;
    size_t count;

    ck_assert_int_eq(model_open(model, false), OK);
    memcpy(model->now, model->taken[then], sizeof model->now);
    count = store_pins_get(model->store, pins, STORE_PINS_MAX);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(store_unpin(model->store, pins[i].note.generation), OK);
    commits(model, 8, 1);
    ck_assert_uint_eq(pin_count(model), 0);
    ck_assert_uint_eq(model_check(model, &(unsigned){ 0 }), 0);
    model_close(model);
    repair = plan(model->disk);
    ck_assert(repair.step == STORE_REPAIR_NOTHING || repair.step == STORE_REPAIR_LISTS);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
}

static void
node_made_anew(unsigned level, bool shared)
{
    struct model *model = model_create(BLOCKS);
    bool one[MODEL_PAGES] = { [9] = true };
    uint64_t then;

    commits(model, 3, 60);
    model_change(model, 9, true); /* a page of zeroes, which the present has filled */
    ck_assert_int_eq(model_commit_pages(model, one, STORE_CAUSE_DEMAND), OK);
    then = pin(model, 7);
    if (!shared) /* else most pages are still those of then */
        commits(model, 12, 40);
    change(model, 9);
    pin(model, 0);
    for (unsigned i = 0; i < SUPER_SLOTS; i++)
        change(model, 20 + i); /* so that all slots have the map of that fold */
    test_disk_flip(model->disk, node_of(model, 9, level).block, 99);
    go_back_to(model, then, true);
    forgets_all(model, then);
    model_free(model);
}

START_TEST(a_node_of_the_map_that_is_lost_is_made_anew)
{
    for (unsigned level = 0; level < MAP_LEVELS; level++) {
        node_made_anew(level, false);
        node_made_anew(level, true);
    }
}
END_TEST

START_TEST(what_the_disk_does_not_give_is_damage_too)
{
    for (unsigned level = 0; level <= MAP_LEVELS; level++) {
        struct model *model = model_create(BLOCKS);
        struct store_repair repair;
        uint64_t then, kept;
        struct map_entry entry;

        commits(model, 3, 60);
        then = pin(model, 7);
        change(model, 9);
        pin(model, 0);
        for (unsigned i = 0; i < SUPER_SLOTS; i++)
            change(model, 20 + i);
        entry = level < MAP_LEVELS ? node_of(model, 9, level) : entry_of(model, 9);
        model_close(model);
        test_disk_fail_read(model->disk, entry.block);
        repair = plan(model->disk);
        ck_assert_int_eq(repair.step, STORE_REPAIR_BACK);
        ck_assert_uint_eq(repair.to.generation, then);
        ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
        is_as(model, then);
        model_free(model);
    }
}
END_TEST

START_TEST(a_volume_that_cannot_be_opened_goes_on_from_a_pin)
{
    struct model *model = model_create(BLOCKS);
    uint64_t then, record;

    commits(model, 3, 60);
    then = pin(model, 7);
    change(model, 5);
    record = model->store->log.tail.block;
    for (unsigned i = 0; i < 20; i++)
        change(model, i);
    test_disk_flip(model->disk, record, 99); /* each slot needs it */
    ck_assert_int_eq(model_open(model, true), ERR_CORRUPT);
    ck_assert_uint_eq(go_back_to(model, then, true), 0);
    goes_on(model, 0);
    model_free(model);
}
END_TEST

START_TEST(what_was_opened_instead_of_the_newest_becomes_the_newest)
{
    struct model *model = model_create(BLOCKS);
    struct store_repair repair;
    uint64_t then, kept;

    commits(model, 3, 60);
    change(model, 4);
    then = change(model, 5);
    ck_assert_int_eq(model_commit(model, 6, STORE_CAUSE_STOP), OK); /* is flushed: not doubtful */
    ck_assert_uint_eq(model->store->super.flags, 0);
    test_disk_flip(model->disk, model->store->log.tail.block, 99);
    model_close(model);
    repair = plan(model->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_BACK);
    ck_assert_uint_eq(repair.to.generation, then);
    ck_assert_uint_eq(repair.newest.generation, model->committed);
    ck_assert(!repair.opens);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    is_as(model, then);
    model_free(model);
}
END_TEST

START_TEST(damage_of_all_generations_is_told_and_left_alone)
{
    struct model *model = model_create(BLOCKS);
    struct store_repair repair;
    uint64_t kept;

    change(model, 5);
    for (unsigned i = 6; i < 12; i++)
        change(model, i);
    pin(model, 0);
    page_damage(model, 5);
    model_close(model);
    repair = plan(model->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_NOWHERE);
    ck_assert_uint_eq(repair.damages, 1);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    ck_assert_int_eq(plan(model->disk).step, STORE_REPAIR_NOWHERE);
    model_free(model);
}
END_TEST

START_TEST(before_anything_was_there_is_nothing_to_go_back_to)
{
    struct model *damaged = model_create(BLOCKS), *lost = model_create(BLOCKS),
                 *unmade = model_create(BLOCKS);
    struct store_repair repair;

    change(damaged, 5);
    page_damage(damaged, 5);
    ck_assert_int_eq(model_commit(lost, 6, STORE_CAUSE_STOP), OK);
    test_disk_flip(lost->disk, lost->store->log.tail.block, 99);
    model_close(damaged);
    model_close(lost);
    model_close(unmade);
    repair = plan(damaged->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_NOWHERE);
    repair = plan(lost->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_NOWHERE);
    ck_assert(!repair.opens);
    repair = plan(unmade->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_NOWHERE);
    ck_assert_uint_eq(repair.damages, 0);
    model_free(damaged);
    model_free(lost);
    model_free(unmade);
}
END_TEST

START_TEST(damage_that_only_the_past_has_is_no_reason_to_go_back)
{
    struct model *model = model_create(BLOCKS);
    struct store_repair repair;

    change(model, 5);
    pin(model, 0);
    page_damage(model, 5);
    change(model, 5);
    change(model, 6);
    model_close(model);
    repair = plan(model->disk);
    ck_assert_int_eq(repair.step, STORE_REPAIR_NOTHING);
    ck_assert_uint_eq(repair.past, 1);
    model_free(model);
}
END_TEST

/* ---- what is written anew ---- */

/* A volume with all kinds of lists. */
static struct model *
volume(void)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 5, 30);
    pin(model, 3);
    commits(model, 20, 30);
    ck_assert_int_eq(model_commit(model, 30, STORE_CAUSE_STOP), OK);
    pin(model, 4);
    commits(model, 2, 3);
    return model;
}

static void
is_mended(uint64_t block)
{
    struct model *model = volume();
    struct store_repair repair;
    uint64_t kept;

    test_disk_flip(model->disk, block, 99);
    model_close(model);
    repair = plan(model->disk);
    ck_assert_msg(repair.step == STORE_REPAIR_LISTS, "block %lu", (unsigned long)block);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.repaired);
    ck_assert(model_matches(model, model->committed));
    ck_assert(model_pins_match(model));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}

START_TEST(what_is_redundant_is_written_anew_and_nothing_is_lost)
{
    struct model *model = volume(); /* each of them is the same */
    const struct store *store = model->store;

    for (uint64_t block = 0; block < SUPER_SLOTS * SUPER_COPIES; block++)
        is_mended(block);
    for (size_t i = 0; i < store->blocks.node_count; i++)
        is_mended(store->blocks.nodes[i].block);
    is_mended(store->super.waiting.block);
    is_mended(store->super.notes.block);
    is_mended(store->super.pins.block);
    model_free(model);
}
END_TEST

/* ---- trouble meanwhile ---- */

/* Where there is a way back. */
enum way {
    WAY_SLOT,   /* an older slot, which the commit takes that goes back to it */
    WAY_OLDEST, /* the oldest, which any commit takes */
    WAY_PIN,
    WAY_COUNT,
};

/* A volume whose page 5 is damaged; `then` can be gone back to. */
static struct model *
damaged(enum way way, uint64_t *then)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 5, 40);
    *then = way == WAY_PIN ? pin(model, 7) : change(model, 7);
    change(model, 5);
    for (unsigned i = way == WAY_PIN ? 6 : way == WAY_OLDEST ? 1 : 0; i > 0; i--)
        change(model, 6 + i);
    page_damage(model, 5);
    change(model, 4);
    model_close(model);
    return model;
}

/* After a cut the volume is as it was, or as it shall be; and then it is repaired. */
static void
survives(struct model *model, struct plat_disk *disk, uint64_t then)
{
    struct model *after = model_copy(model, disk);
    struct store_repair repair = plan(disk);
    uint64_t kept;

    ck_assert(repair.opens);
    if (repair.step != STORE_REPAIR_NOTHING) {
        ck_assert_int_eq(repair.step, STORE_REPAIR_BACK);
        ck_assert_uint_eq(repair.to.generation, then);
        ck_assert_int_eq(repair_do(disk, &repair, &kept), OK);
    }
    is_as(after, then);
    model_free(after);
}

static void
every_cut(enum way way)
{
    uint64_t then, acknowledged, kept;
    struct model *model = damaged(way, &then);
    struct plat_disk *fresh = test_disk_copy(model->disk);
    struct store_repair repair = plan(model->disk);
    const struct test_op *ops;
    size_t count;

    ck_assert_int_eq(repair.pinned, way == WAY_PIN);
    ck_assert_uint_eq(repair.to.generation, then);
    test_disk_journal(model->disk);
    ck_assert_int_eq(repair_do(model->disk, &repair, &kept), OK);
    ops = test_disk_ops(model->disk, &count);
    ck_assert_uint_gt(count, 3);
    for (size_t k = 0; k <= count; k += CUT_STEP) {
        for (unsigned choice = 0; choice < 7; choice++) {
            enum test_cut cut = choice < 4 ? (enum test_cut)choice : TEST_CUT_RANDOM;
            struct plat_disk *disk = test_disk_at(fresh, ops, k, &acknowledged);

            test_disk_cut(disk, cut, k * 31 + choice);
            survives(model, disk, then);
        }
    }
    test_disk_free(fresh);
    model_free(model);
}

START_TEST(a_cut_at_any_write_costs_nothing)
{
    for (enum way way = 0; way < WAY_COUNT; way++)
        every_cut(way);
}
END_TEST

START_TEST(a_write_or_a_flush_that_fails_costs_nothing)
{
    for (unsigned n = 1; n < 72; n++) {
        uint64_t then, kept;
        struct model *model = damaged(n % WAY_COUNT, &then);
        struct store_repair repair = plan(model->disk);
        err_t err;

        if (n / WAY_COUNT % 2 == 0)
            model_break_write(model, n / 6 + 1);
        else
            model_break_flush(model, n / 6 + 1);
        err = repair_do(model->disk, &repair, &kept);
        model_mend(model);
        ck_assert(err == OK || err == ERR_IO || err == ERR_NOSPACE);
        survives(model, test_disk_copy(model->disk), then);
        model_free(model);
    }
}
END_TEST

START_TEST(without_memory_it_is_refused_and_can_be_tried_again)
{
    uint64_t then, kept;
    struct model *model = damaged(WAY_PIN, &then);
    struct store_repair repair = plan(model->disk);
    unsigned refused = 0;

    for (unsigned n = 1; n < 60; n++) {
        struct model *copy = model_copy(model, test_disk_copy(model->disk));
        err_t err;

        model_break_memory(copy, n);
        err = repair_do(copy->disk, &repair, &kept);
        model_mend(copy);
        ck_assert(err == OK || err == ERR_NOMEM || err == ERR_NOSPACE);
        refused += err != OK;
        survives(model, test_disk_copy(copy->disk), then);
        model_free(copy);
    }
    ck_assert_uint_gt(refused, 10);
    model_free(model);
}
END_TEST

START_TEST(without_room_it_is_refused_and_the_way_back_stays)
{
    struct model *model = model_create(BLOCKS);
    bool all[MODEL_PAGES];
    uint64_t then, kept;

    commits(model, 5, 40);
    fill(model, MODEL_PAGES + 20);
    then = change(model, 5);
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        all[i] = true;
        model_change(model, i, false);
    }
    ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_INTERVAL), OK);
    page_damage(model, 5);
    change(model, 6);
    model_close(model);
    for (unsigned i = 0; i < 3; i++) {
        struct store_repair repair = plan(model->disk);

        ck_assert_int_eq(repair.step, STORE_REPAIR_BACK);
        ck_assert_uint_eq(repair.to.generation, then);
        ck_assert_int_eq(repair_do(model->disk, &repair, &kept), ERR_NOSPACE);
    }
    model_free(model);
}
END_TEST

START_TEST(a_disk_below_that_is_full_costs_nothing)
{
    uint64_t then, kept;
    struct model *model = damaged(WAY_PIN, &then);
    struct store_repair repair = plan(model->disk);
    struct plat_disk *full = test_disk_copy(model->disk);

    test_disk_fill(full);
    ck_assert_int_eq(repair_do(full, &repair, &kept), ERR_NOSPACE);
    test_disk_free(full);
    survives(model, test_disk_copy(model->disk), then);
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/repair", 120, a_sound_volume_needs_nothing,
                  damage_of_today_goes_back_to_an_older_slot,
                  the_oldest_slot_is_gone_back_to_without_losing_it_meanwhile,
                  a_fold_between_then_and_today_is_no_trouble,
                  older_damage_goes_back_to_the_newest_pin_that_it_does_not_reach,
                  a_node_of_the_map_that_is_lost_is_made_anew,
                  what_the_disk_does_not_give_is_damage_too,
                  a_volume_that_cannot_be_opened_goes_on_from_a_pin,
                  what_was_opened_instead_of_the_newest_becomes_the_newest,
                  damage_of_all_generations_is_told_and_left_alone,
                  before_anything_was_there_is_nothing_to_go_back_to,
                  damage_that_only_the_past_has_is_no_reason_to_go_back,
                  what_is_redundant_is_written_anew_and_nothing_is_lost,
                  a_cut_at_any_write_costs_nothing, a_write_or_a_flush_that_fails_costs_nothing,
                  without_memory_it_is_refused_and_can_be_tried_again,
                  without_room_it_is_refused_and_the_way_back_stays,
                  a_disk_below_that_is_full_costs_nothing)
