/*
 * room.c - the volume is full: give back what nobody needs.
 *
 * A commit lets go of blocks that only older generations reach. A full collection
 * that moves nothing needs credit for a few descriptors only; it tells which
 * blocks are free. They are zeroed then, because a zero page takes no block of the
 * volume, a few at a time, each few followed by a commit that lets go of what they held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#define ROUNDS       16
#define ROUND_BLOCKS 64
#define IDLE_ROUNDS                                                                                \
    6 /* what dies is let go when no slot of the volume names it: a few commits later */
#define SLACK_PAGES 4
#define LENT_PAGES  64

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

    if (heap_sweep_pages() > thinning->pages)
        return;
    thinning->done = heap_full() == OK;
    heap_stats_show();
}

/* Zero one free block; false if there is none that needs it, or no credit. */
static bool
zero_block(struct heap_local *local)
{
    void **restart = local->worker->restart;
    uint64_t pages, block;
    bool zeroed;

    lock_acquire(&heap.lock);
    block = heap_blocks_take_dirty();
    lock_release(&heap.lock);
    if (block == HEAP_NO_BLOCK)
        return false;
    pages = heap_pages_unwritten(heap_block_at(block), HEAP_BLOCK_BYTES);
    zeroed = pmem_reserve(local->worker, pages) == OK;
    if (zeroed) {
        local->worker->restart = NULL;
        pmem_zero(heap_block_at(block), HEAP_BLOCK_BYTES);
        local->worker->restart = restart;
    }
    lock_acquire(&heap.lock);
    if (zeroed)
        heap_blocks_give_zero(block);
    else
        heap_blocks_give(block, 1);
    lock_release(&heap.lock);
    return zeroed;
}

/*
 * Make what room can be made. The caller is a RUNNING worker at a safepoint, and stops
 * meanwhile. Returns true if there is more than before, so that it is worth a try.
 */
bool
heap_room_make(struct heap_local *local)
{
    struct thinning thinning = { .pages = heap_sweep_pages() + SLACK_PAGES };
    bool made = false;
    unsigned idle = 0;

    IGNORE(commit(local), "the collection needs less credit than a commit may");
    pmem_credit_lend(LENT_PAGES); /* what follows gives back more than it takes */
    if (pmem_world_do(local->worker, thin, &thinning, thinning.pages) != OK || !thinning.done)
        return false;
    for (unsigned round = 0; round < ROUNDS && idle < IDLE_ROUNDS; round++) {
        unsigned blocks = 0;

        while (blocks < ROUND_BLOCKS && zero_block(local))
            blocks++;
        idle = blocks == 0 ? idle + 1 : 0;
        made |= blocks != 0;
        if (commit(local) != OK)
            break;
    }
    return made;
}
