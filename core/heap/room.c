/*
 * room.c - giving blocks of the volume back that nobody needs.
 *
 * A zero page takes no block of the volume, so a free block is given back by zeroing it.
 *
 * In good times a full collection finds more free blocks than old space will take until the
 * next one, and that surplus is given back, a round with each collection that follows: a program
 * allocates a nursery from one to the next, so its pace is kept. A system that idles collects
 * nothing, and gives nothing back.
 *
 * When the volume is full, a full collection that moves nothing needs credit for a few descriptors
 * only; it tells which blocks are free. They are zeroed then, a few at a time, each few followed by
 * a commit that lets go of what they held. The credit for all of that is kept for it: what it gives
 * back is more.
 *
 * One worker makes room, and others who come meanwhile wait for it. There is no clock in it: it
 * is in vain when the collection frees nothing and commits cannot let go of enough.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "plat/machine.h"

#define ROUND_BLOCKS 64

struct thinning {
    uint64_t pages;
    bool done;
};

static void
thin(void *argument)
{
    struct thinning *thinning = argument;
    uint64_t from_ns = plat_monotonic_ns();

    thinning->done = heap_full(thinning->pages) == OK;
    heap_stop_took(from_ns);
    if (heap.options.check_always)
        heap_check();
    heap_stats_show();
}

typedef err_t reserve_fn(struct pmem_worker *worker, uint64_t pages);

static uint64_t
first_writes(uint64_t from, uint64_t to)
{
    uint64_t pages = 0;

    for (uint64_t page = from; page < to; page += PAGE_BYTES)
        pages += pmem_takes_no_block(page) ? 0 : heap_pages_unwritten(page, PAGE_BYTES);
    return pages;
}

/* Zero what is not zero of a block that is free; false without credit for it. */
static bool
zero_block(struct heap_local *local, uint64_t block, reserve_fn *reserve)
{
    void **restart = local->worker->restart;
    uint64_t from = heap_block_at(block), to = from + HEAP_BLOCK_BYTES;

    if (reserve(local->worker, first_writes(from, to)) != OK)
        return false;
    local->worker->restart = NULL;
    for (uint64_t page = from; page < to; page += PAGE_BYTES) {
        if (!pmem_takes_no_block(page))
            pmem_zero(page, PAGE_BYTES);
    }
    local->worker->restart = restart;
    return true;
}

enum zeroed {
    ZEROED_ONE,
    ZEROED_NONE, /* there is no free block that might not be zero */
    ZEROED_NO_CREDIT,
};

/* No safepoint in here: a sweep would take the block for one that nobody has. */
static enum zeroed
zero_one(struct heap_local *local, reserve_fn *reserve)
{
    uint64_t block;
    bool zeroed;

    lock_acquire(&heap.lock);
    block = heap_blocks_take_dirty();
    lock_release(&heap.lock);
    if (block == HEAP_NO_BLOCK)
        return ZEROED_NONE;
    zeroed = zero_block(local, block, reserve);
    lock_acquire(&heap.lock);
    if (zeroed)
        heap_blocks_give_zero(block);
    else
        heap_blocks_give(block, 1);
    lock_release(&heap.lock);
    return zeroed ? ZEROED_ONE : ZEROED_NO_CREDIT;
}

/* Zero free blocks, as many as there is credit for, up to some; `*left`: there are more. */
static unsigned
zero_some(struct heap_local *local, bool *left)
{
    enum zeroed zeroed = ZEROED_ONE;
    unsigned count = 0;

    while (count < ROUND_BLOCKS && (zeroed = zero_one(local, pmem_reserve_kept)) == ZEROED_ONE)
        count++;
    *left = zeroed != ZEROED_NONE;
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

    for (unsigned idle = 0; left && idle < PMEM_COMMITS_LONG; idle++) {
        if (zero_some(local, &left) > 0) {
            zeroed = true;
            idle = 0;
        }
        if (pmem_commit_for_space(local->worker) != OK)
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

/* ---- in good times ---- */

/* A full collection was done: what is free and will hardly be used before the next is too much. */
void
heap_surplus_find(void)
{
    uint64_t dirty = heap_blocks_dirty();
    uint64_t wanted = heap_full_threshold() >> HEAP_BLOCK_SHIFT;

    heap.surplus = dirty > wanted ? dirty - wanted : 0;
}

static bool
surplus_take(void)
{
    bool any;

    lock_acquire(&heap.lock);
    any = heap.surplus > 0;
    heap.surplus -= any;
    lock_release(&heap.lock);
    return any;
}

/*
 * Give a round of the surplus back. The caller is a RUNNING worker at a safepoint. True if there
 * is more; a volume without room for it is left as it is.
 */
bool
heap_surplus_give_back(struct heap_local *local)
{
    for (unsigned i = 0; i < ROUND_BLOCKS; i++) {
        if (!surplus_take() || zero_one(local, pmem_reserve) != ZEROED_ONE)
            return false;
        if (pmem_poll())
            IGNORE(pmem_safepoint(local->worker), "whoever finds no room will say so");
    }
    return true;
}
