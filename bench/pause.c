/*
 * pause.c - how long threads that write stand still for a snapshot, with
 * little and with much live data, against an empty stop of the same threads.
 *
 * One or two workers store all the time, mostly into a few pages, and go on to another page
 * of the live data 10,000 times a second each; all of it is in memory. Snapshots take
 * turns with stops for nothing: those are the peer. They never overlap, or the one
 * would wait for the other. Both are measured from the request to the release.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "bench.h"
#include "format/space.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "store/store.h"

#define WRITERS_MAX 2u
#define GAP_NS      5000000 /* before each stop */
#define TURNS       200     /* between two moments when others may measure */
#define WARM_GAPS   10      /* before the first of them, for caches that others have used */

/* A writer stores into HOT_PAGES pages, and this often into one of all pages. */
#define HOT_PAGES   256
#define FRESH_NS    100000
#define CLOCK_EVERY 256 /* stores between two looks at the clock */

struct writer {
    struct pmem_worker worker;
    struct plat_thread *thread;
    unsigned count; /* of writers */
    uint64_t pages; /* of live data */
    uint64_t random;
    uint64_t stores;
    uint64_t fresh_ns; /* when it goes on to another page */
    bool fill;         /* write each page once, and end */
    uint64_t first;
};

static _Atomic uint32_t enough;

/* All have come; and as there is nothing to do they are released at once. */
static void
nothing(void *argument)
{
    *(uint64_t *)argument = plat_monotonic_ns();
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
    uint64_t random = bench_random(&writer->random);
    uint64_t page = (random >> 8) % HOT_PAGES;

    if (writer->stores % CLOCK_EVERY == 0 && plat_monotonic_ns() >= writer->fresh_ns) {
        page = (random >> 8) % writer->pages;
        writer->fresh_ns = plat_monotonic_ns() + FRESH_NS;
    }
    page_write(page, random);
}

static void
writer_main(void *argument)
{
    struct writer *writer = argument;
    uint64_t filled = writer->first;

    if (pmem_worker_join(&writer->worker) != OK)
        bench_die("no worker", ERR_NOMEM);
    while (writer->fill ? filled < writer->pages : atomic_load(&enough) == 0) {
        if (pmem_poll() || writer->worker.credit < 8) {
            if (pmem_safepoint(&writer->worker) != OK)
                bench_die("the volume is full", ERR_NOSPACE);
        }
        if (writer->fill) {
            page_write(filled, filled * 8);
            filled += writer->count;
        } else {
            store_somewhere(writer);
        }
        writer->stores++;
    }
    pmem_worker_leave(&writer->worker);
}

/* `seed`: where they store is another sequence with each. */
static void
writers_run(struct writer *writers, unsigned count, uint64_t pages, uint64_t seed, bool fill)
{
    atomic_store(&enough, 0);
    for (unsigned i = 0; i < count; i++) {
        writers[i] = (struct writer){
            .count = count,
            .pages = pages,
            .random = 88172645463325252ull + seed * count + i,
            .fill = fill,
            .first = i,
        };
        if (plat_thread_create(&writers[i].thread, "writer", writer_main, &writers[i]) != OK)
            bench_die("no thread", ERR_NOMEM);
    }
}

static void
writers_join(struct writer *writers)
{
    unsigned count = writers[0].count;

    for (unsigned i = 0; i < count; i++)
        plat_thread_join(writers[i].thread);
}

static uint64_t
writers_stores(const struct writer *writers)
{
    uint64_t stores = 0;

    for (unsigned i = 0; i < writers[0].count; i++)
        stores += writers[i].stores;
    return stores;
}

static void
gap_wait(void)
{
    static const _Atomic uint32_t never;
    uint64_t until_ns = plat_monotonic_ns() + GAP_NS;

    while (plat_monotonic_ns() < until_ns)
        plat_wait(&never, 0, until_ns);
}

void
bench_snapshot(void)
{
    err_t err = pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND));

    if (err != OK)
        bench_die("cannot commit", err);
}

void
bench_pause_turns(struct bench_samples *empty, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t start, arrived;
        err_t err;

        gap_wait();
        start = plat_monotonic_ns();
        err = pmem_world_do(NULL, nothing, &arrived, 0);
        if (err != OK)
            bench_die("cannot stop the world", err);
        bench_add(empty, arrived - start); /* not until we, who asked, were woken for it */
        gap_wait();
        bench_snapshot();
    }
}

static void
durations_say(const char *name, const struct pmem_durations *durations)
{
    bench_row(name, durations->p50, durations->p99, durations->max, durations->count);
}

void
bench_pause_say(struct bench_samples *empty, const struct pmem_stats *stats,
                const struct bench_pause_rule *rule)
{
    uint64_t limit_ns;

    bench_row_of("empty stop", empty);
    durations_say("snapshot", &stats->pause);
    durations_say("  until the last came to a safepoint", &stats->safepoint);
    durations_say("  committed, in the background", &stats->commit);
    limit_ns = bench_quantile(empty, 990) * rule->empty_stops / 1000;
    if (limit_ns < rule->limit_ns)
        limit_ns = rule->limit_ns;
    bench_target("p99 in us", stats->pause.p99, limit_ns);
}

const struct bench_pause_rule bench_pause_usual = { .writers = 2,
                                                    .limit_ns = 1000000,
                                                    .empty_stops = 2000 };

/* Beside writers; how often they stored. */
static uint64_t
turns_beside(const struct bench_pause_rule *rule, uint64_t pages, struct bench_samples *empty,
             unsigned count)
{
    struct writer writers[WRITERS_MAX];

    writers_run(writers, rule->writers, pages, empty->count, false);
    for (unsigned i = 0; i < WARM_GAPS; i++)
        gap_wait();
    bench_pause_turns(empty, count);
    atomic_store(&enough, 1);
    writers_join(writers);
    return writers_stores(writers);
}

static void
fill(const struct bench_pause_rule *rule, uint64_t pages)
{
    struct writer writers[WRITERS_MAX];

    writers_run(writers, rule->writers, pages, 0, true);
    writers_join(writers);
    bench_snapshot();
}

struct pmem_stats
bench_pause(struct plat_disk *disk, uint64_t block_count, uint64_t live_mib, unsigned count,
            const struct bench_pause_rule *rule, void (*give_way)(void))
{
    struct pmem_options options = { .on_demand_only = true };
    struct store *store = bench_space_up(disk, block_count, &options);
    struct bench_samples empty = { 0 };
    struct pmem_stats stats;
    uint64_t stores = 0;

    fill(rule, live_mib << 8);
    while (empty.count < count) {
        unsigned left = count - (unsigned)empty.count;

        if (give_way)
            give_way();
        stores += turns_beside(rule, live_mib << 8, &empty, left < TURNS ? left : TURNS);
    }
    pmem_stats_get(&stats);
    bench_say("pause: %" PRIu64 " MiB of live data, writers: %u, %" PRIu64 " stores", live_mib,
              rule->writers, stores);
    bench_pause_say(&empty, &stats, rule);
    bench_free(&empty);
    bench_space_down(store);
    return stats;
}
