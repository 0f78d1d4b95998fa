/*
 * memory.c - a test of the four functions that compilers call by themselves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "selftest/selftest_priv.h"

/* Here they are functions, not what the compiler knows of them. */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#define COPY_BYTES 300u

/* Through a pointer that the compiler cannot see through, so that the functions are really called.
 */
static void *(*volatile copy)(void *restrict, const void *restrict, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

void
selftest_memory(void)
{
    static unsigned char from[COPY_BYTES];
    static unsigned char to[COPY_BYTES];
    uint64_t random = 7;

    for (unsigned turn = 0; turn < 3000; turn++) {
        size_t bytes = selftest_random(&random) % (COPY_BYTES / 2);
        size_t at = selftest_random(&random) % (COPY_BYTES / 2);
        size_t into = selftest_random(&random) % (COPY_BYTES / 2);

        for (size_t i = 0; i < COPY_BYTES; i++)
            to[i] = from[i] = (unsigned char)selftest_random(&random);
        copy(to + into, from + at, bytes);
        for (size_t i = 0; i < COPY_BYTES; i++)
            assert(to[i] == (i - into < bytes ? from[at + i - into] : from[i]));
        assert(compare(to + into, from + at, bytes) == 0);
        copy(to, from, COPY_BYTES);
        move(to + into, to + at, bytes);
        for (size_t i = 0; i < COPY_BYTES; i++)
            assert(to[i] == (i - into < bytes ? from[at + i - into] : from[i]));
        set(to + into, (int)turn, bytes);
        for (size_t i = 0; i < bytes; i++)
            assert(to[into + i] == (unsigned char)turn);
        if (bytes > 0) {
            copy(to, from, COPY_BYTES);
            to[into] ^= 1;
            assert((compare(to + into, from + into, bytes) < 0) == (to[into] < from[into]));
        }
    }
}
