/*
 * endian.h - integers as they lie on disk: little endian, at any alignment.
 *
 * A disk integer is a struct of bytes, so that it cannot be used without
 * saying get or put. Compilers make one move of each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

struct le16 {
    uint8_t bytes[2];
};

struct le32 {
    uint8_t bytes[4];
};

struct le64 {
    uint8_t bytes[8];
};

static inline uint16_t
le16_get(struct le16 value)
{
    return (uint16_t)(value.bytes[0] | value.bytes[1] << 8);
}

static inline struct le16
le16_put(uint16_t value)
{
    return (struct le16){ { (uint8_t)value, (uint8_t)(value >> 8) } };
}

static inline uint32_t
le32_get(struct le32 value)
{
    return (uint32_t)value.bytes[0] | (uint32_t)value.bytes[1] << 8 |
           (uint32_t)value.bytes[2] << 16 | (uint32_t)value.bytes[3] << 24;
}

static inline struct le32
le32_put(uint32_t value)
{
    return (struct le32){ { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                            (uint8_t)(value >> 24) } };
}

static inline uint64_t
le64_get(struct le64 value)
{
    const uint8_t *b = value.bytes;

    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static inline struct le64
le64_put(uint64_t value)
{
    return (struct le64){ { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                            (uint8_t)(value >> 24), (uint8_t)(value >> 32), (uint8_t)(value >> 40),
                            (uint8_t)(value >> 48), (uint8_t)(value >> 56) } };
}
