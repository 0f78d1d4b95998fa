/*
 * pci.c - finding the functions of the PCI busses, and what they have.
 *
 * Configuration space is reached through memory (ECAM) where the MCFG table
 * says so and bus 0 looks the same there as through the two old ports; else
 * through these ports. Busses are found by following bridges, as firmware has
 * numbered them; a bridge without a number hides what is behind it.
 *
 * A region that firmware gave no address gets one between 3 GiB and the I/O
 * APIC, where nothing lies that boot_info or another function knows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/pci.h"

#include "arch/amd64/port.h"
#include "boot/boot.h"
#include "dev/acpi.h"
#include "mm/map.h"
#include "sched/spin.h"

#define LOG_MODULE "pci"
#include "base/log.h"

#define FUNCTIONS_MAX 256
#define BUSSES        256
#define BUS_BYTES     (1u << 20) /* of configuration space */

#define PORT_ADDRESS  0xcf8
#define PORT_DATA     0xcfc

#define HEADER_BRIDGE 1
#define BRIDGE_BUS    0x19 /* the bus behind it */
#define CLASS_BRIDGE  0x06

#define BAR_IO        1u
#define BAR_TYPE      6u
#define BAR_WIDE      4u

#define REGIONS_BEGIN 0xc0000000ull
#define REGIONS_END   0xfec00000ull /* here are the I/O APICs */

static struct pci_device functions[FUNCTIONS_MAX];
static unsigned function_count;
static volatile uint8_t *ecam[BUSSES]; /* NULL: that bus through ports */
static bool visited[BUSSES];
static struct spin port_lock; /* of the two ports: an address, then data */

/* ---- configuration space ---- */

static unsigned
place_of(const struct pci_device *device)
{
    return (unsigned)device->bus << 16 | (unsigned)device->slot << 11 |
           (unsigned)device->function << 8;
}

/* The aligned word that holds `offset`, by the ports. */
static uint32_t
port_read(const struct pci_device *device, unsigned offset)
{
    uint64_t flags;
    uint32_t value;

    if (offset >= 256)
        return UINT32_MAX;
    flags = spin_lock(&port_lock);
    port_out32(PORT_ADDRESS, 1u << 31 | place_of(device) | (offset & ~3u));
    value = port_in32(PORT_DATA);
    spin_unlock(&port_lock, flags);
    return value;
}

static void
port_write(const struct pci_device *device, unsigned offset, uint32_t value, unsigned bytes)
{
    uint64_t flags;

    if (offset >= 256)
        return;
    flags = spin_lock(&port_lock);
    port_out32(PORT_ADDRESS, 1u << 31 | place_of(device) | (offset & ~3u));
    if (bytes == 1)
        port_out8((uint16_t)(PORT_DATA + (offset & 3)), (uint8_t)value);
    else if (bytes == 2)
        port_out16((uint16_t)(PORT_DATA + (offset & 2)), (uint16_t)value);
    else
        port_out32(PORT_DATA, value);
    spin_unlock(&port_lock, flags);
}

static volatile void *
ecam_at(const struct pci_device *device, unsigned offset)
{
    return ecam[device->bus] + (place_of(device) - ((unsigned)device->bus << 16)) * 16 + offset;
}

uint8_t
pci_read8(const struct pci_device *device, unsigned offset)
{
    if (ecam[device->bus])
        return *(volatile uint8_t *)ecam_at(device, offset);
    return (uint8_t)(port_read(device, offset) >> (offset & 3) * 8);
}

uint16_t
pci_read16(const struct pci_device *device, unsigned offset)
{
    if (ecam[device->bus])
        return *(volatile uint16_t *)ecam_at(device, offset & ~1u);
    return (uint16_t)(port_read(device, offset) >> (offset & 2) * 8);
}

uint32_t
pci_read32(const struct pci_device *device, unsigned offset)
{
    if (ecam[device->bus])
        return *(volatile uint32_t *)ecam_at(device, offset & ~3u);
    return port_read(device, offset);
}

void
pci_write8(const struct pci_device *device, unsigned offset, uint8_t value)
{
    if (ecam[device->bus])
        *(volatile uint8_t *)ecam_at(device, offset) = value;
    else
        port_write(device, offset, value, 1);
}

void
pci_write16(const struct pci_device *device, unsigned offset, uint16_t value)
{
    if (ecam[device->bus])
        *(volatile uint16_t *)ecam_at(device, offset & ~1u) = value;
    else
        port_write(device, offset, value, 2);
}

void
pci_write32(const struct pci_device *device, unsigned offset, uint32_t value)
{
    if (ecam[device->bus])
        *(volatile uint32_t *)ecam_at(device, offset & ~3u) = value;
    else
        port_write(device, offset, value, 4);
}

