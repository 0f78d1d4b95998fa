/*
 * memory.c - volatile memory of a Linux process.
 *
 * Small things come from malloc, so that the sanitizers see each of them;
 * tables come from the kernel, which gives pages only where they are touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNED_FROM_BYTES 4096

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

void *
plat_reserve(uint64_t bytes)
{
    void *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (table == MAP_FAILED)
        return NULL;
    /* A huge page would take 2 MiB for the first touch of a sparse table. */
    madvise(table, bytes, MADV_NOHUGEPAGE);
    madvise(table, bytes, MADV_DONTDUMP);
    return table;
}

void
plat_release(void *table, uint64_t bytes)
{
    if (table)
        munmap(table, bytes);
}
