/*
 * blocks_priv.h - which blocks of the volume are free.
 *
 * A bitmap in memory, loaded a group (128 MiB) at a time, says what is in use.
 * Only blocks of open chunks (8 MiB) are given out: their group is loaded and the
 * disk below has promised room for them. Blocks that died wait in a queue
 * until no superblock slot leads to a generation that reaches them.
 *
 * On disk the bitmap is copied on write: each fold writes the groups
 * that changed to new blocks, and the index above them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/lock.h"
#include "store/volume_priv.h"
#include "store/writer_priv.h"

#define CHUNK_BLOCKS     2048ull
#define INDEX_LEVELS_MAX 5 /* the bitmap blocks and up to four levels above them */

/* Blocks in a row that no generation from `generation` on reaches. */
struct dead_extent {
    uint64_t block;
    uint64_t generation;
    uint32_t count;
};

/* No longer than this, so that a sum of two fits: what the disk has that is longer is damage. */
#define EXTENT_BLOCKS_MAX (UINT32_MAX / 2)

/* Are blocks that died alike joined to `last` (or NULL), as they follow it? */
static inline bool
dead_extent_joins(const struct dead_extent *last, const struct dead_extent *next)
{
    return last != NULL && last->generation == next->generation &&
           last->block + last->count == next->block &&
           last->count <= EXTENT_BLOCKS_MAX - next->count;
}

/* Dead extents, oldest first. */
struct dead_queue {
    struct dead_extent *items;
    size_t head; /* the first that is still waiting */
    size_t end;
    size_t room;
};

/* A node of the index, or (level 0) a bitmap block. */
struct index_node {
    uint64_t block; /* where it lies; 0: nowhere, all free */
    uint64_t fresh; /* where the fold under way writes it; 0: nowhere */
    uint32_t crc;
    uint32_t free; /* level 0: free blocks of the group, as on disk */
    uint32_t fresh_crc;
    uint32_t fresh_free;
};

/* A source of blocks: a run that was taken off the bitmap and is handed out one by one. */
struct block_run {
    uint64_t next;
    uint64_t end;
    uint32_t want;  /* how long a run to take */
    bool ephemeral; /* what it gives out must not be found in use after a restart */
};

struct blocks {
    struct plat_disk *disk;
    struct lock *lock;     /* the store's: guards everything below but where said */
    struct lock grow_lock; /* held across I/O by whoever loads groups, drains or folds */
    uint64_t block_count;
    uint64_t group_count;
    uint64_t chunk_count;

    uint64_t *bits;       /* 1: in use; valid for loaded groups */
    uint64_t *ephemeral;  /* 1: in use, but free again after a restart */
    uint8_t *loaded;      /* by group */
    uint8_t *dirty;       /* by group: differs from what is on disk */
    uint16_t *chunk_free; /* free blocks of an open chunk; CHUNK_CLOSED */
    uint64_t cursor;      /* where the last run ended */
    uint64_t free_total;  /* free blocks of the volume */
    uint64_t free_open;   /* of these, in open chunks */
    uint64_t ephemeral_count;
    uint64_t dirty_count; /* dirty groups */

    struct index_node *nodes; /* level 0 first; written under both locks */
    size_t level_start[INDEX_LEVELS_MAX];
    size_t level_nodes[INDEX_LEVELS_MAX];
    unsigned level_count;
    size_t node_count;
    uint64_t index_damaged; /* the node of the index that blocks_load_index() failed at */

    struct dead_queue dead;
    uint64_t dead_blocks;
    uint64_t grow_hint; /* no chunk before it is worth opening; guarded by grow_lock */
    uint8_t *scratch;   /* one block; guarded by grow_lock */
};

must_use err_t blocks_init(struct blocks *blocks, struct plat_disk *disk, struct lock *lock,
                           uint64_t block_count);
void blocks_destroy(struct blocks *blocks);

/*
 * Read the index (not the bitmap). `free`: free blocks of the bitmap, which those of its groups
 * must add up to. OK, ERR_CORRUPT, ERR_IO.
 */
must_use err_t blocks_load_index(struct blocks *blocks, struct block_ref root, uint64_t free);

/*
 * The volume has more blocks from now on. The index was loaded, and no group. The next fold writes
 * the index of all of them. OK; ERR_IO, ERR_CORRUPT (the last group), ERR_NOMEM.
 */
must_use err_t blocks_extend(struct blocks *blocks, uint64_t block_count);

/* As if all blocks were free: what is in use is marked after this. */
void blocks_forget_index(struct blocks *blocks);

/* Load a group's bitmap block. grow_lock is held. A damaged one counts as full. OK, ERR_IO. */
must_use err_t blocks_load_group(struct blocks *blocks, uint64_t group);

/* Opening: these blocks are in use, whatever the bitmap says. Loads groups. */
must_use err_t blocks_mark_used(struct blocks *blocks, uint64_t block, uint64_t count);

/*
 * Open chunks until `wanted` free blocks are in open ones. Takes grow_lock, does
 * I/O. OK, ERR_NOSPACE when the volume or the disk below has no more, ERR_IO.
 */
must_use err_t blocks_grow(struct blocks *blocks, uint64_t wanted);

/* Take the next block of a run; takes a new run off the bitmap when it is used up. */
must_use err_t blocks_run_next(struct blocks *blocks, struct block_run *run, uint64_t *block);

/* Give back what a run did not hand out. */
void blocks_run_close(struct blocks *blocks, struct block_run *run);

/* Take up to `want` blocks in a row; `count` is filled, at least 1. The lock is held. */
must_use err_t blocks_take_locked(struct blocks *blocks, uint64_t want, bool ephemeral,
                                  uint64_t *block, uint64_t *count);

/* Give back blocks that no superblock ever named. The lock is held. */
void blocks_give_back_locked(struct blocks *blocks, uint64_t block, uint64_t count);

/* A block becomes, or is again, one that must not be found in use after a restart. */
void blocks_set_ephemeral_locked(struct blocks *blocks, uint64_t block, bool ephemeral);

/* Room for `more` dead extents. Takes the lock to exchange tables. */
must_use err_t blocks_dead_reserve(struct blocks *blocks, size_t more);

/* Queue dead blocks; there is room. They wait at least as long as those before. The lock is held.
 */
void blocks_dead_add_locked(struct blocks *blocks, uint64_t block, uint64_t count,
                            uint64_t generation);

/*
 * Free what died up to generation `floor`. Takes grow_lock; loads groups.
 * An error only means that some blocks go on waiting.
 */
must_use err_t blocks_dead_drain(struct blocks *blocks, uint64_t floor);

/* ---- the fold ---- */

/*
 * Find new places for all that changed: bitmap blocks and the nodes above them.
 * Called again and again, with other allocations between, until it finds nothing
 * to do any more (`found` false). New places come from `take`, old ones go to `died`.
 * grow_lock is held.
 */
struct blocks_placer {
    err_t (*take)(void *context, uint64_t *block);
    err_t (*died)(void *context, uint64_t block);
    void *context;
};

must_use err_t blocks_fold_place(struct blocks *blocks, const struct blocks_placer *placer,
                                 bool *found);

/* Write all that was placed; the root and the number of free blocks in it are filled. */
must_use err_t blocks_fold_write(struct blocks *blocks, struct writer *writer,
                                 struct block_ref *root, uint64_t *free);

/* The fold is committed, or was given up. */
void blocks_fold_done(struct blocks *blocks);
void blocks_fold_undo(struct blocks *blocks);

/* Assert what must hold. Walks all open chunks. The lock is held. */
void blocks_check_locked(const struct blocks *blocks);
