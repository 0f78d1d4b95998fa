/*
 * snapshot.c - one snapshot, from the instant to the commit.
 *
 * The instant is flip(): the world stands still, the epoch moves on, the lists
 * of dirty pages change hands. It walks over workers and never over pages. All
 * the rest is done by the flusher while the world runs: each page of the
 * closed epoch is saved from the copy that its first writer made, or from memory
 * if nobody has written to it since.
 *
 * When a commit fails its pages are not lost and not doubted: they go over into
 * the running epoch, and the next snapshot saves them as they are then. Only the
 * flusher asks for flips, so no epoch closes while it moves them.
 *
 * Invariants
 *   1. Outside CLOSING to SEALING there is no page with a copy, and no epoch
 *      between the committed and the running one has a page.
 *   2. The epoch number moves on before the store is told to begin: so whoever sees
 *      the old number has handed early pages to the closing commit (evict.c).
 *   3. `carried` pages have the running epoch, as all others that are listed in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#define LOG_MODULE "pmem"
#include "base/log.h"
#include "base/memory.h"
#include "base/trace.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "plat/thread.h"
#include "pmem/pmem_priv.h"

#define BEFORE_PAGES  4 /* an observer may write so many in the stopped world */
#define BEFORE_ROUNDS 6 /* credit for so many snapshots is kept, for a volume that is full */
#define WANTED_MAX    64
#define SWEEP_EPOCHS  (1u << 30)

/*
 * OPEN -> CLOSING -> SAVING -> FLUSHING -> SEALING -> OPEN
 * and from SAVING and FLUSHING also -> FAILED -> OPEN.
 *
 *   OPEN      one epoch is written to; none waits to be saved
 *   CLOSING   the world stands still; the epoch number moves on; nothing is copied
 *   SAVING    the world runs; pages of the closed epoch are handed to the store
 *   FLUSHING  all were handed over; the store records, flushes, names them, flushes
 *   SEALING   the closed epoch is committed; who waits for it is told
 *   FAILED    the generation before is still the truth; the pages go over to the
 *             running epoch
 */
enum snap_state {
    SNAP_OPEN,
    SNAP_CLOSING,
    SNAP_SAVING,
    SNAP_FLUSHING,
    SNAP_SEALING,
    SNAP_FAILED,
};

#define TO(state) (1u << (state))

static const unsigned snap_moves[] = {
    [SNAP_OPEN] = TO(SNAP_CLOSING),
    [SNAP_CLOSING] = TO(SNAP_SAVING),
    [SNAP_SAVING] = TO(SNAP_FLUSHING) | TO(SNAP_FAILED),
    [SNAP_FLUSHING] = TO(SNAP_SEALING) | TO(SNAP_FAILED),
    [SNAP_SEALING] = TO(SNAP_OPEN),
    [SNAP_FAILED] = TO(SNAP_OPEN),
};

uint32_t pmem_epoch_first = 2;
uint32_t pmem_sweep_epochs = SWEEP_EPOCHS;
uint64_t (*pmem_personal_ns)(void);

static struct {
    _Atomic enum snap_state state; /* moved by the flusher, and by the doer in CLOSING */
    struct pmem_dirty closed;      /* pages of the epoch being saved */
    struct pmem_dirty carried;     /* pages of an epoch that could not be saved */
    _Atomic uint64_t carried_count;
    struct store_note note;
    uint32_t credit;  /* for observers */
    uint32_t tickets; /* credit of pages that left early in the closed epoch and stayed away */
    uint32_t swept;   /* epoch of the last sweep */
    uint64_t commit_ns;

    _Atomic uint32_t committed, closed_epoch; /* newest of each */

    struct lock lock; /* guards the fields up to the histograms */
    struct cond change;
    uint64_t snapshots, failures;
    bool under_way; /* a snapshot is being taken; observers may be called */
    bool failed;    /* the last one failed, and the next has not begun */
    uint32_t failed_epoch;
    err_t failed_err;
    err_t outcome; /* of the newest commit that is over */
    bool ending;
    struct pmem_observer *_Atomic observers;
    _Atomic uint32_t observer_count;

    struct histogram pause, safepoint, commit;
} snap;

