/*
 * sched.h - the scheduler, for those who bring processors up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cpu;

/*
 * Make the context that runs now the idle thread of its processor, so that
 * kthread_current() is true from here on. With interrupts off, once on each
 * processor.
 *
 *   stack, stack_bytes  what it runs on
 */
void sched_adopt(struct cpu *cpu, uint64_t stack, uint64_t stack_bytes);

/* Run threads on this processor for ever: what bring-up ends with. */
__attribute__((noreturn)) void sched_idle(void);
