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

static bool
submit_locked(struct disk_ring *ring, int fd, struct plat_io *io)
{
    struct io_uring_sqe *sqe;
    unsigned bytes = io->block_count * PLAT_BLOCK_BYTES;
    uint64_t at = io->block * PLAT_BLOCK_BYTES;
    int started;

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
    do
        started = io_uring_submit(&ring->ring);
    while (started == -EINTR);
    if (io_uring_sq_ready(&ring->ring) == 0)
        return true;
    /* The kernel has not looked at it: what it will find there later means nothing. */
    io_uring_prep_nop(sqe);
    io_uring_sqe_set_data(sqe, NULL);
    return false;
}

bool
disk_ring_submit(struct disk_ring *ring, int fd, struct plat_io *io)
{
    bool started;

    pthread_mutex_lock(&ring->submitting);
    started = submit_locked(ring, fd, io);
    pthread_mutex_unlock(&ring->submitting);
    return started;
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
