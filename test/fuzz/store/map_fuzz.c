/*
 * map_fuzz.c - page maps of any shape: looked up, checked, folded, marked when the bitmap is lost.
 *
 * An input is a row of entries. Each says in which of a few nodes it stands, and what it names:
 * a node, a page, a place outside the volume. Node 0 is the root. So trees come out, rings, nodes
 * with several parents, pages that are nodes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/fuzzer.h"
#include "fuzz/store/image.h"
#include "store/store_priv.h"

#define NODES       12
#define ENTRIES_MAX 64
#define FAR         0xf0 /* a target from here on lies near or behind the end of the volume */

struct entry_said {
    uint8_t node, way, target;
    uint8_t flags;
    uint16_t birth;
} __attribute__((packed));

enum entry_flags {
    ENTRY_LOST = 1,    /* MAP_FLAG_LOST */
    ENTRY_FLAGGED = 2, /* a flag that a map cannot have */
    ENTRY_UNNAMED = 4, /* block 0 */
    NODE_BAD = 8,      /* the node does not match its checksum */
    BITMAP_LOST = 16,  /* the index of the bitmap is found out anew */
};

#define NODE_BLOCK(node) ((uint64_t)VOLUME_FIRST_BLOCK + (node))
#define TARGETS          (2 * NODES) /* the nodes, and as many pages behind them */
#define BITMAP_BLOCK     NODE_BLOCK(TARGETS)
#define INDEX_BLOCK      (BITMAP_BLOCK + 1)

static struct image image;

static uint64_t
target_block(uint8_t target)
{
    return target < FAR ? NODE_BLOCK(target % TARGETS) : IMAGE_BLOCKS - 2 + (target - FAR);
}

static void
entry_lay(const struct entry_said *said)
{
    struct map_node_disk *node =
        (void *)test_disk_bytes(image.disk, NODE_BLOCK(said->node % NODES));
    struct map_entry entry = { .block = target_block(said->target), .birth = said->birth };

    if (said->flags & ENTRY_LOST)
        entry.flags |= MAP_FLAG_LOST;
    if (said->flags & ENTRY_FLAGGED)
        entry.flags |= MAP_FLAG_ZERO;
    if (said->flags & ENTRY_UNNAMED)
        entry.block = 0;
    node->entries[said->way] = map_entry_put(entry);
}

static void
super_lay(void)
{
    struct super super = { .block_count = IMAGE_BLOCKS,
                           .note = { .generation = 100, .cause = STORE_CAUSE_STOP },
                           .map = { .block = NODE_BLOCK(0), .count = 1 },
                           .fold_generation = 100,
                           .fold_free = IMAGE_BLOCKS - INDEX_BLOCK - 1 };

    super.bitmap = image_bitmap_put(&image, INDEX_BLOCK, BITMAP_BLOCK, INDEX_BLOCK + 1);
    image_super_put(&image, &super);
    for (unsigned page = NODES; page < TARGETS; page++)
        test_disk_bytes(image.disk, NODE_BLOCK(page))[0] = 1;
}

/* What does not match: done when everything else does. */
static void
entry_spoil(const struct entry_said *said)
{
    if (said->flags & NODE_BAD)
        test_disk_bytes(image.disk, NODE_BLOCK(said->node % NODES))[VOLUME_BLOCK_BYTES - 1] ^= 1;
    if (said->flags & BITMAP_LOST)
        test_disk_bytes(image.disk, INDEX_BLOCK)[VOLUME_BLOCK_BYTES - 1] ^= 1;
}

typedef void entry_fn(const struct entry_said *said);

static void
entries_do(const uint8_t *bytes, size_t byte_count, entry_fn *act)
{
    struct entry_said said;

    for (size_t i = 0; i < ENTRIES_MAX && (i + 1) * sizeof said <= byte_count; i++) {
        memcpy(&said, bytes + i * sizeof said, sizeof said);
        act(&said);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    image.disk = test_disk_create(IMAGE_BLOCKS);
    super_lay();
    entries_do(bytes, byte_count, entry_lay);
    image_sum(&image);
    entries_do(bytes, byte_count, entry_spoil);
    image_try(&image);
    test_disk_free(image.disk);
    return 0;
}
