/*
 * credit.c - the right to write, taken before it is used.
 *
 * One credit is one page that the store has promised to find room for. A worker
 * holds credit for its first writes until the next safepoint, and more where it said so.
 * Only here is anything refused for want of room: never in the barrier.
 *
 * A first write uses one up; the page it lists owns it until the store has
 * the page. Nothing is lost on the way: what a commit that failed, an evicted page, or
 * a worker that leaves does not need goes back.
 *
 * Some credit is kept for first writes that nobody foresaw, and for those who make room: what is
 * missing there comes before what anybody else asks for. So a volume that is full can be
 * cleaned up, however often it was filled.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "pmem/pmem_priv.h"

#define UNFORESEEN 128                /* kept for first writes that nobody foresaw */
#define TELLING    PMEM_WORKER_CREDIT /* more that is kept, for whoever must be told of no room */

_Atomic uint32_t pmem_kept;
static _Atomic uint32_t keep_wanted;

/* What was last asked for in vain, though commits were waited for. */
static struct {
    struct lock lock;
    uint64_t pages;
    uint64_t possible; /* so much seemed possible then; 0: nothing was refused */
} refused;

void
pmem_credit_init(void)
{
    lock_init(&refused.lock, LOCK_RANK_LEAF);
    refused.possible = 0;
    atomic_store(&pmem_kept, 0);
    atomic_store(&keep_wanted, UNFORESEEN);
}

void
pmem_credit_low(void)
{
    if (!(atomic_load_explicit(&pmem_stop_wanted, memory_order_relaxed) & PMEM_WANT_CREDIT))
        atomic_fetch_or(&pmem_stop_wanted, PMEM_WANT_CREDIT);
}

/* ---- what is kept ---- */

/* No more is missing than is to be kept now: `wanted` may be what was to be kept before. */
static uint32_t
missing(uint32_t wanted)
{
    uint32_t kept = atomic_load_explicit(&pmem_kept, memory_order_relaxed);
    uint32_t all = atomic_load_explicit(&keep_wanted, memory_order_relaxed);

    if (wanted > all)
        wanted = all;
    return kept < wanted ? wanted - kept : 0;
}

/* Of what is kept take up to `pages`, but for the last `leave`; how many. */
static uint32_t
kept_take(uint64_t pages, uint64_t leave)
{
    uint32_t kept = atomic_load_explicit(&pmem_kept, memory_order_relaxed), taken;

    do {
        taken = kept > leave ? (uint32_t)(kept - leave) : 0;
        if (taken > pages)
            taken = (uint32_t)pages;
    } while (!atomic_compare_exchange_weak(&pmem_kept, &kept, kept - taken));
    return taken;
}

static void
kept_add(uint32_t pages)
{
    uint32_t wanted = atomic_load(&keep_wanted);
    uint32_t kept = atomic_fetch_add(&pmem_kept, pages) + pages;

    if (kept > wanted) /* somebody else did the same */
        store_credit_give(pmem_store, kept_take(kept - wanted, wanted));
}

/* Keep `wanted` pages again, or as many as can be had; true if that is all of them. */
static bool
kept_fill(uint32_t wanted)
{
    uint32_t pages = missing(wanted);

    while (pages > 0) {
        if (store_credit_take(pmem_store, pages) == OK) {
            kept_add(pages);
            pages = missing(wanted) < pages ? missing(wanted) : pages;
        } else {
            pages /= 2;
        }
    }
    return missing(wanted) == 0;
}

uint32_t
pmem_kept_refill(void)
{
    kept_fill(atomic_load(&keep_wanted));
    return UNFORESEEN - missing(UNFORESEEN);
}

void
pmem_credit_keep(uint64_t pages)
{
    atomic_store(&keep_wanted, UNFORESEEN + (uint32_t)pages);
    kept_add(0);
    pmem_kept_refill();
}

void
pmem_kept_give_back(void)
{
    store_credit_give(pmem_store, atomic_exchange(&pmem_kept, 0));
}

/* ---- taking ---- */

