/*
 * blocks.c - old space: which blocks are free, which have holes, and where
 * each application's next old objects go.
 *
 * Invariants
 *   1. A free block's descriptor says BLOCK_FREE, in the space, so that it can
 *      be found again after a restart. Descriptors are looked at a page at a
 *      time by the scavenges that follow, never all at once, so the time of a
 *      restart does not depend on the heap; until then new blocks come from the end.
 *   2. Holes are known only from a full collection on. A block with holes is
 *      taken by at most one cursor, which never gives it back.
 *   3. Nothing here but heap_block_...() touches the space, so the lock may be held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"
#include "plat/memory.h"

#define BITS_BYTES  ((HEAP_BLOCK_COUNT / 8 + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1))
#define LINES_BYTES ((HEAP_BLOCK_COUNT * sizeof heap.lines[0] + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1))
#define OWNERS_BYTES                                                                               \
    ((HEAP_BLOCK_COUNT * sizeof heap.owners[0] + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1))

#define HOLES_TRIED    4
#define HOLE_WASTE_MAX 1024u

err_t
heap_blocks_start(void)
{
    heap.free_bits = plat_reserve(BITS_BYTES);
    heap.zero_bits = plat_reserve(BITS_BYTES);
    heap.recycle_bits = plat_reserve(BITS_BYTES);
    heap.lines = plat_reserve(LINES_BYTES);
    heap.owners = plat_reserve(OWNERS_BYTES);
    heap.hole_pages_left = UINT64_MAX;
    heap.free_count = 0;
    heap.free_from = 0;
    heap.dirty_to = 0;
    heap.surplus = 0;
    if (heap.free_bits == NULL || heap.zero_bits == NULL || heap.recycle_bits == NULL ||
        heap.lines == NULL || heap.owners == NULL)
        return ERR_NOMEM;
    return OK;
}

void
heap_blocks_stop(void)
{
    plat_release(heap.free_bits, BITS_BYTES);
    plat_release(heap.zero_bits, BITS_BYTES);
    plat_release(heap.recycle_bits, BITS_BYTES);
    plat_release(heap.lines, LINES_BYTES);
    plat_release(heap.owners, OWNERS_BYTES);
}

static inline bool
bit_get(const uint64_t *bits, uint64_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void
bit_set(uint64_t *bits, uint64_t i)
{
    bits[i / 64] |= 1ull << (i % 64);
}

static inline void
bit_clear(uint64_t *bits, uint64_t i)
{
    bits[i / 64] &= ~(1ull << (i % 64));
}

uint64_t
heap_pages_unwritten(uint64_t address, uint64_t bytes)
{
    uint64_t pages = 0;

    if (bytes == 0)
        return 0;
    for (uint64_t page = space_page_of(address); page <= space_page_of(address + bytes - 1); page++)
        pages += atomic_load_explicit(&pmem_epoch_of[page], memory_order_relaxed) != pmem_epoch_now;
    return pages;
}

/* ---- free blocks ---- */

/* The first of `count` neighbouring free blocks, or HEAP_NO_BLOCK. */
static uint64_t
free_find(uint64_t count)
{
    uint64_t used = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);
    uint64_t run = 0;

    if (heap.free_count < count)
        return HEAP_NO_BLOCK;
    for (uint64_t block = heap.free_from; block < used; block++) {
        if (run == 0 && block % 64 == 0 && heap.free_bits[block / 64] == 0) {
            block += 63;
            continue;
        }
        run = bit_get(heap.free_bits, block) ? run + 1 : 0;
        if (run == count)
            return block + 1 - count;
    }
    return HEAP_NO_BLOCK;
}

/*
 * Take `count` blocks that were never used; they are zero. HEAP_NO_BLOCK when the space is full. No
 * births are told of: they lie behind all that a cycle under way will judge.
 */
uint64_t
heap_blocks_take_new(uint64_t count)
{
    uint64_t block = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);

    if (count > HEAP_BLOCK_COUNT - block)
        return HEAP_NO_BLOCK;
    atomic_store_explicit(&heap.blocks_used, block + count, memory_order_relaxed);
    return block;
}

/*
 * Take `count` neighbouring blocks, low ones first; never used ones when there
 * are no others. `fresh`: all of them are zero. HEAP_NO_BLOCK when the space is full.
 */
