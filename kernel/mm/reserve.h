/*
 * reserve.h - large pieces of memory, side by side only here: frames lie
 * anywhere, so that they are had as long as there is any memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* `bytes` bytes (a multiple of 4096), zeroed, all there; NULL when there is no memory. */
void *reserve_filled(uint64_t bytes);

/* A table that reads as zero and takes frames where it is touched; NULL without address room. */
void *reserve_sparse(uint64_t bytes);

/* Give one of either back. NULL is fine. */
void reserve_free(void *table, uint64_t bytes);

/*
 * Bring in the page of a sparse table: what the page fault there does. False if
 * the address lies in no table. A machine without a free frame stops in order.
 */
bool reserve_touch(uint64_t address);
