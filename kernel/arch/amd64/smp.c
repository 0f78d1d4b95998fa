/*
 * smp.c - further processors: how they start, and how they are called.
 *
 * They start one after the other, each with INIT and then start-up messages
 * until it answers. It takes its number, and is counted, under the same lock as
 * calls are made: so a call reaches all that were counted, and who is counted
 * later empties its TLB afterwards, and has nothing old in it.
 *
 * One call is made at a time. Who waits for its turn, or for a spin lock,
 * answers meanwhile; so two that call each other, and one that calls with a lock
 * held for which others spin, do not wait for ever. Who may sleep does not spin
 * for long: where there are more virtual processors than real ones, it would
 * take the very time that those need who shall answer.
 *
 * Source: Intel SDM volume 3, 8.4.4 "MP Initialization Example".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>
#include <stddef.h>

#include "arch/amd64/cpu_priv.h"
#include "arch/amd64/trap.h"
#include "base/memory.h"
#include "boot/trampoline.h"
#include "dev/acpi.h"
#include "irq/apic.h"
#include "irq/clock.h"
#include "mm/frame.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define LOG_MODULE "cpu"
#include "base/log.h"

#define STACK_BYTES      16384u
#define START_TRY_NS     1000000ull
#define START_TRIES      2000u
#define FRAMES_OF(bytes) (((bytes) + FRAME_BYTES - 1) / FRAME_BYTES)

/* Turns of a loop after which waiting for others gives the processor away. */
#define SPINS 1000u

enum turn {
    TURN_FREE,
    TURN_TAKEN,
    TURN_WAITED, /* and somebody may sleep until it is free */
};

/* A function that all shall run. */
static struct {
    _Atomic uint32_t queue;   /* threads that may sleep wait here for their turn: enum turn */
    _Atomic uint32_t taken;   /* somebody calls; guards the rest */
    _Atomic uint32_t pending; /* processors that have not run it yet */
    _Atomic uint32_t sleeper; /* the processor that waits for them halted, plus 1 */
    void (*fn)(void *);
    void *argument;
} call;

/* The processor that starts: where it comes to C, and what it then is. */
uint64_t cpu_starting_stack;
static struct cpu_area *starting;
static uint64_t starting_stack_begin;

static uint64_t
call_take(void)
{
    uint64_t flags = interrupts_save();
    unsigned turn = 0;

    while (atomic_exchange_explicit(&call.taken, 1, memory_order_acquire) != 0)
        cpu_spin(&turn);
    return flags;
}

static void
call_give(uint64_t flags)
{
    atomic_store_explicit(&call.taken, 0, memory_order_release);
    interrupts_restore(flags);
}

/* A lock of the core would want a rank, and this is called with any of them held. */
static void
turn_take(void)
{
    if (atomic_exchange(&call.queue, TURN_TAKEN) == TURN_FREE)
        return;
    while (atomic_exchange(&call.queue, TURN_WAITED) != TURN_FREE)
        kthread_wait(&call.queue, TURN_WAITED, KTHREAD_NO_DEADLINE);
}

static void
turn_give(void)
{
    if (atomic_exchange(&call.queue, TURN_FREE) == TURN_WAITED)
        kthread_wake(&call.queue, 1);
}

/* Wait, halted, until all have answered. Interrupts are served meanwhile, but no thread switched.
 */
static void
wait_halted(void)
{
    struct cpu *self = cpu_self();

    self->pinned = 1;
    /* Pairs with cpu_answer(): either it sees the sleeper, or this sees that none is pending. */
    atomic_store(&call.sleeper, self->index + 1);
    while (atomic_load(&call.pending) != 0) {
        cpu_halt();
        interrupts_off();
    }
    atomic_store(&call.sleeper, 0);
    self->pinned = 0;
}

static void
ask_others(bool may_halt)
{
    unsigned count = cpu_count();
    unsigned own = cpu_index();
    unsigned turn = 0;

    atomic_store_explicit(&call.pending, count - 1, memory_order_relaxed);
    for (unsigned i = 0; i < count; i++) {
        if (i == own)
            continue;
        /* Pairs with cpu_answer(): whoever sees the question sees the function. */
        atomic_store_explicit(&cpu_get(i)->asked, 1, memory_order_release);
        apic_send(cpu_get(i)->apic_id, TRAP_CALL);
    }
    while (atomic_load_explicit(&call.pending, memory_order_acquire) != 0) {
        if (may_halt && turn == SPINS)
            wait_halted();
        cpu_spin(&turn);
    }
}

