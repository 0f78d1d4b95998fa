/*
 * table.c - the primitives by number, and what all of them use to say no.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

prim_fn *const prim_table[] = {
#define PRIMITIVE(number, name, kind, signature) [number] = prim_##name,
#include "format/primitives.def"
#undef PRIMITIVE
};

const uint32_t prim_table_count = sizeof prim_table / sizeof prim_table[0];

/* How much of a text stands in an exception about it. */
#define SHOWN_MAX 40

enum prim_answer
prim_refuse(struct prim_call *call, unsigned i, const char *wanted)
{
    if (call->words[i] == WORD_NULL)
        return prim_throw(call, VM_ERROR_NULL, "%s is wanted here, not null", wanted);
    return prim_throw(call, VM_ERROR_CAST, "%s is wanted here", wanted);
}

enum prim_answer
prim_refuse_text(struct prim_call *call, const char *wanted)
{
    char shown[SHOWN_MAX + 1];
    size_t bytes = string_to_utf8(call->words[0], NULL, shown, SHOWN_MAX);

    shown[bytes] = 0;
    return prim_throw(call, VM_ERROR_ARGUMENT, "not %s: \"%s\"", wanted, shown);
}

enum prim_answer
prim_return_text(struct prim_call *call, const char *text, size_t bytes)
{
    return prim_return_new(call, heap_string_latin1(call->heap, (const uint8_t *)text, bytes),
                           ARRAY_HEADER_BYTES + bytes);
}
