/*
 * entropy.h - unpredictable bytes: of a virtio random number device, of the
 * processor's own generator, and of the time when there is neither.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Fill `bytes` bytes. All sources that there are are mixed, so a bad one spoils
 * nothing. Thread context; may wait for a device, at most two seconds.
 */
void entropy_fill(void *buffer, size_t bytes);

/*
 * A device that gives entropy says so once.
 *
 *   read  fills up to `bytes` bytes in thread context and returns how many it
 *         did, 0 when it has failed for good
 */
void entropy_source_add(size_t (*read)(void *device, void *buffer, size_t bytes), void *device);
