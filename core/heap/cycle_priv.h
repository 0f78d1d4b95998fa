/*
 * cycle_priv.h - a full collection in the background, for the files that carry it out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/mark_stack_priv.h"

/* One course of the collector. The collector's own thread changes it, but at the instant. */
struct heap_cycle {
    struct heap_marks marks;
    struct mark_stack stack;
    uint64_t *pending;     /* one bit a block: what is marked there is to be looked at (again) */
    uint64_t *block_bytes; /* alive in each block */
    uint64_t old_bytes;    /* that had gone into old space at the instant */
    bool crowded;          /* there were more blocks at the instant than there is room for */
    bool settled;          /* it came to its end */
    uint64_t asked_ns;     /* plat_monotonic_ns() */
    uint64_t pages_read;   /* from the volume */
    uint64_t bytes_marked;
    uint64_t blocks_freed;
};

/* cycle.c: true when the cycle shall end and free nothing more. Any thread. */
bool heap_cycle_is_called_off(void);

/* picture.c: at the instant, a word that C holds. */
void heap_picture_root(struct heap_cycle *cycle, word_t word);

/*
 * Mark all that the picture reaches, into cycle->marks. Returns OK, ERR_CANCELLED (called off, or
 * the volume could not hold the picture), ERR_NOMEM, ERR_CORRUPT, ERR_IO.
 */
must_use err_t heap_picture_mark(struct heap_cycle *cycle);

/*
 * judge.c: free what is not marked and not born since. By the collector, as a RUNNING worker, a few
 * blocks at a time. Returns OK, or ERR_CANCELLED, ERR_CORRUPT, ERR_IO: what was not judged by then
 * stays as it is.
 */
must_use err_t heap_judge(struct heap_cycle *cycle, struct pmem_worker *worker);

/* The same question of a mark in the stopped world: panics if something reachable is condemned. */
void heap_judge_prove(struct heap_cycle *cycle);
