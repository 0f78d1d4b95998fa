/*
 * acpi_tables.c - from the root pointer to the few facts the kernel needs.
 *
 * Every table is bytes from outside: its length and checksum are verified
 * before anything in it is read, and each field lies inside that length or is
 * taken for zero. There is no AML interpreter: of the DSDT and the SSDTs only
 * the package \_S5 is looked for, by its bytes, as its form is fixed.
 *
 * Source: ACPI Specification 6.4, 5.2; MCFG: PCI Firmware Specification 3.2, 4.1.2.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/acpi_tables.h"

#include "base/endian.h"
#include "base/memory.h"

#define LOG_MODULE "acpi"
#include "base/log.h"

#define HEADER_BYTES    36
#define TABLE_BYTES_MAX (16u << 20)
#define RSDP_V1_BYTES   20
#define RSDP_V2_BYTES   36

/* One whole table whose checksum is good. */
struct table {
    const uint8_t *bytes;
    uint32_t count;
};

struct reader {
    acpi_window_fn *window;
    struct acpi_info *info;
    struct table fadt, madt, mcfg;
    unsigned processors_left_out;
    int sci_line; /* the FADT's, before the MADT had its say; -1: none */
};

/* ---- bytes ---- */

/* A little-endian number of `bytes` bytes at an offset; 0 where the table has ended before. */
static uint64_t
field(const struct table *table, uint32_t offset, unsigned bytes)
{
    uint64_t value = 0;

    if (offset > table->count || bytes > table->count - offset)
        return 0;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | table->bytes[offset + i];
    return value;
}

static bool
sum_is_zero(const uint8_t *bytes, uint32_t count)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

static bool
has_signature(const uint8_t *bytes, const char *signature)
{
    return memcmp(bytes, signature, 4) == 0;
}

/* A signature as text: what cannot be shown is a question mark. */
static const char *
signature_text(const uint8_t *bytes, char text[5])
{
    for (unsigned i = 0; i < 4; i++)
        text[i] = bytes[i] >= ' ' && bytes[i] < 127 ? (char)bytes[i] : '?';
    text[4] = 0;
    return text;
}

/* Make sure of a table. False, after saying why, when it is not to be believed. */
static bool
table_open(const struct reader *reader, uint64_t address, struct table *table)
{
    const uint8_t *header = address ? reader->window(address, HEADER_BYTES) : NULL;
    struct table found;
    char text[5];

    if (!header) {
        log_warn("a table is said to be at %#" PRIx64 ", where nothing can be", address);
        return false;
    }
    found.bytes = header;
    found.count = HEADER_BYTES;
    found.count = (uint32_t)field(&found, 4, 4);
    signature_text(header, text);
    if (found.count < HEADER_BYTES || found.count > TABLE_BYTES_MAX) {
        log_warn("table %s at %#" PRIx64 ": a length of %u bytes; it is left out", text, address,
                 found.count);
        return false;
    }
    found.bytes = reader->window(address, found.count);
    if (!found.bytes || !sum_is_zero(found.bytes, found.count)) {
        log_warn("table %s at %#" PRIx64 ": bad checksum; it is left out", text, address);
        return false;
    }
    *table = found;
    return true;
}

/* ---- MADT: processors and interrupt controllers ---- */

static void
add_processor(struct reader *reader, uint32_t apic_id, uint32_t flags)
{
    struct acpi_info *info = reader->info;

    if (!(flags & 1))
        return; /* an empty socket */
    for (unsigned i = 0; i < info->processor_count; i++) {
        if (info->processor_apic_ids[i] == apic_id)
            return;
    }
    if (info->processor_count < ACPI_PROCESSORS_MAX)
        info->processor_apic_ids[info->processor_count++] = apic_id;
    else if (reader->processors_left_out++ == 0)
        log_warn("more than %d processors; the rest stays off", ACPI_PROCESSORS_MAX);
}

