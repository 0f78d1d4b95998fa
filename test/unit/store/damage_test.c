/*
 * damage_test.c - flipped bits, cut volumes, foreign ones: all of it is found, none of it
 * is used.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "format/space.h"
#include "format/volume.h"
#include "store/store_priv.h"
#include "support/disk.h"
#include "support/suite.h"
#include "support/volume.h"

#define BLOCKS 2048
#define PAGE   4096

static _Alignas(PAGE) uint8_t bytes[PAGE], wanted[PAGE];

/* A volume with pages in the map, a waiting list, older notes, and records behind the fold. */
static struct model *
volume(void)
{
    struct model *model = model_create(BLOCKS);

    for (unsigned i = 0; i < 50; i++)
        ck_assert_int_eq(model_commit(model, 3, i == 39 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL),
                         OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.delta_count, 10);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    return model;
}

static bool
in_list(const struct extent_list *list, uint64_t block)
{
    for (size_t i = 0; i < list->count; i++) {
        if (block - list->items[i].block < list->items[i].count)
            return true;
    }
    return false;
}

/* The blocks that the newest generation leads to, by what the store itself knows. */
static bool
is_live(struct model *model, uint64_t block)
{
    const struct store *store = model->store;
    const struct blocks *blocks = &store->blocks;

    if (block < VOLUME_FIRST_BLOCK)
        return block < (uint64_t)SUPER_SLOTS * SUPER_COPIES;
    if (in_list(&store->log.extents, block))
        return block < store->log.extent + store->log.extent_used;
    for (size_t i = blocks->dead.head; i < blocks->dead.end; i++) {
        if (block - blocks->dead.items[i].block < blocks->dead.items[i].count)
            return false;
    }
    return (blocks->bits[block / 64] >> block % 64 & 1) != 0;
}

START_TEST(one_bit_flipped_in_any_live_block_is_found_by_check)
{
    struct model *model = volume();
    unsigned live = 0;

    for (uint64_t block = 0; block < BLOCKS; block++) {
        static const unsigned bits[] = { 0, 4095, 8 * 300 + 3, 8 * 4095 + 7 };

        if (!is_live(model, block))
            continue;
        live++;
        for (unsigned i = 0; i < 4; i++) {
            /* Of a slot only the first sector is anything. */
            unsigned bit = block < VOLUME_FIRST_BLOCK ? bits[i] % 4096 : bits[i];

            test_disk_flip(model->disk, block, bit);
            if (model_check(model, NULL) == 0)
                ck_abort_msg("block %lu, bit %u", (unsigned long)block, bit);
            test_disk_flip(model->disk, block, bit);
        }
    }
    ck_assert_uint_gt(live, 100);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

/* Each page is as it must be, or is reported as damaged. */
static unsigned
pages_damaged(struct model *model, uint64_t generation)
{
    unsigned damaged = 0;

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        err_t err = store_page_read(model->store, model_page(i), bytes);

        ck_assert(err == OK || err == ERR_CORRUPT);
        model_fill(i, model->taken[generation][i], wanted);
        if (err == OK)
            ck_assert_int_eq(memcmp(bytes, wanted, PAGE), 0);
        damaged += err != OK;
    }
    return damaged;
}

START_TEST(one_bit_flipped_in_any_block_is_never_used)
{
    struct model *model = volume();
    uint64_t newest = model->committed;
    uint64_t bitmap = model->store->blocks.nodes[0].block; /* the only one: all counts as full */
    unsigned fallbacks = 0, unfinished = 0, twins = 0, damaged = 0;

    for (uint64_t block = 0; block < BLOCKS; block++) {
        struct model *after;

        if (!is_live(model, block))
            continue;
        after = model_copy(model, test_disk_copy(model->disk));
        test_disk_flip(after->disk, block, (unsigned)(block * 97 % (8 * 500)));
        if (model_open(after, false) == OK) {
            uint64_t generation = after->opened.generation;
            err_t err;

            ck_assert_uint_ge(generation, newest - 3);
            ck_assert(generation == newest || after->opened.fell_back || after->opened.unfinished);
            fallbacks += after->opened.fell_back;
            unfinished += after->opened.unfinished;
            twins += after->opened.copies_bad;
            damaged += pages_damaged(after, generation);
            /* And it goes on, with what is still there. */
            err = model_commit(after, 4, STORE_CAUSE_STOP);
            ck_assert(err == OK || (err == ERR_NOSPACE && block == bitmap));
            ck_assert_int_eq(model_open(after, false), OK);
            pages_damaged(after, after->opened.generation);
        } else {
            ck_assert_int_ge(block, VOLUME_FIRST_BLOCK); /* all generations share the fold */
        }
        model_free(after);
    }
    ck_assert_uint_gt(fallbacks, 0);
    ck_assert_uint_gt(unfinished, 0);
    ck_assert_uint_eq(twins, SUPER_SLOTS * SUPER_COPIES);
    ck_assert_uint_gt(damaged, 50);
    model_free(model);
}
END_TEST

