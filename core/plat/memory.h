/*
 * memory.h - the part of the contract that gives volatile memory: what lies
 * outside the space and is gone when the machine stops.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Volatile memory.
 *
 *   bytes  more than 0
 *
 * Returns zeroed memory aligned to 16 bytes (to 4096 from 4096 bytes up), or
 * NULL when there is none. Any thread; never from a fault handler.
 */
void *plat_alloc(size_t bytes);

/* Give back what plat_alloc gave. `bytes` is the size asked for. NULL is fine. */
void plat_free(void *memory, size_t bytes);

/*
 * A large table that reads as zero and takes memory only where it is touched.
 *
 *   bytes  a multiple of 4096; may be larger than the machine's memory
 *
 * Returns memory aligned to 4096 bytes, or NULL.
 */
void *plat_reserve(uint64_t bytes);

/* Give back a table. `bytes` is the size asked for. NULL is fine. */
void plat_release(void *table, uint64_t bytes);

/*
 * How much memory, in bytes, the machine can give to resident pages of the space,
 * those that are resident included. It may become less, and more again, as other things
 * take memory; so it is asked all the time, also in fault handlers.
 */
uint64_t plat_memory_bytes(void);
