/*
 * open_test.c - power cuts, kills, and what opening makes of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>

#include "support/disk.h"
#include "support/memory.h"
#include "support/suite.h"
#include "support/volume.h"

#define BLOCKS 2048

/* ThreadSanitizer makes each opening slow, and there is one thread here. */
#ifdef __SANITIZE_THREAD__
#define CUT_STEP 16
#else
#define CUT_STEP 1
#endif

static struct plat_disk *fresh; /* the volume before the first entry of the journal */

/* Over 40 commits with early pages, an empty one, and a fold among them. */
static struct model *
scenario(void)
{
    struct model *model = model_create(BLOCKS);

    fresh = test_disk_copy(model->disk);
    test_disk_journal(model->disk);
    for (unsigned i = 0; i < 44; i++) {
        struct store_stats stats;

        if (i % 5 == 2) {
            model_change(model, i, false);
            ck_assert_int_eq(model_early(model, i), OK);
            model_change(model, i + 1, i % 10 == 2);
            ck_assert_int_eq(model_early(model, i + 1), OK);
            ck_assert_int_eq(model_early(model, i), OK);
        }
        ck_assert_int_eq(model_commit(model, i == 20 ? 0 : 1 + i % 7,
                                      i == 36 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL),
                         OK);
        store_stats_get(model->store, &stats);
        ck_assert_uint_eq(stats.folds, i >= 36);
    }
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    return model;
}

/* Open what is left, compare it with the model, and see that it can go on. */
static void
survives(struct model *model, struct plat_disk *disk, uint64_t acknowledged, bool go_on)
{
    struct model *after = model_copy(model, disk);
    uint64_t generation;

    ck_assert_int_eq(model_open(after, false), OK);
    generation = after->opened.generation;
    ck_assert_uint_ge(generation, acknowledged);
    ck_assert(!after->opened.fell_back);
    ck_assert(model_matches(after, generation));
    ck_assert_uint_eq(model_check(after, NULL), 0);
    if (go_on) {
        ck_assert_int_eq(model_commit(after, 5, STORE_CAUSE_DEMAND), OK);
        test_disk_cut(disk, TEST_CUT_DROP, 0);
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert_uint_gt(after->opened.generation, generation);
        ck_assert(model_matches(after, after->opened.generation));
        ck_assert_uint_eq(model_check(after, NULL), 0);
    }
    model_free(after);
}

START_TEST(every_cut_leaves_a_whole_generation_not_older_than_the_acknowledged_one)
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
            survives(model, disk, acknowledged, (k + choice) % 8 == 0);
        }
    }
    model_free(model);
}
END_TEST

START_TEST(a_kill_followed_by_a_cut_loses_nothing_that_opening_has_shown)
{
    struct model *model = scenario();
    size_t count;
    const struct test_op *ops = test_disk_ops(model->disk, &count);

    for (size_t k = 0; k <= count; k += CUT_STEP) {
        uint64_t acknowledged, shown;
        struct plat_disk *disk = test_disk_at(fresh, ops, k, &acknowledged);
        struct model *after = model_copy(model, disk);

        /* The process is gone; what it wrote is in the disk's cache. */
        ck_assert_int_eq(model_open(after, false), OK);
        shown = after->opened.generation;
        ck_assert_uint_ge(shown, acknowledged);
        ck_assert(model_matches(after, shown));
        test_disk_cut(disk, TEST_CUT_DROP, 0);
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert_uint_ge(after->opened.generation, shown);
        ck_assert(model_matches(after, after->opened.generation));
        model_free(after);
    }
    model_free(model);
}
END_TEST

