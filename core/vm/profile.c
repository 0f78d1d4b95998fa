/*
 * profile.c - where programs spend their time: a sample of who runs, and who called, now and then.
 *
 * Samples are taken at polls, when a millisecond has gone by, by the worker itself: no signal,
 * no tick, and nothing while nobody asks. So what has no poll counts for the poll behind it: a
 * primitive, or a method that is too short to be entered, for its caller.
 *
 * Keeps true: the counters lie outside the space and are gone when the machine stops; an
 * entry that was taken keeps its key until the table is cleared in the stopped world.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "plat/memory.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define SAMPLE_NS   1000000u
#define ENTRY_COUNT 16384u /* a power of two */
#define DEPTH_MAX   200    /* frames that a sample looks at */

/* In place of a line: the method as a whole. */
#define NO_LINE 0u

/* Zero is no key: no method has the number 0. */
struct entry {
    _Atomic uint64_t key; /* method number << 32 | line */
    _Atomic uint64_t own, all;
};

static struct {
    _Atomic bool on;
    struct entry *entries; /* NULL until somebody asks */
    _Atomic uint64_t samples;
} profile;

static struct entry *
entry_of(uint32_t method, uint32_t line)
{
    uint64_t key = (uint64_t)method << 32 | line;
    uint64_t at = key * 0x9e3779b97f4a7c15ull >> 40;

    for (unsigned tries = 0; tries < ENTRY_COUNT; tries++, at++) {
        struct entry *entry = &profile.entries[at % ENTRY_COUNT];
        uint64_t there = 0;

        /* Workers race for an entry; who loses looks whether it has become his. */
        if (atomic_load(&entry->key) == key ||
            atomic_compare_exchange_strong(&entry->key, &there, key) || there == key)
            return entry;
    }
    return NULL;
}

static void
count(uint32_t method, uint32_t line, bool own)
{
    struct entry *entry = entry_of(method, line);

    if (entry == NULL)
        return; /* so many lines: this one has little weight */
    atomic_fetch_add(&entry->all, 1);
    if (own)
        atomic_fetch_add(&entry->own, 1);
}

static bool
is_among(const uint32_t *methods, unsigned method_count, uint32_t method)
{
    for (unsigned i = 0; i < method_count; i++) {
        if (methods[i] == method)
            return true;
    }
    return false;
}

/* All is read before anything is counted: a fault on the way takes the sample anew. */
static void
sample(struct vm_worker *worker)
{
    struct frame_walk walk = {
        .stack = worker->stack,
        .record = (uintptr_t)worker->frame,
        .method = code_running(worker)->number,
        .pc = code_pc(worker),
    };
    uint32_t methods[DEPTH_MAX], line = exception_line(code_running(worker)->method, walk.pc);
    unsigned method_count = 0;

    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        if (!is_among(methods, method_count, walk.method))
            methods[method_count++] = walk.method;
        if (!frame_walk_next(&walk))
            break;
    }
    for (unsigned i = 0; i < method_count; i++)
        count(methods[i], NO_LINE, i == 0);
    if (line != NO_LINE)
        count(methods[0], line, true);
    atomic_fetch_add(&profile.samples, 1);
}

void
profile_look(struct vm_worker *worker)
{
    uint64_t now;

    if (!atomic_load_explicit(&profile.on, memory_order_acquire) || !worker->loaded)
        return;
    now = plat_monotonic_ns();
    if (now < worker->sample_due_ns)
        return;
    worker->sample_due_ns = now + SAMPLE_NS;
    sample(worker);
}

void
profile_close(void)
{
    atomic_store(&profile.on, false);
    plat_free(profile.entries, ENTRY_COUNT * sizeof profile.entries[0]);
    profile.entries = NULL;
}

/* ---- from outside ---- */

static void
clear(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ENTRY_COUNT; i++) {
        atomic_store(&profile.entries[i].key, 0);
        atomic_store(&profile.entries[i].own, 0);
        atomic_store(&profile.entries[i].all, 0);
    }
    atomic_store(&profile.samples, 0);
}

err_t
vm_profile_start(void)
{
    if (profile.entries == NULL)
        profile.entries = plat_alloc(ENTRY_COUNT * sizeof profile.entries[0]);
    if (profile.entries == NULL)
        return ERR_NOMEM;
    TRY(pmem_world_do(NULL, clear, NULL, 0));
    atomic_store_explicit(&profile.on, true, memory_order_release);
    return OK;
}

void
vm_profile_stop(void)
{
    atomic_store(&profile.on, false);
}

struct listing {
    struct vm_profile_row *rows;
    size_t max, count;
};

static void
list(void *argument)
{
    struct listing *listing = argument;

    for (unsigned i = 0; i < ENTRY_COUNT; i++) {
        const struct entry *entry = &profile.entries[i];
        uint64_t key = atomic_load(&entry->key);
        struct vm_profile_row row = { .line = (uint32_t)key,
                                      .own = atomic_load(&entry->own),
                                      .all = atomic_load(&entry->all) };

        if (key == 0)
            continue;
        exception_method_text((uint32_t)(key >> 32), row.method, sizeof row.method, row.file,
                              sizeof row.file);
        if (listing->count < listing->max)
            listing->rows[listing->count] = row;
        listing->count++;
    }
}

err_t
vm_profile_list(struct vm_profile_row *rows, size_t max, size_t *row_count)
{
    struct listing listing = { .rows = rows, .max = max };

    if (profile.entries != NULL)
        TRY(pmem_world_do(NULL, list, &listing, 0));
    *row_count = listing.count;
    return OK;
}

uint64_t
vm_profile_samples(void)
{
    return atomic_load(&profile.samples);
}
