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

#define SLACK_PAGES     32
#define SLACK_PAGES_FEW 8 /* when the volume is nearly full */
#define TRIES           16

struct collection {
    bool young;     /* scavenge even if the nursery has room again */
    bool full;      /* asked for: even if old space did not grow enough */
    bool promote;   /* nothing stays young */
    bool careful;   /* count what is alive first, because the volume is nearly full */
    uint64_t pages; /* credit that was taken */
    bool again;     /* it was too little; nothing was done */
    bool fulled;    /* a full collection was tried */
    err_t err;      /* of the full one */
};

/* So many bytes go into old space from one full collection to the next. */
uint64_t
heap_full_threshold(void)
{
    uint64_t least = atomic_load_explicit(&heap.full_bytes_min, memory_order_relaxed);

    return heap.bytes_live > least ? heap.bytes_live : least;
}

/* True when so much went into old space that a full collection pays. */
bool
heap_wants_full(void)
{
    return atomic_load_explicit(&heap.old_bytes, memory_order_relaxed) >= heap_full_threshold();
}

/* It pays, and is not left to the collector. */
bool
heap_wants_stopped(void)
{
    return heap_wants_full() && !heap_cycle_is_possible();
}

void
heap_expect(uint64_t bytes)
{
    lock_acquire(&heap.lock);
    if (heap.full_bytes_min < bytes)
        heap.full_bytes_min = bytes;
    lock_release(&heap.lock);
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

bool
heap_wants_scavenge(void)
{
    uint64_t left = heap_eden_left();
    bool wants = heap.options.move_always ? heap_nursery_used() > 0
                                          : left < (heap.eden_to - heap.eden_from) / 8;

    if (!heap_nursery_is_open() ||
        left == atomic_load_explicit(&heap.refused_left, memory_order_relaxed))
        return false;
    /* Over the limit nothing is promoted on the side: who allocates then is told. */
    return wants && bytes_allowed() > 0;
}

static uint64_t
sweep_wanted(const struct collection *collection)
{
    uint64_t pages = heap_sweep_pages();

    return collection->careful && pages > HEAP_SWEEP_PAGES ? HEAP_SWEEP_PAGES : pages;
}

static uint64_t
pages_wanted(const struct collection *collection, const struct heap_plan *plan, bool full)
{
    return heap_scavenge_pages(plan) + (full ? sweep_wanted(collection) : 0);
}

/* The action. */
static void
collect(void *argument)
{
    struct collection *collection = argument;
    uint64_t from_ns = plat_monotonic_ns();
    bool full = collection->full || heap_wants_stopped();
    struct heap_plan plan = collection->careful ? heap_plan_exact() : heap_plan_worst();

    uint64_t sweep_pages = sweep_wanted(collection);
    uint64_t pages = pages_wanted(collection, &plan, full);

    collection->again = pages > collection->pages;
    if (collection->again) {
        collection->pages = pages;
        return;
    }
    heap_blocks_scan(HEAP_SCAN_BLOCKS);
    if (full || collection->young || heap_eden_left() < (heap.eden_to - heap.eden_from) / 2)
        heap_scavenge(full || collection->promote, &plan);
    heap_nursery_open();
    collection->fulled = full;
    if (full)
        collection->err = heap_full(sweep_pages);
    heap_stop_took(from_ns);
    if (heap.options.check_always)
        heap_check();
    heap_stats_show();
}

/* A first guess at the credit: what is there now, or, if that is too much to ask, nothing yet. */
static uint64_t
pages_guessed(const struct collection *collection)
{
    struct heap_plan plan = heap_plan_worst();

    if (collection->careful)
        return 0;
    return pages_wanted(collection, &plan, collection->full || heap_wants_stopped());
}

static err_t
collect_in_world(struct heap_local *local, struct collection *collection)
{
    collection->again = false;
    for (unsigned i = 0; i < TRIES; i++) {
        TRY(heap_roots_page_in(local->worker));
        if (!collection->again)
            collection->pages = pages_guessed(collection);
        collection->pages += collection->careful ? SLACK_PAGES_FEW : SLACK_PAGES;
        if (collection->careful)
            TRY(pmem_world_do_kept(local->worker, collect, collection, collection->pages,
                                   HEAP_SWEEP_KEPT));
        else
            TRY(pmem_world_do(local->worker, collect, collection, collection->pages));
        if (!collection->again)
            return OK;
    }
    return ERR_NOSPACE; /* others write faster than we can count */
}

/* Wait, away from the space, while another worker makes room. False: nobody does, and it is our
 * turn. */
static bool
room_wait(struct heap_local *local)
{
    uint32_t seen = event_get(&heap.room_made);

    if (!atomic_exchange(&heap.room_making, true))
        return false;
    pmem_worker_away(local->worker);
    event_wait(&heap.room_made, seen, PLAT_NO_DEADLINE);
    pmem_worker_back(local->worker);
    return true;
}

/* Could anybody get so much credit now? */
static err_t
try_credit(struct pmem_worker *worker, uint64_t pages)
{
    TRY(pmem_reserve(worker, pages));
    pmem_unreserve(worker, pages);
    return OK;
}

bool
heap_make_room(struct heap_local *local, uint64_t pages)
{
    bool made = false;
    uint32_t quiet;

    while (room_wait(local)) {
        if (try_credit(local->worker, pages) == OK)
            return true;
    }
    quiet = pmem_epoch_quiet();
    if (quiet == 0 || quiet != heap.room_refused)
        made = heap_room_make(local, pages);
    heap.room_refused = made ? 0 : pmem_epoch_quiet();
    atomic_store(&heap.room_making, false);
    event_raise(&heap.room_made);
    return made;
}

/* First as if all were alive, then to the byte, then after making room on the volume. */
static err_t
collect_somehow(struct heap_local *local, struct collection *collection)
{
    err_t err = collect_in_world(local, collection);

    if (err == ERR_NOSPACE) {
        collection->careful = true;
        err = collect_in_world(local, collection);
    }
    while (err == ERR_NOSPACE && heap_make_room(local, collection->pages))
        err = collect_in_world(local, collection);
    /* Asking again at every safepoint would help nobody: wait until eden has been used. */
    atomic_store_explicit(&heap.refused_left, err == OK ? UINT64_MAX : heap_eden_left(),
                          memory_order_relaxed);
    return err;
}

/* Credit for an object of `bytes`, though room may have to be made for it. */
static err_t
see_to_credit(struct heap_local *local, uint64_t bytes)
{
    uint64_t pages = heap_wanted_pages(bytes);
    bool huge = heap_huge_must_ask(bytes);
    err_t err = try_credit(local->worker, pages);

    while (err == ERR_NOSPACE && heap_make_room(local, pages))
        err = try_credit(local->worker, pages);
    if (huge)
        heap_huge_asked();
    return err;
}

/* The application is over its limit: its garbage goes. ERR_NOMEM: that does not help it. */
static err_t
collect_to_limit(struct heap_local *local, uint64_t bytes)
{
    err_t err = heap_collect_full(local);

    if (err == OK && !heap_limit_is_met(local->application, bytes))
        err = ERR_NOMEM;
    return err;
}

static err_t
collect_for(struct heap_local *local, uint64_t bytes)
{
    struct collection collection = { .young = heap.options.move_always ||
                                              heap.options.collect_often ||
                                              !heap_limit_allows(local->application, bytes) };

    if (bytes > 0 && bytes > bytes_allowed())
        collection.full = true;
    TRY(collect_somehow(local, &collection));
    if (collection.fulled && collection.err != OK)
        log_warn("full collection given up, nothing was freed: %s", err_text(collection.err));
    if (!heap_nursery_is_open())
        return ERR_NOSPACE;
    if (heap_wants_full())
        heap_cycle_ask();
    heap_cycle_keep_pace(local);
    (void)heap_surplus_give_back(local);
    if (bytes == 0)
        return OK;
    if (bytes > bytes_allowed())
        return ERR_NOMEM;
    if (!heap_limit_allows(local->application, bytes))
        TRY(collect_to_limit(local, bytes));
    return see_to_credit(local, bytes);
}

void
heap_open_reserve(struct heap_local *local)
{
    IGNORE(pmem_world_do(local->worker, heap_reserve_open, NULL, 0), "it takes no credit");
}

err_t
heap_collect(struct heap_local *local, uint64_t bytes)
{
    err_t err = collect_for(local, bytes);

    if (err == ERR_NOSPACE && bytes > 0)
        heap_open_reserve(local);
    if (bytes > 0 && local->fails) {
        local->fails = false;
        return ERR_NOMEM;
    }
    return err;
}

err_t
heap_safepoint(struct heap_local *local)
{
    if (heap_wants_scavenge())
        IGNORE(heap_collect(local, 0), "who finds no room will say so");
    return pmem_safepoint(local->worker);
}

/* By the collector, while others go on. */
static err_t
collect_beside(struct heap_local *local)
{
    struct collection collection = { .young = true, .promote = true };

    if (!heap_cycle_is_possible())
        return ERR_UNSUPPORTED;
    TRY(collect_somehow(local, &collection));
    return heap_nursery_is_open() ? heap_cycle_complete(local, true) : ERR_UNSUPPORTED;
}

err_t
heap_collect_full(struct heap_local *local)
{
    struct collection collection = { .young = true, .full = true };
    err_t err = collect_beside(local);

    if (err == OK || err == ERR_CORRUPT || err == ERR_IO)
        collection.err = err;
    else
        TRY(collect_somehow(local, &collection));
    while (heap_surplus_give_back(local))
        continue;
    return collection.err;
}