START_TEST(a_new_volume_is_safe_when_format_returns)
{
    struct plat_disk *disk = test_disk_create(BLOCKS);
    struct store *store;

    ck_assert_int_eq(store_format(disk, BLOCKS), OK);
    test_disk_cut(disk, TEST_CUT_DROP, 0);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

START_TEST(opening_flushes_or_fails)
{
    struct model *model = model_create(BLOCKS);

    ck_assert_int_eq(model_commit(model, 5, STORE_CAUSE_DEMAND), OK);
    test_disk_fail_flush(model->disk, 1);
    ck_assert_int_eq(model_open(model, false), ERR_IO);
    test_disk_fail_flush(model->disk, 1);
    ck_assert_int_eq(model_open(model, true), OK);
    ck_assert(model_matches(model, 2));
    model_free(model);
}
END_TEST

START_TEST(opening_writes_nothing)
{
    struct model *model = scenario();
    uint64_t writes;

    model_close(model);
    writes = test_disk_counts(model->disk).writes;
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    ck_assert_uint_eq(test_disk_counts(model->disk).writes, writes);
    model_free(model);
}
END_TEST

START_TEST(opening_does_not_read_the_heap)
{
    struct plat_disk *disk = test_disk_create(1u << 17);
    static _Alignas(4096) uint8_t bytes[4096];
    struct store_note note = { .cause = STORE_CAUSE_STOP };
    struct store *store;
    uint64_t reads;

    ck_assert_int_eq(store_format(disk, 1u << 17), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    for (unsigned g = 0; g < 40; g++) {
        ck_assert_int_eq(store_credit_take(store, 1000), OK);
        store_commit_begin(store);
        for (uint64_t page = 0; page < 1000; page++) {
            bytes[0] = (uint8_t)g;
            bytes[1] = 1;
            ck_assert_int_eq(store_commit_page(store, g * 1000 + page, bytes), OK);
        }
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
    }
    store_close(store);
    reads = test_disk_counts(disk).reads;
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    ck_assert_uint_le(test_disk_counts(disk).reads - reads, 60);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

START_TEST(a_sparse_volume_of_64_gib_opens_at_once)
{
    const uint64_t blocks = 16u << 20;
    struct plat_disk *disk = test_disk_create(blocks);
    static _Alignas(4096) uint8_t bytes[4096];
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    struct store *store;
    uint64_t reads;

    ck_assert_int_eq(store_format(disk, blocks), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    for (unsigned g = 0; g < 300; g++) {
        bytes[0]++;
        ck_assert_int_eq(store_credit_take(store, 1), OK);
        store_commit_begin(store);
        ck_assert_int_eq(store_commit_page(store, g, bytes), OK);
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
    }
    store_close(store);
    reads = test_disk_counts(disk).reads;
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    ck_assert_uint_le(test_disk_counts(disk).reads - reads, 40);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

/* How many pages could be promised now; nothing stays promised. */
static uint64_t
room_now(struct model *model)
{
    uint64_t pages = 0;

    while (store_credit_take(model->store, 1) == OK)
        pages++;
    store_credit_give(model->store, pages);
    return pages;
}

/*
 * Since the last fold nearly every block was given out and died again. Opening finds all these
 * deaths in the records: what no slot needs any more must not wait for a commit, which
 * would need room itself.
 */
START_TEST(a_volume_has_as_much_room_after_a_restart_as_before)
{
    struct model *model = model_create(BLOCKS);
    uint64_t room;

    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(model_commit(model, 60, STORE_CAUSE_DEMAND), OK);
    room = room_now(model);
    ck_assert_uint_gt(room, 500);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_ge(room_now(model), room);
    ck_assert_int_eq(model_commit(model, 60, STORE_CAUSE_DEMAND), OK);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

START_TEST(opening_survives_each_allocation_that_fails)
{
    struct model *model = scenario();
    unsigned failures = 0;
    err_t err = ERR_NOMEM;

    model_close(model);
    for (unsigned n = 1; err != OK; n++) {
        test_memory_fail(n);
        err = store_open(model->disk, false, &model->store, NULL);
        test_memory_fail(0);
        ck_assert(err == OK || err == ERR_NOMEM);
        failures += err != OK;
        ck_assert_uint_lt(n, 10000);
    }
    ck_assert_uint_gt(failures, 10);
    ck_assert(model_matches(model, model->committed));
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/open", 120,
                  every_cut_leaves_a_whole_generation_not_older_than_the_acknowledged_one,
                  a_kill_followed_by_a_cut_loses_nothing_that_opening_has_shown,
                  a_new_volume_is_safe_when_format_returns, opening_flushes_or_fails,
                  opening_writes_nothing, opening_does_not_read_the_heap,
                  a_sparse_volume_of_64_gib_opens_at_once,
                  a_volume_has_as_much_room_after_a_restart_as_before,
                  opening_survives_each_allocation_that_fails)
