/*
 * meter.h - a disk of the bare machine that counts what it is asked for, the plainest
 * write and flush below everything that is measured, and how busy processors are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

#include "bench.h"

struct block_device;

/* Count what goes to `device` from now on. Returns the disk to use in its place. */
struct plat_disk *meter_disk(struct block_device *device);

/* Raw writes count, too. */
struct bench_meter meter_read(void);

/* Where meter_raw_write() writes: `block_count` blocks of a disk, which nobody else uses. */
void meter_raw_open(struct block_device *device, uint64_t block, uint64_t block_count);

/* One sequential write of the first so many of them, as one request to the driver, and a flush. */
void meter_raw_write(uint64_t block_count);

/* The same for one block, timed; nanoseconds. */
uint64_t meter_raw_ns(void);
