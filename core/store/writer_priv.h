/*
 * writer_priv.h - gathers blocks into long writes that run while the next ones
 * are being filled.
 *
 * One thread writes: it asks for a slot, fills it, and pushes it with the block
 * number it shall have. Others may find blocks that are not on the disk yet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/lock.h"
#include "store/volume_priv.h"

#define WRITER_BUFFERS 8
#define WRITER_BLOCKS  256 /* 1 MiB */

enum writer_state {
    WRITER_FREE,
    WRITER_FILLING, /* blocks are being pushed to it; at most one buffer is */
    WRITER_FLYING,  /* the disk has it */
};

struct writer_buffer {
    enum writer_state state; /* guarded by the lock, as are block and count */
    uint64_t block;          /* of the first */
    uint32_t count;
    uint8_t *bytes;
    struct plat_io io;
};

struct writer {
    struct plat_disk *disk;
    struct lock *lock; /* the store's */
    uint8_t *room;     /* of all buffers, in one piece */
    struct writer_buffer buffers[WRITER_BUFFERS];
    unsigned current; /* the buffer that is filled, or will be */
    unsigned oldest;  /* the flying buffer that was submitted first */
    unsigned enough;  /* blocks with which the current buffer is sent */
    bool holding;     /* what would be sent waits for writer_send() */
    struct plat_io *held;
    err_t err; /* the first failure since writer_reset() */
    uint64_t blocks_written;
};

must_use err_t writer_init(struct writer *writer, struct plat_disk *disk, struct lock *lock);
void writer_destroy(struct writer *writer);

/* Where the next block is to be put: 4096 bytes. May wait for an older write. */
uint8_t *writer_slot(struct writer *writer);

/* The bytes in the slot are block `block`. A write may start. */
void writer_push(struct writer *writer, uint64_t block);

/*
 * What follows is little, and writer_send() is near: until then, or until the drain, full buffers
 * wait, to be handed over in one call.
 */
void writer_hold(struct writer *writer);

/* Hand everything to the disk, and `beside`, a request of the caller's, in the same call. */
void writer_send(struct writer *writer, struct plat_io *beside);

/* Hand everything to the disk and wait for it. OK, or the first error since the reset. */
must_use err_t writer_drain(struct writer *writer);

/* Start afresh after a failure; nothing is under way. */
void writer_reset(struct writer *writer);

/* The bytes of a block that is not on the disk yet, or NULL; the lock is held. */
const uint8_t *writer_find_locked(const struct writer *writer, uint64_t block);
