/*
 * boot.c - what the one who started the kernel said, copied out and checked:
 * nothing outside BOOT_MAPPED_BYTES is read, nothing is believed to be
 * terminated.
 *
 * Source: Multiboot2 Specification 2.0, 3.6 "Boot information format"; Xen's
 * public/arch-x86/hvm/start_info.h for PVH.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "boot/boot.h"

#include <stddef.h>

#include "base/memory.h"
#include "boot/start_priv.h"
#include "main.h"

#define MULTIBOOT2_MAGIC 0x36d76289u
#define PVH_MAGIC        0x336ec578u
#define MEMORY_USABLE    1u

struct pvh_start {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map; /* from version 1 on */
    uint32_t memory_map_count;
    uint32_t spare;
};

struct pvh_memory {
    uint64_t base;
    uint64_t bytes;
    uint32_t type;
    uint32_t spare;
};

enum multiboot2_tag_type {
    MULTIBOOT2_END = 0,
    MULTIBOOT2_COMMAND_LINE = 1,
    MULTIBOOT2_MEMORY = 6,
    MULTIBOOT2_ACPI_OLD = 14,
    MULTIBOOT2_ACPI_NEW = 15,
};

struct multiboot2_tag {
    uint32_t type;
    uint32_t bytes; /* with this header, without the padding to 8 */
};

struct multiboot2_memory {
    struct multiboot2_tag tag;
    uint32_t entry_bytes;
    uint32_t entry_version;
};

#define RSDP_BYTES_MAX 36

struct boot_info boot_info;

/* Multiboot2 gives a copy of the root pointer, in memory that will be used for other things. */
static _Alignas(16) char rsdp_copy[RSDP_BYTES_MAX];

static bool
is_mapped(uint64_t address, uint64_t bytes)
{
    return address != 0 && address < BOOT_MAPPED_BYTES && bytes <= BOOT_MAPPED_BYTES - address;
}

static void
command_line_copy(uint64_t address, size_t bytes_max)
{
    const char *from = (const char *)(uintptr_t)address;
    size_t i;

    for (i = 0; i < bytes_max && i < BOOT_COMMAND_LINE_MAX - 1; i++) {
        if (!is_mapped(address + i, 1) || from[i] == '\0')
            break;
        boot_info.command_line[i] = from[i];
    }
    boot_info.command_line[i] = '\0';
}

static void
region_add(uint64_t base, uint64_t bytes, uint32_t type)
{
    if (bytes == 0 || base + bytes < base || boot_info.region_count == BOOT_REGIONS_MAX)
        return;
    boot_info.regions[boot_info.region_count++] =
        (struct boot_region){ .base = base, .bytes = bytes, .usable = type == MEMORY_USABLE };
}

static void
read_pvh(const struct pvh_start *start)
{
    if (start->command_line != 0)
        command_line_copy(start->command_line, BOOT_COMMAND_LINE_MAX);
    boot_info.rsdp = start->rsdp;
    if (start->version < 1 ||
        !is_mapped(start->memory_map, start->memory_map_count * sizeof(struct pvh_memory)))
        return;

    const struct pvh_memory *map = (const void *)(uintptr_t)start->memory_map;
    for (uint32_t i = 0; i < start->memory_map_count; i++)
        region_add(map[i].base, map[i].bytes, map[i].type);
}

static void
read_multiboot2_memory(const struct multiboot2_memory *memory)
{
    const char *end = (const char *)memory + memory->tag.bytes;
    const char *entry = (const char *)(memory + 1);

    if (memory->tag.bytes < sizeof *memory || memory->entry_bytes < sizeof(struct pvh_memory))
        return;
    for (; entry + memory->entry_bytes <= end; entry += memory->entry_bytes) {
        const struct pvh_memory *region = (const void *)entry; /* the two agree on its beginning */
        region_add(region->base, region->bytes, region->type);
    }
}

static void
read_multiboot2(uint64_t address)
{
    uint64_t at = address + 8;
    uint64_t end = address + *(const uint32_t *)(uintptr_t)address;

    while (at + sizeof(struct multiboot2_tag) <= end && is_mapped(at, end - at)) {
        const struct multiboot2_tag *tag = (const void *)(uintptr_t)at;
        size_t bytes = tag->bytes;

        if (tag->type == MULTIBOOT2_END || bytes < sizeof *tag || bytes > end - at)
            return;
        if (tag->type == MULTIBOOT2_COMMAND_LINE)
            command_line_copy(at + sizeof *tag, bytes - sizeof *tag);
        if (tag->type == MULTIBOOT2_MEMORY)
            read_multiboot2_memory((const void *)tag);
        if (tag->type == MULTIBOOT2_ACPI_NEW ||
            (tag->type == MULTIBOOT2_ACPI_OLD && boot_info.rsdp == 0)) {
            size_t rsdp_bytes = bytes - sizeof *tag;

            memcpy(rsdp_copy, tag + 1, rsdp_bytes < RSDP_BYTES_MAX ? rsdp_bytes : RSDP_BYTES_MAX);
            boot_info.rsdp = (uintptr_t)rsdp_copy;
        }
        at += (bytes + 7) & ~7ull;
    }
}

void
boot_enter(uint32_t eax, uint32_t ebx)
{
    const struct pvh_start *start = (const void *)(uintptr_t)ebx;

    /* Under PVH eax is anything, so it is asked second. */
    if (is_mapped(ebx, sizeof *start) && start->magic == PVH_MAGIC)
        read_pvh(start);
    else if (is_mapped(ebx, 8) && eax == MULTIBOOT2_MAGIC)
        read_multiboot2(ebx);
    kernel_main();
}

bool
boot_word(const char *word, const char **value)
{
    const char *at = boot_info.command_line;

    while (*at != '\0') {
        size_t i = 0;

        while (*at == ' ')
            at++;
        while (word[i] != '\0' && at[i] == word[i])
            i++;
        if (word[i] == '\0' && (at[i] == '\0' || at[i] == ' ' || at[i] == '=')) {
            if (value != NULL)
                *value = at[i] == '=' ? at + i + 1 : "";
            return true;
        }
        while (*at != '\0' && *at != ' ')
            at++;
    }
    return false;
}

bool
boot_word_is(const char *word, const char *value)
{
    const char *found = "";

    if (!boot_word(word, &found))
        return false;
    while (*value != '\0' && *found == *value) {
        found++;
        value++;
    }
    return *value == '\0' && (*found == '\0' || *found == ' ');
}

uint64_t
boot_number(const char *word, uint64_t otherwise)
{
    const char *value;
    uint64_t number = 0;

    if (!boot_word(word, &value) || *value < '0' || *value > '9')
        return otherwise;
    for (; *value >= '0' && *value <= '9'; value++)
        number = number * 10 + (uint64_t)(*value - '0');
    return number;
}
