/*
 * bench.c - `bench barrier | commit | pause TURNS MIB ...`, in a folder for its files.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "linux/disk.h"

#define FILL_BYTES (4u << 20)

static unsigned missed;

uint64_t
bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void
bench_add(struct bench_samples *samples, double value)
{
    if (samples->count == samples->room) {
        samples->room = samples->room == 0 ? 1024 : samples->room * 2;
        samples->values = realloc(samples->values, samples->room * sizeof *samples->values);
        if (samples->values == NULL)
            bench_die("no memory for samples", 0);
    }
    samples->values[samples->count++] = value;
}

void
bench_clear(struct bench_samples *samples)
{
    samples->count = 0;
}

static int
by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

double
bench_quantile(struct bench_samples *samples, double part)
{
    size_t at = (size_t)(part * (double)samples->count);

    if (samples->count == 0)
        bench_die("nothing was measured", 0);
    qsort(samples->values, samples->count, sizeof *samples->values, by_value);
    return samples->values[at < samples->count ? at : samples->count - 1];
}

void
bench_row_ns(const char *name, struct bench_samples *samples)
{
    printf("  %-34s p50 %10.1f us  p99 %10.1f us  max %10.1f us  (n=%zu)\n", name,
           bench_quantile(samples, 0.5) / 1e3, bench_quantile(samples, 0.99) / 1e3,
           bench_quantile(samples, 1.0) / 1e3, samples->count);
    fflush(stdout);
}

void
bench_target(const char *name, double value, double limit)
{
    bool met = value <= limit;

    printf("  %-34s %.2f (target: at most %.2f) %s\n", name, value, limit, met ? "ok" : "MISSED");
    fflush(stdout);
    missed += !met;
}

unsigned
bench_missed(void)
{
    return missed;
}

void
bench_die(const char *what, int err)
{
    fprintf(stderr, "bench: %s (%d)\n", what, err);
    exit(1);
}

static void
file_fill(int fd, uint64_t bytes)
{
    char *chunk = malloc(FILL_BYTES);

    if (chunk == NULL)
        bench_die("no memory", 0);
    memset(chunk, 0x5a, FILL_BYTES);
    for (uint64_t at = 0; at < bytes; at += FILL_BYTES)
        if (pwrite(fd, chunk, FILL_BYTES, (off_t)at) != (ssize_t)FILL_BYTES)
            bench_die("cannot write the file", 0);
    if (fdatasync(fd) != 0)
        bench_die("cannot flush the file", 0);
    free(chunk);
}

char *
bench_file(const char *folder, const char *name, uint64_t bytes, bool prewritten)
{
    size_t length = strlen(folder) + strlen(name) + 2;
    char *path = malloc(length);
    int fd;

    if (path == NULL)
        bench_die("no memory", 0);
    snprintf(path, length, "%s/%s", folder, name);
    unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
        bench_die("cannot make a file", 0);
    if (prewritten)
        file_fill(fd, bytes);
    close(fd);
    return path;
}

struct plat_disk *
bench_disk(const char *path)
{
    struct linux_disk_options options = { .lock_wait_ms = 5000 };
    struct plat_disk *disk = NULL;
    char message[256];
    err_t err = linux_disk_open(path, &options, &disk, message, sizeof message);

    if (err != OK)
        bench_die(message, (int)err);
    return disk;
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
    uint64_t sizes[16];
    unsigned count = 0;

    if (argc < 3)
        return usage();
    if (strcmp(argv[2], "barrier") == 0)
        bench_barrier();
    else if (strcmp(argv[2], "commit") == 0)
        bench_commit(argv[1]);
    else if (strcmp(argv[2], "pause") == 0 && argc > 4) {
        for (int i = 4; i < argc && count < 16; i++)
            sizes[count++] = strtoull(argv[i], NULL, 10);
        bench_pause(argv[1], sizes, count, (unsigned)strtoul(argv[3], NULL, 10));
    } else
        return usage();
    return missed == 0 ? 0 : 1;
}
