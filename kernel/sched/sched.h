/*
 * sched.h - the scheduler, for those who bring processors up and for traps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;
struct kthread;

/*
 * Make the context that runs now the idle thread of its processor, so that
 * kthread_current() is true from here on. With interrupts off, once on each
 * processor. Until it calls kthread_idle() it is bring-up: it is not preempted,
 * and where a thread would sleep it spins and lets others run.
 *
 *   stack, stack_bytes  what it runs on
 */
void kthread_adopt(struct cpu *cpu, uint64_t stack, size_t stack_bytes);

/* Run threads on this processor for ever: what bring-up ends with. */
__attribute__((noreturn)) void kthread_idle(void);

/* The timer came, or another processor asked this one to look. In interrupts. */
void kthread_interrupt(void);

/* True if the interrupted thread shall call kthread_yield(). In interrupts. */
bool kthread_must_yield(void);

/* Give way now, if an interrupt found that the thread must while it was pinned. In threads. */
void kthread_yield_if_asked(void);

/*
 * How long processors have run threads, summed up over all of them, in nanoseconds. Bring-up
 * does not count, nor do interrupts that come while there is nothing to run. Any context.
 */
uint64_t kthread_busy_ns(void);

/*
 * Call `visit` for each thread that was created, without any lock: for a dying
 * machine and its panic only.
 */
void kthread_each(void (*visit)(const struct kthread *thread));
