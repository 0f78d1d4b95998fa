/*
 * string.c - asking a string.
 *
 * A string may be long, so whatever looks at all of it does so in pieces: the thread's
 * prim_raw says how far it has come. Strings never change, so nothing is lost between.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

/* Bytes that one piece compares, eight at a time. */
#define COMPARE_BYTES 32768u

enum prim_answer
prim_string_length(struct prim_call *call)
{
    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    return prim_return_int(call, (int32_t)array_length(call->words[0]));
}

enum prim_answer
prim_string_char_at(struct prim_call *call)
{
    ref_t string = call->words[0];
    int32_t index = prim_int(call, 0);

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (index < 0 || (uint32_t)index >= array_length(string))
        return prim_throw(call, VM_ERROR_BOUNDS, "character %d of a string of %u", index,
                          array_length(string));
    return prim_return_int(call, string_unit(string, (uint32_t)index));
}

enum prim_answer
prim_string_code_point_at(struct prim_call *call)
{
    ref_t string = call->words[0];
    int32_t index = prim_int(call, 0);
    uint32_t length, high, low;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    length = array_length(string);
    if (index < 0 || (uint32_t)index >= length)
        return prim_throw(call, VM_ERROR_BOUNDS, "character %d of a string of %u", index, length);
    high = string_unit(string, (uint32_t)index);
    if ((high & 0xfc00) != 0xd800 || (uint32_t)index + 1 == length)
        return prim_return_int(call, (int32_t)high);
    low = string_unit(string, (uint32_t)index + 1);
    if ((low & 0xfc00) != 0xdc00)
        return prim_return_int(call, (int32_t)high);
    return prim_return_int(call, (int32_t)(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
}

enum prim_answer
prim_string_equals(struct prim_call *call)
{
    ref_t a = call->words[0], b = call->words[1];
    uint64_t at = prim_progress(call);
    uint64_t bytes, end;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (a == b)
        return prim_return_boolean(call, true);
    if (!prim_is_string(call, 1) || array_length(a) != array_length(b) ||
        string_is_utf16(a) != string_is_utf16(b))
        return prim_return_boolean(call, false);
    bytes = (uint64_t)array_length(a) << string_is_utf16(a);
    end = bytes - at > COMPARE_BYTES ? at + COMPARE_BYTES : bytes;
    for (; at < end; at += 8) { /* the last word is zero behind the units */
        if (pmem_load64(a + ARRAY_HEADER_BYTES + at) != pmem_load64(b + ARRAY_HEADER_BYTES + at))
            return prim_return_boolean(call, false);
    }
    if (at < bytes)
        return prim_again(call, at, 0);
    return prim_return_boolean(call, true);
}

enum prim_answer
prim_string_compare(struct prim_call *call)
{
    ref_t a = call->words[0], b = call->words[1];
    uint32_t at = (uint32_t)prim_progress(call);
    uint32_t a_length, b_length, shorter, end;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (!prim_is_string(call, 1))
        return prim_refuse(call, 1, "a string");
    a_length = array_length(a);
    b_length = array_length(b);
    shorter = a_length < b_length ? a_length : b_length;
    end = at + prim_piece(shorter - at);
    for (; at < end; at++) {
        int difference = (int)string_unit(a, at) - (int)string_unit(b, at);

        if (difference != 0)
            return prim_return_int(call, difference < 0 ? -1 : 1);
    }
    if (at < shorter)
        return prim_again(call, at, 0);
    return prim_return_int(call, (a_length > b_length) - (a_length < b_length));
}

/* The same as string_hash(), in pieces: prim_raw is the index, prim_raw2 the hash so far. */
enum prim_answer
prim_string_hash(struct prim_call *call)
{
    ref_t string = call->words[0];
    uint32_t at = (uint32_t)prim_progress(call);
    uint32_t hash = (uint32_t)prim_progress2(call);
    uint32_t length, end, known;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    known = pmem_load32(string + STRING_HASH_OFFSET);
    if (known != 0)
        return prim_return_int(call, (int32_t)known);
    length = array_length(string);
    end = at + prim_piece(length - at);
    for (; at < end; at++)
        hash = 31 * hash + string_unit(string, at);
    if (at < length)
        return prim_again(call, at, hash);
    if (hash != 0) {
        prim_invoke(call);
        obj_store_raw32(string, STRING_HASH_OFFSET, hash);
    }
    return prim_return_int(call, (int32_t)hash);
}

/*
 * prim_raw is 0 or one more than the place that is tried, prim_raw2 how many units of the
 * other string have matched there.
 */
enum prim_answer
prim_string_index_of(struct prim_call *call)
{
    ref_t string = call->words[0], wanted = call->words[1];
    uint64_t progress = prim_progress(call);
    uint32_t matched = (uint32_t)prim_progress2(call);
    uint32_t left = PRIM_PIECE;
    int32_t from = prim_int(call, 0);
    uint32_t at, length, wanted_length;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (!prim_is_string(call, 1))
        return prim_refuse(call, 1, "a string");
    length = array_length(string);
    wanted_length = array_length(wanted);
    at = progress != 0 ? (uint32_t)(progress - 1) : from > 0 ? (uint32_t)from : 0;
    for (; (uint64_t)at + wanted_length <= length; at++, matched = 0) {
        while (matched < wanted_length &&
               string_unit(string, at + matched) == string_unit(wanted, matched)) {
            matched++;
            if (--left == 0)
                return prim_again(call, (uint64_t)at + 1, matched);
        }
        if (matched == wanted_length)
            return prim_return_int(call, (int32_t)at);
        if (--left == 0)
            return prim_again(call, (uint64_t)at + 2, 0);
    }
    return prim_return_int(call, -1);
}

enum prim_answer
prim_string_index_of_char(struct prim_call *call)
{
    ref_t string = call->words[0];
    uint16_t wanted = (uint16_t)prim_int(call, 0);
    int32_t from = prim_int(call, 1);
    uint64_t progress = prim_progress(call);
    uint32_t at, end, length;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    length = array_length(string);
    at = progress != 0 ? (uint32_t)progress : from > 0 ? (uint32_t)from : 0;
    if (at > length)
        at = length;
    end = at + prim_piece(length - at);
    for (; at < end; at++) {
        if (string_unit(string, at) == wanted)
            return prim_return_int(call, (int32_t)at);
    }
    if (at < length)
        return prim_again(call, at, 0);
    return prim_return_int(call, -1);
}

enum prim_answer
prim_string_matches_at(struct prim_call *call)
{
    ref_t string = call->words[0], wanted = call->words[1];
    int32_t from = prim_int(call, 0);
    uint32_t at = (uint32_t)prim_progress(call);
    uint32_t wanted_length, end;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (!prim_is_string(call, 1))
        return prim_refuse(call, 1, "a string");
    wanted_length = array_length(wanted);
    if (from < 0 || (uint64_t)(uint32_t)from + wanted_length > array_length(string))
        return prim_return_boolean(call, false);
    end = at + prim_piece(wanted_length - at);
    for (; at < end; at++) {
        if (string_unit(string, (uint32_t)from + at) != string_unit(wanted, at))
            return prim_return_boolean(call, false);
    }
    if (at < wanted_length)
        return prim_again(call, at, 0);
    return prim_return_boolean(call, true);
}
