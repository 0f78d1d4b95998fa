/*
 * crc32c.c - CRC-32C, polynomial 0x1edc6f41, bits reflected.
 *
 * Where the compiler may use the processor's own instruction (it says so by
 * __SSE4_2__) a page is summed in three interleaved streams, because the
 * instruction takes three cycles and a new one can start in each. Otherwise
 * sixteen tables are used, a line of 16 bytes at a time.
 * Both ways give the same numbers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/crc32c.h"

#include "base/assert.h"
#include "base/crc32c_tables_priv.h"
#include "base/memory.h"

#define PAGE 4096

static inline uint64_t
load64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

#ifdef __SSE4_2__

static inline uint32_t
step8(uint32_t crc, uint8_t byte)
{
    return __builtin_ia32_crc32qi(crc, byte);
}

static inline uint64_t
step64(uint64_t crc, uint64_t word)
{
    return __builtin_ia32_crc32di(crc, word);
}

#define STREAM_BYTES 1360 /* three of them and 16 bytes are a page */
static_assert(3 * STREAM_BYTES + 16 == PAGE, "a page is three streams and two words");

/* What a checksum becomes when STREAM_BYTES zero bytes follow: a linear map, by bytes. */
static inline uint32_t
shift_stream(uint32_t crc)
{
    return crc32c_shift[0][crc & 255] ^ crc32c_shift[1][crc >> 8 & 255] ^
           crc32c_shift[2][crc >> 16 & 255] ^ crc32c_shift[3][crc >> 24];
}

/* `crc` and the result are inverted, as in the middle of a sum. */
static inline uint32_t
sum_page(uint32_t crc, const uint8_t *at)
{
    uint64_t a = crc, b = 0, c = 0;

    for (unsigned i = 0; i < STREAM_BYTES; i += 8) {
        a = step64(a, load64(at + i));
        b = step64(b, load64(at + STREAM_BYTES + i));
        c = step64(c, load64(at + 2 * STREAM_BYTES + i));
    }
    b ^= shift_stream((uint32_t)a);
    c ^= shift_stream((uint32_t)b);
    c = step64(c, load64(at + 3 * STREAM_BYTES));
    return (uint32_t)step64(c, load64(at + 3 * STREAM_BYTES + 8));
}

uint32_t
crc32c_extend(uint32_t crc, const void *bytes, size_t byte_count)
{
    const uint8_t *at = bytes;
    uint64_t sum = ~crc;

    for (; byte_count >= PAGE; at += PAGE, byte_count -= PAGE)
        sum = sum_page((uint32_t)sum, at);
    for (; byte_count >= 8; at += 8, byte_count -= 8)
        sum = step64(sum, load64(at));
    for (; byte_count > 0; at++, byte_count--)
        sum = step8((uint32_t)sum, *at);
    return ~(uint32_t)sum;
}

#else

static inline uint32_t
step8(uint32_t crc, uint8_t byte)
{
    return crc32c_table[0][(crc ^ byte) & 255] ^ crc >> 8;
}

static inline uint32_t
step128(uint32_t crc, uint64_t low, uint64_t high)
{
    uint32_t sum = 0;

    low ^= crc;
    for (unsigned i = 0; i < 8; i++) {
        sum ^= crc32c_table[15 - i][low >> 8 * i & 255];
        sum ^= crc32c_table[7 - i][high >> 8 * i & 255];
    }
    return sum;
}

uint32_t
crc32c_extend(uint32_t crc, const void *bytes, size_t byte_count)
{
    const uint8_t *at = bytes;

    crc = ~crc;
    for (; byte_count >= 16; at += 16, byte_count -= 16)
        crc = step128(crc, load64(at), load64(at + 8));
    for (; byte_count > 0; at++, byte_count--)
        crc = step8(crc, *at);
    return ~crc;
}

#endif

uint32_t
crc32c(const void *bytes, size_t byte_count)
{
    return crc32c_extend(0, bytes, byte_count);
}

static bool
page_is_zero(const uint64_t *words)
{
    unsigned i = 0;

    while (i < PAGE / 8 && words[i] == 0)
        i++;
    return i == PAGE / 8;
}

/*
 * The copy is summed, not the original: the copy is in the first cache, and it
 * is what will be written. It is what is looked at for zeroes, too, and after it
 * was made: nearly every page shows at its first words that it is none.
 */
uint32_t
crc32c_copy_page(void *to, const void *from, bool *zero)
{
    const uint64_t *source = from;
    uint64_t *target = to;

    for (unsigned i = 0; i < PAGE / 8; i += 4) {
        uint64_t a = __atomic_load_n(&source[i], __ATOMIC_RELAXED);
        uint64_t b = __atomic_load_n(&source[i + 1], __ATOMIC_RELAXED);
        uint64_t c = __atomic_load_n(&source[i + 2], __ATOMIC_RELAXED);
        uint64_t d = __atomic_load_n(&source[i + 3], __ATOMIC_RELAXED);

        target[i] = a;
        target[i + 1] = b;
        target[i + 2] = c;
        target[i + 3] = d;
    }
    *zero = page_is_zero(target);
    return crc32c(to, PAGE);
}
