/*
 * volume.c - disk requests, and the small structs between disk and memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/volume_priv.h"

#include "base/memory.h"

static err_t
volume_io(struct plat_disk *disk, enum plat_io_kind kind, uint64_t block, uint32_t count,
          void *buffer)
{
    struct plat_io io = { .kind = kind, .block = block, .block_count = count, .buffer = buffer };

    return plat_disk_run(disk, &io);
}

err_t
volume_read(struct plat_disk *disk, uint64_t block, uint32_t count, void *buffer)
{
    assert(count > 0);
    assert((uintptr_t)buffer % VOLUME_BLOCK_BYTES == 0);
    return volume_io(disk, PLAT_READ, block, count, buffer);
}

err_t
volume_write(struct plat_disk *disk, uint64_t block, uint32_t count, void *buffer)
{
    assert(count > 0);
    assert((uintptr_t)buffer % VOLUME_BLOCK_BYTES == 0);
    return volume_io(disk, PLAT_WRITE, block, count, buffer);
}

err_t
volume_flush(struct plat_disk *disk)
{
    return volume_io(disk, PLAT_FLUSH, 0, 0, NULL);
}

struct block_ref
block_ref_get(const struct block_ref_disk *disk)
{
    return (struct block_ref){ .block = le64_get(disk->block),
                               .crc = le32_get(disk->crc),
                               .count = le32_get(disk->count) };
}

struct block_ref_disk
block_ref_put(struct block_ref ref)
{
    if (ref.count == 0)
        ref = (struct block_ref){ 0 };
    return (struct block_ref_disk){ .block = le64_put(ref.block),
                                    .crc = le32_put(ref.crc),
                                    .count = le32_put(ref.count) };
}

#define LOW_BITS(n)     ((1ull << (n)) - 1)
#define BIRTH_LOW_BITS  24
#define BIRTH_HIGH_BITS 20
#define MAP_FLAGS_BITS  12

struct map_entry
map_entry_get(const struct map_entry_disk *disk)
{
    uint64_t low = le64_get(disk->low), high = le64_get(disk->high);

    return (struct map_entry){
        .block = low & LOW_BITS(VOLUME_BLOCK_BITS),
        .birth = low >> VOLUME_BLOCK_BITS | (high & LOW_BITS(BIRTH_HIGH_BITS)) << BIRTH_LOW_BITS,
        .flags = (uint32_t)(high >> BIRTH_HIGH_BITS & LOW_BITS(MAP_FLAGS_BITS)),
        .crc = (uint32_t)(high >> 32),
    };
}

struct map_entry_disk
map_entry_put(struct map_entry entry)
{
    assert(entry.block < VOLUME_BLOCKS_MAX);
    assert(entry.flags <= LOW_BITS(MAP_FLAGS_BITS));
    return (struct map_entry_disk){
        .low = le64_put(entry.block | entry.birth << VOLUME_BLOCK_BITS),
        .high = le64_put((entry.birth >> BIRTH_LOW_BITS & LOW_BITS(BIRTH_HIGH_BITS)) |
                         (uint64_t)entry.flags << BIRTH_HIGH_BITS | (uint64_t)entry.crc << 32),
    };
}

bool
bytes_are_zero(const void *bytes, size_t byte_count)
{
    const uint8_t *at = bytes;
    uint64_t all = 0;

    for (; byte_count >= 8; at += 8, byte_count -= 8) {
        uint64_t word;

        memcpy(&word, at, sizeof word);
        all |= word;
    }
    for (; byte_count > 0; at++, byte_count--)
        all |= *at;
    return all == 0;
}
