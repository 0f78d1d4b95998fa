/*
 * check_convert.c - a value where another type is wanted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

#include "base/assert.h"
#include "format/module.h"

/* Put a conversion around an expression, in place. */
void
lang_wrap(struct check *check, struct expr *expr, enum convert convert, const struct type *type)
{
    struct expr *inner = lang_alloc(check->lang, sizeof(*inner));
    struct expr *next = expr->next;
    struct place place = expr->place;

    *inner = *expr;
    inner->next = NULL;
    *expr = (struct expr){
        .kind = EXPR_CONVERT,
        .op = (uint8_t)convert,
        .height = inner->height,
        .place = place,
        .next = next,
        .type = type,
        .checked = true,
    };
    expr->operands.left = inner;
}

const struct type *
lang_unboxed(struct lang *lang, const struct type *type)
{
    static const struct type *const raw[] = {
        &lang_type_boolean, &lang_type_char,  &lang_type_int,
        &lang_type_long,    &lang_type_float, &lang_type_double,
    };

    if (type->kind != TYPE_CLASS)
        return type;
    for (unsigned i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        if (lang_type_class_name(lang, raw[i]) == type->class->name)
            return raw[i];
    }
    return type;
}

/* Between raw types, in any direction; constants are converted here. */
void
lang_convert_number(struct check *check, struct expr *expr, const struct type *to)
{
    const struct type *from = expr->type;
    int64_t integer = (int64_t)expr->integer;

    if (from == to)
        return;
    if (lang_is_intlike(from) && to->kind == TYPE_INT) {
        if (expr->kind == EXPR_INT)
            expr->type = to;
        else
            lang_wrap(check, expr, CONVERT_NONE, to);
        return;
    }
    if (expr->kind == EXPR_INT && to->kind == TYPE_LONG) {
        expr->type = to;
    } else if (expr->kind == EXPR_INT && to->kind == TYPE_DOUBLE) {
        expr->kind = EXPR_DOUBLE;
        expr->number = (double)integer;
        expr->type = to;
    } else if (expr->kind == EXPR_INT && to->kind == TYPE_FLOAT) {
        expr->kind = EXPR_DOUBLE;
        expr->number = (double)(float)integer;
        expr->type = to;
    } else if (expr->kind == EXPR_DOUBLE && to->kind >= TYPE_FLOAT) {
        expr->number = to->kind == TYPE_FLOAT ? (double)(float)expr->number : expr->number;
        expr->type = to;
    } else {
        lang_wrap(check, expr, CONVERT_NUMBER, to);
    }
}

void
lang_to_word(struct check *check, struct expr *expr)
{
    if (lang_is_raw(expr->type))
        lang_wrap(check, expr, CONVERT_BOX, &lang_type_any);
}

/* Why a value does not fit, and what would. */
static void
complain(struct check *check, const struct expr *expr, const struct type *to, const char *what)
{
    struct lang *lang = check->lang;
    const struct type *from = expr->type;
    const char *hint = NULL;

    assert(what != NULL);
    if (from->kind == TYPE_VOID) {
        lang_error(lang, check->file, expr->place, NULL, "this gives no value, and %s needs one",
                   what);
        return;
    }
    if (lang_is_number(from) && lang_is_number(to))
        hint = lang_text(lang, "a cast makes it one: (%s)", lang_type_text(lang, to));
    else if (lang_is_string(lang, to) && from->kind != TYPE_NULL)
        hint = ".toString() makes a string of any object";
    else if (to->kind == TYPE_BOOLEAN && lang_is_number(from))
        hint = "compare it: ... != 0";
    else if (to->kind == TYPE_CLASS && from->kind == TYPE_CLASS && to->class != from->class &&
             lang_is_subclass(lang, to->class, from->class))
        hint = lang_text(lang, "if it is one, say so: (%s)", lang_type_text(lang, to));
    lang_error(lang, check->file, expr->place, hint, "%s should be %s, and this is %s", what,
               lang_type_text(lang, to), lang_type_text(lang, from));
}

void
lang_convert(struct check *check, struct expr *expr, const struct type *to, const char *what)
{
    const struct type *from = expr->type;
    enum fit fit = lang_fit(check->lang, from, to);

    if (from->kind == TYPE_ERROR || to->kind == TYPE_ERROR)
        return;
    if (fit == FIT_NOT) {
        complain(check, expr, to, what);
        expr->kind = EXPR_ERROR;
        expr->type = &lang_type_error;
        return;
    }
    if (lang_is_raw(from) && lang_is_raw(to))
        lang_convert_number(check, expr, to);
    else if (lang_is_raw(from))
        lang_wrap(check, expr, CONVERT_BOX, to);
    else if (lang_is_raw(to) && (fit == FIT_BOX || to->kind <= TYPE_CHAR))
        lang_wrap(check, expr, CONVERT_UNBOX, to);
    else if (lang_is_raw(to))
        lang_wrap(check, expr, CONVERT_COERCE, to);
    else if (fit == FIT_CHECKED)
        lang_wrap(check, expr, CONVERT_CHECK, to);
}