static void
add_io_apic(struct acpi_info *info, const struct table *entry)
{
    struct acpi_io_apic *io_apic;

    if (info->io_apic_count == ACPI_IO_APICS_MAX) {
        log_warn("more than %d I/O APICs; the rest stays unused", ACPI_IO_APICS_MAX);
        return;
    }
    io_apic = &info->io_apics[info->io_apic_count++];
    io_apic->id = (uint32_t)field(entry, 2, 1);
    io_apic->address = field(entry, 4, 4);
    io_apic->gsi_base = (uint32_t)field(entry, 8, 4);
}

/* Interrupt source override: an ISA line arrives elsewhere, or otherwise. */
static void
override_line(struct reader *reader, const struct table *entry)
{
    unsigned line = (unsigned)field(entry, 3, 1);
    unsigned flags = (unsigned)field(entry, 8, 2);
    struct acpi_isa_line *isa;

    if (field(entry, 2, 1) != 0 || line >= ACPI_ISA_LINES) {
        log_warn("an interrupt override of bus line %u makes no sense; it is left out", line);
        return;
    }
    isa = &reader->info->isa_lines[line];
    isa->gsi = (uint32_t)field(entry, 4, 4);
    isa->active_low = (flags & 3) == 3;
    isa->level = (flags >> 2 & 3) == 3;
    if ((int)line == reader->sci_line) {
        reader->info->sci_gsi = isa->gsi;
        reader->info->sci_active_low = (flags & 3) != 1; /* 0: as the bus does, here: low */
        reader->info->sci_level = (flags >> 2 & 3) != 1;
    }
}

static void
madt_read(struct reader *reader)
{
    const struct table *madt = &reader->madt;
    struct acpi_info *info = reader->info;

    info->local_apic_address = field(madt, 36, 4);
    for (uint32_t at = 44; at + 2 <= madt->count;) {
        struct table entry = { madt->bytes + at, (uint32_t)field(madt, at + 1, 1) };

        if (entry.count < 2 || entry.count > madt->count - at) {
            log_warn("table APIC: an entry of %u bytes at %u; the rest is left out", entry.count,
                     at);
            return;
        }
        switch (field(madt, at, 1)) {
        case 0:
            add_processor(reader, (uint32_t)field(&entry, 3, 1), (uint32_t)field(&entry, 4, 4));
            break;
        case 1:
            add_io_apic(info, &entry);
            break;
        case 2:
            override_line(reader, &entry);
            break;
        case 5:
            info->local_apic_address = field(&entry, 4, 8);
            break;
        case 9:
            add_processor(reader, (uint32_t)field(&entry, 4, 4), (uint32_t)field(&entry, 8, 4));
            break;
        default:
            break;
        }
        at += entry.count;
    }
}

/* ---- FADT: fixed registers ---- */

/* A generic address structure; a register in a space that is not ours is none. */
static struct acpi_register
generic_register(const struct table *fadt, uint32_t offset)
{
    struct acpi_register found = {
        .space = (enum acpi_space)field(fadt, offset, 1),
        .address = field(fadt, offset + 4, 8),
        .bytes = (unsigned)field(fadt, offset + 1, 1) / 8,
    };

    if (found.space != ACPI_SPACE_MEMORY && found.space != ACPI_SPACE_PORT)
        found.address = 0;
    if (found.space == ACPI_SPACE_PORT && found.address > UINT16_MAX)
        found.address = 0;
    return found;
}

/* A register that has an old field (a port) and a new one, which wins. */
static struct acpi_register
fixed_register(const struct table *fadt, uint32_t old_offset, uint32_t new_offset, unsigned bytes)
{
    struct acpi_register found = generic_register(fadt, new_offset);
    uint64_t port = field(fadt, old_offset, 4);

    if (found.address == 0 && port <= UINT16_MAX)
        found = (struct acpi_register){ .space = ACPI_SPACE_PORT, .address = port };
    found.bytes = bytes;
    return found;
}

