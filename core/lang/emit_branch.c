/*
 * emit_branch.c - conditions: jump if an expression is true, or if it is not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

/* One of the six comparisons, from 0: == != < >= > <=; each pair are opposites. */
static unsigned
relation(unsigned token, bool when)
{
    unsigned index;

    switch (token) {
    case T_EQUAL:
    case T_SAME:
        index = 0;
        break;
    case T_UNEQUAL:
    case T_NOT_SAME:
        index = 1;
        break;
    case T_LESS:
        index = 2;
        break;
    case T_GREATER_EQUAL:
        index = 3;
        break;
    case T_GREATER:
        index = 4;
        break;
    default:
        index = 5;
    }
    return when ? index : index ^ 1;
}

static void
branch_numbers(struct emit *emit, struct expr *expr, bool when, struct label *label)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;
    unsigned index = relation(expr->op, when);
    bool less = expr->op == T_LESS || expr->op == T_LESS_EQUAL;
    bool with_zero = right->kind == EXPR_INT && right->integer == 0;

    lang_emit_value(emit, left);
    if (lang_is_intlike(left->type) && with_zero) {
        lang_jump(emit, BC_IFEQ + index, label);
        return;
    }
    lang_emit_value(emit, right);
    switch (left->type->kind) {
    case TYPE_LONG:
        lang_emit(emit, BC_LCMP);
        break;
    case TYPE_FLOAT:
        lang_emit(emit, less ? BC_FCMPG : BC_FCMPL);
        break;
    case TYPE_DOUBLE:
        lang_emit(emit, less ? BC_DCMPG : BC_DCMPL);
        break;
    default:
        lang_jump(emit, BC_IF_ICMPEQ + index, label);
        return;
    }
    lang_jump(emit, BC_IFEQ + index, label);
}

static void
branch_objects(struct emit *emit, struct expr *expr, bool when, struct label *label)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;
    bool equal = expr->op == T_EQUAL || expr->op == T_SAME;

    lang_emit_value(emit, left);
    if (right->kind == EXPR_NULL && expr->op < T_LESS) {
        lang_jump(emit, equal == when ? BC_IFNULL : BC_IFNONNULL, label);
        return;
    }
    lang_emit_value(emit, right);
    lang_emit_line(emit, expr->place);
    switch (expr->op) {
    case T_SAME:
    case T_NOT_SAME:
        lang_jump(emit, equal == when ? BC_IF_SAME : BC_IF_NOTSAME, label);
        return;
    case T_EQUAL:
    case T_UNEQUAL:
        lang_emit(emit, BC_DYN_EQUALS);
        lang_jump(emit, equal == when ? BC_IFNE : BC_IFEQ, label);
        return;
    case T_LESS:
        lang_emit_u8(emit, BC_DYN_COMPARE, DYN_LT);
        break;
    case T_LESS_EQUAL:
        lang_emit_u8(emit, BC_DYN_COMPARE, DYN_LE);
        break;
    case T_GREATER:
        lang_emit_u8(emit, BC_DYN_COMPARE, DYN_GT);
        break;
    default:
        lang_emit_u8(emit, BC_DYN_COMPARE, DYN_GE);
    }
    lang_jump(emit, when ? BC_IFNE : BC_IFEQ, label);
}

/* a && b, a || b: the second is evaluated only where it decides. */
static void
branch_logic(struct emit *emit, struct expr *expr, bool when, struct label *label)
{
    bool decides = expr->kind == EXPR_OR; /* the first being that settles it */
    struct label skip = lang_label();

    if (when == decides) {
        lang_emit_branch(emit, expr->operands.left, when, label);
        lang_emit_branch(emit, expr->operands.right, when, label);
        return;
    }
    lang_emit_branch(emit, expr->operands.left, decides, &skip);
    lang_emit_branch(emit, expr->operands.right, when, label);
    lang_bind(emit, &skip);
}

void
lang_emit_branch(struct emit *emit, struct expr *expr, bool when, struct label *label)
{
    switch (expr->kind) {
    case EXPR_NOT:
        lang_emit_branch(emit, expr->operands.left, !when, label);
        return;
    case EXPR_AND:
    case EXPR_OR:
        branch_logic(emit, expr, when, label);
        return;
    case EXPR_COMPARE:
        if (lang_is_raw(expr->operands.left->type) && lang_is_raw(expr->operands.right->type))
            branch_numbers(emit, expr, when, label);
        else
            branch_objects(emit, expr, when, label);
        return;
    case EXPR_INT:
        if ((expr->integer != 0) == when)
            lang_jump(emit, BC_GOTO, label);
        return;
    default:
        lang_emit_value(emit, expr);
        lang_jump(emit, when ? BC_IFNE : BC_IFEQ, label);
    }
}

/* 1: always true, 0: always false, -1: who knows */
int
lang_constant_condition(const struct expr *expr)
{
    if (expr == NULL)
        return 1;
    return expr->kind == EXPR_INT ? expr->integer != 0 : -1;
}
