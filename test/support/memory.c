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

#define PAGE             4096u
#define LARGE_FROM_BYTES 65536u

/* AddressSanitizer sees who leaves a piece. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes)   ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

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

/*
 * Much memory comes out of a larger piece of calloc(), which is zero without being touched, and
 * most of it often stays so. Before it stands where the piece begins.
 */
static void *
large_alloc(size_t bytes)
{
    size_t all = bytes + 2 * PAGE;
    char *piece = all > bytes ? calloc(1, all) : NULL;
    char *memory;

    if (piece == NULL)
        return NULL;
    memory = piece + 2 * PAGE - (uintptr_t)piece % PAGE;
    memcpy(memory - sizeof piece, &piece, sizeof piece);
    ASAN_POISON_MEMORY_REGION(piece, (size_t)(memory - piece));
    ASAN_POISON_MEMORY_REGION(memory + bytes, (size_t)(piece + all - (memory + bytes)));
    return memory;
}

static void
large_free(char *memory, size_t bytes)
{
    char *piece;

    ASAN_UNPOISON_MEMORY_REGION(memory - sizeof piece, sizeof piece);
    memcpy(&piece, memory - sizeof piece, sizeof piece);
    ASAN_UNPOISON_MEMORY_REGION(piece, bytes + 2 * PAGE);
    free(piece);
}

__attribute__((weak)) void *
plat_alloc(size_t bytes)
{
    void *memory;

    if (fails())
        return NULL;
    if (bytes < PAGE)
        return calloc(1, bytes);
    if (bytes >= LARGE_FROM_BYTES)
        return large_alloc(bytes);
    if (posix_memalign(&memory, PAGE, bytes) != 0)
        return NULL;
    return memset(memory, 0, bytes);
}

__attribute__((weak)) void
plat_free(void *memory, size_t bytes)
{
    if (bytes >= LARGE_FROM_BYTES && memory != NULL)
        large_free(memory, bytes);
    else
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
