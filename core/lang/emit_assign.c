/*
 * emit_assign.c - assignments, the variables that funs share, and funs themselves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

/* The value on its stack goes into the one-element array that a variable shares with funs. */
void
lang_emit_store_cell(struct emit *emit, const struct local *local)
{
    lang_emit_box(emit, local->type);
    lang_emit_cell(emit, local);
    lang_emit_effect(emit, BC_WSWAP, 2, 0, 2, 0);
    lang_emit_int(emit, 0);
    /* the index lies on the raw stack, the array and the value on that of words */
    lang_emit(emit, BC_WASTORE);
}

/* Make the cell of a new variable; the value is on its stack. */
void
lang_emit_declare(struct emit *emit, struct local *local)
{
    lang_new_slot(emit, local);
    if (!local->cell) {
        lang_store_slot(emit, local->type, local->slot);
        return;
    }
    lang_emit_int(emit, 1);
    lang_emit_u16(emit, BC_NEWARRAY,
                  lang_pool_class(emit->module, lang_symbol(emit->lang, "[w", 2)));
    lang_emit_u16(emit, BC_WSTORE, (uint16_t)local->slot);
    lang_emit_store_cell(emit, local);
}

/* n = n + 3 on an int that nobody shares, as one instruction; false if it is not that. */
static bool
emit_increment(struct emit *emit, struct expr *expr)
{
    struct expr *target = expr->assign.target;
    struct expr *value = expr->assign.value;
    struct expr *step;
    int64_t amount;

    if (target->kind != EXPR_LOCAL || target->type->kind != TYPE_INT || target->local->cell ||
        value->kind != EXPR_BINARY || (value->op != T_PLUS && value->op != T_MINUS))
        return false;
    step = value->operands.right;
    if (value->operands.left->kind != EXPR_LOCAL || value->operands.left->local != target->local ||
        step->kind != EXPR_INT)
        return false;
    amount = value->op == T_PLUS ? (int64_t)step->integer : -(int64_t)step->integer;
    if (amount < INT16_MIN || amount > INT16_MAX)
        return false;
    lang_emit(emit, BC_IINC);
    lang_emit_operand(emit, target->local->slot, 2);
    lang_emit_operand(emit, (uint16_t)amount, 2);
    return true;
}

static void
assign_local(struct emit *emit, struct expr *expr, bool wanted)
{
    const struct local *local = expr->assign.target->local;

    lang_emit_value(emit, expr->assign.value);
    if (wanted)
        lang_emit_dup(emit, local->type);
    if (local->cell)
        lang_emit_store_cell(emit, local);
    else
        lang_store_slot(emit, local->type, local->slot);
}

/* The value on its stack, kept under what is on the other stacks. */
static void
keep_value(struct emit *emit, bool raw, bool index)
{
    if (raw && index)
        lang_emit_effect(emit, BC_RDUP_X1, 0, 2, 0, 3);
    else if (raw)
        lang_emit_effect(emit, BC_RDUP, 0, 1, 0, 2);
    else
        lang_emit_effect(emit, BC_WDUP_X1, 2, 0, 3, 0);
}

static void
assign_field(struct emit *emit, struct expr *expr, bool wanted)
{
    struct expr *target = expr->assign.target;
    const struct field *field = target->member.field;
    bool raw = lang_is_raw(field->type);
    bool is_static = target->kind == EXPR_STATIC;

    if (!is_static)
        lang_emit_value(emit, target->member.object);
    lang_emit_value(emit, expr->assign.value);
    if (wanted && is_static)
        lang_emit_dup(emit, field->type);
    else if (wanted)
        keep_value(emit, raw, false);
    lang_emit_line(emit, expr->place);
    lang_emit_effect(emit, is_static ? BC_PUTSTATIC : BC_PUTFIELD, !is_static + !raw, raw, 0, 0);
    lang_emit_operand(emit, lang_pool_field(emit->module, field), 2);
}

static void
assign_index(struct emit *emit, struct expr *expr, bool wanted)
{
    static const char letters[] = "wbcilfd";
    static const uint8_t ops[] = { BC_WASTORE, BC_BASTORE, BC_CASTORE, BC_IASTORE,
                                   BC_LASTORE, BC_FASTORE, BC_DASTORE };
    struct expr *target = expr->assign.target;
    const struct type *vector = target->index.object->type;

    lang_emit_value(emit, target->index.object);
    lang_emit_value(emit, target->index.index);
    lang_emit_value(emit, expr->assign.value);
    if (wanted)
        keep_value(emit, lang_is_raw(vector->element), true);
    lang_emit_line(emit, expr->place);
    for (unsigned i = 0; i < sizeof(ops); i++) {
        if (letters[i] == vector->letter)
            lang_emit(emit, ops[i]);
    }
}

/* Returns true: the value is on its stack if it is wanted, else nothing is. */
bool
lang_emit_assign(struct emit *emit, struct expr *expr, bool wanted)
{
    if (emit->lang->stopped || !emit->reachable)
        return true;
    switch (expr->assign.target->kind) {
    case EXPR_LOCAL:
        if (wanted || !emit_increment(emit, expr))
            assign_local(emit, expr, wanted);
        break;
    case EXPR_FIELD:
    case EXPR_STATIC:
        assign_field(emit, expr, wanted);
        break;
    default:
        assign_index(emit, expr, wanted);
    }
    return true;
}

void
lang_emit_sequence(struct emit *emit, struct expr *expr, bool wanted)
{
    struct scope scope = lang_scope(emit);

    for (struct local *local = expr->sequence.locals; local != NULL; local = local->below)
        lang_new_slot(emit, local);
    for (struct expr *item = expr->sequence.items; item != NULL; item = item->next) {
        if (wanted && item->next == NULL)
            lang_emit_value(emit, item);
        else
            lang_emit_dropped(emit, item);
    }
    lang_end_scope(emit, scope);
}

/* An object with the cells of what its body uses. */
void
lang_emit_fun(struct emit *emit, struct expr *expr)
{
    const struct class *class = expr->fun.class;
    const struct method *constructor = class->methods;

    lang_emit_u16(emit, BC_NEW, lang_pool_class(emit->module, class->name));
    lang_emit_effect(emit, BC_WDUP, 1, 0, 2, 0);
    lang_emit_invoke(emit, BC_INVOKESPECIAL, constructor);
    for (const struct local *local = expr->fun.captures; local != NULL; local = local->next) {
        lang_emit_effect(emit, BC_WDUP, 1, 0, 2, 0);
        if (local->cell || local->outer->capture != NULL)
            lang_emit_cell(emit, local->outer);
        else
            lang_emit_this(emit);
        lang_emit_effect(emit, BC_PUTFIELD, 2, 0, 0, 0);
        lang_emit_operand(emit, lang_pool_field(emit->module, local->capture), 2);
    }
}
