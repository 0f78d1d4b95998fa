/*
 * migrate_test.c - volumes of older versions of the format come here with all that they hold,
 * whenever the power goes, and are not taken for volumes of this version before that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/migrate.h"

#include <check.h>
#include <string.h>

#include "support/suite.h"
#include "unit/store/pins.h"

#define DAY_NS  (24 * 3600 * 1000000000ull)
#define WALL_NS (100 * DAY_NS)
#define OLDER   2 /* versions: 1 and 2 */

/* ThreadSanitizer makes each opening slow, and there is one thread here. */
#ifdef __SANITIZE_THREAD__
#define CUT_STEP 8
#else
#define CUT_STEP 1
#endif

static struct store_opened opened;

static err_t
migrate_how(struct plat_disk *disk, bool damaged)
{
    struct store_note note = { .wall_ns = WALL_NS };

    return store_migrate(disk, damaged, &note, &opened);
}

static err_t
migrate(struct plat_disk *disk)
{
    return migrate_how(disk, false);
}

/* A volume in which nothing is pinned by itself, as in older versions. */
static struct model *
volume_new(void)
{
    struct model *model = model_create(BLOCKS);

    ck_assert_int_eq(store_policy_set(model->store, &(struct store_policy){ 0 }), OK);
    model->personal_ns = 10 * DAY_NS;
    return model;
}

/* A volume of an older version, after so many commits of which one was a fold; no store is open. */
static struct model *
volume(uint32_t version, unsigned commits_before, unsigned commits_after)
{
    struct model *model = volume_new();

    commits(model, commits_before, 30);
    if (commits_before > 0) {
        model->store->fold_wanted = true;
        commits(model, 1, 30);
    }
    commits(model, commits_after, 30);
    model_close(model);
    model_make_version(model, version);
    return model;
}

/* It is refused as one of its version, and nothing is written. */
static void
is_older(struct model *model, uint32_t version)
{
    uint64_t writes = test_disk_counts(model->disk).writes;

    ck_assert_int_eq(model_open(model, false), ERR_VERSION);
    ck_assert_int_eq(model_open(model, true), ERR_VERSION);
    ck_assert_uint_eq(store_version(model->disk), version);
    ck_assert_uint_eq(test_disk_counts(model->disk).writes, writes);
}

/* It opens, and holds what `generation` did. */
static void
holds(struct model *model, uint64_t generation)
{
    uint32_t held[MODEL_PAGES];

    memcpy(held, model->taken[generation], sizeof held);
    ck_assert_uint_eq(store_version(model->disk), SUPER_VERSION);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.version, SUPER_VERSION);
    ck_assert(!model->opened.fell_back);
    ck_assert(!model->opened.repaired);
    model->committed = model->opened.generation; /* what the model does not know made it */
    model->known[model->committed] = true;
    memcpy(model->taken[model->committed], held, sizeof held);
    memcpy(model->now, held, sizeof held);
    sound(model);
}

/* What a volume of this version can do, this one can. */
static void
goes_on(struct model *model)
{
    uint64_t pinned, kept;

    commits(model, 10, 30);
    pinned = pin(model, 5);
    commits(model, 10, 30);
    ck_assert_int_eq(model_rewind(model, pinned, &kept), OK);
    sound_after_restart(model);
}

START_TEST(what_a_volume_of_an_older_version_holds_comes_here)
{
    static const unsigned commits_made[][2] = {
        { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 9 }, { 3, 0 }, { 9, 1 }, { 30, 40 },
    };

    for (uint32_t version = 1; version <= OLDER; version++) {
        for (size_t i = 0; i < sizeof commits_made / sizeof commits_made[0]; i++) {
            struct model *model = volume(version, commits_made[i][0], commits_made[i][1]);
            uint64_t before = model->committed;

            is_older(model, version);
            ck_assert_int_eq(migrate(model->disk), OK);
            ck_assert_uint_eq(opened.version, version);
            ck_assert_uint_eq(opened.generation, before);
            holds(model, before);
            goes_on(model);
            model_free(model);
        }
    }
}
END_TEST

START_TEST(one_of_this_version_is_left_alone)
{
    struct model *model = model_create(BLOCKS);
    uint64_t writes;

    commits(model, 10, 30);
    model_close(model);
    writes = test_disk_counts(model->disk).writes;
    ck_assert_int_eq(migrate(model->disk), OK);
    ck_assert_uint_eq(opened.version, SUPER_VERSION);
    ck_assert_uint_eq(test_disk_counts(model->disk).writes, writes);
    holds(model, model->committed);
    model_free(model);
}
END_TEST

