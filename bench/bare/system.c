/*
 * system.c - the benchmarks on the bare machine: what this kernel does where another
 * brings a volume up.
 *
 * It is linked in the place of kernel/system.c; all the rest of the kernel is
 * that which people run. A disk with nothing at its begin is written to; a volume is
 * opened and never committed to. Words of the command line:
 *
 *   bench=NAME  commit, pause or restart alone
 *   turns=N     how often at most
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "system.h"

#include "bare/meter.h"
#include "bare/restart.h"
#include "bench.h"
#include "boot/boot.h"
#include "console/console.h"
#include "dev/block.h"
#include "plat/machine.h"

#define LOG_MODULE "bench"
#include "base/log.h"

#define VOLUME_BLOCKS  (BENCH_COMMIT_VOLUME_BYTES / PLAT_BLOCK_BYTES)
#define SCRATCH_BLOCKS (VOLUME_BLOCKS + BENCH_COMMIT_PAGES_MAX)
#define COMMIT_TURNS   150
#define PAUSE_TURNS    200
#define RESTART_TURNS  50

static const uint64_t pause_mib[] = { 16, 128 };

void
bench_show(const char *line, size_t bytes)
{
    console_line(line, bytes);
}

void
bench_die(const char *what, err_t err)
{
    log_error("%s: %s", what, err_text(err));
    plat_halt("a benchmark could not be run");
}

/* A disk that may be written to; NULL when there is none. */
static struct block_device *
scratch_find(void)
{
    struct block_device *device;

    for (unsigned i = 0; (device = block_device_find(i)) != NULL; i++)
        if (!device->read_only && device->block_count >= SCRATCH_BLOCKS &&
            block_device_is_blank(device))
            return device;
    return NULL;
}

static bool
is_wanted(const char *name)
{
    return !boot_word("bench", NULL) || boot_word_is("bench", name);
}

static unsigned
turns_of(unsigned most)
{
    uint64_t wanted = boot_number("turns", most);

    return wanted > 0 && wanted < most ? (unsigned)wanted : most;
}

/* Against writes to an idle disk: while the threads write, the disk is busy with their commits. */
static void
pause_measure(struct plat_disk *disk, uint64_t live_mib, unsigned turns)
{
    struct bench_samples raw = { 0 };
    struct pmem_stats stats =
        bench_pause(disk, VOLUME_BLOCKS, live_mib, turns, &bench_pause_usual, NULL);
    uint64_t raw_ns;

    for (unsigned i = 0; i < turns; i++)
        bench_add(&raw, meter_raw_ns());
    bench_row_of("write + flush of 1 block", &raw);
    raw_ns = bench_quantile(&raw, 500);
    bench_ratio_say("pause / write, medians", bench_ratio(stats.pause.p50, raw_ns));
    bench_ratio_say("safepoint / write, medians", bench_ratio(stats.safepoint.p50, raw_ns));
    bench_free(&raw);
}

static void
pauses(struct plat_disk *disk)
{
    for (unsigned i = 0; i < sizeof pause_mib / sizeof pause_mib[0]; i++)
        pause_measure(disk, pause_mib[i], turns_of(PAUSE_TURNS));
}

bool
system_run(void)
{
    static const struct bench_peer peer = { .write = meter_raw_write, .meter = meter_read };
    struct block_device *scratch = scratch_find();
    struct block_device *volume = block_device_find_volume();

    if (scratch == NULL || volume == scratch) {
        log_error("there must be a disk of %u MiB with nothing on it, and one with a volume",
                  (unsigned)(SCRATCH_BLOCKS * PLAT_BLOCK_BYTES >> 20));
        return false;
    }
    meter_raw_open(scratch, VOLUME_BLOCKS, BENCH_COMMIT_PAGES_MAX);
    if (is_wanted("restart"))
        bench_restart(volume, turns_of(RESTART_TURNS));
    if (is_wanted("commit"))
        bench_commit(meter_disk(scratch), VOLUME_BLOCKS, &peer, bench_commit_sizes,
                     turns_of(COMMIT_TURNS));
    if (is_wanted("pause"))
        pauses(meter_disk(scratch));
    return bench_missed() == 0;
}

/* Nothing here is worth a last snapshot; the second press ends the machine. */
void
system_interrupt(void)
{
}
