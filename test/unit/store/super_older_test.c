/*
 * super_older_test.c - superblocks of older versions say what they said, and nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "format/volume_older.h"
#include "store/super_priv.h"
#include "support/suite.h"

/* A superblock in which everything that the version knows is said. */
static struct super_disk
super_of(uint32_t version)
{
    struct super_disk super = {
        .magic = SUPER_MAGIC,
        .version = le32_put(version),
        .flags = le32_put(version > 1 ? SUPER_FLAG_AT_ONCE : 0),
        .block_count = le64_put(STORE_BLOCKS_MIN),
        .note = { .generation = le64_put(40) },
        .map = { .block = le64_put(99), .crc = le32_put(7), .count = le32_put(1) },
        .fold_generation = le64_put(33),
        .cursor = le64_put(1000),
        .sealed = le64_put(version > 1 ? 38 : 0),
    };

    return super;
}

START_TEST(version_1_is_whole_wherever_it_is_found)
{
    struct super_disk super = super_of(1), today;

    ck_assert(super_today(&super, &today));
    ck_assert_uint_eq(le32_get(today.version), SUPER_VERSION);
    ck_assert_uint_eq(le32_get(today.flags), 0);
    ck_assert_uint_eq(le64_get(today.sealed), 39);
    ck_assert_uint_eq(le64_get(today.map_birth), 33);
    ck_assert(super_valid(&today));
}
END_TEST

START_TEST(version_2_is_taken_over_with_what_it_knew_committed)
{
    struct super_disk super = super_of(2), today;

    ck_assert(super_today(&super, &today));
    ck_assert_uint_eq(le32_get(today.version), SUPER_VERSION);
    ck_assert_uint_eq(le32_get(today.flags), SUPER_FLAG_AT_ONCE);
    ck_assert_uint_eq(le64_get(today.sealed), 38);
    ck_assert_uint_eq(le64_get(today.map_birth), 33);
    ck_assert_mem_eq(&today.note, &super.note, SUPER_1_END - offsetof(struct super_disk, note));
    ck_assert(super_valid(&today));
}
END_TEST

START_TEST(what_a_version_did_not_know_is_not_said)
{
    for (uint32_t version = 1; version <= 2; version++) {
        size_t end = version == 1 ? SUPER_1_END : SUPER_2_END;

        for (size_t i = end; i < SUPER_CRC_BYTES; i++) {
            struct super_disk super = super_of(version), today;

            ((uint8_t *)&super)[i] = 1;
            ck_assert(!super_today(&super, &today));
        }
    }
}
END_TEST

START_TEST(version_1_had_no_flags)
{
    struct super_disk super = super_of(1), today;

    super.flags = le32_put(SUPER_FLAG_AT_ONCE);
    ck_assert(!super_today(&super, &today));
}
END_TEST

START_TEST(of_this_version_and_of_one_that_is_not_known_nothing_is_changed)
{
    static const uint32_t versions[] = { 0, SUPER_VERSION, SUPER_VERSION + 1, UINT32_MAX };

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct super_disk super, today;

        memset(&super, 0xa5, sizeof super);
        super.version = le32_put(versions[i]);
        ck_assert(super_today(&super, &today));
        ck_assert_mem_eq(&today, &super, sizeof super);
    }
}
END_TEST

UNIT_TESTS("store/super_older", version_1_is_whole_wherever_it_is_found,
           version_2_is_taken_over_with_what_it_knew_committed,
           what_a_version_did_not_know_is_not_said, version_1_had_no_flags,
           of_this_version_and_of_one_that_is_not_known_nothing_is_changed)
