/*
 * whole_test.c - a commit with one flush is there whole, or as if it never was.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>

#include "format/space.h"
#include "store/store_priv.h"
#include "support/disk.h"
#include "support/suite.h"
#include "support/volume.h"

#define BLOCKS 4096

/* A volume with some generations, and pages 90 and 91 written in the last two. */
static struct model *
volume(void)
{
    struct model *model = model_create(BLOCKS);
    bool pages[MODEL_PAGES] = { false };

    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    for (unsigned page = 90; page <= 91; page++) {
        pages[90] = pages[91] = false;
        pages[page] = true;
        model_change(model, page, false);
        ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_INTERVAL), OK);
    }
    return model;
}

static uint64_t
block_of(const struct model *model, unsigned page)
{
    const struct page_change *change = page_set_find(&model->store->overlay, model_page(page));

    ck_assert_ptr_nonnull(change);
    return change->block;
}

static uint64_t
flushes_of(struct model *model, unsigned count, enum store_cause cause)
{
    uint64_t before = test_disk_counts(model->disk).flushes;

    ck_assert_int_eq(model_commit(model, count, cause), OK);
    return test_disk_counts(model->disk).flushes - before;
}

/* A commit of so many pages by hand: a model has fewer. */
static uint64_t
flushes_of_pages(uint64_t count)
{
    static _Alignas(PAGE_BYTES) uint64_t page[PAGE_BYTES / sizeof(uint64_t)];
    struct plat_disk *disk = test_disk_create(1u << 16);
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    struct store *store;
    uint64_t before;

    ck_assert_int_eq(store_format(disk, 1u << 16), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    ck_assert_int_eq(store_credit_take(store, count), OK);
    before = test_disk_counts(disk).flushes;
    store_commit_begin(store);
    for (uint64_t i = 1; i <= count; i++) {
        page[0] = i;
        ck_assert_int_eq(store_commit_page(store, i, page), OK);
    }
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
    before = test_disk_counts(disk).flushes - before;
    store_close(store);
    test_disk_free(disk);
    return before;
}

START_TEST(only_a_small_commit_that_does_not_fold_and_is_not_the_last_has_one_flush)
{
    struct model *model = model_create(BLOCKS);
    unsigned folds = 0;

    ck_assert_uint_eq(flushes_of(model, 9, STORE_CAUSE_INTERVAL), 1);
    ck_assert_uint_eq(flushes_of(model, 9, STORE_CAUSE_STOP), 2);
    for (unsigned i = 0; i < FOLD_RECORDS + 2; i++)
        folds += flushes_of(model, 2, STORE_CAUSE_DEMAND) == 2;
    ck_assert_uint_eq(folds, 1);
    ck_assert_uint_eq(flushes_of_pages(AT_ONCE_PAGES_MAX), 1);
    ck_assert_uint_eq(flushes_of_pages(AT_ONCE_PAGES_MAX + 1), 2);
    model_free(model);
}
END_TEST

/* The writes of one more commit of `count` pages, none of them on the disk that is returned. */
static struct plat_disk *
before_commit(struct model *model, unsigned count, const struct test_op **ops, size_t *op_count)
{
    struct plat_disk *before;

    test_disk_cut(model->disk, TEST_CUT_KEEP, 0);
    before = test_disk_copy(model->disk);
    test_disk_journal(model->disk);
    ck_assert_int_eq(model_commit(model, count, STORE_CAUSE_INTERVAL), OK);
    *ops = test_disk_ops(model->disk, op_count);
    ck_assert_uint_eq((*ops)[--*op_count].kind, TEST_OP_MARK); /* it was acknowledged */
    return before;
}

START_TEST(any_writes_of_a_commit_that_are_lost_leave_the_generation_before)
{
    struct model *model = volume();
    uint64_t older = model->committed;
    const struct test_op *ops;
    size_t count;
    struct plat_disk *before = before_commit(model, 12, &ops, &count);

    ck_assert_uint_eq(ops[count - 1].kind, TEST_OP_FLUSH);
    ck_assert_uint_ge(count, 4); /* pages, record, superblock, flush */
    ck_assert_uint_le(count, 12);
    for (unsigned kept = 0; kept < 1u << (count - 1); kept++) {
        struct model *after = model_copy(model, test_disk_copy(before));
        bool all = kept == (1u << (count - 1)) - 1;

        for (size_t i = 0; i + 1 < count; i++) {
            ck_assert_uint_eq(ops[i].kind, TEST_OP_WRITE);
            if (kept >> i & 1)
                test_disk_redo(after->disk, &ops[i]);
        }
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert_uint_eq(after->opened.generation, all ? older + 1 : older);
        ck_assert(!after->opened.fell_back);
        ck_assert(model_matches(after, after->opened.generation));
        ck_assert_uint_eq(model_check(after, NULL), 0);
        /* It goes on, with a number that was not used, and stays whole. */
        ck_assert_int_eq(model_commit(after, 7, STORE_CAUSE_INTERVAL), OK);
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert_uint_gt(after->opened.generation, older);
        ck_assert(model_matches(after, after->opened.generation));
        ck_assert_uint_eq(model_check(after, NULL), 0);
        model_free(after);
    }
    test_disk_free(before);
    model_free(model);
}
END_TEST

START_TEST(an_unfinished_generation_is_told_about)
{
    struct model *model = volume();
    uint64_t newest = model->committed;

    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.unfinished);
    test_disk_flip(model->disk, block_of(model, 91), 3);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.unfinished);
    ck_assert(!model->opened.fell_back);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert(model_matches(model, newest - 1));
    model_free(model);
}
END_TEST

