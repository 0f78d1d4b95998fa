/*
 * character.c - UTF-8, and how wide characters are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "console/character.h"

struct range {
    uint32_t first, last;
};

static const struct range mark_ranges[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 },   { 0x0591, 0x05bd },   { 0x05bf, 0x05bf },
    { 0x05c1, 0x05c2 }, { 0x05c4, 0x05c5 },   { 0x0610, 0x061a },   { 0x064b, 0x065f },
    { 0x0670, 0x0670 }, { 0x06d6, 0x06dc },   { 0x06df, 0x06e4 },   { 0x0900, 0x0902 },
    { 0x093c, 0x093c }, { 0x0941, 0x0948 },   { 0x094d, 0x094d },   { 0x0e31, 0x0e31 },
    { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e },   { 0x1ab0, 0x1aff },   { 0x1dc0, 0x1dff },
    { 0x200b, 0x200f }, { 0x202a, 0x202e },   { 0x2060, 0x2064 },   { 0x20d0, 0x20ff },
    { 0x302a, 0x302f }, { 0x3099, 0x309a },   { 0xfe00, 0xfe0f },   { 0xfe20, 0xfe2f },
    { 0xfeff, 0xfeff }, { 0x1f3fb, 0x1f3ff }, { 0xe0020, 0xe007f }, { 0xe0100, 0xe01ef },
};

static const struct range wide_ranges[] = {
    { 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x23e9, 0x23ec },   { 0x2614, 0x2615 },
    { 0x26a1, 0x26a1 },   { 0x2705, 0x2705 },   { 0x2728, 0x2728 },   { 0x274c, 0x274c },
    { 0x2753, 0x2755 },   { 0x2795, 0x2797 },   { 0x2b50, 0x2b50 },   { 0x2e80, 0x303e },
    { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97f },
    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
    { 0xffe0, 0xffe6 },   { 0x1f18e, 0x1f18e }, { 0x1f191, 0x1f19a }, { 0x1f200, 0x1f265 },
    { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f7e0, 0x1f7eb }, { 0x1f900, 0x1f9ff },
    { 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

#define RANGES(table) (table), sizeof(table) / sizeof((table)[0])

static int
is_in(uint32_t character, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].first <= character; i++) {
        if (character <= ranges[i].last)
            return 1;
    }
    return 0;
}

unsigned
character_bytes(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

uint32_t
character_decode(const uint8_t *bytes, unsigned count)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t character = count == 1 ? bytes[0] : bytes[0] & (0xffu >> (count + 1));

    for (unsigned i = 1; i < count; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return UINT32_MAX;
        character = character << 6 | (bytes[i] & 0x3f);
    }
    if (character < least[count] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return UINT32_MAX;
    return character;
}

unsigned
character_columns(uint32_t character)
{
    if (is_in(character, RANGES(mark_ranges)))
        return 0;
    return is_in(character, RANGES(wide_ranges)) ? 2 : 1;
}
