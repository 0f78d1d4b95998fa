/*
 * char.c - character units and code points.
 *
 * Case is that of ASCII and Latin-1; other characters have none here. The two
 * small letters of Latin-1 whose capitals lie outside of it stay as they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/char_priv.h"
#include "prim/prims_priv.h"

uint16_t
prim_unit_upper(uint16_t unit)
{
    if ((unit >= 'a' && unit <= 'z') || (unit >= 0xe0 && unit <= 0xfe && unit != 0xf7))
        return (uint16_t)(unit - 32);
    return unit;
}

uint16_t
prim_unit_lower(uint16_t unit)
{
    if ((unit >= 'A' && unit <= 'Z') || (unit >= 0xc0 && unit <= 0xde && unit != 0xd7))
        return (uint16_t)(unit + 32);
    return unit;
}

/* Outside Latin-1 everything is taken for a letter but spaces and punctuation. */
static bool
is_letter(uint16_t unit)
{
    if (unit < 0x80)
        return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z');
    if (unit < 0x100)
        return (unit >= 0xc0 && unit != 0xd7 && unit != 0xf7) || unit == 0xaa || unit == 0xb5 ||
               unit == 0xba;
    return !(unit >= 0x2000 && unit <= 0x206f) && !(unit >= 0x3000 && unit <= 0x303f);
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
