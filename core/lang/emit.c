/*
 * emit.c - instructions, labels, locals, and the depths of both stacks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

#include "base/assert.h"

struct patch {
    uint32_t next;
    uint32_t at;   /* where the i32 lies */
    uint32_t from; /* the instruction that it is relative to */
};

struct effect {
    uint8_t pop_words, pop_raws, push_words, push_raws;
};

static const char *const effects[256] = {
#define OP(number, name, operands, effect) [number] = effect,
#include "format/bytecode.def"
#undef OP
};

static struct effect
fixed_effect(enum bytecode op)
{
    const char *text = effects[op];
    struct effect effect = { 0 };
    bool push = false;

    assert(text != NULL && text[0] != '*');
    for (; *text != 0; text++) {
        if (*text == '>')
            push = true;
        else if (*text == 'w')
            *(push ? &effect.push_words : &effect.pop_words) += 1;
        else
            *(push ? &effect.push_raws : &effect.pop_raws) += 1;
    }
    return effect;
}

uint32_t
lang_emit_at(const struct emit *emit)
{
    return (uint32_t)emit->code.count;
}

void
lang_put(struct lang *lang, struct buffer *buffer, uint64_t value, unsigned bytes)
{
    uint8_t text[8];

    for (unsigned i = 0; i < bytes; i++)
        text[i] = (uint8_t)(value >> (8 * i));
    if (!lang->no_memory && buffer_append(buffer, text, bytes) != OK)
        lang_no_memory(lang);
}

void
lang_emit_operand(struct emit *emit, uint64_t value, unsigned bytes)
{
    if (emit->reachable)
        lang_put(emit->lang, &emit->code, value, bytes);
}

void
lang_emit_effect(struct emit *emit, enum bytecode op, unsigned pop_words, unsigned pop_raws,
                 unsigned push_words, unsigned push_raws)
{
    if (!emit->reachable)
        return;
    assert(emit->words >= pop_words);
    assert(emit->raws >= pop_raws);
    emit->words += push_words - pop_words;
    emit->raws += push_raws - pop_raws;
    if (emit->words > emit->words_max)
        emit->words_max = emit->words;
    if (emit->raws > emit->raws_max)
        emit->raws_max = emit->raws;
    lang_put(emit->lang, &emit->code, op, 1);
    if (emit->code.count > EMIT_CODE_BYTES_MAX && !emit->too_large) {
        emit->too_large = true;
        lang_error(emit->lang, emit->file, emit->method->place, "move a part of it to another one",
                   "the method `%s` is too large", emit->method->name->text);
    }
    if (emit->too_large)
        emit->reachable = false;
}

void
lang_emit(struct emit *emit, enum bytecode op)
{
    struct effect effect = fixed_effect(op);

    lang_emit_effect(emit, op, effect.pop_words, effect.pop_raws, effect.push_words,
                     effect.push_raws);
}

void
lang_emit_u16(struct emit *emit, enum bytecode op, uint16_t operand)
{
    lang_emit(emit, op);
    lang_emit_operand(emit, operand, 2);
}

void
lang_emit_u8(struct emit *emit, enum bytecode op, unsigned operand)
{
    lang_emit(emit, op);
    lang_emit_operand(emit, operand, 1);
}

void
lang_emit_int(struct emit *emit, int32_t value)
{
    bool small = value >= -128 && value <= 127;

    lang_emit(emit, small ? BC_ICONST8 : BC_ICONST);
    lang_emit_operand(emit, (uint32_t)value, small ? 1 : 4);
}

/* From here on the code belongs to that line. */
void
lang_emit_line(struct emit *emit, struct place place)
{
    if (!emit->reachable || place.line == 0 || place.line == emit->last_line)
        return;
    emit->last_line = place.line;
    if (emit->line_count > 0 && emit->last_line_pc == emit->code.count) {
        emit->lines.count -= 8; /* no code belonged to the line before */
        emit->line_count--;
    }
    emit->last_line_pc = (uint32_t)emit->code.count;
    lang_put(emit->lang, &emit->lines, emit->code.count, 4);
    lang_put(emit->lang, &emit->lines, place.line, 4);
    emit->line_count++;
}

