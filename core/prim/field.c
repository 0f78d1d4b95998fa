/*
 * field.c - fields as objects: what they are called and hold, and their values.
 *
 * Only public fields are read and written here, and constant ones only read: who holds a field as
 * an object may do no more than who could name it. What is stored fits the type as an
 * argument would, so the verifier's word about fields stays true.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include <stdatomic.h>

#include "format/module.h"
#include "vm/link.h"

#define SHOWN_BYTES 160

static bool
is_field(const struct prim_call *call)
{
    return prim_is(call->words[0], CLASS_FIELD);
}

enum prim_answer
prim_field_name(struct prim_call *call)
{
    if (!is_field(call))
        return prim_refuse(call, 0, "a field");
    return prim_return_word(call, GET_WORD(field_object, call->words[0], name));
}

enum prim_answer
prim_field_owner(struct prim_call *call)
{
    if (!is_field(call))
        return prim_refuse(call, 0, "a field");
    return prim_return_word(call, GET_WORD(field_object, call->words[0], owner));
}

enum prim_answer
prim_field_type(struct prim_call *call)
{
    if (!is_field(call))
        return prim_refuse(call, 0, "a field");
    return prim_return_word(call, GET_WORD(field_object, call->words[0], type));
}

enum prim_answer
prim_field_flags(struct prim_call *call)
{
    if (!is_field(call))
        return prim_refuse(call, 0, "a field");
    return prim_return_int(call, (int32_t)GET_U32(field_object, call->words[0], flags));
}

/* ---- where a value lies ---- */

struct place {
    ref_t field;
    ref_t holder;    /* the object; or the array of the class's statics */
    uint64_t offset; /* in it */
    char type;
    bool is_static;
};

/* Throws "class C has a field F that ...". */
static enum prim_answer
refuse_field(struct prim_call *call, enum vm_error error, ref_t field, const char *why)
{
    char class[SHOWN_BYTES + 1], name[SHOWN_BYTES + 1];
    word_t owner = GET_WORD(field_object, field, owner);

    class[string_to_utf8(GET_WORD(class_object, owner, name), NULL, class, SHOWN_BYTES)] = 0;
    name[string_to_utf8(GET_WORD(field_object, field, name), NULL, name, SHOWN_BYTES)] = 0;
    return prim_throw(call, error, "field %s of class %s %s", name, class, why);
}

static bool
is_word(char type)
{
    return type == 'w' || type == 'L' || type == '[';
}

static enum prim_answer
find_static(struct prim_call *call, struct place *place)
{
    ref_t class = GET_WORD(field_object, place->field, owner);

    if (!prim_is_initialised(call, class))
        return prim_initialise(call, class);
    place->holder = is_word(place->type) ? GET_WORD(class_object, class, statics)
                                         : GET_WORD(class_object, class, raw_statics);
    place->offset = ARRAY_HEADER_BYTES + 8 * (uint64_t)GET_U32(field_object, place->field, offset);
    return PRIM_DONE;
}

static enum prim_answer
find_in_object(struct prim_call *call, struct place *place)
{
    word_t object = call->words[1];
    struct class_mirror *class, *owner;

    if (object == WORD_NULL)
        return refuse_field(call, VM_ERROR_NULL, place->field, "belongs to an object, not to null");
    owner =
        mirror_of_class(GET_U32(class_object, GET_WORD(field_object, place->field, owner), number));
    class = mirror_of_class(word_class_number(object));
    if (owner == NULL || class == NULL)
        return prim_throw(call, VM_ERROR_MEMORY, "no memory to look at a class");
    if (!mirror_is_subclass(class, owner))
        return refuse_field(call, VM_ERROR_CAST, place->field, "is not in this object");
    place->holder = object;
    place->offset = GET_U32(field_object, place->field, offset);
    return PRIM_DONE;
}

