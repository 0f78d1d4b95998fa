/*
 * sweep.c - the full collection, and what it frees.
 *
 * A block without a mark is free, and its descriptor says so. A block with
 * marks keeps them as its lines; if enough lines are free, allocation comes
 * back to it. Only descriptors are written, never the blocks themselves.
 *
 * Mostly a scavenge has promoted everything before. If it could not, because the
 * volume is full, young objects are marked where they are, and the nursery is left alone;
 * remembered slots of what is freed are forgotten.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/mark_stack_priv.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/trace.h"
#include "plat/machine.h"

#define ROOT_PAGES 2
#define WEAK_PAGES 16         /* with weak words to be cleared, if it is not known better */
#define SHARES_MAX (1u << 16) /* of objects that only weak words lead to; then all are kept */

static uint64_t sweep_pages; /* of descriptors, and with weak words, that may still be written */

static uint64_t
table_end(void)
{
    return heap_descriptor_at(heap.blocks_used);
}

/* First writes that a full collection may make if it frees whatever it finds, the scavenge apart.
 */
uint64_t
heap_sweep_pages(void)
{
    uint64_t weak = heap.weak_pages_wanted > WEAK_PAGES ? heap.weak_pages_wanted : WEAK_PAGES;

    return heap_pages_unwritten(SPACE_BLOCK_TABLE, table_end() - SPACE_BLOCK_TABLE) + ROOT_PAGES +
           weak;
}

/* Everything the sweep reads comes in before anything is changed. */
static err_t
table_page_in(void)
{
    for (uint64_t page = SPACE_BLOCK_TABLE; page < table_end(); page += PAGE_BYTES)
        TRY(heap_page_in(page));
    return heap_page_in(SPACE_ROOT);
}

static unsigned
lines_free(const uint64_t lines[HEAP_LINE_WORDS])
{
    unsigned used = 0;

    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        used += (unsigned)__builtin_popcountll(lines[i]);
    return HEAP_LINES_PER_BLOCK - used;
}

/* May one more page of descriptors be written? One that was written in this epoch costs nothing. */
static bool
may_write(uint64_t at)
{
    if (heap_pages_unwritten(at, sizeof(struct heap_descriptor)) == 0)
        return true;
    if (sweep_pages == 0)
        return false;
    sweep_pages--;
    return true;
}

/* Without credit for their descriptor they stay as they are until the next time. */
static void
free_blocks(uint64_t block, uint64_t count)
{
    uint64_t at = heap_descriptor_at(block);

    if (pmem_load32(at + offsetof(struct heap_descriptor, kind)) != BLOCK_FREE) {
        if (!may_write(at))
            return;
        pmem_store64(at, BLOCK_FREE);
        pmem_store64(at + 8, 0);
        heap.stats.freed_blocks += count;
    }
    heap_blocks_give(block, count);
    if (heap.slot_word_count != 0)
        heap_forget_slots(heap_block_at(block), count * HEAP_BLOCK_BYTES);
}

/* What dies among objects that live on may be written over, too. */
static void
forget_lines(const uint64_t lines[HEAP_LINE_WORDS], uint64_t block)
{
    for (uint64_t line = 0; line < HEAP_LINES_PER_BLOCK; line++) {
        if ((lines[line / 64] >> (line % 64) & 1) == 0)
            heap_forget_slots(heap_block_at(block) + line * HEAP_LINE_BYTES, HEAP_LINE_BYTES);
    }
}

static void
sweep_old(const struct heap_marks *marks, uint64_t block)
{
    unsigned free = lines_free(marks->lines[block]);

    if (free == HEAP_LINES_PER_BLOCK) {
        free_blocks(block, 1);
        return;
    }
    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        heap.lines[block][i] = marks->lines[block][i];
    if (heap.slot_word_count != 0)
        forget_lines(marks->lines[block], block);
    if (free < HEAP_RECYCLE_LINES_MIN)
        return;
    heap.owners[block] =
        pmem_load32(heap_descriptor_at(block) + offsetof(struct heap_descriptor, application));
    heap.recycle_bits[block / 64] |= 1ull << (block % 64);
}

static void
sweep(const struct heap_marks *marks)
{
    uint64_t count;

    heap_cursors_drop();
    heap_blocks_forget();
    for (uint64_t block = 0; block < marks->block_count; block += count) {
        uint64_t at = heap_descriptor_at(block);

        count = 1;
        switch ((enum heap_block_kind)pmem_load32(at + offsetof(struct heap_descriptor, kind))) {
        case BLOCK_FREE:
            heap_blocks_give_again(block);
            break;
        case BLOCK_NURSERY:
            break;
        case BLOCK_OLD:
            sweep_old(marks, block);
            break;
        case BLOCK_LARGE:
            count = pmem_load32(at + offsetof(struct heap_descriptor, block_count));
            assert(count > 0);
            if (lines_free(marks->lines[block]) == HEAP_LINES_PER_BLOCK)
                free_blocks(block, count);
            break;
        default:
            panic("heap: block %llu has no known kind", (unsigned long long)block);
        }
    }
    heap.scan_at = heap.scan_to;
}

/* ---- weak words ---- */

static uint64_t
weak_slot(ref_t weak)
{
    return weak + OBJECT_HEADER_BYTES;
}

