/*
 * trap.c - what each trap means.
 *
 * trap_dispatch() runs on a trap stack of the processor, with interrupts off, so
 * it never sleeps and is never left half done. What a thread must do for
 * itself (a page fault, giving way to another thread) is sent to its own stack:
 * the frame is copied below the 128 bytes that compiled code may use under its
 * stack pointer.
 *
 * Source: Intel SDM volume 3, chapter 6 "Interrupt and Exception Handling".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "arch/amd64/trap.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/amd64/cpu_priv.h"
#include "arch/amd64/panic.h"
#include "arch/amd64/trap_priv.h"
#include "base/assert.h"
#include "base/format.h"
#include "irq/apic.h"
#include "irq/dispatch.h"
#include "mm/fault.h"
#include "mm/map.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define RED_ZONE_BYTES 128
#define FX_BYTES       512
/* What trap_entry.S and the first functions need below the frame, at least. */
#define ROOM_BYTES     2048

#define GATE_INTERRUPT 0x8eull
#define SELECTOR_CODE  8u

#define ERROR_PRESENT  1u
#define ERROR_WRITE    2u

struct trap_gate {
    uint64_t low;
    uint64_t high;
};

static _Alignas(16) struct trap_gate trap_gates[TRAP_COUNT];

static_assert(offsetof(struct trap_frame, rbp) == 80, "trap_entry.S: FRAME_RBP");
static_assert(offsetof(struct trap_frame, rip) == 152, "trap_entry.S: FRAME_RIP");
static_assert(sizeof(struct trap_frame) % 16 == 0, "trap_entry.S keeps the stack aligned");

static unsigned
stack_of_vector(unsigned vector)
{
    switch (vector) {
    case TRAP_NMI:
        return CPU_STACK_NMI;
    case TRAP_DOUBLE_FAULT:
    case TRAP_MACHINE_CHECK:
        return CPU_STACK_FATAL;
    default:
        return vector < 32 ? CPU_STACK_FAULT : CPU_STACK_INTERRUPT;
    }
}

void
trap_init(void)
{
    for (unsigned vector = 0; vector < TRAP_COUNT; vector++) {
        uint64_t entry = (uintptr_t)trap_entries + vector * TRAP_ENTRY_BYTES;
        uint64_t stack = stack_of_vector(vector) + 1;

        trap_gates[vector].low = (entry & 0xffff) | SELECTOR_CODE << 16 | stack << 32 |
                                 GATE_INTERRUPT << 40 | (entry >> 16 & 0xffff) << 48;
        trap_gates[vector].high = entry >> 32;
    }
}

void
trap_table_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = { sizeof trap_gates - 1, (uintptr_t)trap_gates };

    __asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

static const char *
exception_name(uint64_t vector)
{
    static const char *const names[] = {
        "division by zero",
        "debug exception",
        "non-maskable interrupt",
        "breakpoint",
        "overflow",
        "bound exceeded",
        "invalid opcode",
        "no coprocessor",
        "double fault",
        "coprocessor overrun",
        "invalid TSS",
        "segment not present",
        "stack fault",
        "general protection",
        "page fault",
        "reserved",
        "x87 error",
        "alignment check",
        "machine check",
        "SIMD error",
    };

    return vector < sizeof names / sizeof names[0] ? names[vector] : "unknown exception";
}

__attribute__((noreturn)) static void
panic_exception(const struct trap_frame *frame, const char *why)
{
    char text[128];

    if (frame->vector == TRAP_PAGE_FAULT)
        format(text, sizeof text, "%s of address 0x%lx: %s",
               frame->error & ERROR_WRITE ? "write" : "read", frame->cr2, why);
    else
        format(text, sizeof text, "%s%s%s", exception_name(frame->vector), *why ? ": " : "", why);
    kernel_panic_at(text, frame);
}

/*
 * Copy a frame to the stack of the thread that it interrupted, with room below
 * for its FXSAVE area. NULL: the stack has no room, or it is not the thread's.
 */
static struct trap_frame *
frame_to_thread(const struct trap_frame *frame)
{
    const struct kthread *thread = kthread_current();
    uint64_t at = ((frame->rsp - RED_ZONE_BYTES) & ~15ull) - sizeof *frame;

    if (frame->rsp > thread->stack + thread->stack_bytes ||
        at < thread->stack + FX_BYTES + ROOM_BYTES)
        return NULL;
    *(struct trap_frame *)at = *frame;
    return (struct trap_frame *)at;
}

static struct trap_frame *
fault_dispatch(struct trap_frame *frame)
{
    struct trap_frame *copy;

    __asm__ volatile("movq %%cr2, %0" : "=r"(frame->cr2));
    if (!(frame->rflags & CPU_INTERRUPT_FLAG))
        panic_exception(frame, "interrupts are off");
    if (frame->cr2 >= MAP_STACKS && frame->cr2 < MAP_STACKS + MAP_STACKS_BYTES)
        panic_exception(frame, "stack overflow");
    copy = frame_to_thread(frame);
    if (copy == NULL)
        panic_exception(frame, "stack overflow");
    return copy;
}

struct trap_frame *
trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector == TRAP_PAGE_FAULT)
        return fault_dispatch(frame);
    if (frame->vector == TRAP_NMI && kernel_is_dying())
        cpu_stop();
    if (frame->vector < 32)
        panic_exception(frame, frame->vector == TRAP_NMI ? "asked for" : "");

    switch (frame->vector) {
    case TRAP_SPURIOUS:
        return NULL;
    case TRAP_TIMER:
    case TRAP_RESCHEDULE:
        kthread_interrupt();
        break;
    case TRAP_CALL:
        cpu_answer();
        break;
    default:
        irq_dispatch((unsigned)frame->vector);
        break;
    }
    apic_end_of_interrupt();
    return kthread_must_yield() ? frame_to_thread(frame) : NULL;
}

void
trap_on_thread(struct trap_frame *frame)
{
    if (frame->vector != TRAP_PAGE_FAULT) {
        kthread_yield();
        return;
    }
    interrupts_on();
    page_fault(frame->cr2, (frame->error & ERROR_WRITE) != 0, (frame->error & ERROR_PRESENT) != 0,
               frame);
}