START_TEST(a_history_begins_as_in_a_new_volume)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        struct model *model = volume(version, 9, 5);
        struct store_policy policy;

        ck_assert_int_eq(migrate(model->disk), OK);
        holds(model, model->committed);
        policy = store_policy_get(model->store);
        ck_assert_mem_eq(&policy, &history_policy_default, sizeof policy);
        model->wall_ns = WALL_NS;
        commits(model, 1, 30);
        ck_assert_uint_eq(pin_count(model), 0);
        model->wall_ns += DAY_NS;
        commits(model, 1, 30);
        ck_assert_uint_eq(pin_count(model), 1);
        model_free(model);
    }
}
END_TEST

/* ---- refusals ---- */

static void
every_super(struct plat_disk *disk, void (*edit)(struct super_disk *))
{
    for (unsigned place = 0; place < SUPER_SLOTS * SUPER_COPIES; place++) {
        struct super_disk *super = (void *)test_disk_bytes(disk, place);

        edit(super);
        super->crc = le32_put(crc32c(super, SUPER_CRC_BYTES));
    }
}

static void
edit_newer(struct super_disk *super)
{
    super->version = le32_put(SUPER_VERSION + 1);
}

static void
edit_feature(struct super_disk *super)
{
    super->incompatible = le32_put(1);
}

static void
edit_space(struct super_disk *super)
{
    super->space_base = le64_put(le64_get(super->space_base) + PAGE);
}

START_TEST(what_is_not_known_here_is_refused_and_not_changed)
{
    static const struct {
        void (*edit)(struct super_disk *);
        uint32_t version; /* that is why */
    } cases[] = { { edit_newer, SUPER_VERSION + 1 }, { edit_feature, 0 }, { edit_space, 0 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model *model = volume(2, 3, 3);
        uint64_t writes = test_disk_counts(model->disk).writes;

        every_super(model->disk, cases[i].edit);
        ck_assert_int_eq(migrate(model->disk), ERR_VERSION);
        ck_assert_uint_eq(store_version(model->disk), cases[i].version);
        ck_assert_uint_eq(test_disk_counts(model->disk).writes, writes);
        model_free(model);
    }
}
END_TEST

START_TEST(one_superblock_of_a_newer_version_is_enough_to_refuse_all)
{
    struct model *model = volume(2, 3, 3);
    struct super_disk *super = (void *)test_disk_bytes(model->disk, 5);

    edit_newer(super);
    super->crc = le32_put(crc32c(super, SUPER_CRC_BYTES));
    ck_assert_int_eq(migrate(model->disk), ERR_VERSION);
    ck_assert_uint_eq(store_version(model->disk), SUPER_VERSION + 1);
    model_free(model);
}
END_TEST

START_TEST(a_disk_that_may_only_be_read_is_refused)
{
    struct model *model = volume(1, 3, 3);

    test_disk_set_read_only(model->disk, true);
    ck_assert_int_eq(migrate(model->disk), ERR_READ_ONLY);
    test_disk_set_read_only(model->disk, false);
    is_older(model, 1);
    model_free(model);
}
END_TEST

/* The slot in which a generation lies. */
static unsigned
slot_of(struct plat_disk *disk, uint64_t generation)
{
    for (unsigned slot = 0; slot < SUPER_SLOTS; slot++) {
        const struct super_disk *super = (const void *)test_disk_look(disk, slot * SUPER_COPIES);

        if (le64_get(super->note.generation) == generation)
            return slot;
    }
    ck_abort_msg("generation %lu is in no slot", (unsigned long)generation);
    return 0;
}

static void
slot_damage(struct plat_disk *disk, unsigned slot)
{
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++)
        test_disk_flip(disk, slot * SUPER_COPIES + copy, 3000);
}

START_TEST(damage_is_refused_unless_somebody_asks_to_go_on)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        struct model *model = volume(version, 3, 6);
        uint64_t newest = model->committed, writes = test_disk_counts(model->disk).writes;

        slot_damage(model->disk, slot_of(model->disk, newest));
        ck_assert_int_eq(migrate(model->disk), ERR_CORRUPT);
        ck_assert_uint_eq(opened.generation, newest - 1);
        ck_assert_uint_eq(test_disk_counts(model->disk).writes, writes);
        is_older(model, version);
        ck_assert_int_eq(migrate_how(model->disk, true), OK);
        ck_assert(opened.fell_back);
        holds(model, newest - 1);
        goes_on(model);
        model_free(model);
    }
}
END_TEST

