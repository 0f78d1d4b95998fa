/*
 * super_fuzz.c - superblocks that say anything: judging the copies, and choosing a slot.
 *
 * An input is a row of copies, each as long as what a copy says, behind a byte that
 * tells whether its checksum is right.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/fuzzer.h"
#include "store/store_priv.h"
#include "support/disk.h"

#define PLACES     (SUPER_SLOTS * SUPER_COPIES)
#define SAID_BYTES offsetof(struct super_disk, spare)
#define COPY_BYTES (1 + SAID_BYTES)

static _Alignas(VOLUME_BLOCK_BYTES) uint8_t buffer[PLACES * VOLUME_BLOCK_BYTES];

/* A volume that was committed to once for each slot: where to begin. */
static size_t
seed_make(uint8_t *bytes)
{
    for (unsigned place = 0; place < PLACES; place++) {
        struct super super = { .block_count = STORE_BLOCKS_MIN,
                               .note = { .generation = 10 + place / SUPER_COPIES },
                               .fold_generation = 10,
                               .fold_free = STORE_BLOCKS_MIN - VOLUME_FIRST_BLOCK };

        super_encode(place / SUPER_COPIES, &super, buffer);
        bytes[place * COPY_BYTES] = 1;
        memcpy(bytes + place * COPY_BYTES + 1,
               buffer + (size_t)(place % SUPER_COPIES) * VOLUME_BLOCK_BYTES, SAID_BYTES);
    }
    return PLACES * COPY_BYTES;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t byte_count, size_t byte_max, unsigned seed)
{
    (void)seed;
    assert(byte_max >= PLACES * COPY_BYTES);
    if (byte_count < COPY_BYTES)
        return seed_make(bytes);
    return LLVMFuzzerMutate(bytes, byte_count, byte_max);
}

static void
copies_lay(struct plat_disk *disk, const uint8_t *bytes, size_t byte_count)
{
    const size_t crc_offset = offsetof(struct super_disk, crc);

    for (unsigned place = 0; place < PLACES && byte_count >= COPY_BYTES; place++) {
        uint8_t *block = test_disk_bytes(disk, place);
        struct super_disk *copy = (void *)block;

        memcpy(block, bytes + 1, SAID_BYTES);
        if (bytes[0] & 1)
            copy->crc = le32_put(crc32c(block, crc_offset));
        bytes += COPY_BYTES;
        byte_count -= COPY_BYTES;
    }
}

/* What was read is what would be written: nothing that a copy says gets lost on the way. */
static void
super_verify(const struct super *super)
{
    static _Alignas(VOLUME_BLOCK_BYTES) uint8_t block[SUPER_COPIES * VOLUME_BLOCK_BYTES];

    assert(super->note.generation > 0);
    assert(super->note.generation < VOLUME_GENERATION_END);
    assert(super->block_count >= STORE_BLOCKS_MIN);
    super_encode(0, super, block);
    assert(super_valid((const void *)block));
}

/* The slots of the two newest generations are kept, whatever the others say. */
static void
choice_verify(const struct super_scan *scan)
{
    uint64_t floor = super_floor(scan->slots);

    for (int last = 0; last < SUPER_SLOTS; last++) {
        for (int before = -1; before < SUPER_SLOTS; before++) {
            unsigned chosen = super_choose(scan->slots, last, before, -1);

            assert(chosen < SUPER_SLOTS);
            assert((int)chosen != last);
            assert((int)chosen != before);
        }
        assert(!scan->slots[last].used || floor <= scan->slots[last].oldest);
    }
}

static void
scan_verify(const struct super_scan *scan)
{
    unsigned good = 0;

    for (unsigned slot = 0; slot < SUPER_SLOTS; slot++) {
        const struct super_slot *one = &scan->slots[slot];

        assert(!(scan->good[slot] && one->bad));
        assert(one->used == scan->good[slot]);
        if (!scan->good[slot])
            continue;
        good++;
        super_verify(&scan->supers[slot]);
        assert(one->oldest <= one->newest);
        assert(scan->supers[slot].note.generation == one->newest);
        assert(one->newest <= scan->generation_max);
    }
    assert(good > 0);
    choice_verify(scan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    struct plat_disk *disk = test_disk_create(STORE_BLOCKS_MIN);
    struct super_scan scan;

    copies_lay(disk, bytes, byte_count);
    for (unsigned read_only = 0; read_only < 2; read_only++) {
        if (super_scan(disk, read_only != 0, buffer, &scan) == OK)
            scan_verify(&scan);
    }
    test_disk_free(disk);
    return 0;
}
