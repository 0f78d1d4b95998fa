/*
 * writer_test.c - blocks arrive where they belong, in few writes, and are found meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "store/writer_priv.h"
#include "support/disk.h"
#include "support/suite.h"

#define BLOCKS 4000u

static struct lock lock;
static struct writer writer;

static struct plat_disk *
setup(void)
{
    struct plat_disk *disk = test_disk_create(BLOCKS);

    lock_init(&lock, LOCK_RANK_STORE);
    ck_assert_int_eq(writer_init(&writer, disk, &lock), OK);
    return disk;
}

static void
push(uint64_t block)
{
    uint64_t *slot = (uint64_t *)writer_slot(&writer);
    const uint8_t *found;

    memset(slot, 0, 4096);
    slot[5] = block;
    writer_push(&writer, block);
    lock_acquire(&lock);
    found = writer_find_locked(&writer, block);
    ck_assert_ptr_nonnull(found);
    ck_assert_uint_eq(((const uint64_t *)found)[5], block);
    ck_assert_ptr_null(writer_find_locked(&writer, block + 1));
    lock_release(&lock);
}

static void
arrived(struct plat_disk *disk, uint64_t block)
{
    static _Alignas(4096) uint64_t bytes[512];

    ck_assert_int_eq(volume_read(disk, block, 1, bytes), OK);
    ck_assert_uint_eq(bytes[5], block);
}

START_TEST(blocks_in_a_row_are_few_writes)
{
    struct plat_disk *disk = setup();

    for (uint64_t block = 100; block < 100 + 4 * WRITER_BLOCKS; block++)
        push(block);
    ck_assert_int_eq(writer_drain(&writer), OK);
    ck_assert_uint_le(test_disk_counts(disk).writes, 4 + 4); /* the first ones are shorter */
    for (uint64_t block = 100; block < 100 + 4 * WRITER_BLOCKS; block++)
        arrived(disk, block);
    ck_assert_ptr_null(writer_find_locked(&writer, 100));
    writer_destroy(&writer);
    test_disk_free(disk);
}
END_TEST

START_TEST(scattered_blocks_arrive_too)
{
    struct plat_disk *disk = setup();

    for (unsigned i = 0; i < 1500; i++)
        push(16 + i * 37 % 3900 / 3 * 3 + i % 2);
    ck_assert_int_eq(writer_drain(&writer), OK);
    for (unsigned i = 0; i < 1500; i++)
        arrived(disk, 16 + i * 37 % 3900 / 3 * 3 + i % 2);
    writer_destroy(&writer);
    test_disk_free(disk);
}
END_TEST

START_TEST(a_failed_write_is_told_by_the_drain_and_forgotten_by_the_reset)
{
    struct plat_disk *disk = setup();

    for (unsigned n = 1; n <= 5; n++) {
        test_disk_fail_write(disk, n, ERR_NOSPACE);
        for (uint64_t block = 100; block < 100 + 4 * WRITER_BLOCKS + 7; block++)
            push(block);
        ck_assert_int_eq(writer_drain(&writer), ERR_NOSPACE);
        ck_assert_int_eq(writer_drain(&writer), ERR_NOSPACE);
        writer_reset(&writer);
        ck_assert_int_eq(writer_drain(&writer), OK);
    }
    writer_destroy(&writer);
    test_disk_free(disk);
}
END_TEST

/* More than the buffers hold must not wait for itself. */
START_TEST(what_is_held_back_goes_with_the_next_send_in_one_row)
{
    static _Alignas(4096) uint8_t bytes[4096];
    struct plat_disk *disk = setup();

    for (unsigned count = 1; count < 3 * WRITER_BUFFERS; count++) {
        struct plat_io beside = { .kind = PLAT_WRITE, .block_count = 1, .buffer = bytes };
        uint64_t rows = test_disk_counts(disk).rows;

        writer_hold(&writer);
        for (unsigned i = 0; i < count; i++)
            push(100 + 2 * i + 100 * count);
        writer_send(&writer, &beside);
        ck_assert_int_eq(plat_disk_wait(disk, &beside), OK);
        ck_assert_int_eq(writer_drain(&writer), OK);
        if (count < WRITER_BUFFERS)
            ck_assert_uint_eq(test_disk_counts(disk).rows - rows, 1);
        for (unsigned i = 0; i < count; i++)
            arrived(disk, 100 + 2 * i + 100 * count);
    }
    writer_destroy(&writer);
    test_disk_free(disk);
}
END_TEST

START_TEST(after_a_drain_nothing_is_held_back)
{
    struct plat_disk *disk = setup();

    writer_hold(&writer);
    push(100);
    push(200);
    ck_assert_int_eq(writer_drain(&writer), OK);
    arrived(disk, 100);
    arrived(disk, 200);
    push(300);
    push(400);
    arrived(disk, 300);
    ck_assert_int_eq(writer_drain(&writer), OK);
    writer_destroy(&writer);
    test_disk_free(disk);
}
END_TEST

UNIT_TESTS("store/writer", blocks_in_a_row_are_few_writes, scattered_blocks_arrive_too,
           what_is_held_back_goes_with_the_next_send_in_one_row, after_a_drain_nothing_is_held_back,
           a_failed_write_is_told_by_the_drain_and_forgotten_by_the_reset)
