/*
 * prims_priv.h - what the primitives share: their prototypes, looks at
 * arguments, small answers, progress between two pieces of long work.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/bits.h"
#include "heap/text.h"
#include "object/array.h"
#include "object/string.h"
#include "vm/prim.h"

#define PRIMITIVE(number, name, kind, signature) prim_fn prim_##name;
#include "format/primitives.def"
#undef PRIMITIVE

/* Units, or elements, that one piece of long work moves: at most 20 microseconds of it. */
#define PRIM_PIECE 4096u

#define NS_PER_MS  1000000ll

static inline bool
prim_is(word_t word, enum well_known_class class)
{
    return word_is_ref(word) && header_class_number(obj_header(word)) == (uint32_t) class;
}

static inline bool
prim_is_string(const struct prim_call *call, unsigned i)
{
    return prim_is(call->words[i], CLASS_STRING);
}

/* The exception for a word argument that is null or of another class than `wanted`. */
enum prim_answer prim_refuse(struct prim_call *call, unsigned i, const char *wanted);

/* The exception for a string, words[0], that is not the text of what is `wanted`. */
enum prim_answer prim_refuse_text(struct prim_call *call, const char *wanted);

/* Answer with a string of this text; only ASCII. */
enum prim_answer prim_return_text(struct prim_call *call, const char *text, size_t bytes);

static inline enum prim_answer
prim_return_boolean(struct prim_call *call, bool value)
{
    call->result_raw = value;
    return PRIM_DONE;
}

/* Answer with an object that heap_alloc and its like have made: 0 asks for a collection. */
static inline enum prim_answer
prim_return_new(struct prim_call *call, ref_t object, uint64_t bytes)
{
    return object != 0 ? prim_return_word(call, object) : prim_collect(call, bytes);
}

static inline float
prim_float(const struct prim_call *call, unsigned i)
{
    return bits_to_float((uint32_t)call->raws[-(ptrdiff_t)i]);
}

/* ---- progress of a long primitive: 0 and null when its call begins ---- */

static inline uint64_t
prim_progress(const struct prim_call *call)
{
    return GET_U64(thread_object, call->thread, prim_raw);
}

static inline uint64_t
prim_progress2(const struct prim_call *call)
{
    return GET_U64(thread_object, call->thread, prim_raw2);
}

static inline word_t
prim_progress_word(const struct prim_call *call)
{
    return GET_WORD(thread_object, call->thread, prim_word);
}

/* Behind the wall: what to go on from, behind a safepoint. */
static inline enum prim_answer
prim_again(struct prim_call *call, uint64_t progress, uint64_t progress2)
{
    if (!call->invoking)
        prim_invoke(call);
    SET_U64(thread_object, call->thread, prim_raw, progress);
    SET_U64(thread_object, call->thread, prim_raw2, progress2);
    return PRIM_AGAIN;
}

/* The same, with a word too. */
static inline enum prim_answer
prim_again_with(struct prim_call *call, word_t word, uint64_t progress, uint64_t progress2)
{
    if (!call->invoking)
        prim_invoke(call);
    SET_WORD(thread_object, call->thread, prim_word, word);
    return prim_again(call, progress, progress2);
}

/* The lesser of what is left and one piece. */
static inline uint32_t
prim_piece(uint64_t left)
{
    return left < PRIM_PIECE ? (uint32_t)left : PRIM_PIECE;
}
