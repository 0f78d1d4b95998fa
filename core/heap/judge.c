/*
 * judge.c - freeing what a picture does not reach, while programs run.
 *
 * Only blocks that were there at the instant are judged, and of those only what is not born since:
 * a block without mark and birth is free, and its descriptor says so; one with free lines is
 * filled up again. Some blocks at a time, by the collector as a worker like any other, with
 * the credit of one: where that is missing a block stays as it is until the next time.
 *
 * Who gets memory meanwhile gets what was free before, or what has been judged. A block is judged
 * under the heap's lock, in one step: nobody opens a hole of it then, and a cursor that was on
 * its way through its old holes leaves it. Remembered slots of what dies are forgotten before
 * anything can lie there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/cycle_priv.h"

#include "plat/machine.h"
#include "plat/thread.h"

#define SLICE_BLOCKS 64      /* their descriptors lie on one page */
#define REST_NS      100000u /* between two slices: who runs must not be the one who is preempted */
#define CREDIT_LEAST 4       /* first writes that judging one block may take, and one to spare */
#define TABLE_PIN    0

struct judged {
    uint64_t block;
    uint64_t count; /* of blocks, to the next one */
    enum heap_block_kind kind;
    uint32_t application;
};

static void
judged_read(struct judged *judged, uint64_t block)
{
    uint64_t at = heap_descriptor_at(block);

    judged->block = block;
    judged->count = 1;
    judged->kind = (enum heap_block_kind)pmem_load32(at + offsetof(struct heap_descriptor, kind));
    judged->application = pmem_load32(at + offsetof(struct heap_descriptor, application));
    if (judged->kind == BLOCK_LARGE)
        judged->count = pmem_load32(at + offsetof(struct heap_descriptor, block_count));
    if (judged->count == 0) /* it is being described, so it is born, as are those behind it */
        judged->count = 1;
}

static bool
lines_are(const uint64_t lines[HEAP_LINE_WORDS], uint64_t word)
{
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++) {
        if (lines[i] != word)
            return false;
    }
    return true;
}

static unsigned
lines_used(const uint64_t lines[HEAP_LINE_WORDS])
{
    unsigned used = 0;

    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        used += (unsigned)__builtin_popcountll(lines[i]);
    return used;
}

/* Lines that are free hold nothing any more: neither do their slots. */
static void
lines_forget(uint64_t block, const uint64_t lines[HEAP_LINE_WORDS])
{
    if (heap.slot_word_count == 0)
        return;
    for (uint64_t line = 0; line < HEAP_LINES_PER_BLOCK; line++) {
        if ((lines[line / 64] >> (line % 64) & 1) == 0)
            heap_forget_slots(heap_block_at(block) + line * HEAP_LINE_BYTES, HEAP_LINE_BYTES);
    }
}

/* All free: nobody gets at it any more, until its descriptor says so. The lock is held. */
static bool
old_judge_locked(const struct heap_cycle *cycle, const struct judged *judged)
{
    uint64_t block = judged->block;
    uint64_t lines[HEAP_LINE_WORDS];

    if (heap_born_block(&heap.births, block)) /* guard: judge-born */
        return false;
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        lines[i] = cycle->marks.lines[block][i] | heap.births.lines[block][i];
    heap_cursors_leave(block); /* guard: judge-cursors */
    heap.recycle_bits[block / 64] &= ~(1ull << (block % 64));
    if (lines_are(lines, 0))
        return true;
    lines_forget(block, lines); /* guard: judge-slots */
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        heap.lines[block][i] = lines[i];
    if (heap_compact_keeps(block)) /* guard: empty-filled */
        return false;
    if (HEAP_LINES_PER_BLOCK - lines_used(lines) < HEAP_RECYCLE_LINES_MIN)
        return false;
    heap.owners[block] = judged->application;
    heap.recycle_bits[block / 64] |= 1ull << (block % 64);
    return false;
}

static bool
block_judge_locked(const struct heap_cycle *cycle, const struct judged *judged)
{
    switch (judged->kind) {
    case BLOCK_FREE:
        /* Free since before the start, and not known yet. */
        if (judged->block >= heap.scan_at && judged->block < heap.scan_to &&
            !heap_block_is_free(judged->block) && !heap_born_block(&heap.births, judged->block))
            heap_blocks_give(judged->block, 1);
        return false;
    case BLOCK_NURSERY:
        return false;
    case BLOCK_OLD:
        return old_judge_locked(cycle, judged);
    case BLOCK_LARGE:
        if (heap_born_block(&heap.births, judged->block)) /* guard: judge-born-large */
            return false;
        return lines_are(cycle->marks.lines[judged->block], 0);
    default:
        panic("heap: block %llu has no known kind", (unsigned long long)judged->block);
    }
}

