/*
 * text.c - new strings and boxes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/text.h"

ref_t
heap_string(struct heap_local *local, struct string_form form)
{
    ref_t string = heap_alloc(local, string_object_bytes(form), CLASS_STRING);

    if (string != 0)
        string_begin(string, form);
    return string;
}

ref_t
heap_string_utf8(struct heap_local *local, const char *text, size_t bytes)
{
    struct string_form form;
    ref_t string;

    if (!string_measure_utf8(text, bytes, &form))
        panic("heap_string_utf8: text that was not measured");
    string = heap_string(local, form);
    if (string != 0)
        string_fill_utf8(string, text, bytes);
    return string;
}

ref_t
heap_string_latin1(struct heap_local *local, const uint8_t *units, size_t count)
{
    struct string_form form;
    ref_t string;

    if (!string_measure_latin1(units, count, &form))
        panic("heap_string_latin1: text that was not measured");
    string = heap_string(local, form);
    if (string != 0)
        string_fill_latin1(string, units, count);
    return string;
}

ref_t
heap_string_utf16(struct heap_local *local, const uint16_t *units, size_t count)
{
    struct string_form form;
    ref_t string;

    if (!string_measure_utf16(units, count, &form))
        panic("heap_string_utf16: text that was not measured");
    string = heap_string(local, form);
    if (string != 0)
        string_fill_utf16(string, units, count);
    return string;
}

ref_t
heap_string_part(struct heap_local *local, ref_t string, uint32_t from, uint32_t count)
{
    ref_t part = heap_string(local, string_measure_part(string, from, count));

    if (part != 0)
        string_fill_part(part, 0, string, from, count);
    return part;
}

ref_t
heap_string_join(struct heap_local *local, ref_t first, ref_t second)
{
    struct string_form form;
    ref_t string;

    if (!string_measure_join(first, second, &form))
        panic("heap_string_join: text that was not measured");
    string = heap_string(local, form);
    if (string != 0) {
        string_fill_part(string, 0, first, 0, array_length(first));
        string_fill_part(string, array_length(first), second, 0, array_length(second));
    }
    return string;
}

static word_t
box(struct heap_local *local, uint32_t class_number, uint64_t bits)
{
    ref_t object = heap_alloc(local, sizeof(struct box_object), class_number);

    if (object != 0)
        SET_U64(box_object, object, bits, bits);
    return object;
}

word_t
heap_word_from_long(struct heap_local *local, int64_t value)
{
    if (long_fits_word(value))
        return word_from_long(value);
    return box(local, CLASS_LONG, (uint64_t)value);
}

word_t
heap_word_from_double(struct heap_local *local, uint64_t bits)
{
    if (double_fits_word(bits))
        return word_from_double_bits(bits);
    return box(local, CLASS_DOUBLE, bits);
}
