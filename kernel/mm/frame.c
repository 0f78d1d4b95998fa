/*
 * frame.c - physical memory in frames: a buddy allocator.
 *
 * Free memory is kept in blocks of 2^order frames, aligned to their size. Two
 * free blocks that are the halves of one are always joined, up to ORDER_MAX.
 * A block's links lie in its own first bytes, but for the largest: theirs lie in
 * a table, so that memory which was never used is not touched either. (Where the
 * machine is a guest, the first touch of 2 MiB costs its host some milliseconds.)
 * And there is one byte for each frame: the order of the free block that begins
 * there plus 1, or 0.
 *
 * Invariants: a frame is in at most one free block; states[] names exactly the
 * blocks on the lists; no list holds both halves of a block below ORDER_MAX.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/frame.h"

#include "base/assert.h"
#include "mm/mm_priv.h"

#define ORDER_MAX 9

static_assert(1u << ORDER_MAX == FRAME_RUN_MAX, "a run is one block");

struct free_block {
    struct free_block *next;
    struct free_block **link; /* what points here */
    uint64_t index;           /* of its first frame */
};

static struct {
    struct spin lock; /* guards all below, and the links in free frames */
    uint8_t *states;
    struct free_block *largest; /* of each block of the largest order, while it is free */
    uint64_t state_count;
    uint64_t free_count;
    uint64_t count;
    struct free_block *lists[ORDER_MAX + 1];
} frames;

static uint64_t
state_bytes(uint64_t count)
{
    return (count + 15) & ~15ull;
}

uint64_t
frame_table_bytes(uint64_t count)
{
    return state_bytes(count) + ((count >> ORDER_MAX) + 1) * sizeof(struct free_block);
}

void
frame_init(void *table, uint64_t count)
{
    frames.states = table;
    frames.state_count = count;
    frames.largest = (struct free_block *)(frames.states + state_bytes(count));
}

/* Where the links of a free block lie. */
static struct free_block *
block_at(uint64_t index, unsigned order)
{
    return order == ORDER_MAX ? &frames.largest[index >> ORDER_MAX]
                              : (struct free_block *)frame_bytes(index * FRAME_BYTES);
}

static void
block_push(uint64_t index, unsigned order)
{
    struct free_block *block = block_at(index, order);
    struct free_block **list = &frames.lists[order];

    assert(frames.states[index] == 0);
    *block = (struct free_block){ .next = *list, .link = list, .index = index };
    if (*list)
        (*list)->link = &block->next;
    *list = block;
    frames.states[index] = (uint8_t)(order + 1);
    frames.free_count += 1ull << order;
}

static void
block_unlink(uint64_t index, unsigned order)
{
    struct free_block *block = block_at(index, order);

    assert(frames.states[index] == order + 1);
    *block->link = block->next;
    if (block->next)
        block->next->link = block->link;
    frames.states[index] = 0;
    frames.free_count -= 1ull << order;
}

/* Is this frame in a free block, wherever that begins? */
static bool
is_free(uint64_t index)
{
    for (unsigned order = 0; order <= ORDER_MAX; order++)
        if (frames.states[index & ~((1ull << order) - 1)] > order)
            return true;
    return false;
}

/* Free a block, and join it with its other half as long as that is free. */
static void
block_free(uint64_t index, unsigned order)
{
    assert(index + (1ull << order) <= frames.state_count);
    assert(!is_free(index));
    while (order < ORDER_MAX) {
        uint64_t other = index ^ (1ull << order);

        if (other >= frames.state_count || frames.states[other] != order + 1)
            break;
        block_unlink(other, order);
        index &= ~(1ull << order);
        order++;
    }
    block_push(index, order);
}

/* Free any frames side by side, in the largest blocks that they make. */
static void
run_free(uint64_t index, uint64_t count)
{
    while (count > 0) {
        unsigned order = 0;

        while (order < ORDER_MAX && (index & (1ull << order)) == 0 && 2ull << order <= count)
            order++;
        block_free(index, order);
        index += 1ull << order;
        count -= 1ull << order;
    }
}

void
frame_add(paddr_t first, uint64_t count)
{
    uint64_t flags = spin_lock(&frames.lock);

    frames.count += count;
    run_free(first / FRAME_BYTES, count);
    spin_unlock(&frames.lock, flags);
}

/* A block of this order, split off a larger one if need be; UINT64_MAX if there is none. */
static uint64_t
block_take(unsigned order)
{
    unsigned from = order;
    uint64_t index;

    while (from <= ORDER_MAX && !frames.lists[from])
        from++;
    if (from > ORDER_MAX)
        return UINT64_MAX;
    index = frames.lists[from]->index;
    block_unlink(index, from);
    while (from > order) {
        from--;
        block_push(index + (1ull << from), from);
    }
    return index;
}

paddr_t
frame_alloc_run(size_t count)
{
    unsigned order = 0;
    uint64_t index, flags;

    assert(count > 0);
    if (count > FRAME_RUN_MAX)
        return 0;
    while ((size_t)1 << order < count)
        order++;
    flags = spin_lock(&frames.lock);
    index = block_take(order);
    if (index != UINT64_MAX)
        run_free(index + count, (1ull << order) - count);
    spin_unlock(&frames.lock, flags);
    return index == UINT64_MAX ? 0 : index * FRAME_BYTES;
}

paddr_t
frame_alloc(void)
{
    return frame_alloc_run(1);
}

void
frame_free_run(paddr_t first, size_t count)
{
    uint64_t flags;

    if (first == 0)
        return;
    assert(first % FRAME_BYTES == 0);
    flags = spin_lock(&frames.lock);
    run_free(first / FRAME_BYTES, count);
    spin_unlock(&frames.lock, flags);
}

void
frame_free(paddr_t frame)
{
    frame_free_run(frame, 1);
}

uint64_t
frame_free_count(void)
{
    return __atomic_load_n(&frames.free_count, __ATOMIC_RELAXED);
}

uint64_t
frame_count(void)
{
    return frames.count;
}

void
frame_check(void)
{
    uint64_t flags = spin_lock(&frames.lock);
    uint64_t free_count = 0;

    for (unsigned order = 0; order <= ORDER_MAX; order++) {
        for (struct free_block *block = frames.lists[order]; block; block = block->next) {
            uint64_t index = block->index;
            uint64_t other = index ^ (1ull << order);

            assert(block == block_at(index, order));
            assert(*block->link == block);
            assert((index & ((1ull << order) - 1)) == 0);
            assert(frames.states[index] == order + 1);
            assert(order == ORDER_MAX || other >= frames.state_count ||
                   frames.states[other] != order + 1);
            free_count += 1ull << order;
        }
    }
    assert(free_count == frames.free_count);
    spin_unlock(&frames.lock, flags);
}
