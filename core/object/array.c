/*
 * array.c - classes of arrays, and copying from one to another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/array.h"

enum well_known_class
array_class_of_type(char type)
{
    switch (type) {
    case 'w':
        return CLASS_WORDS;
    case 'z':
        return CLASS_BOOLEANS;
    case 'b':
        return CLASS_BYTES;
    case 's':
        return CLASS_SHORTS;
    case 'c':
        return CLASS_CHARS;
    case 'i':
        return CLASS_INTS;
    case 'l':
        return CLASS_LONGS;
    case 'f':
        return CLASS_FLOATS;
    case 'd':
        return CLASS_DOUBLES;
    default:
        return CLASS_NONE;
    }
}

enum object_kind
array_kind_of_class(uint32_t class_number)
{
    switch (class_number) {
    case CLASS_WORDS:
        return KIND_WORDS;
    case CLASS_BOOLEANS:
    case CLASS_BYTES:
        return KIND_RAW8;
    case CLASS_SHORTS:
    case CLASS_CHARS:
        return KIND_RAW16;
    case CLASS_INTS:
    case CLASS_FLOATS:
        return KIND_RAW32;
    case CLASS_LONGS:
    case CLASS_DOUBLES:
        return KIND_RAW64;
    default:
        return KIND_PLAIN;
    }
}

/* Words one by one: each store may have to be remembered. */
static void
copy_words(ref_t to, uint32_t to_index, ref_t from, uint32_t from_index, uint32_t count)
{
    if (to == from && to_index > from_index) {
        for (uint32_t i = count; i-- > 0;)
            array_store_word(to, to_index + i, array_load_word(from, from_index + i));
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        array_store_word(to, to_index + i, array_load_word(from, from_index + i));
}

void
array_copy(ref_t to, uint32_t to_index, ref_t from, uint32_t from_index, uint32_t count,
           enum object_kind kind)
{
    assert((uint64_t)to_index + count <= array_length(to));
    assert((uint64_t)from_index + count <= array_length(from));

    if (count == 0)
        return;
    if (kind == KIND_WORDS && !ref_is_young(to))
        copy_words(to, to_index, from, from_index, count);
    else
        pmem_copy(array_at(to, kind, to_index), array_at(from, kind, from_index),
                  (uint64_t)count << array_shift(kind));
}
