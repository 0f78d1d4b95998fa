/*
 * word.c - numbers whatever their form.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/word.h"

#include "object/layout.h"

int64_t
word_long_value(word_t word)
{
    if (word_tag(word) == TAG_LONG)
        return word_to_long(word);
    assert(word_is_ref(word));
    return (int64_t)GET_U64(box_object, word, bits);
}

uint64_t
word_double_bits(word_t word)
{
    if (word_tag(word) == TAG_DOUBLE)
        return word_to_double_bits(word);
    assert(word_is_ref(word));
    return GET_U64(box_object, word, bits);
}

bool
word_same(word_t a, word_t b)
{
    uint32_t class_number;

    if (a == b)
        return true;
    if (!word_is_ref(a) || !word_is_ref(b))
        return false;
    class_number = header_class_number(obj_header(a));
    return (class_number == CLASS_LONG || class_number == CLASS_DOUBLE) &&
           header_class_number(obj_header(b)) == class_number &&
           GET_U64(box_object, a, bits) == GET_U64(box_object, b, bits);
}
