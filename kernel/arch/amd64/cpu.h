/*
 * cpu.h - one processor: its own data, its interrupts, its registers, and how
 * the others are called.
 *
 * A thread may be moved to another processor at any instruction while
 * interrupts are on, so what cpu_self() gives is true only with interrupts off.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CPU_COUNT_MAX 64

struct kthread;

/*
 * The base of %gs. What the assembly and single instructions of other folders
 * reach stands here; the rest of a processor's data is private to its owner.
 */
struct cpu {
    struct cpu *self;        /*  0  the address of this struct */
    struct kthread *current; /*  8  the thread that runs here */
    uint32_t index;          /* 16  0 .. cpu_count() - 1 */
    uint32_t apic_id;        /* 20  its local APIC */
    _Atomic uint32_t asked;  /* 24  not 0: others want a function called here */
    uint32_t reschedule;     /* 28  not 0: another thread shall run; own processor only */
    uint32_t pinned;         /* 32  not 0: not now; own processor only */
};

/* The processor that runs this; interrupts must be off, or the answer is old. */
static inline struct cpu *
cpu_self(void)
{
    struct cpu *self;

    __asm__ volatile("movq %%gs:0, %0" : "=r"(self));
    return self;
}

/* Its number; as true as cpu_self(). */
static inline unsigned
cpu_index(void)
{
    unsigned index;

    __asm__ volatile("movl %%gs:16, %0" : "=r"(index));
    return index;
}

/* How many processors run; 1 until cpu_start_others() has started more. */
unsigned cpu_count(void);

/* The processor with that number. */
struct cpu *cpu_get(unsigned index);

/*
 * Make the calling processor the first: descriptor tables, traps, local data,
 * SSE. From here on traps are understood; interrupts are still off.
 */
void cpu_init_first(void);

/*
 * Start every further processor that the ACPI tables name; each ends in its
 * idle loop. Needs mm, irq, clock and sched. A processor that does not come is
 * logged and left out.
 */
void cpu_start_others(void);

/*
 * Run `fn(argument)` on all other processors, and return when all have done
 * so. There it runs as in an interrupt: it must be short, must not sleep, and
 * touches no SSE register.
 *
 * May be called with interrupts on or off, from several processors at once,
 * and with a spin lock held that others wait for (who waits answers).
 */
void cpu_call_others(void (*fn)(void *), void *argument);

/* Do what others asked of this processor, if they did; for loops that spin with interrupts off. */
void cpu_answer(void);

static inline void
cpu_pause(void)
{
    __builtin_ia32_pause();
}

/*
 * One turn of a loop that waits, with interrupts off, for another processor:
 * answer what others ask, and now and then pause.
 *
 *   turn  counts, from 0 at first
 *
 * Not at every turn: QEMU takes its global lock for a pause, and a loop of
 * pauses alone keeps those from it who would end the wait.
 */
static inline void
cpu_spin(unsigned *turn)
{
    cpu_answer();
    if (++*turn % 64 == 0)
        cpu_pause();
}

/* Sleep until the next interrupt, which is taken: interrupts are on afterwards. */
static inline void
cpu_halt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

/* Never return. */
__attribute__((noreturn)) static inline void
cpu_stop(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" : : : "memory");
}

#define CPU_INTERRUPT_FLAG 0x200u

/* Turn interrupts off; returns the flags of before, for interrupts_restore(). */
static inline uint64_t
interrupts_save(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags;
}

/* Turn them on again if `flags` says that they were. */
static inline void
interrupts_restore(uint64_t flags)
{
    if (flags & CPU_INTERRUPT_FLAG)
        __asm__ volatile("sti" : : : "memory");
}

static inline bool
interrupts_enabled(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return (flags & CPU_INTERRUPT_FLAG) != 0;
}

static inline void
interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void
interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline uint64_t
msr_read(uint32_t msr)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void
msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

/* The root of the page tables: a physical address. Writing it empties the TLB of this processor. */
static inline uint64_t
cr3_read(void)
{
    uint64_t value;

    __asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void
cr3_write(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

/* Forget the translation of one page, on this processor. */
static inline void
cpu_invlpg(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Cycles since some start; not ordered with anything. */
static inline uint64_t
cpu_tsc(void)
{
    return __builtin_ia32_rdtsc();
}

struct cpu_id {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

/* What the processor says about itself; zeroes for a leaf that it does not have. */
struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf);
