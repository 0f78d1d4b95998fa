/*
 * disk.c - the core's disk is a block device: a struct plat_disk is a struct
 * block_device.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/disk.h"

#include <stddef.h>

#include "dev/block.h"
#include "plat/disk_open.h"

struct plat_disk *
disk_open(struct block_device *device)
{
    return (struct plat_disk *)device;
}

static struct block_device *
device_of(const struct plat_disk *disk)
{
    return (struct block_device *)(uintptr_t)disk;
}

uint64_t
plat_disk_block_count(const struct plat_disk *disk)
{
    return device_of(disk)->block_count;
}

bool
plat_disk_read_only(const struct plat_disk *disk)
{
    return device_of(disk)->read_only;
}

void
plat_disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    block_submit(device_of(disk), io);
}

err_t
plat_disk_wait(struct plat_disk *disk, struct plat_io *io)
{
    return block_wait(device_of(disk), io);
}

err_t
plat_disk_run(struct plat_disk *disk, struct plat_io *io)
{
    io->next = NULL;
    plat_disk_submit(disk, io);
    return plat_disk_wait(disk, io);
}

err_t
plat_disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    const struct block_device *device = device_of(disk);

    if (device->read_only)
        return ERR_IO;
    if (block > device->block_count || block_count > device->block_count - block)
        return ERR_NOSPACE;
    return block_make_room(device_of(disk), block, block_count);
}

void
plat_disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    const struct block_device *device = device_of(disk);

    if (device->read_only || block > device->block_count ||
        block_count > device->block_count - block)
        return;
    block_discard(device_of(disk), block, block_count);
}
