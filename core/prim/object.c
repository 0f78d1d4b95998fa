/*
 * object.c - what every object can do.
 *
 * The hash of a number follows from its value alone, whatever its class, because
 * numbers of different classes may be equal. It lies in maps of the space, so
 * it is the same for every release.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#include "format/space.h"
#include "vm/monitor.h"

static int32_t
long_hash(int64_t value)
{
    if (value >= INT32_MIN && value <= INT32_MAX)
        return (int32_t)value;
    return (int32_t)((uint64_t)value ^ (uint64_t)value >> 32);
}

static int32_t
double_hash(double value)
{
    uint64_t bits;

    if (value >= -0x1p63 && value < 0x1p63 && (double)(int64_t)value == value)
        return long_hash((int64_t)value);
    if (value != value)
        return 0x7ff80000;
    bits = bits_of_double(value);
    return (int32_t)(bits ^ bits >> 32);
}

/* True if the word is a number, a character or a Boolean. */
static bool
value_hash(word_t word, int32_t *hash)
{
    switch (heap_class_of(word)) {
    case CLASS_INT:
        *hash = word_to_int(word);
        return true;
    case CLASS_LONG:
        *hash = long_hash(word_long_value(word));
        return true;
    case CLASS_FLOAT:
        *hash = double_hash((double)bits_to_float(word_to_float_bits(word)));
        return true;
    case CLASS_DOUBLE:
        *hash = double_hash(bits_to_double(word_double_bits(word)));
        return true;
    case CLASS_CHAR:
    case CLASS_CODE_POINT:
    case CLASS_BOOLEAN:
        *hash = (int32_t)word_to_unsigned(word);
        return true;
    default:
        return false;
    }
}

enum prim_answer
prim_object_class(struct prim_call *call)
{
    uint64_t number = heap_class_of(call->words[0]);

    return prim_return_word(call, pmem_load64(SPACE_CLASS_TABLE + 8 * number));
}

enum prim_answer
prim_object_hash(struct prim_call *call)
{
    int32_t hash;
    ref_t monitor;

    if (value_hash(call->words[0], &hash))
        return prim_return_int(call, hash);
    monitor = monitor_of(call->words[0]); /* which may have it, and may be damaged */
    if (monitor != 0)
        (void)GET_U32(monitor_object, monitor, hash);
    prim_invoke(call);
    return prim_return_int(call, (int32_t)monitor_identity_hash(call->words[0]));
}

enum prim_answer
prim_object_same(struct prim_call *call)
{
    return prim_return_boolean(call, word_same(call->words[0], call->words[1]));
}
