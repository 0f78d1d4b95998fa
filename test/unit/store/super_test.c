/*
 * super_test.c - which slot is written next, and what the slots protect.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>

#include "store/super_priv.h"
#include "support/disk.h"
#include "support/suite.h"

static uint64_t state = 12345;

static unsigned
random_below(unsigned bound)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33) % bound;
}

START_TEST(the_last_two_committed_are_never_chosen_whatever_fails)
{
    struct super_slot slots[SUPER_SLOTS] = { { .used = true, .oldest = 1, .newest = 1 } };
    int last = 0, before = -1, failed = -1;

    for (uint64_t generation = 2; generation < 20000; generation++) {
        unsigned slot = super_choose(slots, last, before, failed);

        ck_assert_int_ne((int)slot, last);
        ck_assert_int_ne((int)slot, before);
        ck_assert_int_ne((int)slot, failed);
        ck_assert_uint_le(super_floor(slots), slots[last].oldest);
        if (random_below(3) == 0) {
            slots[slot].oldest = slots[slot].used ? slots[slot].oldest : generation;
            slots[slot].newest = generation;
            slots[slot].used = slots[slot].undecided = true;
            failed = (int)slot;
            continue;
        }
        slots[slot] =
            (struct super_slot){ .used = true, .oldest = generation, .newest = generation };
        before = last;
        last = (int)slot;
        failed = -1;
    }
}
END_TEST

START_TEST(an_undecided_slot_keeps_the_floor_where_it_was)
{
    struct super_slot slots[SUPER_SLOTS] = {
        { .used = true, .oldest = 5, .newest = 9, .undecided = true },
        { .used = true, .oldest = 6, .newest = 6 },
        { .used = true, .oldest = 7, .newest = 7 },
        { .bad = true },
    };

    ck_assert_uint_eq(super_floor(slots), 5);
    ck_assert_uint_eq(super_choose(slots, 2, 1, 0), 3);
    ck_assert_uint_eq(super_choose(slots, 2, 1, 3), 0);
    slots[3] = slots[0];
    slots[0] = (struct super_slot){ .bad = true };
    ck_assert_uint_eq(super_floor(slots), 5);
}
END_TEST

START_TEST(what_is_written_is_what_is_read)
{
    struct plat_disk *disk = test_disk_create(64);
    struct super super = {
        .block_count = STORE_BLOCKS_MIN,
        .note = { .generation = 77, .wall_ns = 1, .personal_ns = 2, .page_count = 3, .cause = 4 },
        .map = { 20, 0xabcdef, 1 },
        .delta = { 21, 5, 6 },
        .delta_extent = 21,
        .pages_mapped = 9,
    };
    void *buffer = aligned_alloc(4096, (size_t)SUPER_SLOTS * SUPER_COPIES * 4096);
    struct super_scan *scan = malloc(sizeof *scan);
    struct plat_io io;

    io = super_write(2, &super, buffer);
    plat_disk_submit(disk, &io);
    ck_assert_int_eq(plat_disk_wait(disk, &io), OK);
    ck_assert_int_eq(super_scan(disk, false, buffer, scan), OK);
    ck_assert(scan->good[2] && !scan->good[0]);
    ck_assert_uint_eq(scan->generation_max, 77);
    ck_assert_uint_eq(scan->supers[2].note.personal_ns, 2);
    ck_assert_uint_eq(scan->supers[2].map.crc, 0xabcdef);
    ck_assert_uint_eq(scan->supers[2].delta.count, 6);
    ck_assert_uint_eq(scan->supers[2].pages_mapped, 9);
    ck_assert_uint_eq(scan->slots_bad + scan->copies_bad, 0);
    free(scan);
    free(buffer);
    test_disk_free(disk);
}
END_TEST

START_TEST(entries_and_references_keep_all_their_bits)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct map_entry entry = {
            .block = ((uint64_t)random_below(1u << 31) << 9 | random_below(512)) &
                     (VOLUME_BLOCKS_MAX - 1),
            .birth =
                ((uint64_t)random_below(1u << 31) << 13 | random_below(8192)) & ((1ull << 44) - 1),
            .crc = (uint32_t)state,
            .flags = random_below(1u << 12),
        };
        struct map_entry_disk disk = map_entry_put(entry);
        struct map_entry back = map_entry_get(&disk);

        ck_assert_uint_eq(back.block, entry.block);
        ck_assert_uint_eq(back.birth, entry.birth);
        ck_assert_uint_eq(back.crc, entry.crc);
        ck_assert_uint_eq(back.flags, entry.flags);
    }
}
END_TEST

UNIT_TESTS("store/super", the_last_two_committed_are_never_chosen_whatever_fails,
           an_undecided_slot_keeps_the_floor_where_it_was, what_is_written_is_what_is_read,
           entries_and_references_keep_all_their_bits)
