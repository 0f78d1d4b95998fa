/*
 * volume_priv.h - the small things that all of the store uses: disk requests,
 * the test of a checksum, entries and references in memory.
 *
 * Every flush of the store is a call of volume_flush() and every checksum test
 * a call of crc_good(), on a line marked "guard: NAME". scripts/mutate-store
 * takes them out one at a time and expects the tests to notice.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crc32c.h"
#include "format/volume.h"
#include "plat/disk.h"
#include "plat/err.h"

/* A block named by another, with the checksum of its contents. */
struct block_ref {
    uint64_t block;
    uint32_t crc;
    uint32_t count; /* blocks in a row; 0: there is none */
};

/* An entry of the page map: where a page, or a node, lies. All zero: nothing but zeroes. */
struct map_entry {
    uint64_t block;
    uint64_t birth; /* generation that wrote it */
    uint32_t crc;
    uint32_t flags; /* MAP_FLAG_... */
};

/* Read or write `count` blocks, in the calling thread. */
must_use err_t volume_read(struct plat_disk *disk, uint64_t block, uint32_t count, void *buffer);
must_use err_t volume_write(struct plat_disk *disk, uint64_t block, uint32_t count, void *buffer);

/* All writes that are done are safe when this returns OK. */
must_use err_t volume_flush(struct plat_disk *disk);

/* True if the bytes are those that were summed. The one test of a checksum. */
static inline bool
crc_good(const void *bytes, size_t byte_count, uint32_t crc)
{
    return crc32c(bytes, byte_count) == crc;
}

struct block_ref block_ref_get(const struct block_ref_disk *disk);
struct block_ref_disk block_ref_put(struct block_ref ref);

struct map_entry map_entry_get(const struct map_entry_disk *disk);
struct map_entry_disk map_entry_put(struct map_entry entry);

/* True if `count` blocks from `block` can hold contents in a volume of `block_count` blocks. */
static inline bool
block_range_valid(uint64_t block, uint64_t count, uint64_t block_count)
{
    return block >= VOLUME_FIRST_BLOCK && block < block_count && count <= block_count - block;
}

/* True if all bytes are zero. */
bool bytes_are_zero(const void *bytes, size_t byte_count);
