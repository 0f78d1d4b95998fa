/*
 * acpi_tables_test.c - the firmware's tables: good ones, and every kind of bad.
 *
 * The memory of a machine is an array here; its first address is BASE.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/acpi_tables.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define BASE  0xe0000u
#define BYTES 0x20000u
#define RSDP  (BASE + 0x40)

static uint8_t memory[BYTES];
static uint32_t top; /* where the next table goes */

static const void *
window(uint64_t address, size_t bytes)
{
    if (address < BASE || address - BASE > BYTES || bytes > BYTES - (address - BASE))
        return NULL;
    return memory + (address - BASE);
}

static void
put(uint64_t address, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        memory[address - BASE + i] = (uint8_t)(value >> 8 * i);
}

static void
sum_fix(uint64_t address, uint32_t bytes, uint32_t sum_at)
{
    uint8_t sum = 0;

    put(address + sum_at, 1, 0);
    for (uint32_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + memory[address - BASE + i]);
    put(address + sum_at, 1, (uint8_t)-sum);
}

/* A table of zeroes; finished by table_end(). */
static uint64_t
table_begin(const char *signature, uint32_t bytes)
{
    uint64_t address = BASE + top;

    top += (bytes + 15) & ~15u;
    memcpy(memory + (address - BASE), signature, 4);
    put(address + 4, 4, bytes);
    return address;
}

static uint64_t
table_end(uint64_t address)
{
    uint32_t bytes;

    memcpy(&bytes, memory + (address - BASE) + 4, 4);
    sum_fix(address, bytes, 9);
    return address;
}

static struct {
    uint64_t fadt, dsdt, madt, mcfg, hpet, xsdt;
} at;

static const uint8_t s5_code[] = {
    0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x07, 0x00, 0x00,
};

static void
registers_put(uint64_t address, unsigned space, unsigned bits, uint64_t where)
{
    put(address, 1, space);
    put(address + 1, 1, bits);
    put(address + 4, 8, where);
}

static void
fadt_make(void)
{
    at.fadt = table_begin("FACP", 276);
    put(at.fadt + 8, 1, 5);
    put(at.fadt + 40, 4, at.dsdt);
    put(at.fadt + 46, 2, 9);
    put(at.fadt + 48, 4, 0xb2);
    put(at.fadt + 52, 1, 0x02);
    put(at.fadt + 56, 4, 0x600);
    put(at.fadt + 64, 4, 0x604);
    put(at.fadt + 76, 4, 0x608);
    put(at.fadt + 80, 4, 0x620);
    put(at.fadt + 92, 1, 16);
    put(at.fadt + 88, 1, 4);
    put(at.fadt + 89, 1, 2);
    put(at.fadt + 91, 1, 4);
    put(at.fadt + 108, 1, 0x32);
    put(at.fadt + 109, 2, 2);
    put(at.fadt + 112, 4, 1u << 10 | 1u << 8);
    registers_put(at.fadt + 116, 1, 8, 0xcf9);
    put(at.fadt + 128, 1, 0x0f);
    table_end(at.fadt);
}

static void
madt_make(void)
{
    static const uint8_t entries[] = {
        0, 8,  0, 0,  1,  0, 0,    0,                               /* processor 0 */
        0, 8,  1, 1,  1,  0, 0,    0,                               /* processor 1 */
        0, 8,  2, 2,  0,  0, 0,    0,                               /* an empty socket */
        0, 8,  1, 1,  1,  0, 0,    0,                               /* processor 1 once more */
        9, 16, 0, 0,  0,  1, 0,    0,    1,    0, 0, 0, 3, 0, 0, 0, /* processor 0x100 */
        1, 12, 5, 0,  0,  0, 0xc0, 0xfe, 24,   0, 0, 0,             /* I/O APIC */
        2, 10, 0, 0,  2,  0, 0,    0,    0,    0,                   /* line 0 at 2 */
        2, 10, 0, 9,  20, 0, 0,    0,    0x0d, 0,                   /* line 9 at 20, level, high */
        2, 10, 0, 99, 9,  0, 0,    0,    0,    0,                   /* no such line */
    };

    at.madt = table_begin("APIC", 44 + sizeof(entries));
    put(at.madt + 36, 4, 0xfee00000);
    put(at.madt + 40, 4, 1);
    memcpy(memory + (at.madt - BASE) + 44, entries, sizeof(entries));
    table_end(at.madt);
}

