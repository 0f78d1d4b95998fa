/*
 * limit.c - how much memory an application may have, where that was said.
 *
 * What an application has is the blocks it owns. They are counted when they are taken, and not when
 * they are let go: so the count is never too low, and where it comes to the limit the blocks are
 * counted anew, over all descriptors. Whoever is over it then has his garbage collected.
 *
 * Volatile: core/vm keeps what was said, and says it again at a start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

/* A part of its limit that a full collection must leave free: else it would soon come again. */
#define LEFT_PART 16

/* NULL: it has no limit. */
static struct heap_limit *
limit_of(uint32_t application)
{
    uint32_t count = atomic_load_explicit(&heap.limit_count, memory_order_acquire);

    for (uint32_t i = 0; i < count; i++) {
        struct heap_limit *limit = &heap.limits[i];

        if (atomic_load_explicit(&limit->application, memory_order_relaxed) == application)
            return atomic_load_explicit(&limit->bytes_max, memory_order_relaxed) != 0 ? limit
                                                                                      : NULL;
    }
    return NULL;
}

/* The one that is there for it, or one that is free, or NULL. */
static struct heap_limit *
limit_find_locked(uint32_t application)
{
    uint32_t count = atomic_load_explicit(&heap.limit_count, memory_order_relaxed);
    struct heap_limit *free = NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (heap.limits[i].application == application)
            return &heap.limits[i];
        if (heap.limits[i].bytes_max == 0)
            free = &heap.limits[i];
    }
    if (free == NULL && count < HEAP_LIMITS_MAX) {
        free = &heap.limits[count];
        atomic_store_explicit(&heap.limit_count, count + 1, memory_order_release);
    }
    return free;
}

err_t
heap_limit_set(uint32_t application, uint64_t bytes_max)
{
    struct heap_limit *limit;

    assert(application != 0);
    lock_acquire(&heap.lock);
    limit = limit_find_locked(application);
    if (limit != NULL) {
        atomic_store(&limit->bytes_max, 0);
        atomic_store(&limit->application, application);
        atomic_store(&limit->bytes_used, bytes_max); /* not known: the first look counts */
        atomic_store(&limit->bytes_max, bytes_max);
    }
    lock_release(&heap.lock);
    return limit != NULL || bytes_max == 0 ? OK : ERR_RANGE;
}

void
heap_limit_took(uint32_t application, uint64_t bytes)
{
    struct heap_limit *limit = limit_of(application);

    if (limit != NULL)
        atomic_fetch_add_explicit(&limit->bytes_used, bytes, memory_order_relaxed);
}

/* A block is taken as a whole, whatever it is for. */
static uint64_t
bytes_of_blocks(uint64_t bytes)
{
    return (bytes + HEAP_BLOCK_BYTES - 1) & ~(HEAP_BLOCK_BYTES - 1);
}

static bool
fits(const struct heap_limit *limit, uint64_t bytes)
{
    uint64_t most = atomic_load_explicit(&limit->bytes_max, memory_order_relaxed);

    return most == 0 ||
           atomic_load_explicit(&limit->bytes_used, memory_order_relaxed) + bytes <= most;
}

/* False: not before it has collected. Counts anew where that may help. */
bool
heap_limit_allows(uint32_t application, uint64_t bytes)
{
    struct heap_limit *limit = limit_of(application);

    if (limit == NULL || fits(limit, bytes_of_blocks(bytes)))
        return true;
    atomic_store(&limit->bytes_used, heap_application_bytes(application));
    return fits(limit, bytes_of_blocks(bytes));
}

/* After a full collection: is there room for so much, and some more? */
bool
heap_limit_is_met(uint32_t application, uint64_t bytes)
{
    struct heap_limit *limit = limit_of(application);

    if (limit == NULL)
        return true;
    atomic_store(&limit->bytes_used, heap_application_bytes(application));
    return fits(limit, bytes_of_blocks(bytes) + atomic_load(&limit->bytes_max) / LEFT_PART);
}
