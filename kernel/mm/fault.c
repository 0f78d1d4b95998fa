/*
 * fault.c - every page fault of a thread.
 *
 * In the space it is the core's; in a table that takes frames where it is
 * touched it takes one; everywhere else it is a bug.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/fault.h"

#include "arch/amd64/panic.h"
#include "base/format.h"
#include "mm/mm_priv.h"
#include "mm/reserve.h"
#include "mm/table.h"

static struct {
    uint64_t base;
    uint64_t bytes; /* 0: there is no space */
    plat_fault_fn *fault;
} space;

void
fault_space(uint64_t base, uint64_t bytes, plat_fault_fn *fault)
{
    space.base = base;
    space.fault = fault;
    space.bytes = bytes;
}

/*
 * Does the page allow it by now? A processor may have remembered less than it allows, or another
 * thread has answered the same fault already.
 */
static bool
allowed(uint64_t address, bool write)
{
    uint64_t entry = table_look(address);

    return (entry & ENTRY_PRESENT) && (!write || (entry & ENTRY_WRITE));
}

void
page_fault(uint64_t address, bool write, bool present, struct trap_frame *frame)
{
    char text[160];

    if (address - space.base < space.bytes) {
        if (!allowed(address, write))
            space.fault(address, write);
        return;
    }
    if (!present && reserve_touch(address))
        return;
    format(text, sizeof text, "a %s at address %#" PRIx64 ", %s", write ? "write" : "read", address,
           present                                   ? "which forbids it"
           : address < FRAME_BYTES                   ? "which is a null pointer"
           : address - MAP_STACKS < MAP_STACKS_BYTES ? "below a stack: it was too small"
                                                     : "where nothing is");
    kernel_panic_at(text, frame);
}
