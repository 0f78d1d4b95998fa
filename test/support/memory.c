/*
 * memory.c - volatile memory for unit tests, that can run out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "plat/memory.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned fail_after;
static uint64_t allocations;

void
test_memory_fail(unsigned n)
{
    fail_after = n;
}

uint64_t
test_memory_count(void)
{
    return allocations;
}

static int
fails(void)
{
    int result;

    pthread_mutex_lock(&mutex);
    allocations++;
    result = fail_after > 0 && --fail_after == 0;
    pthread_mutex_unlock(&mutex);
    return result;
}

__attribute__((weak)) void *
plat_alloc(size_t bytes)
{
    void *memory;

    if (fails())
        return NULL;
    if (bytes < 4096)
        return calloc(1, bytes);
    if (posix_memalign(&memory, 4096, bytes) != 0)
        return NULL;
    return memset(memory, 0, bytes);
}

__attribute__((weak)) void
plat_free(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
}

__attribute__((weak)) void *
plat_reserve(uint64_t bytes)
{
    void *table;

    if (fails())
        return NULL;
    table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
    return table == MAP_FAILED ? NULL : table;
}

__attribute__((weak)) void
plat_release(void *table, uint64_t bytes)
{
    if (table != NULL)
        munmap(table, bytes);
}

__attribute__((weak)) uint64_t
plat_memory_bytes(void)
{
    return 1ull << 30;
}
