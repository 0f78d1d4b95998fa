/*
 * collect.c - when to collect, and how a collection is begun.
 *
 * A collection is one action in the stopped world. How much credit it needs is
 * estimated before the stop and counted again inside, where nothing moves any
 * more: if it was too little, nothing is done and it is asked for again. So
 * trouble is met before anything has changed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "plat/machine.h"

#define LOG_MODULE "heap"
#include "base/log.h"

#define SLACK_PAGES 32
#define TRIES       16

struct collection {
    bool young;     /* scavenge even if the nursery has room again */
    bool full;      /* asked for: even if old space did not grow enough */
    uint64_t pages; /* credit that was taken */
    bool again;     /* it was too little; nothing was done */
    bool fulled;    /* a full collection was tried */
    err_t err;      /* of the full one */
};

/* True when so much went into old space that a full collection pays. */
bool
heap_wants_full(void)
{
    uint64_t threshold = heap.bytes_live;

    if (threshold < heap.full_bytes_min)
        threshold = heap.full_bytes_min;
    return atomic_load_explicit(&heap.old_bytes, memory_order_relaxed) >= threshold;
}

bool
heap_wants_scavenge(void)
{
    uint64_t left = heap_eden_left();

    if (!heap_nursery_is_open() ||
        left == atomic_load_explicit(&heap.refused_left, memory_order_relaxed))
        return false;
    return heap.options.move_always || left < (heap.eden_to - heap.eden_from) / 8;
}

/* Bytes that old space may still take in. */
static uint64_t
bytes_allowed(void)
{
    uint64_t limit = heap.options.limit_bytes;
    uint64_t used = heap.bytes_live + atomic_load_explicit(&heap.old_bytes, memory_order_relaxed);

    if (limit == 0)
        return UINT64_MAX;
    return used < limit ? limit - used : 0;
}

static uint64_t
pages_wanted(bool full)
{
    return heap_scavenge_pages() + (full ? heap_sweep_pages() : 0);
}

/* The action. */
static void
collect(void *argument)
{
    struct collection *collection = argument;
    bool full = collection->full || heap_wants_full();

    collection->again = pages_wanted(full) > collection->pages;
    if (collection->again) {
        collection->pages = pages_wanted(full);
        return;
    }
    if (full || collection->young || heap_eden_left() < (heap.eden_to - heap.eden_from) / 2)
        heap_scavenge(full);
    heap_nursery_open();
    collection->fulled = full;
    if (full)
        collection->err = heap_full();
    heap_stats_show();
}

static err_t
collect_in_world(struct heap_local *local, struct collection *collection)
{
    for (unsigned i = 0; i < TRIES; i++) {
        TRY(heap_roots_page_in(local->worker));
        collection->pages =
            SLACK_PAGES + (collection->again ? collection->pages
                                             : pages_wanted(collection->full || heap_wants_full()));
        TRY(pmem_world_do(local->worker, collect, collection, collection->pages));
        if (!collection->again) {
            atomic_store_explicit(&heap.refused_left, UINT64_MAX, memory_order_relaxed);
            return OK;
        }
    }
    return ERR_NOSPACE; /* others write faster than we can count */
}

/* Could an allocation of so many bytes get its credit now? */
static err_t
try_credit(struct pmem_worker *worker, uint64_t bytes)
{
    uint64_t pages = heap_wanted_pages(bytes);

    TRY(pmem_reserve(worker, pages));
    pmem_unreserve(worker, pages);
    return OK;
}

err_t
heap_collect(struct heap_local *local, uint64_t bytes)
{
    struct collection collection = { .young = heap.options.move_always };
    err_t err;

    if (bytes > 0 && bytes > bytes_allowed())
        collection.full = true;
    err = collect_in_world(local, &collection);
    if (err != OK) {
        /* Asking again at every safepoint would help nobody: wait until eden has been used. */
        atomic_store_explicit(&heap.refused_left, heap_eden_left(), memory_order_relaxed);
        return err;
    }
    if (collection.fulled && collection.err != OK)
        log_warn("full collection given up, nothing was freed: %s", err_text(collection.err));
    if (!heap_nursery_is_open())
        return ERR_NOSPACE;
    if (bytes == 0)
        return OK;
    if (bytes > bytes_allowed())
        return ERR_NOMEM;
    return try_credit(local->worker, bytes);
}

err_t
heap_collect_full(struct heap_local *local)
{
    struct collection collection = { .young = true, .full = true };

    TRY(collect_in_world(local, &collection));
    return collection.err;
}
