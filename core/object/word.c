/*
 * word.c - doubles that need no memory, and numbers whatever their form.
 *
 * A double is rotated left by one, so that its bits are exponent (11), mantissa
 * (52), sign (1). If the exponent is one of the 256 from 896 up (2^-127 to 2^128), then
 * subtracting 896 from it leaves its three highest bits zero, and the tag takes
 * their place. The two zeroes stay what they are; the two numbers +-2^-127
 * would look like them and get a box.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/word.h"

#include "object/layout.h"

#define EXPONENT_BASE (896ull << 53)
#define ROTATED_LIMIT (1ull << 61)

static uint64_t
rotate(uint64_t bits)
{
    return (bits << 1) | (bits >> 63);
}

bool
double_fits_word(uint64_t bits)
{
    uint64_t rotated = rotate(bits);

    return rotated <= 1 || (rotated - EXPONENT_BASE > 1 && rotated - EXPONENT_BASE < ROTATED_LIMIT);
}

word_t
word_from_double_bits(uint64_t bits)
{
    uint64_t rotated = rotate(bits);

    assert_slow(double_fits_word(bits));
    if (rotated > 1)
        rotated -= EXPONENT_BASE;
    return (rotated << 3) | TAG_DOUBLE;
}

uint64_t
word_to_double_bits(word_t word)
{
    uint64_t rotated = word >> 3;

    if (rotated > 1)
        rotated += EXPONENT_BASE;
    return (rotated >> 1) | (rotated << 63);
}

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
