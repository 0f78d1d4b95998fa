/*
 * memory.c - volatile memory of a Linux process.
 *
 * Small things come from malloc, so that the sanitizers see each of them;
 * tables come from the kernel, which gives pages only where they are touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNED_FROM_BYTES 4096

/*
 * A table of whole huge pages that is no larger than this is taken to be used whole, as the
 * buffers of a disk are: a request over a huge page is one piece, over small ones up to 256.
 */
#define HUGE_PAGE_BYTES   ((uint64_t)2 << 20)
#define DENSE_TABLE_BYTES (8 * HUGE_PAGE_BYTES)

void *
plat_alloc(size_t bytes)
{
    void *memory;

    if (bytes < ALIGNED_FROM_BYTES)
        return calloc(1, bytes);
    if (posix_memalign(&memory, ALIGNED_FROM_BYTES, bytes) != 0)
        return NULL;
    return memset(memory, 0, bytes);
}

void
plat_free(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
}

static void *
map(uint64_t bytes)
{
    void *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return table == MAP_FAILED ? NULL : table;
}

/* Aligned, so that the kernel may use huge pages. It does not where it has none: that is no error.
 */
static void *
map_dense(uint64_t bytes)
{
    uint8_t *room = map(bytes + HUGE_PAGE_BYTES);
    uint64_t before;

    if (room == NULL)
        return NULL;
    before = -(uintptr_t)room & (HUGE_PAGE_BYTES - 1);
    if (before > 0)
        munmap(room, before);
    munmap(room + before + bytes, HUGE_PAGE_BYTES - before);
    madvise(room + before, bytes, MADV_HUGEPAGE);
    return room + before;
}

/* A huge page would take 2 MiB for the first touch of a sparse table. */
static void *
map_sparse(uint64_t bytes)
{
    void *table = map(bytes);

    if (table != NULL)
        madvise(table, bytes, MADV_NOHUGEPAGE);
    return table;
}

void *
plat_reserve(uint64_t bytes)
{
    bool dense = bytes % HUGE_PAGE_BYTES == 0 && bytes <= DENSE_TABLE_BYTES;
    void *table = dense ? map_dense(bytes) : map_sparse(bytes);

    if (table != NULL)
        madvise(table, bytes, MADV_DONTDUMP);
    return table;
}

void
plat_release(void *table, uint64_t bytes)
{
    if (table)
        munmap(table, bytes);
}