/* A boolean or an int, or what can be asked at run time. */
void
lang_to_condition(struct check *check, struct expr *expr)
{
    const struct type *type = lang_unboxed(check->lang, expr->type);
    const char *hint = NULL;

    if (type->kind == TYPE_ERROR || (lang_is_intlike(type) && type == expr->type))
        return;
    if (type->kind == TYPE_ANY || lang_is_intlike(type)) {
        lang_wrap(check, expr, CONVERT_TRUTH, &lang_type_boolean);
        return;
    }
    if (lang_is_word(type))
        hint = "compare it: ... != null";
    else if (lang_is_raw(type))
        hint = "compare it: ... != 0";
    lang_error(check->lang, check->file, expr->place, hint,
               "a condition is a boolean or an int, and this is %s",
               lang_type_text(check->lang, type));
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

/* `(name) (expr)` where `name` is a variable: a call of what it holds. */
static bool
is_call_after_all(struct check *check, struct expr *expr)
{
    const struct path *path = expr->cast.syntax->path;
    struct expr *operand = expr->cast.operand;
    struct expr *name;

    if (path == NULL || path->absolute || path->parts == NULL || path->parts->next != NULL ||
        expr->cast.syntax->arrays != 0 || !operand->parenthesised ||
        lang_find_local(check, path->parts->symbol) == NULL)
        return false;
    name = lang_new_expr(check, EXPR_NAME, expr->place, NULL);
    name->checked = false;
    name->name = path->parts->symbol;
    operand->next = NULL;
    expr->kind = EXPR_CALL;
    expr->call.object = name;
    expr->call.name = NULL;
    expr->call.number = NULL;
    expr->call.arguments = operand;
    expr->call.count = 1;
    expr->call.method = NULL;
    lang_check_call(check, expr);
    return true;
}

/* True if an object of one type can be of the other. */
static bool
may_be(struct lang *lang, const struct type *from, const struct type *to)
{
    if (from->kind == TYPE_ANY || from->kind == TYPE_NULL)
        return true;
    if (from->kind != TYPE_CLASS || to->kind != TYPE_CLASS)
        return false;
    return (from->class->flags & CLASS_INTERFACE) != 0 ||
           (to->class->flags & CLASS_INTERFACE) != 0 ||
           lang_is_subclass(lang, to->class, from->class) ||
           lang_is_subclass(lang, from->class, to->class);
}

void
lang_check_cast(struct check *check, struct expr *expr)
{
    const struct type *to;
    const struct type *from;
    struct expr *operand = expr->cast.operand;

    if (is_call_after_all(check, expr))
        return;
    to = lang_resolve_type(check->lang, check->file, expr->cast.syntax);
    check->expected = to;
    lang_check_value(check, operand);
    check->expected = NULL;
    from = operand->type;
    if (to->kind == TYPE_ERROR || from->kind == TYPE_ERROR) {
        expr->kind = EXPR_ERROR;
        expr->type = to;
        return;
    }
    if (lang_is_raw(from) && lang_is_number(to)) {
        lang_convert_number(check, operand, to);
    } else if (lang_is_word(from) && lang_is_word(to) && may_be(check->lang, from, to) &&
               lang_fit(check->lang, from, to) == FIT_NOT) {
        lang_wrap(check, operand, CONVERT_CHECK, to);
    } else {
        lang_convert(check, operand, to, "the value of this cast");
    }
    expr->kind = EXPR_CONVERT;
    expr->op = CONVERT_NONE;
    expr->operands.left = operand;
    expr->type = to;
}

void
lang_check_instanceof(struct check *check, struct expr *expr)
{
    struct expr *operand = expr->cast.operand;
    const struct type *to = lang_resolve_type(check->lang, check->file, expr->cast.syntax);

    lang_check_value(check, operand);
    expr->type = &lang_type_boolean;
    expr->cast.to = to;
    if (to->kind == TYPE_VOID)
        lang_error(check->lang, check->file, expr->place, "... != null asks for any object",
                   "no object is of type void");
    if (operand->type->kind == TYPE_CLASS && to->kind == TYPE_CLASS &&
        !may_be(check->lang, operand->type, to))
        lang_warn(check->lang, check->file, expr->place, NULL, "%s can never be %s",
                  lang_type_text(check->lang, operand->type), lang_type_text(check->lang, to));
    lang_to_word(check, operand);
}
