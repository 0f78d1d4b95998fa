/*
 * reading.c - which pages cycles have read from the volume, so that it can be told how many of them
 * they need not have read.
 *
 * For each page of the heap the epoch of the last picture that it was read of. So the table need
 * not be cleared between cycles. It is the collector's own, and lies outside the space.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/cycle_priv.h"

#include "plat/memory.h"
#include "pmem/still.h"

#define TABLE_BYTES (HEAP_BLOCK_COUNT * HEAP_PAGES_PER_BLOCK * sizeof(uint32_t))

static uint32_t *epochs; /* by page of the heap; 0: it was not read; NULL: nothing is known */

void
heap_reading_start(void)
{
    assert(epochs == NULL);
    epochs = plat_reserve(TABLE_BYTES);
}

void
heap_reading_stop(void)
{
    plat_release(epochs, TABLE_BYTES);
    epochs = NULL;
}

void
heap_reading_count(struct heap_reading *reading, uint64_t page)
{
    uint32_t *epoch;

    reading->pages++;
    if (epochs == NULL || page < SPACE_HEAP)
        return;
    epoch = &epochs[(page - SPACE_HEAP) >> PAGE_SHIFT];
    if (*epoch == pmem_still_epoch)
        reading->twice++;
    else if (*epoch != 0 && pmem_still_held(page, *epoch))
        reading->again++;
    *epoch = pmem_still_epoch;
}
