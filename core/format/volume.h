/*
 * volume.h - what lies in a volume, byte for byte. docs/FORMAT.md says in
 * words what this says in structs.
 *
 * A volume is a row of blocks of 4 KiB. The first VOLUME_FIRST_BLOCK hold the
 * superblock slots; all others are given out by the block bitmap. Whatever
 * names a block carries the CRC-32C of its contents.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/endian.h"

#define VOLUME_BLOCK_BYTES 4096
#define VOLUME_FIRST_BLOCK 16 /* the blocks before it are for slots, or spare */
#define VOLUME_BLOCK_BITS  40
#define VOLUME_BLOCKS_MAX  (1ull << VOLUME_BLOCK_BITS)
#define VOLUME_ID_BYTES    16

/* Generations are below it, as an entry of the map has room for no more: 50,000 years of 10 a
 * second. */
#define VOLUME_GENERATION_END (1ull << 44)

/* ---- superblocks ---- */

/*
 * Slot s lies in blocks 2s and 2s + 1, the same 512 bytes at the start of each.
 * The rest of the two blocks is zero.
 */
#define SUPER_SLOTS   4
#define SUPER_COPIES  2
#define SUPER_BYTES   512
#define SUPER_MAGIC   "PHANTOM" /* and a zero */
#define SUPER_VERSION 3

/* No flush came between this superblock and what its own generation wrote. */
#define SUPER_FLAG_AT_ONCE 1u

/* A block that is named, with the checksum of its contents. Block 0: none. */
struct block_ref_disk {
    struct le64 block; /*    0 */
    struct le32 crc;   /*    8 */
    struct le32 count; /*   12  blocks in a row, all summed; 0 if there is none */
};

static_assert(sizeof(struct block_ref_disk) == 16, "layout is frozen");

/* What a generation says about itself. */
struct note_disk {
    struct le64 generation;  /*    0 */
    struct le64 wall_ns;     /*    8  since 1970-01-01 UTC */
    struct le64 personal_ns; /*   16  the system's own clock */
    struct le64 page_count;  /*   24  pages it changed */
    struct le32 cause;       /*   32  enum store_cause */
    uint8_t spare[4];        /*   36  zero */
};

static_assert(sizeof(struct note_disk) == 40, "layout is frozen");

/* How many pins stay, by three rules. */
struct policy_disk {
    struct le32 last;   /*    0  the newest */
    struct le32 hourly; /*    4  an hour from each other */
    struct le32 daily;  /*    8  a day from each other */
    uint8_t spare[4];   /*   12  zero */
};

static_assert(sizeof(struct policy_disk) == 16, "layout is frozen");

/*
 * Which generation of a volume: its number alone is not enough, as copies of a volume file go on
 * counting each on its own.
 */
struct generation_id_disk {
    struct le64 generation; /*    0 */
    struct le64 wall_ns;    /*    8  of its note */
    struct le32 map_crc;    /*   16  of the root of its page map; 0: no page */
    uint8_t spare[4];       /*   20  zero */
};

static_assert(sizeof(struct generation_id_disk) == 24, "layout is frozen");

/* Where what a volume holds was received from. */
struct origin_disk {
    uint8_t id[VOLUME_ID_BYTES];      /*    0  of the volume; zeroes: from none */
    struct generation_id_disk source; /*   16  the generation there */
    struct le64 generation;           /*   40  the own one as which it was received */
    struct le64 unchanged;            /*   48  the newest own one that is known to hold the same */
};

static_assert(sizeof(struct origin_disk) == 56, "layout is frozen");

