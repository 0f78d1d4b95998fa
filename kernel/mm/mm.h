/*
 * mm.h - bringing memory up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/*
 * Take the memory that boot_info names, but for the image and the first MiB;
 * build the page tables that all processors will use, and go over to them.
 * Called once, on the first processor, with interrupts off. A machine with too
 * little memory is a panic.
 */
void mm_init(void);

/* What CR3 of every processor holds after mm_init(); below 4 GiB. */
uint64_t mm_page_table(void);

/* The least memory that a machine needs, and what this one has, in bytes, the image's included. */
#define MM_BYTES_MIN (48ull << 20)
uint64_t mm_memory_bytes(void);