static void
fadt_read(struct reader *reader)
{
    const struct table *fadt = &reader->fadt;
    struct acpi_info *info = reader->info;
    uint32_t flags = (uint32_t)field(fadt, 112, 4);
    unsigned event_bytes = (unsigned)field(fadt, 88, 1) / 2;
    unsigned control_bytes = (unsigned)field(fadt, 89, 1);
    struct acpi_register timer = fixed_register(fadt, 76, 208, 4);

    info->hardware_reduced = flags & 1u << 20;
    info->century_index = field(fadt, 108, 1) < 128 ? (uint8_t)field(fadt, 108, 1) : 0;
    if (flags & 1u << 10) {
        info->reset = generic_register(fadt, 116);
        info->reset_value = (uint8_t)field(fadt, 128, 1);
        info->reset.bytes = 1;
    }
    if (info->hardware_reduced) {
        info->sleep_control = generic_register(fadt, 244);
        info->sleep_control.bytes = 1;
        return; /* all below does not exist there */
    }
    reader->sci_line = (int)field(fadt, 46, 2);
    info->sci_gsi = (uint32_t)reader->sci_line;
    info->sci_level = true;
    info->sci_active_low = true;
    if (field(fadt, 48, 4) <= UINT16_MAX)
        info->smi_command_port = (uint16_t)field(fadt, 48, 4);
    info->acpi_enable = (uint8_t)field(fadt, 52, 1);
    info->power_button = !(flags & 1u << 4);
    if (timer.space == ACPI_SPACE_PORT && field(fadt, 91, 1) == 4)
        info->pm_timer_port = (uint16_t)timer.address;
    info->gpe0 = fixed_register(fadt, 80, 220, (unsigned)field(fadt, 92, 1) / 2);
    info->gpe1 = fixed_register(fadt, 84, 232, (unsigned)field(fadt, 93, 1) / 2);
    if (event_bytes == 2) {
        info->pm1a_event = fixed_register(fadt, 56, 148, event_bytes);
        info->pm1b_event = fixed_register(fadt, 60, 160, event_bytes);
    }
    if (control_bytes >= 2) {
        info->pm1a_control = fixed_register(fadt, 64, 172, 2);
        info->pm1b_control = fixed_register(fadt, 68, 184, 2);
    }
}

/* ---- \_S5: what to write to switch off ---- */

/* Read one small integer of AML. False if it is something else. */
static bool
aml_integer(const struct table *code, uint32_t *at, uint8_t *value)
{
    unsigned opcode = (unsigned)field(code, *at, 1);
    unsigned bytes = opcode == 0x0a ? 1 : opcode == 0x0b ? 2 : opcode == 0x0c ? 4 : 0;

    if (*at >= code->count || 1 + bytes > code->count - *at)
        return false;
    if (bytes == 0 && opcode != 0 && opcode != 1)
        return false;
    *value = (uint8_t)(bytes ? field(code, *at + 1, bytes) : opcode);
    *at += 1 + bytes;
    return true;
}

/* Name (_S5_, Package (..) { a, b, .. }), whose name ends at `at`. */
static bool
s5_read(const struct table *code, uint32_t at, struct acpi_info *info)
{
    uint8_t a, b = 0;
    unsigned elements;

    if (field(code, at, 1) != 0x12)
        return false;
    at += 2 + (uint32_t)(field(code, at + 1, 1) >> 6); /* the opcode and the package's length */
    elements = (unsigned)field(code, at, 1);
    at++;
    if (elements < 1 || !aml_integer(code, &at, &a))
        return false;
    if (elements > 1 && !aml_integer(code, &at, &b))
        return false;
    if (a > 7 || b > 7)
        return false;
    info->can_power_off = true;
    info->s5_type_a = a;
    info->s5_type_b = b;
    return true;
}

static void
s5_find(const struct table *code, struct acpi_info *info)
{
    for (uint32_t i = HEADER_BYTES + 1; !info->can_power_off && i + 4 <= code->count; i++) {
        const uint8_t *name = code->bytes + i;
        bool named = name[-1] == 0x08 || (name[-1] == '\\' && name[-2] == 0x08);

        if (named && has_signature(name, "_S5_") && s5_read(code, i + 4, info))
            return;
    }
}

/* ---- the others, and the way to all of them ---- */

