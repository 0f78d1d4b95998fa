/*
 * check_op.c - operators: what they work on, and what they give.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lint_priv.h"

bool
lang_is_string(const struct lang *lang, const struct type *type)
{
    return type->kind == TYPE_CLASS && type->class->name == lang->names.internal_string;
}

static void
make_error(struct expr *expr)
{
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

/* An object of a number's class is used as that number. */
static void
unbox_operand(struct check *check, struct expr *expr)
{
    const struct type *raw = lang_unboxed(check->lang, expr->type);

    if (raw != expr->type)
        lang_wrap(check, expr, CONVERT_UNBOX, raw);
}

static void
complain(struct check *check, struct expr *expr, const char *needs)
{
    const struct type *left = expr->operands.left->type;
    const struct type *right = expr->operands.right == NULL ? NULL : expr->operands.right->type;

    if (right == NULL)
        lang_error(check->lang, check->file, expr->place, NULL, "%s needs %s, and this is %s",
                   lang_token_name(expr->op), needs, lang_type_text(check->lang, left));
    else
        lang_error(check->lang, check->file, expr->place, NULL,
                   "%s needs %s, and these are %s and %s", lang_token_name(expr->op), needs,
                   lang_type_text(check->lang, left), lang_type_text(check->lang, right));
    make_error(expr);
}

/* +x of anything is x - 0: a number stays, also -0.0, and what is none throws. */
static void
subtract_zero(struct check *check, struct expr *expr)
{
    struct expr *zero = lang_new_expr(check, EXPR_INT, expr->place, &lang_type_int);

    lang_to_word(check, zero);
    expr->kind = EXPR_BINARY;
    expr->op = T_MINUS;
    expr->operands.right = zero;
}

void
lang_check_unary(struct check *check, struct expr *expr)
{
    struct expr *operand = expr->operands.left;

    lang_check_value(check, operand);
    unbox_operand(check, operand);
    if (operand->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    if (operand->type->kind == TYPE_ANY) {
        if (expr->op == T_PLUS)
            subtract_zero(check, expr);
        expr->type = &lang_type_any;
        return;
    }
    if (lang_is_intlike(operand->type))
        lang_convert_number(check, operand, &lang_type_int);
    if (!lang_is_number(operand->type) ||
        (expr->op == T_TILDE && operand->type->kind > TYPE_LONG)) {
        complain(check, expr, expr->op == T_TILDE ? "an int or a long" : "a number");
        return;
    }
    expr->type = operand->type;
    if (expr->op == T_PLUS) {
        expr->kind = EXPR_CONVERT;
        expr->op = CONVERT_NONE;
    } else if (operand->kind == EXPR_INT) {
        uint64_t value = expr->op == T_MINUS ? 0 - operand->integer : ~operand->integer;

        if (expr->type->kind == TYPE_INT)
            value = (uint64_t)(int64_t)(int32_t)value;
        expr->kind = EXPR_INT;
        expr->integer = value;
    }
}

/* Arithmetic on two constants of one type; false if it has to wait for the run. */
static bool
fold(struct expr *expr)
{
    const struct expr *left = expr->operands.left;
    const struct expr *right = expr->operands.right;
    bool is_int = expr->type->kind == TYPE_INT;
    uint64_t a = left->integer;
    uint64_t b = right->integer;
    unsigned shift = (unsigned)(b & (is_int ? 31 : 63));
    uint64_t value;

    if (left->kind != EXPR_INT || right->kind != EXPR_INT || expr->type->kind > TYPE_LONG)
        return false;
    switch (expr->op) {
    case T_PLUS:
        value = a + b;
        break;
    case T_MINUS:
        value = a - b;
        break;
    case T_STAR:
        value = a * b;
        break;
    case T_AND:
        value = a & b;
        break;
    case T_OR:
        value = a | b;
        break;
    case T_XOR:
        value = a ^ b;
        break;
    case T_SHL:
        value = a << shift;
        break;
    case T_SHR:
        value = (uint64_t)((int64_t)a >> shift);
        break;
    default:
        return false;
    }
    expr->kind = EXPR_INT;
    expr->integer = is_int ? (uint64_t)(int64_t)(int32_t)value : value;
    return true;
}

static bool
is_shift(unsigned op)
{
    return op == T_SHL || op == T_SHR || op == T_USHR;
}

/* The pieces of a + of strings: those of a left operand that is one itself come first. */
static void
join_strings(struct check *check, struct expr *expr)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;
    struct expr *first = left;
    struct expr *last = left;

    if (left->kind == EXPR_CONCAT && left->checked) {
        first = left->list.items;
        last = left->list.last;
    }
    last->next = right;
    last = right;
    if (right->kind == EXPR_CONCAT && right->checked) {
        struct expr *before = first;

        while (before->next != right)
            before = before->next;
        before->next = right->list.items;
        last = right->list.last;
    }
    expr->kind = EXPR_CONCAT;
    expr->list.items = first;
    expr->list.last = last;
    lang_to_word(check, left);
    lang_to_word(check, right);
    expr->type = lang_type_string(check->lang, check->file, expr->place);
}

