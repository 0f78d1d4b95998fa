/*
 * utf8.c - decoding bytes that nobody vouches for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/utf8.h"

#define REPLACEMENT 0xfffdu

/* What may follow a first byte: how many bytes, and the range of the second one. */
struct lead {
    uint8_t followers;
    uint8_t low, high;
};

static struct lead
lead_of(uint8_t byte)
{
    if (byte >= 0xc2 && byte <= 0xdf)
        return (struct lead){ 1, 0x80, 0xbf };
    if (byte >= 0xe0 && byte <= 0xef)
        return (struct lead){ 2, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf };
    if (byte >= 0xf0 && byte <= 0xf4)
        return (struct lead){ 3, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf };
    return (struct lead){ 0, 0, 0 };
}

/*
 * The character at `bytes`, or REPLACEMENT. Returns the bytes it takes; 0 if it is a
 * good beginning that is cut off.
 */
static size_t
next_character(const uint8_t *bytes, size_t count, uint32_t *character)
{
    struct lead lead = lead_of(bytes[0]);
    uint32_t value = bytes[0] & (0x3fu >> lead.followers);
    size_t i;

    *character = REPLACEMENT;
    if (bytes[0] < 0x80) {
        *character = bytes[0];
        return 1;
    }
    if (lead.followers == 0)
        return 1;
    for (i = 1; i <= lead.followers; i++) {
        if (i == count)
            return 0;
        if (bytes[i] < lead.low || bytes[i] > lead.high)
            return i;
        value = value << 6 | (bytes[i] & 0x3fu);
        lead.low = 0x80;
        lead.high = 0xbf;
    }
    *character = value;
    return i;
}

size_t
utf8_to_units(const uint8_t *bytes, size_t count, bool last, uint16_t *units, size_t *unit_count)
{
    size_t at = 0, n = 0;

    while (at < count) {
        uint32_t character;
        size_t used = next_character(bytes + at, count - at, &character);

        if (used == 0 && !last)
            break;
        at += used != 0 ? used : count - at;
        if (character < 0x10000) {
            units[n++] = (uint16_t)character;
        } else {
            units[n++] = (uint16_t)(0xd800 + ((character - 0x10000) >> 10));
            units[n++] = (uint16_t)(0xdc00 + ((character - 0x10000) & 0x3ff));
        }
    }
    *unit_count = n;
    return at;
}
