/*
 * map.c - the kernel's address room: single pages, devices, stacks, and tables
 * that take frames where they are touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/map.h"

#include "arch/amd64/panic.h"
#include "base/assert.h"
#include "base/memory.h"
#include "mm/mm_priv.h"
#include "mm/reserve.h"
#include "mm/table.h"

#define NO_MEMORY                                                                                  \
    "the machine has no memory left for its tables; the volume is as its newest snapshot: start "  \
    "it with more memory"

err_t
map_page(uint64_t address, paddr_t frame, unsigned flags)
{
    uint64_t entry = frame | ENTRY_PRESENT | table_no_execute;

    assert(address % FRAME_BYTES == 0);
    assert(frame % FRAME_BYTES == 0);
    if (flags & MAP_WRITE)
        entry |= ENTRY_WRITE;
    if (flags & MAP_DEVICE)
        entry |= ENTRY_UNCACHED;
    return table_install(address, entry);
}

paddr_t
unmap_page(uint64_t address)
{
    return table_remove(address) & ENTRY_FRAME;
}

void *
device_map(paddr_t address, size_t bytes)
{
    uint64_t first = MAP_DEVICES + (address & ~(uint64_t)(FRAME_BYTES - 1));
    uint64_t end = MAP_DEVICES + address + bytes;

    if (address >= MAP_DEVICES || bytes > MAP_DEVICES - address)
        return NULL;
    for (uint64_t page = first; page < end; page += FRAME_BYTES) {
        err_t err = map_page(page, page - MAP_DEVICES, MAP_WRITE | MAP_DEVICE);

        if (err != OK && err != ERR_EXISTS)
            return NULL;
    }
    return (void *)(uintptr_t)(MAP_DEVICES + address);
}

paddr_t
map_physical(const void *address)
{
    uint64_t at = (uint64_t)(uintptr_t)address;
    uint64_t entry;

    if (at < MAP_DEVICES)
        return at;
    entry = table_look(at);
    if (!(entry & ENTRY_PRESENT)) {
        if (!reserve_touch(at))
            panic("a device was given the address %p, where no memory is", address);
        entry = table_look(at);
    }
    return (entry & ENTRY_FRAME) | (at % FRAME_BYTES);
}

/* ---- memory side by side here, but not there ---- */

/* Map a zeroed frame at each page of [address, address + bytes); false, with nothing mapped. */
static bool
frames_map(uint64_t address, uint64_t bytes)
{
    for (uint64_t page = address; page < address + bytes; page += FRAME_BYTES) {
        paddr_t frame = frame_alloc();

        if (frame == 0 || map_page(page, frame, MAP_WRITE) != OK) {
            frame_free(frame);
            table_clear(address, page - address);
            return false;
        }
        memset(frame_bytes(frame), 0, FRAME_BYTES);
    }
    return true;
}

/* A piece of a room with `guard` bytes that stay unmapped, and then `bytes` of memory. */
static uint64_t
filled_take(struct area_room *room, uint64_t guard, uint64_t bytes)
{
    uint64_t address = area_take(room, guard + bytes);

    if (address && !frames_map(address + guard, bytes)) {
        area_give(room, address, guard + bytes);
        address = 0;
    }
    return address;
}

static void
filled_give(struct area_room *room, uint64_t address, uint64_t guard, uint64_t bytes)
{
    table_clear(address + guard, bytes);
    area_give(room, address, guard + bytes);
}

void *
stack_alloc(size_t bytes)
{
    uint64_t address = filled_take(&area_stacks, FRAME_BYTES, bytes);

    return address ? (void *)(uintptr_t)(address + FRAME_BYTES) : NULL;
}

void
stack_free(void *stack, size_t bytes)
{
    if (stack)
        filled_give(&area_stacks, (uint64_t)(uintptr_t)stack - FRAME_BYTES, FRAME_BYTES, bytes);
}

void *
reserve_filled(uint64_t bytes)
{
    return (void *)(uintptr_t)filled_take(&area_reserve, 0, bytes);
}

void *
reserve_sparse(uint64_t bytes)
{
    return (void *)(uintptr_t)area_take(&area_reserve, bytes);
}

void
reserve_free(void *table, uint64_t bytes)
{
    if (table)
        filled_give(&area_reserve, (uint64_t)(uintptr_t)table, 0, bytes);
}

bool
reserve_touch(uint64_t address)
{
    uint64_t page = address & ~(uint64_t)(FRAME_BYTES - 1);
    paddr_t frame;
    err_t err;

    if (address - MAP_RESERVE >= MAP_RESERVE_BYTES || !area_has(&area_reserve, address))
        return false;
    frame = frame_alloc();
    if (frame == 0)
        kernel_halt(NO_MEMORY);
    memset(frame_bytes(frame), 0, FRAME_BYTES);
    err = map_page(page, frame, MAP_WRITE);
    if (err == OK)
        return true;
    frame_free(frame);
    if (err == ERR_NOMEM)
        kernel_halt(NO_MEMORY);
    return true; /* somebody else was faster */
}