struct super_disk {
    uint8_t magic[8];              /*    0  SUPER_MAGIC */
    struct le32 version;           /*    8  SUPER_VERSION; readers refuse others */
    struct le32 place;             /*   12  slot * SUPER_COPIES + copy */
    struct le32 compatible;        /*   16  features anybody may ignore */
    struct le32 read_compatible;   /*   20  features only a reader may ignore */
    struct le32 incompatible;      /*   24  features nobody may ignore */
    struct le32 flags;             /*   28  SUPER_FLAG_... */
    uint8_t id[VOLUME_ID_BYTES];   /*   32  random, from when the volume was made */
    struct le64 space_base;        /*   48  SPACE_BASE */
    struct le64 space_bytes;       /*   56  SPACE_BYTES */
    struct le64 block_count;       /*   64  blocks in this volume */
    struct note_disk note;         /*   72  its generation is the one of this superblock */
    struct block_ref_disk map;     /*  112  root of the page map; count 0: no page */
    struct block_ref_disk bitmap;  /*  128  root of the bitmap's index; count 0: all free */
    struct block_ref_disk waiting; /*  144  first block of the list of waiting blocks */
    struct block_ref_disk notes;   /*  160  first block of the older notes */
    struct block_ref_disk delta;   /*  176  newest delta record; count 0: none */
    struct le64 delta_extent;      /*  192  first block of the extent it lies in */
    struct le64 delta_records;     /*  200  records behind each other */
    struct le64 delta_blocks;      /*  208  blocks of all of them */
    struct le64 fold_generation;   /*  216  when map and bitmap were written */
    struct le64 fold_free;         /*  224  blocks free in that bitmap */
    struct le64 pages_mapped;      /*  232  pages of the space that have a block */
    struct le64 cursor;            /*  240  where to go on allocating: advice */
    struct le64 sealed;            /*  248  the generation before, which is known committed */
    struct block_ref_disk pins;    /*  256  first block of the list of pins; count 0: none */
    struct le64 map_birth;         /*  272  generation in which the root of the map was written */
    struct policy_disk policy;     /*  280  which generations are pinned by themselves */
    struct le64 pin_wall_ns;       /*  296  of the last one that was */
    struct le64 pin_personal_ns;   /*  304 */
    struct le64 pin_age_ns;        /*  312  ages of such pins: FORMAT.md, 3.4 */
    struct le64 pin_generation;    /*  320  0: none was */
    struct origin_disk origin;     /*  328 */
    uint8_t spare[124];            /*  384  zero */
    struct le32 crc;               /*  508  CRC-32C of the bytes before it */
};

static_assert(sizeof(struct super_disk) == SUPER_BYTES, "one 512-byte sector");
static_assert(offsetof(struct super_disk, note) == 72, "layout is frozen");
static_assert(offsetof(struct super_disk, map) == 112, "layout is frozen");
static_assert(offsetof(struct super_disk, delta_extent) == 192, "layout is frozen");
static_assert(offsetof(struct super_disk, cursor) == 240, "layout is frozen");
static_assert(offsetof(struct super_disk, sealed) == 248, "layout is frozen");
static_assert(offsetof(struct super_disk, pins) == 256, "layout is frozen");
static_assert(offsetof(struct super_disk, policy) == 280, "layout is frozen");
static_assert(offsetof(struct super_disk, pin_generation) == 320, "layout is frozen");
static_assert(offsetof(struct super_disk, origin) == 328, "layout is frozen");
static_assert(offsetof(struct super_disk, crc) == 508, "layout is frozen");
static_assert(alignof(struct super_disk) == 1, "no hidden padding");

/* ---- the page map ---- */

/*
 * A tree of MAP_LEVELS levels; each node is one block of MAP_WAYS entries. A
 * page number's highest 8 bits choose in the root, its lowest 8 in a leaf. An
 * entry of zeroes is a subtree, or a page, of zeroes.
 *
 *   bits    0 .. 39   block
 *          40 .. 83   generation in which the block was written
 *          84 .. 95   flags
 *          96 .. 127  CRC-32C of the block
 */
#define MAP_LEVELS    4
#define MAP_WAYS      256
#define MAP_WAYS_BITS 8

#define MAP_FLAG_ZERO 1 /* a page of zeroes, no block; only in delta records */
#define MAP_FLAG_LOST 2 /* was damaged and could not be kept; no block */

struct map_entry_disk {
    struct le64 low;  /*    0  block, and 24 bits of the generation */
    struct le64 high; /*    8  20 bits of the generation, flags, checksum */
};

struct map_node_disk {
    struct map_entry_disk entries[MAP_WAYS];
};

static_assert(sizeof(struct map_node_disk) == VOLUME_BLOCK_BYTES, "a node is a block");

/* ---- the block bitmap ---- */

/*
 * A bitmap block covers a group of blocks, one bit each, 1: in use. The index
 * above it is a tree of INDEX_WAYS-way nodes, as many levels as the volume needs
 * (one at least); a missing node or bitmap block stands for free blocks.
 */
#define GROUP_BLOCKS    (8ull * VOLUME_BLOCK_BYTES)
#define INDEX_WAYS      256
#define INDEX_WAYS_BITS 8

