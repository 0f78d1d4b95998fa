/*
 * clock.c - personal time: it goes on while the machine runs and stands still
 * while it is off.
 *
 * root.personal_ns is the personal time of the snapshot; it is written in the
 * stopped world, before each. So a machine that is killed every hour would never
 * get a sleeper of two hours past the first: while a timer is armed the clock is
 * committed after half of what remains, then half of that, and so on, but not more
 * often than once a second.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define COMMIT_NS_MIN    1000000000ull

#define personal_address (SPACE_ROOT + offsetof(struct space_root, personal_ns))

static _Atomic uint64_t base_ns;  /* personal time when the clock was started ... */
static _Atomic uint64_t start_ns; /* ... at this monotonic time */
static _Atomic uint64_t due_ns;   /* monotonic; 0: no commit of the clock is planned */
static _Atomic bool stands;       /* nothing of programs runs, and for them no time passes */

uint64_t
clock_personal_at(uint64_t now_ns)
{
    if (atomic_load(&stands))
        return atomic_load(&base_ns);
    return atomic_load(&base_ns) + (now_ns - atomic_load(&start_ns));
}

uint64_t
vm_personal_ns(void)
{
    return clock_personal_at(plat_monotonic_ns());
}

uint64_t
vm_uptime_ns(void)
{
    return plat_monotonic_ns() - atomic_load(&start_ns);
}

static void
before_snapshot(void *context, uint32_t epoch)
{
    (void)context;
    (void)epoch;
    pmem_store64(personal_address, vm_personal_ns());
}

static struct pmem_observer observer = { .before = before_snapshot };

void
clock_start(void)
{
    atomic_store(&base_ns, pmem_load64(personal_address));
    atomic_store(&start_ns, plat_monotonic_ns());
    atomic_store(&due_ns, 0);
    atomic_store(&stands, vm_options_get()->paused);
    pmem_personal_ns = vm_personal_ns;
    pmem_observe(&observer);
}

uint64_t
clock_commit_due(uint64_t now_ns, uint64_t first_timer_ns)
{
    uint64_t due = atomic_load(&due_ns), personal, remains;

    if (first_timer_ns == UINT64_MAX) {
        atomic_store(&due_ns, 0);
        return UINT64_MAX;
    }
    personal = vm_personal_ns();
    remains = first_timer_ns > personal ? first_timer_ns - personal : 0;
    if (remains <= COMMIT_NS_MIN)
        return due != 0 ? due : UINT64_MAX;
    remains = remains / 2 > COMMIT_NS_MIN ? remains / 2 : COMMIT_NS_MIN;
    if (due == 0 || due > now_ns + remains) {
        due = now_ns + remains;
        atomic_store(&due_ns, due);
    }
    return due;
}

void
clock_commit(struct vm_worker *worker, uint64_t now_ns)
{
    uint64_t due = atomic_load(&due_ns);

    if (due == 0 || now_ns < due || !atomic_compare_exchange_strong(&due_ns, &due, 0))
        return;
    if (worker->pmem.credit == 0)
        return; /* the volume is full; a later commit says the time */
    pmem_store64(personal_address, vm_personal_ns());
    pmem_snapshot_ask(STORE_CAUSE_CLOCK);
}

void
clock_stop(struct vm_worker *worker)
{
    if (worker->pmem.credit > 0)
        pmem_store64(personal_address, vm_personal_ns());
}

void
clock_close(void)
{
    pmem_unobserve(&observer);
}
