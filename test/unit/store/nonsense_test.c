/*
 * nonsense_test.c - volumes whose checksums are all right, and that say what cannot be. They came
 * from the fuzzers: what a checksum vouches for is what was written, not who wrote it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "store/store_priv.h"
#include "support/disk.h"
#include "support/suite.h"
#include "support/volume.h"

#define BLOCKS 2048
#define PAGE   VOLUME_BLOCK_BYTES

/* A volume with some records behind a fold. */
static struct model *
volume(void)
{
    struct model *model = model_create(BLOCKS);

    for (unsigned i = 0; i < 45; i++)
        ck_assert_int_eq(model_commit(model, 3, i == 39 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL),
                         OK);
    ck_assert_uint_eq(model_check(model, NULL), 0);
    return model;
}

typedef void edit_fn(struct super_disk *super);

static void
copy_edit(struct plat_disk *disk, unsigned place, edit_fn *edit)
{
    struct super_disk *super = (void *)test_disk_bytes(disk, place);

    if (super->magic[0] == 0)
        return;
    edit(super);
    super->crc = le32_put(crc32c(super, offsetof(struct super_disk, crc)));
}

static void
slot_edit(struct plat_disk *disk, unsigned slot, edit_fn *edit)
{
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++)
        copy_edit(disk, slot * SUPER_COPIES + copy, edit);
}

static void
no_generation(struct super_disk *super)
{
    super->note.generation = le64_put(0);
}

static void
generation_beyond_the_end(struct super_disk *super)
{
    super->note.generation = le64_put(VOLUME_GENERATION_END);
}

static void
last_generation(struct super_disk *super)
{
    super->note.generation = le64_put(VOLUME_GENERATION_END - 1);
}

static void
generation_far_ahead(struct super_disk *super)
{
    super->note.generation = le64_put(le64_get(super->note.generation) + (1ull << 40));
}

static void
fold_to_come(struct super_disk *super)
{
    super->fold_generation = le64_put(le64_get(super->note.generation) + 1);
}

static void
no_room_behind_the_slots(struct super_disk *super)
{
    super->block_count = le64_put(VOLUME_FIRST_BLOCK);
}

static void
too_few_blocks(struct super_disk *super)
{
    super->block_count = le64_put(STORE_BLOCKS_MIN - 1);
}

static edit_fn *const nonsense[] = { no_generation, generation_beyond_the_end, fold_to_come,
                                     no_room_behind_the_slots, too_few_blocks };

#define NONSENSE_COUNT (sizeof nonsense / sizeof nonsense[0])

START_TEST(a_superblock_that_makes_no_sense_is_a_damaged_one)
{
    for (unsigned i = 0; i < NONSENSE_COUNT; i++) {
        struct model *model = volume();

        for (unsigned slot = 0; slot < SUPER_SLOTS; slot++)
            slot_edit(model->disk, slot, nonsense[i]);
        ck_assert_int_eq(model_open(model, true), ERR_CORRUPT);
        ck_assert_int_eq(model_open(model, false), ERR_CORRUPT);
        model_free(model);
    }
}
END_TEST

START_TEST(one_copy_that_makes_no_sense_is_reported_and_its_twin_is_used)
{
    for (unsigned i = 0; i < NONSENSE_COUNT; i++) {
        struct model *model = volume();

        copy_edit(model->disk, (unsigned)model->store->slot_last * SUPER_COPIES, nonsense[i]);
        ck_assert_int_eq(model_open(model, true), OK);
        ck_assert_uint_eq(model->opened.copies_bad, 1);
        ck_assert(model_matches(model, model->committed));
        ck_assert_uint_eq(model_check(model, NULL), 1);
        model_free(model);
    }
}
END_TEST

/* The slot of the far generation leads nowhere, and its number is passed over all the same. */
START_TEST(a_commit_after_a_generation_far_ahead_opens_again)
{
    struct model *model = volume();
    uint64_t newest = model->committed;

    slot_edit(model->disk, (unsigned)model->store->slot_last, generation_far_ahead);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    ck_assert_uint_gt(model->committed, 1ull << 40);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, model->committed);
    model_free(model);
}
END_TEST

START_TEST(when_the_numbers_are_used_up_a_commit_is_refused_and_nothing_is_lost)
{
    struct model *model = volume();
    uint64_t newest = model->committed;

    slot_edit(model->disk, (unsigned)model->store->slot_last, last_generation);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), ERR_NOSPACE);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, newest - 1);
    ck_assert(model_matches(model, newest - 1));
    model_free(model);
}
END_TEST

static void
fewer_free_blocks(struct super_disk *super)
{
    super->fold_free = le64_put(1);
}

/* What the bitmap counts as free and what its groups do is the same number. */
START_TEST(free_blocks_that_do_not_add_up_are_counted_anew)
{
    struct model *model = volume();

    for (unsigned slot = 0; slot < SUPER_SLOTS; slot++)
        slot_edit(model->disk, slot, fewer_free_blocks);
    ck_assert_int_eq(model_open(model, true), OK);
    ck_assert_uint_gt(model_check(model, NULL), 0);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(model->opened.repaired);
    ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    lock_acquire(&model->store->lock);
    blocks_check_locked(&model->store->blocks);
    lock_release(&model->store->lock);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.repaired);
    ck_assert(model_matches(model, model->committed));
    model_free(model);
}
END_TEST

