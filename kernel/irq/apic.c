/*
 * apic.c - the local APIC, by its registers in memory (xAPIC) or, where there
 * is x2APIC, by model-specific registers; and its timer, which takes a deadline
 * of the time stamp counter where the processor has that.
 *
 * Every function works on the calling processor's own APIC. Only arming the
 * timer and sending take two steps that belong together; they turn interrupts
 * off meanwhile.
 *
 * Source: Intel SDM volume 3, chapter 10 "Advanced Programmable Interrupt
 * Controller".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "irq/apic.h"

#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "arch/amd64/panic.h"
#include "arch/amd64/trap.h"
#include "base/assert.h"
#include "dev/acpi.h"
#include "irq/clock.h"
#include "irq/clock_priv.h"
#include "mm/map.h"

#define MSR_APIC_BASE    0x1bu
#define BASE_X2APIC      0x400ull
#define BASE_ENABLED     0x800ull
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC       0x800u
#define ID1_ECX_X2APIC   (1u << 21)
#define ID1_ECX_DEADLINE (1u << 24)
#define ADDRESS_DEFAULT  0xfee00000ull
#define ADDRESS_BYTES    4096u

/* Registers, by their number in x2APIC; in memory they lie 16 bytes apart. */
enum apic_register {
    APIC_ID = 0x02,
    APIC_TASK_PRIORITY = 0x08,
    APIC_EOI = 0x0b,
    APIC_SPURIOUS = 0x0f,
    APIC_ERROR = 0x28,
    APIC_LVT_MACHINE_CHECK = 0x2f,
    APIC_COMMAND = 0x30, /* its upper half is the next one, but one register in x2APIC */
    APIC_LVT_TIMER = 0x32,
    APIC_LVT_THERMAL = 0x33,
    APIC_LVT_COUNTER = 0x34,
    APIC_LVT_PIN0 = 0x35,
    APIC_LVT_PIN1 = 0x36,
    APIC_LVT_ERROR = 0x37,
    APIC_TIMER_START = 0x38,
    APIC_TIMER_NOW = 0x39,
    APIC_TIMER_DIVIDE = 0x3e,
};

#define SPURIOUS_ENABLE    0x100u
#define LVT_NMI            0x400u
#define LVT_MASKED         0x10000u
#define LVT_DEADLINE       0x40000u
#define TIMER_DIVIDE_BY_16 0x3u
#define TIMER_MAX_NS       10000000000ull

#define COMMAND_FIXED      0x000u
#define COMMAND_NMI        0x400u
#define COMMAND_INIT       0x500u
#define COMMAND_STARTUP    0x600u
#define COMMAND_PENDING    0x1000u
#define COMMAND_ASSERT     0x4000u
#define COMMAND_OTHERS     0xc0000u

static volatile uint32_t *registers; /* NULL: x2APIC */
static bool has_deadline;
/* Timer ticks in a nanosecond, times 2^32. */
static uint64_t ticks_scale;

static uint32_t
apic_read(enum apic_register number)
{
    if (registers == NULL)
        return (uint32_t)msr_read(MSR_X2APIC + number);
    return registers[number * 4];
}

static void
apic_write(enum apic_register number, uint32_t value)
{
    if (registers == NULL)
        msr_write(MSR_X2APIC + number, value);
    else
        registers[number * 4] = value;
}

/* Find out what there is; once. */
static void
apic_probe(void)
{
    uint32_t features = cpu_id(1, 0).ecx;
    uint64_t address =
        acpi_info.local_apic_address != 0 ? acpi_info.local_apic_address : ADDRESS_DEFAULT;

    has_deadline = (features & ID1_ECX_DEADLINE) != 0;
    if ((features & ID1_ECX_X2APIC) == 0) {
        registers = device_map(address, ADDRESS_BYTES);
        if (registers == NULL)
            kernel_panic("no memory to map the local APIC");
    }
}