static void
snap_check(void)
{
    if (snap.state == SNAP_OPEN)
        assert(!snap.closed.first);
    assert(!pmem_epoch_later(atomic_load(&snap.committed), atomic_load(&snap.closed_epoch)));
    assert(pmem_epoch_later(pmem_epoch_running(), atomic_load(&snap.closed_epoch)));
}

static void
snap_move(enum snap_state to)
{
    assert(snap_moves[snap.state] & TO(to));
    snap_check();
    trace(SNAP_MOVE, snap.state, to);
    snap.state = to;
}

void
pmem_snapshot_check(void)
{
    snap_check();
}

uint64_t
pmem_snapshot_listed(void)
{
    return pmem_world_listed() + pmem_dirty_length(&snap.carried);
}

err_t
pmem_snapshot_create(void)
{
    uint32_t first = pmem_epoch_first == 0 ? 1 : pmem_epoch_first;

    /* What is not named here is zero. */
    memset(&snap, 0, sizeof(snap));
    lock_init(&snap.lock, LOCK_RANK_SNAPSHOT);
    cond_init(&snap.change);
    TRY(pmem_save_create());
    atomic_store(&snap.committed, first - 1);
    atomic_store(&snap.closed_epoch, first - 1);
    snap.swept = first;
    __atomic_store_n(&pmem_epoch_now, first, __ATOMIC_RELEASE);
    atomic_store(&pmem_dirty_count, 0);
    atomic_store(&pmem_tickets, 0);
    return OK;
}

void
pmem_snapshot_destroy(void)
{
    if (pmem_store) {
        store_credit_give(pmem_store, snap.credit);
        pmem_kept_give_back();
    }
    pmem_chunks_free(snap.closed.first);
    pmem_chunks_free(snap.carried.first);
    pmem_save_destroy();
    snap.closed = snap.carried = (struct pmem_dirty){ 0 };
}

/* ---- the instant ---- */

static void
observers_before(uint32_t epoch)
{
    for (struct pmem_observer *observer = atomic_load(&snap.observers); observer;
         observer = observer->next)
        if (observer->before)
            observer->before(observer->context, epoch);
}

/* In a strict space the pages of the closed epoch are closed; that is its price. */
static void
strict_close(void)
{
    for (struct pmem_chunk *chunk = snap.closed.first; chunk; chunk = chunk->next)
        for (uint32_t i = 0; i < chunk->count; i++) {
            uint64_t page = chunk->pages[i];
            struct pmem_page *entry = pmem_page_of(page);

            pmem_page_lock(entry);
            if (pmem_page_has(entry, PMEM_OPEN)) {
                plat_page_close(pmem_address_of(page));
                pmem_page_clear(entry, PMEM_OPEN);
            }
            pmem_page_unlock(entry);
        }
}

static void
flip(void *argument)
{
    uint32_t closing = pmem_epoch_now, next = closing + 1 ? closing + 1 : 1;

    (void)argument;
    assert(pmem_world_acting());
    observers_before(closing);
    pmem_still_flip(closing);
    snap_move(SNAP_CLOSING);
    snap.closed = snap.carried;
    snap.carried = (struct pmem_dirty){ 0 };
    pmem_world_take_dirty(&snap.closed);
    snap.note.wall_ns = plat_wall_ns();
    snap.note.personal_ns = pmem_personal_ns ? pmem_personal_ns() : 0;
    /*
     * In this order, because of pmem_snapshot_ask(), which may run beside us: who sees the
     * new epoch sees that nothing was written in it; who sees that nothing was written
     * sees which epoch has closed.
     */
    atomic_store(&snap.closed_epoch, closing);
    atomic_store(&pmem_dirty_count, 0);
    atomic_store(&snap.carried_count, 0);
    __atomic_store_n(&pmem_epoch_now, next, __ATOMIC_SEQ_CST);
    store_commit_begin(pmem_store);
    atomic_store(&pmem_superseded, 0);
    snap.tickets = atomic_exchange(&pmem_tickets, 0);
    if (pmem_settings.strict)
        strict_close();
    snap_move(SNAP_SAVING);
}

/* ---- the end, good or bad ---- */

static void
snapshot_fail(uint32_t epoch, err_t err)
{
    trace(STORE_COMMIT_FAIL, epoch, err);
    log_warn("a snapshot could not be saved (%s); it will be tried again", err_text(err));
    pmem_still_saved(err);
    lock_acquire(&snap.lock);
    snap.failures++;
    snap.failed = true;
    snap.failed_epoch = epoch;
    snap.failed_err = err;
    cond_broadcast(&snap.change);
    lock_release(&snap.lock);
}

