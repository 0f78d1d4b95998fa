/*
 * disk_ring_priv.h - requests that the kernel does while we go on: io_uring.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "plat/disk.h"

struct disk_ring;

/* A ring, or NULL where the kernel has or grants none. */
struct disk_ring *disk_ring_create(void);

/* Nothing is under way. NULL is fine. */
void disk_ring_destroy(struct disk_ring *ring);

/*
 * Start a row of reads and writes whose ranges are known to be good. What comes back is the end
 * of the row that was not started, because the ring is full or the kernel takes no more, or NULL.
 */
must_use struct plat_io *disk_ring_submit(struct disk_ring *ring, int fd, struct plat_io *io);

/*
 * A request has ended: `moved` bytes, maybe too few, or minus an errno. It is under way no
 * more; setting io->done is the last that may be done with it.
 */
typedef void disk_ring_ended_fn(void *context, struct plat_io *io, ssize_t moved);

/* Tell `ended` of requests until `io` is done. Any thread; who comes second waits for the first. */
void disk_ring_wait(struct disk_ring *ring, struct plat_io *io, disk_ring_ended_fn *ended,
                    void *context);
