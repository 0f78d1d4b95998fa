/*
 * barrier.c - what the write barrier costs a loop that does nothing but store.
 *
 * The same loop with and without the check, over pages that were all written in
 * this epoch: that is what nearly every store meets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "linux/disk.h"
#include "linux/host.h"
#include "plat/machine.h"
#include "pmem/pmem.h"

#define PAGES        64u /* as many as a worker may write between two safepoints */
#define STORES       4000000u
#define ROUNDS       41u
#define WORDS        (PAGES * PAGE_BYTES / 8)

#define VOLUME_BYTES (64u << 20)

/* The next word: a walk that jumps between pages, as stores of programs do. */
static inline uint64_t
step(uint64_t at)
{
    return (at + 517) & (WORDS - 1);
}

static __attribute__((noinline)) void
stores_plain(uint64_t base)
{
    uint64_t at = 0;

    for (uint64_t i = 0; i < STORES; i++) {
        at = step(at);
        atomic_store_explicit((_Atomic uint64_t *)(base + at * 8), i, memory_order_relaxed);
    }
}

static __attribute__((noinline)) void
stores_with_barrier(uint64_t base)
{
    uint64_t at = 0;

    for (uint64_t i = 0; i < STORES; i++) {
        at = step(at);
        pmem_store64(base + at * 8, i);
    }
}

static uint64_t
timed(void (*loop)(uint64_t base), uint64_t base)
{
    uint64_t start = plat_monotonic_ns();

    loop(base);
    return plat_monotonic_ns() - start;
}

static void
measure(void)
{
    struct bench_samples plain = { 0 };
    struct bench_samples barrier = { 0 };
    struct bench_samples ratio = { 0 };

    stores_with_barrier(SPACE_HEAP);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t without = timed(stores_plain, SPACE_HEAP);
        uint64_t with = timed(stores_with_barrier, SPACE_HEAP);

        bench_add(&plain, without);
        bench_add(&barrier, with);
        bench_add(&ratio, bench_ratio(with, without));
    }
    bench_say("barrier: %u stores over %u pages, %u rounds", STORES, PAGES, ROUNDS);
    bench_row_of("plain", &plain);
    bench_row_of("with the barrier", &barrier);
    bench_target("with / plain, median", bench_quantile(&ratio, 500), 1100);
}

void
bench_barrier(const char *folder)
{
    struct pmem_options options = { .on_demand_only = true };
    struct pmem_worker worker = { 0 };
    char *path = host_file(folder, "barrier.phantom", VOLUME_BYTES, false);
    struct plat_disk *disk = host_disk(path);
    struct store *store = bench_space_up(disk, VOLUME_BYTES / PLAT_BLOCK_BYTES, &options);
    err_t err = pmem_worker_join(&worker);

    unlink(path);
    free(path);
    if (err == OK)
        err = pmem_safepoint(&worker);
    if (err != OK)
        bench_die("no worker", err);
    measure();
    pmem_worker_leave(&worker);
    bench_space_down(store);
    linux_disk_close(disk);
}
