/*
 * interp_count.c - which instructions follow which: what superinstructions are chosen by.
 *
 * Only where INTERP_COUNTS is defined: as 1 in a build that makes no superinstructions, as 2 in one
 * that does:
 *
 *   make B=build-counts CFLAGS=-DINTERP_COUNTS=1
 *
 * Runs of two, three and four instructions are counted in a table that more than one worker may
 * spoil a little, and written to the log when a worker ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/worker_priv.h"

#ifdef INTERP_COUNTS

#define LOG_MODULE "counts"
#include "base/log.h"

#define RUN_MAX    4
#define TABLE_SIZE (1u << 16)
#define SHOWN      100

struct run {
    uint16_t ops[RUN_MAX];
    uint16_t length; /* 0: the entry is free */
    uint64_t count;
};

static const char *const names[OP_COUNT] = {
#define X(name) [OP_##name] = #name,
#include "vm/interp_ops.def"
#undef X
#define SUPER(name, parts, ...) [OP_##name] = #name,
#include "vm/interp_super.def"
#undef SUPER
};

static struct run runs[TABLE_SIZE];
static struct {
    uint64_t address;
    uint16_t op;
} ops[4 * OP_COUNT];
static uint16_t recent[RUN_MAX]; /* the newest first */
static uint64_t total;

static unsigned
place_of(uint64_t address)
{
    unsigned at = (unsigned)(address * 0x9e3779b97f4a7c15ull >> 40) % (4 * OP_COUNT);

    while (ops[at].address != 0 && ops[at].address != address)
        at = (at + 1) % (4 * OP_COUNT);
    return at;
}

static void
count_run(unsigned length)
{
    uint64_t hash = length;
    unsigned at;

    for (unsigned i = 0; i < length; i++)
        hash = (hash ^ recent[i]) * 0x9e3779b97f4a7c15ull;
    for (at = (unsigned)(hash >> 48); runs[at].length != 0; at = (at + 1) % TABLE_SIZE) {
        bool same = runs[at].length == length;

        for (unsigned i = 0; same && i < length; i++)
            same = runs[at].ops[i] == recent[length - 1 - i];
        if (same)
            break;
    }
    runs[at].length = (uint16_t)length;
    for (unsigned i = 0; i < length; i++)
        runs[at].ops[i] = recent[length - 1 - i];
    runs[at].count++;
}

void
interp_count(uint64_t address)
{
    for (unsigned i = 0; total == 0 && i < OP_COUNT; i++) {
        unsigned at = place_of((uintptr_t)interp_addresses[i]);

        ops[at].address = (uintptr_t)interp_addresses[i];
        ops[at].op = (uint16_t)i;
    }
    for (unsigned i = RUN_MAX - 1; i > 0; i--)
        recent[i] = recent[i - 1];
    recent[0] = ops[place_of(address)].op;
    total++;
    for (unsigned length = 1; length <= RUN_MAX; length++)
        count_run(length);
}

static const struct run *
most_frequent(unsigned length)
{
    const struct run *best = NULL;

    for (unsigned i = 0; i < TABLE_SIZE; i++) {
        if (runs[i].length == length && (best == NULL || runs[i].count > best->count))
            best = &runs[i];
    }
    return best;
}

void
interp_count_report(void)
{
    log_info("%llu instructions", (unsigned long long)total);
    for (unsigned length = 1; length <= RUN_MAX && total > 0; length++) {
        for (unsigned i = 0; i < SHOWN; i++) {
            struct run *run = (struct run *)most_frequent(length);

            if (run == NULL || run->count == 0)
                break;
            log_info("%u %5u %s %s %s %s", length, (unsigned)(run->count * 10000 / total),
                     names[run->ops[0]], length > 1 ? names[run->ops[1]] : "",
                     length > 2 ? names[run->ops[2]] : "", length > 3 ? names[run->ops[3]] : "");
            run->count = 0;
        }
    }
    total = 0;
}

#endif
