/*
 * memory.h - the four functions that every compiler takes for granted, and
 * that every machine links into the core. There is no string.h here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t byte_count);
void *memmove(void *to, const void *from, size_t byte_count);
void *memset(void *to, int byte, size_t byte_count);
int memcmp(const void *a, const void *b, size_t byte_count);

/* A freestanding compiler does not know these names; so it is told that it knows the functions. */
#if !__STDC_HOSTED__
#define memcpy  __builtin_memcpy
#define memmove __builtin_memmove
#define memset  __builtin_memset
#define memcmp  __builtin_memcmp
#endif

/* The length of a text that ends in zero. */
static inline size_t
text_length(const char *text)
{
    size_t length = 0;

    while (text[length] != 0)
        length++;
    return length;
}

static inline _Bool
text_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}
