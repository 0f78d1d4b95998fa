/*
 * class.c - classes as objects.
 *
 * There is no way from a name to a class here: a class is reached from an object, or
 * because a program names it (law 6).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "format/module.h"
#include "vm/link.h"

enum prim_answer
prim_class_name(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    return prim_return_word(call, GET_WORD(class_object, call->words[0], name));
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
