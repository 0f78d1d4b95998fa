/*
 * evict.c - keeping the resident pages below their limit.
 *
 * One thread goes round the frames like the hand of a clock. A page that came
 * in since the hand was last there is passed over once, and so is one that was
 * touched, where the machine can tell. Clean pages are dropped. Where too few of
 * them leave, dirty pages of the running epoch are written early to free blocks of the
 * store, and dropped; where even so too few leave, it does not matter what was touched.
 * What counts is how many a turn of the hand has made leave, never how many came in
 * meanwhile. Pages of a closed epoch stay until it is committed.
 *
 * A dirty page may be written to while we write it out, by a worker that has its
 * barrier behind it and its store before it. So it is closed first and marked
 * LEAVING; a store then faults and takes it back (pager.c), and we find the mark
 * gone. If the epoch has moved on meanwhile the page stays, too, and the store does
 * not take what came too late for its commit: the page may have been taken back and
 * written before that epoch closed, and the next one would commit what it was before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/trace.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "plat/thread.h"
#include "pmem/pmem_priv.h"

#define WAIT_NS 20000000u /* between two tries when nothing could leave */
#define SLOW_NS 1000000000u
#define RESERVE 16 /* a 16th of the limit is kept free */

/* Which pages must go, the mildest first. */
enum need {
    NEED_CLEAN, /* clean ones that nobody uses */
    NEED_DIRTY, /* dirty ones, too */
    NEED_ANY,   /* used ones, too */
};

static struct {
    struct plat_thread *thread;
    struct event kick; /* there is work */
    struct event gone; /* a page was evicted */
    _Atomic bool stopping;
    uint32_t hand;
    void *buffer;
} evictor;

/* The limit, less so many times what is kept free of it. */
static uint64_t
resident_goal(unsigned reserves)
{
    uint64_t limit = pmem_frames_limit();

    return limit - reserves * (limit / RESERVE);
}

bool
pmem_evict_behind(void)
{
    return pmem_frames_resident() > pmem_frames_limit();
}

void
pmem_evict_kick(void)
{
    event_raise(&evictor.kick);
}

void
pmem_evict_wait(void)
{
    uint32_t seen = event_get(&evictor.gone);

    pmem_evict_kick(); /* it may be resting, because nothing could leave */
    event_wait(&evictor.gone, seen, plat_monotonic_ns() + WAIT_NS);
}

/* Remove a page; its lock is held, its contents are safe, no pin covers it. */
static void
page_drop(struct pmem_page *entry, uint64_t page)
{
    pmem_page_epoch_set(page, 0);
    plat_page_remove(pmem_address_of(page));
    pmem_page_clear(entry, PMEM_RESIDENT | PMEM_OPEN | PMEM_LEAVING | PMEM_TAKEN);
    pmem_frame_give(entry->frame);
    pmem_count(&pmem_counters.pages_evicted);
}

/* Announce that the page leaves; false if a pin says no. Its lock is held. */
static bool
page_leave(struct pmem_page *entry, uint64_t page)
{
    pmem_page_set(entry, PMEM_LEAVING);
    if (!pmem_world_pinned(page))
        return true;
    pmem_page_clear(entry, PMEM_LEAVING);
    return false;
}

static bool
evict_clean(struct pmem_page *entry, uint64_t page)
{
    if (!pmem_page_has(entry, PMEM_RESIDENT) || !pmem_epoch_clean(pmem_page_epoch(page)) ||
        !page_leave(entry, page))
        return false;
    page_drop(entry, page);
    trace(PAGE_OUT, page, 0);
    return true;
}

/* The first half of evicting a dirty page: close it and take its contents. Its lock is held. */
static bool
dirty_begin(struct pmem_page *entry, uint64_t page, uint32_t epoch)
{
    if (!pmem_page_has(entry, PMEM_RESIDENT) || pmem_page_epoch(page) != epoch ||
        pmem_page_has(entry, PMEM_LEAVING) || !page_leave(entry, page))
        return false;
    if (pmem_page_has(entry, PMEM_OPEN)) {
        plat_page_close(pmem_address_of(page));
        pmem_page_clear(entry, PMEM_OPEN);
    }
    pmem_page_copy(evictor.buffer, page);
    return true;
}

/* The second half: drop it if nobody wanted it meanwhile. Its lock is held. */
static bool
dirty_end(struct pmem_page *entry, uint64_t page, uint32_t epoch, bool written)
{
    if (!pmem_page_has(entry, PMEM_LEAVING))
        return false; /* it was taken back */
    if (written && pmem_page_epoch(page) == epoch && pmem_epoch_running() == epoch &&
        !pmem_world_pinned(page)) {
        entry->early = epoch;
        atomic_fetch_add_explicit(&pmem_tickets, 1, memory_order_relaxed);
        page_drop(entry, page);
        trace(PAGE_OUT, page, 1);
        return true;
    }
    pmem_page_clear(entry, PMEM_LEAVING);
    if (pmem_page_epoch(page) == pmem_epoch_running()) {
        plat_page_open(pmem_address_of(page));
        pmem_page_set(entry, PMEM_OPEN);
    }
    return false;
}

