/*
 * blocks_test.c - no block is given out twice, none comes back too early, none is lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/blocks_priv.h"
#include "support/disk.h"
#include "support/suite.h"

#define BLOCKS 5000u

static struct plat_disk *disk;
static struct lock lock;
static struct blocks blocks;

static void
setup(void)
{
    disk = test_disk_create(BLOCKS);
    lock_init(&lock, LOCK_RANK_STORE);
    ck_assert_int_eq(blocks_init(&blocks, disk, &lock, BLOCKS), OK);
}

static void
teardown(void)
{
    blocks_destroy(&blocks);
    test_disk_free(disk);
}

static void
check(void)
{
    lock_acquire(&lock);
    blocks_check_locked(&blocks);
    lock_release(&lock);
}

START_TEST(every_block_is_given_out_once)
{
    struct block_run run = { .want = 100 };
    static bool given[BLOCKS];
    uint64_t block;

    setup();
    ck_assert_int_eq(blocks_run_next(&blocks, &run, &block), ERR_NOSPACE);
    ck_assert_int_eq(blocks_grow(&blocks, BLOCKS - VOLUME_FIRST_BLOCK), OK);
    ck_assert_int_eq(blocks_grow(&blocks, BLOCKS), ERR_NOSPACE);
    for (unsigned i = VOLUME_FIRST_BLOCK; i < BLOCKS; i++) {
        ck_assert_int_eq(blocks_run_next(&blocks, &run, &block), OK);
        ck_assert_uint_ge(block, VOLUME_FIRST_BLOCK);
        ck_assert_uint_lt(block, BLOCKS);
        ck_assert(!given[block]);
        given[block] = true;
    }
    ck_assert_int_eq(blocks_run_next(&blocks, &run, &block), ERR_NOSPACE);
    ck_assert_uint_eq(blocks.free_total, 0);
    check();
    teardown();
}
END_TEST

START_TEST(chunks_are_opened_one_by_one_and_the_disk_is_asked_for_them)
{
    setup();
    ck_assert_int_eq(blocks_grow(&blocks, 1), OK);
    ck_assert_uint_eq(test_disk_counts(disk).reserves, 1);
    ck_assert_uint_eq(blocks.free_open, CHUNK_BLOCKS - VOLUME_FIRST_BLOCK);
    ck_assert_int_eq(blocks_grow(&blocks, CHUNK_BLOCKS), OK);
    ck_assert_uint_eq(test_disk_counts(disk).reserves, 2);
    test_disk_fail_reserve(disk, 1);
    ck_assert_int_eq(blocks_grow(&blocks, BLOCKS - VOLUME_FIRST_BLOCK), ERR_NOSPACE);
    ck_assert_int_eq(blocks_grow(&blocks, BLOCKS - VOLUME_FIRST_BLOCK), OK);
    check();
    teardown();
}
END_TEST

START_TEST(the_dead_wait_for_the_floor)
{
    uint64_t block, count;

    setup();
    ck_assert_int_eq(blocks_grow(&blocks, 1), OK);
    lock_acquire(&lock);
    ck_assert_int_eq(blocks_take_locked(&blocks, 50, false, &block, &count), OK);
    lock_release(&lock);
    ck_assert_uint_eq(count, 50);
    ck_assert_int_eq(blocks_dead_reserve(&blocks, 3), OK);
    lock_acquire(&lock);
    blocks_dead_add_locked(&blocks, block, 10, 7);
    blocks_dead_add_locked(&blocks, block + 20, 5, 9);
    blocks_dead_add_locked(&blocks, block + 10, 5, 8); /* waits with those before it */
    lock_release(&lock);
    ck_assert_uint_eq(blocks.dead_blocks, 20);
    ck_assert_int_eq(blocks_dead_drain(&blocks, 6), OK);
    ck_assert_uint_eq(blocks.dead_blocks, 20);
    ck_assert_int_eq(blocks_dead_drain(&blocks, 8), OK);
    ck_assert_uint_eq(blocks.dead_blocks, 10);
    ck_assert_int_eq(blocks_dead_drain(&blocks, 9), OK);
    ck_assert_uint_eq(blocks.dead_blocks, 0);
    ck_assert_uint_eq(blocks.free_total, BLOCKS - VOLUME_FIRST_BLOCK - 30);
    check();
    teardown();
}
END_TEST

