/*
 * equal_priv.h - what == says of two words, as far as a look can tell.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "object/layout.h"
#include "object/string.h"

/* Units of strings that are compared at once, in bytes. */
#define EQUAL_BYTES_MAX 1024u

enum equal {
    EQUAL_NO,
    EQUAL_YES,
    EQUAL_SLOWLY, /* it takes more: long strings, a method, numbers of two kinds */
};

static inline bool
equal_is_string(word_t word)
{
    return word_is_ref(word) && header_class_number(pmem_load64(word)) == CLASS_STRING;
}

/* Two words that are not null: are they strings of the same units? */
static inline enum equal
equal_strings(word_t a, word_t b)
{
    uint64_t bytes;

    if (!equal_is_string(a) || !equal_is_string(b))
        return EQUAL_SLOWLY;
    if (array_length(a) != array_length(b) || string_is_utf16(a) != string_is_utf16(b))
        return EQUAL_NO;
    bytes = (uint64_t)array_length(a) << string_is_utf16(a);
    if (bytes > EQUAL_BYTES_MAX)
        return EQUAL_SLOWLY;
    /* The last eight are zero behind the units. */
    for (uint64_t at = ARRAY_HEADER_BYTES; at < ARRAY_HEADER_BYTES + bytes; at += 8) {
        if (pmem_load64(a + at) != pmem_load64(b + at))
            return EQUAL_NO;
    }
    return EQUAL_YES;
}

static inline enum equal
equal_words(word_t a, word_t b)
{
    if (a == WORD_NULL || b == WORD_NULL)
        return a == b ? EQUAL_YES : EQUAL_NO;
    if (word_tag(a) != word_tag(b))
        return EQUAL_SLOWLY;
    switch (word_tag(a)) {
    case TAG_INT:
    case TAG_CHAR:
    case TAG_BOOLEAN:
        return a == b ? EQUAL_YES : EQUAL_NO;
    case TAG_REF: /* the same box may hold NaN */
        return a == b && header_class_number(pmem_load64(a)) != CLASS_DOUBLE ? EQUAL_YES
                                                                             : equal_strings(a, b);
    default:
        return EQUAL_SLOWLY;
    }
}
