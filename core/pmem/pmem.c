/*
 * pmem.c - bringing the space up, and taking it down.
 *
 * Up: tables, address room, workers, snapshots, evictor, flusher. Down: the other
 * way round. Everything is made anew at each start, so that a machine may be
 * started many times in one process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "pmem/pmem_priv.h"

#define RESIDENT_PAGES_MIN 32

struct store *pmem_store;
struct pmem_options pmem_settings;

static void
counters_clear(void)
{
    atomic_store(&pmem_counters.pages_in, 0);
    atomic_store(&pmem_counters.pages_evicted, 0);
    atomic_store(&pmem_counters.first_writes, 0);
    atomic_store(&pmem_counters.copies, 0);
    for (unsigned kind = 0; kind < PMEM_STALL_KINDS; kind++) {
        atomic_store(&pmem_counters.stalls[kind].count, 0);
        atomic_store(&pmem_counters.stalls[kind].total_ns, 0);
        atomic_store(&pmem_counters.stalls[kind].max_ns, 0);
    }
}

/* Everything but the threads. */
static err_t
tables_create(void)
{
    uint64_t pages = pmem_settings.resident_bytes_max >> PAGE_SHIFT;
    err_t err;

    if (pages < RESIDENT_PAGES_MIN)
        pages = RESIDENT_PAGES_MIN;
    if (pages > SPACE_PAGES)
        pages = SPACE_PAGES;
    TRY(pmem_pages_create(pages));
    err = plat_space_create(SPACE_BASE, SPACE_BYTES, pmem_fault);
    if (err != OK) {
        pmem_pages_destroy();
        return err;
    }
    pmem_still_create();
    err = pmem_world_create();
    if (err == OK)
        err = pmem_snapshot_create();
    if (err != OK) {
        pmem_world_destroy();
        plat_space_destroy();
        pmem_pages_destroy();
    }
    return err;
}

static void
tables_destroy(void)
{
    pmem_snapshot_destroy();
    pmem_world_destroy();
    pmem_chunks_drop();
    plat_space_destroy();
    pmem_pages_destroy();
    pmem_store = NULL;
}

err_t
pmem_start(struct store *store, const struct pmem_options *options)
{
    err_t err;

    assert(!pmem_store);
    pmem_settings = *options;
    if (pmem_settings.resident_bytes_max == 0)
        pmem_settings.resident_bytes_max = plat_memory_bytes();
    counters_clear();
    TRY(tables_create());
    pmem_store = store;
    IGNORE(pmem_snapshot_credit(), "asked again before each snapshot, and then it matters");
    err = pmem_evict_start();
    if (err != OK) {
        tables_destroy();
        return err;
    }
    err = pmem_flusher_start();
    if (err != OK) {
        pmem_evict_stop();
        tables_destroy();
        return err;
    }
    pmem_warm_start();
    return OK;
}

void
pmem_stop(void)
{
    assert(pmem_store);
    pmem_snapshot_end();
    pmem_warm_stop();
    pmem_flusher_stop();
    pmem_evict_stop();
    tables_destroy();
}
