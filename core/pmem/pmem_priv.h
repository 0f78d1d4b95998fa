/*
 * pmem_priv.h - what the files of pmem share.
 *
 * The state of a page is its epoch, four bits and a copy:
 *
 *   epoch_of[page]
 *     0 ............................ absent, or clean since it came in
 *     <= committed ................. clean: the store has what memory has
 *     == now ....................... dirty, listed, to be saved by the next snapshot
 *     between (closed, in flight) .. dirty, listed, being saved
 *
 *            page in              first write          flip
 *   absent ----------> clean -----------------> now --------> closed
 *     ^                  |  ^                    | ^             | |
 *     |     evicted      |  |      committed     | | first write | |
 *     +------------------+  +--------------------|-|-------------+-+
 *     |                                          | |  (its copy is made,
 *     +------------------------------------------+ +   or it was TAKEN)
 *              written early, evicted
 *
 * Invariants, checked by pmem_check() and by assertions where they could break:
 *   1. An absent page has epoch 0.
 *   2. A page whose epoch is now, or closed and in flight, is on that epoch's list.
 *   3. A page is OPEN if its epoch is now, but while it is LEAVING. In a strict
 *      space the reverse holds too.
 *   4. A page has a copy only while a snapshot is in flight that has not saved it;
 *      the copy is the page as it stood when that epoch closed.
 *   5. TAKEN: the flusher has the contents of the closed epoch; nobody need copy.
 *   6. The epoch moves on, and a list changes hands, only while the world stands still.
 *   7. The bits other than LOCKED and WAITED, frame, copy, early, and the epoch
 *      change only under the page's lock. (The one store of the epoch that others
 *      read without the lock is a release; the barrier's load is its acquire.)
 *   8. A page that a pin covers, and that its owner saw resident and not LEAVING,
 *      does not become absent.
 *
 * The lock of a page may be held while that page is read and written, because
 * it is known to be resident and open then; no other core lock is held while
 * the space is touched. Order: a page, then locks of base/lock.h by rank. Who holds a
 * page only tries for others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/lock.h"
#include "pmem/pmem.h"
#include "pmem/still.h"

enum {
    PMEM_LOCKED = 1,   /* somebody holds the page's lock */
    PMEM_WAITED = 2,   /* and somebody sleeps until it is free */
    PMEM_RESIDENT = 4, /* the page is present */
    PMEM_OPEN = 8,     /* and may be written without a fault */
    PMEM_TAKEN = 16,   /* the flusher needs it no more for the closed epoch */
    PMEM_LEAVING = 32, /* the evictor is about to remove it; may still be taken back */
};

struct pmem_page {
    _Atomic uint32_t bits;
    uint32_t frame; /* while RESIDENT */
    uint32_t copy;  /* slot of the pool plus 1, or 0 */
    uint32_t early; /* the epoch in which it was last evicted dirty, or 0 */
};

/* A frame is the right of one page to be resident. */
#define PMEM_FRAME_FREE UINT64_MAX

/* One piece of a list of dirty pages. */
#define PMEM_CHUNK_PAGES 1021
struct pmem_chunk {
    struct pmem_chunk *next;
    uint32_t count;
    uint32_t pages[PMEM_CHUNK_PAGES];
};

struct pmem_counters {
    _Atomic uint64_t pages_in, pages_evicted, first_writes, copies;
    struct {
        _Atomic uint64_t count, total_ns, max_ns;
    } stalls[PMEM_STALL_KINDS];
};

extern struct store *pmem_store;
extern struct pmem_options pmem_settings;
extern struct pmem_counters pmem_counters;

/* Tests make them small. The first epoch of a start, and the epochs between two sweeps. */
extern uint32_t pmem_epoch_first;
extern uint32_t pmem_sweep_epochs;
extern uint32_t pmem_copies_max;
extern uint64_t pmem_warm_delay_ns; /* from a start on, until pages come in unasked */

static inline void
pmem_count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Epochs wrap: later means less than half of all numbers away. */
static inline bool
pmem_epoch_later(uint32_t epoch, uint32_t than)
{
    return (int32_t)(epoch - than) > 0;
}

/* The running epoch, for threads that are no workers. */
static inline uint32_t
pmem_epoch_running(void)
{
    return __atomic_load_n(&pmem_epoch_now, __ATOMIC_ACQUIRE);
}

