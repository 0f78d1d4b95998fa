/*
 * floating.c - floating numbers as text, and text as floating numbers.
 *
 * The text is the shortest that reads back as the same number, as in Java since 19.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "base/bits.h"
#include "base/format.h"

/* A longer text is no number. No double needs more than 770 digits to be told from its neighbours.
 */
#define TEXT_MAX 1000

/* Digits behind the point that double_text_fixed gives at most. */
#define FIXED_MAX 100

/* Digits before the point of the largest double. */
#define WHOLE_MAX 309

enum prim_answer
prim_double_text(struct prim_call *call)
{
    char text[FORMAT_DOUBLE_BYTES];

    if (heap_class_of(call->words[0]) != CLASS_DOUBLE)
        return prim_refuse(call, 0, "a double");
    return prim_return_text(call, text,
                            format_double(text, bits_to_double(word_double_bits(call->words[0]))));
}

enum prim_answer
prim_float_text(struct prim_call *call)
{
    char text[FORMAT_DOUBLE_BYTES];

    if (heap_class_of(call->words[0]) != CLASS_FLOAT)
        return prim_refuse(call, 0, "a float");
    return prim_return_text(call, text,
                            format_float(text, bits_to_float(word_to_float_bits(call->words[0]))));
}

/* The argument as ASCII; 0 bytes if it is too long or holds something else. */
static size_t
take_text(ref_t string, char text[TEXT_MAX])
{
    uint32_t length = array_length(string);

    if (length > TEXT_MAX || string_is_utf16(string))
        return 0;
    for (uint32_t i = 0; i < length; i++)
        text[i] = (char)string_unit(string, i);
    return length;
}

enum prim_answer
prim_double_parse(struct prim_call *call)
{
    char text[TEXT_MAX];
    size_t bytes;
    double value;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    bytes = take_text(call->words[0], text);
    if (bytes == 0 || !parse_double(text, bytes, &value))
        return prim_refuse_text(call, "a double");
    return prim_return_double(call, value);
}

static enum prim_answer
return_float(struct prim_call *call, float value)
{
    call->result_raw = bits_of_float(value);
    return PRIM_DONE;
}

enum prim_answer
prim_float_parse(struct prim_call *call)
{
    char text[TEXT_MAX];
    size_t bytes;
    float value;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    bytes = take_text(call->words[0], text);
    if (bytes == 0 || !parse_float(text, bytes, &value))
        return prim_refuse_text(call, "a float");
    return return_float(call, value);
}

enum prim_answer
prim_float_bits(struct prim_call *call)
{
    return prim_return_int(call, (int32_t)bits_of_float(prim_float(call, 0)));
}

enum prim_answer
prim_float_from_bits(struct prim_call *call)
{
    return return_float(call, bits_to_float((uint32_t)prim_int(call, 0)));
}

enum prim_answer
prim_double_bits(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)bits_of_double(prim_double(call, 0)));
}

enum prim_answer
prim_double_from_bits(struct prim_call *call)
{
    return prim_return_double(call, bits_to_double((uint64_t)prim_long(call, 0)));
}

/* Digit `i` of the rounded number 0.d0d1d2..., where digits begin at index 1 of `digits`. */
struct rounded {
    char digits[18]; /* digits[0] takes a carry */
    int count;
    int exponent;
};

/* Keep the digits up to `fraction` behind the point; half goes up, away from zero. */
static void
round_digits(struct rounded *number, int fraction)
{
    int keep = number->exponent + fraction;
    int i;

    if (keep >= number->count)
        return;
    if (keep < 0) {
        number->count = 0;
        return;
    }
    i = number->digits[keep + 1] >= '5' ? keep : -1;
    number->count = keep;
    for (; i >= 0; i--) {
        if (number->digits[i] != '9') {
            number->digits[i]++;
            break;
        }
        number->digits[i] = '0';
    }
}

/* The digit that stands `place` places left of the point (from 1) or right of it (from 0 down). */
static char
digit_at(const struct rounded *number, int place)
{
    int index = number->exponent - place; /* 0: the first digit; -1: the carry */

    if (index < -1 || index >= number->count)
        return '0';
    return number->digits[index + 1];
}

enum prim_answer
prim_double_text_fixed(struct prim_call *call)
{
    char text[WHOLE_MAX + FIXED_MAX + 4];
    struct rounded number = { .digits = "0" };
    int32_t fraction = prim_int(call, 0);
    size_t at = 0;
    double value;
    int place;

    if (heap_class_of(call->words[0]) != CLASS_DOUBLE)
        return prim_refuse(call, 0, "a double");
    if (fraction < 0 || fraction > FIXED_MAX)
        return prim_throw(call, VM_ERROR_ARGUMENT, "%d digits behind the point", fraction);
    value = bits_to_double(word_double_bits(call->words[0]));
    if (value != value || value - value != 0)
        return prim_return_text(call, text, format_double(text, value));

    number.count = (int)format_double_digits(value, number.digits + 1, &number.exponent);
    round_digits(&number, fraction);
    if (value < 0)
        text[at++] = '-';
    place = number.exponent > 0 ? number.exponent : 0;
    if (digit_at(&number, place + 1) != '0')
        place++;
    if (place == 0)
        text[at++] = '0';
    for (; place > 0; place--)
        text[at++] = digit_at(&number, place);
    if (fraction > 0)
        text[at++] = '.';
    for (; place > -fraction; place--)
        text[at++] = digit_at(&number, place);
    return prim_return_text(call, text, at);
}
