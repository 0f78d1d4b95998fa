/*
 * integer.c - whole numbers as text, and text as whole numbers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "base/format.h"

#define RADIX_MIN 2
#define RADIX_MAX 36

/* A sign and 64 binary digits; a longer text is no number. */
#define DIGITS_MAX 66

static enum prim_answer
integer_text(struct prim_call *call, int64_t value, int32_t radix)
{
    char digits[DIGITS_MAX];
    char *end = digits + sizeof digits;
    char *at = end;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    if (radix < RADIX_MIN || radix > RADIX_MAX)
        return prim_throw(call, VM_ERROR_ARGUMENT, "no radix: %d", radix);
    if (radix == 10)
        return prim_return_text(call, digits, format_long(digits, value));
    do {
        unsigned digit = (unsigned)(left % (unsigned)radix);

        *--at = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        left /= (unsigned)radix;
    } while (left != 0);
    if (value < 0)
        *--at = '-';
    return prim_return_text(call, at, (size_t)(end - at));
}

/* The receiver as text, if it is of that class. */
static enum prim_answer
receiver_text(struct prim_call *call, enum well_known_class class, const char *wanted,
              int32_t radix)
{
    word_t word = call->words[0];

    if (heap_class_of(word) != class)
        return prim_refuse(call, 0, wanted);
    return integer_text(call, class == CLASS_INT ? word_to_int(word) : word_long_value(word),
                        radix);
}

enum prim_answer
prim_int_text(struct prim_call *call)
{
    return receiver_text(call, CLASS_INT, "an int", 10);
}

enum prim_answer
prim_int_text_radix(struct prim_call *call)
{
    return receiver_text(call, CLASS_INT, "an int", prim_int(call, 0));
}

enum prim_answer
prim_long_text(struct prim_call *call)
{
    return receiver_text(call, CLASS_LONG, "a long", 10);
}

enum prim_answer
prim_long_text_radix(struct prim_call *call)
{
    return receiver_text(call, CLASS_LONG, "a long", prim_int(call, 0));
}

static unsigned
digit_value(uint16_t unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - '0';
    if (unit >= 'a' && unit <= 'z')
        return unit - 'a' + 10u;
    if (unit >= 'A' && unit <= 'Z')
        return unit - 'A' + 10u;
    return RADIX_MAX;
}

/* True if all of the string is a number of that radix from `min` to `max`. */
static bool
parse(ref_t string, unsigned radix, int64_t min, int64_t max, int64_t *value)
{
    uint32_t length = array_length(string);
    uint32_t at = 0;
    bool negative = false;
    uint64_t limit, number = 0;

    if (length == 0 || length > DIGITS_MAX)
        return false;
    if (string_unit(string, 0) == '-' || string_unit(string, 0) == '+') {
        negative = string_unit(string, 0) == '-';
        at = 1;
    }
    if (at == length)
        return false;
    limit = negative ? 0 - (uint64_t)min : (uint64_t)max;
    for (; at < length; at++) {
        unsigned digit = digit_value(string_unit(string, at));

        if (digit >= radix || number > (limit - digit) / radix)
            return false;
        number = number * radix + digit;
    }
    *value = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

/* The argument, in the radix behind it, from `min` to `max`. */
static enum prim_answer
parse_argument(struct prim_call *call, int64_t min, int64_t max, const char *wanted)
{
    int32_t radix = prim_int(call, 0);
    int64_t value;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (radix < RADIX_MIN || radix > RADIX_MAX)
        return prim_throw(call, VM_ERROR_ARGUMENT, "no radix: %d", radix);
    if (!parse(call->words[0], (unsigned)radix, min, max, &value))
        return prim_refuse_text(call, wanted);
    return prim_return_long(call, value);
}

enum prim_answer
prim_int_parse(struct prim_call *call)
{
    return parse_argument(call, INT32_MIN, INT32_MAX, "an int");
}

enum prim_answer
prim_long_parse(struct prim_call *call)
{
    return parse_argument(call, INT64_MIN, INT64_MAX, "a long");
}
