/*
 * trap.h - exceptions and interrupts, from the vector to the function.
 *
 * Compiled code everywhere keeps data below its stack pointer (the red zone)
 * and in SSE registers, so no trap runs on the stack that it interrupts: each
 * processor has a stack for faults, one for interrupts, one for NMI, double
 * fault and machine check, and gets there by its interrupt stack table.
 *
 *     exception or interrupt
 *           |   interrupts off, on the processor's own trap stack
 *           v
 *     trap_dispatch --- device, timer, call, NMI ------> back
 *           |
 *           |   a page fault, or another thread shall run: the frame is
 *           |   copied below the red zone of the thread's own stack
 *           v
 *     trap_on_thread -- page_fault() or kthread_yield(), as if the thread
 *                       had called it: it may sleep, fault, use SSE, and
 *                       leave for ever by __builtin_longjmp
 *
 * Every other exception is a panic, and so is a page fault with interrupts off.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* What was interrupted: as trap_entry.S leaves it on the stack. */
struct trap_frame {
    uint64_t cr2; /* a page fault's address */
    uint64_t spare;
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error; /* the processor's error code, 0 where there is none */
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Vectors. 0 to 31 are the processor's. */
enum trap_vector {
    TRAP_NMI = 2,
    TRAP_DOUBLE_FAULT = 8,
    TRAP_PAGE_FAULT = 14,
    TRAP_MACHINE_CHECK = 18,
    TRAP_IRQ_FIRST = 0x30, /* devices */
    TRAP_IRQ_LAST = 0xef,
    TRAP_TIMER = 0xf0,      /* the local timer */
    TRAP_CALL = 0xf1,       /* cpu_call_others() */
    TRAP_RESCHEDULE = 0xf2, /* look at the run queue */
    TRAP_SPURIOUS = 0xff,
    TRAP_COUNT = 256,
};

/* Fill the interrupt descriptor table; every processor loads the same one. */
void trap_init(void);
