/*
 * word.h - the 64-bit word: a reference, or an object that needs no memory.
 *
 * The low three bits say which. A reference is the 8-byte aligned address of
 * an object in the space; null is zero. Every immediate is an instance of a
 * class with methods, wherever an object is expected.
 *
 *   000 reference    001 int         010 long that fits 61 bits   011 float
 *   100 double       101 char unit   110 code point               111 boolean
 *
 * A double is immediate when its exponent lies within the middle 256 (as in
 * 64-bit Smalltalk systems): sign rotated to the low end, exponent rebased. A
 * long or double that does not fit is a box in the heap. So equal numbers of
 * one class are the same word or equal boxes, never a word and a box.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"

typedef uint64_t word_t; /* what a word slot holds */
typedef uint64_t ref_t;  /* a word that is known to be a reference, not null but where said */

enum word_tag {
    TAG_REF = 0,
    TAG_INT = 1,
    TAG_LONG = 2,
    TAG_FLOAT = 3,
    TAG_DOUBLE = 4,
    TAG_CHAR = 5,
    TAG_CODE_POINT = 6,
    TAG_BOOLEAN = 7,
};

#define WORD_NULL     0ull
#define WORD_TAG_MASK 7ull

static inline enum word_tag
word_tag(word_t word)
{
    return (enum word_tag)(word & WORD_TAG_MASK);
}

/* True for a reference that is not null. */
static inline bool
word_is_ref(word_t word)
{
    return (word & WORD_TAG_MASK) == TAG_REF && word != WORD_NULL;
}

static inline word_t
word_from_int(int32_t value)
{
    return ((uint64_t)(uint32_t)value << 32) | TAG_INT;
}

static inline int32_t
word_to_int(word_t word)
{
    return (int32_t)(word >> 32);
}

static inline bool
long_fits_word(int64_t value)
{
    return value >= -(1ll << 60) && value < (1ll << 60);
}

static inline word_t
word_from_long(int64_t value)
{
    return ((uint64_t)value << 3) | TAG_LONG;
}

static inline int64_t
word_to_long(word_t word)
{
    return (int64_t)word >> 3;
}

static inline word_t
word_from_float_bits(uint32_t bits)
{
    return ((uint64_t)bits << 32) | TAG_FLOAT;
}

static inline uint32_t
word_to_float_bits(word_t word)
{
    return (uint32_t)(word >> 32);
}

static inline word_t
word_from_char(uint16_t unit)
{
    return ((uint64_t)unit << 32) | TAG_CHAR;
}

static inline word_t
word_from_code_point(uint32_t code_point)
{
    return ((uint64_t)code_point << 32) | TAG_CODE_POINT;
}

static inline word_t
word_from_boolean(bool value)
{
    return ((uint64_t)value << 32) | TAG_BOOLEAN;
}

/* Of a char, code point or boolean. */
static inline uint32_t
word_to_unsigned(word_t word)
{
    return (uint32_t)(word >> 32);
}

/*
 * A double is rotated left by one, so that its bits are exponent (11), mantissa
 * (52), sign (1). If the exponent is one of the 256 from 896 up (2^-127 to 2^128), then
 * subtracting 896 from it leaves its three highest bits zero, and the tag takes
 * their place. The two zeroes stay what they are; the two numbers +-2^-127
 * would look like them and get a box.
 */
#define DOUBLE_EXPONENT_BASE (896ull << 53)
#define DOUBLE_ROTATED_LIMIT (1ull << 61)

static inline uint64_t
double_rotate(uint64_t bits)
{
    return (bits << 1) | (bits >> 63);
}

/* True if a double with these bits has an immediate form (both zeroes have). */
static inline bool
double_fits_word(uint64_t bits)
{
    uint64_t rotated = double_rotate(bits);

    return rotated <= 1 || (rotated - DOUBLE_EXPONENT_BASE > 1 &&
                            rotated - DOUBLE_EXPONENT_BASE < DOUBLE_ROTATED_LIMIT);
}

static inline word_t
word_from_double_bits(uint64_t bits)
{
    uint64_t rotated = double_rotate(bits);

    assert_slow(double_fits_word(bits));
    if (rotated > 1)
        rotated -= DOUBLE_EXPONENT_BASE;
    return (rotated << 3) | TAG_DOUBLE;
}

static inline uint64_t
word_to_double_bits(word_t word)
{
    uint64_t rotated = word >> 3;

    if (rotated > 1)
        rotated += DOUBLE_EXPONENT_BASE;
    return (rotated >> 1) | (rotated << 63);
}
