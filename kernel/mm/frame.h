/*
 * frame.h - physical memory, in frames of 4 KiB.
 *
 * All of it is mapped where it lies (kernel/mm/map.h), so a frame is read and
 * written by its own address. Every function may be called on any processor,
 * from threads and where interrupts are off, but not from an interrupt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES 4096

typedef uint64_t paddr_t;

/* A frame, not zeroed; 0 when there is none. */
paddr_t frame_alloc(void);

/*
 * Frames that lie side by side, for a device.
 *
 *   count  1 to FRAME_RUN_MAX
 *
 * Returns the first, aligned to the power of two that is not less than `count`
 * frames; not zeroed. 0 when there is no such run.
 */
#define FRAME_RUN_MAX 512
paddr_t frame_alloc_run(size_t count);

/* Give back a frame, or each frame of a run. 0 is fine. */
void frame_free(paddr_t frame);
void frame_free_run(paddr_t first, size_t count);

/* Where the bytes of a frame lie, and back. */
static inline void *
frame_bytes(paddr_t frame)
{
    return (void *)(uintptr_t)frame;
}

static inline paddr_t
frame_of(const void *identity_mapped)
{
    return (paddr_t)(uintptr_t)identity_mapped;
}

/* How many frames are free now, and how many there are: all but the image and the first MiB. */
uint64_t frame_free_count(void);
uint64_t frame_count(void);
