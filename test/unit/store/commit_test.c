/*
 * commit_test.c - commits: what they cost, and what their failures leave behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "support/disk.h"
#include "support/suite.h"
#include "support/volume.h"

#define BLOCKS 2048
#define PAGE   4096

static _Alignas(PAGE) uint8_t bytes[PAGE], wanted[PAGE];

static struct store_stats
stats_of(struct model *model)
{
    struct store_stats stats;

    store_stats_get(model->store, &stats);
    return stats;
}

static void
reads_as(struct model *model, unsigned index, uint32_t version)
{
    memset(bytes, 0xee, PAGE);
    ck_assert_int_eq(store_page_read(model->store, model_page(index), bytes), OK);
    model_fill(index, version, wanted);
    ck_assert_int_eq(memcmp(bytes, wanted, PAGE), 0);
}

/* Cut the power, open, compare with the newest acknowledged generation. */
static void
holds_after_a_cut(struct model *model, enum test_cut cut)
{
    test_disk_cut(model->disk, cut, model->random);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, model->committed);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
}

START_TEST(a_page_reads_as_the_newest_contents_that_were_handed_over)
{
    struct model *model = model_create(BLOCKS);
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };

    ck_assert_int_eq(store_credit_take(model->store, 10), OK);
    ck_assert(store_page_is_zero(model->store, model_page(7)));
    reads_as(model, 7, 0);
    model_fill(7, 1, bytes);
    ck_assert_int_eq(store_page_write_early(model->store, store_generation_running(model->store),
                                            model_page(7), bytes),
                     OK);
    reads_as(model, 7, 1);
    ck_assert(!store_page_is_zero(model->store, model_page(7)));
    store_commit_begin(model->store);
    reads_as(model, 7, 1);
    model_fill(7, 3, bytes);
    ck_assert_int_eq(store_page_write_early(model->store, store_generation_running(model->store),
                                            model_page(7), bytes),
                     OK);
    reads_as(model, 7, 3);
    model_fill(7, 2, bytes);
    ck_assert_int_eq(store_commit_page(model->store, model_page(7), bytes), OK);
    reads_as(model, 7, 3);
    model_fill(8, 5, bytes);
    ck_assert_int_eq(store_commit_page(model->store, model_page(8), bytes), OK);
    reads_as(model, 8, 5);
    ck_assert_int_eq(store_commit_finish(model->store, &note), OK);
    reads_as(model, 7, 3);
    reads_as(model, 8, 5);
    /* The early page of the running epoch dies with the process. */
    ck_assert_int_eq(model_open(model, false), OK);
    reads_as(model, 7, 2);
    reads_as(model, 8, 5);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

START_TEST(a_commit_of_one_page_costs_three_writes_and_one_flush)
{
    struct model *model = model_create(BLOCKS);
    struct test_disk_counts before, after;

    ck_assert_int_eq(model_commit(model, 1, STORE_CAUSE_DEMAND), OK);
    before = test_disk_counts(model->disk);
    model_change(model, 3, false);
    ck_assert_int_eq(
        model_commit_pages(model, (bool[MODEL_PAGES]){ [3] = true }, STORE_CAUSE_DEMAND), OK);
    after = test_disk_counts(model->disk);
    ck_assert_uint_eq(after.writes - before.writes, 3);
    ck_assert_uint_eq(after.blocks_written - before.blocks_written, 4);
    ck_assert_uint_eq(after.flushes - before.flushes, 1);
    model_free(model);
}
END_TEST