/*
 * The index of the bitmap, and the lists of what waits and of older generations, are shared by all
 * slots since the fold. None of them is needed to know what a page holds: the newest generation
 * opens.
 */
START_TEST(a_damaged_index_or_list_costs_no_generation)
{
    struct model *model = volume();
    const uint64_t blocks[] = { model->store->super.bitmap.block, model->store->super.waiting.block,
                                model->store->super.notes.block };

    for (unsigned i = 0; i < 3; i++) {
        struct model *after = model_copy(model, test_disk_copy(model->disk));
        unsigned leaks = 0;

        ck_assert_uint_ne(blocks[i], 0);
        /* A bit that would change a number, but nothing that makes no sense. */
        test_disk_flip(after->disk, blocks[i], i == 0 ? 8 * 8 : 8 * 32);
        ck_assert_int_eq(model_open(after, true), OK);
        ck_assert_uint_eq(model_check(after, NULL), 1);
        ck_assert(model_check_named_block(blocks[i]));

        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert(after->opened.repaired);
        ck_assert(!after->opened.fell_back);
        ck_assert_uint_eq(after->opened.generation, model->committed);
        ck_assert(model_matches(after, model->committed));
        /* Nothing that is in use is given to a page; the next fold makes all whole again. */
        for (unsigned n = 0; n < 60; n++)
            ck_assert_int_eq(
                model_commit(after, 5, n == 50 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL), OK);
        ck_assert_int_eq(model_open(after, false), OK);
        ck_assert(!after->opened.repaired);
        ck_assert(model_matches(after, after->committed));
        ck_assert_uint_eq(model_check(after, &leaks), 0);
        if (i == 0)
            ck_assert_uint_eq(leaks, 0);
        model_free(after);
    }
    model_free(model);
}
END_TEST

/* After that an older slot must still open, should the newest be lost: its blocks wait. */
START_TEST(what_was_found_out_anew_spares_the_older_slots)
{
    struct model *model = volume();
    uint64_t newest = model->committed;

    test_disk_flip(model->disk, model->store->super.bitmap.block, 8 * 12);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.repaired);
    ck_assert_int_eq(model_commit(model, 20, STORE_CAUSE_INTERVAL), OK);
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++)
        test_disk_flip(model->disk, (uint64_t)model->store->slot_last * SUPER_COPIES + copy, 600);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.fell_back);
    ck_assert_uint_eq(model->opened.generation, newest);
    ck_assert(model_matches(model, newest));
    model_free(model);
}
END_TEST

START_TEST(an_index_that_cannot_be_read_is_found_out_anew)
{
    struct model *model = volume();

    test_disk_fail_read(model->disk, model->store->super.bitmap.block);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.repaired);
    ck_assert(model_matches(model, model->committed));
    ck_assert_int_eq(model_commit(model, 5, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.repaired);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

START_TEST(a_damaged_record_leads_to_the_generation_before)
{
    struct model *model = volume();
    uint64_t newest;

    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_STOP), OK); /* known to be there */
    newest = model->committed;
    test_disk_flip(model->disk, model->store->super.delta.block, 8 * 150);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.fell_back);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert(model_matches(model, newest - 1));
    ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    ck_assert_uint_gt(model->committed, newest);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.fell_back);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 0);
    model_free(model);
}
END_TEST

