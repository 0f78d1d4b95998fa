/*
 * pmem.h - the space: 16 TiB of memory that does not forget.
 *
 * What it keeps true
 *   1. Every page of the space that is written in an epoch is listed in that
 *      epoch before its first byte changes (the write barrier).
 *   2. A page of a closed epoch is saved exactly as it stood at the instant:
 *      from memory if nobody wrote to it since, else from the copy that the
 *      first writer made.
 *   3. pmem_first_write never fails: what it needs was taken as credit at a
 *      safepoint, in decode or at allocation, where refusing is possible.
 *   4. The flusher never needs a safepoint; a snapshot never waits for a disk.
 *   5. No lock of the core is held while the space is touched.
 *
 * Threads that touch the space are workers. A worker is RUNNING, or stopped
 * at a safepoint, or away (it waits for a page, for work, for a person) and
 * does not touch the space. The world stands still when no worker runs; the
 * last worker to arrive carries out what the world was stopped for.
 *
 * There is one space in a machine, so there is one struct pmem, and these
 * functions name none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "format/space.h"
#include "plat/err.h"
#include "store/store.h"

/*
 * How many first writes a worker may make between two safepoints. When half
 * of them are used up pmem_poll() asks for a safepoint, which tops up.
 */
#define PMEM_WORKER_CREDIT 96

/* Commits until what died is free: no slot of the volume names it any more. */
#define PMEM_COMMITS_LONG 6

/* Pages that come in at a time, at most. */
#define PMEM_AHEAD_MAX 16

/* Ranges that a worker may protect from eviction at a time. */
#define PMEM_PIN_MAX 6

struct pmem_options {
    uint64_t resident_bytes_max; /* memory for pages of the space; 0: what there is now */
    uint32_t interval_ms;        /* between snapshots; 0: adaptive, 100 ms to a few seconds */
    bool strict;          /* close pages not written in this epoch, to find missing barriers */
    bool warm;            /* bring in what was wanted first after the last start */
    bool on_demand_only;  /* no snapshot by interval (tests, the simulator) */
    bool faults_in_place; /* never leave a fault handler by __builtin_longjmp (TSan) */
};

enum pmem_worker_state {
    PMEM_AWAY,    /* does not touch the space; the world need not wait for it */
    PMEM_RUNNING, /* touches the space */
    PMEM_STOPPED, /* waits at a safepoint until the world goes on */
};

struct pmem_chunk;

/* Page numbers written in one epoch, in pieces that change hands whole. */
struct pmem_dirty {
    struct pmem_chunk *first, *last;
};

/* A thread that touches the space. Embedded by its owner; fields are pmem's own but where said. */
struct pmem_worker {
    _Atomic uint32_t state; /* enum pmem_worker_state */
    unsigned index;         /* from 0, unique among those who are workers now */

    /*
     * The owner's: where a fault that needs the disk leaves to, or NULL to be
     * served in place. Points to the five words of __builtin_setjmp. Set only
     * while an instruction can be run again from its beginning. The space must
     * be touched in another function than the one that has the setjmp, called
     * from it and not inlined: gcc and clang believe that only calls come back to it.
     */
    void **restart;
    uint64_t fault_address; /* valid after such a departure */

    /*
     * The owner's: leave only for a page that cannot be read, and have the others served in
     * place, though the world waits meanwhile. For whoever left often: where memory is short,
     * pages may go faster than a long piece of work, begun anew for each, brings them in.
     */
    bool restart_late;

    uint32_t credit;          /* first writes left until the next safepoint */
    uint32_t spare_count;     /* empty chunks, enough for all the credit */
    struct pmem_chunk *spare; /* linked */
    struct pmem_dirty dirty;  /* of the running epoch */
    void *page_buffer;        /* for PMEM_AHEAD_MAX pages on their way in */
    uint64_t ahead_page;      /* after those that came in last */
    uint32_t ahead;           /* how many these were */
    struct {
        _Atomic uint64_t from; /* page addresses, [from, to) */
        _Atomic uint64_t to;
    } pins[PMEM_PIN_MAX];
    struct pmem_worker *next;
};

