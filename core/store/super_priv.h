/*
 * super_priv.h - superblocks: the one place of a volume that is written
 * again, and therefore four places, with two copies each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/history.h"
#include "store/stream_priv.h"
#include "store/volume_priv.h"

/* What the checksum of a superblock is of. */
#define SUPER_CRC_BYTES offsetof(struct super_disk, crc)

/* In history_policy.c: are there places for so many? */
bool history_policy_valid(const struct store_policy *policy);

/* When the policy last pinned a generation. */
struct history_clock {
    uint64_t wall_ns;
    uint64_t personal_ns;
    uint64_t age_ns;
    uint64_t generation; /* 0: never */
};

/* A superblock in memory. */
struct super {
    uint8_t id[VOLUME_ID_BYTES];
    uint64_t block_count;
    uint32_t read_compatible;
    uint32_t flags;         /* SUPER_FLAG_... */
    struct store_note note; /* note.generation is the generation */
    struct block_ref map;
    struct block_ref bitmap;
    struct block_ref waiting;
    struct block_ref notes;
    struct block_ref delta;
    uint64_t delta_extent;
    uint64_t delta_records;
    uint64_t delta_blocks;
    uint64_t fold_generation;
    uint64_t fold_free;
    uint64_t pages_mapped;
    uint64_t cursor;
    uint64_t sealed; /* the generation before */
    struct block_ref pins;
    uint64_t map_birth;
    struct store_policy policy;
    struct history_clock clock;
    struct store_origin origin;
};

/*
 * What is known of one slot. Any generation from `oldest` up to `newest` may
 * be found in it by whoever opens the volume next.
 */
struct super_slot {
    bool used;      /* something openable may be in it */
    bool undecided; /* a write to it failed: it holds the old or the new */
    bool bad;       /* it was written once, and no copy is good */
    bool older;     /* as read: a good copy in it is of an older version of the format */
    uint64_t oldest;
    uint64_t newest;
};

/* All slots of a volume, as read at opening. */
struct super_scan {
    struct super_slot slots[SUPER_SLOTS];
    bool good[SUPER_SLOTS]; /* supers[slot] is filled: its newest good copy */
    struct super supers[SUPER_SLOTS];
    unsigned copies_bad; /* copies that were not good, of slots that were */
    unsigned slots_bad;
    uint64_t generation_max; /* the newest seen anywhere */
    uint64_t sealed_max;     /* the newest that a superblock knows committed */
    uint32_t version;        /* of the format: the oldest there is, or one that is not known; 0 */
    err_t version_err;       /* OK, or why a good copy may not be opened */
};

/*
 * Read all slots and judge each copy. Those of older versions count as if they were of ours.
 *
 *   buffer  2 * SUPER_SLOTS blocks
 *
 * Returns OK when at least one slot is good; ERR_FOREIGN, ERR_CORRUPT,
 * ERR_VERSION, ERR_READ_ONLY, ERR_IO.
 */
must_use err_t super_scan(struct plat_disk *disk, bool read_only, void *buffer,
                          struct super_scan *scan);

/* True if what a copy of our version says, whose checksum is good, can be so. */
bool super_valid(const struct super_disk *disk);

/*
 * In super_older.c: what a copy says, whose checksum is good, in the words of this version.
 *
 *   today  filled; as it is where its version is not known
 *
 * False if it makes no sense for the version that it is of.
 */
bool super_today(const struct super_disk *disk, struct super_disk *today);

/*
 * The request that writes both copies of a slot; the caller submits it, waits, and flushes.
 * `buffer`: two blocks, not to be touched before that.
 */
struct plat_io super_write(unsigned slot, const struct super *super, void *buffer);

/* Both copies as they lie on disk, for store_format. `buffer`: two blocks. */
void super_encode(unsigned slot, const struct super *super, void *buffer);

/*
 * The slot to write next: never `last` or `before`, the last two known
 * committed (-1: none), and not `failed`, where a write just failed, if there is another.
 */
unsigned super_choose(const struct super_slot slots[SUPER_SLOTS], int last, int before, int failed);

/* The oldest generation that any slot may lead to; blocks that died up to it are free. */
uint64_t super_floor(const struct super_slot slots[SUPER_SLOTS]);

/* Notes between disk and memory. */
struct store_note note_get(const struct note_disk *disk);
struct note_disk note_put(const struct store_note *note);
