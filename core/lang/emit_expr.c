/*
 * emit_expr.c - expressions as bytecode: the value of one ends on its stack.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

#include "base/assert.h"

#define CONCAT_MAX 200 /* pieces that one instruction joins */

void
lang_emit_this(struct emit *emit)
{
    lang_emit_u16(emit, BC_WLOAD, 0);
}

void
lang_emit_cell(struct emit *emit, const struct local *local)
{
    if (local->capture == NULL) {
        lang_emit_u16(emit, BC_WLOAD, (uint16_t)local->slot);
        return;
    }
    lang_emit_this(emit);
    lang_emit_effect(emit, BC_GETFIELD, 1, 0, 1, 0);
    lang_emit_operand(emit, lang_pool_field(emit->module, local->capture), 2);
}

void
lang_emit_local(struct emit *emit, const struct local *local)
{
    if (!local->cell && local->capture == NULL) {
        lang_load_slot(emit, local->type, local->slot);
        return;
    }
    lang_emit_cell(emit, local);
    if (!local->cell)
        return;
    lang_emit_int(emit, 0);
    lang_emit(emit, BC_WALOAD);
    lang_emit_unbox(emit, local->type);
}

static void
emit_constant(struct emit *emit, const struct expr *expr)
{
    union {
        double number;
        float small;
        uint64_t bits;
        uint32_t small_bits;
    } value = { .bits = expr->integer };

    switch (expr->type->kind) {
    case TYPE_LONG:
        lang_emit(emit, BC_LCONST);
        lang_emit_operand(emit, expr->integer, 8);
        break;
    case TYPE_FLOAT:
        value.small = (float)expr->number;
        lang_emit(emit, BC_FCONST);
        lang_emit_operand(emit, value.small_bits, 4);
        break;
    case TYPE_DOUBLE:
        value.number = expr->number;
        lang_emit(emit, BC_DCONST);
        lang_emit_operand(emit, value.bits, 8);
        break;
    default:
        lang_emit_int(emit, (int32_t)(int64_t)expr->integer);
    }
}

static void
emit_convert(struct emit *emit, struct expr *expr)
{
    struct expr *inner = expr->operands.left;

    lang_emit_value(emit, inner);
    switch (expr->op) {
    case CONVERT_NUMBER:
        lang_emit_number(emit, inner->type, expr->type);
        break;
    case CONVERT_BOX:
        lang_emit_box(emit, inner->type);
        break;
    case CONVERT_UNBOX:
    case CONVERT_CHECK:
        lang_emit_unbox(emit, expr->type);
        break;
    case CONVERT_COERCE:
        lang_emit(emit, expr->type->kind == TYPE_INT     ? BC_COERCE_I
                        : expr->type->kind == TYPE_LONG  ? BC_COERCE_L
                        : expr->type->kind == TYPE_FLOAT ? BC_COERCE_F
                                                         : BC_COERCE_D);
        break;
    case CONVERT_TRUTH:
        lang_emit(emit, BC_DYN_TRUTH);
        break;
    default:
        break;
    }
}

/* The instruction of an operator on ints; those on longs, floats and doubles follow. */
static enum bytecode
number_op(unsigned op, const struct type *type)
{
    static const struct {
        uint8_t token, i, l, f, d, dynamic;
    } table[] = {
        { T_PLUS, BC_IADD, BC_LADD, BC_FADD, BC_DADD, DYN_ADD },
        { T_MINUS, BC_ISUB, BC_LSUB, BC_FSUB, BC_DSUB, DYN_SUB },
        { T_STAR, BC_IMUL, BC_LMUL, BC_FMUL, BC_DMUL, DYN_MUL },
        { T_SLASH, BC_IDIV, BC_LDIV, BC_FDIV, BC_DDIV, DYN_DIV },
        { T_PERCENT, BC_IREM, BC_LREM, BC_FREM, BC_DREM, DYN_REM },
        { T_AND, BC_IAND, BC_LAND, 0, 0, DYN_AND },
        { T_OR, BC_IOR, BC_LOR, 0, 0, DYN_OR },
        { T_XOR, BC_IXOR, BC_LXOR, 0, 0, DYN_XOR },
        { T_SHL, BC_ISHL, BC_LSHL, 0, 0, DYN_SHL },
        { T_SHR, BC_ISHR, BC_LSHR, 0, 0, DYN_SHR },
        { T_USHR, BC_IUSHR, BC_LUSHR, 0, 0, DYN_USHR },
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].token != op)
            continue;
        return type->kind == TYPE_LONG     ? table[i].l
               : type->kind == TYPE_FLOAT  ? table[i].f
               : type->kind == TYPE_DOUBLE ? table[i].d
               : lang_is_raw(type)         ? table[i].i
                                           : table[i].dynamic;
    }
    panic("no instruction for the operator %u", op);
}