static void
blocks_free(struct heap_cycle *cycle, const struct judged *judged)
{
    uint64_t at = heap_descriptor_at(judged->block);

    heap_compact_gone(judged->block);
    pmem_store64(at, BLOCK_FREE);
    pmem_store64(at + 8, 0);
    if (heap.slot_word_count != 0) /* guard: judge-block-slots */
        heap_forget_slots(heap_block_at(judged->block), judged->count * HEAP_BLOCK_BYTES);
    lock_acquire(&heap.lock);
    heap_blocks_give(judged->block, judged->count);
    lock_release(&heap.lock);
    cycle->blocks_freed += judged->count;
}

/* Who empties blocks must know what the pages of its other blocks belong to. */
static void
large_lives(const struct judged *judged)
{
    if (heap.compacting && judged->kind == BLOCK_LARGE)
        heap_compact_large(judged->block, judged->count);
}

/* Returns how many blocks that was. */
static uint64_t
block_judge(struct heap_cycle *cycle, struct pmem_worker *worker, uint64_t block)
{
    struct judged judged;
    bool dead;

    judged_read(&judged, block);
    if (judged.kind != BLOCK_FREE && worker->credit < CREDIT_LEAST) {
        large_lives(&judged);
        return judged.count;
    }
    lock_acquire(&heap.lock);
    dead = block_judge_locked(cycle, &judged);
    lock_release(&heap.lock);
    if (dead)
        blocks_free(cycle, &judged);
    else
        large_lives(&judged);
    if (heap.scan_at < block + judged.count)
        heap.scan_at = block + judged.count < heap.scan_to ? block + judged.count : heap.scan_to;
    return judged.count;
}

/* The page with the block's descriptor comes in, and stays. */
static err_t
table_page_in(struct pmem_worker *worker, uint64_t block)
{
    uint64_t at = heap_descriptor_at(block);

    pmem_pin(worker, TABLE_PIN, at, sizeof(struct heap_descriptor));
    while (!pmem_resident(at))
        TRY(pmem_page_in(worker, at));
    return OK;
}

void
heap_cycle_rest(struct pmem_worker *worker)
{
    static const _Atomic uint32_t nothing;

    pmem_worker_away(worker);
    plat_wait(&nothing, 0, plat_monotonic_ns() + REST_NS);
    pmem_worker_back(worker);
    IGNORE(pmem_safepoint(worker), "without credit nothing is written");
}

err_t
heap_judge(struct heap_cycle *cycle, struct pmem_worker *worker)
{
    uint64_t block = 0;

    while (block < cycle->marks.block_count) {
        uint64_t end = (block / SLICE_BLOCKS + 1) * SLICE_BLOCKS;

        TRY(table_page_in(worker, block));
        while (block < end && block < cycle->marks.block_count) {
            if (heap_cycle_is_called_off())
                return ERR_CANCELLED;
            heap_at_point(HEAP_POINT_JUDGE, heap_block_at(block));
            block += block_judge(cycle, worker, block);
        }
        heap_cycle_rest(worker);
    }
    return OK;
}

/* ---- proof ---- */

static void
prove_block(const struct heap_cycle *cycle, const struct heap_marks *now, uint64_t block)
{
    uint32_t kind = pmem_load32(heap_descriptor_at(block) + offsetof(struct heap_descriptor, kind));

    if (kind == BLOCK_NURSERY || heap_born_block(&heap.births, block))
        return;
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++) {
        uint64_t missed =
            now->lines[block][i] & ~cycle->marks.lines[block][i] & ~heap.births.lines[block][i];

        if (missed != 0)
            panic("heap: line %u of block %llu is reachable, and condemned",
                  i * 64 + (unsigned)__builtin_ctzll(missed), (unsigned long long)block);
    }
}

/* In the stopped world. What cannot be read now proves nothing. */
void
heap_judge_prove(struct heap_cycle *cycle)
{
    struct mark_stack weak = { 0 };
    struct heap_marks now;

    if (heap_marks_open(&now, heap.blocks_used) != OK)
        return;
    if (heap_mark(&now, &weak) == OK) {
        for (uint64_t block = 0; block < cycle->marks.block_count; block++)
            prove_block(cycle, &now, block);
    }
    heap_mark_stack_free(&weak);
    heap_marks_close(&now);
}
