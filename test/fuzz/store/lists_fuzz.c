/*
 * lists_fuzz.c - delta records, the index of the bitmap, bitmaps, lists of waiting blocks and of
 * notes that say anything.
 *
 * An input is what a superblock says from its note on, and then the beginnings of some blocks,
 * which lie behind the slots. What names what, and as what, is all in it; only checksums are made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/fuzzer.h"
#include "fuzz/store/image.h"
#include "store/store_priv.h"

#define SAID_FROM  offsetof(struct super_disk, note)
#define SAID_BYTES (offsetof(struct super_disk, spare) - SAID_FROM)
#define BEGINNING  256 /* bytes of a block that an input says; the others are zero */
#define BLOCKS_MAX 12
#define INPUT_MAX  (SAID_BYTES + BLOCKS_MAX * BEGINNING)

/* Where the seed has its blocks. */
enum seed_block {
    SEED_INDEX = VOLUME_FIRST_BLOCK,
    SEED_BITMAP,
    SEED_WAITING,
    SEED_NOTES,
    SEED_RECORDS, /* an extent of four: a commit in one part, and one in two */
    SEED_PAGES = SEED_RECORDS + 4,
    SEED_END = SEED_PAGES + 2,
};

static struct image image;

/* ---- where to begin ---- */

static struct block_ref_disk
ref_to(uint64_t block)
{
    return block_ref_put((struct block_ref){ .block = block, .count = 1 });
}

static void
seed_record_put(unsigned index, uint64_t generation, unsigned part, bool last)
{
    uint64_t block = SEED_RECORDS + index;
    struct delta_disk *header = (void *)test_disk_bytes(image.disk, block);
    struct delta_page_disk *page = (void *)(header + 1);
    struct dead_extent_disk *dead = (void *)(page + 1);

    *header = (struct delta_disk){ .magic = le32_put(DELTA_MAGIC),
                                   .flags = le32_put(last ? DELTA_LAST_PART : 0),
                                   .note.generation = le64_put(generation),
                                   .part = le32_put(part),
                                   .page_count = le32_put(1),
                                   .dead_count = le32_put(part > 0),
                                   .extent_count = le32_put(4),
                                   .extent = le64_put(SEED_RECORDS) };
    *page = (struct delta_page_disk){ .page = le32_put(index),
                                      .block = le64_put(SEED_PAGES + index % 2) };
    if (part > 0)
        *dead = (struct dead_extent_disk){ .block = le64_put(SEED_RECORDS + 3),
                                           .generation = le64_put(generation),
                                           .count = le32_put(1) };
    if (index == 0)
        return;
    header->previous = ref_to(block - 1);
    header->previous_extent = le64_put(SEED_RECORDS);
}

static void
seed_lists_put(void)
{
    struct chain_disk *waiting = (void *)test_disk_bytes(image.disk, SEED_WAITING);
    struct chain_disk *notes = (void *)test_disk_bytes(image.disk, SEED_NOTES);
    struct dead_extent_disk *dead = (void *)waiting->items;
    struct note_disk *note = (void *)notes->items;

    waiting->item_count = notes->item_count = le32_put(1);
    *dead = (struct dead_extent_disk){ .block = le64_put(SEED_PAGES),
                                       .generation = le64_put(7),
                                       .count = le32_put(1) };
    note->generation = le64_put(6);
}

static void
seed_volume_make(void)
{
    struct super super = { .block_count = IMAGE_BLOCKS,
                           .note = { .generation = 10, .cause = STORE_CAUSE_INTERVAL },
                           .waiting = { .block = SEED_WAITING, .count = 1 },
                           .notes = { .block = SEED_NOTES, .count = 1 },
                           .delta = { .block = SEED_RECORDS + 2, .count = 1 },
                           .delta_extent = SEED_RECORDS,
                           .delta_records = 2,
                           .delta_blocks = 3,
                           .fold_generation = 8,
                           .fold_free = IMAGE_BLOCKS - SEED_END,
                           .cursor = SEED_END };

    super.bitmap = image_bitmap_put(&image, SEED_INDEX, SEED_BITMAP, SEED_END);
    seed_record_put(0, 9, 0, true);
    seed_record_put(1, 10, 0, false);
    seed_record_put(2, 10, 1, true);
    seed_lists_put();
    image_super_put(&image, &super);
}

static size_t
seed_make(uint8_t *bytes)
{
    image.disk = test_disk_create(IMAGE_BLOCKS);
    seed_volume_make();
    memcpy(bytes, test_disk_look(image.disk, 0) + SAID_FROM, SAID_BYTES);
    for (unsigned i = 0; i < BLOCKS_MAX; i++)
        memcpy(bytes + SAID_BYTES + (size_t)i * BEGINNING,
               test_disk_look(image.disk, VOLUME_FIRST_BLOCK + i), BEGINNING);
    test_disk_free(image.disk);
    return INPUT_MAX;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t byte_count, size_t byte_max, unsigned seed)
{
    (void)seed;
    assert(byte_max >= INPUT_MAX);
    if (byte_count < SAID_BYTES)
        return seed_make(bytes);
    return LLVMFuzzerMutate(bytes, byte_count, byte_max);
}

/* ---- an input ---- */

static void
blocks_lay(const uint8_t *bytes, size_t byte_count)
{
    for (uint64_t block = VOLUME_FIRST_BLOCK; byte_count > 0; block++) {
        size_t count = byte_count < BEGINNING ? byte_count : BEGINNING;

        memcpy(test_disk_bytes(image.disk, block), bytes, count);
        bytes += count;
        byte_count -= count;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct super super = { .block_count = IMAGE_BLOCKS };

    if (byte_count < SAID_BYTES)
        return 0;
    if (byte_count > INPUT_MAX)
        byte_count = INPUT_MAX;
    image.disk = test_disk_create(IMAGE_BLOCKS);
    image_super_put(&image, &super);
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++)
        memcpy(test_disk_bytes(image.disk, copy) + SAID_FROM, bytes, SAID_BYTES);
    blocks_lay(bytes + SAID_BYTES, byte_count - SAID_BYTES);
    image_sum(&image);
    image_try(&image);
    test_disk_free(image.disk);
    return 0;
}
