/*
 * weak.c - weak references: the one way to what they refer to.
 *
 * The collector clears the field and has to know who reads it, so the class library reads it by
 * this primitive and by nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "format/module.h"
#include "format/space.h"

static bool
is_weak(word_t word)
{
    uint64_t number = heap_class_of(word);
    ref_t class = word_is_ref(word) ? pmem_load64(SPACE_CLASS_TABLE + 8 * number) : 0;

    return class != 0 && (GET_U32(class_object, class, flags) & CLASS_WEAK) != 0;
}

enum prim_answer
prim_weak_get(struct prim_call *call)
{
    if (call->words[0] == WORD_NULL || !is_weak(call->words[0]))
        return prim_refuse(call, 0, "a weak reference");
    return prim_return_word(call, heap_weak_get(call->words[0]));
}

enum prim_answer
prim_weak_is_gone(struct prim_call *call)
{
    if (call->words[0] == WORD_NULL || !is_weak(call->words[0]))
        return prim_refuse(call, 0, "a weak reference");
    return prim_return_boolean(call, heap_weak_is_null(call->words[0]));
}