struct index_entry_disk {
    struct le64 block; /*    0  of the bitmap block or the node below; 0: all free */
    struct le32 crc;   /*    8 */
    struct le32 free;  /*   12  free blocks in the group; 0 above the lowest level */
};

struct index_node_disk {
    struct index_entry_disk entries[INDEX_WAYS];
};

static_assert(sizeof(struct index_node_disk) == VOLUME_BLOCK_BYTES, "a node is a block");

/* ---- delta records ---- */

/*
 * What one commit changed since the one before: a header, page entries, dead
 * extents, zeroes up to a block's end. A large commit is several records, its parts.
 * Each names the one before it, with its checksum.
 */
#define DELTA_MAGIC      0x61746c64u /* "dlta" */
#define DELTA_LAST_PART  1u
#define DELTA_OLD_KEPT   4u /* among a page's flags: a pin reaches the block it replaces */
#define DELTA_BLOCKS_MAX 256u

struct delta_disk {
    struct le32 magic;              /*    0  DELTA_MAGIC */
    struct le32 flags;              /*    4  DELTA_LAST_PART */
    uint8_t id[VOLUME_ID_BYTES];    /*    8  of the volume */
    struct note_disk note;          /*   24  the same in each part */
    struct le32 part;               /*   64  0 for the first */
    struct le32 page_count;         /*   68  page entries that follow */
    struct le32 dead_count;         /*   72  dead extents after them */
    struct le32 extent_count;       /*   76  blocks in the extent it lies in */
    struct le64 extent;             /*   80  first block of that extent */
    struct block_ref_disk previous; /*   88  the record before; count 0: none */
    struct le64 previous_extent;    /*  104  the extent that lies in */
    uint8_t spare[16];              /*  112  zero */
};

static_assert(sizeof(struct delta_disk) == 128, "layout is frozen");

struct delta_page_disk {
    struct le32 page;  /*    0  page number in the space */
    struct le32 crc;   /*    4 */
    struct le64 block; /*    8  40 bits; flags of the map entry above them */
    struct le64 old;   /*   16  the block it had before; 0: none */
};

static_assert(sizeof(struct delta_page_disk) == 24, "layout is frozen");

/*
 * Blocks that no generation from `generation` on reaches; in the list of a pin: blocks that
 * were written in `generation`.
 */
struct dead_extent_disk {
    struct le64 block;      /*    0 */
    struct le64 generation; /*    8 */
    struct le32 count;      /*   16 */
    uint8_t spare[4];       /*   20  zero */
};

static_assert(sizeof(struct dead_extent_disk) == 24, "layout is frozen");

/* ---- pins ---- */

#define PIN_GOING 1u /* let go of: not readable any more; its list is being worked off */
#define PIN_HELD  2u /* somebody asked for it: it is not thinned out */

/* A generation that stays readable. It was a fold. */
struct pin_disk {
    struct note_disk note;      /*    0 */
    struct block_ref_disk map;  /*   40  root of its page map */
    struct le64 pages_mapped;   /*   56 */
    struct block_ref_disk dead; /*   64  first link of the list of what died after it */
    struct le64 dead_blocks;    /*   80  blocks in that list */
    struct le32 head_items;     /*   88  items in the first link */
    struct le32 flags;          /*   92  PIN_GOING, PIN_HELD */
    struct le64 age_ns;         /*   96  among those that are not held */
    uint8_t spare[24];          /*  104  zero */
};

static_assert(sizeof(struct pin_disk) == 128, "layout is frozen");
static_assert(offsetof(struct pin_disk, dead) == 64, "layout is frozen");

/* ---- chains: waiting blocks, older notes, pins, what died after a pin ---- */

#define CHAIN_BYTES     4072
#define CHAIN_DEAD_MAX  (CHAIN_BYTES / sizeof(struct dead_extent_disk))
#define CHAIN_NOTES_MAX (CHAIN_BYTES / sizeof(struct note_disk))
#define CHAIN_PINS_MAX  (CHAIN_BYTES / sizeof(struct pin_disk))

struct chain_disk {
    struct block_ref_disk next; /*    0  count 0: the last */
    struct le32 item_count;     /*   16 */
    uint8_t spare[4];           /*   20  zero */
    uint8_t items[CHAIN_BYTES]; /*   24 */
};

static_assert(sizeof(struct chain_disk) == VOLUME_BLOCK_BYTES, "a link is a block");
static_assert(alignof(struct chain_disk) == 1, "no hidden padding");