static void
snapshot_seal(void)
{
    uint32_t epoch = atomic_load(&snap.closed_epoch);

    snap_move(SNAP_SEALING);
    pmem_still_saved(OK);
    pmem_chunks_free(snap.closed.first);
    snap.closed = (struct pmem_dirty){ 0 };
    lock_acquire(&snap.lock);
    snap.snapshots++;
    atomic_store(&snap.committed, epoch);
    cond_broadcast(&snap.change);
    lock_release(&snap.lock);
    for (struct pmem_observer *observer = atomic_load(&snap.observers); observer;
         observer = observer->next)
        if (observer->after)
            observer->after(observer->context, epoch, &snap.note);
    snap_move(SNAP_OPEN);
    pmem_evict_kick(); /* pages have become clean */
}

/*
 * Epochs that are long past would one day look like the future. Every now and
 * then those of clean pages are set to never.
 */
static void
sweep(void)
{
    uint32_t high = pmem_frame_high();

    if (pmem_epoch_running() - snap.swept < pmem_sweep_epochs)
        return;
    for (uint32_t frame = 0; frame < high; frame++) {
        uint64_t page = pmem_frame_page(frame);
        struct pmem_page *entry;

        if (page == PMEM_FRAME_FREE)
            continue;
        entry = pmem_page_of(page);
        pmem_page_lock(entry);
        if (pmem_epoch_clean(pmem_page_epoch(page)))
            pmem_page_epoch_set(page, 0);
        pmem_page_unlock(entry);
    }
    snap.swept = pmem_epoch_running();
}

/* ---- credit of the snapshot itself ---- */

err_t
pmem_snapshot_credit(void)
{
    uint32_t each = BEFORE_PAGES * atomic_load(&snap.observer_count);
    uint32_t unforeseen;

    if (snap.credit < each * BEFORE_ROUNDS &&
        store_credit_take(pmem_store, each * BEFORE_ROUNDS - snap.credit) == OK)
        snap.credit = each * BEFORE_ROUNDS;
    if (snap.credit < each && store_credit_take(pmem_store, each - snap.credit) == OK)
        snap.credit = each;
    unforeseen = pmem_kept_refill();
    /* What observers write beyond it is paid for by that; but not by all of it. */
    return snap.credit + unforeseen / 2 >= each ? OK : ERR_NOSPACE;
}

/* ---- one snapshot ---- */

static err_t
snapshot_save(void)
{
    err_t err = pmem_save_all(&snap.closed);

    if (err != OK) {
        store_commit_abandon(pmem_store);
        return err;
    }
    snap_move(SNAP_FLUSHING);
    return store_commit_finish(pmem_store, &snap.note);
}

/* Wakes nobody: none waits for a beginning, and would run before the last worker stops. */
static void
under_way_begin(void)
{
    lock_acquire(&snap.lock);
    snap.under_way = true;
    snap.failed = false;
    lock_release(&snap.lock);
}

static void
under_way_end(void)
{
    lock_acquire(&snap.lock);
    snap.under_way = false;
    cond_broadcast(&snap.change);
    lock_release(&snap.lock);
}

/* Stop the world and flip. */
static err_t
snapshot_close(uint64_t *released_ns)
{
    uint64_t asked_ns, arrived_ns;

    TRY(pmem_snapshot_credit());
    TRY(pmem_world_run(flip, NULL, &snap.credit, &asked_ns, &arrived_ns, released_ns));
    histogram_add(&snap.pause, *released_ns - asked_ns);
    histogram_add(&snap.safepoint, arrived_ns - asked_ns);
    return OK;
}

static void
outcome_set(err_t err)
{
    lock_acquire(&snap.lock);
    snap.outcome = err;
    lock_release(&snap.lock);
}