START_TEST(a_large_commit_is_a_few_long_writes)
{
    struct plat_disk *disk = test_disk_create(1u << 16);
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    struct test_disk_counts before, after;
    struct store *store;

    ck_assert_int_eq(store_format(disk, 1u << 16), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    ck_assert_int_eq(store_credit_take(store, 2048), OK);
    before = test_disk_counts(disk);
    store_commit_begin(store);
    for (uint32_t i = 0; i < 2048; i++) {
        memcpy(bytes, &(uint32_t){ i + 1 }, 4);
        ck_assert_int_eq(store_commit_page(store, i * 3, bytes), OK);
    }
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
    after = test_disk_counts(disk);
    ck_assert_uint_eq(note.page_count, 2048);
    ck_assert_uint_le(after.writes - before.writes, 14);
    ck_assert_uint_le(after.blocks_written - before.blocks_written, 2048 + 13 + 2);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

/* Commit `count` pages with new contents, for `cause`. */
static void
commit_many(struct store *store, uint32_t count, uint32_t version, enum store_cause cause)
{
    struct store_note note = { .cause = cause };

    ck_assert_int_eq(store_credit_take(store, count), OK);
    store_commit_begin(store);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(bytes, (uint32_t[]){ i + 1, version }, 8);
        ck_assert_int_eq(store_commit_page(store, i * 3, bytes), OK);
    }
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
    ck_assert_uint_eq(note.page_count, count);
}

static uint64_t
records_after_opening(struct plat_disk *disk, struct store **store)
{
    struct store_opened opened;

    store_close(*store);
    ck_assert_int_eq(store_open(disk, false, store, &opened), OK);
    return opened.delta_count;
}

START_TEST(a_fold_takes_the_pages_of_its_own_commit_so_that_opening_reads_no_record)
{
    const uint32_t many = 6000; /* their record would be longer than a clean stop leaves */
    struct plat_disk *disk = test_disk_create(1u << 16);
    struct test_disk_counts before, after;
    struct store *store;

    memset(bytes, 0x17, PAGE);
    ck_assert_int_eq(store_format(disk, 1u << 16), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    commit_many(store, many, 1, STORE_CAUSE_INTERVAL);
    ck_assert_uint_eq(records_after_opening(disk, &store), 1);
    commit_many(store, many / 2, 2, STORE_CAUSE_STOP);
    before = test_disk_counts(disk);
    ck_assert_uint_eq(records_after_opening(disk, &store), 0);
    after = test_disk_counts(disk);
    ck_assert_uint_le(after.reads - before.reads, 8 + 4); /* slots; index, lists */
    for (uint32_t i = 0; i < many; i++) {
        memcpy(bytes, (uint32_t[]){ i + 1, i < many / 2 ? 2 : 1 }, 8);
        ck_assert_int_eq(store_page_read(store, i * 3, wanted), OK);
        ck_assert_int_eq(memcmp(bytes, wanted, PAGE), 0);
    }
    commit_many(store, 1, 3, STORE_CAUSE_STOP);
    ck_assert_uint_eq(records_after_opening(disk, &store), 1);
    store_close(store);
    test_disk_free(disk);
}
END_TEST

START_TEST(zero_pages_take_no_block_and_unchanged_ones_are_not_written)
{
    struct model *model = model_create(BLOCKS);
    bool pages[MODEL_PAGES] = { [4] = true, [5] = true };

    model_change(model, 4, false);
    model_change(model, 5, true);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_DEMAND), OK);
    ck_assert_uint_eq(stats_of(model).pages_mapped, 1);
    ck_assert_uint_eq(stats_of(model).pages_unchanged, 1);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_DEMAND), OK);
    ck_assert_uint_eq(stats_of(model).pages_unchanged, 3);
    model_change(model, 4, true);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_DEMAND), OK);
    ck_assert_uint_eq(stats_of(model).pages_mapped, 0);
    ck_assert(store_page_is_zero(model->store, model_page(4)));
    holds_after_a_cut(model, TEST_CUT_DROP);
    model_free(model);
}
END_TEST

