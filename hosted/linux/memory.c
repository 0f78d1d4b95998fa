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

#include "base/assert.h"

#define ALIGNED_FROM_BYTES 4096

#define HUGE_PAGE_BYTES    ((uint64_t)2 << 20)

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

/* No huge pages: one would take 2 MiB, and milliseconds, for the first touch. */
void *
plat_reserve(uint64_t bytes)
{
    void *table = map(bytes);

    if (table == NULL)
        return NULL;
    madvise(table, bytes, MADV_NOHUGEPAGE);
    madvise(table, bytes, MADV_DONTDUMP);
    return table;
}

/*
 * Aligned, so that the kernel may use huge pages: a request of a disk over one is one piece, over
 * small ones up to 256. It does not where it has none: that is no error.
 */
void *
plat_reserve_dense(uint64_t bytes)
{
    uint8_t *room = map(bytes + HUGE_PAGE_BYTES);
    uint64_t before;

    assert(bytes % HUGE_PAGE_BYTES == 0);
    if (room == NULL)
        return NULL;
    before = -(uintptr_t)room & (HUGE_PAGE_BYTES - 1);
    if (before > 0)
        munmap(room, before);
    munmap(room + before + bytes, HUGE_PAGE_BYTES - before);
    madvise(room + before, bytes, MADV_HUGEPAGE);
    madvise(room + before, bytes, MADV_DONTDUMP);
    return room + before;
}

void
plat_release(void *table, uint64_t bytes)
{
    if (table)
        munmap(table, bytes);
}