/*
 * Bring up the space over an open store. The flusher and the evictor run when
 * this returns. The store must stay open until pmem_stop.
 *
 * Returns OK, ERR_NOMEM, ERR_UNSUPPORTED.
 */
must_use err_t pmem_start(struct store *store, const struct pmem_options *options);

/*
 * Take the space down. Commits nothing; no worker is left. The store must be closed
 * next: it may hold early pages that no generation will have. pmem_start may follow.
 */
void pmem_stop(void);

/* ---- the write barrier ---- */

/* For each page the epoch of its last first write; outside the space. */
extern _Atomic uint32_t *pmem_epoch_of;
extern _Atomic uint32_t *pmem_epoch_at; /* the same, indexed by address >> PAGE_SHIFT */
extern uint32_t pmem_epoch_now;         /* changes only while the world stands still */

/*
 * The first write to the page of `address` in this epoch is about to happen.
 * Lists it, and copies it when a closed epoch still needs it. Cannot fail.
 * Called by a RUNNING worker with credit, or by the one who stopped the world.
 */
void pmem_first_write(uint64_t address);

/* Must come before every store to the word, bytes or field at `address` (within one page). */
static inline void
pmem_barrier(uint64_t address)
{
    /* Loaded apart: the processor fuses a comparison of registers with the branch. */
    uint32_t now = __atomic_load_n(&pmem_epoch_now, __ATOMIC_RELAXED);

    if (unlikely(atomic_load_explicit(&pmem_epoch_at[address >> PAGE_SHIFT],
                                      memory_order_acquire) != now))
        pmem_first_write(address);
}

/* The same for `bytes` bytes from `address`, over any number of pages. */
void pmem_barrier_range(uint64_t address, uint64_t bytes);

/* The same for a whole page that will be written to its last byte: if absent it is not read. */
void pmem_barrier_whole(uint64_t page_address);

/* ---- reading and writing the space from C: relaxed atomics, barrier included ---- */

static inline uint64_t
pmem_load64(uint64_t address)
{
    return atomic_load_explicit((_Atomic uint64_t *)address, memory_order_relaxed);
}

static inline uint32_t
pmem_load32(uint64_t address)
{
    return atomic_load_explicit((_Atomic uint32_t *)address, memory_order_relaxed);
}

static inline void
pmem_store64(uint64_t address, uint64_t value)
{
    pmem_barrier(address);
    atomic_store_explicit((_Atomic uint64_t *)address, value, memory_order_relaxed);
}

static inline void
pmem_store32(uint64_t address, uint32_t value)
{
    pmem_barrier(address);
    atomic_store_explicit((_Atomic uint32_t *)address, value, memory_order_relaxed);
}

/* memcpy to and from the space in words; the barrier is taken for what is written. */
void pmem_copy_in(uint64_t to, const void *from, uint64_t bytes);
void pmem_copy_out(void *to, uint64_t from, uint64_t bytes);
void pmem_copy(uint64_t to, uint64_t from, uint64_t bytes); /* may overlap, like memmove */
void pmem_zero(uint64_t address, uint64_t bytes);           /* reads no page that is zeroed whole */

/* ---- workers ---- */

/* Become a worker, RUNNING, of the calling thread (uses plat_self_set). ERR_NOMEM. */
must_use err_t pmem_worker_join(struct pmem_worker *worker);

/* Stop being one. */
void pmem_worker_leave(struct pmem_worker *worker);

/*
 * Go away from the space, to block; and come back, waiting while the world stands
 * still. Who goes away, stops or leaves holds no lock of its own: it may be the one
 * who carries out what the world was stopped for.
 */
void pmem_worker_away(struct pmem_worker *worker);
void pmem_worker_back(struct pmem_worker *worker);

/*
 * Called by each worker that is about to go away, while it still runs and holds no lock: its owner
 * sees to what would wait for it meanwhile. May take locks. NULL: nobody does.
 */
extern void (*pmem_before_away)(struct pmem_worker *worker);

/* Nonzero while the world is asked to stop, or a worker's credit runs low. */
extern _Atomic uint32_t pmem_stop_wanted;

/* To be asked on every back-edge and call. */
static inline bool
pmem_poll(void)
{
    return atomic_load_explicit(&pmem_stop_wanted, memory_order_relaxed) != 0;
}