static void
emit_binary(struct emit *emit, struct expr *expr)
{
    enum bytecode op = number_op(expr->op, expr->type);

    lang_emit_value(emit, expr->operands.left);
    lang_emit_value(emit, expr->operands.right);
    lang_emit_line(emit, expr->place);
    if (lang_is_raw(expr->type))
        lang_emit(emit, op);
    else
        lang_emit_u8(emit, BC_DYN_BINARY, op);
}

static void
emit_unary(struct emit *emit, struct expr *expr)
{
    bool minus = expr->op == T_MINUS;

    lang_emit_value(emit, expr->operands.left);
    switch (expr->type->kind) {
    case TYPE_INT:
        if (!minus)
            lang_emit_int(emit, -1);
        lang_emit(emit, minus ? BC_INEG : BC_IXOR);
        break;
    case TYPE_LONG:
        if (!minus) {
            lang_emit(emit, BC_LCONST);
            lang_emit_operand(emit, UINT64_MAX, 8);
        }
        lang_emit(emit, minus ? BC_LNEG : BC_LXOR);
        break;
    case TYPE_FLOAT:
        lang_emit(emit, BC_FNEG);
        break;
    case TYPE_DOUBLE:
        lang_emit(emit, BC_DNEG);
        break;
    default:
        lang_emit_u8(emit, BC_DYN_UNARY, minus ? DYN_NEG : DYN_INVERT);
    }
}

/* True for what CONCAT takes as it is. */
static bool
is_plain_piece(const struct emit *emit, const struct expr *piece)
{
    return (piece->type->kind == TYPE_CLASS &&
            piece->type->class->name == emit->lang->names.internal_string) ||
           piece->kind == EXPR_NULL || (piece->kind == EXPR_CONVERT && piece->op == CONVERT_BOX);
}

static void
emit_concat(struct emit *emit, struct expr *expr)
{
    unsigned count = 0;
    unsigned all = 0;

    for (struct expr *piece = expr->list.items; piece != NULL; piece = piece->next) {
        if (piece->kind == EXPR_STRING && piece->text->byte_count == 0 &&
            (all > 0 || piece->next != NULL))
            continue;
        lang_emit_value(emit, piece);
        if (!is_plain_piece(emit, piece)) {
            lang_emit_line(emit, piece->place);
            lang_emit(emit, BC_TOSTRING);
        }
        all++;
        if (++count == CONCAT_MAX) {
            lang_emit_effect(emit, BC_CONCAT, count, 0, 1, 0);
            lang_emit_operand(emit, count, 1);
            count = 1;
        }
    }
    if (count == 0)
        lang_emit(emit, BC_WNULL);
    lang_emit_effect(emit, BC_CONCAT, count == 0 ? 1 : count, 0, 1, 0);
    lang_emit_operand(emit, count == 0 ? 1 : count, 1);
}

