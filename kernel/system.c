/*
 * system.c - a volume on the bare machine, from the disk to the last snapshot.
 *
 * What can be wrong with the world is said in one line each: what happened, to
 * which disk, and what to do about it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "system.h"

#include <stdatomic.h>

#include "boot/boot.h"
#include "control.h"
#include "control/census.h"
#include "control/report.h"
#include "dev/block.h"
#include "embed/embedded.h"
#include "lang/lang.h"
#include "mm/mm.h"
#include "plat/disk_open.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "store/store.h"
#include "vm/vm.h"

#define LOG_MODULE "machine"
#include "base/log.h"
#include "base/memory.h"

#define INTERVAL_MS_MAX  3600000u
#define WORKERS_MAX      64u
#define MEMORY_BYTES_MIN (4ull << 20)
#define MEMORY_BYTES_MAX (1ull << 40)

/*
 * With less for pages of the space there is no room for what a collection beside the programs
 * notes meanwhile: full collections stop the world.
 */
#define BACKGROUND_BYTES_MIN (56ull << 20)

static struct {
    struct block_device *device;
    struct report report;
    struct plat_disk *disk;
    struct store *store;
    struct store_opened opened;
    bool space_up;
    bool machine_up;
    _Atomic bool interrupted; /* by system_interrupt() */
} system;

/* ---- saying it ---- */

static void
line_log(void *context, enum log_level level, const char *line)
{
    (void)context;
    log_line(level, LOG_MODULE, "%s", line);
}

static void
resumed_say(void)
{
    struct census census;

    if (census_take(&census, 0) == OK)
        report_resumed(&system.report, &system.opened, &census);
}

/* ---- up ---- */

static bool
store_up(void)
{
    err_t err;

    if (mm_memory_bytes() < MM_BYTES_MIN) {
        log_error("this machine has %" PRIu64 " MiB of memory, and %" PRIu64 " MiB is the least",
                  mm_memory_bytes() >> 20, (uint64_t)MM_BYTES_MIN >> 20);
        return false;
    }
    system.device = block_device_find_volume();
    if (!system.device) {
        log_error("there is no disk in this machine; give it one with a Phantom volume on it");
        return false;
    }
    system.report = (struct report){ .volume = system.device->name, .show = line_log };
    system.disk = disk_open(system.device);
    system.report.disk = system.disk;
    if (system.device->read_only) {
        log_error("%s: it may only be read, and a volume is written to", system.device->name);
        return false;
    }
    err = store_open(system.disk, false, &system.store, &system.opened);
    if (err == ERR_FOREIGN && block_device_is_blank(system.device)) {
        log_error("%s: it is empty; make a volume on it with 'phantom new'", system.device->name);
        return false;
    }
    if (err != OK) {
        report_trouble(&system.report, err, "cannot open");
        return false;
    }
    report_opened(&system.report, &system.opened);
    return true;
}

/* The word memory=SIZE of the command line, such as 64M; 0: nobody said, or it makes no sense. */
static uint64_t
memory_wanted(void)
{
    uint64_t bytes = boot_number("memory", 0);
    const char *unit;

    if (!boot_word("memory", &unit))
        return 0;
    while (*unit >= '0' && *unit <= '9')
        unit++;
    if (*unit == 'K')
        bytes <<= 10;
    else if (*unit == 'M')
        bytes <<= 20;
    else if (*unit == 'G')
        bytes <<= 30;
    if (bytes >= MEMORY_BYTES_MIN && bytes <= MEMORY_BYTES_MAX)
        return bytes;
    log_warn("the command line's memory is not from 4M to 1024G; taking what there is");
    return 0;
}

/* A number of the command line within its bounds, or 0. */
static uint64_t
number_wanted(const char *word, uint64_t max)
{
    uint64_t number = boot_number(word, 0);

    if (number <= max)
        return number;
    log_warn("the command line's %s is more than %" PRIu64 "; not taken", word, max);
    return 0;
}

