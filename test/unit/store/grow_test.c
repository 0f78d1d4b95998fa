/*
 * grow_test.c - a volume that is made to hold more: all that it holds stays, whenever the power
 * goes, and what is added can be used.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "support/suite.h"
#include "unit/store/pins.h"

#define GROUP   32768ull
#define WALL_NS 12345

/* ThreadSanitizer makes each opening slow, and there is one thread here. */
#ifdef __SANITIZE_THREAD__
#define CUT_STEP 8
#else
#define CUT_STEP 1
#endif

static err_t
grow(struct plat_disk *disk, uint64_t block_count)
{
    struct store_note note = { .wall_ns = WALL_NS };

    return store_grow(disk, block_count, &note);
}

/* A volume with pins, lists and records on a disk that has more than it needs; no store is open. */
static struct model *
volume(uint64_t block_count, uint64_t disk_blocks)
{
    struct model *model = model_create_on(test_disk_create(disk_blocks), block_count);

    commits(model, 5, 30);
    pin(model, 3);
    commits(model, 20, 30);
    pin(model, 3);
    commits(model, 5, 30);
    model_close(model);
    return model;
}

/* It has so many blocks, and all is as it was. */
static void
is_sound(struct model *model, uint64_t block_count)
{
    const uint32_t *held = model->taken[model->committed];

    ck_assert_int_eq(model_open(model, false), OK);
    model->committed = model->opened.generation; /* what the model does not know made it */
    model->known[model->committed] = true;
    memmove(model->taken[model->committed], held, sizeof model->now);
    memcpy(model->now, held, sizeof model->now);
    ck_assert(!model->opened.repaired);
    ck_assert(!model->opened.fell_back);
    ck_assert_uint_eq(stats_of(model).block_count, block_count);
    sound(model);
}

static void
grows(uint64_t from, uint64_t to)
{
    struct model *model = volume(from, to);
    uint64_t free;

    is_sound(model, from);
    free = stats_of(model).blocks_free;
    model_close(model);
    ck_assert_int_eq(grow(model->disk, to), OK);
    is_sound(model, to);
    ck_assert_uint_gt(stats_of(model).blocks_free + 64, free + (to - from));
    ck_assert_uint_lt(stats_of(model).blocks_free, to - 100);
    commits(model, 30, 60);
    sound_after_restart(model);
    model_free(model);
}

START_TEST(what_a_volume_holds_stays_whatever_sizes_it_has)
{
    static const uint64_t sizes[][2] = {
        { 2048, 2049 }, /* one more, in the same group */
        { 2048, 4096 },
        { 2048, GROUP }, /* to the end of the group */
        { 2048, GROUP + 1 },
        { GROUP, GROUP + 1 },         /* a whole group, and one block */
        { GROUP + 1, 3 * GROUP - 1 }, /* more groups below one root */
        { 2048, 256 * GROUP },
        { 256 * GROUP, 256 * GROUP + 1 }, /* the root is full, and one more */
        { 5000, 300 * GROUP + 77 },       /* another level */
    };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        grows(sizes[i][0], sizes[i][1]);
}
END_TEST

START_TEST(a_volume_that_has_no_bitmap_yet_grows)
{
    for (uint64_t size = 2049; size <= 2 * GROUP + 1; size += GROUP) {
        struct model *model = model_create_on(test_disk_create(size), 2048);

        model_close(model);
        ck_assert_int_eq(grow(model->disk, size), OK);
        is_sound(model, size);
        commits(model, 3, 40);
        sound_after_restart(model);
        model_free(model);
    }
}
END_TEST

START_TEST(it_can_grow_again_and_again)
{
    struct model *model = volume(2048, 4 * GROUP);
    uint64_t size = 2048;

    while (size < 3 * GROUP) {
        size += size / 2;
        ck_assert_int_eq(grow(model->disk, size), OK);
        is_sound(model, size);
        commits(model, 2, 40);
        model_close(model);
    }
    model_free(model);
}
END_TEST

START_TEST(a_size_that_makes_no_sense_is_refused_and_nothing_is_written)
{
    struct model *model = volume(4096, 8192);
    struct test_disk_counts before = test_disk_counts(model->disk);

    ck_assert_int_eq(grow(model->disk, 4096), ERR_RANGE);
    ck_assert_int_eq(grow(model->disk, 2048), ERR_RANGE);
    ck_assert_int_eq(grow(model->disk, 8193), ERR_RANGE);
    ck_assert_int_eq(grow(model->disk, 1ull << 40), ERR_RANGE);
    ck_assert_uint_eq(test_disk_counts(model->disk).writes, before.writes);
    is_sound(model, 4096);
    model_free(model);
}
END_TEST

