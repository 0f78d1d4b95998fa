/*
 * disk_cover.c - what is written over a disk that stays as it is.
 *
 * The blocks lie in a file in memory, each at its own place, and a bit says of each whether it is
 * there. Both are as large as the disk and take memory only where something was written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk_cover_priv.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plat/disk.h"
#include "plat/memory.h"

#define BITS 64u /* in a word */

struct disk_cover {
    int fd;
    uint64_t block_count;
    _Atomic uint64_t *there; /* a bit for each block */
};

static uint64_t
there_bytes(uint64_t block_count)
{
    return (block_count / BITS + 1) * sizeof(uint64_t);
}

struct disk_cover *
disk_cover_create(uint64_t block_count)
{
    struct disk_cover *cover = calloc(1, sizeof *cover);

    if (cover == NULL)
        return NULL;
    cover->block_count = block_count;
    cover->there = plat_reserve(there_bytes(block_count));
    cover->fd = memfd_create("phantom-cover", MFD_CLOEXEC);
    if (cover->there != NULL && cover->fd >= 0 &&
        ftruncate(cover->fd, (off_t)(block_count * PLAT_BLOCK_BYTES)) == 0)
        return cover;
    disk_cover_destroy(cover);
    return NULL;
}

void
disk_cover_destroy(struct disk_cover *cover)
{
    if (cover == NULL)
        return;
    if (cover->fd >= 0)
        close(cover->fd);
    plat_release((void *)cover->there, there_bytes(cover->block_count));
    free(cover);
}

int
disk_cover_file(const struct disk_cover *cover)
{
    return cover->fd;
}

static bool
is_there(const struct disk_cover *cover, uint64_t block)
{
    return (atomic_load(&cover->there[block / BITS]) >> block % BITS & 1) != 0;
}

bool
disk_cover_run(const struct disk_cover *cover, uint64_t block, uint32_t max, uint32_t *count)
{
    bool there = is_there(cover, block);

    assert(max > 0 && block + max <= cover->block_count);
    for (*count = 1; *count < max && is_there(cover, block + *count) == there;)
        ++*count;
    return there;
}

void
disk_cover_add(struct disk_cover *cover, uint64_t block, uint32_t count)
{
    assert(block + count <= cover->block_count);
    for (uint32_t i = 0; i < count; i++)
        atomic_fetch_or(&cover->there[(block + i) / BITS], 1ull << (block + i) % BITS);
}