/* Let the newest slot lead to the record of one block at `block`, whatever it says. */
static void
newest_record_put(struct model *model, uint64_t block)
{
    const uint8_t *record = test_disk_look(model->disk, block);
    struct block_ref ref = { .block = block, .crc = crc32c(record, PAGE), .count = 1 };

    for (unsigned copy = 0; copy < SUPER_COPIES; copy++) {
        unsigned place = (unsigned)model->store->slot_last * SUPER_COPIES + copy;
        struct super_disk *super = (void *)test_disk_bytes(model->disk, place);

        super->delta = block_ref_put(ref);
        super->crc = le32_put(crc32c(super, offsetof(struct super_disk, crc)));
    }
}

/* The two newest records, of one block each, change their places. */
static void
newest_records_exchange(struct model *model, uint64_t newest, uint64_t before)
{
    uint8_t *first = test_disk_bytes(model->disk, before);
    uint8_t *second = test_disk_bytes(model->disk, newest);
    uint8_t kept[PAGE];

    memcpy(kept, first, PAGE);
    memcpy(first, second, PAGE);
    memcpy(second, kept, PAGE);
    ((struct delta_disk *)first)->previous.block = le64_put(newest);
    newest_record_put(model, before);
}

/* The next record goes behind the newest one, where here an older one lies. */
START_TEST(no_record_is_written_over_one_that_is_needed)
{
    struct model *model = volume();
    uint64_t tail = model->store->log.tail.block;

    ck_assert_uint_eq(model->store->log.tail.count, 1);
    newest_records_exchange(model, tail, tail - 1);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.fell_back);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(model_commit(model, 4, STORE_CAUSE_INTERVAL), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.fell_back);
    ck_assert(model_matches(model, model->committed));
    model_free(model);
}
END_TEST

/* The extent that the records lie in, as one that died. */
static void
log_extent_kill(struct model *model)
{
    uint64_t block = model->store->log.tail.block;
    struct delta_disk *header = (void *)test_disk_bytes(model->disk, block);
    struct dead_extent_disk dead = { .block = header->extent,
                                     .generation = header->note.generation,
                                     .count = header->extent_count };
    uint32_t count = le32_get(header->dead_count);

    memcpy((struct dead_extent_disk *)delta_dead(header) + count, &dead, sizeof dead);
    header->dead_count = le32_put(count + 1);
    newest_record_put(model, block);
}

/* Allocation goes on at the beginning of the records. */
static void
cursor_at_records(struct super_disk *super)
{
    super->cursor = super->delta_extent;
}

START_TEST(records_that_are_needed_are_not_free_whoever_says_so)
{
    struct model *model = volume();

    log_extent_kill(model);
    ck_assert_int_eq(model_open(model, false), OK);
    for (unsigned i = 0; i < SUPER_SLOTS; i++) /* the slots that know them otherwise go */
        ck_assert_int_eq(model_commit(model, 3, STORE_CAUSE_INTERVAL), OK);
    slot_edit(model->disk, (unsigned)model->store->slot_last, cursor_at_records);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_int_eq(model_commit(model, 0, STORE_CAUSE_INTERVAL), OK); /* frees what is dead */
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        ck_assert_int_eq(model_early(model, i), OK);
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert(!model->opened.fell_back);
    ck_assert(model_matches(model, model->committed));
    model_free(model);
}
END_TEST

/* Of a volume that is large enough for it. */
START_TEST(an_extent_of_records_is_no_longer_than_extents_are)
{
    struct model *model = volume();
    struct super super = model->store->super;
    struct delta_disk *header = (void *)test_disk_bytes(model->disk, super.delta.block);
    struct delta_chain chain;

    super.block_count = 1ull << 40;
    ck_assert_int_eq(delta_chain_read(model->disk, &super, &chain), OK);
    delta_chain_free(&chain);
    header->extent_count = le32_put(UINT32_MAX);
    super.delta.crc = crc32c(header, PAGE);
    ck_assert_int_eq(delta_chain_read(model->disk, &super, &chain), ERR_CORRUPT);
    delta_chain_free(&chain);
    model_free(model);
}
END_TEST

static struct plat_disk *edited;

/* The superblock vouches for its list of notes as it is now. */
static void
notes_summed(struct super_disk *super)
{
    super->notes.crc = le32_put(crc32c(test_disk_look(edited, le64_get(super->notes.block)), PAGE));
}

START_TEST(a_list_that_makes_no_sense_is_reported)
{
    struct model *model = volume();
    struct chain_disk *link = (void *)test_disk_bytes(model->disk, model->store->super.notes.block);

    link->item_count = le32_put(CHAIN_NOTES_MAX + 1);
    edited = model->disk;
    for (unsigned slot = 0; slot < SUPER_SLOTS; slot++)
        slot_edit(model->disk, slot, notes_summed);
    ck_assert_int_eq(model_open(model, true), OK);
    ck_assert(model->opened.repaired);
    ck_assert(model_matches(model, model->committed));
    ck_assert_uint_eq(model_check(model, NULL), 1);
    model_free(model);
}
END_TEST

UNIT_TESTS("nonsense", a_superblock_that_makes_no_sense_is_a_damaged_one,
           one_copy_that_makes_no_sense_is_reported_and_its_twin_is_used,
           a_commit_after_a_generation_far_ahead_opens_again,
           free_blocks_that_do_not_add_up_are_counted_anew, a_list_that_makes_no_sense_is_reported,
           no_record_is_written_over_one_that_is_needed,
           records_that_are_needed_are_not_free_whoever_says_so,
           an_extent_of_records_is_no_longer_than_extents_are,
           when_the_numbers_are_used_up_a_commit_is_refused_and_nothing_is_lost)
