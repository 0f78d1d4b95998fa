/*
 * pager.c - faults: a page that is absent, a page that is closed.
 *
 * An absent page comes from the store, checked, or is zero. If that needs the
 * disk and the worker has said where an instruction may be left, the fault is
 * left there: the worker then calls pmem_page_in() as one who is away, and runs
 * the instruction again. Otherwise the worker waits where it is. A worker that goes from page
 * to page gets more of them at a time, as many as lie behind each other on the disk.
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

/* Make an absent page resident; without contents, as zeroes. Its lock is held. */
static err_t
page_install(uint64_t page, const void *contents)
{
    struct pmem_page *entry = pmem_page_of(page);
    bool open = !pmem_settings.strict && entry->early != pmem_epoch_running();
    uint32_t frame;
    err_t err;

    assert(pmem_page_epoch(page) == 0);
    err = pmem_frame_take(page, &frame);
    if (err != OK)
        return err;
    err = plat_page_install(pmem_address_of(page), contents, open);
    if (err != OK) {
        assert(err == ERR_NOMEM);
        pmem_frame_give(frame);
        return err;
    }
    entry->frame = frame;
    pmem_page_set(entry, PMEM_RESIDENT | (open ? PMEM_OPEN : 0));
    if (contents)
        pmem_count(&pmem_counters.pages_in);
    return OK;
}

/* ---- several at once ---- */

static bool
absent_try_lock(uint64_t page)
{
    struct pmem_page *entry = pmem_page_of(page);

    if (pmem_page_has(entry, PMEM_RESIDENT) || !pmem_page_try_lock(entry))
        return false;
    if (!pmem_page_has(entry, PMEM_RESIDENT))
        return true;
    pmem_page_unlock(entry);
    return false;
}

/* Lock absent pages behind one that is locked; how many there are with it, at most `count`. */
static uint32_t
followers_lock(uint64_t page, uint32_t count)
{
    uint32_t locked = 1;

    while (locked < count && page + locked < SPACE_PAGES && absent_try_lock(page + locked))
        locked++;
    return locked;
}

static void
followers_unlock(uint64_t page, uint32_t locked)
{
    for (uint32_t i = 1; i < locked; i++)
        pmem_page_unlock(pmem_page_of(page + i));
}

/* Install pages from a buffer while there is memory for them; the first must be. */
static err_t
pages_install(uint64_t page, uint32_t count, const uint8_t *contents, uint32_t *installed)
{
    TRY(page_install(page, contents));
    for (*installed = 1; *installed < count && !pmem_evict_behind(); ++*installed) {
        contents += PAGE_BYTES;
        if (page_install(page + *installed, contents) != OK)
            break;
    }
    return OK;
}

/*
 * Make an absent page resident, and up to `*count` with those behind it; without a buffer, one as
 * zeroes. Its lock is held. `count` is filled: how many came in; `read`: false if the disk was not
 * needed.
 */
static err_t
pages_fetch(uint64_t page, uint32_t *count, void *buffer, bool *read)
{
    uint64_t begin_ns = plat_monotonic_ns();
    uint32_t locked, got;
    err_t err;

    if (!buffer || store_page_is_zero(pmem_store, page)) {
        *count = 1;
        *read = false;
        return page_install(page, NULL);
    }
    *read = true;
    /* Locked, so that nobody brings one in and writes it while we hold what it was. */
    locked = followers_lock(page, *count);
    err = store_pages_read(pmem_store, page, locked, buffer, &got);
    if (err == OK)
        err = pages_install(page, got, buffer, count);
    followers_unlock(page, locked);
    if (err != OK)
        return err;
    pmem_warm_note(page, *count);
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

/* As pmem_pages_ensure; `waited` is filled: false if nobody had to read anything for it. */
static err_t
pages_ensure(uint64_t page, uint32_t *count, void *buffer, bool *waited)
{
    struct pmem_page *entry = pmem_page_of(page);
    uint32_t wanted = *count;
    err_t err;

    for (;;) {
        *count = wanted;
        pmem_page_lock(entry);
        if (!pmem_page_has(entry, PMEM_RESIDENT)) {
            err = pages_fetch(page, count, buffer, waited);
        } else {
            *waited = !pmem_page_has(entry, PMEM_LEAVING); /* somebody else has brought it in */
            if (!*waited)
                page_take_back(entry, page);
            err = OK;
            *count = 1;
        }
        pmem_page_unlock(entry);
        if (err != ERR_NOMEM)
            return err;
        pmem_evict_wait();
    }
}

err_t
pmem_pages_ensure(uint64_t page, uint32_t *count, void *buffer)
{
    bool waited;

    return pages_ensure(page, count, buffer, &waited);
}

err_t
pmem_page_ensure(uint64_t page, void *buffer)
{
    uint32_t count = 1;

    return pmem_pages_ensure(page, &count, buffer);
}

/*
 * A worker's page, and what it will probably want next: while it goes on where it left off, twice
 * as many pages as the last time.
 */
static err_t
page_ensure_ahead(struct pmem_worker *worker, uint64_t page)
{
    uint64_t begin_ns = plat_monotonic_ns();
    uint32_t count = 1;
    bool waited;
    err_t err;

    if (page - worker->ahead_page < worker->ahead)
        count = worker->ahead < PMEM_AHEAD_MAX / 2 ? 2 * worker->ahead : PMEM_AHEAD_MAX;
    err = pages_ensure(page, &count, worker->page_buffer, &waited);
    if (waited)
        pmem_stalled(PMEM_STALL_PAGE, begin_ns);
    if (err == OK) {
        worker->ahead_page = page + count;
        worker->ahead = count;
    }
    return err;
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
    err = page_ensure_ahead(worker, page);
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

static err_t
page_in_here(uint64_t address)
{
    if (pmem_resident(address))
        return OK;
    return page_ensure_ahead(pmem_worker_current(), space_page_of(address));
}

bool
pmem_readable(uint64_t address, uint64_t bytes)
{
    for (uint64_t at = address; at < address + bytes; at = (at | (PAGE_BYTES - 1)) + 1) {
        if (page_in_here(at) != OK)
            return false;
    }
    return true;
}

err_t
pmem_page_in(struct pmem_worker *worker, uint64_t address)
{
    err_t err;

    if (pmem_resident(address))
        return OK;
    if (pmem_world_acting()) /* nobody runs whom we could keep waiting */
        return page_in_here(address);
    pmem_worker_away(worker);
    if (pmem_evict_behind()) {
        uint64_t begin_ns = plat_monotonic_ns();

        pmem_evict_wait();
        pmem_stalled(PMEM_STALL_ROOM, begin_ns);
    }
    err = page_ensure_ahead(worker, space_page_of(address));
    pmem_worker_back(worker);
    return err;
}
