/*
 * acpi.h - what the firmware's ACPI tables say about this machine, and the
 * three things that are done with them: power off, reset, power button.
 *
 * Source: ACPI Specification 6.4, chapters 4 "Hardware" and 5 "Software
 * Programming Model".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dev/acpi_tables.h"
#include "plat/err.h"

/* Filled by acpi_init(), then changed by nobody. All zero, but for the ISA lines, without tables.
 */
extern struct acpi_info acpi_info;

/*
 * Read the tables.
 *
 *   rsdp  physical address of the root pointer, or 0: it is looked for where a
 *         BIOS leaves it
 *
 * Needs device_map(). Bad tables are named in the log and left out; without any
 * the machine has one processor, no I/O APIC and no power off.
 */
void acpi_init(uint64_t rsdp);

/*
 * Switch the machine off. Returns only if that did not work. Any context;
 * takes no lock.
 */
void acpi_power_off(void);

/* Start the machine anew: by the tables, by the keyboard controller, by the chip set, by a fault.
 */
__attribute__((noreturn)) void acpi_reset(void);

/*
 * Call `button` each time somebody presses the power button.
 *
 *   button  runs in an interrupt, with `context`
 *
 * Returns OK, or ERR_UNSUPPORTED when the machine has no such button. Needs
 * irq_gsi_attach().
 */
must_use err_t acpi_power_button_attach(void (*button)(void *), void *context);