uint64_t
heap_blocks_take(uint64_t count, bool *fresh)
{
    uint64_t block = free_find(count);

    *fresh = true;
    if (block == HEAP_NO_BLOCK)
        return heap_blocks_take_new(count);
    for (uint64_t i = 0; i < count; i++) {
        assert_slow(bit_get(heap.free_bits, block + i));
        bit_clear(heap.free_bits, block + i);
        *fresh &= bit_get(heap.zero_bits, block + i);
        bit_clear(heap.zero_bits, block + i);
    }
    heap.free_count -= count;
    if (count == 1)
        heap.free_from = block + 1;
    heap_births_blocks(block, count); /* guard: births-taken */
    return block;
}

/* These blocks are free, and their descriptors say so. */
void
heap_blocks_give(uint64_t block, uint64_t count)
{
    for (uint64_t i = block; i < block + count; i++) {
        assert(!bit_get(heap.free_bits, i));
        bit_clear(heap.recycle_bits, i);
        bit_clear(heap.zero_bits, i);
        bit_set(heap.free_bits, i);
    }
    heap.free_count += count;
    if (block < heap.free_from)
        heap.free_from = block;
    if (block + count > heap.dirty_to)
        heap.dirty_to = block + count;
}

bool
heap_block_is_free(uint64_t block)
{
    return bit_get(heap.free_bits, block);
}

/* How many blocks are free and not known to be zero. */
uint64_t
heap_blocks_dirty(void)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < (heap.dirty_to + 63) / 64; i++)
        count += (uint64_t)__builtin_popcountll(heap.free_bits[i] & ~heap.zero_bits[i]);
    return count;
}

/*
 * Take the last free block that is not known to be zero, because the first ones are used again
 * soonest; HEAP_NO_BLOCK if there is none.
 */
uint64_t
heap_blocks_take_dirty(void)
{
    for (uint64_t i = (heap.dirty_to + 63) / 64; i-- > 0;) {
        uint64_t bits = heap.free_bits[i] & ~heap.zero_bits[i];

        if (bits == 0)
            continue;
        heap.dirty_to = i * 64 + 63 - (uint64_t)__builtin_clzll(bits);
        bit_clear(heap.free_bits, heap.dirty_to);
        heap.free_count--;
        return heap.dirty_to;
    }
    heap.dirty_to = 0;
    return HEAP_NO_BLOCK;
}

/* It comes back, and is zero. */
void
heap_blocks_give_zero(uint64_t block)
{
    uint64_t dirty_to = heap.dirty_to;

    heap_blocks_give(block, 1);
    bit_set(heap.zero_bits, block);
    heap.dirty_to = dirty_to;
}

/* A block was free before heap_blocks_forget(), and still is. */
void
heap_blocks_give_again(uint64_t block)
{
    if (bit_get(heap.zero_bits, block))
        heap_blocks_give_zero(block);
    else
        heap_blocks_give(block, 1);
}

/* A full collection is about to say anew what is free and what has holes. */
void
heap_blocks_forget(void)
{
    for (uint64_t i = 0; i <= heap.blocks_used / 64; i++) {
        heap.free_bits[i] = 0;
        heap.recycle_bits[i] = 0;
    }
    heap.free_count = 0;
    heap.free_from = 0;
    heap.dirty_to = 0;
}

/* Look at up to `block_max` more descriptors of the time before the start, for free blocks. */
void
heap_blocks_scan(uint64_t block_max)
{
    uint64_t end = heap.scan_at + block_max;

    while (heap.scan_at < heap.scan_to && heap.scan_at < end) {
        uint64_t at = heap_descriptor_at(heap.scan_at);
        uint32_t kind = pmem_load32(at + offsetof(struct heap_descriptor, kind));

        if (kind == BLOCK_LARGE) {
            heap.scan_at += pmem_load32(at + offsetof(struct heap_descriptor, block_count));
            continue;
        }
        if (kind == BLOCK_FREE && !bit_get(heap.free_bits, heap.scan_at))
            heap_blocks_give(heap.scan_at, 1);
        heap.scan_at++;
    }
}

/* ---- descriptors, in the space ---- */

