/*
 * virtio_rng.c - random number devices behind virtio: one request at a time, as
 * entropy is wanted seldom and little of it.
 *
 * A device that does not answer in time is reset and not asked again; until it
 * is reset it may still write, so its buffer is its own for ever.
 *
 * Source: VIRTIO 1.1, 5.4 "Entropy Device".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/virtio_rng.h"

#include <stdatomic.h>

#include "base/lock.h"
#include "base/memory.h"
#include "dev/entropy.h"
#include "dev/virtio.h"
#include "irq/clock.h"
#include "mm/frame.h"
#include "plat/memory.h"
#include "sched/spin.h"
#include "sched/thread.h"

#define LOG_MODULE "entropy"
#include "base/log.h"

#define BUFFER_BYTES 256
#define PATIENCE_NS  1000000000ull
#define QUEUE_SIZE   8

struct virtio_rng {
    struct virtio_device device;
    struct virtio_queue queue;
    struct lock reading; /* one thread at a time; guards all below */
    bool failed;
    uint8_t *buffer; /* the device writes there */

    struct spin spin;          /* guards the ring and these, also in interrupts */
    _Atomic uint32_t answered; /* 1: the request has come back; the reader waits on it */
    uint32_t answer_bytes;
    bool broken;
};

static void
queue_interrupt(void *context)
{
    struct virtio_rng *rng = context;
    uint64_t flags = spin_lock(&rng->spin);
    void *token;
    uint32_t bytes;
    err_t err;
    bool answered = false;

    do {
        while ((err = vring_take(&rng->queue.ring, &token, &bytes)) == OK) {
            rng->answer_bytes = bytes;
            answered = true;
        }
        if (err == ERR_CORRUPT) {
            rng->broken = true;
            answered = true;
            break;
        }
    } while (!vring_interrupt_enable(&rng->queue.ring));
    if (answered)
        atomic_store_explicit(&rng->answered, 1, memory_order_release);
    spin_unlock(&rng->spin, flags);
    if (answered)
        (void)kthread_wake(&rng->answered, UINT32_MAX);
}

/* Ask the device for `bytes` bytes; how many came, 0 if it has failed. */
static size_t
request(struct virtio_rng *rng, size_t bytes)
{
    struct vring_piece piece = { frame_of(rng->buffer), (uint32_t)bytes, true };
    uint64_t deadline = clock_ns() + PATIENCE_NS;
    uint64_t flags = spin_lock(&rng->spin);
    bool added = !rng->broken && vring_add(&rng->queue.ring, &piece, 1, rng);

    atomic_store_explicit(&rng->answered, 0, memory_order_relaxed);
    if (added && vring_must_notify(&rng->queue.ring))
        virtio_queue_notify(&rng->queue);
    spin_unlock(&rng->spin, flags);
    while (added && atomic_load_explicit(&rng->answered, memory_order_acquire) == 0 &&
           clock_ns() < deadline)
        kthread_wait(&rng->answered, 0, deadline);
    if (!added || atomic_load_explicit(&rng->answered, memory_order_acquire) == 0)
        return 0;
    return rng->broken ? 0 : rng->answer_bytes;
}

static size_t
rng_read(void *device, void *buffer, size_t bytes)
{
    struct virtio_rng *rng = device;
    size_t count = 0;

    if (bytes > BUFFER_BYTES)
        bytes = BUFFER_BYTES;
    lock_acquire(&rng->reading);
    if (!rng->failed)
        count = request(rng, bytes);
    if (count > 0) {
        memcpy(buffer, rng->buffer, count);
    } else if (!rng->failed) {
        rng->failed = true;
        virtio_fail(&rng->device);
        log_warn("%s: gives no random numbers; it is not asked any more", rng->device.pci->name);
    }
    lock_release(&rng->reading);
    return count;
}

static err_t
rng_open(struct virtio_rng *rng, struct pci_device *pci)
{
    TRY(virtio_open(&rng->device, pci, 0));
    rng->buffer = frame_bytes(frame_alloc());
    if (!rng->buffer)
        return ERR_NOMEM;
    TRY(virtio_queue_open(&rng->queue, &rng->device, 0, QUEUE_SIZE, queue_interrupt, rng));
    (void)vring_interrupt_enable(&rng->queue.ring); /* nothing was asked: nothing was answered */
    virtio_ready(&rng->device);
    return OK;
}

static err_t
attach(struct pci_device *pci)
{
    struct virtio_rng *rng = plat_alloc(sizeof(*rng));
    err_t err;

    if (!rng)
        return ERR_NOMEM;
    lock_init(&rng->reading, LOCK_RANK_LEAF);
    err = rng_open(rng, pci);
    if (err != OK) {
        if (rng->device.common)
            virtio_fail(&rng->device);
        if (rng->device.vector_next == 0) { /* else interrupts know of it */
            frame_free(rng->buffer ? frame_of(rng->buffer) : 0);
            plat_free(rng, sizeof(*rng));
        }
        return err;
    }
    entropy_source_add(rng_read, rng);
    return OK;
}

static const struct driver_match matches[] = {
    { VIRTIO_VENDOR_ID, 0x1005 }, /* transitional */
    { VIRTIO_VENDOR_ID, 0x1044 },
    { 0, 0 },
};

const struct driver virtio_rng_driver = { "virtio-rng", matches, attach };