/* For a thread that is no worker: sleep until the world neither stands still nor is asked to. */
void pmem_world_await(void);

/*
 * A safepoint: stop while the world is asked to stop, then top up the credit.
 * Returns OK; or ERR_NOSPACE when the volume has no room for the credit, even
 * after waiting for commits that let go of older blocks.
 */
must_use err_t pmem_safepoint(struct pmem_worker *worker);

/*
 * Take credit for `pages` more first writes than the usual ones (before a large
 * allocation, a scavenge, a grown stack). It lasts until it is used up or given back.
 * Returns OK or ERR_NOSPACE. Does not wait.
 */
must_use err_t pmem_reserve(struct pmem_worker *worker, uint64_t pages);
void pmem_unreserve(struct pmem_worker *worker, uint64_t pages);

/* The same, but waits for commits that let go of older blocks, as long as that may help. */
must_use err_t pmem_reserve_wait(struct pmem_worker *worker, uint64_t pages);

/*
 * Wait, away, for a generation that lets go of an old one. PMEM_COMMITS_LONG of them bring all
 * back that died. As pmem_snapshot_wait, but for a RUNNING worker at a safepoint.
 */
must_use err_t pmem_commit_for_space(struct pmem_worker *worker);

/*
 * Keep credit for those who make room on a volume that is full: so many pages, beside the little
 * that is always kept. Nobody else gets credit while some of it is missing, but for the half that a
 * worker needs to go on, which may even come out of it. 0 keeps no more than that little.
 */
void pmem_credit_keep(uint64_t pages);

/* As pmem_reserve, for one who makes room, or removes things: from what is kept, too. */
must_use err_t pmem_reserve_kept(struct pmem_worker *worker, uint64_t pages);

/*
 * A worker's usual credit, for one that pmem_safepoint() gives none: from what is kept to tell a
 * program that there is no room, after commits if they may help. ERR_NOSPACE: programs were told,
 * and wrote on.
 */
must_use err_t pmem_reserve_to_tell(struct pmem_worker *worker);

/*
 * How many pages of credit could be had at best, all at once. It is for the worst case, that of
 * pages far apart: of pages side by side nearly twice as many can be written in the end. Takes
 * nothing. Any thread.
 */
uint64_t pmem_credit_possible(void);

/*
 * The running epoch if nothing was written in it yet, else 0. Who sees the same epoch twice
 * knows that nothing has changed in between. Any thread.
 */
uint32_t pmem_epoch_quiet(void);

/*
 * Bring the page of `address` in while the calling worker counts as stopped. An action in
 * the stopped world may call it, too (`worker` is not used), and waits for the disk then.
 * Returns OK; or ERR_CORRUPT, ERR_IO: the page cannot be had now.
 */
must_use err_t pmem_page_in(struct pmem_worker *worker, uint64_t address);

/*
 * True if all these bytes can be read. Brings their pages in, and the world waits meanwhile: for a
 * RUNNING worker in the middle of a change, which may not go away, and for an action in the stopped
 * world.
 */
bool pmem_readable(uint64_t address, uint64_t bytes);

/* True if the page of `address` can be read now without waiting for the disk. */
bool pmem_resident(uint64_t address);

/*
 * True if the page of `address` is certainly zero, and neither memory nor a block of the volume
 * holds it, told without any I/O. False says nothing. Only of a page that nobody else touches.
 */
bool pmem_takes_no_block(uint64_t address);

/*
 * Keep the pages of [address, address + bytes) from being evicted once they
 * are in; pin `slot` of the worker is replaced. 0 bytes unpin. The order that is
 * safe: pin, then ask pmem_resident() of each page and bring in what is not.
 */
void pmem_pin(struct pmem_worker *worker, unsigned slot, uint64_t address, uint64_t bytes);

/*
 * Stop the world, run `action` while it stands still, let it go on. The caller
 * is a RUNNING worker (it arrives too) or no worker at all (NULL). Several
 * requests at once are carried out one after the other in one stop.
 * `action` may write to the space within `pages` of credit, which is taken
 * beforehand. Returns OK, or ERR_NOSPACE and nothing was done.
 */
typedef void pmem_world_fn(void *argument);
must_use err_t pmem_world_do(struct pmem_worker *worker, pmem_world_fn *action, void *argument,
                             uint64_t pages);

