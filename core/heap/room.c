/*
 * room.c - the volume is full: give back what nobody needs.
 *
 * A full collection that moves nothing needs credit for a few descriptors only; it tells which
 * blocks are free. They are zeroed then, because a zero page takes no block of the
 * volume, a few at a time, each few followed by a commit that lets go of what they held. The
 * credit for all of that is kept for it: what it gives back is more.
 *
 * One worker makes room, and others who come meanwhile wait for it. There is no clock in it: it
 * is in vain when the collection frees nothing and commits cannot let go of enough.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#define ROUND_BLOCKS 64

/* Commits until what a page held is free: no slot of the volume names it any more. */
#define COMMITS_LONG 6

/* As one who is away: everything that the caller has is in its frames or in handles. */
static err_t
commit(struct heap_local *local)
{
    uint32_t epoch = pmem_snapshot_ask(STORE_CAUSE_SPACE);
    err_t err;

    pmem_worker_away(local->worker);
    err = pmem_snapshot_wait(epoch);
    pmem_worker_back(local->worker);
    return err;
}

struct thinning {
    uint64_t pages;
    bool done;
};

static void
thin(void *argument)
{
    struct thinning *thinning = argument;

    thinning->done = heap_full(thinning->pages) == OK;
    heap_stats_show();
}

/* Zero a block that is free; false without credit for it. */
static bool
zero_block(struct heap_local *local, uint64_t block)
{
    void **restart = local->worker->restart;
    uint64_t pages = heap_pages_unwritten(heap_block_at(block), HEAP_BLOCK_BYTES);

    if (pmem_reserve_kept(local->worker, pages) != OK)
        return false;
    local->worker->restart = NULL;
    pmem_zero(heap_block_at(block), HEAP_BLOCK_BYTES);
    local->worker->restart = restart;
    return true;
}

/* Zero free blocks, as many as there is credit for, up to some; `*left`: there are more. */
static unsigned
zero_some(struct heap_local *local, bool *left)
{
    unsigned count = 0;
    uint64_t block;
    bool zeroed;

    do {
        lock_acquire(&heap.lock);
        block = heap_blocks_take_dirty();
        lock_release(&heap.lock);
        *left = block != HEAP_NO_BLOCK;
        if (!*left)
            return count;
        zeroed = zero_block(local, block);
        lock_acquire(&heap.lock);
        if (zeroed)
            heap_blocks_give_zero(block);
        else
            heap_blocks_give(block, 1);
        lock_release(&heap.lock);
        count += zeroed;
    } while (zeroed && count < ROUND_BLOCKS);
    return count;
}

/*
 * Zero all that is free, and let go of what it held; that takes some commits, and then there is
 * credit to go on. True if there was something.
 */
static bool
zero_free(struct heap_local *local)
{
    bool zeroed = false, left = true;

    for (unsigned idle = 0; left && idle < COMMITS_LONG; idle++) {
        if (zero_some(local, &left) > 0) {
            zeroed = true;
            idle = 0;
        }
        if (commit(local) != OK)
            break;
    }
    return zeroed;
}

/*
 * Make what room can be made. The caller is a RUNNING worker at a safepoint, and stops
 * meanwhile. Returns true if there is more than before, or credit for `pages`, so that it is
 * worth a try.
 */
bool
heap_room_make(struct heap_local *local, uint64_t pages)
{
    struct thinning thinning = { .pages = HEAP_SWEEP_PAGES };
    bool made = pmem_world_do_kept(local->worker, thin, &thinning, thinning.pages, 0) == OK &&
                thinning.done && zero_free(local);

    if (pmem_reserve_wait(local->worker, pages) != OK)
        return made;
    pmem_unreserve(local->worker, pages);
    return true;
}
