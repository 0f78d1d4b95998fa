/*
 * summary.c - summaries of blocks, kept from one cycle to the next, so that what lies unchanged on
 * the volume is not read again.
 *
 * A summary says which objects of a block were marked when it was read, and where they lead to
 * outside it: to a word; or to a block that has a summary itself, all of it. As long as nobody
 * writes to the block a cycle that reaches it marks all its objects, goes on where they lead to,
 * and need not read.
 *
 * Why that is safe: let S be what a cycle has marked when it is complete. S is closed: what an
 * object of S refers to is in S, or came later. What the next cycle marks lies in S, or came later:
 * programs have nothing else in their hands; and a summary that is used leads to nothing else,
 * because all objects of summaries are in S. That holds as long as a summary which a cycle did not
 * use is forgotten by it, for its objects are not in S then, and may be freed; as long as a full
 * collection in the stopped world, which knows less to be alive, makes all forgotten; and a cycle
 * that did not come to know its S.
 *
 * When somebody has written to a block it is read, or looked at in memory, but what its
 * summary has is marked beforehand: others may name the whole block. So from a cycle `since` on a
 * block's summary only grows, until it has none, and an edge to it is good if it was told in that
 * cycle or later. If it is not, who has the edge is read.
 *
 * Why it is enough: what dies in such a block stays until nothing of the block is reached any more,
 * or a cycle takes nothing for granted. One in HEAP_SUMMARY_CYCLES does not, all blocks at once:
 * blocks that took turns would keep garbage that spans two of them for ever.
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
#define BITS_BYTES     ((HEAP_BLOCK_COUNT / 8 + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1))
#define OVERHEAD_BYTES 16 /* that the allocator may add */
#define SHARE          8  /* one summary may take so much of what is left, and no more */

static struct {
    struct heap_summary **of; /* by block; NULL: none are kept */
    uint64_t *refused;        /* one bit a block: it could not have one when it was looked at */
    uint64_t block_end;       /* nothing is told of blocks from here on */
    uint64_t count, bytes;
    uint8_t cycle; /* the one under way, counted from the last that took nothing for granted */
    _Atomic bool distrusted;
} summaries;

static uint64_t
bytes_of(const struct heap_summary *summary)
{
    return sizeof *summary + summary->line_bytes + summary->mark_bytes + summary->edge_bytes;
}

static void
forget(uint64_t block)
{
    struct heap_summary *summary = summaries.of[block];
    uint64_t bytes;

    if (summary == NULL)
        return;
    bytes = bytes_of(summary);
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
    for (uint64_t i = 0; i * 64 < summaries.block_end; i++)
        summaries.refused[i] = 0;
    summaries.block_end = 0;
    summaries.cycle = 0;
}

uint64_t
heap_summaries_for(uint64_t memory_bytes)
{
    return memory_bytes / 8;
}

void
heap_summaries_start(void)
{
    assert(summaries.of == NULL);
    summaries.cycle = 0;
    atomic_store(&summaries.distrusted, false);
    if (heap.options.summary_bytes == 0)
        return;
    summaries.refused = plat_reserve(BITS_BYTES);
    if (summaries.refused != NULL)
        summaries.of = plat_reserve(TABLE_BYTES);
}

void
heap_summaries_stop(void)
{
    forget_all();
    plat_release(summaries.of, TABLE_BYTES);
    plat_release(summaries.refused, BITS_BYTES);
    summaries.of = NULL;
    summaries.refused = NULL;
}

