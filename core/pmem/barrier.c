/*
 * barrier.c - the first write to a page in an epoch.
 *
 * The order is what keeps it true: the page is made resident; under its lock its
 * contents are copied if the closed epoch still needs them; it is listed; its
 * epoch is stored with release. Whoever sees that epoch (the acquire in
 * pmem_barrier) may write: the copy is made and the page is on the list. Two
 * workers who come at once meet at the lock, and the second finds it done.
 *
 * It cannot fail. A worker has credit for its first writes and empty chunks for
 * its list, both topped up at safepoints. Where the pool of copies is empty it
 * sleeps until the flusher has saved the page, for which the flusher needs nobody.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pmem/pmem_priv.h"

#include "base/assert.h"
#include "base/trace.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/space.h"

#define CREDIT_LOW  (PMEM_WORKER_CREDIT / 2)
#define CHUNKS_KEPT 64

uint32_t pmem_epoch_now;
_Atomic uint64_t pmem_dirty_count;
_Atomic uint32_t pmem_tickets;
_Atomic uint32_t pmem_superseded;
struct pmem_counters pmem_counters;

static struct {
    struct lock lock;
    struct pmem_chunk *first;
    unsigned count;
} pool = { .lock = LOCK_INIT(LOCK_RANK_DIRTY) };

/* ---- lists of dirty pages ---- */

static struct pmem_chunk *
chunk_take(void)
{
    struct pmem_chunk *chunk;

    lock_acquire(&pool.lock);
    chunk = pool.first;
    if (chunk) {
        pool.first = chunk->next;
        pool.count--;
    }
    lock_release(&pool.lock);
    if (!chunk)
        chunk = plat_alloc(sizeof(*chunk));
    if (chunk) {
        chunk->next = NULL;
        chunk->count = 0;
    }
    return chunk;
}

void
pmem_chunks_free(struct pmem_chunk *chunk)
{
    while (chunk) {
        struct pmem_chunk *next = chunk->next;

        lock_acquire(&pool.lock);
        if (pool.count < CHUNKS_KEPT) {
            chunk->next = pool.first;
            pool.first = chunk;
            pool.count++;
            chunk = NULL;
        }
        lock_release(&pool.lock);
        plat_free(chunk, sizeof(*chunk));
        chunk = next;
    }
}

void
pmem_chunks_drop(void)
{
    while (pool.first) {
        struct pmem_chunk *chunk = pool.first;

        pool.first = chunk->next;
        plat_free(chunk, sizeof(*chunk));
    }
    pool.count = 0;
}

/*
 * See to it that the worker has chunks for all its credit, even if its list is
 * taken away at the next stop, and a few to spare for pages that come back.
 */
err_t
pmem_chunks_ensure(struct pmem_worker *worker)
{
    uint32_t wanted = 2 + worker->credit / PMEM_CHUNK_PAGES;

    while (worker->spare_count < wanted) {
        struct pmem_chunk *chunk = chunk_take();

        if (!chunk)
            return ERR_NOMEM;
        chunk->next = worker->spare;
        worker->spare = chunk;
        worker->spare_count++;
    }
    return OK;
}

void
pmem_dirty_splice(struct pmem_dirty *to, struct pmem_dirty *from)
{
    if (!from->first)
        return;
    if (to->first)
        to->last->next = from->first;
    else
        to->first = from->first;
    to->last = from->last;
    from->first = from->last = NULL;
}

uint64_t
pmem_dirty_length(const struct pmem_dirty *dirty)
{
    uint64_t length = 0;

    for (const struct pmem_chunk *chunk = dirty->first; chunk; chunk = chunk->next)
        length += chunk->count;
    return length;
}

static void
page_list(struct pmem_worker *worker, uint64_t page)
{
    struct pmem_chunk *chunk = worker->dirty.last;

    if (!chunk || chunk->count == PMEM_CHUNK_PAGES) {
        struct pmem_dirty one;

        chunk = worker->spare;
        assert(chunk); /* pmem_chunks_ensure() saw to that */
        worker->spare = chunk->next;
        worker->spare_count--;
        chunk->next = NULL;
        chunk->count = 0;
        one = (struct pmem_dirty){ chunk, chunk };
        pmem_dirty_splice(&worker->dirty, &one);
    }
    chunk->pages[chunk->count++] = (uint32_t)page;
    if (atomic_fetch_add_explicit(&pmem_dirty_count, 1, memory_order_acq_rel) == 0)
        pmem_flusher_kick();
}

/* ---- credit ---- */