static void
emit_call(struct emit *emit, struct expr *expr)
{
    struct expr *object = expr->call.object;
    unsigned count = 1;
    bool own;

    if (expr->op != CALL_STATIC) {
        if (object->kind == EXPR_SUPER)
            lang_emit_this(emit);
        else
            lang_emit_value(emit, object);
    }
    for (struct expr *argument = expr->call.arguments; argument != NULL;
         argument = argument->next) {
        lang_emit_value(emit, argument);
        count++;
    }
    lang_emit_line(emit, expr->place);
    switch (expr->op) {
    case CALL_STATIC:
        lang_emit_invoke(emit, BC_INVOKESTATIC, expr->call.method);
        break;
    case CALL_SPECIAL:
        own = expr->call.method->shared && expr->call.method->name != emit->lang->names.new_;
        lang_emit_invoke(emit, own ? BC_INVOKEVIRTUAL : BC_INVOKESPECIAL, expr->call.method);
        break;
    case CALL_INTERFACE:
        lang_emit_invoke(emit, BC_INVOKEINTERFACE, expr->call.method);
        break;
    case CALL_VIRTUAL:
        lang_emit_invoke(emit, BC_INVOKEVIRTUAL, expr->call.method);
        break;
    case CALL_NAME:
        lang_emit_effect(emit, BC_INVOKENAME, count, 0, 1, 0);
        lang_emit_operand(emit, lang_pool_name(emit->module, expr->call.name), 2);
        lang_emit_operand(emit, count - 1, 1);
        break;
    default:
        lang_emit_effect(emit, BC_INVOKENUMBER, count, 0, 1, 0);
        lang_emit_operand(emit, lang_pool_int(emit->module, (uint32_t)expr->call.number->integer),
                          2);
        lang_emit_operand(emit, count - 1, 1);
    }
}

/* An object of a class, its constructor not yet called, twice on the stack. */
static void
emit_new_object(struct emit *emit, const struct type *type)
{
    lang_emit_u16(emit, BC_NEW, lang_pool_class(emit->module, type->class->name));
    lang_emit_dup(emit, type);
}

static void
emit_new(struct emit *emit, struct expr *expr)
{
    lang_emit_line(emit, expr->place);
    emit_new_object(emit, expr->type);
    for (struct expr *argument = expr->create.arguments; argument != NULL;
         argument = argument->next)
        lang_emit_value(emit, argument);
    lang_emit_line(emit, expr->place);
    lang_emit_invoke(emit, BC_INVOKESPECIAL, expr->create.method);
}

/* [a, b] and {a: b}: an object, filled one by one. */
static void
emit_literal(struct emit *emit, struct expr *expr)
{
    struct expr *item = expr->list.items;

    lang_emit_line(emit, expr->place);
    emit_new_object(emit, expr->type);
    lang_emit_invoke(emit, BC_INVOKESPECIAL, expr->list.constructor);
    while (item != NULL) {
        lang_emit_dup(emit, expr->type);
        for (unsigned i = 0; i < expr->list.add->argument_count && item != NULL; i++) {
            lang_emit_value(emit, item);
            item = item->next;
        }
        lang_emit_invoke(emit, BC_INVOKEVIRTUAL, expr->list.add);
        lang_emit_pop(emit, expr->list.add->type);
    }
}

static void
emit_conditional(struct emit *emit, struct expr *expr)
{
    struct label other = lang_label();
    struct label end = lang_label();

    lang_emit_branch(emit, expr->operands.condition, false, &other);
    lang_emit_value(emit, expr->operands.left);
    lang_jump(emit, BC_GOTO, &end);
    lang_bind(emit, &other);
    lang_emit_value(emit, expr->operands.right);
    lang_bind(emit, &end);
}

/* A truth as 0 or 1. */
static void
emit_truth(struct emit *emit, struct expr *expr)
{
    struct label no = lang_label();
    struct label end = lang_label();

    lang_emit_branch(emit, expr, false, &no);
    lang_emit_int(emit, 1);
    lang_jump(emit, BC_GOTO, &end);
    lang_bind(emit, &no);
    lang_emit_int(emit, 0);
    lang_bind(emit, &end);
}

static void
emit_index(struct emit *emit, struct expr *expr)
{
    static const char letters[] = "wbcilfd";
    static const uint8_t ops[] = { BC_WALOAD, BC_BALOAD, BC_CALOAD, BC_IALOAD,
                                   BC_LALOAD, BC_FALOAD, BC_DALOAD };
    char letter = expr->index.object->type->letter;

    lang_emit_value(emit, expr->index.object);
    lang_emit_value(emit, expr->index.index);
    lang_emit_line(emit, expr->place);
    for (unsigned i = 0; i < sizeof(ops); i++) {
        if (letters[i] == letter)
            lang_emit(emit, ops[i]);
    }
}

