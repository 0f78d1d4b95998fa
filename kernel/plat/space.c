/*
 * space.c - the persistent space, by the page tables themselves.
 *
 * Making a page present, or opening it, tells no other processor: what one
 * remembers of it is at worst too little, and then it faults once more and finds
 * that all is well. Closing and removing do; see table.c for how seldom.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/space.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/memory.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "mm/table.h"
#include "plat/space_count.h"

/* The last frames are for tables and buffers, without which nothing would leave: an 8th of all. */
#define KEPT_PART 8

static uint64_t space_base;
static uint64_t space_bytes;
static _Atomic uint64_t space_frames;

uint64_t
space_frame_count(void)
{
    return atomic_load_explicit(&space_frames, memory_order_relaxed);
}

err_t
plat_space_create(uint64_t base, uint64_t bytes, plat_fault_fn *fault)
{
    if (base < MAP_STACKS + MAP_STACKS_BYTES || base + bytes > MAP_END)
        return ERR_NOMEM;
    space_base = base;
    space_bytes = bytes;
    fault_space(base, bytes, fault);
    return OK;
}

void
plat_space_destroy(void)
{
    fault_space(0, 0, NULL);
    table_clear(space_base, space_bytes);
    atomic_store_explicit(&space_frames, 0, memory_order_relaxed);
    space_bytes = 0;
}

err_t
plat_page_install(uint64_t page, const void *contents, bool writable)
{
    paddr_t frame;
    err_t err;

    assert(page - space_base < space_bytes);
    if (frame_free_count() <= frame_count() / KEPT_PART)
        return ERR_NOMEM;
    frame = frame_alloc();
    if (frame == 0)
        return ERR_NOMEM;
    if (contents)
        memcpy(frame_bytes(frame), contents, PLAT_PAGE_BYTES);
    else
        memset(frame_bytes(frame), 0, PLAT_PAGE_BYTES);
    err = map_page(page, frame, writable ? MAP_WRITE : 0);
    if (err == OK)
        atomic_fetch_add_explicit(&space_frames, 1, memory_order_relaxed);
    else
        frame_free(frame);
    return err;
}

void
plat_page_open(uint64_t page)
{
    table_change(page, 0, ENTRY_WRITE, false);
}

void
plat_page_close(uint64_t page)
{
    table_change(page, ENTRY_WRITE, 0, true);
}

void
plat_page_remove(uint64_t page)
{
    paddr_t frame = unmap_page(page);

    assert(frame != 0);
    frame_free(frame);
    atomic_fetch_sub_explicit(&space_frames, 1, memory_order_relaxed);
}

bool
plat_page_touched(uint64_t page)
{
    return table_touched(page);
}
