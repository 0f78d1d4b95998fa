/*
 * irq.h - interrupts of devices: from a message or a pin to a function.
 *
 * A function runs with interrupts off, on the processor's interrupt stack,
 * one at a time for each source. It does not sleep, allocate or touch SSE;
 * it may take spin locks and call kthread_wake().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/err.h"

typedef void irq_fn(void *context);

/*
 * Find the local and I/O APICs by the ACPI tables, and silence everything.
 * Needs mm and acpi; before clock_init(). Interrupts may be turned on after it.
 */
void irq_init(void);

/*
 * Give a device's message (MSI, or one entry of MSI-X) a function.
 *
 *   address, data  filled on OK with what the device must write
 *
 * Returns OK, or ERR_NOSPACE when no vector is left.
 */
must_use err_t irq_msi_attach(irq_fn *fn, void *context, uint64_t *address, uint32_t *data);

/*
 * Give a pin of an I/O APIC a function; several functions may share a pin,
 * then all are called. Returns OK, ERR_NOT_FOUND when no I/O APIC has it,
 * ERR_NOSPACE.
 */
must_use err_t irq_gsi_attach(unsigned gsi, bool level, bool active_low, irq_fn *fn, void *context);

/* The same for a line of the ISA bus (1 keyboard, 4 serial); what ACPI overrides is applied. */
must_use err_t irq_isa_attach(unsigned isa_line, irq_fn *fn, void *context);
