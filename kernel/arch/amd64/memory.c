/*
 * memory.c - the four functions that compilers call by themselves, for the
 * kernel, the core and everything else that is linked.
 *
 * By general registers, so that they may be called in interrupts: eight words
 * at a time are as fast as SSE under emulation, where string instructions are
 * twenty times slower, and half as fast as the best on a processor.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"

#include <stddef.h>
#include <stdint.h>

/* Here they are functions, not what the compiler knows of them. */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

/* A word at any address; may alias anything. */
struct word {
    uint64_t value;
} __attribute__((packed, may_alias));

/* Keeps the compiler from making a call of these very functions out of their loops. */
#define KEEP_LOOP() __asm__ volatile("" : : : "memory")

static inline void
copy_64(char *to, const char *from)
{
    const struct word *in = (const struct word *)from;
    struct word *out = (struct word *)to;
    uint64_t a = in[0].value;
    uint64_t b = in[1].value;
    uint64_t c = in[2].value;
    uint64_t d = in[3].value;
    uint64_t e = in[4].value;
    uint64_t f = in[5].value;
    uint64_t g = in[6].value;
    uint64_t h = in[7].value;

    out[0].value = a;
    out[1].value = b;
    out[2].value = c;
    out[3].value = d;
    out[4].value = e;
    out[5].value = f;
    out[6].value = g;
    out[7].value = h;
}

static inline void
copy_8(char *to, const char *from)
{
    ((struct word *)to)->value = ((const struct word *)from)->value;
}

static void *
copy_up(char *to, const char *from, size_t count)
{
    void *start = to;

    for (; count >= 64; count -= 64, to += 64, from += 64)
        copy_64(to, from);
    for (; count >= 8; count -= 8, to += 8, from += 8) {
        copy_8(to, from);
        KEEP_LOOP();
    }
    for (; count > 0; count--) {
        *to++ = *from++;
        KEEP_LOOP();
    }
    return start;
}

static void *
copy_down(char *start, const char *from, size_t count)
{
    /* Each step reads all that it writes before it writes. */
    for (; count >= 64; count -= 64)
        copy_64(start + count - 64, from + count - 64);
    for (; count >= 8; count -= 8) {
        copy_8(start + count - 8, from + count - 8);
        KEEP_LOOP();
    }
    for (; count > 0; count--) {
        start[count - 1] = from[count - 1];
        KEEP_LOOP();
    }
    return start;
}

void *
memcpy(void *restrict to, const void *restrict from, size_t byte_count)
{
    return copy_up(to, from, byte_count);
}

void *
memmove(void *to, const void *from, size_t byte_count)
{
    if ((uintptr_t)to - (uintptr_t)from >= byte_count)
        return copy_up(to, from, byte_count);
    return copy_down(to, from, byte_count);
}

void *
memset(void *to, int byte, size_t byte_count)
{
    uint64_t value = (uint8_t)byte * 0x0101010101010101ull;
    char *at = to;
    size_t count = byte_count;

    for (; count >= 64; count -= 64, at += 64) {
        struct word *out = (struct word *)at;

        for (unsigned i = 0; i < 8; i++)
            out[i].value = value;
        KEEP_LOOP();
    }
    for (; count >= 8; count -= 8, at += 8) {
        ((struct word *)at)->value = value;
        KEEP_LOOP();
    }
    for (; count > 0; count--) {
        *at++ = (char)byte;
        KEEP_LOOP();
    }
    return to;
}

int
memcmp(const void *a, const void *b, size_t byte_count)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    size_t count = byte_count;

    for (; count >= 8; count -= 8, left += 8, right += 8)
        if (((const struct word *)left)->value != ((const struct word *)right)->value)
            break;
    for (; count > 0; count--, left++, right++)
        if (*left != *right)
            return *left < *right ? -1 : 1;
    return 0;
}
