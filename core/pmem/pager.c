/*
 * pager.c - faults: a page that is absent, a page that is closed.
 *
 * An absent page comes from the store, checked, or is zero. If that needs the
 * disk and the worker has said where an instruction may be left, the fault is
 * left there: the worker then calls pmem_page_in() as one who is away, and runs
 * the instruction again. Otherwise the worker waits where it is.
 *
 * A page is closed for one of three reasons, and a write to it is
 *   - the evictor wants it and it is still dirty: it is taken back;
 *   - it was evicted dirty in this epoch, between a barrier and its store, and has
 *     come back: this is its first write, again;
 *   - the space is strict and the page was not written in this epoch: somebody has
 *     forgotten the barrier, and the machine stops.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#define LOG_MODULE "pmem"
#include "base/log.h"
#include "base/trace.h"
#include "plat/machine.h"
#include "plat/space.h"
#include "pmem/pmem_priv.h"

/* Make an absent page resident; without a buffer, as zeroes. Its lock is held. */
static err_t
page_fetch(struct pmem_page *entry, uint64_t page, void *buffer)
{
    bool zero = !buffer || store_page_is_zero(pmem_store, page);
    bool open = !pmem_settings.strict && entry->early != pmem_epoch_running();
    uint64_t begin_ns = plat_monotonic_ns();
    uint32_t frame;
    err_t err;

    assert(pmem_page_epoch(page) == 0);
    if (!zero) {
        err = store_page_read(pmem_store, page, buffer);
        if (err != OK)
            return err;
        pmem_count(&pmem_counters.pages_in);
    }
    err = pmem_frame_take(page, &frame);
    if (err != OK)
        return err;
    err = plat_page_install(pmem_address_of(page), zero ? NULL : buffer, open);
    if (err != OK) {
        assert(err == ERR_NOMEM);
        pmem_frame_give(frame);
        return err;
    }
    entry->frame = frame;
    pmem_page_set(entry, PMEM_RESIDENT | (open ? PMEM_OPEN : 0));
    trace(PAGE_IN, page, plat_monotonic_ns() - begin_ns);
    return OK;
}

/* The evictor wants a page that is needed: take it back. Its lock is held. */
static void
page_take_back(struct pmem_page *entry, uint64_t page)
{
    pmem_page_clear(entry, PMEM_LEAVING);
    if (pmem_page_epoch(page) == pmem_epoch_running() && !pmem_page_has(entry, PMEM_OPEN)) {
        plat_page_open(pmem_address_of(page));
        pmem_page_set(entry, PMEM_OPEN);
    }
}

err_t
pmem_page_ensure(uint64_t page, void *buffer)
{
    struct pmem_page *entry = pmem_page_of(page);
    err_t err;

    for (;;) {
        pmem_page_lock(entry);
        if (!pmem_page_has(entry, PMEM_RESIDENT)) {
            err = page_fetch(entry, page, buffer);
        } else {
            if (pmem_page_has(entry, PMEM_LEAVING))
                page_take_back(entry, page);
            err = OK;
        }
        pmem_page_unlock(entry);
        if (err != ERR_NOMEM)
            return err;
        pmem_evict_wait();
    }
}

/* The machine's own page, or one that half of a change needs: there is no way on and no way back.
 */
static __attribute__((noreturn)) void
page_lost(uint64_t page, err_t err)
{
    char text[LOG_LINE_BYTES];

    format(text, sizeof text,
           "page %#" PRIx64 " of the space cannot be read (%s), and nothing can go on without it; "
           "the volume is as its newest snapshot, and a check names what is damaged",
           page, err_text(err));
    plat_halt(text);
}

void
pmem_page_ensure_or_leave(struct pmem_worker *worker, uint64_t address)
{
    uint64_t page = space_page_of(address);
    bool may_leave = worker->restart && !pmem_settings.faults_in_place && !pmem_world_acting();
    err_t err;

    if (may_leave && !worker->restart_late && !store_page_is_zero(pmem_store, page)) {
        worker->fault_address = address;
        __builtin_longjmp(worker->restart, 1);
    }
    err = pmem_page_ensure(page, worker->page_buffer);
    if (err != OK && may_leave) {
        worker->fault_address = address;
        __builtin_longjmp(worker->restart, 1);
    }
    if (err != OK)
        page_lost(page, err);
}

/* A write to a page that may be closed. */
static void
fault_write(uint64_t address)
{
    uint64_t page = space_page_of(address);
    struct pmem_page *entry = pmem_page_of(page);
    bool resident, open, came_back;

    pmem_page_lock(entry);
    resident = pmem_page_has(entry, PMEM_RESIDENT);
    if (resident && pmem_page_epoch(page) == pmem_epoch_now)
        page_take_back(entry, page);
    open = pmem_page_has(entry, PMEM_OPEN);
    came_back = entry->early == pmem_epoch_now;
    pmem_page_unlock(entry);
    if (!resident || open)
        return; /* it will fault again, or not */
    if (!came_back)
        panic("a store to %#" PRIx64 " without the write barrier", address);
    pmem_first_write(address);
}

void
pmem_fault(uint64_t address, bool write)
{
    struct pmem_worker *worker = pmem_worker_current();
    uint64_t page = space_page_of(address);

    assert(pmem_world_acting() ||
           atomic_load_explicit(&worker->state, memory_order_relaxed) == PMEM_RUNNING);
    if (!pmem_page_has(pmem_page_of(page), PMEM_RESIDENT))
        pmem_page_ensure_or_leave(worker, address);
    else if (write)
        fault_write(address);
}

bool
pmem_resident(uint64_t address)
{
    /* Sequentially consistent: the other side of pmem_pin(). */
    uint32_t bits = atomic_load(&pmem_page_of(space_page_of(address))->bits);

    return (bits & (PMEM_RESIDENT | PMEM_LEAVING)) == PMEM_RESIDENT;
}

bool
pmem_takes_no_block(uint64_t address)
{
    uint64_t page = space_page_of(address);

    return !pmem_page_has(pmem_page_of(page), PMEM_RESIDENT) &&
           store_page_is_zero(pmem_store, page);
}

err_t
pmem_page_in(struct pmem_worker *worker, uint64_t address)
{
    err_t err;

    if (pmem_resident(address))
        return OK;
    if (pmem_world_acting()) /* nobody runs whom we could keep waiting */
        return pmem_page_ensure(space_page_of(address), pmem_worker_current()->page_buffer);
    pmem_worker_away(worker);
    if (pmem_evict_behind())
        pmem_evict_wait();
    err = pmem_page_ensure(space_page_of(address), worker->page_buffer);
    pmem_worker_back(worker);
    return err;
}
