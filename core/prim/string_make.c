/*
 * string_make.c - strings made of other strings, of characters, of bytes.
 *
 * A short result is allocated and filled in one go. A long one takes two walks
 * in pieces:
 *
 *   MEASURING  how many units will it have, and do they all fit a byte?
 *   FILLING    prim_word is the new string; nobody else sees it yet
 *
 * prim_raw says how far the walk has come, prim_raw2 which walk it is. Arrays may
 * be changed by others meanwhile; then the form that was measured does not fit what
 * was filled in, and both walks begin again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/char_priv.h"
#include "prim/prims_priv.h"
#include "prim/utf8.h"

#define FILLING   (1ull << 63)
#define SEEN_WIDE (1ull << 62)

static inline bool
is_filling(const struct prim_call *call)
{
    return (prim_progress2(call) & FILLING) != 0;
}

/* Allocate the result of a long walk, and begin to fill it. */
static enum prim_answer
begin_filling(struct prim_call *call, struct string_form form)
{
    ref_t string = heap_string(call->heap, form);

    if (string == 0)
        return prim_collect(call, string_object_bytes(form));
    return prim_again_with(call, string, 0, FILLING);
}

/* ---- parts and sums: units [from, from + count) of one or two strings ---- */

enum prim_answer
prim_string_substring(struct prim_call *call)
{
    ref_t string = call->words[0];
    int32_t from = prim_int(call, 0), count = prim_int(call, 1);
    uint64_t at = prim_progress(call);
    struct string_form form;
    uint32_t piece;
    word_t result;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (from < 0 || count < 0 || (uint64_t)(uint32_t)from + (uint32_t)count > array_length(string))
        return prim_throw(call, VM_ERROR_BOUNDS, "%d characters from %d of a string of %u", count,
                          from, array_length(string));
    if ((uint32_t)count == array_length(string))
        return prim_return_word(call, string);
    if ((uint32_t)count <= PRIM_PIECE)
        return prim_return_new(
            call, heap_string_part(call->heap, string, (uint32_t)from, (uint32_t)count),
            ARRAY_HEADER_BYTES + 2 * (uint64_t)(uint32_t)count);

    piece = prim_piece((uint32_t)count - at);
    if (!is_filling(call)) {
        form = string_measure_part(string, (uint32_t)from + (uint32_t)at, piece);
        if (!form.utf16 && string_is_utf16(string) && at + piece < (uint32_t)count)
            return prim_again(call, at + piece, 0);
        return begin_filling(call, (struct string_form){ (uint32_t)count, form.utf16 });
    }
    prim_invoke(call);
    result = prim_progress_word(call);
    string_fill_part(result, (uint32_t)at, string, (uint32_t)from + (uint32_t)at, piece);
    if (at + piece < (uint32_t)count)
        return prim_again(call, at + piece, FILLING);
    return prim_return_word(call, result);
}

enum prim_answer
prim_string_concat(struct prim_call *call)
{
    ref_t first = call->words[0], second = call->words[1];
    uint64_t at = prim_progress(call);
    struct string_form form;
    uint32_t piece, first_length;
    word_t result;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (!prim_is_string(call, 1))
        return prim_refuse(call, 1, "a string");
    if (!string_measure_join(first, second, &form))
        return prim_throw(call, VM_ERROR_MEMORY, "a string is too long");
    if (form.units <= PRIM_PIECE)
        return prim_return_new(call, heap_string_join(call->heap, first, second),
                               string_object_bytes(form));
    if (!is_filling(call))
        return begin_filling(call, form);

    prim_invoke(call);
    result = prim_progress_word(call);
    first_length = array_length(first);
    if (at < first_length) {
        piece = prim_piece(first_length - at);
        string_fill_part(result, (uint32_t)at, first, (uint32_t)at, piece);
    } else {
        piece = prim_piece(form.units - at);
        string_fill_part(result, (uint32_t)at, second, (uint32_t)at - first_length, piece);
    }
    if (at + piece < form.units)
        return prim_again(call, at + piece, FILLING);
    return prim_return_word(call, result);
}

/* ---- units ---- */

/* Units [from, from + count) of a string that is being filled; true if one is wide. */
static bool
fill_units(ref_t string, uint32_t from, const uint16_t *units, size_t count)
{
    uint16_t all = 0;

    for (size_t i = 0; i < count; i++) {
        all |= units[i];
        string_fill_unit(string, from + (uint32_t)i, units[i]);
    }
    return all > 0xff;
}

static bool
has_wide(const uint16_t *units, size_t count)
{
    uint16_t all = 0;

    for (size_t i = 0; i < count; i++)
        all |= units[i];
    return all > 0xff;
}

/* ---- upper and lower case ---- */

/* Each unit of a text that is not ASCII asks a table: so many fit into one piece. */
#define CASE_PIECE (PRIM_PIECE / 4)

typedef uint16_t case_fn(uint16_t unit);

