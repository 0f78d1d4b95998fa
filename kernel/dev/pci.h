/*
 * pci.h - the PCI functions of the machine: configuration space, memory
 * regions, message interrupts.
 *
 * Source: PCI Local Bus Specification 3.0, chapter 6; PCI Express Base
 * Specification 5.0, 7.2.2 (ECAM).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irq/irq.h"
#include "plat/err.h"

#define PCI_BARS               6
#define PCI_CAPABILITIES_MAX   48

#define PCI_VENDOR_ID          0x00
#define PCI_DEVICE_ID          0x02
#define PCI_COMMAND            0x04
#define PCI_STATUS             0x06
#define PCI_REVISION           0x08
#define PCI_CLASS              0x0a /* subclass, class */
#define PCI_HEADER_TYPE        0x0e
#define PCI_BAR0               0x10
#define PCI_CAPABILITIES       0x34

#define PCI_COMMAND_IO         0x0001
#define PCI_COMMAND_MEMORY     0x0002
#define PCI_COMMAND_BUS_MASTER 0x0004
#define PCI_COMMAND_NO_INTX    0x0400

#define PCI_CAPABILITY_VENDOR  0x09
#define PCI_CAPABILITY_MSIX    0x11

/* A region of a function. `bytes` is 0 where there is none. */
struct pci_bar {
    uint64_t address; /* physical, or a port; 0: nobody has given it one */
    uint64_t bytes;   /* a power of two */
    bool io;
    bool wide; /* 64 bits, in this register and the next */
};

struct pci_device {
    uint8_t bus, slot, function;
    uint16_t vendor_id, device_id;
    uint16_t class; /* class << 8 | subclass */
    bool has_bars;
    bool measured; /* `bars` is filled: after pci_regions_assign() */
    struct pci_bar bars[PCI_BARS];
    char name[8]; /* for messages: "00:02.0" */

    unsigned msix_offset;          /* of the capability; 0: none */
    unsigned msix_count;           /* vectors */
    volatile uint32_t *msix_table; /* after pci_msix_enable() */
};

/*
 * Find all functions of the machine. Called once, by drivers_start().
 */
void pci_scan(void);

/* The function with this number, counted from 0; NULL if there are not so many. Valid for ever. */
struct pci_device *pci_find(unsigned index);

/*
 * Find out what regions a function has, and give an address to each in memory
 * that the firmware left without one. Returns OK, or ERR_NOSPACE, after saying so.
 */
must_use err_t pci_regions_assign(struct pci_device *device);

/* Configuration space; `offset` is below 4096 (256 without ECAM, which reads all ones above). */
uint8_t pci_read8(const struct pci_device *device, unsigned offset);
uint16_t pci_read16(const struct pci_device *device, unsigned offset);
uint32_t pci_read32(const struct pci_device *device, unsigned offset);
void pci_write8(const struct pci_device *device, unsigned offset, uint8_t value);
void pci_write16(const struct pci_device *device, unsigned offset, uint16_t value);
void pci_write32(const struct pci_device *device, unsigned offset, uint32_t value);

/*
 * The next capability with this id.
 *
 *   after  the offset of the one before, or 0 for the first
 *
 * Returns its offset, or 0. A list that is a ring ends.
 */
unsigned pci_capability_find(const struct pci_device *device, uint8_t id, unsigned after);

/*
 * Make a part of a memory region usable.
 *
 * Returns where it is, uncached, or NULL (after saying why) when the region is
 * not there, not memory or too small.
 */
volatile void *pci_bar_map(const struct pci_device *device, unsigned bar, uint64_t offset,
                           uint64_t bytes);

/* Let the function read and write memory by itself, and answer at its regions. */
void pci_enable(const struct pci_device *device);

/* Take that away again: a device that was refused touches nothing any more. */
void pci_disable(const struct pci_device *device);

/*
 * Switch to message interrupts (MSI-X), with all vectors masked. Returns OK, or
 * ERR_UNSUPPORTED when the function has none (or says nonsense about them).
 */
must_use err_t pci_msix_enable(struct pci_device *device);

/* Let one vector call `fn`. Returns OK, ERR_RANGE, or what irq_msi_attach() said. */
must_use err_t pci_msix_attach(struct pci_device *device, unsigned vector, irq_fn *fn,
                               void *context);
