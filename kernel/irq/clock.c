/*
 * clock.c - time from the time stamp counter.
 *
 * The counter is measured over CALIBRATE_NS against the ACPI timer, or against
 * channel 2 of the old interval timer where there is none. Both are read many
 * times at either end, and the reading that took the shortest counts: on a busy
 * host a virtual processor may stand still between any two instructions.
 *
 * The counters of all processors are taken to show the same; clock_check() is
 * how a further processor finds out, when it starts, whether that is so. If not,
 * every reading goes through one word that only grows.
 *
 * Source: ACPI Specification 6.4, 4.8.3.3 "Power Management Timer"; Intel SDM
 * volume 3, 17.17 "Time-Stamp Counter"; Intel 8254 data sheet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "irq/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "arch/amd64/port.h"
#include "base/assert.h"
#include "base/log.h"
#include "dev/acpi.h"
#include "dev/rtc.h"
#include "irq/apic.h"
#include "irq/clock_priv.h"
#include "sched/spin.h"

#define CALIBRATE_NS 10000000ull
#define READINGS     16
#define CHECKS       64
#define PM_TIMER_HZ  3579545ull
#define PIT_HZ       1193182ull
#define NS_PER_S     1000000000ull

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61

/* A counter of known frequency, and the time stamp counter at the same moment. */
struct reading {
    uint32_t count;
    uint64_t tsc;
};

static uint64_t tsc_start;
static uint64_t ns_scale;  /* nanoseconds in a cycle, times 2^32 */
static uint64_t tsc_scale; /* cycles in a nanosecond, times 2^32 */
static uint64_t wall_start_ns;
/* The newest time that anybody has seen; used only if the counters do not agree. */
static _Atomic uint64_t newest_ns;
static _Atomic bool disagree; /* once true, for ever */

static uint64_t
scale(uint64_t value, uint64_t by)
{
    return (uint64_t)(((unsigned __int128)value * by) >> 32);
}

static uint64_t
tsc_ordered(void)
{
    __asm__ volatile("lfence" : : : "memory");
    return cpu_tsc();
}

static uint32_t
pm_timer_read(void)
{
    return port_in32(acpi_info.pm_timer_port) & 0xffffff;
}

/* Counts up, though the timer counts down. */
static uint32_t
pit_read(void)
{
    uint32_t low;

    port_out8(PIT_COMMAND, 0x80); /* latch channel 2 */
    low = port_in8(PIT_CHANNEL2);
    return 0xffff - (low | (uint32_t)port_in8(PIT_CHANNEL2) << 8);
}

static void
pit_start(void)
{
    port_out8(PIT_GATE, (port_in8(PIT_GATE) & 0xfc) | 1); /* gate on, speaker off */
    port_out8(PIT_COMMAND, 0xb0);                         /* channel 2, both bytes, mode 0 */
    port_out8(PIT_CHANNEL2, 0xff);
    port_out8(PIT_CHANNEL2, 0xff);
}

static struct reading
reading_take(uint32_t (*read)(void))
{
    struct reading best = { .count = 0 };
    uint64_t best_took = UINT64_MAX;

    for (unsigned i = 0; i < READINGS; i++) {
        uint64_t before = tsc_ordered();
        uint32_t count = read();
        uint64_t took = tsc_ordered() - before;

        if (took < best_took) {
            best_took = took;
            best = (struct reading){ .count = count, .tsc = before + took / 2 };
        }
    }
    return best;
}

/* Cycles and nanoseconds between two readings that lie CALIBRATE_NS or more apart. */
static void
measure(uint32_t (*read)(void), uint32_t mask, uint64_t hz, uint64_t *cycles, uint64_t *ns)
{
    uint32_t wanted = (uint32_t)(CALIBRATE_NS * hz / NS_PER_S);
    struct reading first;
    struct reading last;

    apic_timer_measure_begin();
    first = reading_take(read);
    while (((read() - first.count) & mask) < wanted)
        cpu_pause();
    last = reading_take(read);
    *cycles = last.tsc - first.tsc;
    *ns = ((last.count - first.count) & mask) * NS_PER_S / hz;
    /* The local timer ran from a little before the first reading to a little after the last. */
    apic_timer_measure_end(*ns);
}

void
clock_init(void)
{
    uint64_t cycles;
    uint64_t ns;
    uint64_t flags = interrupts_save();

    if (acpi_info.pm_timer_port != 0) {
        measure(pm_timer_read, 0xffffff, PM_TIMER_HZ, &cycles, &ns);
    } else {
        pit_start();
        measure(pit_read, 0xffff, PIT_HZ, &cycles, &ns);
    }
    interrupts_restore(flags);
    assert(cycles > 0 && ns > 0);
    /* A host that stood still in between makes long times of it; their ratio is as good. */
    while (cycles >> 32 != 0 || ns >> 32 != 0) {
        cycles >>= 1;
        ns >>= 1;
    }
    ns_scale = (ns << 32) / cycles;
    tsc_scale = (cycles << 32) / ns;
    tsc_start = tsc_ordered();
    wall_start_ns = rtc_read() * NS_PER_S;
}

uint64_t
clock_ns(void)
{
    uint64_t tsc = tsc_ordered();
    /* Before clock_init() there is no time; a counter that lags does not go below its start. */
    uint64_t ns = tsc > tsc_start ? scale(tsc - tsc_start, ns_scale) : 0;

    if (unlikely(atomic_load_explicit(&disagree, memory_order_relaxed))) {
        uint64_t newest = atomic_load_explicit(&newest_ns, memory_order_relaxed);

        do {
            if (newest >= ns)
                return newest;
        } while (!atomic_compare_exchange_weak_explicit(
            &newest_ns, &newest, ns, memory_order_relaxed, memory_order_relaxed));
    }
    return ns;
}

uint64_t
clock_cycles(uint64_t ns)
{
    return scale(ns, tsc_scale);
}

void
clock_check(void)
{
    static struct spin check_lock = SPIN_INIT;
    static uint64_t newest; /* guarded by check_lock */

    for (unsigned i = 0; i < CHECKS; i++) {
        uint64_t flags = spin_lock(&check_lock);
        uint64_t tsc = tsc_ordered();

        if (tsc < newest)
            atomic_store_explicit(&disagree, true, memory_order_relaxed);
        else
            newest = tsc;
        spin_unlock(&check_lock, flags);
    }
}

uint64_t
clock_wall_ns(void)
{
    return wall_start_ns + clock_ns();
}

void
clock_spin_ns(uint64_t ns)
{
    uint64_t until = clock_ns() + ns;

    while (clock_ns() < until)
        cpu_pause();
}