void
apic_init_local(struct cpu *cpu)
{
    uint64_t base = msr_read(MSR_APIC_BASE) | BASE_ENABLED;

    if (cpu->index == 0)
        apic_probe();
    msr_write(MSR_APIC_BASE, base);
    if (registers == NULL)
        msr_write(MSR_APIC_BASE, base | BASE_X2APIC);

    apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | TRAP_SPURIOUS);
    apic_write(APIC_TASK_PRIORITY, 0);
    apic_write(APIC_LVT_PIN0, LVT_MASKED);
    /* The machine's NMI: a person who asks, a watchdog, broken memory. One processor is enough. */
    apic_write(APIC_LVT_PIN1, cpu->index == 0 ? LVT_NMI : LVT_MASKED);
    apic_write(APIC_LVT_ERROR, LVT_MASKED | TRAP_SPURIOUS);
    apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_16);
    apic_write(APIC_TIMER_START, 0);
    apic_write(APIC_LVT_TIMER, TRAP_TIMER | (has_deadline ? LVT_DEADLINE : 0));
    /* A write of the timer's mode in memory and a deadline by MSR are not ordered otherwise. */
    __asm__ volatile("mfence" : : : "memory");
    cpu->apic_id = registers == NULL ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void
apic_end_of_interrupt(void)
{
    apic_write(APIC_EOI, 0);
}

static void
command(uint32_t apic_id, uint32_t what)
{
    uint64_t flags = interrupts_save();

    if (registers == NULL) {
        /* What was stored for the other processor must be seen before the message. */
        __asm__ volatile("mfence; lfence" : : : "memory");
        msr_write(MSR_X2APIC + APIC_COMMAND, (uint64_t)apic_id << 32 | what);
    } else {
        while (apic_read(APIC_COMMAND) & COMMAND_PENDING)
            cpu_pause();
        apic_write(APIC_COMMAND + 1, apic_id << 24);
        apic_write(APIC_COMMAND, what);
    }
    interrupts_restore(flags);
}

void
apic_send(uint32_t apic_id, uint8_t vector)
{
    command(apic_id, COMMAND_FIXED | COMMAND_ASSERT | vector);
}

void
apic_send_nmi_to_others(void)
{
    command(0, COMMAND_NMI | COMMAND_ASSERT | COMMAND_OTHERS);
}

void
apic_send_init(uint32_t apic_id)
{
    command(apic_id, COMMAND_INIT | COMMAND_ASSERT);
}

void
apic_send_startup(uint32_t apic_id, uint8_t page)
{
    command(apic_id, COMMAND_STARTUP | COMMAND_ASSERT | page);
}

void
apic_timer_measure_begin(void)
{
    apic_write(APIC_LVT_TIMER, TRAP_TIMER | LVT_MASKED);
    apic_write(APIC_TIMER_START, UINT32_MAX);
}

void
apic_timer_measure_end(uint64_t elapsed_ns)
{
    uint64_t ticks = UINT32_MAX - apic_read(APIC_TIMER_NOW);

    apic_write(APIC_TIMER_START, 0);
    apic_write(APIC_LVT_TIMER, TRAP_TIMER | (has_deadline ? LVT_DEADLINE : 0));
    __asm__ volatile("mfence" : : : "memory");
    assert(elapsed_ns > 0);
    ticks_scale = (ticks << 32) / elapsed_ns;
}

void
apic_timer_arm(uint64_t deadline_ns)
{
    uint64_t flags = interrupts_save();
    uint64_t now = clock_ns();
    uint64_t wait_ns = deadline_ns > now ? deadline_ns - now : 0;

    if (wait_ns > TIMER_MAX_NS)
        wait_ns = TIMER_MAX_NS;
    if (has_deadline) {
        msr_write(MSR_TSC_DEADLINE, cpu_tsc() + clock_cycles(wait_ns) + 1);
    } else {
        uint64_t ticks = (uint64_t)(((unsigned __int128)wait_ns * ticks_scale) >> 32) + 1;

        apic_write(APIC_TIMER_START, ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
    }
    interrupts_restore(flags);
}

void
apic_timer_disarm(void)
{
    if (has_deadline)
        msr_write(MSR_TSC_DEADLINE, 0);
    else
        apic_write(APIC_TIMER_START, 0);
}