struct label
lang_label(void)
{
    return (struct label){ .at = EMIT_NOWHERE, .first = EMIT_NOWHERE };
}

/* Write an i32 that leads from `from` to the label, now or when it is bound. */
void
lang_reference(struct emit *emit, struct label *label, uint32_t from)
{
    struct patch patch = { .next = label->first, .at = lang_emit_at(emit), .from = from };

    if (!emit->reachable)
        return;
    if (label->at != EMIT_NOWHERE) {
        lang_emit_operand(emit, label->at - from, 4);
        return;
    }
    assert(label->first == EMIT_NOWHERE ||
           (label->words == emit->words && label->raws == emit->raws));
    label->words = (uint16_t)emit->words;
    label->raws = (uint16_t)emit->raws;
    label->first = (uint32_t)(emit->patches.count / sizeof(patch));
    if (buffer_append(&emit->patches, &patch, sizeof(patch)) != OK)
        lang_no_memory(emit->lang);
    lang_emit_operand(emit, 0, 4);
}

void
lang_jump(struct emit *emit, enum bytecode op, struct label *label)
{
    uint32_t from = lang_emit_at(emit);

    if (!emit->reachable)
        return;
    lang_emit(emit, op);
    lang_reference(emit, label, from);
    if (op == BC_GOTO)
        emit->reachable = false;
}

static void
bind_here(struct emit *emit, struct label *label)
{
    const struct patch *patches = (const struct patch *)emit->patches.bytes;

    label->at = lang_emit_at(emit);
    emit->last_line = 0;
    for (uint32_t i = label->first; i != EMIT_NOWHERE && !emit->lang->no_memory;
         i = patches[i].next) {
        uint32_t distance = label->at - patches[i].from;

        for (unsigned byte = 0; byte < 4; byte++)
            emit->code.bytes[patches[i].at + byte] = (uint8_t)(distance >> (8 * byte));
    }
}

void
lang_bind(struct emit *emit, struct label *label)
{
    assert(label->at == EMIT_NOWHERE);
    if (label->first != EMIT_NOWHERE && !emit->too_large) {
        assert(!emit->reachable || (emit->words == label->words && emit->raws == label->raws));
        emit->words = label->words;
        emit->raws = label->raws;
        emit->reachable = true;
    }
    bind_here(emit, label);
}

void
lang_bind_loop(struct emit *emit, struct label *label)
{
    assert(label->at == EMIT_NOWHERE);
    emit->words = 0;
    emit->raws = 0;
    emit->reachable = !emit->too_large;
    bind_here(emit, label);
}

struct scope
lang_scope(const struct emit *emit)
{
    return (struct scope){ .words = emit->word_locals, .raws = emit->raw_locals };
}

void
lang_end_scope(struct emit *emit, struct scope scope)
{
    emit->word_locals = scope.words;
    emit->raw_locals = scope.raws;
}

static uint32_t
take_slot(unsigned *count, unsigned *max)
{
    uint32_t slot = (*count)++;

    assert(*count <= UINT16_MAX); /* the checker and the parser allow fewer */
    if (*count > *max)
        *max = *count;
    return slot;
}

uint32_t
lang_word_slot(struct emit *emit)
{
    return take_slot(&emit->word_locals, &emit->word_locals_max);
}

void
lang_new_slot(struct emit *emit, struct local *local)
{
    if (local->cell || !lang_is_raw(local->type))
        local->slot = lang_word_slot(emit);
    else
        local->slot = take_slot(&emit->raw_locals, &emit->raw_locals_max);
}

/* The n-th of the variants W I L F D of an instruction. */
static unsigned
variant(const struct type *type)
{
    switch (type->kind) {
    case TYPE_BOOLEAN:
    case TYPE_CHAR:
    case TYPE_INT:
        return 1;
    case TYPE_LONG:
        return 2;
    case TYPE_FLOAT:
        return 3;
    case TYPE_DOUBLE:
        return 4;
    default:
        return 0;
    }
}

static_assert(BC_DLOAD == BC_WLOAD + 4, "W I L F D");
static_assert(BC_DSTORE == BC_WSTORE + 4, "W I L F D");