static bool
is_lost(const struct heap_marks *marks, word_t word)
{
    return word_is_ref(word) && !heap_mark_get(marks, word);
}

/* `pages` is filled: so many, at most, are to be written to clear all words to what is lost. */
static err_t
lost_count(const struct heap_marks *marks, const struct mark_stack *weak, uint64_t *pages)
{
    uint64_t last = 0;

    *pages = 0;
    for (const struct mark_chunk *chunk = weak->top; chunk != NULL; chunk = chunk->below) {
        for (uint64_t i = 0; i < chunk->count; i++) {
            uint64_t slot = weak_slot(chunk->objects[i]);

            TRY(heap_page_in(slot));
            if (!is_lost(marks, pmem_load64(slot)) || space_page_of(slot) == last)
                continue;
            last = space_page_of(slot);
            *pages += heap_pages_unwritten(slot, 8);
        }
    }
    return OK;
}

/* Of so many shares of all objects, is it the turn of the one that has this object? */
static bool
is_of_turn(word_t word, uint64_t shares)
{
    return shares <= SHARES_MAX && (hash_mix(word) + heap.weak_turn) % shares == 0;
}

/* What is not of the turn's share is kept, with all that it leads to. */
static err_t
others_keep(struct heap_marks *marks, struct mark_stack *weak, uint64_t shares)
{
    for (const struct mark_chunk *chunk = weak->top; chunk != NULL; chunk = chunk->below) {
        for (uint64_t i = 0; i < chunk->count; i++) {
            uint64_t slot = weak_slot(chunk->objects[i]);
            word_t word;

            TRY(heap_page_in(slot));
            word = pmem_load64(slot);
            if (is_lost(marks, word) && !is_of_turn(word, shares))
                TRY(heap_mark_more(marks, weak, word));
        }
    }
    return OK;
}

static err_t
lost_clear(const struct heap_marks *marks, struct mark_stack *weak)
{
    err_t err = OK;
    ref_t at;

    while (err == OK && (at = mark_pop(weak)) != 0) {
        err = heap_page_in(weak_slot(at));
        if (err == OK && is_lost(marks, pmem_load64(weak_slot(at))))
            pmem_store64(weak_slot(at), WORD_NULL);
    }
    return err;
}

/*
 * What only weak words refer to goes, and they become null, as far as there is credit for
 * that. Where there is too little some objects are kept, by turns: not some words, or an object
 * with words on many pages might be kept by one of them each time. The next collection asks for
 * more.
 */
static err_t
weak_settle(struct heap_marks *marks, struct mark_stack *weak)
{
    uint64_t budget = sweep_pages - sweep_pages / 4; /* the rest is for descriptors */
    uint64_t pages;
    err_t err = lost_count(marks, weak, &pages);

    heap.weak_pages_wanted = pages > budget ? 2 * pages : 0;
    heap.weak_turn += pages > budget;
    for (uint64_t shares = 2; err == OK && pages > budget; shares *= shares > SHARES_MAX ? 1 : 2) {
        err = others_keep(marks, weak, shares);
        if (err == OK)
            err = lost_count(marks, weak, &pages);
    }
    if (err == OK)
        err = lost_clear(marks, weak);
    sweep_pages -= err == OK ? pages : 0;
    return err;
}

/*
 * In the stopped world: free all that is not reachable, as far as credit for so many `pages`
 * goes, but at least for two. Returns OK; or ERR_NOMEM, ERR_CORRUPT, ERR_IO, and nothing was
 * freed: the next try waits as long as if everything had been found alive.
 */
err_t
heap_full(uint64_t pages)
{
    uint64_t from_ns = plat_monotonic_ns();
    uint64_t took_ns, freed_blocks = heap.stats.freed_blocks;
    struct mark_stack weak = { 0 };
    struct heap_marks marks;
    err_t err;

    sweep_pages = pages - ROOT_PAGES;
    err = heap_marks_open(&marks, heap.blocks_used);
    if (err == OK)
        err = heap_mark(&marks, &weak);
    if (err == OK)
        err = table_page_in();
    if (err == OK)
        err = weak_settle(&marks, &weak);
    heap_mark_stack_free(&weak);
    if (err == OK) {
        sweep(&marks);
        heap.bytes_live = marks.bytes_live;
        heap_surplus_find();
    } else {
        heap.bytes_live += heap.old_bytes;
    }
    heap.old_bytes = 0;
    heap_huge_asked();
    heap_cycle_stopped_world_did_it();
    pmem_store64(heap_root_at(HEAP_ROOT_OLD_BYTES), 0);
    pmem_store64(SPACE_ROOT + offsetof(struct space_root, bytes_live), heap.bytes_live);
    heap_marks_close(&marks);
    took_ns = plat_monotonic_ns() - from_ns;
    heap_log_add((struct heap_log_row){
        .ns = took_ns,
        .err = err,
        .stopped = true,
        .exact = true,
        .live_bytes = heap.bytes_live,
        .freed_bytes = (heap.stats.freed_blocks - freed_blocks) << HEAP_BLOCK_SHIFT,
    });
    heap.stats.full_collections += err == OK;
    if (took_ns > heap.stats.full_ns_max)
        heap.stats.full_ns_max = took_ns;
    trace(COLLECT, heap.blocks_used - heap.free_count, heap.bytes_live);
    return err;
}
