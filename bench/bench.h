/*
 * bench.h - what the benchmarks share: time, distributions, a system to measure,
 * and rows that say by themselves whether a target was met.
 *
 * A benchmark prints ratios against a peer that was measured in the same run,
 * turn by turn, so that a noisy machine disturbs both alike.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"

uint64_t bench_now_ns(void);

struct bench_samples {
    double *values;
    size_t count;
    size_t room;
};

void bench_add(struct bench_samples *samples, double value);
void bench_clear(struct bench_samples *samples);

/* The value below which the given part of all samples lie; 0.5 is the median. Sorts them. */
double bench_quantile(struct bench_samples *samples, double part);

/* "  name: p50 12.3 us, p99 45.6 us, max 78.9 us (n=1000)", from samples in nanoseconds. */
void bench_row_ns(const char *name, struct bench_samples *samples);

/* "  name: 1.23 (target at most 1.50) ok", and counts what was missed. */
void bench_target(const char *name, double value, double limit);

/* How many targets were missed so far. */
unsigned bench_missed(void);

/* End the program with a message: a benchmark that cannot measure has failed. */
__attribute__((noreturn)) void bench_die(const char *what, int err);

/* A new file of that size in the folder of the benchmark, written through once. Removed at the end.
 */
char *bench_file(const char *folder, const char *name, uint64_t bytes, bool prewritten);

struct plat_disk *bench_disk(const char *path);

void bench_barrier(void);
void bench_commit(const char *folder);
void bench_pause(const char *folder, const uint64_t *live_mib, unsigned size_count, unsigned count);
