/*
 * log.c - what became of the last full collections, for people who ask.
 *
 * Volatile, and of this life only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "plat/machine.h"

static struct {
    struct lock lock; /* guards the rest */
    uint64_t count;   /* of all that were told */
    struct heap_log_row rows[HEAP_LOG_ROWS];
} told;

void
heap_log_start(void)
{
    lock_init(&told.lock, LOCK_RANK_LEAF);
    told.count = 0;
}

void
heap_log_add(struct heap_log_row row)
{
    row.ended_ns = plat_monotonic_ns();
    lock_acquire(&told.lock);
    row.number = ++told.count;
    told.rows[row.number % HEAP_LOG_ROWS] = row;
    lock_release(&told.lock);
}

unsigned
heap_log_get(struct heap_log_row *rows, unsigned row_max)
{
    unsigned found = 0;

    lock_acquire(&told.lock);
    while (found < row_max && found < HEAP_LOG_ROWS && found < told.count) {
        rows[found] = told.rows[(told.count - found) % HEAP_LOG_ROWS];
        found++;
    }
    lock_release(&told.lock);
    return found;
}