static void
finish_numbers(struct check *check, struct expr *expr)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;
    bool bits = expr->op == T_AND || expr->op == T_OR || expr->op == T_XOR;
    const struct type *type;

    if (bits && left->type->kind == TYPE_BOOLEAN && right->type->kind == TYPE_BOOLEAN) {
        expr->type = &lang_type_boolean;
        return;
    }
    type = left->type;
    if (!is_shift(expr->op) && right->type->kind > type->kind)
        type = right->type;
    if (type->kind < TYPE_INT)
        type = &lang_type_int;
    if ((bits || is_shift(expr->op)) && type->kind > TYPE_LONG) {
        complain(check, expr, "ints or longs");
        return;
    }
    if (is_shift(expr->op) && right->type->kind > TYPE_LONG) {
        complain(check, expr, "an int behind it");
        return;
    }
    lang_convert_number(check, left, type);
    lang_convert_number(check, right, is_shift(expr->op) ? &lang_type_int : type);
    expr->type = type;
    if ((expr->op == T_SLASH || expr->op == T_PERCENT) && right->kind == EXPR_INT &&
        right->integer == 0)
        lang_warn(check->lang, check->file, expr->place, NULL, "this divides by zero");
    (void)fold(expr);
}

void
lang_finish_binary(struct check *check, struct expr *expr)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;

    if (left->type->kind == TYPE_ERROR || right->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    if (expr->op == T_PLUS &&
        (lang_is_string(check->lang, left->type) || lang_is_string(check->lang, right->type))) {
        join_strings(check, expr);
        return;
    }
    unbox_operand(check, left);
    unbox_operand(check, right);
    if (lang_is_raw(left->type) && lang_is_raw(right->type)) {
        finish_numbers(check, expr);
        return;
    }
    if ((left->type->kind == TYPE_ANY || right->type->kind == TYPE_ANY) &&
        left->type->kind != TYPE_NULL && right->type->kind != TYPE_NULL) {
        lang_to_word(check, left);
        lang_to_word(check, right);
        expr->type = &lang_type_any;
        return;
    }
    complain(check, expr, expr->op == T_PLUS ? "numbers or a string" : "numbers");
}

void
lang_check_binary(struct check *check, struct expr *expr)
{
    lang_check_value(check, expr->operands.left);
    lang_check_value(check, expr->operands.right);
    lang_finish_binary(check, expr);
}

/* Interpolation: every piece becomes a word. */
void
lang_check_concat(struct check *check, struct expr *expr)
{
    expr->list.last = expr->list.items;
    for (struct expr *item = expr->list.items; item != NULL; item = item->next) {
        lang_check_value(check, item);
        lang_to_word(check, item);
        expr->list.last = item;
    }
    expr->type = lang_type_string(check->lang, check->file, expr->place);
}

/* Equality and identity, where at least one side is an object. */
static void
compare_objects(struct check *check, struct expr *expr)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;

    if ((left->type->kind == TYPE_NULL && lang_is_raw(right->type)) ||
        (right->type->kind == TYPE_NULL && lang_is_raw(left->type))) {
        complain(check, expr, "an object beside null");
        return;
    }
    if (left->type->kind == TYPE_NULL) {
        expr->operands.left = right;
        expr->operands.right = left;
    }
    lang_to_word(check, left);
    lang_to_word(check, right);
}

void
lang_check_compare(struct check *check, struct expr *expr)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;
    bool order = expr->op >= T_LESS && expr->op <= T_GREATER_EQUAL;
    bool same = expr->op == T_SAME || expr->op == T_NOT_SAME;

    lang_check_value(check, left);
    lang_check_value(check, right);
    expr->type = &lang_type_boolean;
    if (left->type->kind == TYPE_ERROR || right->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    lang_lint_compare(check, expr);
    if (order) {
        unbox_operand(check, left);
        unbox_operand(check, right);
    }
    /* 0.0 and -0.0 are equal, and not the same; NaN the other way round: so words are compared */
    if (lang_is_raw(left->type) && lang_is_raw(right->type) &&
        (!same || (left->type == right->type && left->type->kind <= TYPE_LONG))) {
        const struct type *type = left->type->kind > right->type->kind ? left->type : right->type;

        if (type->kind < TYPE_INT)
            type = &lang_type_int;
        lang_convert_number(check, left, type);
        lang_convert_number(check, right, type);
        return;
    }
    if (!order) {
        compare_objects(check, expr);
        return;
    }
    if (left->type->kind == TYPE_ANY || right->type->kind == TYPE_ANY ||
        (lang_is_string(check->lang, left->type) && lang_is_string(check->lang, right->type))) {
        lang_to_word(check, left);
        lang_to_word(check, right);
        return;
    }
    complain(check, expr, "two numbers or two strings");
}