/* A good machine. */
static void
machine_make(void)
{
    memset(memory, 0, sizeof(memory));
    top = 0x100;
    at.dsdt = table_begin("DSDT", 36 + 64);
    memcpy(memory + (at.dsdt - BASE) + 50, s5_code, sizeof(s5_code));
    table_end(at.dsdt);
    fadt_make();
    madt_make();
    at.mcfg = table_begin("MCFG", 44 + 16);
    put(at.mcfg + 44, 8, 0xb0000000);
    put(at.mcfg + 55, 1, 0xff);
    table_end(at.mcfg);
    at.hpet = table_begin("HPET", 56);
    put(at.hpet + 44, 8, 0xfed00000);
    table_end(at.hpet);
    at.xsdt = table_begin("XSDT", 36 + 4 * 8);
    put(at.xsdt + 36, 8, at.fadt);
    put(at.xsdt + 44, 8, at.madt);
    put(at.xsdt + 52, 8, at.mcfg);
    put(at.xsdt + 60, 8, at.hpet);
    table_end(at.xsdt);
    memcpy(memory + (RSDP - BASE), "RSD PTR ", 8);
    put(RSDP + 15, 1, 2);
    put(RSDP + 20, 4, 36);
    put(RSDP + 24, 8, at.xsdt);
    sum_fix(RSDP, 20, 8);
    sum_fix(RSDP, 36, 32);
}

static void
check_processors(const struct acpi_info *info)
{
    ck_assert_uint_eq(info->processor_count, 3);
    ck_assert_uint_eq(info->processor_apic_ids[0], 0);
    ck_assert_uint_eq(info->processor_apic_ids[1], 1);
    ck_assert_uint_eq(info->processor_apic_ids[2], 0x100);
    ck_assert_uint_eq(info->io_apic_count, 1);
    ck_assert_uint_eq(info->io_apics[0].id, 5);
    ck_assert_uint_eq(info->io_apics[0].gsi_base, 24);
    ck_assert_uint_eq(info->io_apics[0].address, 0xfec00000);
    ck_assert_uint_eq(info->local_apic_address, 0xfee00000);
    ck_assert_uint_eq(info->isa_lines[0].gsi, 2);
    ck_assert_uint_eq(info->isa_lines[4].gsi, 4);
    ck_assert_uint_eq(info->isa_lines[9].gsi, 20);
    ck_assert(info->isa_lines[9].level);
    ck_assert(!info->isa_lines[9].active_low);
}

static void
check_power(const struct acpi_info *info)
{
    ck_assert(info->can_power_off);
    ck_assert_uint_eq(info->s5_type_a, 5);
    ck_assert_uint_eq(info->s5_type_b, 7);
}

START_TEST(the_tables_of_a_machine_are_read)
{
    struct acpi_info info;

    machine_make();
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    check_processors(&info);
    check_power(&info);
    ck_assert_uint_eq(info.sci_gsi, 20);
    ck_assert(info.sci_level);
    ck_assert(!info.sci_active_low);
    ck_assert_uint_eq(info.pm_timer_port, 0x608);
    ck_assert_uint_eq(info.smi_command_port, 0xb2);
    ck_assert_uint_eq(info.pm1a_event.address, 0x600);
    ck_assert_uint_eq(info.pm1a_event.bytes, 2);
    ck_assert_uint_eq(info.pm1a_control.address, 0x604);
    ck_assert_uint_eq(info.pm1b_control.address, 0);
    ck_assert_uint_eq(info.gpe0.address, 0x620);
    ck_assert_uint_eq(info.gpe0.bytes, 8);
    ck_assert_uint_eq(info.gpe1.bytes, 0);
    ck_assert(info.power_button);
    ck_assert_int_eq(info.reset.space, ACPI_SPACE_PORT);
    ck_assert_uint_eq(info.reset.address, 0xcf9);
    ck_assert_uint_eq(info.reset_value, 0x0f);
    ck_assert_uint_eq(info.century_index, 0x32);
    ck_assert_uint_eq(info.ecam_address, 0xb0000000);
    ck_assert_uint_eq(info.ecam_bus_last, 0xff);
}
END_TEST

