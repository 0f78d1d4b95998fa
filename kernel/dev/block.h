/*
 * block.h - the disks of the machine, whatever drives them: what a driver
 * registers, and what the contract's disk (plat/disk.h) stands on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/disk.h"
#include "plat/err.h"

#define BLOCK_DEVICES_MAX 16
#define BLOCK_NAME_BYTES  48

struct block_device;

/*
 * What a driver gives.
 *
 *   submit   start one request, or a row of them linked by `next`, and return
 *            at once; the range and the right to write were checked. Each ends
 *            by block_io_end(). Thread context.
 *   make_room  see to it that writes to these blocks will find room, and wait until that is
 *            done; what they hold may be lost. NULL where all blocks are there
 *            from the start, or nobody can tell. OK, or ERR_NOSPACE. Thread context.
 *   discard  tell the device that blocks hold nothing, and wait until it has
 *            heard; NULL if it does not want to know. Thread context.
 *   trouble  what the driver has found in an interrupt, where nothing can be
 *            said: a line for the log, once, or NULL. Thread context.
 */
struct block_operations {
    void (*submit)(struct block_device *device, struct plat_io *io);
    err_t (*make_room)(struct block_device *device, uint64_t block, uint64_t block_count);
    void (*discard)(struct block_device *device, uint64_t block, uint64_t block_count);
    const char *(*trouble)(struct block_device *device);
};

struct block_device {
    const struct block_operations *operations;
    uint64_t block_count; /* of PLAT_BLOCK_BYTES */
    bool read_only;
    _Atomic bool full;           /* the last who asked for room got none; not the driver's */
    char name[BLOCK_NAME_BYTES]; /* for messages: "disk 0 (virtio, 64.0 GiB)" */
};

/*
 * Register a disk for ever. `kind` goes into its name. Fills `name`; all other
 * fields are the driver's. Returns OK, or ERR_NOSPACE when there are too many.
 */
must_use err_t block_device_add(struct block_device *device, const char *kind);

/* The disk with this number, counted from 0; NULL if there are not so many. */
struct block_device *block_device_find(unsigned index);

/* True if there is nothing at all at its begin. Reads the first BLOCK_BLANK_BLOCKS. */
#define BLOCK_BLANK_BLOCKS 16u
bool block_device_is_blank(struct block_device *device);

/*
 * The first disk with the superblock of a volume of any version on it; if none
 * has one, the first disk; NULL if there is no disk. Reads a few blocks of each.
 */
struct block_device *block_device_find_volume(void);

/*
 * Start a request, or a row of them linked by `next` (NULL at the end), and
 * return at once. What lies outside the disk, or may not be written, ends at
 * once. `done` is 0 from here until the end. Thread context.
 */
void block_submit(struct block_device *device, struct plat_io *io);

/*
 * Wait for the end of a submitted request and return its result. A device that
 * keeps silent is named in the log, and waited for.
 */
err_t block_wait(struct block_device *device, struct plat_io *io);

/*
 * See to it that writes to these blocks find room, where the disk is a file that
 * takes it only when it is written to. What they hold may be lost. Returns OK,
 * ERR_NOSPACE, after saying so once, or ERR_RANGE.
 */
must_use err_t block_make_room(struct block_device *device, uint64_t block, uint64_t block_count);

/* These blocks hold nothing any more. Advice only; done when it returns. */
void block_discard(struct block_device *device, uint64_t block, uint64_t block_count);

/* For drivers: a request has ended. The last touch of `io`. Any context. */
void block_io_end(struct plat_io *io, err_t result);

/*
 * For drivers, and whoever else waits for a disk in a thread: sleep while
 * *word == expected, and say so in the log when that takes long. May return
 * early for no reason.
 *
 *   since_ns  clock_ns() when the waiting began
 */
void block_sleep(struct block_device *device, const _Atomic uint32_t *word, uint32_t expected,
                 uint64_t since_ns);
