/*
 * disk_ring.c - requests that the kernel does while we go on: io_uring.
 *
 * A request costs its caller one system call and no other thread a wake-up, which on
 * a fast disk takes as long as the request itself. The ring is filled and emptied
 * under a lock for each side; nobody polls.
 *
 * Invariant: no more requests are under way than the ring of answers holds, so no
 * answer is ever lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk_ring_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"

#define RING_REQUESTS 32

struct disk_ring {
    struct io_uring ring;
    pthread_mutex_t submitting, reaping;
    _Atomic unsigned flying;
};

/* Where a standard descriptor is closed, the ring must not take its number. */
static bool
fd_raise(struct io_uring *ring)
{
    int above;

    if (ring->ring_fd > STDERR_FILENO)
        return true;
    above = fcntl(ring->ring_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (above < 0)
        return false;
    close(ring->ring_fd);
    ring->ring_fd = ring->enter_ring_fd = above;
    return true;
}

struct disk_ring *
disk_ring_create(void)
{
    struct disk_ring *ring = calloc(1, sizeof(*ring));

    if (!ring)
        return NULL;
    if (io_uring_queue_init(RING_REQUESTS, &ring->ring, 0) != 0) {
        free(ring);
        return NULL;
    }
    if (!fd_raise(&ring->ring)) {
        io_uring_queue_exit(&ring->ring);
        free(ring);
        return NULL;
    }
    pthread_mutex_init(&ring->submitting, NULL);
    pthread_mutex_init(&ring->reaping, NULL);
    return ring;
}

void
disk_ring_destroy(struct disk_ring *ring)
{
    if (!ring)
        return;
    io_uring_queue_exit(&ring->ring);
    pthread_mutex_destroy(&ring->submitting);
    pthread_mutex_destroy(&ring->reaping);
    free(ring);
}

/* What is handed to the kernel in one call, first to last. */
struct row {
    unsigned count;
    struct plat_io *ios[RING_REQUESTS];
    struct io_uring_sqe *entries[RING_REQUESTS];
};

/* Write a request down where the kernel will look for it; false if there is no room. */
static bool
enter_locked(struct disk_ring *ring, int fd, struct plat_io *io, struct row *row)
{
    struct io_uring_sqe *sqe;
    unsigned bytes = io->block_count * PLAT_BLOCK_BYTES;
    uint64_t at = io->block * PLAT_BLOCK_BYTES;

    if (atomic_load(&ring->flying) >= RING_REQUESTS)
        return false;
    sqe = io_uring_get_sqe(&ring->ring);
    if (!sqe)
        return false;
    if (io->kind == PLAT_READ)
        io_uring_prep_read(sqe, fd, io->buffer, bytes, at);
    else
        io_uring_prep_write(sqe, fd, io->buffer, bytes, at);
    io_uring_sqe_set_data(sqe, io);
    atomic_fetch_add(&ring->flying, 1);
    row->ios[row->count] = io;
    row->entries[row->count++] = sqe;
    return true;
}

/*
 * Let the kernel look at the row. How many of its last requests it has not taken comes back: what
 * it will find in their places later means nothing.
 */
static unsigned
start_locked(struct disk_ring *ring, const struct row *row)
{
    unsigned left;
    int started;

    do
        started = io_uring_submit(&ring->ring);
    while (started == -EINTR);
    left = io_uring_sq_ready(&ring->ring);
    if (left > row->count)
        left = row->count; /* the others were given up before */
    for (unsigned i = row->count - left; i < row->count; i++) {
        io_uring_prep_nop(row->entries[i]);
        io_uring_sqe_set_data(row->entries[i], NULL);
    }
    return left;
}

struct plat_io *
disk_ring_submit(struct disk_ring *ring, int fd, struct plat_io *io)
{
    struct row row = { 0 };
    unsigned left;

    pthread_mutex_lock(&ring->submitting);
    while (io && enter_locked(ring, fd, io, &row))
        io = io->next;
    left = start_locked(ring, &row);
    pthread_mutex_unlock(&ring->submitting);
    return left > 0 ? row.ios[row.count - left] : io;
}

void
disk_ring_wait(struct disk_ring *ring, struct plat_io *io, disk_ring_ended_fn *ended, void *context)
{
    pthread_mutex_lock(&ring->reaping);
    while (atomic_load_explicit(&io->done, memory_order_acquire) == 0) {
        struct io_uring_cqe *cqe;
        struct plat_io *of;
        ssize_t moved;
        int err = io_uring_wait_cqe(&ring->ring, &cqe);

        if (err == -EINTR)
            continue;
        assert(err == 0);
        of = io_uring_cqe_get_data(cqe);
        moved = cqe->res;
        io_uring_cqe_seen(&ring->ring, cqe);
        atomic_fetch_sub(&ring->flying, 1);
        if (of)
            ended(context, of, moved);
    }
    pthread_mutex_unlock(&ring->reaping);
}
