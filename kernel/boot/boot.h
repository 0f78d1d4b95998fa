/*
 * boot.h - what the one who started the kernel told it: a command line, where
 * memory is, where the ACPI tables are. PVH (QEMU's -kernel) and Multiboot2
 * (GRUB) say the same in two ways; kernel/boot/boot.c makes one of them.
 *
 * Everything is copied out, so nothing of what the starter left in memory is
 * needed once kernel_main() runs. Memory below BOOT_LOW_END belongs to
 * firmware, and to the page from which further processors start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BOOT_REGIONS_MAX      64
#define BOOT_COMMAND_LINE_MAX 1024

/* Nothing below is ever handed out as a frame. */
#define BOOT_LOW_END 0x100000u

/* Memory that the boot page tables map, identity: enough to read what the starter left. */
#define BOOT_MAPPED_BYTES (4ull << 30)

struct boot_region {
    uint64_t base;
    uint64_t bytes;
    bool usable;
};

struct boot_info {
    char command_line[BOOT_COMMAND_LINE_MAX]; /* zero-terminated; words separated by blanks */
    uint64_t rsdp;                            /* physical; 0: nobody said */
    unsigned region_count;
    struct boot_region regions[BOOT_REGIONS_MAX]; /* as given: unsorted, may overlap */
};

extern struct boot_info boot_info;

/* The image in memory, its zeroed data included; physical is virtual (kernel/phantom.ld). */
extern char boot_image_begin[];
extern char boot_image_end[];

/*
 * True if the command line has this word, alone ("strict") or with a value
 * ("interval=100").
 *
 *   value  filled with what follows '=', up to the next blank and not
 *          terminated there, or with "" at a word alone; NULL if unwanted
 */
bool boot_word(const char *word, const char **value);

/* True if the command line has this word with this value. */
bool boot_word_is(const char *word, const char *value);

/* A number in decimal that a word of the command line has as its value, or `otherwise`. */
uint64_t boot_number(const char *word, uint64_t otherwise);