/* Damage in what the newest superblock knows committed costs a page and no generation. */
START_TEST(what_is_sealed_is_not_doubted)
{
    struct model *model = volume();
    uint64_t newest = model->committed, damaged = block_of(model, 90);

    test_disk_flip(model->disk, damaged, 3);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, newest);
    ck_assert(!model->opened.unfinished);
    ck_assert_uint_eq(model_check(model, NULL), 1);
    ck_assert(model_check_named_block(damaged));
    model_free(model);
}
END_TEST

/* And so it is when the newest, whose superblock knows it committed, is not all there. */
START_TEST(an_unfinished_generation_seals_the_one_before)
{
    struct model *model = volume();
    uint64_t newest = model->committed, damaged = block_of(model, 90);

    test_disk_flip(model->disk, damaged, 3);
    test_disk_flip(model->disk, block_of(model, 91), 3);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.unfinished);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert_uint_eq(model_check(model, NULL), 1);
    ck_assert(model_check_named_block(damaged));
    model_free(model);
}
END_TEST

/* A commit of one page whose flush fails, though all of it arrives but that page. */
static void
burn(struct model *model, unsigned page)
{
    bool pages[MODEL_PAGES] = { false };
    const struct test_op *ops;
    size_t count;

    pages[page] = true;
    model_change(model, page, false);
    test_disk_journal(model->disk);
    test_disk_fail_flush(model->disk, 1);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_INTERVAL), ERR_IO);
    ops = test_disk_ops(model->disk, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t magic = le32_get(((const struct delta_disk *)(const void *)ops[i].bytes)->magic);

        if (ops[i].block < VOLUME_FIRST_BLOCK || magic == DELTA_MAGIC)
            continue;
        ck_assert_uint_eq(ops[i].count, 1);
        test_disk_flip(model->disk, ops[i].block, 3);
    }
}

/* A burnt generation is in a slot, and newer than the one that was committed before it. */
START_TEST(the_slot_of_a_burnt_generation_is_not_kept_for_one_that_was_committed)
{
    struct model *model = volume();
    uint64_t older = model->committed;
    const struct store *store;

    burn(model, 92);
    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    store = model->store;
    ck_assert_uint_eq(model->opened.generation, older + 2);
    ck_assert_uint_eq(store->slots[store->slot_last].newest, older + 2);
    ck_assert_uint_eq(store->slots[store->slot_before].newest, older);
    model_free(model);
}
END_TEST

START_TEST(a_burnt_generation_is_sealed_by_none_that_came_later)
{
    struct model *model = volume();
    uint64_t older = model->committed, records[2];

    burn(model, 92);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
        records[i] = model->store->super.delta.block;
        ck_assert_int_eq(model_open(model, false), OK);
    }
    ck_assert_uint_eq(model->opened.generation, older + 3);
    for (unsigned i = 0; i < 2; i++)
        test_disk_flip(model->disk, records[i], 3);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.fell_back);
    ck_assert_uint_eq(model->opened.generation, older);
    ck_assert(model_matches(model, older));
    model_free(model);
}
END_TEST

START_TEST(a_clean_stop_leaves_nothing_in_doubt)
{
    struct model *model = volume();
    bool pages[MODEL_PAGES] = { [92] = true };
    uint64_t damaged;

    model_change(model, 92, false);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_STOP), OK);
    damaged = block_of(model, 92);
    test_disk_flip(model->disk, damaged, 3);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, model->committed);
    ck_assert_uint_eq(model_check(model, NULL), 1);
    ck_assert(model_check_named_block(damaged));
    model_free(model);
}
END_TEST

START_TEST(a_page_of_the_newest_that_cannot_be_read_is_trouble_that_is_told)
{
    struct model *model = volume();
    uint64_t newest = model->committed;

    test_disk_fail_read(model->disk, block_of(model, 91));
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.fell_back);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    model_free(model);
}
END_TEST

UNIT_TESTS("store/whole", only_a_small_commit_that_does_not_fold_and_is_not_the_last_has_one_flush,
           any_writes_of_a_commit_that_are_lost_leave_the_generation_before,
           an_unfinished_generation_is_told_about, what_is_sealed_is_not_doubted,
           an_unfinished_generation_seals_the_one_before,
           the_slot_of_a_burnt_generation_is_not_kept_for_one_that_was_committed,
           a_burnt_generation_is_sealed_by_none_that_came_later,
           a_clean_stop_leaves_nothing_in_doubt,
           a_page_of_the_newest_that_cannot_be_read_is_trouble_that_is_told)
