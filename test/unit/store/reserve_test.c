/*
 * reserve_test.c - what a commit keeps back for later: blocks for the fold, the slot in which a
 * write has just failed, the blocks of a generation that was burnt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_priv.h"
#include "support/disk.h"
#include "support/suite.h"
#include "support/volume.h"

#define BLOCKS 2048

static struct store_stats
stats_of(struct model *model)
{
    struct store_stats stats;

    store_stats_get(model->store, &stats);
    return stats;
}

/* A commit of `count` pages, each in a leaf of the map that no other page is in. */
static err_t
leaves_commit(struct store *store, uint64_t first, uint64_t count, enum store_cause cause)
{
    static _Alignas(PAGE_BYTES) uint64_t page[PAGE_BYTES / sizeof(uint64_t)];
    struct store_note note = { .cause = cause };
    err_t err = store_credit_take(store, count);

    if (err != OK)
        return err;
    store_commit_begin(store);
    for (uint64_t i = first; i < first + count; i++) {
        page[0] = i + 1;
        ck_assert_int_eq(store_commit_page(store, i * MAP_WAYS, page), OK);
    }
    return store_commit_finish(store, &note);
}

/* So many leaves that the slack of the reserve does not do: when credit is refused it can fold. */
START_TEST(a_volume_that_is_full_can_still_fold)
{
    struct model *model = model_create(BLOCKS);
    struct store *store = model->store;
    uint64_t leaves = 0, folds;

    while (leaves_commit(store, leaves, 15, STORE_CAUSE_INTERVAL) == OK)
        leaves += 15;
    ck_assert_uint_gt(leaves, 300);
    ck_assert_uint_eq(stats_of(model).folds, 0);
    store_pin_ask(store);
    folds = stats_of(model).folds;
    ck_assert_int_eq(leaves_commit(store, 0, 0, STORE_CAUSE_DEMAND), OK);
    ck_assert_uint_eq(stats_of(model).folds, folds + 1);
    model_free(model);
}
END_TEST

/* Bitmap groups and lists take blocks of a fold only in the largest volumes; so it is pretended. */
START_TEST(the_bitmap_and_the_lists_have_blocks_kept_for_them)
{
    struct model *model = model_create(BLOCKS);
    struct blocks *blocks = &model->store->blocks;
    uint64_t before = stats_of(model).blocks_promised;

    blocks->dirty_count += 300;
    ck_assert_uint_eq(stats_of(model).blocks_promised, before + 300);
    blocks->dirty_count -= 300;
    blocks->dead.end += 40 * CHAIN_DEAD_MAX;
    ck_assert_uint_eq(stats_of(model).blocks_promised, before + 40);
    blocks->dead.end -= 40 * CHAIN_DEAD_MAX;
    model_free(model);
}
END_TEST

/* A slot that cannot be written must not be tried for ever. */
START_TEST(after_a_failure_the_next_superblock_goes_elsewhere)
{
    struct model *model = model_create(BLOCKS);
    uint64_t slots[2] = { 0, 0 };
    const struct test_op *ops;
    size_t count, found = 0;

    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    test_disk_journal(model->disk);
    test_disk_fail_flush(model->disk, 1);
    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), ERR_IO);
    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    ops = test_disk_ops(model->disk, &count);
    for (size_t i = 0; i < count && found < 2; i++)
        if (ops[i].kind == TEST_OP_WRITE && ops[i].block < VOLUME_FIRST_BLOCK)
            slots[found++] = ops[i].block;
    ck_assert_uint_eq(found, 2);
    ck_assert_uint_ne(slots[0], slots[1]);
    model_free(model);
}
END_TEST

/* It is in a slot, whole but for what is written over it: so nothing may be, also after a restart.
 */
START_TEST(the_blocks_of_a_burnt_generation_wait_also_after_a_restart)
{
    struct model *model = model_create(BLOCKS);
    bool all[MODEL_PAGES];
    uint64_t waiting;

    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    test_disk_fail_flush(model->disk, 1);
    ck_assert_int_eq(model_commit(model, 40, STORE_CAUSE_INTERVAL), ERR_IO);
    memset(all, true, sizeof all);
    ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_INTERVAL), OK);
    waiting = stats_of(model).blocks_waiting;
    ck_assert_uint_gt(waiting, 20);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_ge(stats_of(model).blocks_waiting, waiting);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

/* It may be the newest that is found, if the power goes now; and nobody compares its pages. */
START_TEST(an_early_page_of_a_burnt_generation_keeps_its_block)
{
    struct model *model = model_create(BLOCKS);
    uint64_t burnt;

    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    model_change(model, 5, false);
    ck_assert_int_eq(model_early(model, 5), OK);
    burnt = store_generation_running(model->store);
    test_disk_fail_flush(model->disk, 2);
    test_disk_fail_flush_as(model->disk, TEST_FLUSH_KEPT);
    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_STOP), ERR_IO);
    for (unsigned i = 0; i < 2 * BLOCKS; i++) { /* each block that is free is written to */
        model_change(model, 5, false);
        ck_assert_int_eq(model_early(model, 5), OK);
    }
    test_disk_cut(model->disk, TEST_CUT_KEEP, 0);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, burnt);
    ck_assert(model_matches(model, burnt));
    model_free(model);
}
END_TEST

UNIT_TESTS("store/reserve", an_early_page_of_a_burnt_generation_keeps_its_block,
           a_volume_that_is_full_can_still_fold, the_bitmap_and_the_lists_have_blocks_kept_for_them,
           after_a_failure_the_next_superblock_goes_elsewhere,
           the_blocks_of_a_burnt_generation_wait_also_after_a_restart)
