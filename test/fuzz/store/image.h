/*
 * image.h - volumes of which any part may say anything, with all checksums right; and
 * what must hold whatever lies in a volume.
 *
 * A checksum keeps chance away from the code behind it, and a fuzzer too. So the fuzzers of
 * the store change a volume first and have it summed then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "format/volume.h"
#include "store/super_priv.h"
#include "support/disk.h"

#define IMAGE_BLOCKS    2048ull /* STORE_BLOCKS_MIN: the smallest that can be committed to */
#define IMAGE_PARTS_MAX 1024
#define IMAGE_PAGES_MAX 64

/* What a superblock leads to, each in a block of its own (a record: in one or more). */
enum image_kind {
    IMAGE_SUPER, /* one copy of a slot */
    IMAGE_NODE,  /* of the page map */
    IMAGE_INDEX,
    IMAGE_BITMAP,
    IMAGE_WAITING,
    IMAGE_NOTES,
    IMAGE_PINS,
    IMAGE_KEPT, /* what died after a pin */
    IMAGE_RECORD,
    IMAGE_PAGE,
    IMAGE_KINDS,
};

struct image_part {
    enum image_kind kind;
    uint64_t block;
};

struct image {
    struct plat_disk *disk; /* of IMAGE_BLOCKS, with all writes flushed */
    struct image_part parts[IMAGE_PARTS_MAX];
    size_t part_count;
    uint64_t pages[IMAGE_PAGES_MAX]; /* some that the map and the records name */
    size_t page_count;
    uint8_t seen[IMAGE_BLOCKS];
};

/* Write a superblock into slot 0. */
void image_super_put(struct image *image, const struct super *super);

/*
 * Write a bitmap and its index into two blocks: in use is what lies before `used_end`.
 * Returns the reference for a superblock; its checksum is not made yet.
 */
struct block_ref image_bitmap_put(struct image *image, uint64_t index_block, uint64_t bitmap_block,
                                  uint64_t used_end);

/*
 * Follow all superblocks and write into each reference the checksum of what it names, from below.
 * A block that is named twice is summed as what it was named as first; where blocks name
 * each other in a ring, one checksum stays wrong.
 *
 *   image  `disk` is set; parts and pages are filled with what was met on the way
 */
void image_sum(struct image *image);

/*
 * Bring here, if it is of an older version; open, check, read, commit to, fold, pin, let go of
 * pins, go back, and open again, whatever is there. It ends the process when something was found
 * that
 *   - opening or reading had to refuse, and that the check does not report;
 *   - a commit that was acknowledged does not bring back, or one that went back does not show.
 * The disk is changed.
 */
void image_try(struct image *image);
