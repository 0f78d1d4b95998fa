/*
 * summary.c - summaries of blocks, kept from one cycle to the next, so that what lies unchanged on
 * the volume is not read again.
 *
 * A summary says which objects of a block were marked when it was read, and what they refer to
 * outside it. As long as nobody writes to the block a cycle that reaches one of them marks all of
 * them, and goes on where they lead to, and need not read.
 *
 * Why that is safe: let S be what a cycle has marked when it is complete. S is closed: what an
 * object of S refers to is in S, or came later. What the next cycle marks lies in S, or came later:
 * programs have nothing else in their hands; and a summary that is used leads to nothing else,
 * because all its objects are in S. That holds as long as a summary which a cycle did not use
 * is forgotten by it, for its objects are not in S then, and may be freed; as long as a full
 * collection in the stopped world, which knows less to be alive, makes all forgotten; and a cycle
 * that did not come to know its S.
 *
 * Why it is enough: what dies in such a block stays until somebody writes to the block, nothing
 * of the block is reached any more, or a cycle takes nothing for granted. One in
 * HEAP_SUMMARY_CYCLES does not, all blocks at once: blocks that took turns would keep garbage that
 * spans two of them for ever.
 *
 * It is the collector's own, outside the space, and never more than options.summary_bytes. Where
 * memory is short there is no summary, and the block is read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/summary_priv.h"

#include "base/memory.h"
#include "plat/memory.h"
#include "pmem/still.h"

#define TABLE_BYTES    (HEAP_BLOCK_COUNT * sizeof(struct heap_summary *))
#define OVERHEAD_BYTES 16 /* that the allocator may add */
#define SHARE          8  /* one summary may take so much of what is left, and no more */

static struct {
    struct heap_summary **of; /* by block; NULL: none are kept */
    uint64_t block_end;       /* no block from here on has one */
    uint64_t count, bytes;
    uint64_t cycle;    /* the one under way, counted from 1 */
    unsigned trusting; /* cycles since one took nothing for granted */
    _Atomic bool distrusted;
} summaries;

static uint64_t
bytes_of(uint64_t mark_bytes, uint64_t edge_bytes)
{
    return sizeof(struct heap_summary) + mark_bytes + edge_bytes;
}

static void
forget(uint64_t block)
{
    struct heap_summary *summary = summaries.of[block];
    uint64_t bytes;

    if (summary == NULL)
        return;
    bytes = bytes_of(summary->mark_bytes, summary->edge_bytes);
    summaries.of[block] = NULL;
    summaries.count--;
    summaries.bytes -= bytes + OVERHEAD_BYTES;
    plat_free(summary, bytes);
}

static void
forget_all(void)
{
    for (uint64_t block = 0; block < summaries.block_end; block++)
        forget(block);
    summaries.block_end = 0;
    summaries.trusting = 0;
}

uint64_t
heap_summaries_for(uint64_t memory_bytes)
{
    return memory_bytes / 16;
}

void
heap_summaries_start(void)
{
    assert(summaries.of == NULL);
    summaries.cycle = 0;
    summaries.trusting = 0;
    atomic_store(&summaries.distrusted, false);
    if (heap.options.summary_bytes > 0)
        summaries.of = plat_reserve(TABLE_BYTES);
}

void
heap_summaries_stop(void)
{
    forget_all();
    plat_release(summaries.of, TABLE_BYTES);
    summaries.of = NULL;
}

void
heap_summaries_begin(bool exact)
{
    summaries.cycle++;
    summaries.trusting++;
    if (atomic_exchange(&summaries.distrusted, false) || exact ||
        summaries.trusting >= HEAP_SUMMARY_CYCLES)
        forget_all();
}

void
heap_summaries_end(bool complete)
{
    if (!complete) {
        forget_all();
        return;
    }
    for (uint64_t block = 0; block < summaries.block_end; block++) {
        if (summaries.of[block] != NULL && !heap_summary_is_used(summaries.of[block]))
            forget(block);
    }
}

void
heap_summaries_distrust(void)
{
    atomic_store(&summaries.distrusted, true);
}

static bool
is_unchanged(const struct heap_summary *summary, uint64_t block)
{
    for (uint64_t i = 0; i < summary->page_count; i++) {
        if (!pmem_still_held(heap_block_at(block) + i * PAGE_BYTES, summary->epoch))
            return false;
    }
    return true;
}

struct heap_summary *
heap_summary_find(uint64_t block)
{
    struct heap_summary *summary = summaries.of == NULL ? NULL : summaries.of[block];

    if (summary == NULL || heap_summary_is_used(summary) || is_unchanged(summary, block))
        return summary;
    forget(block);
    return NULL;
}

bool
heap_summary_is_used(const struct heap_summary *summary)
{
    return summary->cycle == summaries.cycle;
}

void
heap_summary_use(struct heap_summary *summary)
{
    summary->cycle = summaries.cycle;
}

uint64_t
heap_summary_room(void)
{
    if (summaries.of == NULL || summaries.bytes >= heap.options.summary_bytes)
        return 0;
    return (heap.options.summary_bytes - summaries.bytes) / SHARE;
}

bool
heap_summary_keep(const struct heap_marks *marks, uint64_t block, uint64_t bytes_alive,
                  const struct heap_sketch *sketch)
{
    uint8_t packed[HEAP_MARK_WORDS * 8];
    struct heap_summary *summary;
    uint64_t bytes;
    struct heap_summary made = {
        .epoch = pmem_still_epoch,
        .page_count = sketch->page_count,
        .cycle = summaries.cycle,
        .bytes_alive = bytes_alive,
        .edge_bytes = (uint32_t)sketch->edge_bytes,
    };

    if (summaries.of == NULL)
        return false;
    forget(block);
    if (!sketch->on)
        return false;
    made.mark_bytes = heap_marks_pack(&marks->bits[block * HEAP_MARK_WORDS], packed);
    bytes = bytes_of(made.mark_bytes, made.edge_bytes);
    if (bytes + OVERHEAD_BYTES > heap_summary_room() || !is_unchanged(&made, block))
        return false;
    summary = plat_alloc(bytes);
    if (summary == NULL)
        return false;
    memcpy(made.lines, marks->lines[block], sizeof made.lines);
    *summary = made;
    memcpy(summary->bytes, packed, made.mark_bytes);
    if (made.edge_bytes > 0)
        memcpy(summary->bytes + made.mark_bytes, sketch->edges, made.edge_bytes);
    summaries.of[block] = summary;
    summaries.count++;
    summaries.bytes += bytes + OVERHEAD_BYTES;
    if (summaries.block_end <= block)
        summaries.block_end = block + 1;
    return true;
}

void
heap_summaries_count(uint64_t *count, uint64_t *bytes)
{
    *count = summaries.count;
    *bytes = summaries.bytes;
}
