/*
 * cold.h - old objects that lie on the volume and not in memory, for tests of a collector that has to
 * read them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "unit/heap/cycle.h"

#define COLD_PAIRS      60000
#define COLD_PER_BLOCK  (HEAP_BLOCK_BYTES / PAIR_BYTES)
#define COLD_PAGES_LEAST (COLD_PAIRS * PAIR_BYTES / PAGE_BYTES)

static ref_t cold[COLD_PAIRS]; /* side by side, and they never move */
static struct heap_handle cold_root;

static inline void
cold_start(void)
{
    space_start();
    space_make_pair_class();
    heap_handle_open(&cold_root, WORD_NULL);
}

static inline void
cold_stop(void)
{
    space_check();
    heap_handle_close(&cold_root);
    space_stop();
}

/* All of them; with `stride` apart each refers to the next one, the last to the first. */
static inline void
cold_make(unsigned stride)
{
    heap.full_bytes_min = UINT64_MAX / 2;
    for (unsigned i = 0; i < COLD_PAIRS; i++) {
        cold[i] = space_alloc_old(PAIR_BYTES, CLASS_PAIR);
        SET_U64(pair_object, cold[i], id, i);
        if (i == 0)
            cold_root.word = cold[0];
        if (i % 64 == 0)
            space_safepoint();
    }
    for (unsigned i = 0; i < COLD_PAIRS; i++) {
        pair_set(cold[i], 0, cold[(i + stride) % COLD_PAIRS]);
        if (i % 64 == 0)
            space_safepoint();
    }
}

/* The machine starts anew, so that nothing is in memory; `root` is reached. */
static inline void
cold_restart(word_t root)
{
    heap_handle_close(&cold_root);
    space_restart();
    heap_handle_open(&cold_root, root);
    heap.full_bytes_min = UINT64_MAX / 2;
    space_pair(0); /* there is a nursery */
}

static inline struct heap_cycle_stats
cold_stats(void)
{
    struct heap_stats stats;

    heap_stats_get(&stats);
    return stats.cycles;
}

/* Through all of them, so that with little memory none stays there. */
static inline void
cold_visit(void)
{
    for (unsigned i = 0; i < COLD_PAIRS; i++) {
        ck_assert_uint_eq(pair_id(cold[i]), i);
        if (i % 64 == 0)
            space_safepoint();
    }
}

/* A cycle as it comes by itself. */
static inline void
cold_cycle(void)
{
    ck_assert_int_eq(heap_cycle_complete(&space_local, false), OK);
}

/* And as one that somebody asks for. */
static inline void
cold_cycle_all(void)
{
    ck_assert_int_eq(heap_cycle_complete(&space_local, true), OK);
}
