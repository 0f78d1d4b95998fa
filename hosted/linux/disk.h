/*
 * disk.h - volumes of a Linux process: files and block devices.
 *
 * A struct plat_disk begins with a table of operations, so that another disk
 * (one in memory, one that fails) may stand where a file stands: embed struct
 * plat_disk as the first member and fill in `ops`.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"

/* Each operation is the contract's function of that name. */
struct linux_disk_ops {
    uint64_t (*block_count)(const struct plat_disk *disk);
    bool (*read_only)(const struct plat_disk *disk);
    void (*submit)(struct plat_disk *disk, struct plat_io *io);
    err_t (*wait)(struct plat_disk *disk, struct plat_io *io);
    err_t (*run)(struct plat_disk *disk, struct plat_io *io);
    err_t (*reserve)(struct plat_disk *disk, uint64_t block, uint64_t block_count);
    void (*discard)(struct plat_disk *disk, uint64_t block, uint64_t block_count);
};

struct plat_disk {
    const struct linux_disk_ops *ops;
};

/* How long to wait for a killed process to let go of its volume, if nobody says. */
#define LINUX_DISK_LOCK_WAIT_MS 5000

struct linux_disk_options {
    bool create;    /* make a new file, or take an empty block device; linux_disk_keep() */
    bool read_only; /* open for reading; shares a file with other readers */
    bool covered;   /* the same, but it takes writes: they lie in memory until it is closed */
    uint64_t create_bytes; /* size of a new file, a multiple of 4096; it is sparse */
    uint32_t lock_wait_ms; /* how long to wait for the lock; 0: not at all */
    bool no_ring;          /* do as where the kernel has no io_uring */
    bool named_at_once;    /* do as where the file system has no files without a name */
};

/*
 * Open a file or block device as a disk, and lock all of it: against another
 * Phantom, and against QEMU, which takes the same kind of lock. Who only reads shares
 * it with others who only read, whichever of the two they are; but a block device with nobody.
 *
 *   disk           filled on OK
 *   message        filled otherwise: one line that says what happened and what to
 *   message_bytes  do, and names the process that holds the lock; 256 is enough
 *
 * Returns OK, or
 *   ERR_NOT_FOUND  there is no such file
 *   ERR_EXISTS     there already is one, or the block device is not empty (create)
 *   ERR_BUSY       somebody holds the lock
 *   ERR_READ_ONLY  it may not be written
 *   ERR_FOREIGN    it is neither a file nor a block device
 *   ERR_NOSPACE, ERR_NOMEM, ERR_IO
 */
must_use err_t linux_disk_open(const char *path, const struct linux_disk_options *options,
                               struct plat_disk **disk, char *message, size_t message_bytes);

/*
 * What was created is whole and shall stay: a file gets its name, safely, and never in the place of
 * another. What is not kept leaves nothing when it is closed, or its process is killed (where the
 * file system has files without a name); a block device is made empty again when it is closed.
 *
 *   message, message_bytes  as for linux_disk_open
 *
 * Returns OK, also for what was kept or not created; or ERR_EXISTS (the name was taken meanwhile),
 * ERR_NOT_FOUND (the folder has gone), ERR_READ_ONLY, ERR_NOSPACE, ERR_IO: it is not kept.
 */
must_use err_t linux_disk_keep(struct plat_disk *disk, char *message, size_t message_bytes);

/*
 * Make a file longer, to so many blocks; what is added is sparse, and its length is safe with the
 * next flush. Nothing is under way. A file that is as long already stays as it is.
 *
 * Returns OK; ERR_RANGE (a block device has the size it has), ERR_NOSPACE (its file system cannot
 * hold that), ERR_IO.
 */
must_use err_t linux_disk_extend(struct plat_disk *disk, uint64_t block_count);

/* Wait for what is under way, unlock, close. Flushes nothing. NULL is fine. */
void linux_disk_close(struct plat_disk *disk);

/*
 * Close the disk but keep its file, and with it the lock, which goes to
 * whoever the descriptor is handed on to.
 *
 *   direct  set to whether it takes direct I/O
 *
 * Returns the descriptor; the caller closes it.
 */
int linux_disk_release(struct plat_disk *disk, bool *direct);
