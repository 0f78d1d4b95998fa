/*
 * commit.c - a commit against the least that a disk can be asked for: one
 * plain sequential write of the same bytes to blocks that were written before,
 * and one flush.
 *
 * The two take turns; the ratio is taken turn by turn. Where the machine has a
 * meter, what the disk was asked for and how long processors were busy is told
 * too: that is the same in each run, however noisy its time is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "base/memory.h"
#include "bench.h"
#include "format/space.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "store/store.h"

#define FIRST_PAGE   100000u
#define PAGES_SPREAD 800000ull /* prime to the stride, and more than any commit has pages */
#define COLD_TURNS   5u        /* at first, which find cold caches */

const struct bench_commit_size bench_commit_sizes[] = {
    { 1, 150, 2500 },
    { 10, 150, 2500 },
    { 100, 150, 2500 },
    { 1000, 60, 1500 },
    { BENCH_COMMIT_PAGES_MAX, 25, 1500 },
    { 0 },
};

/* A commit, or what it is compared with, turn by turn. */
struct series {
    struct bench_samples times;
    struct bench_samples busy; /* processor time */
    struct bench_meter total;  /* of all turns */
    struct bench_meter begin;
    uint64_t begin_ns;
    uint64_t last_ns;
    uint64_t last_rest_ns; /* of it, processors did nothing */
};

static struct bench_meter
meter_read(const struct bench_peer *peer)
{
    return peer->meter != NULL ? peer->meter() : (struct bench_meter){ 0 };
}

static void
turn_begin(struct series *series, const struct bench_peer *peer)
{
    series->begin = meter_read(peer);
    series->begin_ns = plat_monotonic_ns();
}

static void
turn_end(struct series *series, const struct bench_peer *peer)
{
    uint64_t ns = plat_monotonic_ns() - series->begin_ns;
    struct bench_meter end = meter_read(peer);
    uint64_t busy_ns = end.busy_ns - series->begin.busy_ns;

    bench_meter_add(&series->total, &series->begin, &end);
    series->last_ns = ns;
    series->last_rest_ns = ns > busy_ns ? ns - busy_ns : 0;
    bench_add(&series->times, ns);
    bench_add(&series->busy, busy_ns);
}

static void
series_clear(struct series *series)
{
    bench_free(&series->times);
    bench_free(&series->busy);
    series->total = (struct bench_meter){ 0 };
}

/* Pages far apart, each different from all before. */
static void
commit_make(struct store *store, uint64_t pages, uint8_t *page, uint64_t turn)
{
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    err_t err = OK;

    store_commit_begin(store);
    for (uint64_t i = 0; i < pages && err == OK; i++) {
        memcpy(page, &turn, sizeof turn);
        memcpy(page + sizeof turn, &i, sizeof i);
        err = store_commit_page(store, FIRST_PAGE + i * 7 % PAGES_SPREAD, page);
    }
    if (err == OK)
        err = store_commit_finish(store, &note);
    if (err != OK)
        bench_die("commit failed", err);
}

static void
series_say(const char *what, uint64_t pages, struct series *series, bool metered)
{
    char name[64];

    format(name, sizeof name, "%" PRIu64 " pages: %s", pages, what);
    bench_row_of(name, &series->times);
    if (!metered)
        return;
    bench_row_of("  of it, processors busy", &series->busy);
    bench_meter_say(&series->total, series->times.count);
}

/* Both at one size. */
struct contest {
    struct series raw;
    struct series commit;
    struct bench_samples ratio;
    struct bench_samples rest_ratio; /* of what is left without the processors' time */
};

static void
contest_clear(struct contest *contest)
{
    series_clear(&contest->raw);
    series_clear(&contest->commit);
    bench_free(&contest->ratio);
    bench_free(&contest->rest_ratio);
}

static void
contest_turn(struct contest *contest, struct store *store, const struct bench_peer *peer,
             uint8_t *page, uint64_t pages)
{
    static uint64_t turn = 1;
    struct series *raw = &contest->raw;
    struct series *commit = &contest->commit;
    err_t err = store_credit_take(store, pages);

    if (err != OK)
        bench_die("no credit", err);
    turn_begin(raw, peer);
    peer->write(pages);
    turn_end(raw, peer);
    turn_begin(commit, peer);
    commit_make(store, pages, page, turn++);
    turn_end(commit, peer);
    bench_add(&contest->ratio, bench_ratio(commit->last_ns, raw->last_ns));
    bench_add(&contest->rest_ratio, bench_ratio(commit->last_rest_ns, raw->last_rest_ns));
}

static void
measure(struct store *store, const struct bench_peer *peer, uint8_t *page, uint64_t pages,
        unsigned turns, uint64_t limit)
{
    struct contest contest = { 0 };
    bool metered = peer->meter != NULL;

    for (unsigned i = 0; i < COLD_TURNS; i++)
        contest_turn(&contest, store, peer, page, pages);
    contest_clear(&contest);
    for (unsigned i = 0; i < turns; i++)
        contest_turn(&contest, store, peer, page, pages);
    series_say("write + flush", pages, &contest.raw, metered);
    series_say("commit", pages, &contest.commit, metered);
    if (metered)
        bench_ratio_say("without what processors did", bench_quantile(&contest.rest_ratio, 500));
    bench_target("commit / write, median of turns", bench_quantile(&contest.ratio, 500), limit);
    contest_clear(&contest);
}

void
bench_commit(struct plat_disk *disk, uint64_t block_count, const struct bench_peer *peer,
             const struct bench_commit_size *sizes, unsigned turns)
{
    struct store *store = NULL;
    uint8_t *page = plat_alloc(PAGE_BYTES);
    err_t err = store_format(disk, block_count);

    if (err == OK)
        err = store_open(disk, false, &store, NULL);
    if (err != OK || page == NULL)
        bench_die("cannot make a volume", err);
    memset(page, 0x44, PAGE_BYTES);
    bench_say("commit: pages far apart, against one sequential write and a flush");
    for (; sizes->pages > 0; sizes++)
        measure(store, peer, page, sizes->pages,
                turns < sizes->turns_max ? turns : sizes->turns_max, sizes->limit);
    store_close(store);
    plat_free(page, PAGE_BYTES);
}
