/*
 * cycle.h - how tests of the collector come between a cycle's instant and its end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "support/heap_space.h"

#include "heap/heap_priv.h"

/* Ask for a cycle, and come back after its instant and before its snapshot is committed. */
static inline void
cycle_reach_instant(void)
{
    pair_set(space_pair(0), 0, WORD_NULL);
    fake.page_delay_us = 20000;
    heap.marks_late = true;
    heap_cycle_ask();
    while (!heap.births.on) {
        space_safepoint();
        usleep(100);
    }
}
