/*
 * births.c - what came into old space since the instant of a cycle's picture.
 *
 * A picture tells nothing of memory that was handed out after it. So from the instant on each block
 * that is taken is born, and so is each line of a hole that is opened; and of holes that were open
 * then, all that was left. The cycle judges none of that, whoever freed it before. It is told when
 * memory is handed to a cursor, not for each object, so it costs next to nothing.
 *
 * All of it lies outside the space. It is told under the heap's lock, or while the world stands
 * still, as it is switched on and off.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "plat/memory.h"

static uint64_t
whole_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

err_t
heap_births_open(struct heap_births *births, uint64_t block_room)
{
    assert(!births->on);
    births->block_room = block_room;
    births->blocks = plat_reserve(whole_pages(block_room / 8 + 1));
    births->lines = plat_reserve(whole_pages(block_room * sizeof births->lines[0] + 1));
    if (births->blocks != NULL && births->lines != NULL)
        return OK;
    heap_births_close(births);
    return ERR_NOMEM;
}

/* It is off, so nobody looks at the tables. */
void
heap_births_close(struct heap_births *births)
{
    assert(!births->on);
    plat_release(births->blocks, whole_pages(births->block_room / 8 + 1));
    plat_release(births->lines, whole_pages(births->block_room * sizeof births->lines[0] + 1));
    births->blocks = NULL;
    births->lines = NULL;
}

bool
heap_born_block(const struct heap_births *births, uint64_t block)
{
    return births->blocks[block / 64] >> (block % 64) & 1;
}

bool
heap_is_born(ref_t object)
{
    const struct heap_births *births = &heap.births;
    uint64_t block = heap_block_of(object);
    uint64_t line = object % HEAP_BLOCK_BYTES / HEAP_LINE_BYTES;

    return block >= births->block_count || heap_born_block(births, block) ||
           (births->lines[block][line / 64] >> (line % 64) & 1) != 0;
}

void
heap_births_blocks(uint64_t block, uint64_t count)
{
    struct heap_births *births = &heap.births;

    if (!births->on)
        return;
    for (uint64_t i = block; i < block + count && i < births->block_count; i++)
        births->blocks[i / 64] |= 1ull << (i % 64);
}

void
heap_births_hole(uint64_t from, uint64_t to)
{
    struct heap_births *births = &heap.births;
    uint64_t block = heap_block_of(from);

    if (!births->on || from == to || block >= births->block_count)
        return;
    assert(heap_block_of(to - 1) == block);
    for (uint64_t line = from % HEAP_BLOCK_BYTES / HEAP_LINE_BYTES;
         line <= (to - 1) % HEAP_BLOCK_BYTES / HEAP_LINE_BYTES; line++)
        births->lines[block][line / 64] |= 1ull << (line % 64);
}

/* Where the next line begins, so that none holds both what is born and what is older. */
static uint64_t
line_after(uint64_t at, uint64_t limit)
{
    at = (at + HEAP_LINE_BYTES - 1) & ~(HEAP_LINE_BYTES - 1);
    return at < limit ? at : limit;
}

/* In the stopped world, at the instant: blocks up to `block_count` will be judged. */
void
heap_births_begin(uint64_t block_count)
{
    assert(block_count <= heap.births.block_room);
    heap.births.block_count = block_count;
    heap.births.on = true;
    for (unsigned i = 0; i < HEAP_CURSOR_COUNT; i++) {
        struct heap_cursor *cursor = &heap.cursors[i];

        if (!cursor->used)
            continue;
        cursor->at = line_after(cursor->at, cursor->limit); /* guard: births-line */
        cursor->wide_at = line_after(cursor->wide_at, cursor->wide_limit);
        heap_births_hole(cursor->at, cursor->limit);           /* guard: births-open */
        heap_births_hole(cursor->wide_at, cursor->wide_limit); /* guard: births-wide */
    }
}

/* In the stopped world, because scavenges take no lock. */
void
heap_births_end(void)
{
    heap.births.on = false;
}
