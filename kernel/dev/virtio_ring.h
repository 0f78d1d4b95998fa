/*
 * virtio_ring.h - the rings of a split virtqueue: memory shared with a device
 * that is not trusted. Nothing here touches a device or takes a lock, so that
 * it can be tested on any machine.
 *
 * Invariants: a descriptor is free, or belongs to one chain that was handed to
 * the device and has not come back. A chain comes back once: an answer that
 * names anything else, or more bytes than the device could write, is refused.
 * What is needed to free a chain is kept outside of the shared memory.
 *
 * Source: VIRTIO 1.1, 2.6 "Split Virtqueues".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

#define VRING_SIZE_MAX   256
#define VRING_PIECES_MAX 32 /* of one request */

/* One piece of a request, in physical memory. */
struct vring_piece {
    uint64_t address;
    uint32_t bytes;
    bool device_writes;
};

struct vring_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct vring_used_element {
    uint32_t id;
    uint32_t bytes;
};

struct vring {
    unsigned size; /* descriptors, a power of two */
    bool events;   /* VIRTIO_RING_EVENT was agreed on */

    /* shared with the device */
    struct vring_descriptor *descriptors;
    volatile uint16_t *available;    /* flags, index, ring[size], used_event */
    volatile uint16_t *used;         /* flags, index, then elements, then avail_event */
    struct vring_descriptor *tables; /* VRING_PIECES_MAX for each descriptor; NULL: no tables */
    uint64_t tables_address;         /* physical */

    /* ours alone */
    unsigned free_count;
    uint16_t free_first;
    uint16_t available_index; /* requests handed over, modulo 65536 */
    uint16_t notified_index;  /* those the device was asked about */
    uint16_t used_index;      /* answers taken */
    uint16_t next[VRING_SIZE_MAX];
    void *tokens[VRING_SIZE_MAX];            /* the owner's, of the chain that begins here */
    uint32_t writable_bytes[VRING_SIZE_MAX]; /* of that chain */
};

struct vring_options {
    unsigned size;    /* descriptors, a power of two up to VRING_SIZE_MAX */
    bool events;      /* VIRTIO_RING_EVENT was agreed on */
    bool indirect;    /* VIRTIO_RING_INDIRECT was agreed on */
    void *memory;     /* vring_bytes() zeroed bytes, aligned to 4096 */
    uint64_t address; /* of that memory, as the device sees it */
};

/* How many bytes a ring takes, and where its two later parts lie in them. */
size_t vring_bytes(unsigned size, bool indirect);
size_t vring_available_offset(unsigned size);
size_t vring_used_offset(unsigned size);

void vring_init(struct vring *ring, const struct vring_options *options);

/*
 * Hand a request to the device.
 *
 *   pieces  1 to VRING_PIECES_MAX; those that the device reads come first
 *   token   comes back with the answer, not NULL
 *
 * False, with nothing done, when there are not enough descriptors free.
 */
bool vring_add(struct vring *ring, const struct vring_piece *pieces, unsigned count, void *token);

/* True if the device wants to be told about what was added since the last time this was asked. */
bool vring_must_notify(struct vring *ring);

/*
 * Take the next answer.
 *
 *   token, bytes  filled on OK: whose, and how many bytes the device wrote
 *
 * Returns OK, ERR_NOT_FOUND when there is none, ERR_CORRUPT when the device has
 * broken the rules: then nothing in the ring may be believed any more.
 */
must_use err_t vring_take(struct vring *ring, void **token, uint32_t *bytes);

/* Ask for an interrupt for the next answer; false when there is one already. */
bool vring_interrupt_enable(struct vring *ring);

/* Take back a chain from a device that has been reset; NULL when none is left. */
void *vring_reclaim(struct vring *ring);
