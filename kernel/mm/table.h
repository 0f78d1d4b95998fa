/*
 * table.h - the page tables: their entries, one by one.
 *
 * For mm and for the space. Threads only, interrupts on. Of one entry, only one
 * of these functions is at work at a time, but for table_install(), of which one
 * wins, and table_look().
 *
 * Source: Intel SDM 3A, 4.5 "4-level paging".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mm/frame.h"
#include "plat/err.h"

enum {
    ENTRY_PRESENT = 1u << 0,
    ENTRY_WRITE = 1u << 1,
    ENTRY_UNCACHED = 1u << 4, /* PCD; with PAT as it is after a reset, that is UC- */
    ENTRY_ACCESSED = 1u << 5,
    ENTRY_DIRTY = 1u << 6,
    ENTRY_LARGE = 1u << 7,
};

#define ENTRY_FRAME      0x000ffffffffff000ull
#define ENTRY_NO_EXECUTE (1ull << 63)

#define LARGE_BYTES      (2ull << 20) /* what one lowest table covers */

/*
 * Make the tables, with all memory that boot_info names mapped where it lies: page 0
 * absent, the image's code and constants not writable, nothing else to be run.
 *
 *   take  gives a zeroed frame, and never fails
 */
void table_init(paddr_t (*take)(void));

extern paddr_t table_root;        /* for CR3 */
extern uint64_t table_no_execute; /* the bit that forbids running a page, or 0 */

/* Put an entry where there is none. ERR_EXISTS, ERR_NOMEM. */
must_use err_t table_install(uint64_t address, uint64_t entry);

/* What is there now; 0: nothing. */
uint64_t table_look(uint64_t address);

/*
 * Change bits of a present entry, and make no processor go on with the old ones if `flush`.
 * Returns the entry as it was.
 */
uint64_t table_change(uint64_t address, uint64_t clear, uint64_t set, bool flush);

/*
 * Was the page of this present entry touched since this was asked last? That is
 * forgotten, and by and by the processors notice.
 */
bool table_touched(uint64_t address);

/* Take an entry away, on all processors. Returns it, 0 if there was none. */
uint64_t table_remove(uint64_t address);

/* Take all entries of a range away and free their frames. Nobody uses the range. */
void table_clear(uint64_t address, uint64_t bytes);
