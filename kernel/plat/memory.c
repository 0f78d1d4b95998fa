/*
 * memory.c - volatile memory of the bare machine.
 *
 * Less than half a frame comes from a slab, up to a frame a frame, and more a
 * run of frames if there is one, for that is at once there and near; else frames
 * from anywhere. Where a piece lies says how it was had.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/memory.h"

#include "base/memory.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "mm/reserve.h"
#include "mm/slab.h"
#include "plat/space_count.h"

#define FREE_PART   6  /* of all memory is kept free for what needs it at once */
#define TABLES_PART 32 /* is for the tables of what is there already: they cannot be refused */

static size_t
frames_of(uint64_t bytes)
{
    return (bytes + FRAME_BYTES - 1) / FRAME_BYTES;
}

void *
plat_alloc(size_t bytes)
{
    paddr_t run;

    if (frame_free_count() < frame_count() / TABLES_PART + frames_of(bytes))
        return NULL;
    if (bytes <= SLAB_BYTES_MAX)
        return slab_alloc(bytes);
    run = frame_alloc_run(frames_of(bytes));
    if (run)
        return memset(frame_bytes(run), 0, frames_of(bytes) * FRAME_BYTES);
    return reserve_filled(frames_of(bytes) * FRAME_BYTES);
}

void
plat_free(void *memory, size_t bytes)
{
    if (!memory)
        return;
    if (bytes <= SLAB_BYTES_MAX)
        slab_free(memory, bytes);
    else if ((uint64_t)(uintptr_t)memory < MAP_DEVICES)
        frame_free_run(frame_of(memory), frames_of(bytes));
    else
        reserve_free(memory, frames_of(bytes) * FRAME_BYTES);
}

void *
plat_reserve(uint64_t bytes)
{
    return reserve_sparse(bytes);
}

void
plat_release(void *table, uint64_t bytes)
{
    reserve_free(table, bytes);
}

/*
 * Half of all memory at most: the other half is for the tables, the copies, and the collector. When
 * those need more, the space has less: a part is always kept free.
 */
uint64_t
plat_memory_bytes(void)
{
    uint64_t all = frame_count(), most = all / 2;
    uint64_t can = space_frame_count() + frame_free_count(), kept = all / FREE_PART;

    can = can > kept ? can - kept : 0;
    return (can < most ? can : most) * FRAME_BYTES;
}
