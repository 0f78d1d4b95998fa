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
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "pmem/pmem_priv.h"

#define SPACE_TRIES      4
#define SPACE_REFUSED_NS 1000000000u

static _Atomic uint64_t refused_until_ns;

void
pmem_credit_init(void)
{
    atomic_store(&refused_until_ns, 0);
}

void
pmem_credit_low(void)
{
    if (!(atomic_load_explicit(&pmem_stop_wanted, memory_order_relaxed) & PMEM_WANT_CREDIT))
        atomic_fetch_or(&pmem_stop_wanted, PMEM_WANT_CREDIT);
}

/*
 * The volume is full of generations that nobody needs any more: each commit lets
 * go of one. After a few of them what is not free stays so, and asking again
 * at every safepoint would only wear out the disk: for a second it is refused at once.
 */
static err_t
credit_after_commits(struct pmem_worker *worker, uint32_t wanted)
{
    err_t err = ERR_NOSPACE;

    if (plat_monotonic_ns() < atomic_load(&refused_until_ns))
        return ERR_NOSPACE;
    for (unsigned i = 0; i < SPACE_TRIES && err == ERR_NOSPACE; i++) {
        uint32_t epoch = pmem_snapshot_ask(STORE_CAUSE_SPACE);

        pmem_worker_away(worker);
        err = pmem_snapshot_wait(epoch);
        pmem_worker_back(worker);
        if (err == OK)
            err = store_credit_take(pmem_store, wanted);
    }
    if (err != OK)
        atomic_store(&refused_until_ns, plat_monotonic_ns() + SPACE_REFUSED_NS);
    return err == OK ? OK : ERR_NOSPACE;
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
    err = store_credit_take(pmem_store, wanted);
    pmem_worker_back(worker);
    if (err == ERR_NOSPACE)
        err = credit_after_commits(worker, wanted);
    if (err == OK)
        worker->credit += wanted;
    else
        err = worker->credit >= PMEM_WORKER_CREDIT / 2 ? OK : ERR_NOSPACE; /* half will do */
    pmem_chunks_must(worker);
    return err;
}

err_t
pmem_reserve(struct pmem_worker *worker, uint64_t pages)
{
    err_t err;

    TRY(store_credit_take(pmem_store, pages));
    worker->credit += (uint32_t)pages;
    err = pmem_chunks_ensure(worker);
    if (err != OK) {
        pmem_unreserve(worker, pages);
        return ERR_NOSPACE;
    }
    return OK;
}

void
pmem_unreserve(struct pmem_worker *worker, uint64_t pages)
{
    uint64_t given = pages < worker->credit ? pages : worker->credit;

    worker->credit -= (uint32_t)given;
    store_credit_give(pmem_store, given);
}

uint64_t
pmem_credit_lend(uint64_t pages)
{
    uint32_t kept = atomic_load_explicit(&pmem_emergency, memory_order_relaxed);
    uint32_t lent;

    do
        lent = pages < kept ? (uint32_t)pages : kept;
    while (!atomic_compare_exchange_weak(&pmem_emergency, &kept, kept - lent));
    store_credit_give(pmem_store, lent);
    return lent;
}
