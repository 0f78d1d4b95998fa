/*
 * bench.c - distributions, rows and targets, and numbers that look random.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include "base/format.h"
#include "base/memory.h"
#include "plat/memory.h"

#define LINE_BYTES    256
#define SAMPLES_LEAST 1024

static unsigned missed;

/* ---- distributions ---- */

static void
samples_grow(struct bench_samples *samples)
{
    size_t room = samples->room == 0 ? SAMPLES_LEAST : samples->room * 2;
    uint64_t *values = plat_alloc(room * sizeof *values);

    if (values == NULL)
        bench_die("no memory for samples", ERR_NOMEM);
    if (samples->count > 0)
        memcpy(values, samples->values, samples->count * sizeof *values);
    plat_free(samples->values, samples->room * sizeof *values);
    samples->values = values;
    samples->room = room;
}

void
bench_add(struct bench_samples *samples, uint64_t value)
{
    if (samples->count == samples->room)
        samples_grow(samples);
    samples->values[samples->count++] = value;
}

void
bench_free(struct bench_samples *samples)
{
    plat_free(samples->values, samples->room * sizeof *samples->values);
    *samples = (struct bench_samples){ 0 };
}

/* Shell's sort: there are a few thousand. */
static void
sort(uint64_t *values, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            uint64_t value = values[i];
            size_t at = i;

            for (; at >= gap && values[at - gap] > value; at -= gap)
                values[at] = values[at - gap];
            values[at] = value;
        }
    }
}

uint64_t
bench_quantile(struct bench_samples *samples, unsigned per_mille)
{
    size_t at = samples->count * per_mille / 1000;

    if (samples->count == 0)
        bench_die("nothing was measured", ERR_RANGE);
    sort(samples->values, samples->count);
    return samples->values[at < samples->count ? at : samples->count - 1];
}

uint64_t
bench_ratio(uint64_t value, uint64_t by)
{
    return by == 0 ? UINT64_MAX : value * 1000 / by;
}

uint64_t
bench_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- lines ---- */

void
bench_say(const char *text, ...)
{
    char line[LINE_BYTES];
    va_list values;
    size_t bytes;

    va_start(values, text);
    bytes = format_list(line, sizeof line, text, values);
    va_end(values);
    bench_show(line, bytes < sizeof line ? bytes : sizeof line - 1);
}

/* One digit behind the point, of microseconds. */
#define US(ns) (ns) / 1000, (ns) / 100 % 10

void
bench_row(const char *name, uint64_t p50, uint64_t p99, uint64_t max, uint64_t count)
{
    bench_say("  %-34s p50 %8" PRIu64 ".%" PRIu64 " us  p99 %8" PRIu64 ".%" PRIu64
              " us  max %8" PRIu64 ".%" PRIu64 " us  (n=%" PRIu64 ")",
              name, US(p50), US(p99), US(max), count);
}

void
bench_row_of(const char *name, struct bench_samples *samples)
{
    bench_row(name, bench_quantile(samples, 500), bench_quantile(samples, 990),
              bench_quantile(samples, 1000), samples->count);
}

/* Two digits behind the point, rounded up: what is shown as met was met. */
static uint64_t
hundredths(uint64_t thousandths)
{
    return thousandths / 10 + (thousandths % 10 > 0);
}

void
bench_target(const char *name, uint64_t value, uint64_t limit)
{
    bool met = value <= limit;
    uint64_t shown = hundredths(value);
    uint64_t shown_limit = hundredths(limit);

    bench_say("  %-34s %" PRIu64 ".%02" PRIu64 " (target: at most %" PRIu64 ".%02" PRIu64 ") %s",
              name, shown / 100, shown % 100, shown_limit / 100, shown_limit % 100,
              met ? "ok" : "MISSED");
    missed += !met;
}

void
bench_ratio_say(const char *name, uint64_t ratio)
{
    bench_say("  %-34s %" PRIu64 ".%03" PRIu64, name, ratio / 1000, ratio % 1000);
}

void
bench_meter_add(struct bench_meter *total, const struct bench_meter *begin,
                const struct bench_meter *end)
{
    total->requests += end->requests - begin->requests;
    total->blocks += end->blocks - begin->blocks;
    total->flushes += end->flushes - begin->flushes;
    total->busy_ns += end->busy_ns - begin->busy_ns;
}

/* Two digits behind the point. */
#define MEAN(total, count) (total) / (count), (total) % (count)*100 / (count)

void
bench_meter_say(const struct bench_meter *total, uint64_t count)
{
    bench_say("    each: %" PRIu64 ".%02" PRIu64 " requests, %" PRIu64 ".%02" PRIu64
              " blocks, %" PRIu64 ".%02" PRIu64 " flushes",
              MEAN(total->requests, count), MEAN(total->blocks, count),
              MEAN(total->flushes, count));
}

unsigned
bench_missed(void)
{
    return missed;
}

void
bench_missed_add(unsigned count)
{
    missed += count;
}
