/*
 * histogram.c - log-linear buckets: 16 for each power of two.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/histogram.h"

#include "base/assert.h"

#define SUB_COUNT (1u << HISTOGRAM_SUB_SHIFT)

/* Values below SUB_COUNT have a bucket each; above, the top bits choose. */
static unsigned
bucket_of(uint64_t value)
{
    unsigned top;

    if (value < SUB_COUNT)
        return (unsigned)value;
    top = 63 - (unsigned)__builtin_clzll(value);
    return ((top - HISTOGRAM_SUB_SHIFT + 1) << HISTOGRAM_SUB_SHIFT) +
           (unsigned)(value >> (top - HISTOGRAM_SUB_SHIFT) & (SUB_COUNT - 1));
}

/* The largest value that falls into a bucket. */
static uint64_t
bucket_last(unsigned bucket)
{
    unsigned octave = bucket >> HISTOGRAM_SUB_SHIFT;
    uint64_t sub = bucket & (SUB_COUNT - 1);

    if (octave == 0)
        return sub;
    return ((SUB_COUNT + sub) << (octave - 1)) + ((1ull << (octave - 1)) - 1);
}

void
histogram_add(struct histogram *histogram, uint64_t value)
{
    unsigned bucket = bucket_of(value);
    uint64_t max = atomic_load_explicit(&histogram->max, memory_order_relaxed);

    assert_slow(bucket < HISTOGRAM_BUCKETS);
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->count, 1, memory_order_relaxed);
    while (value > max &&
           !atomic_compare_exchange_weak_explicit(&histogram->max, &max, value,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

uint64_t
histogram_percentile(const struct histogram *histogram, unsigned per_mille)
{
    uint64_t total = 0, wanted, seen = 0;
    uint64_t max = atomic_load_explicit(&histogram->max, memory_order_relaxed);

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        total += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
    if (total == 0)
        return 0;
    wanted = total / 1000 * per_mille + (total % 1000 * per_mille + 999) / 1000;
    if (wanted == 0)
        wanted = 1;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        if (seen >= wanted)
            return bucket_last(i) < max ? bucket_last(i) : max;
    }
    return max;
}

struct histogram_summary
histogram_summarize(const struct histogram *histogram)
{
    return (struct histogram_summary){
        .count = atomic_load_explicit(&histogram->count, memory_order_relaxed),
        .p50 = histogram_percentile(histogram, 500),
        .p99 = histogram_percentile(histogram, 990),
        .max = atomic_load_explicit(&histogram->max, memory_order_relaxed),
    };
}