void
heap_summaries_begin(bool exact)
{
    summaries.cycle++;
    if (atomic_exchange(&summaries.distrusted, false) || exact ||
        summaries.cycle >= HEAP_SUMMARY_CYCLES)
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

void
heap_summary_forget(uint64_t block)
{
    if (summaries.of != NULL)
        forget(block);
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
    return summaries.of == NULL ? NULL : summaries.of[block];
}

static bool
leads_somewhere(const struct heap_summary *summary)
{
    struct heap_edges edges = heap_summary_edges(summary);
    uint64_t word, block;

    while (heap_edge_next(&edges, &word, &block)) {
        if (word == 0 &&
            (summaries.of[block] == NULL || summaries.of[block]->since > summary->told))
            return false;
    }
    return true;
}

bool
heap_summary_holds(const struct heap_summary *summary, uint64_t block)
{
    return is_unchanged(summary, block) && leads_somewhere(summary);
}

bool
heap_summary_is_refused(uint64_t block)
{
    return summaries.of == NULL || (summaries.refused[block / 64] >> (block % 64) & 1) != 0;
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

void
heap_summary_lines(const struct heap_summary *summary, uint64_t lines[HEAP_LINE_WORDS])
{
    uint64_t kept[HEAP_LINE_WORDS];

    memset(kept, 0xff, sizeof kept);
    memcpy(kept, summary->bytes, summary->line_bytes);
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        lines[i] |= kept[i];
}

uint64_t
heap_summary_room(void)
{
    if (summaries.of == NULL || summaries.bytes >= heap.options.summary_bytes)
        return 0;
    return (heap.options.summary_bytes - summaries.bytes) / SHARE;
}

static bool
are_all(const uint64_t lines[HEAP_LINE_WORDS])
{
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++) {
        if (lines[i] != UINT64_MAX)
            return false;
    }
    return true;
}

/* NULL: there is no room for it, or it is not true any more. */
static struct heap_summary *
make(struct heap_summary *head, const struct heap_marks *marks, uint64_t block,
     const struct heap_sketch *sketch)
{
    uint8_t packed[HEAP_MARK_WORDS * 8];
    struct heap_summary *summary;
    uint8_t *at;

    head->mark_bytes = (uint16_t)heap_marks_pack(&marks->bits[block * HEAP_MARK_WORDS], packed);
    head->line_bytes = are_all(marks->lines[block]) ? 0 : sizeof marks->lines[block];
    head->edge_bytes = (uint32_t)sketch->edge_bytes;
    if (bytes_of(head) + OVERHEAD_BYTES > heap_summary_room() || !is_unchanged(head, block))
        return NULL;
    summary = plat_alloc(bytes_of(head));
    if (summary == NULL)
        return NULL;
    *summary = *head;
    at = summary->bytes;
    memcpy(at, marks->lines[block], head->line_bytes);
    at += head->line_bytes;
    memcpy(at, packed, head->mark_bytes);
    at += head->mark_bytes;
    if (head->edge_bytes > 0)
        memcpy(at, sketch->edges, head->edge_bytes);
    summaries.of[block] = summary;
    summaries.count++;
    summaries.bytes += bytes_of(head) + OVERHEAD_BYTES;
    return summary;
}

bool
heap_summary_keep(const struct heap_marks *marks, uint64_t block, uint64_t bytes_alive,
                  const struct heap_sketch *sketch, const struct heap_summary *known)
{
    struct heap_summary head = {
        .epoch = pmem_still_epoch,
        .page_count = sketch->page_count,
        .since = summaries.cycle,
        .told = known != NULL ? known->told : summaries.cycle,
        .cycle = summaries.cycle,
        .alive_words = (uint32_t)(bytes_alive / 8),
    };
    bool kept;

    if (summaries.of == NULL)
        return false;
    if (summaries.of[block] != NULL)
        head.since = summaries.of[block]->since;
    if (summaries.block_end <= block)
        summaries.block_end = block + 1;
    forget(block);
    kept = sketch->on && bytes_alive / 8 <= UINT32_MAX && sketch->edge_bytes <= UINT32_MAX &&
           make(&head, marks, block, sketch) != NULL;
    summaries.refused[block / 64] &= ~(1ull << (block % 64));
    summaries.refused[block / 64] |= (uint64_t)!kept << (block % 64);
    return kept;
}

void
heap_summaries_count(uint64_t *count, uint64_t *bytes)
{
    *count = summaries.count;
    *bytes = summaries.bytes;
}
