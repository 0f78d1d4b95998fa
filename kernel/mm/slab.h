/*
 * slab.h - small pieces of memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

#define SLAB_BYTES_MAX 2032

/*
 * A piece of memory.
 *
 *   bytes  1 to SLAB_BYTES_MAX
 *
 * Returns it, zeroed and aligned to 16 bytes, or NULL. Takes a spin lock; not in interrupts.
 */
void *slab_alloc(size_t bytes);

/* Give it back. `bytes` is the size asked for. NULL is fine. */
void slab_free(void *memory, size_t bytes);
