/*
 * virtio.h - a virtio device over PCI, in its modern form: finding its
 * registers, agreeing on features, and its queues.
 *
 * A driver opens the device, opens its queues, and says that it is ready; from
 * then on it hands requests to the queues' rings and takes the answers. Whatever
 * the device says is checked before it is believed; one that says nonsense is
 * reset by its driver, which ends all requests with ERR_IO and says why.
 *
 * Source: Virtual I/O Device (VIRTIO) Version 1.1, chapters 2, 3 and 4.1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/pci.h"
#include "dev/virtio_ring.h"
#include "plat/err.h"

#define VIRTIO_VENDOR_ID       0x1af4

#define VIRTIO_FEATURE(bit)    (1ull << (bit))
#define VIRTIO_RING_INDIRECT   VIRTIO_FEATURE(28)
#define VIRTIO_RING_EVENT      VIRTIO_FEATURE(29)
#define VIRTIO_VERSION_1       VIRTIO_FEATURE(32)
#define VIRTIO_ACCESS_PLATFORM VIRTIO_FEATURE(33)

struct virtio_device {
    struct pci_device *pci;
    uint64_t features; /* agreed on */
    volatile uint8_t *common;
    volatile uint8_t *notify;
    uint64_t notify_bytes;
    uint32_t notify_multiplier;
    volatile uint8_t *config; /* NULL: it has none */
    uint64_t config_bytes;
    unsigned vector_next; /* so many are tied to functions, for ever */
};

struct virtio_queue {
    struct virtio_device *device;
    unsigned index;
    struct vring ring;
    volatile uint16_t *doorbell;
};

/*
 * Reset a device and agree on features.
 *
 *   pci     a modern or transitional virtio function
 *   wanted  features the driver can use; VIRTIO_VERSION_1 and those of the ring
 *           are added
 *   device  filled on OK; valid as long as the driver
 *
 * Returns OK, ERR_UNSUPPORTED (after saying what is missing) or ERR_IO. Thread
 * context, as all that follows but where something else is said.
 */
must_use err_t virtio_open(struct virtio_device *device, struct pci_device *pci, uint64_t wanted);

/*
 * Make a queue, between virtio_open() and virtio_ready().
 *
 *   size_max   at most so many descriptors; a power of two up to 256
 *   interrupt  called in an interrupt when there may be answers
 *
 * Returns OK, ERR_NOMEM, ERR_UNSUPPORTED (after saying why).
 */
must_use err_t virtio_queue_open(struct virtio_queue *queue, struct virtio_device *device,
                                 unsigned index, unsigned size_max, irq_fn *interrupt,
                                 void *context);

/*
 * Call `changed` in an interrupt when the device's configuration has changed,
 * or when it has given up (virtio_needs_reset()). A device without a vector to
 * spare never calls. Between virtio_open() and virtio_ready().
 */
void virtio_config_watch(struct virtio_device *device, irq_fn *changed, void *context);

/* Requests may come from now on. */
void virtio_ready(struct virtio_device *device);

/* True if the device itself says that it cannot go on. Any context. */
bool virtio_needs_reset(const struct virtio_device *device);

/*
 * Reset the device and leave it so: it touches no memory any more, and what its
 * queues hold may be taken back with vring_reclaim(). Any context.
 */
void virtio_fail(struct virtio_device *device);

/*
 * Take back the memory of a queue whose device has not been made ready, or has
 * failed with nothing in the queue.
 */
void virtio_queue_close(struct virtio_queue *queue);

/* Tell the device to look at a queue; vring_must_notify() says whether. Any context. */
static inline void
virtio_queue_notify(struct virtio_queue *queue)
{
    *queue->doorbell = (uint16_t)queue->index;
}

/*
 * Read the device's own configuration: `bytes` bytes (1, 2, 4 or 8) at `offset`,
 * 0 beyond its end. Two reads that belong together are the caller's to repeat
 * until virtio_config_generation() stays the same.
 */
uint64_t virtio_config_read(const struct virtio_device *device, unsigned offset, unsigned bytes);
uint8_t virtio_config_generation(const struct virtio_device *device);
