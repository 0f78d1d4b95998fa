/*
 * map.h - the kernel's address room: what lies where, and how a page gets there.
 *
 *     0                      never mapped
 *     0 .. end of memory     memory, where it lies
 *     MAP_DEVICES + address  devices, uncached
 *     MAP_RESERVE            tables that take frames where they are touched
 *     MAP_STACKS             stacks of kernel threads, a guard page below each
 *     SPACE_BASE             the space, up to MAP_END at most
 *
 * All processors share one set of page tables. Where nothing else is said a
 * function may be called on any processor, from threads only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/frame.h"
#include "plat/err.h"

#define MAP_DEVICES       0x080000000000ull
#define MAP_RESERVE       0x100000000000ull
#define MAP_RESERVE_BYTES 0x080000000000ull
#define MAP_STACKS        0x180000000000ull
#define MAP_STACKS_BYTES  0x000100000000ull
#define MAP_END           0x800000000000ull

enum {
    MAP_WRITE = 1,
    MAP_DEVICE = 2, /* uncached */
};

/*
 * Map a frame at an address that has none.
 *
 *   address  a multiple of 4096
 *   flags    MAP_...
 *
 * Returns OK, ERR_EXISTS, ERR_NOMEM (no frame for a table).
 */
must_use err_t map_page(uint64_t address, paddr_t frame, unsigned flags);

/* Take a page away, on all processors. Returns its frame, 0 if there was none. */
paddr_t unmap_page(uint64_t address);

/*
 * Where the registers of a device are read and written. The same range may be
 * asked for any number of times; a mapping stays.
 *
 * Returns NULL when there is no memory for it.
 */
void *device_map(paddr_t address, size_t bytes);

/*
 * The physical address of a byte of the kernel's memory, for a device that reads
 * or writes it: of memory itself, or of a table or buffer that plat_reserve or
 * plat_alloc gave, whose page is brought in. Runs of pages that follow each other
 * here may lie anywhere there: ask for each.
 */
paddr_t map_physical(const void *address);

/*
 * A stack: `bytes` bytes (a multiple of 4096), mapped, zeroed, with an unmapped page below.
 * Returns its lowest address, or NULL.
 */
void *stack_alloc(size_t bytes);
void stack_free(void *stack, size_t bytes);
