/*
 * acpi_tables.h - reading the firmware's tables. Nothing here touches a device,
 * so that it can be tested with any bytes on any machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

#define ACPI_PROCESSORS_MAX 64
#define ACPI_IO_APICS_MAX   8
#define ACPI_ISA_LINES      16

struct acpi_io_apic {
    uint32_t id;
    uint32_t gsi_base; /* the first global system interrupt of its pins */
    uint64_t address;  /* physical */
};

/* Where a line of the old PC arrives. */
struct acpi_isa_line {
    uint32_t gsi;
    bool level;
    bool active_low;
};

enum acpi_space {
    ACPI_SPACE_MEMORY = 0,
    ACPI_SPACE_PORT = 1,
    ACPI_SPACE_PCI = 2,
};

/* A register: address 0 means there is none. */
struct acpi_register {
    enum acpi_space space;
    uint64_t address;
    unsigned bytes;
};

struct acpi_info {
    /* MADT. The processors come in the order of the table; not usable ones are left out. */
    uint64_t local_apic_address;
    unsigned processor_count;
    uint32_t processor_apic_ids[ACPI_PROCESSORS_MAX];
    unsigned io_apic_count;
    struct acpi_io_apic io_apics[ACPI_IO_APICS_MAX];
    struct acpi_isa_line isa_lines[ACPI_ISA_LINES];

    /* FADT */
    bool hardware_reduced;
    uint16_t pm_timer_port; /* 0: none */
    uint32_t sci_gsi;       /* the interrupt by which the hardware speaks to ACPI */
    bool sci_level, sci_active_low;
    uint16_t smi_command_port;                   /* 0: the machine is in ACPI mode already */
    uint8_t acpi_enable;                         /* written there to get into ACPI mode */
    struct acpi_register pm1a_event, pm1b_event; /* status; the enable bits follow it */
    struct acpi_register pm1a_control, pm1b_control;
    struct acpi_register gpe0, gpe1;    /* general events: status; the enable bits follow it */
    struct acpi_register sleep_control; /* of a machine with reduced hardware */
    bool power_button;                  /* it has the fixed one, in the PM1 event registers */
    struct acpi_register reset;
    uint8_t reset_value;
    uint8_t century_index; /* of the real time clock's memory; 0: none */

    /* \_S5 of the DSDT or an SSDT */
    bool can_power_off;
    uint8_t s5_type_a, s5_type_b;

    /* MCFG: the configuration space of PCI segment 0 */
    uint64_t ecam_address; /* of bus 0; 0: none */
    uint8_t ecam_bus_first, ecam_bus_last;
};

/*
 * How the reader sees physical memory: `bytes` bytes at `address`, readable
 * from now on, or NULL where there can be none.
 */
typedef const void *acpi_window_fn(uint64_t address, size_t bytes);

/*
 * Find the root pointer in the memory of a BIOS. Returns its address, or 0.
 */
uint64_t acpi_rsdp_find(acpi_window_fn *window);

/*
 * Read all tables that lead from a root pointer.
 *
 *   rsdp    its physical address
 *   window  how to read memory
 *   info    filled, as far as the tables are good
 *
 * Tables with a bad checksum or length are said in the log and left out.
 * Returns OK, or ERR_CORRUPT when there is no root to begin from; `info` is
 * then that of a machine without tables.
 */
must_use err_t acpi_tables_read(uint64_t rsdp, acpi_window_fn *window, struct acpi_info *info);

/* A machine without tables: 16 ISA lines, each at its own number, edge, active high. */
void acpi_info_init(struct acpi_info *info);