static void
emit_field(struct emit *emit, struct expr *expr)
{
    const struct field *field = expr->member.field;
    bool raw = lang_is_raw(field->type);
    bool is_static = expr->kind == EXPR_STATIC;

    if (!is_static)
        lang_emit_value(emit, expr->member.object);
    lang_emit_effect(emit, is_static ? BC_GETSTATIC : BC_GETFIELD, !is_static, 0, !raw, raw);
    lang_emit_operand(emit, lang_pool_field(emit->module, field), 2);
}

static void
emit_other(struct emit *emit, struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_CLASS:
        lang_emit_u16(emit, BC_WCONST, lang_pool_class(emit->module, expr->class->name));
        break;
    case EXPR_NEW_VECTOR:
        lang_emit_value(emit, expr->operands.left);
        lang_emit_line(emit, expr->place);
        lang_emit_u16(emit, BC_NEWARRAY,
                      lang_pool_class(emit->module, lang_type_class_name(emit->lang, expr->type)));
        break;
    case EXPR_VECTOR_SIZE:
        lang_emit_value(emit, expr->operands.left);
        lang_emit(emit, BC_ARRAYLENGTH);
        break;
    case EXPR_INSTANCEOF:
        lang_emit_value(emit, expr->cast.operand);
        lang_emit_u16(
            emit, BC_INSTANCEOF,
            lang_pool_class(emit->module, lang_type_class_name(emit->lang, expr->cast.to)));
        break;
    case EXPR_CONDITIONAL:
        emit_conditional(emit, expr);
        break;
    case EXPR_ASSIGN:
        (void)lang_emit_assign(emit, expr, true);
        break;
    case EXPR_SEQUENCE:
        lang_emit_sequence(emit, expr, true);
        break;
    case EXPR_FUN:
        lang_emit_fun(emit, expr);
        break;
    case EXPR_LOADED:
        break;
    default:
        panic("an expression of kind %u was not checked", expr->kind);
    }
}

void
lang_emit_value(struct emit *emit, struct expr *expr)
{
    if (emit->lang->stopped)
        emit->reachable = false;
    if (!emit->reachable)
        return;
    switch (expr->kind) {
    case EXPR_INT:
    case EXPR_DOUBLE:
        emit_constant(emit, expr);
        break;
    case EXPR_STRING:
        lang_emit_u16(emit, BC_WCONST, lang_pool_string(emit->module, expr->text));
        break;
    case EXPR_NULL:
        lang_emit(emit, BC_WNULL);
        break;
    case EXPR_THIS:
        lang_emit_this(emit);
        break;
    case EXPR_LOCAL:
        lang_emit_local(emit, expr->local);
        break;
    case EXPR_FIELD:
    case EXPR_STATIC:
        emit_field(emit, expr);
        break;
    case EXPR_CALL:
        emit_call(emit, expr);
        break;
    case EXPR_INDEX:
        emit_index(emit, expr);
        break;
    case EXPR_NEW:
        emit_new(emit, expr);
        break;
    case EXPR_ARRAY:
        assert(!expr->list.open);
        emit_literal(emit, expr);
        break;
    case EXPR_MAP:
        emit_literal(emit, expr);
        break;
    case EXPR_UNARY:
        emit_unary(emit, expr);
        break;
    case EXPR_BINARY:
        emit_binary(emit, expr);
        break;
    case EXPR_COMPARE:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
        emit_truth(emit, expr);
        break;
    case EXPR_CONCAT:
        emit_concat(emit, expr);
        break;
    case EXPR_CONVERT:
        emit_convert(emit, expr);
        break;
    default:
        emit_other(emit, expr);
    }
}

void
lang_emit_dropped(struct emit *emit, struct expr *expr)
{
    if (expr->kind == EXPR_SEQUENCE) {
        lang_emit_sequence(emit, expr, false);
    } else if (expr->kind != EXPR_ASSIGN || !lang_emit_assign(emit, expr, false)) {
        lang_emit_value(emit, expr);
        lang_emit_pop(emit, expr->type);
    }
}
