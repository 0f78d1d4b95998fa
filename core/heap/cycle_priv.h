/*
 * cycle_priv.h - a full collection in the background, for the files that carry it out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/mark_stack_priv.h"
#include "heap/summary_priv.h"

#define HEAP_TABLES 3 /* of classes, methods, threads */

/* How many pages were read, and how many of them need not have been. */
struct heap_reading {
    uint64_t pages, twice, again; /* as in struct heap_cycle_stats */
};

/* One course of the collector. The collector's own thread changes it, but at the instant. */
struct heap_cycle {
    struct heap_marks marks;
    struct mark_stack stack;
    struct mark_stack weak; /* old objects whose weak word was not followed */
    bool weak_keeps;        /* weak words are followed like others */
    uint64_t weak_cleared;
    uint64_t *pending;     /* one bit a block: what is marked there is to be looked at (again) */
    uint64_t *summed;      /* one bit a block: its summary is good for this cycle */
    uint64_t *block_bytes; /* alive in each block */
    uint32_t counts[HEAP_TABLES]; /* entries of the tables at the instant */
    uint64_t old_bytes;           /* that had gone into old space at the instant */
    bool crowded;                 /* there were more blocks at the instant than there is room for */
    bool settled;                 /* it came to its end */
    uint64_t asked_ns;            /* plat_monotonic_ns() */
    struct heap_reading reading;  /* of pages, from the volume */
    uint64_t blocks_known;        /* taken from a summary instead */
    uint64_t bytes_marked;
    uint64_t blocks_freed;
    uint64_t blocks_emptied;
};

static inline void
heap_at_point(enum heap_point point, uint64_t next)
{
    if (unlikely(heap.options.watch != NULL))
        heap.options.watch(point, next);
}

/* cycle.c: true when the cycle shall end and free nothing more. Any thread. */
bool heap_cycle_is_called_off(void);

/* picture.c: at the instant, a word that C holds; and what the root has. */
void heap_picture_root(struct heap_cycle *cycle, word_t word);
void heap_picture_roots(struct heap_cycle *cycle);

/*
 * reading.c: a page of the picture is read from the volume. Only the collector's thread; without
 * memory for its table it counts pages alone.
 */
void heap_reading_start(void);
void heap_reading_stop(void);
void heap_reading_count(struct heap_reading *reading, uint64_t page);

/* Who marks; NULL without memory. The picture is there until it is closed. */
struct painter;
struct painter *heap_picture_open(struct heap_cycle *cycle);
void heap_picture_close(struct painter *painter);

/*
 * Mark all that the picture reaches, into cycle->marks; and what these words lead to, which it has
 * too. Returns OK, ERR_CANCELLED (called off, or the volume could not hold the picture), ERR_NOMEM,
 * ERR_CORRUPT, ERR_IO.
 */
must_use err_t heap_picture_mark(struct painter *painter);
must_use err_t heap_picture_mark_more(struct painter *painter, const word_t *words, uint64_t count);

/* And what the word of this slot led to at the instant; or only what that was. */
must_use err_t heap_picture_mark_slot(struct painter *painter, uint64_t slot);
must_use err_t heap_picture_word(struct painter *painter, uint64_t slot, word_t *word);

/*
 * weak.c: all that is reachable but by weak words is marked: clear weak words to what is not, all
 * of them at one instant, or mark what they refer to. Returns what heap_picture_mark_more() does.
 */
must_use err_t heap_weak_open(struct heap_cycle *cycle);
void heap_weak_close(struct heap_cycle *cycle);
must_use err_t heap_weak_settle(struct heap_cycle *cycle, struct painter *painter);

/*
 * judge.c: free what is not marked and not born since. By the collector, as a RUNNING worker, a few
 * blocks at a time. Returns OK, or ERR_CANCELLED, ERR_CORRUPT, ERR_IO: what was not judged by then
 * stays as it is.
 */
must_use err_t heap_judge(struct heap_cycle *cycle, struct pmem_worker *worker);

/* For the collector as a worker: let others run for a moment, as one who does not hold them up. */
void heap_cycle_rest(struct pmem_worker *worker);

/*
 * compact.c: emptying sparse blocks. Choose some, before the cycle's instant; at the instant, which
 * are still nobody's, from then on are.
 */
void heap_compact_choose(struct heap_cycle *cycle);
void heap_compact_begin(void);

/*
 * The marker: a slot of old space, or a stack with its lowest bit set, has this word, as the
 * picture has it; or somebody, it is not known where, refers into the block. 0: C holds the word.
 */
void heap_compact_note(word_t word, uint64_t slot);
void heap_compact_leave(uint64_t block);

/* The judge: is it chosen, so that it is not filled up? It is free. The heap's lock is held. */
bool heap_compact_keeps(uint64_t block);
void heap_compact_gone(uint64_t block);

/* All was judged: empty them, as far as that may be. */
void heap_compact(void);

/* In the stopped world, however the cycle ended; and its memory. */
void heap_compact_end(void);
void heap_compact_close(void);

/* The same question of a mark in the stopped world: panics if something reachable is condemned. */
void heap_judge_prove(struct heap_cycle *cycle);
