/*
 * bench.h - what the benchmarks share, on every machine: distributions, rows, and
 * targets that say by themselves whether they were met.
 *
 * A benchmark prints ratios against a peer that was measured in the same run,
 * turn by turn, so that a noisy machine disturbs both alike. Freestanding, like
 * the core; durations are nanoseconds, ratios are thousandths.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"
#include "pmem/pmem.h"

struct bench_samples {
    uint64_t *values;
    size_t count;
    size_t room;
};

void bench_add(struct bench_samples *samples, uint64_t value);
void bench_free(struct bench_samples *samples);

/* The value below which so many thousandths of all samples lie; 500 is the median. Sorts them. */
uint64_t bench_quantile(struct bench_samples *samples, unsigned per_mille);

/* Print one line. */
__attribute__((format(printf, 1, 2))) void bench_say(const char *text, ...);

/* "  name  p50 12.3 us  p99 45.6 us  max 78.9 us  (n=1000)", from nanoseconds. */
void bench_row(const char *name, uint64_t p50, uint64_t p99, uint64_t max, uint64_t count);
void bench_row_of(const char *name, struct bench_samples *samples);

/* "  name  1.23 (target: at most 1.50) ok", from thousandths, and counts what was missed. */
void bench_target(const char *name, uint64_t value, uint64_t limit);

/* How many targets were missed so far; and so many more, that somebody else knows of. */
unsigned bench_missed(void);
void bench_missed_add(unsigned count);

/* "  name  1.234", from thousandths. */
void bench_ratio_say(const char *name, uint64_t ratio);

/* value / by in thousandths. */
uint64_t bench_ratio(uint64_t value, uint64_t by);

/* The next of a sequence that looks random. `state` is never 0. */
uint64_t bench_random(uint64_t *state);

/* A new volume on the first `block_count` blocks of the disk, and the space over it; and down
 * again. */
struct store *bench_space_up(struct plat_disk *disk, uint64_t block_count,
                             const struct pmem_options *options);
void bench_space_down(struct store *store);

/* ---- what each machine supplies ---- */

/* What has been used up since some moment of the past. */
struct bench_meter {
    uint64_t requests; /* to the disk: reads and writes */
    uint64_t blocks;   /* that these moved */
    uint64_t flushes;
    uint64_t busy_ns; /* of all processors */
};

/* The least that the disk can be asked for, and what anything costs. */
struct bench_peer {
    /* One sequential write of so many blocks that were written before, and one flush. */
    void (*write)(uint64_t blocks);
    /* Read a block; NULL where nobody compares reads. */
    void (*read)(uint64_t block);
    /* NULL where the machine has no meter. */
    struct bench_meter (*meter)(void);
};

/* Add what was used up from `begin` to `end`. */
void bench_meter_add(struct bench_meter *total, const struct bench_meter *begin,
                     const struct bench_meter *end);

/* What each of `count` turns asked of the disk, in the mean, from the sum of them. */
void bench_meter_say(const struct bench_meter *total, uint64_t count);

/* Show a line without a newline. */
void bench_show(const char *line, size_t bytes);

/* End with a message: a benchmark that cannot measure has failed. */
__attribute__((noreturn)) void bench_die(const char *what, err_t err);

/* ---- the benchmarks that run on every machine ---- */

#define BENCH_COMMIT_PAGES_MAX    10000u
#define BENCH_COMMIT_VOLUME_BYTES (1536ull << 20)

/* Commits of one size. */
struct bench_commit_size {
    uint64_t pages;
    unsigned turns_max;
    uint64_t limit; /* the target: at most so many thousandths of the write and flush */
};

/* 1 to BENCH_COMMIT_PAGES_MAX pages, in BENCH_COMMIT_VOLUME_BYTES. */
extern const struct bench_commit_size bench_commit_sizes[];

/*
 * Commits against one write and flush of as many blocks.
 *
 *   disk   its first `block_count` blocks become a volume; all of them were written before
 *   peer   on the same disk, or on one like it
 *   sizes  up to one of 0 pages
 *   turns  how often at most
 */
void bench_commit(struct plat_disk *disk, uint64_t block_count, const struct bench_peer *peer,
                  const struct bench_commit_size *sizes, unsigned turns);

/* How many threads write, and the target: the longer of a time and so many thousandths of an empty
 * stop. */
struct bench_pause_rule {
    unsigned writers; /* one or two */
    uint64_t limit_ns;
    uint64_t empty_stops;
};

extern const struct bench_pause_rule bench_pause_usual;

/*
 * Pauses of snapshots while threads write, against stops for nothing of the
 * same threads. Prints them, and whether the target was met.
 *
 *   disk         its first `block_count` blocks become a volume
 *   block_count  room for `live_mib` three times and more
 *   count        of snapshots, and of stops
 *   give_way     called before each few of them, while nobody writes; NULL: nobody else measures
 *
 * Returns what the space says of them.
 */
struct pmem_stats bench_pause(struct plat_disk *disk, uint64_t block_count, uint64_t live_mib,
                              unsigned count, const struct bench_pause_rule *rule,
                              void (*give_way)(void));

/*
 * The parts of that, for whoever has other threads write: let them run, stop the world for nothing,
 * let them run, take a snapshot, `count` times; and say what came out. Take one snapshot.
 *
 *   empty  what the stops for nothing took is added
 *   stats  of the space, whose snapshots are those of the turns
 */
void bench_pause_turns(struct bench_samples *empty, unsigned count);
void bench_pause_say(struct bench_samples *empty, const struct pmem_stats *stats,
                     const struct bench_pause_rule *rule);
void bench_snapshot(void);

/*
 * What a page costs that is not in memory, with a volume four times as large, against a random read
 * of one block. Pages are picked at random, and then such that four of five are among a fifth of
 * all; one access in ten is a store.
 *
 *   disk        its first `block_count` blocks become a volume
 *   memory_mib  for pages
 *   peer        reads, on the same disk or one like it
 */
void bench_miss(struct plat_disk *disk, uint64_t block_count, uint64_t memory_mib,
                const struct bench_peer *peer);