START_TEST(a_damaged_map_node_loses_its_pages_by_name_and_no_others)
{
    struct model *model = volume();
    struct map_entry leaf = { .block = model->store->map.block, .crc = model->store->map.crc };
    unsigned damaged;

    for (unsigned level = MAP_LEVELS - 1; level > 0; level--) {
        struct map_node_disk node;

        ck_assert_int_eq(volume_read(model->disk, leaf.block, 1, bytes), OK);
        memcpy(&node, bytes, sizeof node);
        leaf = map_entry_get(&node.entries[0]);
    }
    test_disk_flip(model->disk, leaf.block, 8 * 2040);
    ck_assert_int_eq(model_open(model, false), OK);
    damaged = pages_damaged(model, model->committed);
    ck_assert_uint_gt(damaged, 0);
    ck_assert_uint_lt(damaged, MODEL_PAGES);
    /* Commits and folds go on; what is written anew is whole again. */
    for (unsigned i = 0; i < 80; i++)
        ck_assert_int_eq(
            model_commit(model, 1, i % 40 == 39 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_lt(pages_damaged(model, model->committed), damaged);
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        bool one[MODEL_PAGES] = { false };

        one[i] = true;
        model_change(model, i, false);
        ck_assert_int_eq(model_commit_pages(model, one, STORE_CAUSE_INTERVAL), OK);
    }
    ck_assert_uint_eq(pages_damaged(model, model->committed), 0);
    model_free(model);
}
END_TEST

START_TEST(a_damaged_bitmap_gives_no_block_to_two_owners)
{
    struct model *model = volume();
    uint64_t bitmap = model->store->blocks.nodes[0].block, more = 0;

    /* Everything looks free. */
    for (unsigned bit = 16; bit < BLOCKS; bit++) {
        ck_assert_int_eq(volume_read(model->disk, bitmap, 1, bytes), OK);
        if (bytes[bit / 8] >> bit % 8 & 1)
            test_disk_flip(model->disk, bitmap, bit);
    }
    ck_assert_int_eq(model_open(model, false), OK);
    /* Fill the volume with other pages, up to the last block that looks free. */
    while (store_credit_take(model->store, 20) == OK && more < BLOCKS) {
        struct store_note note = { .cause = STORE_CAUSE_INTERVAL };

        store_commit_begin(model->store);
        for (unsigned i = 0; i < 20; i++) {
            memcpy(bytes, &(uint64_t){ more + 1 }, 8);
            ck_assert_int_eq(store_commit_page(model->store, SPACE_PAGES - 1 - more++, bytes), OK);
        }
        ck_assert_int_eq(store_commit_finish(model->store, &note), OK);
    }
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model_matches(model, model->committed));
    model_free(model);
}
END_TEST

static void
super_edit(struct plat_disk *disk, void (*edit)(struct super_disk *))
{
    for (unsigned place = 0; place < SUPER_SLOTS * SUPER_COPIES; place++) {
        struct super_disk *super = (void *)bytes;

        ck_assert_int_eq(volume_read(disk, place, 1, bytes), OK);
        if (super->magic[0] == 0)
            continue;
        edit(super);
        super->crc = le32_put(crc32c(super, offsetof(struct super_disk, crc)));
        ck_assert_int_eq(volume_write(disk, place, 1, bytes), OK);
    }
}

static void
edit_version(struct super_disk *super)
{
    super->version = le32_put(SUPER_VERSION + 1);
}

static void
edit_feature(struct super_disk *super)
{
    super->incompatible = le32_put(1u << 7);
}

static void
edit_space(struct super_disk *super)
{
    super->space_base = le64_put(le64_get(super->space_base) + PAGE);
}

static void
edit_read_feature(struct super_disk *super)
{
    super->read_compatible = le32_put(1);
}

static void
edit_compatible(struct super_disk *super)
{
    super->compatible = le32_put(1);
}

START_TEST(another_version_feature_or_space_is_refused)
{
    static const struct {
        void (*edit)(struct super_disk *);
        err_t read_write, read_only;
    } cases[] = {
        { edit_version, ERR_VERSION, ERR_VERSION },
        { edit_feature, ERR_VERSION, ERR_VERSION },
        { edit_space, ERR_VERSION, ERR_VERSION },
        { edit_read_feature, ERR_READ_ONLY, OK },
        { edit_compatible, OK, OK },
    };

    for (unsigned i = 0; i < 5; i++) {
        struct model *model = volume();

        super_edit(model->disk, cases[i].edit);
        ck_assert_int_eq(model_open(model, false), cases[i].read_write);
        ck_assert_int_eq(model_open(model, true), cases[i].read_only);
        model_free(model);
    }
}
END_TEST

START_TEST(a_truncated_a_foreign_and_an_erased_volume_are_told_apart)
{
    struct model *model = volume();
    struct plat_disk *foreign = test_disk_create(BLOCKS), *tiny = test_disk_create(3);
    struct store *store;

    model_close(model);
    test_disk_truncate(model->disk, BLOCKS - 1);
    ck_assert_int_eq(store_open(model->disk, false, &store, NULL), ERR_RANGE);
    test_disk_truncate(model->disk, BLOCKS);
    ck_assert_int_eq(store_open(foreign, false, &store, NULL), ERR_FOREIGN);
    memset(bytes, 0x55, PAGE);
    ck_assert_int_eq(volume_write(foreign, 0, 1, bytes), OK);
    ck_assert_int_eq(store_open(foreign, false, &store, NULL), ERR_FOREIGN);
    ck_assert_int_eq(store_open(tiny, false, &store, NULL), ERR_FOREIGN);
    for (unsigned place = 0; place < SUPER_SLOTS * SUPER_COPIES; place++)
        test_disk_flip(model->disk, place, 3000);
    ck_assert_int_eq(store_open(model->disk, false, &store, NULL), ERR_CORRUPT);
    ck_assert_int_eq(store_format(tiny, 3), ERR_RANGE);
    ck_assert_int_eq(store_format(model->disk, BLOCKS + 1), ERR_RANGE);
    test_disk_set_read_only(model->disk, true);
    ck_assert_int_eq(store_format(model->disk, BLOCKS), ERR_READ_ONLY);
    ck_assert_int_eq(store_open(model->disk, false, &store, NULL), ERR_READ_ONLY);
    test_disk_free(foreign);
    test_disk_free(tiny);
    model_free(model);
}
END_TEST

