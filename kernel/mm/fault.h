/*
 * fault.h - what is done about a page fault.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/space.h"

struct trap_frame;

/*
 * A page fault of a thread. Runs on that thread's own stack, with interrupts
 * on, and may not return: the core's handler may leave by __builtin_longjmp.
 *
 *   address  what was accessed (CR2)
 *   write    it was a write
 *   present  the page was there, and forbade it
 *   frame    the thread's registers, for a panic
 *
 * Returns when the access shall be tried again; what nobody can answer is a panic.
 */
void page_fault(uint64_t address, bool write, bool present, struct trap_frame *frame);

/* From now on faults in [base, base + bytes) are for `fault`; with 0 bytes for nobody. */
void fault_space(uint64_t base, uint64_t bytes, plat_fault_fn *fault);