/* PRIM_DONE, or another answer. */
static enum prim_answer
find_place(struct prim_call *call, struct place *place)
{
    uint32_t flags;

    if (!is_field(call))
        return prim_refuse(call, 0, "a field");
    place->field = call->words[0];
    flags = GET_U32(field_object, place->field, flags);
    if ((flags & MEMBER_PUBLIC) == 0)
        return refuse_field(call, VM_ERROR_ACCESS, place->field, "is not public");
    place->type = (char)string_unit(GET_WORD(field_object, place->field, type), 0);
    place->is_static = (flags & MEMBER_STATIC) != 0;
    return place->is_static ? find_static(call, place) : find_in_object(call, place);
}

/* ---- reading ---- */

static uint64_t
load_raw(const struct place *place)
{
    uint64_t at = place->holder + place->offset;

    switch (place->type) {
    case 'l':
    case 'd':
        return pmem_load64(at);
    case 'i':
    case 'f':
        return pmem_load32(at);
    case 's':
    case 'c':
        return atomic_load_explicit((_Atomic uint16_t *)at, memory_order_relaxed);
    default:
        return atomic_load_explicit((_Atomic uint8_t *)at, memory_order_relaxed);
    }
}

static enum prim_answer
return_raw(struct prim_call *call, char type, uint64_t raw)
{
    switch (type) {
    case 'z':
        return prim_return_word(call, word_from_boolean((raw & 1) != 0));
    case 'c':
        return prim_return_word(call, word_from_char((uint16_t)raw));
    case 'b':
        return prim_return_word(call, word_from_int((int8_t)raw));
    case 's':
        return prim_return_word(call, word_from_int((int16_t)raw));
    case 'f':
        return prim_return_word(call, word_from_float_bits((uint32_t)raw));
    case 'l':
        return prim_return_new(call, heap_word_from_long(call->heap, (int64_t)raw),
                               sizeof(struct box_object));
    case 'd':
        return prim_return_new(call, heap_word_from_double(call->heap, raw),
                               sizeof(struct box_object));
    default:
        return prim_return_word(call, word_from_int((int32_t)raw));
    }
}

enum prim_answer
prim_field_get(struct prim_call *call)
{
    struct place place;
    enum prim_answer answer = find_place(call, &place);

    if (answer != PRIM_DONE)
        return answer;
    if (is_word(place.type))
        return prim_return_word(call, obj_load_word(place.holder, place.offset));
    /* A static takes eight bytes, whatever its type. */
    return return_raw(call, place.type,
                      place.is_static ? pmem_load64(place.holder + place.offset)
                                      : load_raw(&place));
}

/* ---- writing ---- */

static void
store_raw(const struct place *place, uint64_t raw)
{
    if (place->is_static || place->type == 'l' || place->type == 'd')
        obj_store_raw64(place->holder, place->offset, raw);
    else if (place->type == 'i' || place->type == 'f')
        obj_store_raw32(place->holder, place->offset, (uint32_t)raw);
    else if (place->type == 's' || place->type == 'c')
        obj_store_raw16(place->holder, place->offset, (uint16_t)raw);
    else
        obj_store_raw8(place->holder, place->offset, (uint8_t)raw);
}

enum prim_answer
prim_field_set(struct prim_call *call)
{
    struct place place;
    enum prim_answer answer = find_place(call, &place);
    uint64_t raw = 0;
    err_t err;

    if (answer != PRIM_DONE)
        return answer;
    if ((GET_U32(field_object, place.field, flags) & MEMBER_FINAL) != 0)
        return refuse_field(call, VM_ERROR_ACCESS, place.field, "is constant");
    err = prim_fit(call->words[2], GET_WORD(field_object, place.field, owner),
                   GET_WORD(field_object, place.field, type), &raw);
    if (err == ERR_NOMEM)
        return prim_throw(call, VM_ERROR_MEMORY, "no memory to look at a class");
    if (err != OK)
        return refuse_field(call, VM_ERROR_CAST, place.field, "does not take this value");
    prim_invoke(call);
    if (is_word(place.type))
        obj_store_word(place.holder, place.offset, call->words[2]);
    else
        store_raw(&place, raw);
    return prim_return_void(call);
}
