/*
 * scenario.c - what all scenarios share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/scenario.h"

#include <stdio.h>

#include "heap/heap.h"
#include "pmem/pmem.h"
#include "sim/fibre.h"
#include "store/history.h"

#define OPEN_TRIES 64

struct sim_tally *sim_tally;

bool
sim_trouble(const char *doing, err_t err)
{
    fprintf(stderr, "sim: cannot %s: error %d\n", doing, (int)err);
    return false;
}

err_t
sim_store_open(struct plat_disk *disk, bool faulty, struct store **store,
               struct store_opened *opened)
{
    err_t err = store_open(disk, false, store, opened);

    for (unsigned try = 1; err != OK && faulty && try < OPEN_TRIES; try++)
        err = store_open(disk, false, store, opened);
    return err;
}

void
sim_tally_take(struct store *store)
{
    struct store_pin pins[STORE_PINS_MAX];
    struct store_stats store_stats;
    struct pmem_stats pmem_stats;
    struct heap_stats heap_stats;

    store_stats_get(store, &store_stats);
    pmem_stats_get(&pmem_stats);
    heap_stats_get(&heap_stats);
    *sim_tally = (struct sim_tally){
        .commits = store_stats.commits,
        .folds = store_stats.folds,
        .pins = store_pins_get(store, pins, STORE_PINS_MAX),
        .evicted = pmem_stats.pages_evicted,
        .collections = heap_stats.scavenges + heap_stats.full_collections,
        .full_collections = heap_stats.full_collections,
        .switches = sim_switches(),
    };
}