static void
mcfg_read(const struct table *mcfg, struct acpi_info *info)
{
    for (uint32_t at = 44; at + 16 <= mcfg->count; at += 16) {
        uint64_t first = field(mcfg, at + 10, 1);
        uint64_t last = field(mcfg, at + 11, 1);

        if (field(mcfg, at + 8, 2) != 0)
            continue; /* another segment */
        if (first != 0 || field(mcfg, at, 8) == 0 || (field(mcfg, at, 8) & 0xfffff)) {
            log_warn("table MCFG: makes no sense; it is left out");
            return;
        }
        info->ecam_address = field(mcfg, at, 8);
        info->ecam_bus_last = (uint8_t)last;
        return;
    }
}

/* Keep a table for later; code is searched at once. */
static void
table_sort(struct reader *reader, uint64_t address)
{
    struct table table;

    if (!table_open(reader, address, &table))
        return;
    if (has_signature(table.bytes, "FACP"))
        reader->fadt = table;
    else if (has_signature(table.bytes, "APIC"))
        reader->madt = table;
    else if (has_signature(table.bytes, "MCFG"))
        reader->mcfg = table;
    else if (has_signature(table.bytes, "SSDT"))
        s5_find(&table, reader->info);
}

/* The table of tables: the newer one if it is there and good. */
static err_t
root_read(struct reader *reader, uint64_t rsdp)
{
    const uint8_t *bytes = reader->window(rsdp, RSDP_V1_BYTES);
    struct table root = { bytes, RSDP_V1_BYTES };
    struct table list;
    unsigned width = 4;

    if (!bytes || memcmp(bytes, "RSD PTR ", 8) != 0 || !sum_is_zero(bytes, RSDP_V1_BYTES)) {
        log_warn("the root pointer at %#" PRIx64 " is none", rsdp);
        return ERR_CORRUPT;
    }
    if (bytes[15] >= 2) {
        bytes = reader->window(rsdp, RSDP_V2_BYTES);
        if (bytes && sum_is_zero(bytes, RSDP_V2_BYTES))
            root = (struct table){ bytes, RSDP_V2_BYTES };
    }
    if (field(&root, 24, 8) != 0 && table_open(reader, field(&root, 24, 8), &list) &&
        has_signature(list.bytes, "XSDT")) {
        width = 8;
    } else if (!table_open(reader, field(&root, 16, 4), &list) ||
               !has_signature(list.bytes, "RSDT")) {
        log_warn("the root pointer leads to no table");
        return ERR_CORRUPT;
    }
    for (uint32_t at = HEADER_BYTES; at + width <= list.count; at += width)
        table_sort(reader, field(&list, at, width));
    return OK;
}

err_t
acpi_tables_read(uint64_t rsdp, acpi_window_fn *window, struct acpi_info *info)
{
    struct reader reader = { .window = window, .info = info, .sci_line = -1 };
    struct table dsdt;
    uint64_t dsdt_address;

    acpi_info_init(info);
    TRY(root_read(&reader, rsdp));
    if (reader.fadt.bytes) {
        fadt_read(&reader);
        dsdt_address = field(&reader.fadt, 140, 8);
        if (dsdt_address == 0)
            dsdt_address = field(&reader.fadt, 40, 4);
        if (table_open(&reader, dsdt_address, &dsdt))
            s5_find(&dsdt, info);
    }
    if (reader.madt.bytes)
        madt_read(&reader);
    if (reader.mcfg.bytes)
        mcfg_read(&reader.mcfg, info);
    return OK;
}

void
acpi_info_init(struct acpi_info *info)
{
    memset(info, 0, sizeof(*info));
    for (unsigned i = 0; i < ACPI_ISA_LINES; i++)
        info->isa_lines[i].gsi = i;
}

/* Look at each 16th byte of an area. */
static uint64_t
rsdp_find_in(acpi_window_fn *window, uint64_t from, uint64_t bytes)
{
    const uint8_t *area = window(from, bytes);

    for (uint64_t at = 0; area && at + RSDP_V1_BYTES <= bytes; at += 16) {
        if (memcmp(area + at, "RSD PTR ", 8) == 0 && sum_is_zero(area + at, RSDP_V1_BYTES))
            return from + at;
    }
    return 0;
}

uint64_t
acpi_rsdp_find(acpi_window_fn *window)
{
    return rsdp_find_in(window, 0xe0000, 0x20000);
}