/* Choose the last four bytes of a page so that it has the checksum `wanted_crc`. */
static void
forge(uint8_t *page, uint32_t wanted_crc)
{
    uint32_t basis[32] = { 0 }, choice[32] = { 0 }, tail = 0, missing;

    memset(page + PAGE - 4, 0, 4);
    missing = crc32c(page, PAGE);
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t word = 1u << bit, change;

        memcpy(page + PAGE - 4, &word, 4);
        change = crc32c(page, PAGE) ^ missing;
        for (unsigned top = 32; top-- > 0 && change != 0;) {
            if ((change >> top & 1) == 0)
                continue;
            if (basis[top] == 0) {
                basis[top] = change;
                choice[top] = word;
                break;
            }
            change ^= basis[top];
            word ^= choice[top];
        }
    }
    missing ^= wanted_crc;
    for (unsigned top = 32; top-- > 0;) {
        if (missing >> top & 1) {
            missing ^= basis[top];
            tail ^= choice[top];
        }
    }
    memcpy(page + PAGE - 4, &tail, 4);
    ck_assert_uint_eq(crc32c(page, PAGE), wanted_crc);
}

START_TEST(a_changed_page_with_the_same_checksum_is_written)
{
    struct model *model = model_create(BLOCKS);
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    uint32_t crc;

    memset(wanted, 0x33, PAGE);
    crc = crc32c(wanted, PAGE);
    ck_assert_int_eq(store_credit_take(model->store, 10), OK);
    for (unsigned round = 0; round < 6; round++) {
        /* Changed, the same, changed, the same, and so on. */
        if (round % 2 == 0) {
            wanted[7]++;
            forge(wanted, crc);
        }
        store_commit_begin(model->store);
        ck_assert_int_eq(store_commit_page(model->store, 5, wanted), OK);
        ck_assert_int_eq(store_commit_finish(model->store, &note), OK);
        ck_assert_uint_eq(note.page_count, round % 2 == 0);
        ck_assert_int_eq(store_page_read(model->store, 5, bytes), OK);
        ck_assert_int_eq(memcmp(bytes, wanted, PAGE), 0);
    }
    model_free(model);
}
END_TEST

/* Some history, then a commit that fails in one way, then more history. */
static void
fails_and_goes_on(void (*break_it)(struct model *, unsigned), unsigned n, bool fold, bool *failed)
{
    struct model *model = model_create(BLOCKS);
    uint64_t generation;

    for (unsigned i = 0; i < (fold ? 34 : 6); i++)
        ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    generation = model->committed;
    model_change(model, 90, false);
    ck_assert_int_eq(model_early(model, 90), OK);
    break_it(model, n);
    *failed = model_commit(model, 6, fold ? STORE_CAUSE_STOP : STORE_CAUSE_DEMAND) != OK;
    model_mend(model);
    if (*failed) {
        bool all[MODEL_PAGES];

        ck_assert_uint_eq(stats_of(model).generation, generation);
        reads_as(model, 90, model->now[90]);
        memset(all, true, sizeof all);
        /* All of it is handed over again, but what was written early. */
        all[90] = false;
        ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_DEMAND), OK);
        ck_assert_uint_gt(model->committed, generation + 1);
    }
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    holds_after_a_cut(model, TEST_CUT_DROP);
    model_free(model);
}

START_TEST(a_write_that_fails_costs_nothing_but_its_commit)
{
    for (unsigned fold = 0; fold < 2; fold++) {
        bool failed = true;
        unsigned n = 1;

        for (; failed; n++)
            fails_and_goes_on(model_break_write, n, fold, &failed);
        ck_assert_uint_ge(n, 4);
    }
}
END_TEST

START_TEST(an_allocation_that_fails_costs_nothing_but_its_commit)
{
    for (unsigned fold = 0; fold < 2; fold++) {
        bool failed;

        for (unsigned n = 1; n < 40; n++)
            fails_and_goes_on(model_break_memory, n, fold, &failed);
    }
}
END_TEST

static void
break_flush_lost(struct model *model, unsigned n)
{
    test_disk_fail_flush(model->disk, n);
    test_disk_fail_flush_as(model->disk, TEST_FLUSH_LOST);
}

