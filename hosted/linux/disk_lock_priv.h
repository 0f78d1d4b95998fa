/*
 * disk_lock_priv.h - one machine at a time on a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

/*
 * Lock all of an open file, alone, or shared with others who read, and try for `wait_ms`. A QEMU
 * that writes to it is met in both cases, and meets both.
 *
 *   holder  filled on ERR_BUSY: "process 123 (qemu-system-x86)", or
 *           "another process"
 *
 * Returns OK, ERR_BUSY, or ERR_IO where the file system has no locks.
 */
must_use err_t linux_disk_lock(int fd, bool shared, uint32_t wait_ms, char *holder,
                               size_t holder_bytes);