void
cpu_call_others(void (*fn)(void *), void *argument)
{
    bool may_sleep = interrupts_enabled();
    uint64_t flags;

    if (cpu_count() == 1)
        return;
    if (may_sleep)
        turn_take();
    flags = call_take();
    call.fn = fn;
    call.argument = argument;
    ask_others(may_sleep);
    call_give(flags);
    if (may_sleep) {
        turn_give();
        kthread_yield_if_asked();
    }
}

void
cpu_answer(void)
{
    struct cpu *self = cpu_self();

    if (atomic_load_explicit(&self->asked, memory_order_relaxed) == 0)
        return;
    if (atomic_exchange_explicit(&self->asked, 0, memory_order_acquire) == 0)
        return;
    call.fn(call.argument);
    if (atomic_fetch_sub(&call.pending, 1) == 1) {
        uint32_t sleeper = atomic_load(&call.sleeper);

        if (sleeper != 0)
            apic_send(cpu_get(sleeper - 1)->apic_id, TRAP_RESCHEDULE);
    }
}

void
cpu_enter(void)
{
    struct cpu_area *area = starting;
    uint64_t flags;

    cr3_write(mm_page_table());
    cpu_load(area);
    apic_init_local(&area->cpu);
    kthread_adopt(&area->cpu, starting_stack_begin, STACK_BYTES);
    flags = call_take();
    atomic_store_explicit(&cpu_online, area->cpu.index + 1, memory_order_release);
    call_give(flags);
    cr3_write(mm_page_table()); /* what changed before it was counted */
    clock_check();
    kthread_idle();
}

/* Start one processor; false if it does not come. */
static bool
start(uint32_t apic_id)
{
    unsigned index = cpu_count();
    paddr_t traps = frame_alloc_run(FRAMES_OF(CPU_TRAP_STACKS * CPU_TRAP_STACK_BYTES));
    paddr_t stack = frame_alloc_run(FRAMES_OF(STACK_BYTES));

    if (traps == 0 || stack == 0) {
        frame_free_run(traps, FRAMES_OF(CPU_TRAP_STACKS * CPU_TRAP_STACK_BYTES));
        frame_free_run(stack, FRAMES_OF(STACK_BYTES));
        log_warn("no memory for processor %u", index);
        return false;
    }
    starting = &cpu_areas[index];
    starting->cpu.index = index;
    starting->cpu.apic_id = apic_id;
    starting->trap_stacks = frame_bytes(traps);
    starting_stack_begin = (uintptr_t)frame_bytes(stack);
    cpu_starting_stack = starting_stack_begin + STACK_BYTES;

    apic_send_init(apic_id);
    for (unsigned i = 0; i < START_TRIES; i++) {
        uint64_t until;

        apic_send_startup(apic_id, BOOT_TRAMPOLINE >> 12);
        until = clock_ns() + START_TRY_NS;
        while (clock_ns() < until) {
            if (cpu_count() > index) {
                clock_check();
                return true;
            }
            cpu_pause();
        }
    }
    /* It may still come, and would find the data of another: its memory stays where it is. */
    return false;
}

void
cpu_start_others(void)
{
    uint32_t own = cpu_get(0)->apic_id;

    memcpy((void *)(uintptr_t)BOOT_TRAMPOLINE, boot_trampoline,
           (uintptr_t)boot_trampoline_end - (uintptr_t)boot_trampoline);
    for (unsigned i = 0; i < acpi_info.processor_count && cpu_count() < CPU_COUNT_MAX; i++) {
        uint32_t apic_id = acpi_info.processor_apic_ids[i];

        if (apic_id == own)
            continue;
        if (!start(apic_id)) {
            log_error("the processor with local APIC %u does not start; it and those after it "
                      "are left out",
                      apic_id);
            break;
        }
    }
}