/* Let the root know of blocks that were never used before. Others may do the same. */
static void
root_raise(uint64_t blocks_used)
{
    uint64_t slot = SPACE_ROOT + offsetof(struct space_root, heap_blocks_used);
    uint64_t seen = pmem_load64(slot);

    while (seen < blocks_used) {
        pmem_barrier(slot);
        if (atomic_compare_exchange_weak_explicit((_Atomic uint64_t *)slot, &seen, blocks_used,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

void
heap_block_describe(const struct heap_taken *taken)
{
    uint64_t at = heap_descriptor_at(taken->block);

    pmem_store64(at, (uint64_t)taken->application << 32 | taken->kind);
    pmem_store64(at + 8, taken->block_count);
    root_raise(taken->block + (taken->block_count != 0 ? taken->block_count : 1));
}

/* Its kind stays; its owner changes if it was another. */
void
heap_block_own(uint64_t block, uint32_t application)
{
    uint64_t at = heap_descriptor_at(block) + offsetof(struct heap_descriptor, application);

    atomic_store_explicit(&heap.owners[block], application, memory_order_relaxed);
    if (pmem_load32(at) != application)
        pmem_store32(at, application);
}

/* ---- cursors ---- */

/*
 * The cursor of an application; the first is the system's. When all are in use one
 * is taken from its owner, whose hole is wasted until the next full collection. A
 * scavenge does not do that, because it could waste more than it has credit for: the system
 * pays then.
 */
struct heap_cursor *
heap_cursor_of(uint32_t application)
{
    unsigned i = 0;

    if (application != 0) {
        for (i = 1; i < HEAP_CURSOR_COUNT && heap.cursors[i].used; i++) {
            if (heap.cursors[i].application == application)
                return &heap.cursors[i];
        }
    }
    if (i == HEAP_CURSOR_COUNT)
        i = heap_is_scavenging() ? 0 : 1 + heap.cursor_victim++ % (HEAP_CURSOR_COUNT - 1);
    if (i == 0 && heap.cursors[0].used)
        return &heap.cursors[0];
    heap.cursors[i] =
        (struct heap_cursor){ .used = true, .application = application, .block = HEAP_NO_BLOCK };
    return &heap.cursors[i];
}

static bool
range_resident(uint64_t from, uint64_t to)
{
    for (uint64_t page = from & ~(PAGE_BYTES - 1); page < to; page += PAGE_BYTES) {
        if (!pmem_resident(page))
            return false;
    }
    return true;
}

/* Can the hole be filled without reading a page? Of a fresh one only that of `at` was written. */
static bool
hole_is_ready(uint64_t at, uint64_t limit, bool fresh)
{
    uint64_t page_end = (at + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);

    return range_resident(at, fresh && page_end < limit ? page_end : limit);
}

/* A scavenge begins: no survivors yet, and no hole whose page would have to be read. */
void
heap_cursors_ready(void)
{
    heap_cursor_of(0);
    for (unsigned i = 0; i < HEAP_CURSOR_COUNT; i++) {
        struct heap_cursor *cursor = &heap.cursors[i];

        cursor->young_at = cursor->young_limit = 0;
        if (!hole_is_ready(cursor->at, cursor->limit, cursor->fresh))
            cursor->at = cursor->limit;
        if (!hole_is_ready(cursor->wide_at, cursor->wide_limit, cursor->wide_fresh))
            cursor->wide_at = cursor->wide_limit;
    }
}

/* Before the lines are made anew. */
void
heap_cursors_drop(void)
{
    for (unsigned i = 0; i < HEAP_CURSOR_COUNT; i++)
        heap.cursors[i].used = false;
}

/*
 * The lines of a block are made anew, and it may be taken again: no cursor goes on in it, but for
 * the holes that are open. The lock is held.
 */
void
heap_cursors_leave(uint64_t block)
{
    for (unsigned i = 0; i < HEAP_CURSOR_COUNT; i++) {
        struct heap_cursor *cursor = &heap.cursors[i];

        if (cursor->block == block)
            cursor->block = HEAP_NO_BLOCK;
        if (cursor->recycle_from > block)
            cursor->recycle_from = block;
    }
}

static bool
line_in_use(uint64_t block, unsigned line)
{
    return heap.lines[block][line / 64] >> (line % 64) & 1;
}

/* May a scavenge write to this hole? No page is read for it, and there is an end to its credit. */
static bool
scavenge_allows(uint64_t from, uint64_t bytes)
{
    uint64_t pages = heap_pages_unwritten(from, bytes);

    if (pages > heap.hole_pages_left) {
        heap.hole_pages_left = 0;
        return false;
    }
    if (!range_resident(from, from + bytes))
        return false;
    heap.hole_pages_left -= pages;
    return true;
}

/*
 * The next hole of the cursor's block becomes its hole; false if there is none, or if a
 * scavenge has no pages left for holes: the block then stays the cursor's.
 */
static bool
cursor_next_hole(struct heap_cursor *cursor)
{
    for (;;) {
        unsigned line = cursor->line;
        unsigned end;
        uint64_t from, bytes;

        while (line < HEAP_LINES_PER_BLOCK && line_in_use(cursor->block, line))
            line++;
        for (end = line; end < HEAP_LINES_PER_BLOCK && !line_in_use(cursor->block, end);)
            end++;
        cursor->line = line;
        if (line == end)
            return false;
        from = heap_block_at(cursor->block) + line * HEAP_LINE_BYTES;
        bytes = (end - line) * HEAP_LINE_BYTES;
        if (heap_is_scavenging() && !scavenge_allows(from, bytes)) {
            if (heap.hole_pages_left == 0)
                return false;
            cursor->line = end;
            continue;
        }
        cursor->line = end;
        cursor->at = from;
        cursor->limit = from + bytes;
        cursor->fresh = false;
        heap_births_hole(cursor->at, cursor->limit); /* guard: births-hole */
        return true;
    }
}

/* Go over to the next block with holes that belongs to the application; false if there is none. */
static bool
cursor_next_block(struct heap_cursor *cursor)
{
    uint64_t used = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);

    for (uint64_t block = cursor->recycle_from; block < used; block++) {
        if (block % 64 == 0 && heap.recycle_bits[block / 64] == 0) {
            block += 63;
            continue;
        }
        if (bit_get(heap.recycle_bits, block) && heap.owners[block] == cursor->application) {
            bit_clear(heap.recycle_bits, block);
            cursor->block = block;
            cursor->line = 0;
            cursor->recycle_from = block + 1;
            return true;
        }
    }
    cursor->recycle_from = used;
    return false;
}

/* Open the application's next hole, whatever its size; false if there is none. */
static bool
cursor_recycle(struct heap_cursor *cursor)
{
    while (heap.hole_pages_left != 0) {
        if (cursor->block != HEAP_NO_BLOCK) {
            if (cursor_next_hole(cursor))
                return true;
            if (heap.hole_pages_left == 0)
                return false;
            cursor->block = HEAP_NO_BLOCK;
        }
        if (!cursor_next_block(cursor))
            return false;
    }
    return false;
}

/* A whole block for the cursor; 0 when the space is full. */
static uint64_t
cursor_whole_block(struct heap_cursor *cursor, struct heap_taken *taken)
{
    *taken = (struct heap_taken){ .kind = BLOCK_OLD, .application = cursor->application };
    taken->block = heap_blocks_take(1, &taken->fresh);
    return taken->block == HEAP_NO_BLOCK ? 0 : heap_block_at(taken->block);
}

static inline bool
cursor_fits(const struct heap_cursor *cursor, uint64_t bytes)
{
    return bytes <= cursor->limit - cursor->at;
}

/*
 * Look for a hole of `bytes`. What is left of a hole that is passed by is wasted until the
 * next full collection, so a long object does not pass by much. False: it goes elsewhere.
 */
static bool
cursor_advance(struct heap_cursor *cursor, uint64_t bytes)
{
    for (unsigned tries = 0; tries < HOLES_TRIED; tries++) {
        if (cursor_fits(cursor, bytes))
            return true;
        if (bytes > HEAP_LINE_BYTES && cursor->limit - cursor->at >= HOLE_WASTE_MAX)
            return false;
        if (!cursor_recycle(cursor))
            return false;
    }
    return cursor_fits(cursor, bytes);
}

/*
 * Room in old space for an object of at most HEAP_LARGE_BYTES. What it holds is
 * not zeroed. `taken` says which block must be described, if one was opened.
 * Returns 0 when the space is full.
 */
uint64_t
heap_cursor_take(struct heap_cursor *cursor, uint64_t bytes, struct heap_taken *taken)
{
    uint64_t at;

    assert(bytes <= HEAP_LARGE_BYTES);
    taken->block = HEAP_NO_BLOCK;
    if (!cursor_advance(cursor, bytes)) {
        if (cursor->limit - cursor->at >= HOLE_WASTE_MAX && bytes > HEAP_LINE_BYTES) {
            if (bytes > cursor->wide_limit - cursor->wide_at) {
                at = cursor_whole_block(cursor, taken);
                if (at == 0)
                    return 0;
                cursor->wide_at = at;
                cursor->wide_limit = at + HEAP_BLOCK_BYTES;
                cursor->wide_fresh = taken->fresh;
            }
            at = cursor->wide_at;
            cursor->wide_at += bytes;
            return at;
        }
        at = cursor_whole_block(cursor, taken);
        if (at == 0)
            return 0;
        cursor->at = at;
        cursor->limit = at + HEAP_BLOCK_BYTES;
        cursor->fresh = taken->fresh;
    }
    at = cursor->at;
    cursor->at += bytes;
    return at;
}