static err_t
snapshot_commit(uint64_t released_ns)
{
    err_t err = snapshot_save();

    if (err == OK) {
        snap.commit_ns = plat_monotonic_ns() - released_ns;
        histogram_add(&snap.commit, snap.commit_ns);
        snapshot_seal();
        sweep();
    } else {
        snap_move(SNAP_FAILED);
        pmem_carry_all(&snap.closed);
        snap.carried = snap.closed;
        snap.closed = (struct pmem_dirty){ 0 };
        /* Even where nothing is left to carry, the store may have early pages to commit. */
        atomic_store(&snap.carried_count, pmem_dirty_length(&snap.carried) + 1);
        snap_move(SNAP_OPEN);
        snapshot_fail(atomic_load(&snap.closed_epoch), err);
    }
    if (snap.tickets > 0)
        store_credit_give(pmem_store, snap.tickets);
    snap.tickets = 0;
    outcome_set(err);
    IGNORE(pmem_snapshot_credit(), "the next snapshot asks again, and then it matters");
    return err;
}

err_t
pmem_snapshot_take(enum store_cause cause)
{
    uint64_t released_ns;
    err_t err;

    snap.note = (struct store_note){ .cause = cause };
    under_way_begin();
    err = snapshot_close(&released_ns);
    if (err == OK)
        err = snapshot_commit(released_ns);
    else
        snapshot_fail(pmem_epoch_running(), err);
    under_way_end();
    return err;
}

/* ---- what others ask ---- */

uint32_t
pmem_epoch_committed(void)
{
    return atomic_load_explicit(&snap.committed, memory_order_acquire);
}

uint32_t
pmem_epoch_closed(void)
{
    return atomic_load_explicit(&snap.closed_epoch, memory_order_acquire);
}

bool
pmem_snapshot_due(void)
{
    return pmem_still_wanted() ||
           atomic_load(&pmem_dirty_count) + atomic_load(&snap.carried_count) > 0;
}

uint32_t
pmem_epoch_quiet(void)
{
    /* In this order: see flip(). */
    uint32_t epoch = pmem_epoch_running();

    return pmem_snapshot_due() ? 0 : epoch;
}

uint64_t
pmem_snapshot_commit_ns(void)
{
    return snap.commit_ns;
}

err_t
pmem_snapshot_wait(uint32_t epoch)
{
    err_t err = OK;

    lock_acquire(&snap.lock);
    while (err == OK && pmem_epoch_later(epoch, pmem_epoch_committed())) {
        if (snap.ending)
            err = ERR_CANCELLED;
        else if (snap.failed && !pmem_epoch_later(epoch, snap.failed_epoch))
            err = snap.failed_err;
        else
            cond_wait(&snap.change, &snap.lock, PLAT_NO_DEADLINE);
    }
    lock_release(&snap.lock);
    return err;
}

err_t
pmem_commit_outcome(void)
{
    err_t outcome;

    lock_acquire(&snap.lock);
    outcome = snap.outcome;
    lock_release(&snap.lock);
    return outcome;
}

void
pmem_snapshot_end(void)
{
    lock_acquire(&snap.lock);
    snap.ending = true;
    cond_broadcast(&snap.change);
    lock_release(&snap.lock);
}

void
pmem_observe(struct pmem_observer *observer)
{
    lock_acquire(&snap.lock);
    observer->next = atomic_load(&snap.observers);
    atomic_store(&snap.observers, observer); /* the flusher goes along it without the lock */
    atomic_fetch_add(&snap.observer_count, 1);
    /* Now, because a volume that is full by then could not take even its first snapshot. */
    if (!snap.under_way)
        IGNORE(pmem_snapshot_credit(), "the next snapshot asks again, and then it matters");
    lock_release(&snap.lock);
}

void
pmem_unobserve(struct pmem_observer *observer)
{
    struct pmem_observer *before = NULL, *at;

    lock_acquire(&snap.lock);
    while (snap.under_way)
        cond_wait(&snap.change, &snap.lock, PLAT_NO_DEADLINE);
    for (at = atomic_load(&snap.observers); at && at != observer; at = at->next)
        before = at;
    if (at) {
        if (before)
            before->next = at->next;
        else
            atomic_store(&snap.observers, at->next);
        atomic_fetch_sub(&snap.observer_count, 1);
    }
    lock_release(&snap.lock);
}

void
pmem_snapshot_stats_get(struct pmem_snapshot_stats *stats)
{
    lock_acquire(&snap.lock);
    stats->snapshots = snap.snapshots;
    stats->failures = snap.failures;
    lock_release(&snap.lock);
    stats->pause = &snap.pause;
    stats->safepoint = &snap.safepoint;
    stats->commit = &snap.commit;
}
