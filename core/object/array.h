/*
 * array.h - arrays: what an element is, and how to reach it.
 *
 * Elements begin at ARRAY_HEADER_BYTES. Index checks are the caller's: these
 * functions assert nothing that the interpreter has not looked at already.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "object/layout.h"

#define ARRAY_LENGTH_OFFSET 8

/* log2 of the bytes of an element. Strings count as Latin-1. Not for plain objects and stacks. */
static inline unsigned
array_shift(enum object_kind kind)
{
    switch (kind) {
    case KIND_RAW16:
        return 1;
    case KIND_RAW32:
        return 2;
    case KIND_RAW64:
    case KIND_WORDS:
        return 3;
    default:
        return 0;
    }
}

/* Bytes of a whole array, header included, rounded up to 8. */
static inline uint64_t
array_bytes(enum object_kind kind, uint64_t length)
{
    return (ARRAY_HEADER_BYTES + (length << array_shift(kind)) + 7) & ~7ull;
}

/* The address of element `index`. */
static inline uint64_t
array_at(ref_t array, enum object_kind kind, uint64_t index)
{
    return array + ARRAY_HEADER_BYTES + (index << array_shift(kind));
}

/* The length of a new array; old arrays never change theirs. */
static inline void
array_length_set(ref_t array, uint32_t length)
{
    pmem_store32(array + ARRAY_LENGTH_OFFSET, length);
}

static inline word_t
array_load_word(ref_t array, uint32_t index)
{
    return obj_load_word(array, ARRAY_HEADER_BYTES + (uint64_t)index * 8);
}

static inline void
array_store_word(ref_t array, uint32_t index, word_t value)
{
    obj_store_word(array, ARRAY_HEADER_BYTES + (uint64_t)index * 8, value);
}

/* The class of an array with raw elements of a type character (zbscilfd), or of words (w). */
enum well_known_class array_class_of_type(char type);

/* The kind of a well-known array class; KIND_PLAIN if it is none. */
enum object_kind array_kind_of_class(uint32_t class_number);

/*
 * Copy `count` elements of one kind; like memmove if both are one array. Write barrier and,
 * for words, remembered set are seen to. At most PMEM_WORKER_CREDIT - 16 pages between
 * safepoints, or with credit of its own.
 */
void array_copy(ref_t to, uint32_t to_index, ref_t from, uint32_t from_index, uint32_t count,
                enum object_kind kind);
