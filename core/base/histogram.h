/*
 * histogram.h - a distribution of durations, recorded without a lock by any
 * thread: count, median, 99th percentile, maximum. Values are kept to within
 * 1/16 of themselves; the maximum is exact.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_SUB_SHIFT 4
#define HISTOGRAM_BUCKETS   ((64 - HISTOGRAM_SUB_SHIFT + 1) << HISTOGRAM_SUB_SHIFT)

/* About 8 KiB; zeroed memory is an empty one. */
struct histogram {
    _Atomic uint64_t count;
    _Atomic uint64_t max;
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
};

struct histogram_summary {
    uint64_t count, p50, p99, max;
};

/* Record one value; a few nanoseconds. */
void histogram_add(struct histogram *histogram, uint64_t value);

/* The value below which `per_mille` thousandths of all lie, to within 1/16. 0 if there is none. */
uint64_t histogram_percentile(const struct histogram *histogram, unsigned per_mille);

/* What was recorded so far; values added meanwhile may be missed. */
struct histogram_summary histogram_summarize(const struct histogram *histogram);
