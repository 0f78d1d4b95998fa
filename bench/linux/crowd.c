/*
 * crowd.c - how long a machine with a crowd of parked threads stands still for a snapshot, against
 * an empty stop of the same machine.
 *
 * The volume has been made by somebody else (bench/run): its threads are parked in a monitor, and a
 * few others store all the time. What they are is the volume's business; here it is brought up with
 * as many workers as wanted, and snapshots take turns with stops for nothing (pause.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "bench.h"
#include "linux/disk.h"
#include "linux/host.h"
#include "plat/thread.h"
#include "store/store.h"
#include "vm/vm.h"

static struct store *
machine_up(struct plat_disk *disk, unsigned workers)
{
    struct pmem_options pmem = { .on_demand_only = true };
    struct vm_options vm = { .workers = workers, .heap = { .background = true } };
    struct store *store = NULL;
    struct store_stats stats;
    err_t err = store_open(disk, false, &store, NULL);

    if (err == OK)
        err = pmem_start(store, &pmem);
    if (err != OK)
        bench_die("cannot bring up the space", err);
    store_stats_get(store, &stats);
    vm.heap.nursery_bytes = heap_nursery_for(stats.block_count * PAGE_BYTES);
    err = vm_start(&vm);
    if (err != OK)
        bench_die("cannot start the machine", err);
    return store;
}

static void
machine_down(struct store *store)
{
    vm_stop();
    vm_close();
    bench_space_down(store);
}

/* Live programs: their threads, in all. */
static unsigned
thread_count(void)
{
    struct vm_application_info rows[8];
    size_t count = 0;
    unsigned threads = 0;
    err_t err = vm_list_applications(rows, sizeof rows / sizeof rows[0], &count);

    if (err != OK)
        bench_die("cannot list the programs", err);
    for (size_t i = 0; i < count && i < sizeof rows / sizeof rows[0]; i++)
        threads += rows[i].thread_count;
    return threads;
}

void
bench_crowd(const char *path, unsigned turns, const struct bench_pause_rule *rule)
{
    struct plat_disk *disk = host_disk(path);
    struct store *store = machine_up(disk, rule->writers);
    struct bench_samples empty = { 0 };
    struct pmem_stats before, stats;

    pmem_stats_get(&before);
    bench_pause_turns(&empty, turns);
    pmem_stats_get(&stats);
    bench_say("pause: threads: %u, workers: %u, processors: %u, %" PRIu64 " first writes",
              thread_count(), rule->writers, plat_processor_count(),
              stats.first_writes - before.first_writes);
    if (stats.first_writes - before.first_writes < turns)
        bench_die("the threads do not write", ERR_RANGE);
    bench_pause_say(&empty, &stats, rule);
    bench_free(&empty);
    machine_down(store);
    linux_disk_close(disk);
}