/* What is kept comes first: `wanted` pages of it. */
static err_t
take(uint64_t pages, uint32_t wanted)
{
    if (missing(wanted) > 0 && !kept_fill(wanted))
        return ERR_NOSPACE;
    return store_credit_take(pmem_store, pages);
}

err_t
pmem_credit_take(uint64_t pages)
{
    return take(pages, atomic_load(&keep_wanted));
}

err_t
pmem_credit_take_kept(uint64_t pages, uint64_t leave)
{
    uint32_t kept;

    if (store_credit_take(pmem_store, pages) == OK)
        return OK;
    kept = kept_take(pages, UNFORESEEN / 2 + leave);
    if (kept == pages || store_credit_take(pmem_store, pages - kept) == OK)
        return OK;
    atomic_fetch_add(&pmem_kept, kept);
    return ERR_NOSPACE;
}

/* How many pages of credit commits may bring, at best: those that are dirty leave something over.
 */
static uint64_t
possible(void)
{
    return store_credit_possible(pmem_store) + atomic_load(&pmem_dirty_count);
}

uint64_t
pmem_credit_possible(void)
{
    return possible();
}

/*
 * Would commits be waited for in vain? What is possible is not enough; or so much was asked for
 * before, and no more is possible now than it was then.
 */
static bool
in_vain(uint64_t pages, uint64_t now_possible)
{
    bool vain;

    if (now_possible < pages)
        return true;
    lock_acquire(&refused.lock);
    vain = refused.possible >= now_possible && refused.pages <= pages;
    lock_release(&refused.lock);
    return vain;
}

static void
refusal_remember(uint64_t pages, uint64_t begin_possible, err_t err)
{
    lock_acquire(&refused.lock);
    refused.pages = pages;
    refused.possible = err == OK ? 0 : begin_possible;
    lock_release(&refused.lock);
}

static err_t
commit_for_space(struct pmem_worker *worker)
{
    uint32_t epoch = pmem_snapshot_ask(STORE_CAUSE_SPACE);
    err_t err;

    pmem_worker_away(worker);
    err = pmem_snapshot_wait(epoch);
    pmem_worker_back(worker);
    return err;
}

err_t
pmem_commit_for_space(struct pmem_worker *worker)
{
    uint64_t begin_ns = plat_monotonic_ns();
    err_t err = commit_for_space(worker);

    pmem_stalled(PMEM_STALL_ROOM, begin_ns);
    return err;
}

/* The volume may be full of generations that nobody needs any more: each commit lets go of one. */
static err_t
take_after_commits(struct pmem_worker *worker, uint64_t pages, uint32_t wanted)
{
    uint64_t begin_possible = possible(), begin_ns = plat_monotonic_ns();
    err_t err = ERR_NOSPACE;

    if (in_vain(pages + missing(wanted), begin_possible))
        return ERR_NOSPACE;
    for (unsigned i = 0; i < PMEM_COMMITS_LONG && err == ERR_NOSPACE; i++) {
        err = commit_for_space(worker);
        if (err == OK)
            err = take(pages, wanted);
    }
    pmem_stalled(PMEM_STALL_ROOM, begin_ns);
    refusal_remember(pages + missing(wanted), begin_possible, err);
    return err == OK ? OK : ERR_NOSPACE;
}

/* For the pages that it has credit for, a worker needs room in its list. */
static err_t
credit_add(struct pmem_worker *worker, uint64_t pages)
{
    worker->credit += (uint32_t)pages;
    if (pmem_chunks_ensure(worker) == OK)
        return OK;
    pmem_unreserve(worker, pages);
    return ERR_NOSPACE;
}

/* ---- workers ---- */

/*
 * Half will do, and comes before what the heap keeps, out of which it is taken at last: a worker
 * that has less can only be told that there is no room, and what that takes is left.
 *
 * Who waits for commits waits for all that a worker has usually: for the page or two that were used
 * since the last time there would be a commit for each step of a program that fills an array.
 */
