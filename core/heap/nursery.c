/*
 * nursery.c - the run of blocks where new objects live.
 *
 * There is none until the first allocation after a start: so everything that a
 * restart finds is old where it lies, and a start writes nothing. The nursery
 * of the run before becomes ordinary old blocks at that moment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#define RESERVE_FROM_BLOCKS 6
#define EDEN_COPIED_MAX     (512ull << 10) /* that a scavenge should copy: half a millisecond */
#define EDEN_SHARE_MIN      (256ull << 10) /* of eden, however much survives */
#define NURSERY_BYTES_SMALL (256ull << 10) /* the least that has a reserve */

uint64_t nursery_from;
uint64_t nursery_to;

uint64_t
heap_nursery_for(uint64_t volume_bytes)
{
    uint64_t bytes = volume_bytes / 128 / HEAP_BLOCK_BYTES * HEAP_BLOCK_BYTES;

    if (bytes > HEAP_NURSERY_BYTES)
        return HEAP_NURSERY_BYTES;
    if (bytes < NURSERY_BYTES_SMALL)
        return NURSERY_BYTES_SMALL;
    return bytes;
}

uint64_t
heap_nursery_blocks(void)
{
    uint64_t bytes = heap.options.nursery_bytes;

    if (bytes == 0)
        bytes = HEAP_NURSERY_BYTES;
    if (bytes < HEAP_NURSERY_BLOCKS_MIN * HEAP_BLOCK_BYTES)
        bytes = HEAP_NURSERY_BLOCKS_MIN * HEAP_BLOCK_BYTES;
    return bytes >> HEAP_BLOCK_SHIFT;
}

bool
heap_nursery_is_open(void)
{
    return nursery_to != 0;
}

/* First writes that opening takes: descriptors of two runs, root. */
uint64_t
heap_nursery_pages(void)
{
    uint64_t blocks = pmem_load64(heap_root_at(HEAP_ROOT_NURSERY_COUNT)) + heap_nursery_blocks();

    return blocks * sizeof(struct heap_descriptor) / PAGE_BYTES + 6;
}

/* Blocks of the nursery that a run of the machine before this one left. */
static void
nursery_retire(void)
{
    uint64_t first = pmem_load64(heap_root_at(HEAP_ROOT_NURSERY));
    uint64_t count = pmem_load64(heap_root_at(HEAP_ROOT_NURSERY_COUNT));

    if (first == 0)
        return;
    for (uint64_t block = first - 1; block < first - 1 + count; block++)
        pmem_store32(heap_descriptor_at(block) + offsetof(struct heap_descriptor, kind), BLOCK_OLD);
    heap_old_grown(count * HEAP_BLOCK_BYTES);
}

/* In the stopped world. Nothing happens when there is one, or no room for one. */
void
heap_nursery_open(void)
{
    uint64_t blocks = heap_nursery_blocks();
    uint64_t survivors = blocks / 8 == 0 ? 1 : blocks / 8;
    struct heap_taken taken = { .kind = BLOCK_NURSERY };
    uint64_t first;

    if (heap_nursery_is_open())
        return;
    first = heap_blocks_take(blocks, &taken.fresh);
    if (first == HEAP_NO_BLOCK)
        return;
    nursery_retire();
    for (uint64_t i = 0; i < blocks; i++) {
        taken.block = first + i;
        heap_block_describe(&taken);
        heap.owners[first + i] = 0;
    }
    pmem_store64(heap_root_at(HEAP_ROOT_NURSERY), first + 1);
    pmem_store64(heap_root_at(HEAP_ROOT_NURSERY_COUNT), blocks);
    nursery_from = heap_block_at(first);
    nursery_to = heap_block_at(first + blocks);
    heap.survivor_bytes = survivors * HEAP_BLOCK_BYTES;
    heap.survivor_from[0] = nursery_from;
    heap.survivor_from[1] = nursery_from + heap.survivor_bytes;
    heap.survivor_now = 0;
    heap.survivor_used_to = nursery_from;
    heap.eden_from = nursery_from + 2 * heap.survivor_bytes;
    heap.eden_share = nursery_to - heap.eden_from;
    heap_reserve_keep();
    atomic_store_explicit(&heap.eden_at, heap.eden_from, memory_order_relaxed);
}

/* In the stopped world, with eden empty: it ends before the reserve. A tiny one has none. */
void
heap_reserve_keep(void)
{
    uint64_t blocks = (nursery_to - heap.eden_from) >> HEAP_BLOCK_SHIFT;
    uint64_t kept = blocks < RESERVE_FROM_BLOCKS ? 0 : (blocks + 15) / 16;

    heap.eden_to = nursery_to - kept * HEAP_BLOCK_BYTES;
    if (heap.eden_share < heap.eden_to - heap.eden_from)
        heap.eden_to = heap.eden_from + heap.eden_share;
    heap.reserve_open = false;
}

/*
 * A scavenge has copied so many bytes of `used` ones. What it copies is what the world waits for,
 * so where much survives the next one comes sooner.
 */
void
heap_eden_adapt(uint64_t used, uint64_t copied)
{
    uint64_t share = heap.eden_share;

    if (copied > EDEN_COPIED_MAX)
        share = used / 1024 * EDEN_COPIED_MAX / copied * 1024;
    else if (2 * copied < EDEN_COPIED_MAX && share < nursery_to - heap.eden_from)
        share *= 2;
    share &= ~(HEAP_BLOCK_BYTES - 1);
    heap.eden_share = share > EDEN_SHARE_MIN ? share : EDEN_SHARE_MIN;
}

/* An action in the stopped world: eden goes on to the end of the nursery. */
void
heap_reserve_open(void *unused)
{
    (void)unused;
    if (heap.reserve_open || !heap_nursery_is_open())
        return;
    if (heap.eden_at > heap.eden_to)
        heap.eden_at = heap.eden_to;
    heap.eden_to = nursery_to;
    heap.reserve_open = true;
}

/* The next block of eden; 0 when there is none left. Any worker. */
uint64_t
heap_eden_take(void)
{
    uint64_t at;

    if (heap_eden_left() == 0)
        return 0;
    at = atomic_fetch_add_explicit(&heap.eden_at, HEAP_BLOCK_BYTES, memory_order_relaxed);
    return at < heap.eden_to ? at : 0;
}

/* Bytes of eden that nobody was given. */
uint64_t
heap_eden_left(void)
{
    uint64_t at = atomic_load_explicit(&heap.eden_at, memory_order_relaxed);

    return at < heap.eden_to ? heap.eden_to - at : 0;
}

static uint64_t
eden_used_to(void)
{
    uint64_t at = atomic_load_explicit(&heap.eden_at, memory_order_relaxed);

    return at < heap.eden_to ? at : heap.eden_to;
}

/* Bytes of the nursery that may hold objects. */
uint64_t
heap_nursery_used(void)
{
    if (!heap_nursery_is_open())
        return 0;
    return eden_used_to() - heap.eden_from + heap.survivor_used_to -
           heap.survivor_from[heap.survivor_now];
}

bool
heap_young_is_in_use(uint64_t address)
{
    return (address >= heap.eden_from && address < eden_used_to()) ||
           (address >= heap.survivor_from[heap.survivor_now] && address < heap.survivor_used_to);
}
