/*
 * verify_priv.h - the verifier's own: what is known of each slot of a frame
 * at each place of a method.
 *
 * Of a word is known a class that its object has or stands below; or that it
 * is null; or nothing, then the slot cannot be read. Of a raw slot is known its
 * kind: i, l, f, d; or nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "vm/model_priv.h"
#include "vm/opcode.h"

/* Slots of one area of a frame at most, locals and operand stack. */
#define METHOD_SLOTS_MAX 8192u

/* What is known of a word: NULL is nothing, TYPE_NULL is null, else a class. */
typedef struct model_class *type_t;

extern struct model_class verify_null;
#define TYPE_NULL (&verify_null)

struct frame {
    uint32_t word_depth, raw_depth; /* of the operand stacks */
    type_t *words;                  /* locals, then stack */
    char *raws;                     /* locals, then stack */
};

/* What is known of a byte of the code. */
enum place_flag {
    PLACE_START = 1,  /* an instruction begins here */
    PLACE_TARGET = 2, /* somebody jumps here */
    PLACE_QUEUED = 4, /* its frame has changed since it was looked at */
};

struct verify {
    struct load *load;
    const struct model_method *method;
    const struct module_method *source;
    struct model_class *class;
    const uint8_t *code;
    uint32_t code_bytes;
    uint8_t *places;       /* enum place_flag, for each byte */
    struct frame **frames; /* for each byte: what is known before a target; NULL: never reached */
    uint32_t *queue;       /* targets to look at */
    uint32_t queue_count;
    struct frame now;
    struct instruction at;
    type_t result; /* class of a word result; NULL where there is none */
    char result_area;
    bool locals_changed;
};

/* Say what is wrong at the current instruction. Always ERR_PROGRAM. */
__attribute__((format(printf, 2, 3))) err_t verify_fail(struct verify *verify, const char *text,
                                                        ...);

/* For messages. */
const char *verify_type_name(type_t type);

bool verify_fits(type_t from, struct model_class *to);

/* What is known where one or the other may come from. */
must_use err_t verify_merge(struct load *load, type_t a, type_t b, type_t *merged);

/* ---- frames ---- */

must_use err_t verify_frame_init(struct verify *verify, struct frame *frame);
void verify_frame_copy(const struct verify *verify, struct frame *to, const struct frame *from);

/* Take in what `from` knows; `changed` is filled. ERR_PROGRAM if the stacks do not match. */
must_use err_t verify_frame_merge(struct verify *verify, struct frame *into,
                                  const struct frame *from, bool *changed);

must_use err_t verify_push_word(struct verify *verify, type_t type);
must_use err_t verify_push_raw(struct verify *verify, char kind);
must_use err_t verify_pop_word(struct verify *verify, type_t *type);

/* Pop a raw value of this kind; 'r': of any kind, which is filled in. */
must_use err_t verify_pop_raw(struct verify *verify, char kind, char *popped);

/* The word `below` the top of the stack. */
must_use err_t verify_peek_word(struct verify *verify, uint32_t below, type_t *type);

/* ---- instructions (verify_ops.c) ---- */

/*
 * Check the operand of the instruction by itself: local in range, pool entry of the right
 * kind, number that exists. Done for dead code too.
 */
must_use err_t verify_operand(struct verify *verify);

/* Check the instruction against what is known, and change that as it does. */
must_use err_t verify_effect(struct verify *verify);
