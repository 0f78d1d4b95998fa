/*
 * pause.c - how long threads that write stand still for a snapshot, with
 * little and with much live data, against an empty stop of the same threads.
 *
 * Two workers store all the time, mostly into a few pages, and go on to another page
 * of the live data 10,000 times a second each; all of it is in memory. Snapshots take
 * turns with stops for nothing: those are the peer. They never overlap, or the one
 * would wait for the other. Both are measured from the request to the release.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "linux/disk.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "store/store.h"

#define WORKERS 2u
#define GAP_NS  5000000 /* before each stop */

/* A writer stores into HOT_PAGES pages, and this often into one of all pages. */
#define HOT_PAGES   256
#define FRESH_NS    100000
#define CLOCK_EVERY 256 /* stores between two looks at the clock */

struct writer {
    struct pmem_worker worker;
    struct plat_thread *thread;
    uint64_t pages; /* of live data */
    uint64_t random;
    uint64_t stores;
    uint64_t fresh_ns; /* when it goes on to another page */
    bool fill;         /* write each page once, and end */
    uint64_t first;
};

static _Atomic uint32_t enough;

static void
nothing(void *argument)
{
    (void)argument;
}

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void
page_write(uint64_t page, uint64_t value)
{
    pmem_store64(SPACE_HEAP + page * PAGE_BYTES + (value & 0xff8), value | 1);
}

/* Most stores go to few pages, as those of programs do. */
static void
store_somewhere(struct writer *writer)
{
    uint64_t random = next_random(&writer->random);
    uint64_t page = (random >> 8) % HOT_PAGES;

    if (writer->stores % CLOCK_EVERY == 0 && bench_now_ns() >= writer->fresh_ns) {
        page = (random >> 8) % writer->pages;
        writer->fresh_ns = bench_now_ns() + FRESH_NS;
    }
    page_write(page, random);
}

static void
writer_main(void *argument)
{
    struct writer *writer = argument;
    uint64_t filled = writer->first;

    if (pmem_worker_join(&writer->worker) != OK)
        bench_die("no worker", 0);
    while (writer->fill ? filled < writer->pages : atomic_load(&enough) == 0) {
        if (pmem_poll() || writer->worker.credit < 8) {
            if (pmem_safepoint(&writer->worker) != OK)
                bench_die("the volume is full", 0);
        }
        if (writer->fill) {
            page_write(filled, filled * 8);
            filled += WORKERS;
        } else {
            store_somewhere(writer);
        }
        writer->stores++;
    }
    pmem_worker_leave(&writer->worker);
}

static void
writers_run(struct writer *writers, uint64_t pages, bool fill)
{
    atomic_store(&enough, 0);
    for (unsigned i = 0; i < WORKERS; i++) {
        writers[i] = (struct writer){
            .pages = pages, .random = 88172645463325252ull + i, .fill = fill, .first = i
        };
        if (plat_thread_create(&writers[i].thread, "writer", writer_main, &writers[i]) != OK)
            bench_die("no thread", 0);
    }
}

static void
writers_end(struct writer *writers)
{
    atomic_store(&enough, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        plat_thread_join(writers[i].thread);
}

/* Let the writers run; stop the world for nothing; let them run; take a snapshot. */
static void
turns(struct bench_samples *empty, unsigned count)
{
    static const struct timespec gap = { .tv_nsec = GAP_NS };

    for (unsigned i = 0; i < count; i++) {
        uint64_t start;

        nanosleep(&gap, NULL);
        start = bench_now_ns();
        if (pmem_world_do(NULL, nothing, NULL, 0) != OK)
            bench_die("cannot stop the world", 0);
        bench_add(empty, (double)(bench_now_ns() - start));
        nanosleep(&gap, NULL);
        if (pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)) != OK)
            bench_die("cannot commit", 0);
    }
}

static void
space_up(struct plat_disk *disk, struct store **store)
{
    struct pmem_options options = { .on_demand_only = true };
    err_t err = store_open(disk, false, store, NULL);

    if (err == OK)
        err = pmem_start(*store, &options);
    if (err != OK)
        bench_die("cannot bring up the space", (int)err);
}

/* p99 of the pause with so much live data, and of an empty stop beside it. */
static void
measure(const char *folder, uint64_t live_mib, unsigned count, double *pause, double *empty)
{
    uint64_t volume_bytes = (live_mib * 3 + 2048) << 20;
    char *path = bench_file(folder, "pause.phantom", volume_bytes, false);
    struct plat_disk *disk = bench_disk(path);
    struct bench_samples samples = { 0 };
    struct writer writers[WORKERS];
    struct pmem_stats stats;
    struct store *store = NULL;

    unlink(path);
    free(path);
    if (store_format(disk, volume_bytes / PLAT_BLOCK_BYTES) != OK)
        bench_die("cannot make a volume", 0);
    space_up(disk, &store);
    writers_run(writers, live_mib << 8, true);
    for (unsigned i = 0; i < WORKERS; i++)
        plat_thread_join(writers[i].thread);
    if (pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)) != OK)
        bench_die("cannot commit", 0);

    writers_run(writers, live_mib << 8, false);
    turns(&samples, count);
    writers_end(writers);
    pmem_stats_get(&stats);
    printf("pause: %lu MiB of live data, %u writers, %lu snapshots, %lu stores\n",
           (unsigned long)live_mib, WORKERS, (unsigned long)stats.pause.count,
           (unsigned long)(writers[0].stores + writers[1].stores));
    bench_row_ns("empty stop", &samples);
    printf("  %-34s p50 %10.1f us  p99 %10.1f us  max %10.1f us  (n=%lu)\n", "snapshot",
           (double)stats.pause.p50 / 1e3, (double)stats.pause.p99 / 1e3,
           (double)stats.pause.max / 1e3, (unsigned long)stats.pause.count);
    *pause = (double)stats.pause.p99;
    *empty = bench_quantile(&samples, 0.99);
    pmem_stop();
    store_close(store);
    linux_disk_close(disk);
}

void
bench_pause(const char *folder, const uint64_t *live_mib, unsigned size_count, unsigned count)
{
    double least = 1e300;
    double most = 0;

    for (unsigned i = 0; i < size_count; i++) {
        double pause = 0;
        double empty = 0;
        double limit;

        measure(folder, live_mib[i], count, &pause, &empty);
        limit = 2 * empty > 1e6 ? 2 * empty : 1e6;
        bench_target("p99 in us; 1 ms or 2 empty stops", pause / 1e3, limit / 1e3);
        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
    }
    if (size_count > 1)
        bench_target("largest p99 / smallest p99", most / least, 1.5);
}
