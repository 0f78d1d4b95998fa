/*
 * miss.c - what it costs to touch a page that is not in memory, in a space four
 * times as large as memory, against a raw read of a random block. Pages are picked at random,
 * with a bias, or one after the other, which must cost much less.
 *
 * One worker touches pages, some of them with a store, while snapshots are taken as
 * ever. A stretch of touches takes turns with a stretch of raw reads; what the stretch
 * took, but for the touches that found their page, is divided by the pages that had
 * to come in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "bench.h"
#include "format/space.h"
#include "plat/machine.h"
#include "pmem/pmem.h"
#include "store/store.h"

#define SIZE_TO_MEMORY 4u
#define STRETCHES      100u
#define STRETCHES_COLD 20u /* at first, until memory is full of what the load wants */
#define TOUCHES        512u
#define READS          128u
#define STORE_EVERY    10u
#define CREDIT_LEAST   8u

struct load {
    const char *name;
    unsigned
        hot_share; /* of 100 pages so many are hot; 0: each touch is of the page after the last */
    unsigned hot_picks; /* of 100 touches so many are of hot pages */
    uint64_t limit;     /* the target, in thousandths of a raw read */
};

static const struct load loads[] = {
    { "in order", 0, 0, 500 },
    { "random", 100, 100, 1300 },
    { "skewed", 20, 80, 1300 },
};

struct miss {
    struct pmem_worker worker;
    const struct bench_peer *peer;
    uint64_t pages;
    uint64_t random;
    uint64_t touched;
};

static uint64_t
page_pick(struct miss *miss, const struct load *load)
{
    uint64_t hot = miss->pages * load->hot_share / 100;

    if (hot == 0)
        return miss->touched % miss->pages;
    if (bench_random(&miss->random) % 100 < load->hot_picks)
        return bench_random(&miss->random) % hot;
    return hot + bench_random(&miss->random) % (miss->pages - hot);
}

static uint64_t
page_address(uint64_t page)
{
    return SPACE_HEAP + page * PAGE_BYTES;
}

static void
credit_see_to(struct miss *miss)
{
    if ((pmem_poll() || miss->worker.credit < CREDIT_LEAST) && pmem_safepoint(&miss->worker) != OK)
        bench_die("the volume is full", ERR_NOSPACE);
}

static void
page_touch(struct miss *miss, uint64_t page)
{
    credit_see_to(miss);
    if (miss->touched++ % STORE_EVERY == 0)
        pmem_store64(page_address(page) + 8, miss->touched);
    else if (pmem_load64(page_address(page)) != page + 1)
        bench_die("a page is not what it was", ERR_CORRUPT);
}

static void
pages_fill(struct miss *miss)
{
    for (uint64_t page = 0; page < miss->pages; page++) {
        credit_see_to(miss);
        pmem_store64(page_address(page), page + 1);
    }
}

static uint64_t
pages_in(void)
{
    struct pmem_stats stats;

    pmem_stats_get(&stats);
    return stats.pages_in;
}

/* Nanoseconds for each page that came in. */
static uint64_t
touches(struct miss *miss, const struct load *load)
{
    uint64_t before = pages_in(), start = plat_monotonic_ns(), misses;

    for (unsigned i = 0; i < TOUCHES; i++)
        page_touch(miss, page_pick(miss, load));
    start = plat_monotonic_ns() - start;
    misses = pages_in() - before;
    return misses > 0 ? start / misses : 0;
}

static uint64_t
raw_reads(struct miss *miss)
{
    uint64_t start = plat_monotonic_ns();

    for (unsigned i = 0; i < READS; i++)
        miss->peer->read(bench_random(&miss->random) % miss->pages);
    return (plat_monotonic_ns() - start) / READS;
}

static void
measure(struct miss *miss, const struct load *load)
{
    struct bench_samples raw = { 0 }, miss_ns = { 0 }, ratio = { 0 };

    for (unsigned i = 0; i < STRETCHES_COLD; i++)
        (void)touches(miss, load);
    for (unsigned i = 0; i < STRETCHES; i++) {
        uint64_t read_ns = raw_reads(miss), page_ns = touches(miss, load);

        bench_add(&raw, read_ns);
        bench_add(&miss_ns, page_ns);
        bench_add(&ratio, bench_ratio(page_ns, read_ns));
    }
    bench_say("misses: %s load, one touch in %u a store", load->name, STORE_EVERY);
    bench_row_of("raw read", &raw);
    bench_row_of("miss", &miss_ns);
    bench_target("miss / raw read, median of turns", bench_quantile(&ratio, 500), load->limit);
    bench_free(&raw);
    bench_free(&miss_ns);
    bench_free(&ratio);
}

void
bench_miss(struct plat_disk *disk, uint64_t block_count, uint64_t memory_mib,
           const struct bench_peer *peer)
{
    struct pmem_options options = { .resident_bytes_max = memory_mib << 20 };
    struct miss miss = {
        .peer = peer,
        .pages = SIZE_TO_MEMORY * (memory_mib << 20) / PAGE_BYTES,
        .random = 88172645463325252ull,
    };
    struct store *store = bench_space_up(disk, block_count, &options);

    if (pmem_worker_join(&miss.worker) != OK)
        bench_die("no worker", ERR_NOMEM);
    pages_fill(&miss);
    for (unsigned i = 0; i < sizeof loads / sizeof loads[0]; i++)
        measure(&miss, &loads[i]);
    pmem_worker_leave(&miss.worker);
    bench_space_down(store);
}
