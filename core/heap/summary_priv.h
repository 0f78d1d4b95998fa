/*
 * summary_priv.h - what the collector knows of blocks that lie unchanged on the volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/heap_priv.h"

#define HEAP_MARK_WORDS (HEAP_BLOCK_BYTES / 8 / 64) /* of mark bits of a block */

/*
 * All that a block's marked objects refer to outside the block is told to a sketch while the block
 * is looked at: a block, where that will have a summary of its own, else a word. Each is kept as
 * its distance from the one before, in few bytes.
 */
struct heap_sketch {
    bool on;                        /* all was told until now */
    uint32_t page_count;            /* that were asked for it, from the beginning of the block */
    uint64_t last_word, last_block; /* that were told */
    uint8_t *edges;
    uint64_t edge_bytes, edge_room;
    uint64_t edge_bytes_max;
    uint64_t recent[128]; /* edges that need not be told again */
};

/* A walk along edges. */
struct heap_edges {
    const uint8_t *at, *end;
    uint64_t last_word, last_block;
};

/*
 * A block as it was when it was read: good as long as nobody writes to it. Cycles are counted from
 * the last one that took nothing for granted.
 */
struct heap_summary {
    uint32_t epoch;       /* of that picture */
    uint32_t page_count;  /* that it depends on, from the beginning of the block */
    uint32_t alive_words; /* of 8 bytes, in the marked objects */
    uint32_t edge_bytes;  /* at the end of `bytes`: where to */
    uint16_t mark_bytes;  /* before them: which objects */
    uint16_t line_bytes;  /* before them: which lines; 0: all */
    uint8_t since;        /* in each cycle from then on all objects were marked that it has */
    uint8_t told;         /* the cycle that its edges are from */
    uint8_t cycle;        /* the last that it was good for */
    uint8_t bytes[];
};

static_assert(HEAP_SUMMARY_CYCLES <= UINT8_MAX, "a cycle's number is a byte");

static inline const uint8_t *
heap_summary_marks(const struct heap_summary *summary)
{
    return summary->bytes + summary->line_bytes;
}

static inline struct heap_edges
heap_summary_edges(const struct heap_summary *summary)
{
    return (struct heap_edges){
        .at = heap_summary_marks(summary) + summary->mark_bytes,
        .end = heap_summary_marks(summary) + summary->mark_bytes + summary->edge_bytes,
    };
}

/* ---- sketch.c ---- */

/*
 * Begin to look at a block.
 *
 *   known      what was told of it before in this cycle, or NULL: nothing
 *   bytes_max  that the edges may take
 */
void heap_sketch_begin(struct heap_sketch *sketch, const struct heap_summary *known,
                       uint64_t bytes_max);
void heap_sketch_word(struct heap_sketch *sketch, word_t word);
void heap_sketch_block(struct heap_sketch *sketch, uint64_t block);
void heap_sketch_free(struct heap_sketch *sketch);

/* The next one: false if there is none. One of `word` and `block` is filled, the other is 0. */
bool heap_edge_next(struct heap_edges *edges, word_t *word, uint64_t *block);

/*
 * Mark bits of a block in fewer bytes, and back.
 *
 *   bytes  room for HEAP_MARK_WORDS * 8
 *
 * Returns how many it took.
 */
uint32_t heap_marks_pack(const uint64_t marks[HEAP_MARK_WORDS], uint8_t *bytes);
void heap_marks_unpack(const uint8_t *bytes, uint32_t byte_count, uint64_t marks[HEAP_MARK_WORDS]);

/* ---- summary.c; the collector's thread alone, but where it says so ---- */

/* Before there is a collector, and after. Without memory for the table nothing is kept. */
void heap_summaries_start(void);
void heap_summaries_stop(void);

/*
 * A cycle begins. `exact`: it takes nothing for granted, so it finds all that is garbage. Every
 * HEAP_SUMMARY_CYCLES'th one is so in any case.
 */
void heap_summaries_begin(bool exact);

/* Its marks are complete, and what it did not need is forgotten; or they are not: all is. */
void heap_summaries_end(bool complete);

/* Any thread: what is marked in the stopped world is freed by other marks, so all is forgotten. */
void heap_summaries_distrust(void);

/* The block was emptied: what is known of it is not true of what will lie there. */
void heap_summary_forget(uint64_t block);

/* What is known of a block, whether it is still true or not; or NULL. */
struct heap_summary *heap_summary_find(uint64_t block);

/*
 * Nobody has written to the block since, and each block that its edges name has a summary with all
 * that they lead to.
 */
bool heap_summary_holds(const struct heap_summary *summary, uint64_t block);

/* Is it good for this cycle already? */
bool heap_summary_is_used(const struct heap_summary *summary);
void heap_summary_use(struct heap_summary *summary);

/* Its lines are lines in use. */
void heap_summary_lines(const struct heap_summary *summary, uint64_t lines[HEAP_LINE_WORDS]);

/* Could no summary be kept when the block was looked at last? */
bool heap_summary_is_refused(uint64_t block);

/* Bytes that the edges of another one may take. */
uint64_t heap_summary_room(void);

/*
 * The block has been looked at, all that is marked in it: keep that, if there is room for it.
 *
 *   known  the sketch was begun with it; or NULL
 *
 * True if it is kept. What was known before is gone in any case.
 */
bool heap_summary_keep(const struct heap_marks *marks, uint64_t block, uint64_t bytes_alive,
                       const struct heap_sketch *sketch, const struct heap_summary *known);

/* How many there are, and the memory that they take. */
void heap_summaries_count(uint64_t *count, uint64_t *bytes);
