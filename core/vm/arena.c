/*
 * arena.c - volatile memory that is given back all at once.
 *
 * Chunks double as small requests come, so that who needs little takes little: the verifier begins
 * anew for each method, and most methods are short. A large request gets a chunk of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/arena_priv.h"

#include <stdint.h>

#include "base/assert.h"
#include "plat/memory.h"

#define ARENA_CHUNK_BYTES_MIN 4096u
#define ARENA_CHUNK_BYTES_MAX 65536u
#define ARENA_ALIGN           16u

struct arena_chunk {
    struct arena_chunk *next;
    size_t bytes; /* of the chunk, this header included */
};

static_assert(sizeof(struct arena_chunk) % ARENA_ALIGN == 0, "what follows is aligned");

static struct arena_chunk *
chunk_create(struct arena *arena, size_t bytes)
{
    struct arena_chunk *chunk;

    if (arena->bytes_max != 0 && bytes > arena->bytes_max - arena->bytes)
        return NULL;
    chunk = plat_alloc(bytes);
    if (chunk == NULL)
        return NULL;
    chunk->bytes = bytes;
    arena->bytes += bytes;
    return chunk;
}

/* Memory in a chunk of its own, listed behind the one that small requests are served from. */
static void *
alloc_large(struct arena *arena, size_t bytes)
{
    struct arena_chunk *chunk = chunk_create(arena, bytes + sizeof *chunk);

    if (chunk == NULL)
        return NULL;
    if (arena->chunks == NULL) {
        arena->chunks = chunk;
        arena->used = chunk->bytes;
    } else {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    }
    return chunk + 1;
}

/* A new chunk that small requests are served from, with room for this one. */
static struct arena_chunk *
chunk_add(struct arena *arena, size_t request)
{
    struct arena_chunk *chunk;
    size_t bytes = ARENA_CHUNK_BYTES_MIN;

    while (bytes < ARENA_CHUNK_BYTES_MAX && (bytes <= arena->bytes || bytes < 4 * request))
        bytes *= 2;
    chunk = chunk_create(arena, bytes);
    if (chunk == NULL)
        return NULL;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = sizeof *chunk;
    return chunk;
}

void *
arena_alloc(struct arena *arena, size_t count, size_t bytes)
{
    struct arena_chunk *chunk = arena->chunks;
    char *memory;

    if (bytes != 0 && count > (SIZE_MAX / 2) / bytes)
        return NULL;
    bytes = (count * bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (chunk == NULL || bytes > chunk->bytes - arena->used) {
        if (bytes > ARENA_CHUNK_BYTES_MAX / 4)
            return alloc_large(arena, bytes);
        chunk = chunk_add(arena, bytes);
        if (chunk == NULL)
            return NULL;
    }
    memory = (char *)chunk + arena->used;
    arena->used += bytes;
    return memory;
}

void
arena_free(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;

    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;

        plat_free(chunk, chunk->bytes);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->used = 0;
    arena->bytes = 0;
}
