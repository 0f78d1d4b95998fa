/*
 * string.h - text: Latin-1 where every unit fits a byte, UTF-16 elsewhere.
 *
 * Invariant: a string is in the narrowest form that holds it, so equal strings
 * have equal bytes. Strings never change once they are filled. To make one:
 * measure the text, allocate (heap/text.h does both), fill.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "object/layout.h"

#define STRING_HASH_OFFSET 12
#define STRING_UNITS_MAX   0x7fffffffu

/* What a text will look like as a string. */
struct string_form {
    uint32_t units;
    bool utf16;
};

static inline bool
string_is_utf16(ref_t string)
{
    return (obj_header(string) & HEADER_UTF16) != 0;
}

/* Bytes of the whole object, rounded up to 8. */
static inline uint64_t
string_object_bytes(struct string_form form)
{
    return (ARRAY_HEADER_BYTES + ((uint64_t)form.units << form.utf16) + 7) & ~7ull;
}

/* The unit at `index`, which is less than the length. */
static inline uint16_t
string_unit(ref_t string, uint32_t index)
{
    uint64_t at = string + ARRAY_HEADER_BYTES;

    if (string_is_utf16(string))
        return atomic_load_explicit((_Atomic uint16_t *)(at + 2 * (uint64_t)index),
                                    memory_order_relaxed);
    return atomic_load_explicit((_Atomic uint8_t *)(at + index), memory_order_relaxed);
}

/* ---- making ---- */

/*
 * The form of a text in memory outside the space.
 *
 *   form  filled if true is returned
 *
 * False if it is no well-formed UTF-8 (surrogates and overlong forms are not) or too long.
 * The other two are false only when too long.
 */
must_use bool string_measure_utf8(const char *text, size_t bytes, struct string_form *form);
must_use bool string_measure_latin1(const uint8_t *units, size_t count, struct string_form *form);
must_use bool string_measure_utf16(const uint16_t *units, size_t count, struct string_form *form);

/* The form of units [from, from + count) of a string. */
struct string_form string_measure_part(ref_t string, uint32_t from, uint32_t count);

/* The form of one string behind the other. False when too long. */
must_use bool string_measure_join(ref_t first, ref_t second, struct string_form *form);

/*
 * Say in the header of a new string what its form is; its units are zero. Filled then
 * by the functions below, before anyone else sees it.
 */
void string_begin(ref_t string, struct string_form form);

void string_fill_utf8(ref_t string, const char *text, size_t bytes);
void string_fill_latin1(ref_t string, const uint8_t *units, size_t count);
void string_fill_utf16(ref_t string, const uint16_t *units, size_t count);

/* Set one unit of a new string; it must fit the form. */
void string_fill_unit(ref_t string, uint32_t index, uint16_t unit);

/*
 * Set units [at, at + count) of a new string from another string. The new one is UTF-16, or
 * those units of the other all fit a byte.
 */
void string_fill_part(ref_t string, uint32_t at, ref_t from, uint32_t from_index, uint32_t count);

/* ---- asking ---- */

bool string_equal(ref_t a, ref_t b);
bool string_equal_utf8(ref_t string, const char *text, size_t bytes);

/* Less than, equal to, or greater than 0, by units. */
int string_compare(ref_t a, ref_t b);

/*
 * The hash s[0]*31^(n-1) + ... + s[n-1] of the units; kept in the string once
 * known. The same for every release: maps in the space rely on it.
 */
uint32_t string_hash(ref_t string);

/* The hash that string_hash gives for a string with this text; well-formed UTF-8. */
uint32_t string_hash_utf8(const char *text, size_t bytes);

/*
 * Write the string as UTF-8, with no ending zero. A surrogate without its
 * other half becomes U+FFFD.
 *
 *   buffer      outside the space; gets as many whole characters as fit
 *   from_unit   where to begin; NULL: the beginning. Moved behind what was written
 *
 * Returns how many bytes were written.
 */
size_t string_to_utf8(ref_t string, uint32_t *from_unit, char *buffer, size_t byte_max);

/* How many bytes the whole string has as UTF-8. */
uint64_t string_utf8_bytes(ref_t string);
