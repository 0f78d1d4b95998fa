/*
 * main.c - `bench FOLDER barrier | commit | pause TURNS MIB ...`: the benchmarks as a
 * process, with a folder for its files.
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

#define COMMIT_TURNS 150

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
commit(const char *folder)
{
    static const struct bench_peer peer = { .write = host_peer_write };
    char *path = host_file(folder, "commit.phantom", BENCH_COMMIT_VOLUME_BYTES, true);
    struct plat_disk *disk = host_disk(path);

    unlink(path);
    free(path);
    host_peer_open(folder, BENCH_COMMIT_PAGES_MAX);
    bench_commit(disk, &peer, COMMIT_TURNS);
    linux_disk_close(disk);
}

/* Nanoseconds, 99th percentile. */
static uint64_t
pause_of(const char *folder, uint64_t live_mib, unsigned turns)
{
    uint64_t volume_bytes = (live_mib * 3 + 2048) << 20;
    char *path = host_file(folder, "pause.phantom", volume_bytes, false);
    struct plat_disk *disk = host_disk(path);
    struct pmem_stats stats;

    unlink(path);
    free(path);
    stats = bench_pause(disk, volume_bytes / PLAT_BLOCK_BYTES, live_mib, turns);
    linux_disk_close(disk);
    return stats.pause.p99;
}

/* The pause with each size of live data, and how much it grows with that. */
static void
pauses(const char *folder, char *const *mibs, unsigned count, unsigned turns)
{
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;

    for (unsigned i = 0; i < count; i++) {
        uint64_t p99 = pause_of(folder, strtoull(mibs[i], NULL, 10), turns);

        least = p99 < least ? p99 : least;
        most = p99 > most ? p99 : most;
    }
    if (count > 1)
        bench_target("largest p99 / smallest p99", bench_ratio(most, least), 1500);
}

static int
usage(void)
{
    fprintf(stderr, "usage: bench FOLDER barrier | commit | pause TURNS MIB ...\n");
    return 2;
}

int
main(int argc, char **argv)
{
    if (argc < 3)
        return usage();
    if (strcmp(argv[2], "barrier") == 0)
        bench_barrier(argv[1]);
    else if (strcmp(argv[2], "commit") == 0)
        commit(argv[1]);
    else if (strcmp(argv[2], "pause") == 0 && argc > 4)
        pauses(argv[1], argv + 4, (unsigned)argc - 4, (unsigned)strtoul(argv[3], NULL, 10));
    else
        return usage();
    return bench_missed() == 0 ? 0 : 1;
}
