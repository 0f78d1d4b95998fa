/*
 * switch.h - from one stack to another (trap_entry.S).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/*
 * Put what a function must keep on the stack and its pointer into *from_rsp, and
 * return from the call that did the same for `to_rsp`. Interrupts must be off.
 */
void thread_switch(uint64_t *from_rsp, uint64_t to_rsp);

/*
 * Make a stack on which thread_switch() will call `entry`.
 *
 *   stack_end  the first address behind it, a multiple of 16
 *
 * Returns its stack pointer. `entry` must not return.
 */
static inline uint64_t
thread_switch_prepare(uint64_t stack_end, void (*entry)(void))
{
    uint64_t *top = (uint64_t *)stack_end;

    *--top = 0; /* where a backtrace ends */
    *--top = (uintptr_t)entry;
    for (unsigned i = 0; i < 6; i++)
        *--top = 0; /* rbp, rbx, r12 to r15 */
    return (uintptr_t)top;
}
