/*
 * method.c - methods as objects: what they are called and take, and calling them.
 *
 * Calls end in vm/call_array.c. Private methods, and those that only the machine calls, are
 * refused there: who holds a method as an object may do no more than who could name it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "format/module.h"

static bool
is_method(const struct prim_call *call)
{
    return prim_is(call->words[0], CLASS_METHOD);
}

enum prim_answer
prim_method_name(struct prim_call *call)
{
    if (!is_method(call))
        return prim_refuse(call, 0, "a method");
    return prim_return_word(call, GET_WORD(method_object, call->words[0], name));
}

enum prim_answer
prim_method_owner(struct prim_call *call)
{
    if (!is_method(call))
        return prim_refuse(call, 0, "a method");
    return prim_return_word(call, GET_WORD(method_object, call->words[0], owner));
}

enum prim_answer
prim_method_signature(struct prim_call *call)
{
    if (!is_method(call))
        return prim_refuse(call, 0, "a method");
    return prim_return_word(call, GET_WORD(method_object, call->words[0], signature));
}

enum prim_answer
prim_method_flags(struct prim_call *call)
{
    if (!is_method(call))
        return prim_refuse(call, 0, "a method");
    return prim_return_int(call, (int32_t)GET_U32(method_object, call->words[0], flags));
}

enum prim_answer
prim_method_number(struct prim_call *call)
{
    uint32_t number;

    if (!is_method(call))
        return prim_refuse(call, 0, "a method");
    number = GET_U32(method_object, call->words[0], ordinal);
    return prim_return_int(call, number == MODULE_NO_ORDINAL ? -1 : (int32_t)number);
}

enum prim_answer
prim_method_call(struct prim_call *call)
{
    if (!is_method(call))
        return prim_refuse(call, 0, "a method");
    if (!prim_is(call->words[2], CLASS_WORDS))
        return prim_refuse(call, 2, "an array of arguments");
    return prim_call_method(call, call->words[0], call->words[1], call->words[2]);
}

enum prim_answer
prim_method_call_named(struct prim_call *call)
{
    if (!prim_is_string(call, 1))
        return prim_refuse(call, 1, "a name");
    if (!prim_is(call->words[2], CLASS_WORDS))
        return prim_refuse(call, 2, "an array of arguments");
    return prim_call_name(call, call->words[0], call->words[1], call->words[2]);
}
