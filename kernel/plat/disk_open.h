/*
 * disk_open.h - a block device as the contract's disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

struct plat_disk;
struct block_device;

/* The disk that a block device is. Nothing is taken, so nothing need be given back. */
struct plat_disk *disk_open(struct block_device *device);