/* The units [at, at + count) in their other case; true if one is wide. */
static bool
case_units(ref_t string, uint32_t at, uint32_t count, case_fn *change, uint16_t *units)
{
    uint16_t all = 0;

    for (uint32_t i = 0; i < count; i++) {
        units[i] = change(string_unit(string, at + i));
        all |= units[i];
    }
    return all > 0xff;
}

static enum prim_answer
change_case(struct prim_call *call, case_fn *change)
{
    uint16_t units[CASE_PIECE];
    ref_t string = call->words[0];
    uint32_t at = (uint32_t)prim_progress(call);
    uint32_t length, piece;
    bool wide;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    length = array_length(string);
    piece = length - at < CASE_PIECE ? length - at : CASE_PIECE;
    wide = case_units(string, at, piece, change, units);
    if (piece == length)
        return prim_return_new(call, heap_string_utf16(call->heap, units, piece),
                               ARRAY_HEADER_BYTES + 2 * (uint64_t)piece);
    if (!is_filling(call)) {
        if (!wide && at + piece < length)
            return prim_again(call, at + piece, 0);
        return begin_filling(call, (struct string_form){ length, wide });
    }
    prim_invoke(call);
    (void)fill_units(prim_progress_word(call), at, units, piece);
    if (at + piece < length)
        return prim_again(call, at + piece, FILLING);
    return prim_return_word(call, prim_progress_word(call));
}

enum prim_answer
prim_string_upper(struct prim_call *call)
{
    return change_case(call, prim_unit_upper);
}

enum prim_answer
prim_string_lower(struct prim_call *call)
{
    return change_case(call, prim_unit_lower);
}

/* ---- ranges of arrays ---- */

static bool
has_range(ref_t array, int32_t from, int32_t count)
{
    return from >= 0 && count >= 0 &&
           (uint64_t)(uint32_t)from + (uint32_t)count <= array_length(array);
}

static enum prim_answer
refuse_range(struct prim_call *call, int32_t from, int32_t count)
{
    return prim_throw(call, VM_ERROR_BOUNDS, "%d elements from %d of an array of %u", count, from,
                      array_length(call->words[0]));
}

enum prim_answer
prim_string_from_chars(struct prim_call *call)
{
    uint16_t units[PRIM_PIECE];
    int32_t from = prim_int(call, 0), count = prim_int(call, 1);
    uint64_t at = prim_progress(call), state = prim_progress2(call);
    uint32_t piece;
    word_t result;

    if (!prim_is(call->words[0], CLASS_CHARS))
        return prim_refuse(call, 0, "an array of characters");
    if (!has_range(call->words[0], from, count))
        return refuse_range(call, from, count);
    piece = prim_piece((uint32_t)count - at);
    if (piece > 0)
        pmem_copy_out(units, array_at(call->words[0], KIND_RAW16, (uint32_t)from + at),
                      2 * (uint64_t)piece);
    if ((uint32_t)count <= PRIM_PIECE)
        return prim_return_new(call, heap_string_utf16(call->heap, units, piece),
                               ARRAY_HEADER_BYTES + 2 * (uint64_t)piece);
    if (!is_filling(call)) {
        bool wide = has_wide(units, piece);

        if (!wide && at + piece < (uint32_t)count)
            return prim_again(call, at + piece, 0);
        return begin_filling(call, (struct string_form){ (uint32_t)count, wide });
    }
    prim_invoke(call);
    result = prim_progress_word(call);
    if (fill_units(result, (uint32_t)at, units, piece))
        state |= SEEN_WIDE;
    if (at + piece < (uint32_t)count)
        return prim_again(call, at + piece, state);
    if (((state & SEEN_WIDE) != 0) != string_is_utf16(result))
        return prim_again_with(call, WORD_NULL, 0, 0);
    return prim_return_word(call, result);
}

enum prim_answer
prim_string_copy_chars(struct prim_call *call)
{
    ref_t string = call->words[0], array = call->words[1];
    int32_t from = prim_int(call, 0), to = prim_int(call, 1), count = prim_int(call, 2);
    uint32_t at = (uint32_t)prim_progress(call);
    uint32_t piece;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (!prim_is(array, CLASS_CHARS))
        return prim_refuse(call, 1, "an array of characters");
    if (from < 0 || count < 0 || (uint64_t)(uint32_t)from + (uint32_t)count > array_length(string))
        return prim_throw(call, VM_ERROR_BOUNDS, "%d characters from %d of a string of %u", count,
                          from, array_length(string));
    if (to < 0 || (uint64_t)(uint32_t)to + (uint32_t)count > array_length(array))
        return prim_throw(call, VM_ERROR_BOUNDS, "%d elements from %d of an array of %u", count, to,
                          array_length(array));
    prim_invoke(call);
    piece = prim_piece((uint32_t)count - at);
    for (uint32_t i = at; i < at + piece; i++)
        obj_store_raw16(array, ARRAY_HEADER_BYTES + 2 * ((uint64_t)(uint32_t)to + i),
                        string_unit(string, (uint32_t)from + i));
    if (at + piece < (uint32_t)count)
        return prim_again(call, at + piece, 0);
    return prim_return_void(call);
}