/* Use memory for a bus, if the tables offer it and it shows what the ports show. */
static void
ecam_open(unsigned bus)
{
    const struct pci_device first = { .bus = (uint8_t)bus };
    uint32_t by_ports = port_read(&first, PCI_VENDOR_ID);

    if (acpi_info.ecam_address == 0 || bus > acpi_info.ecam_bus_last)
        return;
    ecam[bus] = device_map(acpi_info.ecam_address + (uint64_t)bus * BUS_BYTES, BUS_BYTES);
    if (ecam[bus] && pci_read32(&first, PCI_VENDOR_ID) != by_ports) {
        log_warn("table MCFG does not lead to bus %u; it is reached by ports", bus);
        ecam[bus] = NULL;
    }
}

/* ---- capabilities ---- */

unsigned
pci_capability_find(const struct pci_device *device, uint8_t id, unsigned after)
{
    unsigned at;

    if (!(pci_read16(device, PCI_STATUS) & 0x10))
        return 0;
    at = pci_read8(device, after ? after + 1 : PCI_CAPABILITIES) & ~3u;
    for (unsigned i = 0; i < PCI_CAPABILITIES_MAX && at >= 0x40; i++) {
        if (pci_read8(device, at) == id)
            return at;
        at = pci_read8(device, at + 1) & ~3u;
    }
    return 0;
}

/* ---- regions ---- */

/* How large a region is: the address bits that it does not let be written are its size. */
static void
bar_measure(struct pci_device *device, unsigned index)
{
    struct pci_bar *bar = &device->bars[index];
    unsigned offset = PCI_BAR0 + 4 * index;
    uint32_t low = pci_read32(device, offset);
    uint32_t high = 0;
    uint64_t mask;

    bar->io = low & BAR_IO;
    bar->wide = !bar->io && (low & BAR_TYPE) == BAR_WIDE && index + 1 < PCI_BARS;
    pci_write32(device, offset, UINT32_MAX);
    mask = pci_read32(device, offset) & (bar->io ? 0xfffcu : 0xfffffff0u);
    pci_write32(device, offset, low);
    if (mask && (bar->io || !bar->wide))
        mask |= bar->io ? ~0xffffull : ~0xffffffffull;
    if (bar->wide) {
        high = pci_read32(device, offset + 4);
        pci_write32(device, offset + 4, UINT32_MAX);
        mask |= (uint64_t)pci_read32(device, offset + 4) << 32;
        pci_write32(device, offset + 4, high);
    }
    bar->bytes = mask ? ~mask + 1 : 0;
    bar->address = (uint64_t)high << 32 | (low & (bar->io ? 0xfffcu : 0xfffffff0u));
    if (bar->bytes & (bar->bytes - 1))
        bar->bytes = 0; /* no region is like that */
}

/* Once for each function, and only where somebody needs to know: every step moves a machine's map.
 */
static void
bars_measure(struct pci_device *device)
{
    uint16_t command = pci_read16(device, PCI_COMMAND);

    if (device->measured || !device->has_bars)
        return;
    device->measured = true;
    /* Meanwhile it must not answer at addresses that are not its own. */
    pci_write16(device, PCI_COMMAND, (uint16_t)(command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY)));
    for (unsigned i = 0; i < PCI_BARS; i++) {
        bar_measure(device, i);
        if (device->bars[i].wide)
            i++;
    }
    pci_write16(device, PCI_COMMAND, command);
}

/* If something lies in a range, true, and where it ends. */
static bool
overlaps(uint64_t begin, uint64_t bytes, uint64_t other, uint64_t other_bytes, uint64_t *end)
{
    if (other_bytes == 0 || begin >= other + other_bytes || other >= begin + bytes)
        return false;
    *end = other + other_bytes;
    return true;
}

static bool
is_taken(uint64_t begin, uint64_t bytes, uint64_t *end)
{
    if (acpi_info.ecam_address &&
        overlaps(begin, bytes, acpi_info.ecam_address,
                 ((uint64_t)acpi_info.ecam_bus_last + 1) * BUS_BYTES, end))
        return true;
    for (unsigned i = 0; i < boot_info.region_count; i++) {
        if (overlaps(begin, bytes, boot_info.regions[i].base, boot_info.regions[i].bytes, end))
            return true;
    }
    for (unsigned i = 0; i < function_count; i++) {
        for (unsigned k = 0; k < PCI_BARS; k++) {
            const struct pci_bar *bar = &functions[i].bars[k];

            if (!bar->io && bar->address && overlaps(begin, bytes, bar->address, bar->bytes, end))
                return true;
        }
    }
    return false;
}