/* The same for one who makes room: from what is kept, too, but for the last `leave` pages of it. */
must_use err_t pmem_world_do_kept(struct pmem_worker *worker, pmem_world_fn *action, void *argument,
                                  uint64_t pages, uint64_t leave);

/*
 * In the stopped world: tell of each page that was written in the running epoch, of some of them
 * twice. `see` gets its address, touches nothing of the space, and takes no lock.
 */
typedef void pmem_page_fn(void *context, uint64_t address);
void pmem_written_each(pmem_page_fn *see, void *context);

/* ---- snapshots ---- */

/*
 * Who wants to know about snapshots. Embedded by its owner, registered after pmem_start.
 *   before  the world stands still, the epoch is about to close; what this
 *           writes to the space (at most 4 pages) belongs to the closing epoch
 *   after   the flusher has committed that epoch; runs in the flusher, must not
 *           touch the space, may take locks and wake threads
 */
struct pmem_observer {
    void (*before)(void *context, uint32_t epoch);
    void (*after)(void *context, uint32_t epoch, const struct store_note *note);
    void *context;
    struct pmem_observer *next;
};

void pmem_observe(struct pmem_observer *observer);

/*
 * Observe no more; waits for the snapshot that is under way, so not as a RUNNING
 * worker. pmem_stop forgets all observers.
 */
void pmem_unobserve(struct pmem_observer *observer);

/*
 * Ask for a snapshot of what is written now; returns the epoch that will be
 * committed, or the last closed one when nothing was written since. Does not wait.
 * STORE_CAUSE_SPACE and STORE_CAUSE_PIN make a generation even of nothing: to let go of old ones,
 * or to do what was asked of history.
 */
uint32_t pmem_snapshot_ask(enum store_cause cause);

/*
 * Wait until `epoch` and all before it are committed. Not as a RUNNING worker.
 * Returns OK; ERR_CANCELLED when the space is taken down meanwhile; ERR_IO, ERR_NOSPACE when the
 * commit failed (it is tried again later with what has been written meanwhile, as part of a newer
 * epoch).
 */
must_use err_t pmem_snapshot_wait(uint32_t epoch);

/* How the newest commit that is over ended: OK, or why a snapshot could not be saved. Any thread.
 */
err_t pmem_commit_outcome(void);

/* The newest epoch known committed. Any thread. */
uint32_t pmem_epoch_committed(void);

/* personal time and wall time are told to the note by this hook, in the stopped world. */
extern uint64_t (*pmem_personal_ns)(void);

/* A distribution of durations in nanoseconds. */
struct pmem_durations {
    uint64_t count, p50, p99, max;
};

/* What a program stood still for, beside the instants of snapshots. */
enum pmem_stall_kind {
    PMEM_STALL_ROOM, /* no credit, or too many pages in memory: for commits, and for the evictor */
    PMEM_STALL_COPY, /* a first write, because no copy was free: for the flusher */
    PMEM_STALL_PAGE, /* for a page from the disk */
    PMEM_STALL_KINDS,
};

struct pmem_stall {
    uint64_t count, total_ns, max_ns;
};

struct pmem_stats {
    uint64_t snapshots;
    struct pmem_durations pause;     /* request to release */
    struct pmem_durations safepoint; /* request to last arrival */
    struct pmem_durations commit;    /* epoch closed to superblock flushed */
    uint64_t pages_resident;
    uint64_t pages_dirty;   /* written since the instant of the newest snapshot */
    uint64_t pages_in;      /* read from the disk on demand */
    uint64_t pages_evicted; /* clean and early-written */
    uint64_t first_writes;
    uint64_t copies;   /* made because a closed epoch still needed the page */
    uint64_t failures; /* commits that failed */
    struct pmem_stall stalls[PMEM_STALL_KINDS];
};

void pmem_stats_get(struct pmem_stats *stats);

/* A worker has stood still for that since `begin_ns` (monotonic): count it. A few nanoseconds. */
void pmem_stalled(enum pmem_stall_kind kind, uint64_t begin_ns);

/* Assert every invariant of the space (walks all present pages; only in the stopped world). */
void pmem_check(void);
