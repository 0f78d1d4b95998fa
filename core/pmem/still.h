/*
 * still.h - a still picture: the space as one snapshot holds it, to be read while programs run.
 *
 * One reader at a time, in a thread of its own, which need not be a worker. It reads a page that
 * nobody has written to since from memory, word by word, and all others from the volume, where
 * the snapshot is held until the reader has done. So there is no barrier, nothing is copied, and
 * nobody waits for the reader. Nothing of it lasts longer than the machine runs.
 *
 * The road: pmem_still_begin(), pmem_still_wait_instant(), reads in memory, pmem_still_wait(), then
 * any reads, pmem_still_end().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pmem/pmem.h"

/*
 * Ask for a picture, and for a snapshot to make it of.
 *
 *   instant  called with `context` while the world stands still, at the instant of that snapshot;
 *            writes nothing to the space
 */
void pmem_still_begin(pmem_world_fn *instant, void *context);

/*
 * Wait for the instant. From then on pages can be read in memory, but not from the volume. Returns
 * what pmem_still_wait() does.
 */
must_use err_t pmem_still_wait_instant(void);

/*
 * Wait until the snapshot is committed and held. Not as a RUNNING worker.
 *
 * Returns OK; ERR_IO, ERR_NOSPACE: it could not be saved; ERR_CANCELLED: pmem_still_cancel() was
 * called, or the space is taken down. Whatever it returns, pmem_still_end() must follow.
 */
must_use err_t pmem_still_wait(void);

/* Let pmem_still_wait() return at once. Any thread. */
void pmem_still_cancel(void);

/*
 * Can the page of `address` be read in memory? If so it stays there until the next call of this or
 * of pmem_still_leave(), and what is read is the picture's if pmem_still_holds() says so
 * afterwards.
 */
must_use bool pmem_still_enter(uint64_t address);
void pmem_still_leave(void);

/* Pages' epochs of their last first write, whether or not they have been away since. */
extern _Atomic uint32_t *pmem_written_of;
extern uint32_t pmem_still_epoch;

/*
 * Nobody has written to the page of `address` since the instant of the picture with this epoch, be
 * it this one or one of earlier in the life of the machine.
 */
static inline bool
pmem_still_held(uint64_t address, uint32_t epoch)
{
    uint32_t written =
        atomic_load_explicit(&pmem_written_of[space_page_of(address)], memory_order_relaxed);

    return (int32_t)(written - epoch) <= 0 || written == 0;
}

/* Nobody has written to it since the instant of this one. */
static inline bool
pmem_still_holds(uint64_t address)
{
    return pmem_still_held(address, pmem_still_epoch);
}

/* A word of a page that was entered: read before pmem_still_holds() is asked. */
static inline uint64_t
pmem_still_load64(uint64_t address)
{
    /* Acquire: pairs with the first write, which says so before the word changes. */
    return atomic_load_explicit((_Atomic uint64_t *)address, memory_order_acquire);
}

/*
 * Read a page of the picture from the volume, wherever it is.
 *
 *   buffer  PAGE_BYTES, aligned to 4096, outside the space
 *
 * Returns OK, ERR_CORRUPT, ERR_IO, or ERR_CANCELLED: the volume was short of room, and does not
 * hold the snapshot any more. May block on the disk.
 */
must_use err_t pmem_still_read(uint64_t address, void *buffer);

/*
 * To be called every few microseconds by a reader that is busy for long: while the world is asked
 * to stop, or stands still, it sleeps, so that it does not take a processor from those who are
 * waited for.
 */
static inline void
pmem_still_give_way(void)
{
    if (unlikely(pmem_poll()))
        pmem_world_await();
}

/* The reader has done: nothing is held any more. */
void pmem_still_end(void);
