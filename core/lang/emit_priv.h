/*
 * emit_priv.h - bytecode in the making: one method at a time, and the pool.
 *
 * The emitter follows both operand stacks while it writes, so that the depths
 * in the module are exact. Where control cannot come it writes nothing. At the
 * start of each statement both stacks are empty.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/class_priv.h"

#include "format/bytecode.h"
#include "format/module.h"

#define EMIT_CODE_BYTES_MAX 65535 /* of one method; the loader has the same limit */
#define EMIT_NOWHERE        UINT32_MAX

/* The module so far: its pool and its classes. */
struct module_writer {
    struct lang *lang;
    struct file *file; /* for messages */
    struct buffer pool;
    uint32_t pool_count;
    struct hash_table index; /* of pool entries by tag and parts */
    struct buffer classes;
    uint32_t class_count;
};

uint16_t lang_pool_utf8(struct module_writer *module, struct symbol *symbol);
uint16_t lang_pool_class(struct module_writer *module, struct symbol *name);
uint16_t lang_pool_field(struct module_writer *module, const struct field *field);
uint16_t lang_pool_method(struct module_writer *module, const struct method *method);
uint16_t lang_pool_name(struct module_writer *module, struct symbol *name);
uint16_t lang_pool_string(struct module_writer *module, const struct text *text);
uint16_t lang_pool_int(struct module_writer *module, uint32_t value);
struct symbol *lang_method_name(struct lang *lang, const struct method *method);
void lang_put(struct lang *lang, struct buffer *buffer, uint64_t value, unsigned bytes);

/* Put the parts together. `entry` may be NULL. */
must_use err_t lang_module_finish(struct module_writer *module, const struct symbol *source,
                                  const struct class *entry, struct buffer *result);

struct label {
    uint32_t at;    /* pc, or EMIT_NOWHERE until it is bound */
    uint32_t first; /* index of the first of its patches, or EMIT_NOWHERE */
    uint16_t words; /* depths of the stacks there */
    uint16_t raws;
};

struct gap {
    struct gap *next;
    uint32_t from;
    uint32_t to;
};

enum context_kind {
    CONTEXT_LOOP,
    CONTEXT_SWITCH,
    CONTEXT_CATCH,   /* inside a try with catches */
    CONTEXT_FINALLY, /* inside a try with finally */
    CONTEXT_MONITOR,
};

/* What a jump out has to pass. */
struct context {
    struct context *outer;
    enum context_kind kind;
    struct label *leave;
    struct label *again;
    struct stmt *finally;
    uint32_t slot;    /* of the locked object */
    struct gap *gaps; /* code inside its range that handlers do not cover */
};

struct emit {
    struct lang *lang;
    struct file *file;
    struct module_writer *module;
    struct class *class;
    struct method *method;
    struct buffer code;
    struct buffer patches;
    struct buffer handlers; /* as they lie in the module */
    struct buffer lines;
    uint32_t handler_count;
    uint32_t line_count;
    uint32_t last_line;
    uint32_t last_line_pc; /* where its code begins */
    bool reachable;
    bool too_large;
    unsigned words, words_max;
    unsigned raws, raws_max;
    unsigned word_locals, word_locals_max;
    unsigned raw_locals, raw_locals_max;
    struct context *context;
};

/* Instructions. */
uint32_t lang_emit_at(const struct emit *emit);
void lang_emit(struct emit *emit, enum bytecode op); /* with a fixed effect; operands follow */
void lang_emit_effect(struct emit *emit, enum bytecode op, unsigned pop_words, unsigned pop_raws,
                      unsigned push_words, unsigned push_raws);
void lang_emit_operand(struct emit *emit, uint64_t value, unsigned bytes);
void lang_emit_u16(struct emit *emit, enum bytecode op, uint16_t operand);
void lang_emit_u8(struct emit *emit, enum bytecode op, unsigned operand);
void lang_emit_int(struct emit *emit, int32_t value);
void lang_emit_line(struct emit *emit, struct place place);

/* Labels and jumps. */
struct label lang_label(void);
void lang_jump(struct emit *emit, enum bytecode op, struct label *label);
void lang_reference(struct emit *emit, struct label *label, uint32_t from); /* an i32 of a switch */
void lang_bind(struct emit *emit, struct label *label);
void lang_bind_loop(struct emit *emit, struct label *label); /* jumped to from below only */

/* Locals. */
struct scope {
    unsigned words;
    unsigned raws;
};
struct scope lang_scope(const struct emit *emit);
void lang_end_scope(struct emit *emit, struct scope scope);
void lang_new_slot(struct emit *emit, struct local *local);
uint32_t lang_word_slot(struct emit *emit);
void lang_load_slot(struct emit *emit, const struct type *type, uint32_t slot);
void lang_store_slot(struct emit *emit, const struct type *type, uint32_t slot);

/* By type. */
void lang_emit_pop(struct emit *emit, const struct type *type);
void lang_emit_dup(struct emit *emit, const struct type *type);
void lang_emit_box(struct emit *emit, const struct type *from);
void lang_emit_unbox(struct emit *emit, const struct type *to);
void lang_emit_number(struct emit *emit, const struct type *from, const struct type *to);
void lang_emit_null(struct emit *emit, const struct type *type); /* null or zero */
void lang_emit_invoke(struct emit *emit, enum bytecode op, const struct method *method);

/* Expressions. */
void lang_emit_value(struct emit *emit, struct expr *expr);
void lang_emit_dropped(struct emit *emit, struct expr *expr);
void lang_emit_branch(struct emit *emit, struct expr *expr, bool when, struct label *label);
bool lang_emit_assign(struct emit *emit, struct expr *expr, bool wanted);
void lang_emit_sequence(struct emit *emit, struct expr *expr, bool wanted);
void lang_emit_local(struct emit *emit, const struct local *local);
void lang_emit_cell(struct emit *emit, const struct local *local); /* the cell itself */
void lang_emit_store_cell(struct emit *emit, const struct local *local);
void lang_emit_declare(struct emit *emit, struct local *local); /* the value is on the stack */
void lang_emit_fun(struct emit *emit, struct expr *expr);
void lang_emit_this(struct emit *emit);

/* Statements. */
void lang_emit_stmt(struct emit *emit, struct stmt *stmt);
void lang_emit_list(struct emit *emit, struct stmt *list);
void lang_emit_switch(struct emit *emit, struct stmt *stmt);
void lang_emit_try(struct emit *emit, struct stmt *stmt);
void lang_emit_synchronized(struct emit *emit, struct stmt *stmt);
void lang_emit_jump_out(struct emit *emit, struct stmt *stmt);
int lang_constant_condition(const struct expr *expr);

/* Classes. */
void lang_emit_class(struct module_writer *module, struct class *class);
