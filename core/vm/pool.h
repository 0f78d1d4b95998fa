/*
 * pool.h - what the constant pool of a module became in the space: a words
 * array, indexed as the module's pool, that all its methods share.
 *
 *   POOL_CLASS                the class object
 *   POOL_FIELD                the field object, found in the class or its supers
 *   POOL_METHOD               the method object, found in the class or its supers
 *   POOL_NAME, POOL_UTF8      the symbol (null where nobody needs the text)
 *   POOL_STRING               the string, which is a symbol too
 *   numbers, Boolean, char    the immediate object, or a box in old space
 *
 * So an instruction is linked by its pool entry alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "object/layout.h"

static inline word_t
pool_entry(ref_t pool, uint32_t index)
{
    return obj_load_word(pool, ARRAY_HEADER_BYTES + 8 * (uint64_t)index);
}
