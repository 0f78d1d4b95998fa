/*
 * machine.c - panic, log, clocks, entropy, memory and console of the
 * simulation. All of it repeats exactly for a seed.
 *
 * A panic ends the process with status SIM_PANIC_STATUS, so that the parent
 * knows a broken invariant from a failed check.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/machine.h"

#include <execinfo.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plat/console.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "plat/thread.h"
#include "sim/faults.h"
#include "sim/fibre.h"
#include "sim/random.h"

#define SIM_PANIC_STATUS 70
#define WALL_START_NS    1700000000000000000ull

static struct {
    struct sim_machine *machine;
    struct sim_random entropy;
    struct sim_random touched;
    uint64_t input_at;
    uint64_t allocs;
    _Atomic uint32_t cancelled;
} sim;

struct sim_screen *
sim_screen_create(uint64_t byte_max)
{
    struct sim_screen *screen = mmap(NULL, sizeof *screen + byte_max, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (screen == MAP_FAILED)
        return NULL;
    screen->byte_max = byte_max;
    return screen;
}

void
sim_machine_start(struct sim_machine *machine)
{
    sim.machine = machine;
    sim.entropy = (struct sim_random){ .state = machine->seed ^ 0x656e74726f7079ull };
    sim.touched = (struct sim_random){ .state = machine->seed ^ 0x746f7563686564ull };
    sim.input_at = 0;
    sim.allocs = 0;
    sim.cancelled = 0;
}

/* ---- plat/machine.h ---- */

void
plat_panic(const char *text)
{
    void *frames[32];

    fprintf(stderr, "sim: panic: %s\n", text);
    backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
    _exit(SIM_PANIC_STATUS);
}

void
plat_halt(const char *text)
{
    fprintf(stderr, "sim: halt: %s\n", text);
    _exit(SIM_PANIC_STATUS);
}

void
plat_log(enum log_level level, const char *line, size_t bytes)
{
    (void)level;
    if (sim.machine == NULL || !sim.machine->quiet)
        fprintf(stderr, "%.*s\n", (int)bytes, line);
}

uint64_t
plat_monotonic_ns(void)
{
    return sim_now_ns();
}

uint64_t
plat_wall_ns(void)
{
    return WALL_START_NS + sim_now_ns();
}

void
plat_entropy(void *buffer, size_t bytes)
{
    uint8_t *to = buffer;

    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)sim_random_next(&sim.entropy);
}

/* ---- plat/memory.h ---- */

static bool
memory_is_refused(void)
{
    sim.allocs++;
    return sim.machine != NULL &&
           sim_fault_pick(sim.machine->faults, SIM_FAULTS_OF_MEMORY, sim.allocs) != SIM_FAULT_COUNT;
}

void *
plat_alloc(size_t bytes)
{
    size_t alignment = bytes >= 4096 ? 4096 : 16;
    size_t rounded = (bytes + alignment - 1) & ~(alignment - 1);
    void *memory;

    if (memory_is_refused())
        return NULL;
    memory = aligned_alloc(alignment, rounded);
    if (memory != NULL)
        memset(memory, 0, rounded);
    return memory;
}

void
plat_free(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
}

void *
plat_reserve(uint64_t bytes)
{
    void *table;

    if (memory_is_refused())
        return NULL;
    table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
    return table == MAP_FAILED ? NULL : table;
}

void
plat_release(void *table, uint64_t bytes)
{
    if (table != NULL)
        munmap(table, bytes);
}

uint64_t
plat_memory_bytes(void)
{
    return sim.machine->resident_bytes;
}

void
sim_memory_keep(void)
{
    mallopt(M_MMAP_THRESHOLD, INT_MAX);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

/* ---- plat/console.h ---- */

err_t
plat_console_write(const void *bytes, size_t byte_count)
{
    struct sim_screen *screen = sim.machine->screen;

    plat_switch_point();
    if (sim.cancelled)
        return ERR_CANCELLED;
    if (screen == NULL)
        return OK;
    if (byte_count > screen->byte_max - screen->byte_count)
        return ERR_IO;
    memcpy(screen->bytes + screen->byte_count, bytes, byte_count);
    screen->byte_count += byte_count;
    return OK;
}

err_t
plat_console_read(void *buffer, size_t byte_max, size_t *byte_count)
{
    const char *input = sim.machine->input;
    size_t left = input == NULL ? 0 : strlen(input + sim.input_at);

    plat_switch_point();
    if (sim.cancelled)
        return ERR_CANCELLED;
    if (left == 0)
        return ERR_END;
    *byte_count = left < byte_max ? left : byte_max;
    memcpy(buffer, input + sim.input_at, *byte_count);
    sim.input_at += *byte_count;
    return OK;
}

bool
plat_console_keys(bool keys)
{
    (void)keys;
    return false; /* its input is a text that was there before */
}

unsigned
plat_console_columns(void)
{
    return 0;
}

void
plat_console_cancel(void)
{
    sim.cancelled = 1;
}

/* Anything may be true of a real machine, so the evictor is told anything. */
bool
plat_page_touched(uint64_t page)
{
    (void)page;
    return sim_random_chance(&sim.touched, 1, 2);
}
