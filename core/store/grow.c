/*
 * grow.c - letting a volume hold more.
 *
 * A superblock says how many blocks there are, and its bitmap is of so many. So growing is a commit
 * that folds: it writes the bitmap of the last group, whose blocks behind the old end were marked
 * as in use, the index above it, with a new root if it takes more levels, and a superblock of the
 * new size. Groups behind the last one have no bitmap block yet, as all of them is free. An older
 * slot has the old size, and what it leads to lies below it: so a cut leaves one size or the other,
 * and nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/store_priv.h"

static err_t
grow_opened(struct store *store, const struct store_opened *opened, struct store_note *note)
{
    if (opened->fell_back || opened->repaired)
        return ERR_CORRUPT;
    store->fold_wanted = true;
    return store_history_commit(store, STORE_CAUSE_DEMAND, note);
}

/* How many blocks the volume has. */
static err_t
size_read(struct plat_disk *disk, uint64_t *block_count)
{
    struct store *store;

    TRY(store_open(disk, true, &store, NULL));
    *block_count = store->super.block_count;
    store_close(store);
    return OK;
}

err_t
store_grow(struct plat_disk *disk, uint64_t block_count, struct store_note *note)
{
    const struct store_how how = { .grow_to = block_count };
    struct store_opened opened;
    struct store *store;
    uint64_t before;
    err_t err;

    TRY(size_read(disk, &before));
    if (block_count <= before || block_count > plat_disk_block_count(disk) ||
        block_count >= VOLUME_BLOCKS_MAX)
        return ERR_RANGE;
    TRY(store_open_how(disk, &how, &store, &opened));
    err = grow_opened(store, &opened, note);
    store_close(store);
    return err;
}