START_TEST(one_of_which_nothing_is_whole_is_refused_whatever_is_asked_for)
{
    struct model *model = volume(2, 0, 6);
    uint64_t record;

    for (unsigned slot = 0; slot < SUPER_SLOTS; slot++) {
        const struct super_disk *super =
            (const void *)test_disk_look(model->disk, slot * SUPER_COPIES);

        record = le64_get(super->delta.block);
        test_disk_flip(model->disk, record, 77);
    }
    for (unsigned damaged = 0; damaged < 2; damaged++) {
        ck_assert_int_eq(migrate_how(model->disk, damaged != 0), ERR_CORRUPT);
        ck_assert_uint_eq(opened.generation, 0);
    }
    is_older(model, 2);
    model_free(model);
}
END_TEST

START_TEST(lists_that_are_damaged_are_damage)
{
    struct model *model = volume(2, 9, 3);
    const struct super_disk *super = (const void *)test_disk_look(model->disk, 0);

    test_disk_flip(model->disk, le64_get(super->bitmap.block), 5);
    ck_assert_int_eq(migrate(model->disk), ERR_CORRUPT);
    ck_assert_uint_eq(opened.generation, model->committed);
    ck_assert_int_eq(migrate_how(model->disk, true), OK);
    holds(model, model->committed);
    goes_on(model);
    model_free(model);
}
END_TEST

/* ---- room ---- */

START_TEST(a_full_volume_comes_here)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        struct model *model = volume_new();
        uint64_t before;

        commits(model, 5, 30);
        fill(model, 0);
        before = model->committed;
        model_close(model);
        model_make_version(model, version);
        ck_assert_int_eq(migrate(model->disk), OK);
        ck_assert_int_eq(model_open(model, false), OK);
        ck_assert_uint_eq(model_check(model, NULL), 0);
        memcpy(model->taken[model->opened.generation], model->taken[before], sizeof model->now);
        model->known[model->opened.generation] = true;
        ck_assert(model_matches(model, model->opened.generation));
        model_free(model);
    }
}
END_TEST

START_TEST(a_disk_below_that_is_full_leaves_it_as_it_is)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        struct model *model = volume(version, 9, 0); /* no extent for records is begun */
        struct plat_disk *full = test_disk_copy(model->disk);

        test_disk_fill(full);
        ck_assert_int_eq(migrate(full), ERR_NOSPACE);
        ck_assert_uint_eq(store_version(full), version);
        test_disk_free(full);
        ck_assert_int_eq(migrate(model->disk), OK);
        holds(model, model->committed);
        model_free(model);
    }
}
END_TEST

/* ---- trouble meanwhile ---- */

/* After whatever has happened it is of the one version or the other, and comes here; nobody speaks
 * of damage. */
static void
survives(const struct model *model, struct plat_disk *disk, uint32_t version)
{
    struct model *after = model_copy(model, disk);
    err_t err = model_open(after, false);

    ck_assert(err == OK || err == ERR_VERSION);
    ck_assert_uint_eq(store_version(disk), err == OK ? SUPER_VERSION : version);
    ck_assert(err != OK || !after->opened.fell_back);
    model_close(after);
    ck_assert_int_eq(migrate(disk), OK);
    ck_assert(!opened.fell_back);
    ck_assert_uint_eq(opened.version, err == OK ? SUPER_VERSION : version);
    holds(after, model->committed);
    model_free(after);
}

/* Do it once more, and let the power go at some write of that. */
static struct plat_disk *
cut_again(struct plat_disk *disk, uint64_t seed)
{
    struct plat_disk *fresh = test_disk_copy(disk), *cut;
    const struct test_op *ops;
    uint64_t mark;
    size_t count;

    test_disk_journal(disk);
    ck_assert_int_eq(migrate(disk), OK);
    ops = test_disk_ops(disk, &count);
    cut = test_disk_at(fresh, ops, seed % (count + 1), &mark);
    test_disk_cut(cut, TEST_CUT_RANDOM, seed);
    test_disk_free(fresh);
    test_disk_free(disk);
    return cut;
}

static void
every_cut(uint32_t version, unsigned commits_before, unsigned commits_after)
{
    struct model *model = volume(version, commits_before, commits_after);
    struct plat_disk *fresh = test_disk_copy(model->disk);
    const struct test_op *ops;
    uint64_t mark;
    size_t count;

    test_disk_journal(model->disk);
    ck_assert_int_eq(migrate(model->disk), OK);
    ops = test_disk_ops(model->disk, &count);
    ck_assert_uint_gt(count, 4);
    for (size_t k = 0; k <= count; k += CUT_STEP) {
        for (unsigned choice = 0; choice < 12; choice++) {
            enum test_cut cut = choice < 4 ? (enum test_cut)choice : TEST_CUT_RANDOM;
            struct plat_disk *disk = test_disk_at(fresh, ops, k, &mark);

            test_disk_cut(disk, cut, k * 31 + choice);
            if (choice >= 8)
                disk = cut_again(disk, k * 37 + choice);
            survives(model, disk, version);
        }
    }
    test_disk_free(fresh);
    model_free(model);
}