START_TEST(without_an_override_the_sci_is_level_and_active_low)
{
    struct acpi_info info;

    machine_make();
    put(at.xsdt + 44, 8, at.hpet); /* no MADT */
    table_end(at.xsdt);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    ck_assert_uint_eq(info.processor_count, 0);
    ck_assert_uint_eq(info.sci_gsi, 9);
    ck_assert(info.sci_level);
    ck_assert(info.sci_active_low);
}
END_TEST

START_TEST(the_root_pointer_is_found_where_a_bios_leaves_it)
{
    machine_make();
    ck_assert_uint_eq(acpi_rsdp_find(window), RSDP);
    put(RSDP + 9, 1, 77); /* the checksum is wrong now */
    ck_assert_uint_eq(acpi_rsdp_find(window), 0);
}
END_TEST

START_TEST(an_old_root_leads_by_32_bit_addresses)
{
    struct acpi_info info;
    uint64_t rsdt;

    machine_make();
    rsdt = table_begin("RSDT", 36 + 8);
    put(rsdt + 36, 4, at.fadt);
    put(rsdt + 40, 4, at.madt);
    table_end(rsdt);
    put(RSDP + 15, 1, 0);
    put(RSDP + 16, 4, rsdt);
    sum_fix(RSDP, 20, 8);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    check_processors(&info);
    check_power(&info);
    ck_assert_uint_eq(info.ecam_address, 0);

    machine_make(); /* a new root whose XSDT is bad falls back to the RSDT */
    rsdt = table_begin("RSDT", 36 + 4);
    put(rsdt + 36, 4, at.madt);
    table_end(rsdt);
    put(RSDP + 16, 4, rsdt);
    sum_fix(RSDP, 20, 8);
    sum_fix(RSDP, 36, 32);
    put(at.xsdt + 10, 1, 99);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    check_processors(&info);
}
END_TEST

START_TEST(a_table_with_a_bad_checksum_is_left_out_alone)
{
    struct acpi_info info;

    machine_make();
    put(at.fadt + 10, 1, 99);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    check_processors(&info);
    ck_assert_uint_eq(info.pm1a_event.address, 0);
    ck_assert(!info.can_power_off);

    machine_make();
    put(at.madt + 10, 1, 99);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    ck_assert_uint_eq(info.processor_count, 0);
    check_power(&info);

    machine_make();
    put(at.dsdt + 10, 1, 99);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    check_processors(&info);
    ck_assert(!info.can_power_off);
}
END_TEST

START_TEST(absurd_lengths_and_addresses_are_refused)
{
    static const uint64_t lengths[] = { 0, 1, 35, BYTES, 0x7fffffff, 0xffffffff };
    static const uint64_t addresses[] = { 0, 1, BASE - 1, BASE + BYTES - 8, UINT64_MAX };
    struct acpi_info info;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        machine_make();
        put(at.madt + 4, 4, lengths[i]);
        ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
        ck_assert_uint_eq(info.processor_count, 0);
        check_power(&info);
    }
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        machine_make();
        put(at.xsdt + 44, 8, addresses[i]);
        table_end(at.xsdt);
        ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
        ck_assert_uint_eq(info.processor_count, 0);
        check_power(&info);

        put(RSDP + 24, 8, addresses[i]);
        sum_fix(RSDP, 36, 32);
        ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), ERR_CORRUPT);
        ck_assert_uint_eq(info.isa_lines[15].gsi, 15);
    }
}
END_TEST

