/*
 * array.c - long copies between arrays of the machine.
 *
 * A copy goes in pieces with safepoints between them, so others may see it
 * half done. Only arrays that C knows by number take part: they hold words of any
 * kind, or raw elements, so no element needs a look.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

/* The kind of argument `i`; KIND_PLAIN if it is no array of the machine. */
static enum object_kind
kind_of(const struct prim_call *call, unsigned i)
{
    if (!word_is_ref(call->words[i]))
        return KIND_PLAIN;
    return array_kind_of_class(header_class_number(obj_header(call->words[i])));
}

static bool
in_bounds(ref_t array, int32_t from, int32_t count)
{
    return from >= 0 && count >= 0 &&
           (uint64_t)(uint32_t)from + (uint32_t)count <= array_length(array);
}

static enum prim_answer
refuse_bounds(struct prim_call *call, ref_t array, int32_t from, int32_t count)
{
    return prim_throw(call, VM_ERROR_BOUNDS, "%d elements from %d of an array of %u", count, from,
                      array_length(array));
}

enum prim_answer
prim_array_copy(struct prim_call *call)
{
    enum object_kind kind = kind_of(call, 0);
    ref_t from = call->words[0], to = call->words[1];
    int32_t from_index = prim_int(call, 0), to_index = prim_int(call, 1);
    int32_t count = prim_int(call, 2);
    uint32_t done = (uint32_t)prim_progress(call);
    uint32_t piece, at;

    if (kind == KIND_PLAIN)
        return prim_refuse(call, 0, "an array of the machine");
    if (kind_of(call, 1) == KIND_PLAIN ||
        header_class_number(obj_header(from)) != header_class_number(obj_header(to)))
        return prim_refuse(call, 1, "an array of the same class");
    if (!in_bounds(from, from_index, count))
        return refuse_bounds(call, from, from_index, count);
    if (!in_bounds(to, to_index, count))
        return refuse_bounds(call, to, to_index, count);
    if ((obj_header(to) & HEADER_IMMUTABLE) != 0)
        return prim_throw(call, VM_ERROR_STATE, "this array may not be changed");

    prim_invoke(call);
    piece = prim_piece((uint32_t)count - done);
    /* Within one array, upward: the last piece comes first. */
    at = from == to && to_index > from_index ? (uint32_t)count - done - piece : done;
    array_copy(to, (uint32_t)to_index + at, from, (uint32_t)from_index + at, piece, kind);
    if (done + piece < (uint32_t)count)
        return prim_again(call, done + piece, 0);
    return prim_return_void(call);
}

enum prim_answer
prim_array_clear(struct prim_call *call)
{
    enum object_kind kind = kind_of(call, 0);
    ref_t array = call->words[0];
    int32_t from = prim_int(call, 0), count = prim_int(call, 1);
    uint32_t done = (uint32_t)prim_progress(call);
    uint32_t piece, at;

    if (kind == KIND_PLAIN)
        return prim_refuse(call, 0, "an array of the machine");
    if (!in_bounds(array, from, count))
        return refuse_bounds(call, array, from, count);
    if ((obj_header(array) & HEADER_IMMUTABLE) != 0)
        return prim_throw(call, VM_ERROR_STATE, "this array may not be changed");

    prim_invoke(call);
    piece = prim_piece((uint32_t)count - done);
    at = (uint32_t)from + done;
    if (kind == KIND_WORDS) {
        for (uint32_t i = 0; i < piece; i++)
            array_store_word(array, at + i, WORD_NULL);
    } else if (piece > 0) {
        pmem_zero(array_at(array, kind, at), (uint64_t)piece << array_shift(kind));
    }
    if (done + piece < (uint32_t)count)
        return prim_again(call, done + piece, 0);
    return prim_return_void(call);
}
