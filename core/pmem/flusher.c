/*
 * flusher.c - when a snapshot is taken: the one thread that takes them.
 *
 * At once when somebody asks. Otherwise by a clock that runs only while something
 * has been written, so that an idle space is never written and the thread sleeps
 * without a deadline. The adaptive interval is a second; sooner, down to 100 ms,
 * when so many pages are dirty that a snapshot would get long; later, up to a few
 * seconds, when the disk is slow, so that it is busy with us a quarter of the time
 * at most.
 *
 * A snapshot that failed is tried again by the same clock, slower each time.
 *
 * By that clock history is let go of, too, a part with each snapshot, though nothing was written:
 * once a snapshot has begun with it, and until all of it is free or one brings nothing of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "pmem/pmem_priv.h"
#include "store/history.h"

#define MS              1000000ull
#define INTERVAL_MIN_NS (100 * MS)
#define INTERVAL_NS     (1000 * MS)
#define INTERVAL_MAX_NS (4000 * MS)
#define DISK_SHARE      4    /* a commit takes at most one part in so many of the time */
#define PAGES_MANY      4096 /* 16 MiB */
#define FAILURES_MAX    6    /* the interval grows 64-fold at most */

static struct {
    struct plat_thread *thread;
    struct event kick;
    struct lock lock; /* guards the next two */
    bool asked;       /* a snapshot is wanted at once */
    enum store_cause cause;
    _Atomic bool stopping;
    uint64_t last_ns;  /* when the last one began; the flusher's own, as the next two */
    unsigned failures; /* in a row */
    bool letting_go;   /* the last one has let go of some history, and there is more */
} flusher;

void
pmem_flusher_kick(void)
{
    event_raise(&flusher.kick);
}

/* Does it make a generation even if nothing was written? */
static bool
even_of_nothing(enum store_cause cause)
{
    return cause == STORE_CAUSE_SPACE || cause == STORE_CAUSE_PIN;
}

uint32_t
pmem_snapshot_ask(enum store_cause cause)
{
    /* The epoch before the question whether it is dirty: see flip() for the other side. */
    uint32_t epoch = pmem_epoch_running();

    if (!even_of_nothing(cause) && !pmem_snapshot_due())
        return pmem_epoch_closed();
    lock_acquire(&flusher.lock);
    if (!flusher.asked || even_of_nothing(cause))
        flusher.cause = cause;
    flusher.asked = true;
    lock_release(&flusher.lock);
    pmem_flusher_kick();
    return epoch;
}

static bool
asked_take(enum store_cause *cause)
{
    bool asked;

    lock_acquire(&flusher.lock);
    asked = flusher.asked;
    *cause = flusher.cause;
    flusher.asked = false;
    lock_release(&flusher.lock);
    return asked && (even_of_nothing(*cause) || pmem_snapshot_due());
}

/* How long after the last snapshot the next one is due, by the clock. */
static uint64_t
interval_ns(void)
{
    uint64_t interval = INTERVAL_NS;
    uint64_t fair = pmem_snapshot_commit_ns() * DISK_SHARE;

    if (pmem_settings.interval_ms > 0)
        interval = pmem_settings.interval_ms * MS;
    else if (atomic_load(&pmem_dirty_count) >= PAGES_MANY)
        interval = INTERVAL_MIN_NS;
    if (pmem_settings.interval_ms == 0 && interval < fair)
        interval = fair < INTERVAL_MAX_NS ? fair : INTERVAL_MAX_NS;
    return interval << flusher.failures;
}

/* Sleep until there is a reason for a snapshot; false at the end. */
static bool
reason_wait(enum store_cause *cause)
{
    for (;;) {
        uint32_t seen = event_get(&flusher.kick);
        uint64_t now_ns, due_ns, look_ns;

        if (atomic_load(&flusher.stopping))
            return false;
        if (asked_take(cause))
            return true;
        if (pmem_settings.on_demand_only || !(pmem_snapshot_due() || flusher.letting_go)) {
            event_wait(&flusher.kick, seen, PLAT_NO_DEADLINE);
            continue;
        }
        now_ns = plat_monotonic_ns();
        due_ns = flusher.last_ns + interval_ns();
        if (now_ns >= due_ns) {
            *cause = pmem_snapshot_due() ? STORE_CAUSE_INTERVAL : STORE_CAUSE_SPACE;
            return true;
        }
        look_ns = now_ns + INTERVAL_MIN_NS; /* by then many pages may be dirty */
        event_wait(&flusher.kick, seen, look_ns < due_ns ? look_ns : due_ns);
    }
}

static void
flusher_main(void *argument)
{
    enum store_cause cause;

    (void)argument;
    while (reason_wait(&cause)) {
        uint64_t before = store_history_left(pmem_store), left;

        flusher.last_ns = plat_monotonic_ns();
        if (pmem_snapshot_take(cause) == OK)
            flusher.failures = 0;
        else if (flusher.failures < FAILURES_MAX)
            flusher.failures++;
        left = store_history_left(pmem_store);
        flusher.letting_go = left > 0 && left < before;
    }
}

err_t
pmem_flusher_start(void)
{
    lock_init(&flusher.lock, LOCK_RANK_LEAF);
    flusher.asked = false;
    flusher.failures = 0;
    flusher.letting_go = false;
    flusher.last_ns = plat_monotonic_ns();
    atomic_store(&flusher.stopping, false);
    return plat_thread_create(&flusher.thread, "flusher", flusher_main, NULL);
}

void
pmem_flusher_stop(void)
{
    atomic_store(&flusher.stopping, true);
    pmem_flusher_kick();
    plat_thread_join(flusher.thread);
    flusher.thread = NULL;
}