enum prim_answer
prim_string_from_code_point(struct prim_call *call)
{
    int32_t value = prim_int(call, 0);
    uint16_t units[2];
    size_t count = 1;

    if (value < 0 || value > 0x10ffff)
        return prim_throw(call, VM_ERROR_ARGUMENT, "no code point: %d", value);
    units[0] = (uint16_t)value;
    if (value > 0xffff) {
        units[0] = (uint16_t)(0xd800 + ((value - 0x10000) >> 10));
        units[1] = (uint16_t)(0xdc00 + ((value - 0x10000) & 0x3ff));
        count = 2;
    }
    return prim_return_new(call, heap_string_utf16(call->heap, units, count),
                           ARRAY_HEADER_BYTES + 8);
}

/* ---- bytes ---- */

/*
 * prim_raw: units that were walked over in the low half, bytes of UTF-8 that they are in
 * prim_raw2 (below FILLING).
 */
enum prim_answer
prim_string_to_utf8(struct prim_call *call)
{
    char buffer[PRIM_PIECE];
    ref_t string = call->words[0];
    uint32_t at = (uint32_t)prim_progress(call);
    uint64_t bytes = prim_progress2(call) & ~FILLING;
    size_t piece;
    ref_t result;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (!is_filling(call)) {
        piece = string_to_utf8(string, &at, buffer, sizeof buffer);
        bytes += piece;
        if (at < array_length(string))
            return prim_again(call, at, bytes);
        if (bytes > STRING_UNITS_MAX)
            return prim_throw(call, VM_ERROR_MEMORY, "too many bytes for an array");
        result = heap_alloc_array(call->heap, CLASS_BYTES, KIND_RAW8, (uint32_t)bytes);
        if (result == 0)
            return prim_collect(call, array_bytes(KIND_RAW8, bytes));
        if (bytes != piece)
            return prim_again_with(call, result, 0, FILLING);
        prim_invoke(call);
        if (piece > 0)
            pmem_copy_in(array_at(result, KIND_RAW8, 0), buffer, piece);
        return prim_return_word(call, result);
    }
    prim_invoke(call);
    result = prim_progress_word(call);
    piece = string_to_utf8(string, &at, buffer, sizeof buffer);
    pmem_copy_in(array_at(result, KIND_RAW8, bytes), buffer, piece);
    if (at < array_length(string))
        return prim_again(call, at, FILLING | (bytes + piece));
    return prim_return_word(call, result);
}

/* prim_raw: bytes that were walked over; prim_raw2: units that they are, and the flags. */
enum prim_answer
prim_string_from_utf8(struct prim_call *call)
{
    uint8_t bytes[PRIM_PIECE];
    uint16_t units[PRIM_PIECE];
    int32_t from = prim_int(call, 0), count = prim_int(call, 1);
    uint64_t at = prim_progress(call), state = prim_progress2(call);
    uint64_t done = state & ~(FILLING | SEEN_WIDE);
    size_t unit_count = 0;
    uint32_t piece;
    word_t result;

    if (!prim_is(call->words[0], CLASS_BYTES))
        return prim_refuse(call, 0, "an array of bytes");
    if (!has_range(call->words[0], from, count))
        return refuse_range(call, from, count);
    piece = prim_piece((uint32_t)count - at);
    if (piece > 0)
        pmem_copy_out(bytes, array_at(call->words[0], KIND_RAW8, (uint32_t)from + at), piece);
    at += utf8_to_units(bytes, piece, at + piece == (uint32_t)count, units, &unit_count);
    if ((uint32_t)count <= PRIM_PIECE)
        return prim_return_new(call, heap_string_utf16(call->heap, units, unit_count),
                               ARRAY_HEADER_BYTES + 2 * unit_count);
    if (has_wide(units, unit_count))
        state |= SEEN_WIDE;
    if (!is_filling(call)) {
        if (at < (uint32_t)count)
            return prim_again(call, at, (state & SEEN_WIDE) | (done + unit_count));
        return begin_filling(
            call, (struct string_form){ (uint32_t)(done + unit_count), (state & SEEN_WIDE) != 0 });
    }
    prim_invoke(call);
    result = prim_progress_word(call);
    if (done + unit_count > array_length(result))
        return prim_again_with(call, WORD_NULL, 0, 0);
    (void)fill_units(result, (uint32_t)done, units, unit_count);
    done += unit_count;
    if (at < (uint32_t)count)
        return prim_again(call, at, FILLING | (state & SEEN_WIDE) | done);
    if (done != array_length(result) || ((state & SEEN_WIDE) != 0) != string_is_utf16(result))
        return prim_again_with(call, WORD_NULL, 0, 0);
    return prim_return_word(call, result);
}