static err_t
top_up_half(struct pmem_worker *worker)
{
    uint32_t all = PMEM_WORKER_CREDIT - worker->credit, wanted;

    if (worker->credit >= PMEM_WORKER_CREDIT / 2)
        return OK;
    wanted = PMEM_WORKER_CREDIT / 2 - worker->credit;
    if (take(wanted, UNFORESEEN) == OK) {
        worker->credit += wanted;
    } else if (take_after_commits(worker, all, UNFORESEEN) == OK) {
        worker->credit += all;
    } else {
        TRY(pmem_credit_take_kept(wanted, UNFORESEEN / 2 + TELLING)); /* a sweep needs the first */
        worker->credit += wanted;
    }
    return OK;
}

err_t
pmem_credit_top_up(struct pmem_worker *worker)
{
    uint32_t wanted;
    err_t err;

    if (atomic_load_explicit(&pmem_stop_wanted, memory_order_relaxed) & PMEM_WANT_CREDIT)
        atomic_fetch_and(&pmem_stop_wanted, ~(uint32_t)PMEM_WANT_CREDIT); /* others ask again */
    if (worker->credit >= PMEM_WORKER_CREDIT)
        return OK;
    wanted = PMEM_WORKER_CREDIT - worker->credit;
    pmem_worker_away(worker); /* the store may have to make its file larger */
    err = pmem_credit_take(wanted);
    pmem_worker_back(worker);
    if (err == OK)
        worker->credit += wanted;
    else
        err = top_up_half(worker);
    pmem_chunks_must(worker);
    return err;
}

err_t
pmem_reserve(struct pmem_worker *worker, uint64_t pages)
{
    TRY(pmem_credit_take(pages));
    return credit_add(worker, pages);
}

err_t
pmem_reserve_kept(struct pmem_worker *worker, uint64_t pages)
{
    TRY(pmem_credit_take_kept(pages, 0));
    return credit_add(worker, pages);
}

/* Of `pages`, so many are not to be had out of what is kept for telling. */
static uint64_t
beyond_telling(uint64_t pages)
{
    uint32_t kept = atomic_load_explicit(&pmem_kept, memory_order_relaxed);
    uint64_t telling = kept > UNFORESEEN ? kept - UNFORESEEN : 0;

    return pages > telling ? pages - telling : 0;
}

static err_t
take_to_tell(uint64_t pages)
{
    return pmem_credit_take_kept(pages, UNFORESEEN / 2);
}

/* What a commit lets go of is kept first, and taken from there. */
static err_t
take_to_tell_after_commits(struct pmem_worker *worker, uint64_t pages)
{
    uint64_t begin_possible = possible(), beyond = beyond_telling(pages);
    uint64_t begin_ns = plat_monotonic_ns();
    err_t err = ERR_NOSPACE;

    if (in_vain(beyond, begin_possible))
        return ERR_NOSPACE;
    for (unsigned i = 0; i < PMEM_COMMITS_LONG && err != OK; i++) {
        IGNORE(commit_for_space(worker), "what comes back of it is seen at once");
        pmem_kept_refill();
        err = take_to_tell(pages);
    }
    pmem_stalled(PMEM_STALL_ROOM, begin_ns);
    refusal_remember(beyond, begin_possible, err);
    return err;
}

err_t
pmem_reserve_to_tell(struct pmem_worker *worker)
{
    uint32_t wanted;

    if (worker->credit >= PMEM_WORKER_CREDIT)
        return OK;
    wanted = PMEM_WORKER_CREDIT - worker->credit;
    if (take_to_tell(wanted) != OK)
        TRY(take_to_tell_after_commits(worker, wanted));
    return credit_add(worker, wanted);
}

err_t
pmem_reserve_wait(struct pmem_worker *worker, uint64_t pages)
{
    if (pmem_credit_take(pages) != OK)
        TRY(take_after_commits(worker, pages, atomic_load(&keep_wanted)));
    return credit_add(worker, pages);
}

void
pmem_unreserve(struct pmem_worker *worker, uint64_t pages)
{
    uint64_t given = pages < worker->credit ? pages : worker->credit;

    worker->credit -= (uint32_t)given;
    store_credit_give(pmem_store, given);
}