START_TEST(an_entry_of_no_length_ends_the_walk)
{
    struct acpi_info info;

    machine_make();
    put(at.madt + 44 + 8 + 1, 1, 0); /* of the second processor */
    table_end(at.madt);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    ck_assert_uint_eq(info.processor_count, 1);
    put(at.madt + 44 + 8 + 1, 1, 255);
    table_end(at.madt);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    ck_assert_uint_eq(info.processor_count, 1);
}
END_TEST

START_TEST(more_processors_than_there_is_room_for_are_left_out)
{
    struct acpi_info info;
    uint64_t madt;

    machine_make();
    madt = table_begin("APIC", 44 + 8 * 200);
    for (unsigned i = 0; i < 200; i++) {
        put(madt + 44 + 8 * i, 8, 0);
        put(madt + 44 + 8 * i + 1, 1, 8);
        put(madt + 44 + 8 * i + 3, 1, i);
        put(madt + 44 + 8 * i + 4, 4, 1);
    }
    put(at.xsdt + 44, 8, table_end(madt));
    table_end(at.xsdt);
    ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
    ck_assert_uint_eq(info.processor_count, ACPI_PROCESSORS_MAX);
}
END_TEST

START_TEST(a_package_that_ends_with_its_table_is_no_way_to_switch_off)
{
    struct acpi_info info;

    for (uint32_t cut = 1; cut < sizeof(s5_code) - 2; cut++) {
        uint32_t bytes = 50 + (uint32_t)sizeof(s5_code) - 2 - cut;

        machine_make();
        put(at.dsdt + 4, 4, bytes);
        sum_fix(at.dsdt, bytes, 9);
        ck_assert_int_eq(acpi_tables_read(RSDP, window, &info), OK);
        ck_assert_msg(!info.can_power_off, "with %u bytes cut off", cut);
    }
}
END_TEST

/* Whatever a table says, the reader stays inside of it: the sanitizers watch. */
START_TEST(tables_of_noise_do_no_harm)
{
    uint64_t state = 7;
    struct acpi_info info;

    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* it has much to say */
    for (unsigned round = 0; round < 20000; round++) {
        machine_make();
        for (unsigned i = 0; i < 12; i++) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            memory[0x100 + (state >> 33) % (top - 0x100)] = (uint8_t)(state >> 24);
        }
        /* Sums that fit again, where the length still does. */
        const uint64_t tables[] = { at.fadt, at.dsdt, at.madt, at.mcfg, at.hpet, at.xsdt };
        for (unsigned i = 0; i < 6; i++) {
            uint32_t bytes;

            memcpy(&bytes, memory + (tables[i] - BASE) + 4, 4);
            if (bytes <= BYTES - (tables[i] - BASE))
                sum_fix(tables[i], bytes, 9);
        }
        if (acpi_tables_read(RSDP, window, &info) != OK)
            continue;
        ck_assert_uint_le(info.processor_count, ACPI_PROCESSORS_MAX);
        ck_assert_uint_le(info.io_apic_count, ACPI_IO_APICS_MAX);
        ck_assert_uint_le(info.s5_type_a, 7);
    }
}
END_TEST

UNIT_TESTS("dev/acpi_tables", the_tables_of_a_machine_are_read,
           without_an_override_the_sci_is_level_and_active_low,
           the_root_pointer_is_found_where_a_bios_leaves_it, an_old_root_leads_by_32_bit_addresses,
           a_table_with_a_bad_checksum_is_left_out_alone, absurd_lengths_and_addresses_are_refused,
           an_entry_of_no_length_ends_the_walk, more_processors_than_there_is_room_for_are_left_out,
           a_package_that_ends_with_its_table_is_no_way_to_switch_off, tables_of_noise_do_no_harm)
