/*
 * string.c - text in its narrowest form.
 *
 * Invariant: HEADER_UTF16 is set if and only if some unit does not fit a byte. So
 * two strings of different forms are never equal, and equality of equal forms is
 * equality of bytes. Bytes behind the last unit are zero.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/string.h"

#define REPLACEMENT 0xfffdu

static inline uint64_t
units_at(ref_t string)
{
    return string + ARRAY_HEADER_BYTES;
}

static inline uint8_t
narrow_unit(ref_t string, uint32_t index)
{
    return atomic_load_explicit((_Atomic uint8_t *)(units_at(string) + index),
                                memory_order_relaxed);
}

static inline uint16_t
wide_unit(ref_t string, uint32_t index)
{
    return atomic_load_explicit((_Atomic uint16_t *)(units_at(string) + 2 * (uint64_t)index),
                                memory_order_relaxed);
}

static inline uint16_t
unit_of(ref_t string, bool utf16, uint32_t index)
{
    return utf16 ? wide_unit(string, index) : narrow_unit(string, index);
}

/* ---- UTF-8 ---- */

static inline bool
is_follower(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/*
 * Read one character at *at and move behind it. False at anything that is not
 * well-formed (The Unicode Standard 15.0, table 3-7).
 */
static bool
utf8_next(const uint8_t **at, const uint8_t *end, uint32_t *code_point)
{
    const uint8_t *s = *at;
    size_t left = (size_t)(end - s);

    if (s[0] < 0x80) {
        *code_point = s[0];
        *at = s + 1;
        return true;
    }
    if (s[0] >= 0xc2 && s[0] <= 0xdf && left >= 2 && is_follower(s[1])) {
        *code_point = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
        *at = s + 2;
        return true;
    }
    if ((s[0] & 0xf0) == 0xe0 && left >= 3 && is_follower(s[1]) && is_follower(s[2])) {
        uint32_t value =
            (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);

        if (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))
            return false;
        *code_point = value;
        *at = s + 3;
        return true;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4 && left >= 4 && is_follower(s[1]) && is_follower(s[2]) &&
        is_follower(s[3])) {
        uint32_t value = (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
                         (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);

        if (value < 0x10000 || value > 0x10ffff)
            return false;
        *code_point = value;
        *at = s + 4;
        return true;
    }
    return false;
}

static unsigned
utf8_bytes(uint32_t code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

static void
utf8_put(uint8_t *to, uint32_t code_point)
{
    switch (utf8_bytes(code_point)) {
    case 1:
        to[0] = (uint8_t)code_point;
        break;
    case 2:
        to[0] = (uint8_t)(0xc0 | code_point >> 6);
        to[1] = (uint8_t)(0x80 | (code_point & 0x3f));
        break;
    case 3:
        to[0] = (uint8_t)(0xe0 | code_point >> 12);
        to[1] = (uint8_t)(0x80 | (code_point >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (code_point & 0x3f));
        break;
    default:
        to[0] = (uint8_t)(0xf0 | code_point >> 18);
        to[1] = (uint8_t)(0x80 | (code_point >> 12 & 0x3f));
        to[2] = (uint8_t)(0x80 | (code_point >> 6 & 0x3f));
        to[3] = (uint8_t)(0x80 | (code_point & 0x3f));
        break;
    }
}

/* Units of a character, 1 or 2. */
static unsigned
to_units(uint32_t code_point, uint16_t units[2])
{
    if (code_point < 0x10000) {
        units[0] = (uint16_t)code_point;
        return 1;
    }
    units[0] = (uint16_t)(0xd800 + ((code_point - 0x10000) >> 10));
    units[1] = (uint16_t)(0xdc00 + ((code_point - 0x10000) & 0x3ff));
    return 2;
}

/* The character at *index, half a pair being REPLACEMENT; moves *index behind it. */
static uint32_t
string_next(ref_t string, bool utf16, uint32_t length, uint32_t *index)
{
    uint32_t unit = unit_of(string, utf16, *index);
    uint32_t low;

    *index += 1;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || *index == length)
        return REPLACEMENT;
    low = unit_of(string, utf16, *index);
    if (low < 0xdc00 || low > 0xdfff)
        return REPLACEMENT;
    *index += 1;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* ---- making ---- */

bool
string_measure_utf8(const char *text, size_t bytes, struct string_form *form)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + bytes;
    uint64_t units = 0;
    bool utf16 = false;

    while (at != end) {
        uint32_t code_point;

        if (!utf8_next(&at, end, &code_point))
            return false;
        units += code_point < 0x10000 ? 1 : 2;
        utf16 |= code_point > 0xff;
    }
    if (units > STRING_UNITS_MAX)
        return false;
    *form = (struct string_form){ (uint32_t)units, utf16 };
    return true;
}

bool
string_measure_latin1(const uint8_t *units, size_t count, struct string_form *form)
{
    (void)units;
    if (count > STRING_UNITS_MAX)
        return false;
    *form = (struct string_form){ (uint32_t)count, false };
    return true;
}

bool
string_measure_utf16(const uint16_t *units, size_t count, struct string_form *form)
{
    uint16_t all = 0;

    if (count > STRING_UNITS_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        all |= units[i];
    *form = (struct string_form){ (uint32_t)count, all > 0xff };
    return true;
}

struct string_form
string_measure_part(ref_t string, uint32_t from, uint32_t count)
{
    bool utf16 = false;

    assert((uint64_t)from + count <= array_length(string));
    if (string_is_utf16(string)) {
        for (uint32_t i = 0; i < count && !utf16; i++)
            utf16 = wide_unit(string, from + i) > 0xff;
    }
    return (struct string_form){ count, utf16 };
}

bool
string_measure_join(ref_t first, ref_t second, struct string_form *form)
{
    uint64_t units = (uint64_t)array_length(first) + array_length(second);

    if (units > STRING_UNITS_MAX)
        return false;
    *form =
        (struct string_form){ (uint32_t)units, string_is_utf16(first) || string_is_utf16(second) };
    return true;
}

void
string_begin(ref_t string, struct string_form form)
{
    assert(form.units <= STRING_UNITS_MAX);
    if (form.utf16)
        obj_store_raw64(string, 0, obj_header(string) | HEADER_UTF16);
    obj_store_raw32(string, 8, form.units);
}

void
string_fill_unit(ref_t string, uint32_t index, uint16_t unit)
{
    if (string_is_utf16(string))
        obj_store_raw16(string, ARRAY_HEADER_BYTES + 2 * (uint64_t)index, unit);
    else
        obj_store_raw8(string, ARRAY_HEADER_BYTES + index, (uint8_t)unit);
}

void
string_fill_utf8(ref_t string, const char *text, size_t bytes)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + bytes;
    uint32_t length = array_length(string);
    uint32_t index = 0;

    if (!string_is_utf16(string) && length == bytes) { /* all of it is ASCII */
        pmem_copy_in(units_at(string), text, bytes);
        return;
    }
    while (at != end) {
        uint16_t units[2];
        uint32_t code_point;
        unsigned count;

        if (!utf8_next(&at, end, &code_point))
            panic("string_fill_utf8: text that was not measured");
        count = to_units(code_point, units);
        assert(index + count <= length);
        for (unsigned i = 0; i < count; i++)
            string_fill_unit(string, index++, units[i]);
    }
    assert(index == length);
}

void
string_fill_latin1(ref_t string, const uint8_t *units, size_t count)
{
    assert(array_length(string) == count);
    assert(!string_is_utf16(string));
    if (count > 0)
        pmem_copy_in(units_at(string), units, count);
}

void
string_fill_utf16(ref_t string, const uint16_t *units, size_t count)
{
    assert(array_length(string) == count);
    if (string_is_utf16(string)) {
        pmem_copy_in(units_at(string), units, 2 * count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        string_fill_unit(string, (uint32_t)i, units[i]);
}

void
string_fill_part(ref_t string, uint32_t at, ref_t from, uint32_t from_index, uint32_t count)
{
    bool utf16 = string_is_utf16(string);

    assert((uint64_t)at + count <= array_length(string));
    assert((uint64_t)from_index + count <= array_length(from));
    if (count == 0)
        return;
    if (utf16 == string_is_utf16(from)) {
        pmem_copy(units_at(string) + ((uint64_t)at << utf16),
                  units_at(from) + ((uint64_t)from_index << utf16), (uint64_t)count << utf16);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint16_t unit = string_unit(from, from_index + i);

        assert(utf16 || unit <= 0xff);
        string_fill_unit(string, at + i, unit);
    }
}

/* ---- asking ---- */

bool
string_equal(ref_t a, ref_t b)
{
    bool utf16 = string_is_utf16(a);
    uint64_t bytes = (uint64_t)array_length(a) << utf16;
    uint64_t at = 0;

    if (a == b)
        return true;
    if (array_length(a) != array_length(b) || utf16 != string_is_utf16(b))
        return false;
    for (; at < bytes; at += 8) { /* the last word is zero behind the units */
        if (pmem_load64(units_at(a) + at) != pmem_load64(units_at(b) + at))
            return false;
    }
    return true;
}

bool
string_equal_utf8(ref_t string, const char *text, size_t bytes)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + bytes;
    bool utf16 = string_is_utf16(string);
    uint32_t length = array_length(string);
    uint32_t index = 0;

    while (at != end) {
        uint16_t units[2];
        uint32_t code_point;
        unsigned count;

        if (!utf8_next(&at, end, &code_point))
            return false;
        count = to_units(code_point, units);
        if (count > length - index)
            return false;
        for (unsigned i = 0; i < count; i++) {
            if (unit_of(string, utf16, index++) != units[i])
                return false;
        }
    }
    return index == length;
}

int
string_compare(ref_t a, ref_t b)
{
    bool a_utf16 = string_is_utf16(a);
    bool b_utf16 = string_is_utf16(b);
    uint32_t a_length = array_length(a);
    uint32_t b_length = array_length(b);

    for (uint32_t i = 0; i < a_length && i < b_length; i++) {
        int difference = (int)unit_of(a, a_utf16, i) - (int)unit_of(b, b_utf16, i);

        if (difference != 0)
            return difference;
    }
    return (a_length > b_length) - (a_length < b_length);
}

uint32_t
string_hash(ref_t string)
{
    uint32_t hash = pmem_load32(string + STRING_HASH_OFFSET);
    bool utf16;
    uint32_t length;

    if (hash != 0)
        return hash;
    utf16 = string_is_utf16(string);
    length = array_length(string);
    for (uint32_t i = 0; i < length; i++)
        hash = 31 * hash + unit_of(string, utf16, i);
    if (hash != 0)
        obj_store_raw32(string, STRING_HASH_OFFSET, hash);
    return hash;
}

uint32_t
string_hash_utf8(const char *text, size_t bytes)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + bytes;
    uint32_t hash = 0;

    while (at != end) {
        uint16_t units[2];
        uint32_t code_point;
        unsigned count;

        if (!utf8_next(&at, end, &code_point))
            panic("string_hash_utf8: text that was not measured");
        count = to_units(code_point, units);
        for (unsigned i = 0; i < count; i++)
            hash = 31 * hash + units[i];
    }
    return hash;
}

size_t
string_to_utf8(ref_t string, uint32_t *from_unit, char *buffer, size_t byte_max)
{
    bool utf16 = string_is_utf16(string);
    uint32_t length = array_length(string);
    uint32_t index = from_unit != NULL ? *from_unit : 0;
    size_t bytes = 0;

    while (index < length) {
        uint32_t next = index;
        uint32_t code_point = string_next(string, utf16, length, &next);

        if (utf8_bytes(code_point) > byte_max - bytes)
            break;
        utf8_put((uint8_t *)buffer + bytes, code_point);
        bytes += utf8_bytes(code_point);
        index = next;
    }
    if (from_unit != NULL)
        *from_unit = index;
    return bytes;
}

uint64_t
string_utf8_bytes(ref_t string)
{
    bool utf16 = string_is_utf16(string);
    uint32_t length = array_length(string);
    uint64_t bytes = 0;
    uint32_t index = 0;

    while (index < length)
        bytes += utf8_bytes(string_next(string, utf16, length, &index));
    return bytes;
}