/* vm_options.find_library: from what is in the kernel. */
static bool
find_library(const char *path, struct lang_source *source)
{
    for (size_t i = 0; i < embedded_class_count; i++) {
        const struct embedded_source *embedded = &embedded_classes[i];

        if (!text_equal(embedded->path, path))
            continue;
        *source = (struct lang_source){ .path = embedded->path,
                                        .text = embedded->text,
                                        .byte_count = embedded->bytes };
        return true;
    }
    return false;
}

static bool
machine_up(void)
{
    struct pmem_options pmem = {
        .resident_bytes_max = memory_wanted(),
        .interval_ms = (uint32_t)number_wanted("interval", INTERVAL_MS_MAX),
        .strict = boot_word("strict", NULL),
        .warm = true,
    };
    struct vm_options vm = {
        .workers = (unsigned)number_wanted("workers", WORKERS_MAX),
        .safe = boot_word("safe", NULL),
        .gated = boot_word("gated", NULL),
        .generation = system.opened.generation,
        .can_be_left = !boot_word_is("console", "plain"),
        .find_library = find_library,
        .answer = control_answer,
        .machine = { .kind = "amd64",
                     .version = PHANTOM_VERSION,
                     .volume = census_volume,
                     .context = system.store },
    };
    struct store_stats stats;
    err_t err;

    err = pmem_start(system.store, &pmem);
    if (err != OK) {
        report_trouble(&system.report, err, "cannot bring up the space");
        return false;
    }
    system.space_up = true;
    store_stats_get(system.store, &stats);
    vm.heap.nursery_bytes = heap_nursery_for(stats.block_count * PAGE_BYTES);
    vm.heap.background = plat_memory_bytes() >= BACKGROUND_BYTES_MIN;
    vm.heap.compact = HEAP_COMPACT_SURPLUS;
    vm.heap.summary_bytes = heap_summaries_for(plat_memory_bytes());
    err = vm_start(&vm);
    if (err != OK) {
        report_trouble(&system.report, err, "cannot start the machine");
        return false;
    }
    system.machine_up = true;
    return true;
}

/* ---- running, and down ---- */

void
system_interrupt(void)
{
    atomic_store(&system.interrupted, true);
    vm_interrupt();
}

/* Until all has ended, or somebody has interrupted it. */
static enum vm_event
run_wait(void)
{
    bool safe = vm_options_get()->safe;
    enum vm_event event;

    /* An interrupt before vm_start() is forgotten by the machine, and not by us. */
    if (atomic_load(&system.interrupted))
        vm_interrupt();
    do
        event = vm_wait(PLAT_NO_DEADLINE);
    while (event == VM_DEADLINE || (safe && event != VM_INTERRUPTED));
    return event;
}

static bool
run_to_end(void)
{
    enum vm_event event = run_wait();
    struct store_stats stats;
    err_t err;

    vm_call_off();
    control_stop();
    vm_stop();
    err = pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_STOP));
    if (err != OK) {
        report_trouble(&system.report, err, "cannot commit the last snapshot");
        return false;
    }
    store_stats_get(system.store, &stats);
    if (event == VM_ALL_ENDED)
        log_info("%s: all programs have ended; stopped at generation %" PRIu64, system.device->name,
                 stats.generation);
    else
        log_info("stopped %s at generation %" PRIu64, system.device->name, stats.generation);
    if (event == VM_ALL_ENDED)
        return vm_failed_count() == 0;
    /* Where nobody has interrupted it but itself, it has said why. */
    return event == VM_LEFT || atomic_load(&system.interrupted);
}

static void
system_down(void)
{
    if (system.machine_up)
        vm_close();
    if (system.space_up)
        pmem_stop();
    store_close(system.store);
}

bool
system_run(void)
{
    bool done = false;

    if (store_up() && machine_up()) {
        resumed_say();
        control_start(system.store);
        done = run_to_end();
    }
    system_down();
    return done;
}