void
lang_load_slot(struct emit *emit, const struct type *type, uint32_t slot)
{
    lang_emit_u16(emit, BC_WLOAD + variant(type), (uint16_t)slot);
}

void
lang_store_slot(struct emit *emit, const struct type *type, uint32_t slot)
{
    lang_emit_u16(emit, BC_WSTORE + variant(type), (uint16_t)slot);
}

void
lang_emit_pop(struct emit *emit, const struct type *type)
{
    if (type->kind != TYPE_VOID)
        lang_emit(emit, lang_is_raw(type) ? BC_RPOP : BC_WPOP);
}

void
lang_emit_dup(struct emit *emit, const struct type *type)
{
    if (lang_is_raw(type))
        lang_emit_effect(emit, BC_RDUP, 0, 1, 0, 2);
    else
        lang_emit_effect(emit, BC_WDUP, 1, 0, 2, 0);
}

void
lang_emit_null(struct emit *emit, const struct type *type)
{
    static const enum bytecode ops[] = { BC_WNULL, BC_ICONST8, BC_LCONST, BC_FCONST, BC_DCONST };
    static const uint8_t bytes[] = { 0, 1, 8, 4, 8 };
    unsigned index = variant(type);

    lang_emit(emit, ops[index]);
    lang_emit_operand(emit, 0, bytes[index]);
}

void
lang_emit_box(struct emit *emit, const struct type *from)
{
    static const uint8_t ops[] = {
        [TYPE_BOOLEAN] = BC_BOX_Z, [TYPE_CHAR] = BC_BOX_C,  [TYPE_INT] = BC_BOX_I,
        [TYPE_LONG] = BC_BOX_L,    [TYPE_FLOAT] = BC_BOX_F, [TYPE_DOUBLE] = BC_BOX_D,
    };

    if (lang_is_raw(from))
        lang_emit(emit, ops[from->kind]);
}

void
lang_emit_unbox(struct emit *emit, const struct type *to)
{
    static const uint8_t ops[] = {
        [TYPE_BOOLEAN] = BC_UNBOX_Z, [TYPE_CHAR] = BC_UNBOX_C,  [TYPE_INT] = BC_UNBOX_I,
        [TYPE_LONG] = BC_UNBOX_L,    [TYPE_FLOAT] = BC_UNBOX_F, [TYPE_DOUBLE] = BC_UNBOX_D,
    };

    if (lang_is_raw(to))
        lang_emit(emit, ops[to->kind]);
    else if (to->kind == TYPE_CLASS || to->kind == TYPE_VECTOR)
        lang_emit_u16(emit, BC_CHECKCAST,
                      lang_pool_class(emit->module, lang_type_class_name(emit->lang, to)));
}

void
lang_emit_number(struct emit *emit, const struct type *from, const struct type *to)
{
    static const uint8_t ops[5][5] = {
        [1] = { [2] = BC_I2L, [3] = BC_I2F, [4] = BC_I2D },
        [2] = { [1] = BC_L2I, [3] = BC_L2F, [4] = BC_L2D },
        [3] = { [1] = BC_F2I, [2] = BC_F2L, [4] = BC_F2D },
        [4] = { [1] = BC_D2I, [2] = BC_D2L, [3] = BC_D2F },
    };
    uint8_t op = ops[variant(from)][variant(to)];

    if (op != 0)
        lang_emit(emit, op);
    if (to->kind == TYPE_CHAR && from->kind != TYPE_CHAR)
        lang_emit(emit, BC_I2C);
}

void
lang_emit_invoke(struct emit *emit, enum bytecode op, const struct method *method)
{
    unsigned words = op != BC_INVOKESTATIC;
    unsigned raws = 0;
    bool raw_result = lang_is_raw(method->type);
    bool nothing = method->type->kind == TYPE_VOID;

    for (const struct local *local = method->arguments; local != NULL; local = local->next)
        *(lang_is_raw(local->type) ? &raws : &words) += 1;
    lang_emit_effect(emit, op, words, raws, !nothing && !raw_result, !nothing && raw_result);
    lang_emit_operand(emit, lang_pool_method(emit->module, method), 2);
}