static bool
evict_dirty(struct pmem_page *entry, uint64_t page)
{
    /* The generation first: flip() moves the epoch on before the store hears of it. */
    uint64_t generation = store_generation_running(pmem_store);
    uint32_t epoch = pmem_epoch_running();
    bool begun, done;
    err_t err;

    if (pmem_page_epoch(page) != epoch || store_credit_take(pmem_store, 1) != OK)
        return false;
    pmem_page_lock(entry);
    begun = dirty_begin(entry, page, epoch);
    pmem_page_unlock(entry);
    if (!begun) {
        store_credit_give(pmem_store, 1);
        return false;
    }
    err = store_page_write_early(pmem_store, generation, page, evictor.buffer);
    if (err != OK)
        store_credit_give(pmem_store, 1);
    pmem_page_lock(entry);
    done = dirty_end(entry, page, epoch, err == OK);
    pmem_page_unlock(entry);
    return done;
}

/* Was it used since the hand was here? Its lock is held. That is asked of a fresh page too. */
static bool
page_in_use(struct pmem_page *entry, uint64_t page, bool fresh)
{
    return pmem_page_has(entry, PMEM_RESIDENT) &&
           (plat_page_touched(pmem_address_of(page)) || fresh);
}

/* One look at the page under the hand. */
static bool
evict_one(enum need need)
{
    bool fresh, used, gone;
    uint64_t page = pmem_frame_next(&evictor.hand, &fresh);
    struct pmem_page *entry;

    if (page == PMEM_FRAME_FREE)
        return false;
    entry = pmem_page_of(page);
    pmem_page_lock(entry);
    used = page_in_use(entry, page, fresh) && (fresh || need != NEED_ANY);
    gone = !used && evict_clean(entry, page);
    pmem_page_unlock(entry);
    if (!gone && !used && need != NEED_CLEAN)
        gone = evict_dirty(entry, page);
    if (gone)
        event_raise(&evictor.gone);
    return gone;
}

/* Twice round, so that what was passed over once is asked again; how many have left. */
static uint64_t
evict_turn(enum need need, uint64_t goal)
{
    uint64_t left = 0;

    for (uint32_t looks = 2 * pmem_frame_high(); looks > 0; looks--) {
        if (pmem_frames_resident() <= goal || atomic_load(&evictor.stopping))
            break;
        left += evict_one(need);
    }
    return left;
}

/* Go round until there is room, or nothing leaves any more; true if anything has left. */
static bool
evict_round(void)
{
    uint64_t goal = resident_goal(2), few = resident_goal(0) - resident_goal(1);
    enum need need = NEED_CLEAN;
    bool any = false;

    while (pmem_frames_resident() > goal && !atomic_load(&evictor.stopping)) {
        uint64_t left = evict_turn(need, goal);

        any = any || left > 0;
        if (left > few)
            continue;
        if (need == NEED_ANY)
            break;
        if (need == NEED_CLEAN && !pmem_settings.on_demand_only)
            (void)pmem_snapshot_ask(STORE_CAUSE_INTERVAL); /* makes many clean in one go */
        need++;
    }
    return any;
}

static void
evictor_main(void *argument)
{
    uint64_t pause_ns = WAIT_NS;

    (void)argument;
    for (;;) {
        uint32_t seen = event_get(&evictor.kick); /* before we look whether there is work */

        if (atomic_load(&evictor.stopping))
            return;
        if (pmem_frames_resident() <= resident_goal(1)) {
            pause_ns = WAIT_NS;
            event_wait(&evictor.kick, seen, PLAT_NO_DEADLINE);
        } else if (evict_round()) {
            pause_ns = WAIT_NS;
        } else {
            /* Nothing can leave before it is committed. */
            if (pmem_evict_behind())
                (void)pmem_snapshot_ask(STORE_CAUSE_INTERVAL);
            event_wait(&evictor.kick, seen, plat_monotonic_ns() + pause_ns);
            if (pause_ns < SLOW_NS)
                pause_ns *= 2;
        }
    }
}

err_t
pmem_evict_start(void)
{
    err_t err;

    evictor.hand = 0;
    atomic_store(&evictor.stopping, false);
    evictor.buffer = plat_alloc(PAGE_BYTES);
    if (!evictor.buffer)
        return ERR_NOMEM;
    err = plat_thread_create(&evictor.thread, "evictor", evictor_main, NULL);
    if (err != OK) {
        plat_free(evictor.buffer, PAGE_BYTES);
        evictor.buffer = NULL;
    }
    return err;
}

void
pmem_evict_stop(void)
{
    atomic_store(&evictor.stopping, true);
    pmem_evict_kick();
    plat_thread_join(evictor.thread);
    evictor.thread = NULL;
    plat_free(evictor.buffer, PAGE_BYTES);
    evictor.buffer = NULL;
}