START_TEST(a_full_volume_grows_and_has_room)
{
    struct model *model = model_create_on(test_disk_create(16384), 2048);
    uint64_t before, after;

    commits(model, 5, 30);
    before = fill(model, 0);
    model_close(model);
    ck_assert_int_eq(grow(model->disk, 16384), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    after = fill(model, 0); /* from the first page on, all over again */
    ck_assert_uint_gt(after, 6 * before);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    ck_assert(test_disk_written(model->disk, 15000));
    model_free(model);
}
END_TEST

/* ---- trouble meanwhile ---- */

/* After whatever has happened it has the one size or the other, and grows then. */
static void
survives(struct model *model, struct plat_disk *disk, uint64_t from, uint64_t to)
{
    struct model *after = model_copy(model, disk);
    uint64_t size;

    ck_assert_int_eq(model_open(after, false), OK);
    ck_assert(!after->opened.fell_back);
    size = stats_of(after).block_count;
    ck_assert(size == from || size == to);
    ck_assert(model_matches(after, model->committed));
    ck_assert(model_pins_match(after));
    ck_assert_uint_eq(model_check(after, NULL), 0);
    model_close(after);
    ck_assert_int_eq(grow(disk, to), size == from ? OK : ERR_RANGE);
    ck_assert_int_eq(model_open(after, false), OK);
    ck_assert_uint_eq(stats_of(after).block_count, to);
    ck_assert(model_matches(after, model->committed));
    ck_assert_uint_eq(model_check(after, NULL), 0);
    model_free(after);
}

static void
every_cut(uint64_t from, uint64_t to, unsigned choices)
{
    struct model *model = volume(from, to);
    struct plat_disk *fresh = test_disk_copy(model->disk);
    const struct test_op *ops;
    uint64_t acknowledged;
    size_t count;

    test_disk_journal(model->disk);
    ck_assert_int_eq(grow(model->disk, to), OK);
    ops = test_disk_ops(model->disk, &count);
    ck_assert_uint_gt(count, 4);
    for (size_t k = 0; k <= count; k += CUT_STEP) {
        for (unsigned choice = 0; choice < choices; choice++) {
            enum test_cut cut = choice < 4 ? (enum test_cut)choice : TEST_CUT_RANDOM;
            struct plat_disk *disk = test_disk_at(fresh, ops, k, &acknowledged);

            test_disk_cut(disk, cut, k * 31 + choice);
            survives(model, disk, from, to);
        }
    }
    test_disk_free(fresh);
    model_free(model);
}

START_TEST(a_cut_at_any_write_leaves_one_size_or_the_other)
{
    every_cut(2048, 4096, 9);
    every_cut(2048, 2 * GROUP, 9);
    every_cut(3000, 257 * GROUP, 1); /* a large one: what was not flushed is lost */
}
END_TEST

START_TEST(a_write_a_flush_or_an_allocation_that_fails_costs_nothing)
{
    unsigned failed = 0;

    for (unsigned n = 0; n < 90; n++) {
        struct model *model = volume(2048, 2 * GROUP);
        err_t err;

        if (n % 3 == 0)
            model_break_write(model, n / 3 + 1);
        else if (n % 3 == 1)
            model_break_flush(model, n / 3 + 1);
        else
            model_break_memory(model, n / 3 + 1);
        err = grow(model->disk, 2 * GROUP);
        model_mend(model);
        ck_assert(err == OK || err == ERR_IO || err == ERR_NOSPACE || err == ERR_NOMEM);
        failed += err != OK;
        survives(model, test_disk_copy(model->disk), 2048, 2 * GROUP);
        model_free(model);
    }
    ck_assert_uint_gt(failed, 15);
}
END_TEST

START_TEST(a_disk_below_that_is_full_leaves_it_as_it_is)
{
    struct model *model = volume(2048, 2 * GROUP);
    struct plat_disk *full = test_disk_copy(model->disk);
    err_t err;

    test_disk_fill(full);
    err = grow(full, 2 * GROUP);
    ck_assert_int_eq(err, ERR_NOSPACE);
    test_disk_free(full);
    survives(model, test_disk_copy(model->disk), 2048, 2 * GROUP);
    model_free(model);
}
END_TEST

START_TEST(what_is_damaged_is_to_be_repaired_first)
{
    struct model *model = volume(2048, 4096);

    ck_assert_int_eq(model_open(model, true), OK);
    test_disk_flip(model->disk, model->store->blocks.nodes[0].block, 5);
    model_close(model);
    ck_assert_int_eq(grow(model->disk, 4096), ERR_CORRUPT);
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/grow", 120, what_a_volume_holds_stays_whatever_sizes_it_has,
                  a_volume_that_has_no_bitmap_yet_grows, it_can_grow_again_and_again,
                  a_size_that_makes_no_sense_is_refused_and_nothing_is_written,
                  a_full_volume_grows_and_has_room, a_cut_at_any_write_leaves_one_size_or_the_other,
                  a_write_a_flush_or_an_allocation_that_fails_costs_nothing,
                  a_disk_below_that_is_full_leaves_it_as_it_is,
                  what_is_damaged_is_to_be_repaired_first)
