/*
 * cpu.c - what each processor has of its own: segments, a task state segment
 * with the stacks of its traps, the blocks that %gs and %fs point to.
 *
 * %gs is the processor's struct cpu and never changes, since everything runs in
 * ring 0. %fs is a block of 64 bytes for code of C libraries, which reads its
 * own address at 0 and a canary at 0x28; nothing of a thread is kept there.
 *
 * Source: Intel SDM volume 3, 3.4.5 "Segment Descriptors", 7.7 "Task Management
 * in 64-bit Mode", 6.14.5 "Interrupt Stack Table", 13.1 "SSE state".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "arch/amd64/cpu.h"

#include <stdatomic.h>
#include <stddef.h>

#include "arch/amd64/cpu_priv.h"
#include "arch/amd64/panic.h"
#include "arch/amd64/trap.h"
#include "base/assert.h"
#include "boot/trampoline.h"
#include "sched/sched.h"

#define SEGMENT_CODE    0x00209a0000000000ull
#define SEGMENT_DATA    0x0000920000000000ull
#define SELECTOR_CODE   8
#define SELECTOR_TASK   24
#define TYPE_TASK_FREE  0x89ull

#define CR0_MONITOR     0x2ull
#define CR0_EMULATE     0x4ull
#define CR0_TASK        0x8ull
#define CR0_NUMERIC     0x20ull
#define CR0_PROTECT     0x10000ull
#define CR0_NO_CACHE    0x60000000ull
#define CR4_FXSR        0x200ull
#define CR4_SIMD_TRAPS  0x400ull
#define MSR_EFER        0xc0000080u
#define EFER_NO_EXECUTE 0x800u
#define MSR_FS_BASE     0xc0000100u
#define MSR_GS_BASE     0xc0000101u

/* CPUID: what x86-64-v2 means, for which the core is compiled, and pages that cannot be run. */
#define ID1_ECX_V2           0x00982201u /* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT */
#define ID_EXTENDED          0x80000001u
#define ID_EXTENDED_EDX_NEED 0x00100000u /* NX */

struct cpu_area cpu_areas[CPU_COUNT_MAX];
_Atomic unsigned cpu_online;

/* The traps of the first processor have stacks before there is memory to give away. */
static _Alignas(4096) char first_trap_stacks[CPU_TRAP_STACKS][CPU_TRAP_STACK_BYTES];

static_assert(offsetof(struct cpu, self) == 0, "trap_entry.S and cpu.h");
static_assert(offsetof(struct cpu, current) == 8, "sched/thread.h");
static_assert(offsetof(struct cpu, index) == 16, "cpu.h");
static_assert(sizeof(struct cpu_task) == 104, "SDM volume 3, figure 7-11");
static_assert(offsetof(struct cpu_area, cpu) == 0, "cpu_area_self()");

unsigned
cpu_count(void)
{
    unsigned count = atomic_load_explicit(&cpu_online, memory_order_acquire);

    return count == 0 ? 1 : count;
}

struct cpu *
cpu_get(unsigned index)
{
    assert(index < CPU_COUNT_MAX);
    return &cpu_areas[index].cpu;
}

struct cpu_id
cpu_id(uint32_t leaf, uint32_t subleaf)
{
    struct cpu_id id = { .eax = leaf & 0x80000000u };

    __asm__ volatile("cpuid" : "+a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx) : "2"(0));
    if (id.eax < leaf)
        return (struct cpu_id){ .eax = 0 };
    id.eax = leaf;
    id.ecx = subleaf;
    __asm__ volatile("cpuid" : "+a"(id.eax), "=b"(id.ebx), "+c"(id.ecx), "=d"(id.edx));
    return id;
}

static void
segments_load(struct cpu_area *area)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = { sizeof area->segments - 1, (uintptr_t)area->segments };
    uint64_t task = (uintptr_t)&area->task;

    area->segments[1] = SEGMENT_CODE;
    area->segments[2] = SEGMENT_DATA;
    area->segments[3] = (sizeof area->task - 1) | (task & 0xffffff) << 16 | TYPE_TASK_FREE << 40 |
                        (task >> 24 & 0xff) << 56;
    area->segments[4] = task >> 32;
    area->task.io_map = sizeof area->task;
    for (unsigned i = 0; i < CPU_TRAP_STACKS; i++)
        area->task.stacks[i] = (uintptr_t)area->trap_stacks + (i + 1) * CPU_TRAP_STACK_BYTES;

    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%ss\n\t"
                     "ltr %w2"
                     :
                     : "m"(pointer), "i"(SELECTOR_CODE), "r"(SELECTOR_TASK)
                     : "rax", "memory");
}

/* What the core is compiled for must be there; without it nothing could even say so later. */
static void
features_need(void)
{
    if ((cpu_id(1, 0).ecx & ID1_ECX_V2) != ID1_ECX_V2)
        kernel_panic("this processor lacks instructions of x86-64-v2 (SSE4.2, POPCNT)");
    if ((cpu_id(ID_EXTENDED, 0).edx & ID_EXTENDED_EDX_NEED) != ID_EXTENDED_EDX_NEED)
        kernel_panic("this processor cannot forbid that data are executed");
}

void
cpu_load(struct cpu_area *area)
{
    uint64_t register_;

    segments_load(area);
    trap_table_load();
    area->cpu.self = &area->cpu;
    area->fs_block[0] = (uintptr_t)area->fs_block;
    msr_write(MSR_FS_BASE, (uintptr_t)area->fs_block);
    msr_write(MSR_GS_BASE, (uintptr_t)&area->cpu);

    __asm__ volatile("movq %%cr0, %0" : "=r"(register_));
    register_ &= ~(CR0_EMULATE | CR0_TASK | CR0_NO_CACHE);
    register_ |= CR0_MONITOR | CR0_NUMERIC | CR0_PROTECT;
    __asm__ volatile("movq %0, %%cr0" : : "r"(register_));
    __asm__ volatile("movq %%cr4, %0" : "=r"(register_));
    register_ |= CR4_FXSR | CR4_SIMD_TRAPS;
    __asm__ volatile("movq %0, %%cr4" : : "r"(register_));
    __asm__ volatile("fninit");
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NO_EXECUTE);
}

void
cpu_init_first(void)
{
    struct cpu_area *area = &cpu_areas[0];

    trap_init();
    area->trap_stacks = first_trap_stacks[0];
    features_need();
    cpu_load(area);
    area->cpu.apic_id = cpu_id(1, 0).ebx >> 24;
    kthread_adopt(&area->cpu, (uintptr_t)boot_stack,
                  (uintptr_t)boot_stack_end - (uintptr_t)boot_stack);
    atomic_store_explicit(&cpu_online, 1, memory_order_release);
}
