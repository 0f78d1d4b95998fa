/*
 * main.c - `bench FOLDER PART ...`: the benchmarks as a process, with a folder for its
 * files.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "linux/disk.h"
#include "linux/host.h"
#include "plat/thread.h"

#define COMMIT_TURNS 150

/* What there are: the sets of targets. The hard ones are the store's, see `make bench-store`. */
struct commit_set {
    const char *name;
    uint64_t volume_bytes;
    uint64_t pages_max;
    const struct bench_commit_size *sizes;
};

struct pause_set {
    const char *name;
    const struct bench_pause_rule *rule;
};

/* With one flush up to 1,024 pages, with two above. */
static const struct bench_commit_size hard_sizes[] = {
    { 1, 150, 1500 },
    { 10, 150, 1500 },
    { 100, 150, 1500 },
    { 1000, 60, 1200 },
    { 10000, 25, 1300 },
    { 100000, 9, 1300 },
    { 0 },
};

static const struct commit_set commit_sets[] = {
    { "usual", BENCH_COMMIT_VOLUME_BYTES, BENCH_COMMIT_PAGES_MAX, bench_commit_sizes },
    { "hard", 6144ull << 20, 100000, hard_sizes },
};

/* A processor is left for the flusher, or none is. */
static const struct bench_pause_rule alone = { .writers = 1, .limit_ns = 100000 };
static const struct bench_pause_rule crowded = { .writers = 2, .empty_stops = 1500 };

static const struct pause_set pause_sets[] = {
    { "usual", &bench_pause_usual },
    { "alone", &alone },
    { "crowded", &crowded },
};

void
bench_show(const char *line, size_t bytes)
{
    printf("%.*s\n", (int)bytes, line);
    fflush(stdout);
}

void
bench_die(const char *what, err_t err)
{
    fprintf(stderr, "bench: %s (%d)\n", what, (int)err);
    exit(1);
}

static void
commit(const char *folder, const struct commit_set *set)
{
    static const struct bench_peer peer = { .write = host_peer_write };
    struct plat_disk *disk = host_new_disk(folder, set->volume_bytes, true);

    host_peer_open(folder, set->pages_max, set->pages_max);
    bench_commit(disk, set->volume_bytes / PLAT_BLOCK_BYTES, &peer, set->sizes, COMMIT_TURNS);
    linux_disk_close(disk);
}

static void
miss(const char *folder, uint64_t memory_mib)
{
    static const struct bench_peer peer = { .read = host_peer_read };
    uint64_t volume_bytes = memory_mib * 12 << 20;
    struct plat_disk *disk = host_new_disk(folder, volume_bytes, true);

    host_peer_open(folder, memory_mib * 4 * (1u << 20) / PLAT_BLOCK_BYTES, 1);
    bench_miss(disk, volume_bytes / PLAT_BLOCK_BYTES, memory_mib, &peer);
    linux_disk_close(disk);
}

/* A machine with many threads: a processor is left for the flusher, and then none is. */
static void
threads(const char *path, unsigned turns)
{
    unsigned processors = plat_processor_count();
    struct bench_pause_rule rule = alone;

    rule.writers = processors - 1;
    if (processors > 1)
        bench_crowd(path, turns, &rule);
    else
        bench_say("one processor: none can be left for the flusher");
    rule = crowded;
    rule.writers = processors;
    bench_crowd(path, turns, &rule);
}

static int
usage(void)
{
    fprintf(stderr, "usage: bench FOLDER barrier\n"
                    "       bench FOLDER commit usual|hard\n"
                    "       bench FOLDER miss MIB\n"
                    "       bench FOLDER pause usual|alone|crowded TURNS MIB ...\n"
                    "       bench FOLDER threads TURNS VOLUME\n");
    return 2;
}

static bool
commit_named(const char *folder, const char *name)
{
    for (size_t i = 0; i < sizeof commit_sets / sizeof commit_sets[0]; i++) {
        if (strcmp(commit_sets[i].name, name) == 0) {
            commit(folder, &commit_sets[i]);
            return true;
        }
    }
    return false;
}

static bool
pauses_named(const char *folder, const char *name, unsigned turns, char *const *mibs)
{
    for (size_t i = 0; i < sizeof pause_sets / sizeof pause_sets[0]; i++) {
        if (strcmp(pause_sets[i].name, name) == 0) {
            bench_pause_sizes(folder, pause_sets[i].rule, turns, mibs);
            return true;
        }
    }
    return false;
}

static bool
part_run(int argc, char **argv)
{
    const char *folder = argv[1], *part = argv[2];

    if (strcmp(part, "barrier") == 0 && argc == 3) {
        bench_barrier(folder);
        return true;
    }
    if (strcmp(part, "commit") == 0 && argc == 4)
        return commit_named(folder, argv[3]);
    if (strcmp(part, "miss") == 0 && argc == 4) {
        miss(folder, strtoull(argv[3], NULL, 10));
        return true;
    }
    if (strcmp(part, "threads") == 0 && argc == 5) {
        threads(argv[4], (unsigned)strtoul(argv[3], NULL, 10));
        return true;
    }
    if (strcmp(part, "pause") == 0 && argc > 5)
        return pauses_named(folder, argv[3], (unsigned)strtoul(argv[4], NULL, 10), argv + 5);
    return false;
}

int
main(int argc, char **argv)
{
    if (argc < 3 || !part_run(argc, argv))
        return usage();
    return bench_missed() == 0 ? 0 : 1;
}