/* A free place for a region; 0: none. */
static uint64_t
region_find(uint64_t bytes)
{
    uint64_t begin = REGIONS_BEGIN;
    uint64_t end;

    for (unsigned i = 0; i < function_count; i++)
        bars_measure(&functions[i]);
    while (begin + bytes <= REGIONS_END) {
        if (!is_taken(begin, bytes, &end))
            return begin;
        begin = (end + bytes - 1) & ~(bytes - 1);
    }
    return 0;
}

err_t
pci_regions_assign(struct pci_device *device)
{
    bars_measure(device);
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar *bar = &device->bars[i];

        if (bar->bytes == 0 || bar->io || bar->address)
            continue;
        bar->address = bar->bytes > REGIONS_END ? 0 : region_find(bar->bytes);
        if (bar->address == 0) {
            log_warn("%s: no room for its region %u of %" PRIu64 " bytes", device->name, i,
                     bar->bytes);
            return ERR_NOSPACE;
        }
        pci_write32(device, PCI_BAR0 + 4 * i, (uint32_t)bar->address);
        if (bar->wide)
            pci_write32(device, PCI_BAR0 + 4 * i + 4, 0);
    }
    return OK;
}

volatile void *
pci_bar_map(const struct pci_device *device, unsigned bar, uint64_t offset, uint64_t bytes)
{
    const struct pci_bar *region = bar < PCI_BARS ? &device->bars[bar] : NULL;
    volatile void *mapped;

    if (!region || region->io || region->address == 0 || bytes == 0 || offset > region->bytes ||
        bytes > region->bytes - offset) {
        log_warn("%s: says that %" PRIu64 " bytes lie at %" PRIu64 " of its region %u, which "
                 "is not so",
                 device->name, bytes, offset, bar);
        return NULL;
    }
    mapped = device_map(region->address + offset, bytes);
    if (!mapped)
        log_warn("%s: no memory to reach its region %u", device->name, bar);
    return mapped;
}

void
pci_enable(const struct pci_device *device)
{
    uint16_t command = pci_read16(device, PCI_COMMAND);

    pci_write16(device, PCI_COMMAND,
                command | PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER | PCI_COMMAND_NO_INTX);
}

void
pci_disable(const struct pci_device *device)
{
    uint16_t command = pci_read16(device, PCI_COMMAND);

    pci_write16(device, PCI_COMMAND,
                (uint16_t)((command & ~PCI_COMMAND_BUS_MASTER) | PCI_COMMAND_NO_INTX));
}

/* ---- the walk ---- */

static void bus_scan(unsigned bus);

static void
function_add(const struct pci_device *found, uint8_t header)
{
    struct pci_device *device;

    if (function_count == FUNCTIONS_MAX) {
        log_warn("more than %d functions; %s is left out", FUNCTIONS_MAX, found->name);
        return;
    }
    device = &functions[function_count++];
    *device = *found;
    device->has_bars = header == 0 && device->class >> 8 != CLASS_BRIDGE;
}

/* One function; true if there is one. */
static bool
function_scan(unsigned bus, unsigned slot, unsigned function, bool *more)
{
    struct pci_device found = {
        .bus = (uint8_t)bus,
        .slot = (uint8_t)slot,
        .function = (uint8_t)function,
    };
    uint8_t header;

    found.vendor_id = pci_read16(&found, PCI_VENDOR_ID);
    if (found.vendor_id == UINT16_MAX)
        return false;
    found.device_id = pci_read16(&found, PCI_DEVICE_ID);
    found.class = pci_read16(&found, PCI_CLASS);
    header = pci_read8(&found, PCI_HEADER_TYPE);
    *more = header & 0x80;
    header &= 0x7f;
    format(found.name, sizeof(found.name), "%02x:%02x.%x", bus, slot, function);
    function_add(&found, header);
    if (header == HEADER_BRIDGE && pci_read8(&found, BRIDGE_BUS) != 0)
        bus_scan(pci_read8(&found, BRIDGE_BUS));
    return true;
}

static void
bus_scan(unsigned bus)
{
    if (visited[bus])
        return; /* a bridge that leads back */
    visited[bus] = true;
    ecam_open(bus);
    for (unsigned slot = 0; slot < 32; slot++) {
        bool more = false;

        if (!function_scan(bus, slot, 0, &more) || !more)
            continue;
        for (unsigned function = 1; function < 8; function++)
            (void)function_scan(bus, slot, function, &more);
    }
}

void
pci_scan(void)
{
    bus_scan(0);
}

struct pci_device *
pci_find(unsigned index)
{
    return index < function_count ? &functions[index] : NULL;
}
