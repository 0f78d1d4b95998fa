/*
 * run_test.c - reading several pages in one request, and never one that is wrong.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "store/store_priv.h"
#include "support/disk.h"
#include "support/suite.h"

#define BLOCKS 4096
#define PAGES  40u
#define PAGE   4096

static _Alignas(PAGE) uint8_t bytes[STORE_RUN_MAX * PAGE];
static struct plat_disk *disk;
static struct store *store;

static void
commit(uint32_t first, uint32_t count, uint32_t version)
{
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };

    ck_assert_int_eq(store_credit_take(store, count), OK);
    store_commit_begin(store);
    memset(bytes, 0x17, PAGE);
    for (uint32_t i = first; i < first + count; i++) {
        memcpy(bytes, (uint32_t[]){ i + 1, version }, 8);
        ck_assert_int_eq(store_commit_page(store, i, bytes), OK);
    }
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
}

static void
open_again(void)
{
    store_close(store);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
}

/* Pages 0 to PAGES - 1, written in one go. */
static void
setup(void)
{
    disk = test_disk_create(BLOCKS);
    ck_assert_int_eq(store_format(disk, BLOCKS), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    commit(0, PAGES, 1);
}

static void
down(void)
{
    store_close(store);
    test_disk_free(disk);
}

/* Reads from `page` on; how many came, each checked to be of that version. */
static uint32_t
run_of(uint64_t page, uint32_t count, uint32_t version)
{
    uint32_t got = 0;

    memset(bytes, 0xee, sizeof bytes);
    ck_assert_int_eq(store_pages_read(store, page, count, bytes, &got), OK);
    for (uint32_t i = 0; i < got; i++) {
        uint32_t is[2];

        memcpy(is, bytes + i * PAGE, sizeof is);
        ck_assert_uint_eq(is[0], page + i + 1);
        ck_assert_uint_eq(is[1], version);
    }
    return got;
}

static uint64_t
block_of(uint64_t page)
{
    struct map_entry entry;

    ck_assert_int_eq(map_lookup(store, page, &entry), OK);
    return entry.block;
}

START_TEST(pages_behind_each_other_come_in_one_request)
{
    struct test_disk_counts before, after;

    setup();
    open_again();
    before = test_disk_counts(disk);
    ck_assert_uint_eq(run_of(3, STORE_RUN_MAX, 1), STORE_RUN_MAX);
    after = test_disk_counts(disk);
    ck_assert_uint_eq(after.reads - before.reads, 1);
    ck_assert_uint_eq(run_of(20, 1, 1), 1);
    down();
}
END_TEST

START_TEST(a_run_ends_where_the_next_page_lies_elsewhere)
{
    setup();
    commit(8, 1, 2);
    ck_assert_uint_eq(run_of(3, STORE_RUN_MAX, 1), 5);
    ck_assert_uint_eq(run_of(8, STORE_RUN_MAX, 2), 1);
    ck_assert_uint_eq(run_of(9, STORE_RUN_MAX, 1), STORE_RUN_MAX);
    down();
}
END_TEST

START_TEST(a_run_ends_where_nothing_was_written)
{
    uint32_t got;

    setup();
    ck_assert_uint_eq(run_of(PAGES - 4, STORE_RUN_MAX, 1), 4);
    ck_assert_int_eq(store_pages_read(store, PAGES, STORE_RUN_MAX, bytes, &got), OK);
    ck_assert_uint_eq(got, 1);
    for (unsigned i = 0; i < PAGE; i++)
        ck_assert_uint_eq(bytes[i], 0);
    down();
}
END_TEST

START_TEST(a_run_ends_before_a_page_that_is_damaged)
{
    uint32_t got;

    setup();
    test_disk_flip(disk, block_of(10), 8 * 77);
    ck_assert_uint_eq(run_of(3, STORE_RUN_MAX, 1), 7);
    ck_assert_int_eq(store_pages_read(store, 10, STORE_RUN_MAX, bytes, &got), ERR_CORRUPT);
    down();
}
END_TEST

START_TEST(a_page_that_cannot_be_read_is_no_error_of_those_before_it)
{
    uint32_t got;

    setup();
    test_disk_fail_read(disk, block_of(10));
    ck_assert_uint_ge(run_of(3, STORE_RUN_MAX, 1), 1);
    ck_assert_int_eq(store_pages_read(store, 10, STORE_RUN_MAX, bytes, &got), ERR_IO);
    down();
}
END_TEST

UNIT_TESTS("store/run", pages_behind_each_other_come_in_one_request,
           a_run_ends_where_the_next_page_lies_elsewhere, a_run_ends_where_nothing_was_written,
           a_run_ends_before_a_page_that_is_damaged,
           a_page_that_cannot_be_read_is_no_error_of_those_before_it)
