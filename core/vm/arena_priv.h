/*
 * arena_priv.h - volatile memory that is given back all at once: what a load
 * needs while it is under way.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

struct arena_chunk;

/* Zeroed memory is an empty arena. */
struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used;                /* bytes of the newest chunk in use */
    size_t bytes;               /* taken from the machine so far */
    size_t bytes_max;           /* 0: no limit */
};

/*
 * Zeroed memory, aligned to 16 bytes, that lasts until arena_free. `count`
 * times `bytes` may overflow: that is no memory. NULL when there is none;
 * 0 bytes give a pointer that is not NULL.
 */
void *arena_alloc(struct arena *arena, size_t count, size_t bytes);

void arena_free(struct arena *arena);
