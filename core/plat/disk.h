/*
 * disk.h - the part of the contract that gives a disk: blocks, read, write,
 * flush. A written block is safe only when a flush that began after the write
 * ended has returned OK; until then a power cut may keep, drop, tear (at 512
 * bytes) or reorder it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plat/err.h"

#define PLAT_BLOCK_BYTES 4096

struct plat_disk;

enum plat_io_kind {
    PLAT_READ,
    PLAT_WRITE,
    PLAT_FLUSH,
};

/*
 * One request. The caller owns it and its buffer until it is done.
 *
 *   buffer  block_count * PLAT_BLOCK_BYTES bytes outside the space, aligned to
 *           4096; unused by PLAT_FLUSH
 *   done    0 until the request has ended, then 1 and woken
 *   result  valid when done: OK, ERR_IO, ERR_NOSPACE (a write or a flush), ERR_NOMEM (the
 *           machine had no memory for it), or ERR_RANGE
 */
struct plat_io {
    enum plat_io_kind kind;
    uint64_t block;
    uint32_t block_count;
    void *buffer;
    _Atomic uint32_t done;
    err_t result;
    struct plat_io *next; /* in a row that is submitted; after that the port's */
};

/* How many blocks the disk has now. */
uint64_t plat_disk_block_count(const struct plat_disk *disk);

/* True if no write will be accepted. */
bool plat_disk_read_only(const struct plat_disk *disk);

/*
 * Start a row of requests, linked by `next` (NULL at the end), and return at once. One row
 * costs what one request does, where handing over is what costs. Requests may be done in
 * any order; a flush covers the writes that were done before it was submitted.
 */
void plat_disk_submit(struct plat_disk *disk, struct plat_io *io);

/* Wait for a submitted request and return its result. */
err_t plat_disk_wait(struct plat_disk *disk, struct plat_io *io);

/* Do one request in the calling thread, with no hand-over: submit and wait. */
err_t plat_disk_run(struct plat_disk *disk, struct plat_io *io);

/*
 * Make sure that later writes to these blocks cannot fail for lack of room
 * (a sparse file gets its extents). What the blocks hold may be lost. Returns OK,
 * ERR_NOSPACE or ERR_IO.
 */
must_use err_t plat_disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count);

/* These blocks hold nothing any more; the disk may forget them. Advice only. */
void plat_disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count);
