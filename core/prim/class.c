/*
 * class.c - classes as objects.
 *
 * A name leads only to a class that the code which asks could have named in its source: its own
 * program's, and the library's (law 6). Arrays that the machine keeps in a class are never handed
 * out; what is in them is asked for by index.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "format/module.h"
#include "vm/class_index.h"
#include "vm/link.h"

/* A name with more bytes is no name of a class. */
#define NAME_BYTES_MAX 1024u

enum prim_answer
prim_class_name(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    return prim_return_word(call, GET_WORD(class_object, call->words[0], name));
}

/* What an object is, whatever its class says of itself. */
enum prim_answer
prim_class_of(struct prim_call *call)
{
    if (call->words[0] == WORD_NULL)
        return prim_refuse(call, 0, "an object");
    return prim_return_word(call, class_of_number(word_class_number(call->words[0])));
}

enum prim_answer
prim_class_super(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    return prim_return_word(call, GET_WORD(class_object, call->words[0], super));
}

enum prim_answer
prim_class_is_interface(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    return prim_return_boolean(
        call, (GET_U32(class_object, call->words[0], flags) & CLASS_INTERFACE) != 0);
}

enum prim_answer
prim_class_has(struct prim_call *call)
{
    struct class_mirror *wanted, *class;

    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    if (call->words[1] == WORD_NULL)
        return prim_return_boolean(call, false);
    wanted = mirror_of_class(GET_U32(class_object, call->words[0], number));
    class = mirror_of_class(word_class_number(call->words[1]));
    if (wanted == NULL || class == NULL)
        return prim_throw(call, VM_ERROR_MEMORY, "no memory to look at a class");
    return prim_return_boolean(call, mirror_is_subclass(class, wanted));
}

/* ---- by name ---- */

/* The class with the name words[i] as the application sees it; null if that sees none. */
static enum prim_answer
find(struct prim_call *call, unsigned i, uint32_t application)
{
    char name[NAME_BYTES_MAX];
    uint32_t number, units = 0;
    size_t bytes;
    err_t err;

    if (!prim_is_string(call, i))
        return prim_refuse(call, i, "a string");
    bytes = string_to_utf8(call->words[i], &units, name, sizeof name);
    if (bytes == 0 || name[0] != '.' || units < array_length(call->words[i]))
        return prim_return_word(call, WORD_NULL);
    err = class_find(application, name, bytes, &number);
    if (err == ERR_NOMEM)
        return prim_throw(call, VM_ERROR_MEMORY, "no memory to look for a class");
    return prim_return_word(call, err == OK ? class_of_number(number) : WORD_NULL);
}

/* What the code that asks could name. */
enum prim_answer
prim_class_find(struct prim_call *call)
{
    return find(call, 0, prim_caller_application(call));
}

/* What the code of a class could name: for the shell, which is asked on behalf of such code. */
enum prim_answer
prim_class_find_beside(struct prim_call *call)
{
    ref_t class = call->words[0];

    if (!prim_is(class, CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    return find(call, 1, class_application_id(GET_WORD(class_object, class, application)));
}

/* ---- what is in it ---- */

enum prim_answer
prim_class_flags(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    return prim_return_int(call, (int32_t)GET_U32(class_object, call->words[0], flags));
}

/* An element of one of the class's arrays; null behind the last. */
static enum prim_answer
element_at(struct prim_call *call, uint64_t offset)
{
    int32_t index = prim_int(call, 0);
    word_t array;

    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    array = obj_load_word(call->words[0], offset);
    if (array == WORD_NULL || index < 0 || (uint32_t)index >= array_length(array))
        return prim_return_word(call, WORD_NULL);
    return prim_return_word(call, array_load_word(array, (uint32_t)index));
}

enum prim_answer
prim_class_interface_at(struct prim_call *call)
{
    return element_at(call, offsetof(struct class_object, interfaces));
}

enum prim_answer
prim_class_field_at(struct prim_call *call)
{
    return element_at(call, offsetof(struct class_object, fields));
}

enum prim_answer
prim_class_method_at(struct prim_call *call)
{
    return element_at(call, offsetof(struct class_object, methods));
}

/* ---- a new object ---- */

enum prim_answer
prim_class_make(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    if (!prim_is(call->words[1], CLASS_WORDS))
        return prim_refuse(call, 1, "an array of arguments");
    return prim_call_new(call, call->words[0], call->words[1]);
}