static void
break_flush_doomed(struct model *model, unsigned n)
{
    test_disk_fail_flush(model->disk, n);
    test_disk_fail_flush_as(model->disk, TEST_FLUSH_DOOMED);
}

static void
break_flush_kept(struct model *model, unsigned n)
{
    test_disk_fail_flush(model->disk, n);
    test_disk_fail_flush_as(model->disk, TEST_FLUSH_KEPT);
}

START_TEST(a_flush_that_fails_is_never_believed)
{
    void (*const ways[])(struct model *, unsigned) = { break_flush_doomed, break_flush_kept,
                                                       model_break_flush };

    for (unsigned way = 0; way < 3; way++) {
        for (unsigned fold = 0; fold < 2; fold++) {
            for (unsigned n = 1; n <= 1 + fold; n++) { /* a small commit has one flush */
                bool failed;

                fails_and_goes_on(ways[way], n, fold, &failed);
                ck_assert(failed);
            }
        }
    }
}
END_TEST

START_TEST(an_early_page_that_a_failed_flush_has_lost_is_damage_by_name)
{
    struct model *model = model_create(BLOCKS);

    model_change(model, 90, false);
    ck_assert_int_eq(model_early(model, 90), OK);
    break_flush_lost(model, 1);
    ck_assert_int_ne(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(store_page_read(model->store, model_page(90), bytes), ERR_CORRUPT);
    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(store_page_read(model->store, model_page(90), bytes), ERR_CORRUPT);
    ck_assert_uint_ge(model_check(model, NULL), 1);
    ck_assert(model_check_named_page(model_page(90)));
    model_change(model, 90, false);
    ck_assert_int_eq(
        model_commit_pages(model, (bool[MODEL_PAGES]){ [90] = true }, STORE_CAUSE_INTERVAL), OK);
    reads_as(model, 90, model->now[90]);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

START_TEST(after_a_failed_flush_a_cut_leaves_a_whole_generation)
{
    for (unsigned n = 0; n <= 2; n++) { /* the one of a small commit, or the n-th of another */
        for (unsigned choice = 0; choice < 12; choice++) {
            enum store_cause cause = n == 0 ? STORE_CAUSE_INTERVAL : STORE_CAUSE_STOP;
            struct model *model = model_create(BLOCKS);
            uint64_t before;

            for (unsigned i = 0; i < 6; i++)
                ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
            before = model->committed;
            test_disk_fail_flush(model->disk, n == 0 ? 1 : n);
            if (choice >= 8)
                test_disk_fail_flush_as(model->disk,
                                        choice % 2 ? TEST_FLUSH_KEPT : TEST_FLUSH_LOST);
            ck_assert_int_ne(model_commit(model, 5, cause), OK);
            test_disk_cut(model->disk, choice < 4 ? (enum test_cut)choice : TEST_CUT_RANDOM,
                          choice + 1);
            ck_assert_int_eq(model_open(model, false), OK);
            ck_assert_uint_ge(model->opened.generation, before);
            ck_assert(!model->opened.fell_back);
            ck_assert(model_matches(model, model->opened.generation));
            ck_assert_uint_eq(model_check(model, NULL), 0);
            ck_assert_int_eq(model_commit(model, 5, STORE_CAUSE_INTERVAL), OK);
            holds_after_a_cut(model, TEST_CUT_DROP);
            model_free(model);
        }
    }
}
END_TEST

START_TEST(a_number_is_never_given_to_two_generations)
{
    struct model *model = model_create(BLOCKS);
    uint64_t newest = 1;

    for (unsigned i = 0; i < 12; i++) {
        if (i % 3 == 1)
            test_disk_fail_flush(model->disk, 1 + i % 2);
        if (model_commit(model, 2, STORE_CAUSE_INTERVAL) == OK) {
            ck_assert_uint_eq(model->committed, i + 2);
            newest = model->committed;
        }
    }
    ck_assert_uint_eq(newest, 13);
    model_free(model);
}
END_TEST

START_TEST(an_abandoned_commit_changes_nothing)
{
    struct model *model = model_create(BLOCKS);

    ck_assert_int_eq(model_commit(model, 9, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(store_credit_take(model->store, 2), OK);
    store_commit_begin(model->store);
    model_fill(3, 77, bytes);
    ck_assert_int_eq(store_commit_page(model->store, model_page(3), bytes), OK);
    store_commit_abandon(model->store);
    ck_assert(model_matches(model, model->committed));
    store_credit_give(model->store, 2); /* the credit of the page came back */
    ck_assert_int_eq(model_commit(model, 9, STORE_CAUSE_INTERVAL), OK);
    holds_after_a_cut(model, TEST_CUT_DROP);
    model_free(model);
}
END_TEST

START_TEST(all_four_slots_stay_whole_however_long_the_system_runs)
{
    for (unsigned damaged = 1; damaged <= 3; damaged++) {
        struct model *model = model_create(BLOCKS);
        uint64_t newest;

        for (unsigned i = 0; i < 300; i++)
            ck_assert_int_eq(model_commit(model, 1 + i % 9, STORE_CAUSE_INTERVAL), OK);
        newest = model->committed;
        /* Generations go round the slots; each has two copies. */
        for (unsigned i = 0; i < damaged; i++) {
            unsigned slot = (unsigned)(newest - 1 - i) % 4;

            test_disk_flip(model->disk, 2 * slot, 777);
            test_disk_flip(model->disk, 2 * slot + 1, 4000);
        }
        ck_assert_int_eq(model_open(model, false), OK);
        ck_assert(model->opened.fell_back);
        ck_assert_uint_eq(model->opened.slots_bad, damaged);
        ck_assert_uint_eq(model->opened.generation, newest - damaged);
        ck_assert(model_matches(model, newest - damaged));
        /* It goes on with numbers that were certainly never used. */
        ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
        ck_assert_uint_gt(model->committed, newest);
        ck_assert_int_eq(model_open(model, false), OK);
        ck_assert_uint_eq(model->opened.generation, model->committed);
        ck_assert(model_matches(model, model->committed));
        model_free(model);
    }
}
END_TEST

START_TEST(a_full_volume_refuses_credit_and_recovers)
{
    struct plat_disk *disk = test_disk_create(BLOCKS);
    struct store_note note = { .cause = STORE_CAUSE_INTERVAL };
    struct store *store;
    uint64_t used = 0;

    ck_assert_int_eq(store_format(disk, BLOCKS), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    while (store_credit_take(store, 50) == OK) {
        store_commit_begin(store);
        for (unsigned i = 0; i < 50; i++) {
            memcpy(bytes, &(uint64_t){ used + 1 }, 8);
            ck_assert_int_eq(store_commit_page(store, used++, bytes), OK);
        }
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
        ck_assert_uint_lt(used, BLOCKS);
    }
    ck_assert_uint_gt(used, BLOCKS / 2);
    /* Zeroes need no block but a credit; commits let go of the old ones. */
    for (unsigned round = 0; round < 6; round++) {
        store_commit_begin(store);
        memset(bytes, 0, PAGE);
        for (unsigned i = 0; round == 0 && i < 500; i++)
            ck_assert_int_eq(store_commit_page(store, i, bytes), OK);
        note.cause = STORE_CAUSE_SPACE;
        ck_assert_int_eq(store_commit_finish(store, &note), OK);
    }
    ck_assert_int_eq(store_credit_take(store, 100), OK);
    for (uint64_t i = 0; i < used; i++) {
        uint64_t word;

        ck_assert_int_eq(store_page_read(store, i, bytes), OK);
        memcpy(&word, bytes, 8);
        ck_assert_uint_eq(word, i < 500 ? 0 : i + 1);
    }
    store_close(store);
    test_disk_free(disk);
}
END_TEST

START_TEST(credit_is_refused_when_the_disk_below_is_full)
{
    struct model *model = model_create(1u << 15);
    unsigned taken = 0;

    test_disk_fail_reserve(model->disk, 2);
    while (store_credit_take(model->store, 100) == OK)
        taken++;
    ck_assert_uint_gt(taken, 0);
    ck_assert_uint_lt(taken * 100, 2048);
    ck_assert_int_eq(store_credit_take(model->store, 100), OK);
    model_free(model);
}
END_TEST

START_TEST(the_log_tells_of_the_last_generations_also_after_a_fold_and_a_restart)
{
    struct model *model = model_create(BLOCKS);
    struct store_note notes[300];
    size_t count;

    for (unsigned i = 0; i < 300; i++)
        ck_assert_int_eq(model_commit(model, 1, i == 290 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL),
                         OK);
    ck_assert_uint_ge(stats_of(model).folds, 1);
    for (unsigned round = 0; round < 2; round++) {
        ck_assert_int_eq(store_log_read(model->store, notes, 300, &count), OK);
        ck_assert_uint_ge(count, 200);
        for (size_t i = 0; i < count; i++)
            ck_assert_uint_eq(notes[i].generation, 301 - i);
        ck_assert_int_eq(notes[10].cause, STORE_CAUSE_INTERVAL);
        ck_assert_uint_eq(notes[0].page_count <= 1, true);
        ck_assert_int_eq(model_open(model, false), OK);
    }
    ck_assert_uint_lt(model->opened.delta_count, 257);
    model_free(model);
}
END_TEST

START_TEST(a_long_run_on_a_small_volume_loses_and_leaks_nothing)
{
    struct model *model = model_create(BLOCKS);

    for (unsigned i = 0; i < 900; i++) {
        if (i % 9 == 4) {
            model_change(model, i % MODEL_PAGES, i % 2);
            ck_assert_int_eq(model_early(model, i % MODEL_PAGES), OK);
        }
        if (i % 50 == 20)
            test_disk_fail_flush(model->disk, 1 + i % 2);
        if (model_commit(model, 1 + i % 12, STORE_CAUSE_INTERVAL) != OK) {
            bool all[MODEL_PAGES];

            memset(all, true, sizeof all);
            ck_assert_int_eq(model_commit_pages(model, all, STORE_CAUSE_INTERVAL), OK);
        }
        if (i % 60 == 59) {
            ck_assert(model_matches(model, model->committed));
            ck_assert_uint_eq(model_check(model, NULL), 0);
            holds_after_a_cut(model, i % 120 == 59 ? TEST_CUT_DROP : TEST_CUT_KEEP);
        }
    }
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/commit", 120, a_page_reads_as_the_newest_contents_that_were_handed_over,
                  a_commit_of_one_page_costs_three_writes_and_one_flush,
                  a_large_commit_is_a_few_long_writes,
                  a_fold_takes_the_pages_of_its_own_commit_so_that_opening_reads_no_record,
                  zero_pages_take_no_block_and_unchanged_ones_are_not_written,
                  a_changed_page_with_the_same_checksum_is_written,
                  a_write_that_fails_costs_nothing_but_its_commit,
                  an_allocation_that_fails_costs_nothing_but_its_commit,
                  a_flush_that_fails_is_never_believed,
                  an_early_page_that_a_failed_flush_has_lost_is_damage_by_name,
                  after_a_failed_flush_a_cut_leaves_a_whole_generation,
                  a_number_is_never_given_to_two_generations, an_abandoned_commit_changes_nothing,
                  all_four_slots_stay_whole_however_long_the_system_runs,
                  a_full_volume_refuses_credit_and_recovers,
                  credit_is_refused_when_the_disk_below_is_full,
                  the_log_tells_of_the_last_generations_also_after_a_fold_and_a_restart,
                  a_long_run_on_a_small_volume_loses_and_leaks_nothing)
