/*
 * space.h - where things lie in the space. Fixed by the format version, so
 * that any build finds its way in any volume by addresses alone.
 *
 *   SPACE_BASE                    never present: null plus small offsets land here
 *   SPACE_ROOT                    struct space_root (core/object/root.h)
 *   SPACE_WARM                    pages to bring in at a start (core/pmem/warm.c); 0 ends the list
 *   SPACE_CLASS_TABLE             class number -> class, up to CLASS_NUMBER_MAX
 *   SPACE_METHOD_TABLE            method number -> method
 *   SPACE_THREAD_TABLE            slot -> thread that has not ended
 *   SPACE_BLOCK_TABLE             a descriptor for every heap block
 *   SPACE_HEAP ... SPACE_END      heap blocks of HEAP_BLOCK_BYTES
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* A sanitizer that needs other addresses sets its own; both are in the superblock. */
#ifndef SPACE_BASE
#define SPACE_BASE 0x200000000000ull
#endif
#ifndef SPACE_BYTES
#define SPACE_BYTES (16ull << 40)
#endif

#define SPACE_END            (SPACE_BASE + SPACE_BYTES)

#define PAGE_SHIFT           12
#define PAGE_BYTES           4096ull
#define SPACE_PAGES          (SPACE_BYTES >> PAGE_SHIFT)

#define HEAP_BLOCK_SHIFT     15
#define HEAP_BLOCK_BYTES     32768ull
#define HEAP_LINE_SHIFT      7
#define HEAP_LINE_BYTES      128ull
#define HEAP_LINES_PER_BLOCK (HEAP_BLOCK_BYTES / HEAP_LINE_BYTES)

#define SPACE_ROOT           (SPACE_BASE + 0x10000ull)
#define SPACE_ROOT_BYTES     0x10000ull
#define SPACE_WARM           (SPACE_BASE + (1ull << 20))
#define SPACE_WARM_BYTES     0x4000ull
#define SPACE_CLASS_TABLE    (SPACE_BASE + (1ull << 30))
#define CLASS_NUMBER_MAX     (1u << 22)
#define SPACE_METHOD_TABLE   (SPACE_BASE + (2ull << 30))
#define METHOD_NUMBER_MAX    (1u << 26)
#define SPACE_THREAD_TABLE   (SPACE_BASE + (3ull << 30))
#define THREAD_SLOT_MAX      (1u << 26)
#define SPACE_BLOCK_TABLE    (SPACE_BASE + (4ull << 30))
#define SPACE_HEAP           (SPACE_BASE + (16ull << 30))
#define HEAP_BLOCK_COUNT     ((SPACE_END - SPACE_HEAP) >> HEAP_BLOCK_SHIFT)

/* True if `address` may be dereferenced as a part of the space at all. */
static inline _Bool
space_contains(uint64_t address)
{
    return address - SPACE_BASE < SPACE_BYTES;
}

static inline uint64_t
space_page_of(uint64_t address)
{
    return (address - SPACE_BASE) >> PAGE_SHIFT;
}
