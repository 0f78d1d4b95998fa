/*
 * copy.c - moving bytes into, out of and within the space.
 *
 * The words of the space are relaxed atomics to C: another worker may look at
 * them at any time, and must see old words or new words. So these loops go by
 * aligned words where they can, and by bytes at the ends; whole words, once
 * aligned alike, never tear.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "pmem/pmem.h"

static uint8_t
load8(uint64_t address)
{
    return atomic_load_explicit((_Atomic uint8_t *)address, memory_order_relaxed);
}

static void
store8(uint64_t address, uint8_t value)
{
    atomic_store_explicit((_Atomic uint8_t *)address, value, memory_order_relaxed);
}

static void
store64(uint64_t address, uint64_t value)
{
    atomic_store_explicit((_Atomic uint64_t *)address, value, memory_order_relaxed);
}

void
pmem_copy_in(uint64_t to, const void *from, uint64_t bytes)
{
    const uint8_t *source = from;
    uint64_t end = to + bytes;

    pmem_barrier_range(to, bytes);
    while (to < end && to % 8 != 0)
        store8(to++, *source++);
    for (; end - to >= 8; to += 8, source += 8) {
        uint64_t word;

        memcpy(&word, source, 8);
        store64(to, word);
    }
    while (to < end)
        store8(to++, *source++);
}

void
pmem_copy_out(void *to, uint64_t from, uint64_t bytes)
{
    uint8_t *target = to;
    uint64_t end = from + bytes;

    while (from < end && from % 8 != 0)
        *target++ = load8(from++);
    for (; end - from >= 8; from += 8, target += 8) {
        uint64_t word = pmem_load64(from);

        memcpy(target, &word, 8);
    }
    while (from < end)
        *target++ = load8(from++);
}

static void
copy_up(uint64_t to, uint64_t from, uint64_t bytes)
{
    uint64_t end = to + bytes;

    if ((to ^ from) % 8 == 0) {
        for (; to < end && to % 8 != 0; to++, from++)
            store8(to, load8(from));
        for (; end - to >= 8; to += 8, from += 8)
            store64(to, pmem_load64(from));
    }
    for (; to < end; to++, from++)
        store8(to, load8(from));
}

static void
copy_down(uint64_t to, uint64_t from, uint64_t bytes)
{
    uint64_t end = to + bytes;

    from += bytes;
    if ((end ^ from) % 8 == 0) {
        while (end > to && end % 8 != 0)
            store8(--end, load8(--from));
        while (end - to >= 8) {
            end -= 8;
            from -= 8;
            store64(end, pmem_load64(from));
        }
    }
    while (end > to)
        store8(--end, load8(--from));
}

void
pmem_copy(uint64_t to, uint64_t from, uint64_t bytes)
{
    pmem_barrier_range(to, bytes);
    if (to - from >= bytes)
        copy_up(to, from, bytes);
    else
        copy_down(to, from, bytes);
}

void
pmem_zero(uint64_t address, uint64_t bytes)
{
    uint64_t end = address + bytes;
    uint64_t next;

    for (uint64_t at = address; at < end; at = next) {
        next = (at | (PAGE_BYTES - 1)) + 1;
        if (at % PAGE_BYTES == 0 && next <= end)
            pmem_barrier_whole(at);
        else
            pmem_barrier(at);
    }
    while (address < end && address % 8 != 0)
        store8(address++, 0);
    for (; end - address >= 8; address += 8)
        store64(address, 0);
    while (address < end)
        store8(address++, 0);
}
