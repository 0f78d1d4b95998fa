/*
 * pci_msix.c - interrupts of PCI functions, as messages: a table in one of the
 * function's regions says for each vector what to write where.
 *
 * Source: PCI Local Bus Specification 3.0, 6.8.2 "MSI-X Capability and Table".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/pci.h"

#define LOG_MODULE "pci"
#include "base/log.h"

#define CONTROL       2 /* offsets in the capability */
#define TABLE         4
#define CONTROL_COUNT 0x07ff /* vectors, less one */
#define CONTROL_ON    0x8000
#define CONTROL_MASK  0x4000 /* all vectors */

#define ENTRY_WORDS   4 /* address low and high, data, control */
#define ENTRY_MASKED  1

err_t
pci_msix_enable(struct pci_device *device)
{
    unsigned at = pci_capability_find(device, PCI_CAPABILITY_MSIX, 0);
    uint16_t control;
    uint32_t table;
    unsigned count;

    if (at == 0) {
        log_warn("%s: has no message interrupts (MSI-X)", device->name);
        return ERR_UNSUPPORTED;
    }
    control = pci_read16(device, at + CONTROL);
    count = (control & CONTROL_COUNT) + 1u;
    table = pci_read32(device, at + TABLE);
    device->msix_table =
        pci_bar_map(device, table & 7, table & ~7u, (uint64_t)count * ENTRY_WORDS * 4);
    if (!device->msix_table)
        return ERR_UNSUPPORTED;
    device->msix_count = count;
    for (unsigned i = 0; i < count; i++)
        device->msix_table[i * ENTRY_WORDS + 3] = ENTRY_MASKED;
    pci_write16(device, at + CONTROL, (uint16_t)((control & ~CONTROL_MASK) | CONTROL_ON));
    return OK;
}

err_t
pci_msix_attach(struct pci_device *device, unsigned vector, irq_fn *fn, void *context)
{
    volatile uint32_t *entry;
    uint64_t address;
    uint32_t data;

    if (vector >= device->msix_count)
        return ERR_RANGE;
    TRY(irq_msi_attach(fn, context, &address, &data));
    entry = device->msix_table + (size_t)vector * ENTRY_WORDS;
    entry[0] = (uint32_t)address;
    entry[1] = (uint32_t)(address >> 32);
    entry[2] = data;
    entry[3] = 0;
    return OK;
}