static inline uint64_t
pmem_address_of(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

/* ---- pages.c: the table of pages, frames, copies ---- */

extern struct pmem_page *pmem_page_table;

must_use err_t pmem_pages_create(uint64_t resident_max);
void pmem_pages_destroy(void);

static inline struct pmem_page *
pmem_page_of(uint64_t page)
{
    return &pmem_page_table[page];
}

void pmem_page_lock(struct pmem_page *entry);
bool pmem_page_try_lock(struct pmem_page *entry);
void pmem_page_unlock(struct pmem_page *entry);

/* Change bits of a page whose lock is held. */
void pmem_page_set(struct pmem_page *entry, uint32_t bits);
void pmem_page_clear(struct pmem_page *entry, uint32_t bits);

static inline bool
pmem_page_has(struct pmem_page *entry, uint32_t bit)
{
    return atomic_load_explicit(&entry->bits, memory_order_acquire) & bit;
}

static inline uint32_t
pmem_page_epoch(uint64_t page)
{
    return atomic_load_explicit(&pmem_epoch_of[page], memory_order_acquire);
}

static inline void
pmem_page_epoch_set(uint64_t page, uint32_t epoch)
{
    atomic_store_explicit(&pmem_epoch_of[page], epoch, memory_order_release);
}

/* True if the store has what memory has. */
bool pmem_epoch_clean(uint32_t epoch);

/* Copy a resident page out, word by word; its lock is held. */
void pmem_page_copy(void *to, uint64_t page);

/* A frame for `page`; ERR_NOMEM when there is none. */
must_use err_t pmem_frame_take(uint64_t page, uint32_t *frame);
void pmem_frame_give(uint32_t frame);

/*
 * The page in the frame after `*hand`, which moves on; PMEM_FRAME_FREE if it has
 * none. `fresh` is filled: true if it came in since the hand was last there.
 */
uint64_t pmem_frame_next(uint32_t *hand, bool *fresh);
uint64_t pmem_frame_page(uint32_t frame);
uint32_t pmem_frame_high(void); /* frames from here on were never used */
uint64_t pmem_frames_resident(void);
uint64_t pmem_frames_limit(void);

/* A slot of the pool of copies, plus 1; 0 when all are in use. */
uint32_t pmem_copy_take(void);
void pmem_copy_give(uint32_t copy);
void *pmem_copy_bytes(uint32_t copy);

/* ---- barrier.c ---- */

must_use err_t pmem_chunks_ensure(struct pmem_worker *worker);
void pmem_chunks_free(struct pmem_chunk *chunk);
void pmem_chunks_drop(void); /* the pool, at the end */
uint64_t pmem_dirty_length(const struct pmem_dirty *dirty);
void pmem_dirty_splice(struct pmem_dirty *to, struct pmem_dirty *from);

/* Page numbers listed in the running epoch; 0: nothing was written. */
extern _Atomic uint64_t pmem_dirty_count;

/* Credit that came back with pages evicted early in this epoch. */
extern _Atomic uint32_t pmem_tickets;

/* Pages of the epoch being saved that were written again since. */
extern _Atomic uint32_t pmem_superseded;

/* Credit that is kept: for when a worker has used up all its own, and for who makes room. */
extern _Atomic uint32_t pmem_kept;

/* ---- world.c ---- */

must_use err_t pmem_world_create(void);
void pmem_world_destroy(void);

/* The worker as which the calling thread touches the space now. */
struct pmem_worker *pmem_worker_current(void);

/* For the flusher: `credit` was taken before, what is left of it is filled in. */
must_use err_t pmem_world_run(pmem_world_fn *action, void *argument, uint32_t *credit,
                              uint64_t *asked_ns, uint64_t *arrived_ns, uint64_t *released_ns);

/* Move every worker's list to `to`. The world stands still. */
void pmem_world_take_dirty(struct pmem_dirty *to);

/* How many page numbers are on the lists of workers. The world stands still. */
uint64_t pmem_world_listed(void);

bool pmem_world_pinned(uint64_t page);
bool pmem_world_acting(void);

/* Chunks for all its credit: a stop may have taken the worker's list, and room with it. */
void pmem_chunks_must(struct pmem_worker *worker);

/* ---- credit.c ---- */

/* Why workers shall come to a safepoint: bits of pmem_stop_wanted. */
enum {
    PMEM_WANT_STOP = 1,   /* the world is asked to stand still */
    PMEM_WANT_CREDIT = 2, /* some worker has little credit left */
};

void pmem_credit_init(void);

/* Ask all workers for a safepoint, for credit. */
void pmem_credit_low(void);

/* Fill a RUNNING worker's credit up; it goes away meanwhile. ERR_NOSPACE: it has too little. */
must_use err_t pmem_credit_top_up(struct pmem_worker *worker);

/* Credit that no worker has yet; ERR_NOSPACE. What is kept is made up for first. */
must_use err_t pmem_credit_take(uint64_t pages);

/* The same from what is kept, too, if there is no other: all but `leave`, and some for the
 * unforeseen. */
must_use err_t pmem_credit_take_kept(uint64_t pages, uint64_t leave);

/* Make up for what is missing of what is kept; how much there is for the unforeseen. */
uint32_t pmem_kept_refill(void);
void pmem_kept_give_back(void);

/* ---- pager.c ---- */

void pmem_fault(uint64_t address, bool write);
must_use err_t pmem_page_ensure(uint64_t page, void *buffer);

/*
 * The same, and up to `*count` pages with those behind it, where these are absent and lie behind it
 * on the disk. `buffer`: for so many. `count` is filled on OK: how many are resident from `page`
 * on.
 */
must_use err_t pmem_pages_ensure(uint64_t page, uint32_t *count, void *buffer);

/* Bring a page in for the calling thread to write to; may leave by longjmp. */
void pmem_page_ensure_or_leave(struct pmem_worker *worker, uint64_t address);

/* ---- evict.c ---- */

must_use err_t pmem_evict_start(void);
void pmem_evict_stop(void);
void pmem_evict_kick(void);

/* Wake the evictor; sleep until it has evicted a page, or a short time has passed. */
void pmem_evict_wait(void);

/* True while more pages are resident than may be. */
bool pmem_evict_behind(void);

/* ---- snapshot.c ---- */

must_use err_t pmem_snapshot_create(void);
void pmem_snapshot_destroy(void);

/* Take credit for the snapshot itself and for emergencies; ERR_NOSPACE: too little. */
must_use err_t pmem_snapshot_credit(void);

/* Take one snapshot, in the flusher. */
must_use err_t pmem_snapshot_take(enum store_cause cause);

/* The space is taken down: whoever waits for a snapshot waits no more. */
void pmem_snapshot_end(void);

/* True if the next snapshot has something to save. */
bool pmem_snapshot_due(void);

/* The newest closed epoch; committed or not. */
uint32_t pmem_epoch_closed(void);

struct pmem_snapshot_stats {
    uint64_t snapshots, failures;
    struct histogram *pause, *safepoint, *commit;
};
void pmem_snapshot_stats_get(struct pmem_snapshot_stats *stats);
uint64_t pmem_snapshot_commit_ns(void); /* how long the last one took */
void pmem_snapshot_check(void);

/* How many page numbers are listed in the running epoch. The world stands still. */
uint64_t pmem_snapshot_listed(void);

/* ---- still.c ---- */

void pmem_still_create(void);

/* In flip(): the epoch closes. After its commit: how that ended. */
void pmem_still_flip(uint32_t epoch);
void pmem_still_saved(err_t err);

/* Is a picture to be made of the next snapshot, even if nothing was written? */
bool pmem_still_wanted(void);

/* Is that the page that the reader of a still picture names? */
bool pmem_still_reads(uint64_t page);

/* ---- save.c ---- */

must_use err_t pmem_save_create(void);
void pmem_save_destroy(void);

/* Hand all pages of the closed epoch to the store's commit. */
must_use err_t pmem_save_all(const struct pmem_dirty *closed);

/*
 * That commit has failed: move its pages over to the running epoch. The list is left
 * with those that the running epoch must list.
 */
void pmem_carry_all(struct pmem_dirty *closed);

/*
 * For a first write that finds no room for a copy: begin, look at the page again,
 * end. If `wait`, the page is saved before others, and we sleep until it was.
 */
void pmem_saved_wait_begin(uint32_t *seen);
void pmem_saved_wait_end(uint64_t page, uint32_t seen, bool wait);

/* ---- flusher.c ---- */

must_use err_t pmem_flusher_start(void);
void pmem_flusher_stop(void);
void pmem_flusher_kick(void);

/* ---- warm.c: what was wanted first after the last starts ---- */

void pmem_warm_start(void);
void pmem_warm_stop(void);

/* So many pages from this one on have come in. */
void pmem_warm_note(uint64_t page, uint32_t count);

/* Enough is noted, before its time: for tests. */
void pmem_warm_noted(void);
