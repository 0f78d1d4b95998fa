/*
 * disk_space.h - a heap in a space over the real store, on a disk in memory: for tests of what a
 * volume does to a heap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>

#include "heap/heap.h"
#include "support/disk.h"
#include "unit/pmem/start.h"

static struct plat_disk *disk;
static struct store *store;
static struct pmem_worker worker;
static struct heap_local local;
static bool background; /* the collector works beside the worker */

/* Bring up what is on the disk; the first time, a heap with nothing in it. */
static inline void
heap_up(void)
{
    const struct heap_options options = { .nursery_bytes = 256 << 10, .background = background };

    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    start(store, (struct pmem_options){ .on_demand_only = true });
    if (store_generation_running(store) == 2)
        ck_assert_int_eq(heap_format(), OK);
    ck_assert_int_eq(heap_start(&options), OK);
}

/* Take it down, as if killed. No worker is left. */
static inline void
heap_down(void)
{
    heap_stop();
    pmem_stop();
    store_close(store);
    store = NULL;
}
