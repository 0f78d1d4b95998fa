/*
 * disk_lock_priv.h - one machine at a time on a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/disk_new.h"
#include "plat/err.h"

/*
 * Lock all of an open file, alone, or shared with others who read, and try for `wait_ms`. A QEMU
 * that writes to it is met in both cases, and meets both.
 *
 *   holder  filled on ERR_BUSY with "process 123 (qemu-system-x86)", or
 *           "another process"; 64 bytes are enough
 *
 * Returns OK, ERR_BUSY, or ERR_IO where the file system has no locks.
 */
must_use err_t linux_disk_lock(int fd, bool shared, uint32_t wait_ms, char *holder,
                               size_t holder_bytes);

/*
 * Open a block device and claim it, as long as it is open, also for who only reads: nobody else has
 * it then, by whatever name, who claims disks (Phantom, file systems) or locks them first (QEMU).
 * Try for `wait_ms`.
 *
 *   open_file  as open(2)
 *   holder     as above, where errno is EBUSY
 *
 * Returns the descriptor, or -1 and errno.
 */
int linux_device_open(const char *path, int flags, disk_new_open_fn *open_file, uint32_t wait_ms,
                      char *holder, size_t holder_bytes);