/* Its ends lie within words, and its middle between two chunks; some of it is free already. */
START_TEST(an_extent_over_two_chunks_is_freed_but_for_what_is_free)
{
    uint64_t first, second, count, before;

    setup();
    ck_assert_int_eq(blocks_grow(&blocks, 2 * CHUNK_BLOCKS), OK);
    before = blocks.free_total;
    lock_acquire(&lock);
    ck_assert_int_eq(blocks_take_locked(&blocks, CHUNK_BLOCKS, false, &first, &count), OK);
    ck_assert_int_eq(blocks_take_locked(&blocks, CHUNK_BLOCKS, false, &second, &count), OK);
    if (second < first)
        first = second;
    second = (first / CHUNK_BLOCKS + 1) * CHUNK_BLOCKS; /* where the chunks meet */
    count = before - blocks.free_total;
    blocks_give_back_locked(&blocks, second - 70, 3);
    blocks_give_back_locked(&blocks, second + 60, 70);
    ck_assert_uint_eq(blocks.free_total, before - count + 73);
    lock_release(&lock);
    ck_assert_int_eq(blocks_dead_reserve(&blocks, 1), OK);
    lock_acquire(&lock);
    blocks_dead_add_locked(&blocks, second - 100, 300, 5);
    lock_release(&lock);
    ck_assert_int_eq(blocks_dead_drain(&blocks, 5), OK);
    ck_assert_uint_eq(blocks.free_total, before - count + 300);
    check();
    lock_acquire(&lock);
    blocks_give_back_locked(&blocks, second - 101, 1); /* those beside it were not touched */
    blocks_give_back_locked(&blocks, second + 200, 1);
    lock_release(&lock);
    check();
    teardown();
}
END_TEST

static err_t
take(void *context, uint64_t *block)
{
    return blocks_run_next(&blocks, context, block);
}

static err_t
died(void *context, uint64_t block)
{
    (void)context;
    (void)block;
    return OK;
}

START_TEST(what_a_fold_writes_is_what_is_loaded_but_for_early_pages)
{
    struct block_run run = { .want = 8 }, pages = { .want = 30 },
                     early = { .want = 16, .ephemeral = true };
    const struct blocks_placer placer = { take, died, &run };
    struct writer *writer = malloc(sizeof *writer);
    struct block_ref root;
    uint64_t block, free_blocks, used[40];
    bool found = true;

    setup();
    ck_assert_int_eq(writer_init(writer, disk, &lock), OK);
    ck_assert_int_eq(blocks_grow(&blocks, 100), OK);
    for (unsigned i = 0; i < 40; i++) {
        ck_assert_int_eq(blocks_run_next(&blocks, &pages, &used[i]), OK);
        ck_assert_int_eq(blocks_run_next(&blocks, &early, &block), OK);
    }
    blocks_run_close(&blocks, &pages);
    lock_acquire(&blocks.grow_lock);
    while (found)
        ck_assert_int_eq(blocks_fold_place(&blocks, &placer, &found), OK);
    blocks_run_close(&blocks, &run);
    ck_assert_int_eq(blocks_fold_write(&blocks, writer, &root, &free_blocks), OK);
    ck_assert_int_eq(writer_drain(writer), OK);
    lock_release(&blocks.grow_lock);
    blocks_fold_done(&blocks);
    check();
    writer_destroy(writer);
    free(writer);
    blocks_destroy(&blocks);

    ck_assert_int_eq(blocks_init(&blocks, disk, &lock, BLOCKS), OK);
    ck_assert_int_eq(blocks_load_index(&blocks, root, free_blocks), OK);
    ck_assert_uint_eq(free_blocks, BLOCKS - VOLUME_FIRST_BLOCK - 40 - 2);
    ck_assert_int_eq(blocks_grow(&blocks, BLOCKS / 2), OK);
    for (unsigned i = 0; i < 40; i++)
        ck_assert(blocks.bits[used[i] / 64] >> used[i] % 64 & 1);
    ck_assert_uint_eq(blocks.free_total, free_blocks);
    check();
    teardown();
}
END_TEST

/* As many as a count of 32 bits holds, in a volume of 32 TiB: what is written must be read back. */
START_TEST(no_extent_of_the_dead_grows_beyond_what_is_read_back)
{
    setup();
    blocks_destroy(&blocks);
    ck_assert_int_eq(blocks_init(&blocks, disk, &lock, 1ull << 33), OK);
    ck_assert_int_eq(blocks_dead_reserve(&blocks, 4), OK);
    lock_acquire(&lock);
    for (uint64_t i = 0; i < 4; i++)
        blocks_dead_add_locked(&blocks, 100 + i * 0x60000000, 0x60000000, 7);
    lock_release(&lock);
    for (size_t i = blocks.dead.head; i < blocks.dead.end; i++)
        ck_assert_uint_le(blocks.dead.items[i].count, EXTENT_BLOCKS_MAX);
    ck_assert_uint_eq(blocks.dead_blocks, 4ull * 0x60000000);
    teardown();
}
END_TEST

UNIT_TESTS("store/blocks", every_block_is_given_out_once,
           chunks_are_opened_one_by_one_and_the_disk_is_asked_for_them, the_dead_wait_for_the_floor,
           an_extent_over_two_chunks_is_freed_but_for_what_is_free,
           what_a_fold_writes_is_what_is_loaded_but_for_early_pages,
           no_extent_of_the_dead_grows_beyond_what_is_read_back)