START_TEST(a_bad_copy_is_read_from_its_twin_and_a_bad_slot_falls_back)
{
    struct model *model = volume();
    uint64_t newest = model->committed;
    unsigned slot = (unsigned)(newest - 1) % SUPER_SLOTS;

    test_disk_flip(model->disk, 2 * slot, 600);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, newest);
    ck_assert_uint_eq(model->opened.copies_bad, 1);
    ck_assert(!model->opened.fell_back);
    ck_assert(model_matches(model, newest));
    test_disk_flip(model->disk, 2 * slot + 1, 601);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert_uint_eq(model->opened.slots_bad, 1);
    ck_assert(model->opened.fell_back);
    ck_assert(model_matches(model, newest - 1));
    model_free(model);
}
END_TEST

START_TEST(a_superblock_in_the_wrong_place_is_not_believed)
{
    struct model *model = volume();
    uint64_t newest = model->committed;
    unsigned slot = (unsigned)(newest - 1) % SUPER_SLOTS, other = (slot + 2) % SUPER_SLOTS;

    /* A misdirected write: the older slot's copies land on the newest. */
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++) {
        ck_assert_int_eq(volume_read(model->disk, 2 * other + copy, 1, bytes), OK);
        ck_assert_int_eq(volume_write(model->disk, 2 * slot + copy, 1, bytes), OK);
    }
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.slots_bad, 1);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    model_free(model);
}
END_TEST

START_TEST(a_page_that_cannot_be_read_is_an_error_and_no_more)
{
    struct model *model = volume();
    struct map_entry entry;

    ck_assert_int_eq(map_lookup(model->store, model_page(5), &entry), OK);
    ck_assert_uint_ne(entry.block, 0);
    test_disk_fail_read(model->disk, entry.block);
    ck_assert_int_eq(store_page_read(model->store, model_page(5), bytes), ERR_IO);
    ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    test_disk_fail_read(model->disk, 0);
    ck_assert_int_eq(store_page_read(model->store, model_page(5), bytes), OK);
    ck_assert(model_matches(model, model->committed));
    model_free(model);
}
END_TEST

START_TEST(check_names_a_damaged_page_beside_one_that_cannot_be_read)
{
    struct model *model = model_create(BLOCKS);
    struct map_entry entry, next;
    bool pages[MODEL_PAGES] = { false };

    for (unsigned i = 0; i < 20; i++) {
        pages[i] = true;
        model_change(model, i, false);
    }
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(map_lookup(model->store, model_page(5), &entry), OK);
    ck_assert_int_eq(map_lookup(model->store, model_page(6), &next), OK);
    ck_assert_uint_eq(next.block, entry.block + 1);
    test_disk_fail_read(model->disk, entry.block);
    test_disk_flip(model->disk, next.block, 12345);
    ck_assert_uint_eq(model_check(model, NULL), 2);
    ck_assert(model_check_named_page(model_page(5)));
    ck_assert(model_check_named_page(model_page(6)));
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/damage", 120, one_bit_flipped_in_any_live_block_is_found_by_check,
                  one_bit_flipped_in_any_block_is_never_used,
                  a_damaged_index_or_list_costs_no_generation,
                  what_was_found_out_anew_spares_the_older_slots,
                  an_index_that_cannot_be_read_is_found_out_anew,
                  a_damaged_record_leads_to_the_generation_before,
                  a_damaged_map_node_loses_its_pages_by_name_and_no_others,
                  a_damaged_bitmap_gives_no_block_to_two_owners,
                  another_version_feature_or_space_is_refused,
                  a_truncated_a_foreign_and_an_erased_volume_are_told_apart,
                  a_bad_copy_is_read_from_its_twin_and_a_bad_slot_falls_back,
                  a_superblock_in_the_wrong_place_is_not_believed,
                  a_page_that_cannot_be_read_is_an_error_and_no_more,
                  check_names_a_damaged_page_beside_one_that_cannot_be_read)
