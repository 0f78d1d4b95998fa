/*
 * char.c - character units and code points.
 *
 * Case and letters are those of Unicode as far as one unit of UTF-16 goes: a unit has one capital,
 * one small letter, and neither is two. unicode.def holds them as runs that rise, so each question
 * is a search by halves; ASCII, the most of all text, does not ask.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/char_priv.h"

#include "base/text.h"
#include "prim/prims_priv.h"

/* Units first, first + step ... last; their other case is delta away. */
struct case_run {
    uint16_t first;
    uint16_t last;
    uint16_t step;
    int32_t delta;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct case_run upper_runs[] = {
#define UPPER(first, last, step, delta) { first, last, step, delta },
#define LOWER(first, last, step, delta)
#define LETTERS(first, last)
#include "prim/unicode.def"
#undef UPPER
#undef LOWER
};

static const struct case_run lower_runs[] = {
#define UPPER(first, last, step, delta)
#define LOWER(first, last, step, delta) { first, last, step, delta },
#include "prim/unicode.def"
#undef LOWER
#undef LETTERS
};

static const uint16_t letter_runs[][2] = {
#define LOWER(first, last, step, delta)
#define LETTERS(first, last) { first, last },
#include "prim/unicode.def"
#undef UPPER
#undef LOWER
#undef LETTERS
};

static uint16_t
other_case(const struct case_run *runs, size_t count, uint16_t unit)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct case_run *run = &runs[middle];

        if (unit > run->last)
            low = middle + 1;
        else if (unit < run->first)
            high = middle;
        else
            return (unit - run->first) % run->step == 0 ? (uint16_t)(unit + run->delta) : unit;
    }
    return unit;
}

uint16_t
prim_unit_upper(uint16_t unit)
{
    if (unit < 0x80)
        return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 32) : unit;
    return other_case(upper_runs, COUNT_OF(upper_runs), unit);
}

uint16_t
prim_unit_lower(uint16_t unit)
{
    if (unit < 0x80)
        return unit >= 'A' && unit <= 'Z' ? (uint16_t)(unit + 32) : unit;
    return other_case(lower_runs, COUNT_OF(lower_runs), unit);
}

static bool
is_letter(uint16_t unit)
{
    size_t low = 0, high = COUNT_OF(letter_runs);

    if (unit < 0x80)
        return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z');
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (unit > letter_runs[middle][1])
            low = middle + 1;
        else if (unit < letter_runs[middle][0])
            high = middle;
        else
            return true;
    }
    return false;
}

enum prim_answer
prim_char_text(struct prim_call *call)
{
    uint16_t unit = (uint16_t)word_to_unsigned(call->words[0]);

    if (heap_class_of(call->words[0]) != CLASS_CHAR)
        return prim_refuse(call, 0, "a character");
    return prim_return_new(call, heap_string_utf16(call->heap, &unit, 1), ARRAY_HEADER_BYTES + 8);
}

enum prim_answer
prim_char_upper(struct prim_call *call)
{
    return prim_return_int(call, prim_unit_upper((uint16_t)prim_int(call, 0)));
}

enum prim_answer
prim_char_lower(struct prim_call *call)
{
    return prim_return_int(call, prim_unit_lower((uint16_t)prim_int(call, 0)));
}

enum prim_answer
prim_char_is_letter(struct prim_call *call)
{
    return prim_return_boolean(call, is_letter((uint16_t)prim_int(call, 0)));
}

enum prim_answer
prim_code_point_value(struct prim_call *call)
{
    if (heap_class_of(call->words[0]) != CLASS_CODE_POINT)
        return prim_refuse(call, 0, "a code point");
    return prim_return_int(call, (int32_t)word_to_unsigned(call->words[0]));
}

enum prim_answer
prim_code_point_make(struct prim_call *call)
{
    int32_t value = prim_int(call, 0);

    if (value < 0 || value > 0x10ffff)
        return prim_throw(call, VM_ERROR_ARGUMENT, "no code point: %d", value);
    return prim_return_word(call, word_from_code_point((uint32_t)value));
}

enum prim_answer
prim_code_point_columns(struct prim_call *call)
{
    int32_t value = prim_int(call, 0);

    if (value < 0 || value > 0x10ffff)
        return prim_throw(call, VM_ERROR_ARGUMENT, "no code point: %d", value);
    return prim_return_int(call, (int32_t)text_columns((uint32_t)value));
}
