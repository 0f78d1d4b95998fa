/*
 * apic.h - the local APIC of the calling processor: interrupts to other
 * processors, the end of an interrupt, the one-shot timer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cpu;

/* Turn on the calling processor's APIC, all its own sources masked but for the timer. */
void apic_init_local(struct cpu *cpu);

/* An interrupt was served. Not for NMI, exceptions and TRAP_SPURIOUS. */
void apic_end_of_interrupt(void);

/* Interrupt one processor. Any context. */
void apic_send(uint32_t apic_id, uint8_t vector);

/* NMI to all processors but this one, also to those that do not listen to anything else. */
void apic_send_nmi_to_others(void);

/* The two messages that start a processor at the physical address page * 4096. */
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page);

/*
 * Measure the timer: call begin, wait for the known time, call end. Once, on
 * the first processor.
 */
void apic_timer_measure_begin(void);
void apic_timer_measure_end(uint64_t elapsed_ns);

/*
 * Make TRAP_TIMER come once, at a clock_ns() time or a little later; a time that has passed means
 * at once. It may come too early when that is far away. Replaces what was asked before.
 */
void apic_timer_arm(uint64_t deadline_ns);
void apic_timer_disarm(void);