static bool
counter_take(_Atomic uint32_t *counter)
{
    uint32_t count = atomic_load_explicit(counter, memory_order_relaxed);

    while (count > 0)
        if (atomic_compare_exchange_weak_explicit(counter, &count, count - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

static void
credit_use(struct pmem_worker *worker, struct pmem_page *entry)
{
    bool came_back = entry->early == pmem_epoch_now;

    entry->early = 0;
    if (came_back && counter_take(&pmem_tickets))
        return; /* it was listed and paid for before */
    if (worker->credit > 0)
        worker->credit--;
    else if (!counter_take(&pmem_kept))
        panic("more first writes between two safepoints than there was credit for");
    if (worker->credit <= CREDIT_LOW)
        pmem_credit_low();
}

/* ---- the first write ---- */

enum outcome {
    DONE,
    ABSENT,
    NO_COPY,
};

/* Does the closed epoch still need what is in memory? The page's lock is held. */
static bool
copy_needed(struct pmem_page *entry, uint32_t epoch)
{
    return !pmem_epoch_clean(epoch) && !pmem_page_has(entry, PMEM_TAKEN);
}

static enum outcome
first_write_locked(struct pmem_worker *worker, uint64_t page, struct pmem_page *entry)
{
    uint32_t epoch = pmem_page_epoch(page);

    if (!pmem_page_has(entry, PMEM_RESIDENT))
        return ABSENT;
    if (epoch == pmem_epoch_now)
        return DONE; /* another worker was faster, or will be saved from leaving by its fault */
    if (copy_needed(entry, epoch)) {
        assert(epoch == pmem_epoch_closed());
        assert(entry->copy == 0);
        entry->copy = pmem_copy_take();
        if (entry->copy == 0)
            return NO_COPY;
        pmem_page_copy(pmem_copy_bytes(entry->copy), page);
        pmem_count(&pmem_counters.copies);
    }
    if (!pmem_epoch_clean(epoch))
        atomic_fetch_add_explicit(&pmem_superseded, 1, memory_order_relaxed);
    credit_use(worker, entry);
    page_list(worker, page);
    pmem_page_clear(entry, PMEM_TAKEN | PMEM_LEAVING);
    if (!pmem_page_has(entry, PMEM_OPEN)) {
        plat_page_open(pmem_address_of(page));
        pmem_page_set(entry, PMEM_OPEN);
    }
    /* In its own table before its contents change, for who reads a still picture (still.h). */
    (void)atomic_exchange(&pmem_written_of[page], pmem_epoch_now);
    pmem_page_epoch_set(page, pmem_epoch_now); /* pairs with the acquire in pmem_barrier() */
    pmem_count(&pmem_counters.first_writes);
    return DONE;
}

static enum outcome
first_write_try(struct pmem_worker *worker, uint64_t page)
{
    struct pmem_page *entry = pmem_page_of(page);
    enum outcome outcome;

    pmem_page_lock(entry);
    outcome = first_write_locked(worker, page, entry);
    pmem_page_unlock(entry);
    return outcome;
}

/*
 * All that a first write will touch, asked for at once. In a large space each lies in
 * memory that no cache holds and no translation leads to; one after the other they
 * would cost several times as much, and whoever stops the world waits for them.
 */
static void
all_prefetch(uint64_t address, uint64_t page)
{
    __builtin_prefetch(pmem_page_of(page), 1);
    __builtin_prefetch(&pmem_written_of[page], 1);
    __builtin_prefetch((const void *)(uintptr_t)address, 1);
}

/* `whole`: every byte of the page will be written, so it need not be read. */
static void
first_write(uint64_t address, bool whole)
{
    struct pmem_worker *worker = pmem_worker_current();
    uint64_t page = space_page_of(address), wait_ns = 0;
    enum outcome outcome;

    assert(space_contains(address));
    all_prefetch(address, page);
    while ((outcome = first_write_try(worker, page)) != DONE) {
        uint32_t seen;

        if (outcome == ABSENT) {
            if (!whole)
                pmem_page_ensure_or_leave(worker, address);
            else if (pmem_page_ensure(page, NULL) != OK)
                panic("page %#lx of the space cannot be made", (unsigned long)page);
            continue;
        }
        /* Look again after saying that we wait, so that no save is missed. */
        pmem_saved_wait_begin(&seen);
        outcome = first_write_try(worker, page);
        if (outcome == NO_COPY && wait_ns == 0)
            wait_ns = plat_monotonic_ns();
        pmem_saved_wait_end(page, seen, outcome == NO_COPY);
        if (outcome == DONE)
            break;
    }
    if (wait_ns != 0)
        pmem_stalled(PMEM_STALL_COPY, wait_ns);
    trace(FIRST_WRITE, page, pmem_epoch_now);
}

void
pmem_first_write(uint64_t address)
{
    first_write(address, false);
}

void
pmem_barrier_whole(uint64_t page_address)
{
    assert(page_address % PAGE_BYTES == 0);
    if (pmem_page_epoch(space_page_of(page_address)) != pmem_epoch_now)
        first_write(page_address, true);
}

void
pmem_barrier_range(uint64_t address, uint64_t bytes)
{
    uint64_t end = address + bytes;

    if (bytes == 0)
        return;
    for (uint64_t at = address; at < end; at = (at | (PAGE_BYTES - 1)) + 1)
        pmem_barrier(at);
}