START_TEST(a_cut_at_any_write_and_another_one_after_it_cost_nothing)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        every_cut(version, 0, 0);
        every_cut(version, 0, 2);
        every_cut(version, 9, 3);
    }
}
END_TEST

START_TEST(a_write_a_flush_or_an_allocation_that_fails_costs_nothing)
{
    unsigned failed = 0;

    for (unsigned n = 0; n < 90; n++) {
        struct model *model = volume(1 + n % OLDER, 9, 3);
        err_t err;

        if (n % 3 == 0)
            model_break_write(model, n / 3 + 1);
        else if (n % 3 == 1)
            model_break_flush(model, n / 3 + 1);
        else
            model_break_memory(model, n / 3 + 1);
        err = migrate(model->disk);
        model_mend(model);
        ck_assert(err == OK || err == ERR_IO || err == ERR_NOSPACE || err == ERR_NOMEM);
        failed += err != OK;
        survives(model, test_disk_copy(model->disk), 1 + n % OLDER);
        model_free(model);
    }
    ck_assert_uint_gt(failed, 15);
}
END_TEST

/* A disk on which the n-th write of a superblock was the last. */
static struct plat_disk *
half_way(struct model *model, unsigned supers)
{
    struct plat_disk *disk = test_disk_copy(model->disk);
    const struct test_op *ops;
    size_t count;

    test_disk_journal(model->disk);
    ck_assert_int_eq(migrate(model->disk), OK);
    ops = test_disk_ops(model->disk, &count);
    for (size_t i = 0; i < count && supers > 0; i++) {
        test_disk_redo(disk, &ops[i]);
        supers -= ops[i].kind == TEST_OP_WRITE && ops[i].block < VOLUME_FIRST_BLOCK;
    }
    ck_assert_uint_eq(supers, 0);
    test_disk_cut(disk, TEST_CUT_KEEP, 0);
    return disk;
}

START_TEST(one_that_was_cut_off_is_of_its_version_until_no_superblock_is_older)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        for (unsigned supers = 1; supers < SUPER_SLOTS; supers++) {
            struct model *model = volume(version, 9, 3);
            struct model *after = model_copy(model, half_way(model, supers));

            is_older(after, version);
            survives(model, test_disk_copy(after->disk), version);
            model_free(after);
            model_free(model);
        }
    }
}
END_TEST

START_TEST(a_slot_that_is_lost_half_way_costs_nothing)
{
    struct model *model = volume(2, 9, 3);
    struct model *after = model_copy(model, half_way(model, 2));

    slot_damage(after->disk, slot_of(after->disk, model->committed + 2));
    slot_damage(after->disk, slot_of(after->disk, model->committed + 1));
    is_older(after, 2);
    ck_assert_int_eq(migrate(after->disk), ERR_CORRUPT);
    ck_assert_uint_eq(opened.generation, model->committed);
    ck_assert_int_eq(migrate_how(after->disk, true), OK);
    holds(after, model->committed);
    model_free(after);
    model_free(model);
}
END_TEST

START_TEST(the_last_two_generations_lie_beside_the_slot_that_is_written)
{
    for (uint32_t version = 1; version <= OLDER; version++) {
        for (unsigned supers = 1; supers <= SUPER_SLOTS; supers++) {
            struct model *model = volume(version, 9, 4);
            struct plat_disk *disk = half_way(model, supers);

            slot_of(disk, model->committed + supers - 1);
            slot_of(disk, model->committed + supers - 2);
            test_disk_free(disk);
            model_free(model);
        }
    }
}
END_TEST

UNIT_TESTS_WITHIN("store/migrate", 120, what_a_volume_of_an_older_version_holds_comes_here,
                  one_of_this_version_is_left_alone, a_history_begins_as_in_a_new_volume,
                  what_is_not_known_here_is_refused_and_not_changed,
                  one_superblock_of_a_newer_version_is_enough_to_refuse_all,
                  a_disk_that_may_only_be_read_is_refused,
                  damage_is_refused_unless_somebody_asks_to_go_on,
                  one_of_which_nothing_is_whole_is_refused_whatever_is_asked_for,
                  lists_that_are_damaged_are_damage, a_full_volume_comes_here,
                  a_disk_below_that_is_full_leaves_it_as_it_is,
                  a_cut_at_any_write_and_another_one_after_it_cost_nothing,
                  a_write_a_flush_or_an_allocation_that_fails_costs_nothing,
                  one_that_was_cut_off_is_of_its_version_until_no_superblock_is_older,
                  a_slot_that_is_lost_half_way_costs_nothing,
                  the_last_two_generations_lie_beside_the_slot_that_is_written)
