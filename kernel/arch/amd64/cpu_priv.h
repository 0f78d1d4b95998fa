/*
 * cpu_priv.h - what a processor needs for its traps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

#include "arch/amd64/cpu.h"

/*
 * The stacks of traps, by their number in the interrupt stack table less one. A
 * fault inside an interrupt must not overwrite the interrupt's stack, and an
 * NMI may come at any instruction.
 */
enum cpu_trap_stack {
    CPU_STACK_FAULT,
    CPU_STACK_INTERRUPT,
    CPU_STACK_NMI,
    CPU_STACK_FATAL, /* double fault, machine check */
    CPU_TRAP_STACKS,
};

#define CPU_TRAP_STACK_BYTES 16384u

/* The task state segment of long mode: only its stacks are used. */
struct cpu_task {
    uint32_t spare0;
    uint64_t ring_stacks[3];
    uint64_t spare1;
    uint64_t stacks[7];
    uint64_t spare2;
    uint16_t spare3;
    uint16_t io_map;
} __attribute__((packed));

struct cpu_area {
    struct cpu cpu;
    uint64_t segments[5];
    _Alignas(64) uint64_t fs_block[8];
    _Alignas(16) struct cpu_task task;
    char *trap_stacks; /* CPU_TRAP_STACKS of them, side by side */
};

extern struct cpu_area cpu_areas[CPU_COUNT_MAX];

/* How many of them run; only grows. */
extern _Atomic unsigned cpu_online;

/* Make the calling processor use this area: segments, traps, SSE, %gs and %fs. */
void cpu_load(struct cpu_area *area);

/* Load the interrupt descriptor table. */
void trap_table_load(void);

/* Where a further processor comes from trampoline.S, on cpu_starting_stack. */
void cpu_enter(void);
extern uint64_t cpu_starting_stack;

static inline struct cpu_area *
cpu_area_self(void)
{
    return (struct cpu_area *)cpu_self();
}
