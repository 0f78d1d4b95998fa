/*
 * restart.c - from opening a volume to the first instruction of its program, in the machine.
 *
 * The program calls one primitive in a loop and does nothing else; so it runs as soon as that
 * is called. The Makefile has the linker lead the call here first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bare/restart.h"

#include <stdatomic.h>

#include "bare/meter.h"
#include "base/format.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "store/store.h"
#include "vm/prim.h"
#include "vm/vm.h"

#define PATIENCE_NS 60000000000ull

/* When the program ran, and what had been used up by then; valid once `reached` is 1. */
static struct {
    _Atomic uint32_t reached;
    uint64_t ns;
    struct bench_meter meter;
} mark;

struct series {
    struct bench_samples times;
    struct bench_samples busy;
    struct bench_samples ratio; /* to a raw write and flush of one block */
    struct bench_samples raw;
    struct bench_meter total;
};

/* The linker's --wrap wants these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming) */
enum prim_answer __real_prim_snapshot_generation(struct prim_call *call);
enum prim_answer __wrap_prim_snapshot_generation(struct prim_call *call);

enum prim_answer
__wrap_prim_snapshot_generation(struct prim_call *call)
{
    if (atomic_load(&mark.reached) == 0) {
        mark.ns = plat_monotonic_ns();
        mark.meter = meter_read();
        atomic_store(&mark.reached, 1); /* pairs with mark_wait(); there is one such thread */
        plat_wake(&mark.reached, 1);
    }
    return __real_prim_snapshot_generation(call);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

static void
mark_wait(void)
{
    uint64_t until_ns = plat_monotonic_ns() + PATIENCE_NS;

    while (atomic_load(&mark.reached) == 0) {
        if (plat_monotonic_ns() >= until_ns)
            bench_die("the program does not run", ERR_CANCELLED);
        plat_wait(&mark.reached, 0, until_ns);
    }
}

/* The same steps, in the same order, as kernel/system.c takes. */
static struct store *
up(struct plat_disk *disk)
{
    struct pmem_options pmem = { .on_demand_only = true };
    struct vm_options vm = { 0 };
    struct store *store = NULL;
    struct store_opened opened;
    struct store_stats stats;
    err_t err = store_open(disk, false, &store, &opened);

    if (err == OK)
        err = pmem_start(store, &pmem);
    if (err != OK)
        bench_die("cannot open the volume", err);
    store_stats_get(store, &stats);
    vm.heap.nursery_bytes = heap_nursery_for(stats.block_count * PAGE_BYTES);
    vm.generation = opened.generation;
    err = vm_start(&vm);
    if (err != OK)
        bench_die("cannot start the machine", err);
    return store;
}

static void
down(struct store *store)
{
    vm_stop();
    vm_close();
    pmem_stop();
    store_close(store);
}

static void
turn(struct plat_disk *disk, struct series *series)
{
    uint64_t raw_ns = meter_raw_ns();
    struct bench_meter begin = meter_read();
    uint64_t begin_ns = plat_monotonic_ns();
    struct store *store;

    atomic_store(&mark.reached, 0);
    store = up(disk);
    mark_wait();
    bench_add(&series->raw, raw_ns);
    bench_add(&series->times, mark.ns - begin_ns);
    bench_add(&series->busy, mark.meter.busy_ns - begin.busy_ns);
    bench_add(&series->ratio, bench_ratio(mark.ns - begin_ns, raw_ns));
    bench_meter_add(&series->total, &begin, &mark.meter);
    down(store);
}

void
bench_restart(struct block_device *device, unsigned turns)
{
    struct plat_disk *disk = meter_disk(device);
    struct series series = { 0 };

    for (unsigned i = 0; i < turns; i++)
        turn(disk, &series);
    bench_say("restart: from opening the volume to the first instruction of its program");
    bench_row_of("write + flush of 1 block", &series.raw);
    bench_row_of("restart", &series.times);
    bench_row_of("  of it, processors busy", &series.busy);
    bench_meter_say(&series.total, turns);
    bench_ratio_say("restart / write, median of turns", bench_quantile(&series.ratio, 500));
}
