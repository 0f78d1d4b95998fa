/*
 * idle.c - the promise that an idle system writes nothing, in virtual time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/idle.h"

#include <inttypes.h>
#include <stdio.h>

#include "plat/machine.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "sim/disk.h"
#include "sim/fibre.h"
#include "sim/machine.h"
#include "sim/scenario.h"

#define IDLE_NS        (600ull * 1000000000ull)
#define BLOCK_COUNT    4096u
#define LATENCY_NS_MAX 100000u

static void
one_word_write(void *argument)
{
    (void)argument;
    pmem_store64(SPACE_HEAP, 1);
}

/* Write something, let the interval take its snapshot, and then do nothing. */
static bool
rest(struct store *store)
{
    _Atomic uint32_t never = 0;
    struct store_stats before;
    struct store_stats after;
    uint64_t switches;
    uint64_t until;

    if (pmem_world_do(NULL, one_word_write, NULL, 1) != OK)
        return sim_trouble("write a word", ERR_NOSPACE);
    until = plat_monotonic_ns() + 20000000000ull;
    while (plat_monotonic_ns() < until)
        plat_wait(&never, 0, until);
    store_stats_get(store, &before);
    switches = sim_switches();
    until += IDLE_NS;
    while (plat_monotonic_ns() < until)
        plat_wait(&never, 0, until);
    store_stats_get(store, &after);
    switches = sim_switches() - switches;
    printf("10 minutes idle: %" PRIu64 " snapshots, %" PRIu64 " blocks written, %" PRIu64
           " flushes, %" PRIu64 " switches\n",
           after.commits - before.commits, after.blocks_written - before.blocks_written,
           after.flushes - before.flushes, switches);
    return before.commits > 0 && after.commits == before.commits &&
           after.blocks_written == before.blocks_written && after.flushes == before.flushes &&
           switches < 10;
}

bool
sim_idle(uint64_t seed)
{
    static struct sim_machine machine;
    struct sim_schedule schedule = { .switch_per_1024 = 100,
                                     .tick_ns_max = 200,
                                     .processor_count = 2 };
    struct pmem_options options = { 0 };
    struct plat_disk *disk = NULL;
    struct store *store = NULL;
    uint8_t *image = NULL;
    bool passed;

    machine = (struct sim_machine){ .seed = seed, .resident_bytes = 64u << 20 };
    sim_fibres_start(seed, &schedule);
    sim_machine_start(&machine);
    if (sim_image_create(&image, BLOCK_COUNT) != OK ||
        sim_disk_create(&disk, image, BLOCK_COUNT, NULL, NULL, LATENCY_NS_MAX, seed) != OK ||
        store_format(disk, BLOCK_COUNT) != OK || store_open(disk, false, &store, NULL) != OK ||
        pmem_start(store, &options) != OK)
        return sim_trouble("bring up an idle system", ERR_NOMEM);
    passed = rest(store);
    pmem_stop();
    store_close(store);
    printf("%d passed, %d failed\n", passed, !passed);
    return passed;
}
