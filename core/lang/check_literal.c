/*
 * check_literal.c - literals of arrays and maps.
 *
 * The elements of an array are of the type that is wanted for them, else of one that holds them
 * all. What a call wants is known only when its method is, and that is chosen by what the literal
 * could become. So as an argument it stays open: its elements are checked, and not yet converted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

static void
make_error(struct expr *expr)
{
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

/* The method of a literal's class by which it is filled. */
static struct method *
filler(struct check *check, struct expr *expr, const struct type *type, struct symbol *name,
       uint32_t arguments)
{
    struct method *method;

    lang_class_members(check->lang, type->class);
    for (method = lang_own_method(check->lang, type->class, name); method != NULL;
         method = method->next_named) {
        if (method->argument_count != arguments || method->signature == NULL)
            continue;
        if (method->arguments->type->kind == TYPE_ANY &&
            (arguments == 1 || method->arguments->next->type->kind == TYPE_ANY))
            break;
    }
    expr->list.constructor = lang_find_plain(check->lang, type->class, check->lang->names.new_);
    if (method == NULL || expr->list.constructor == NULL)
        lang_error(check->lang, check->file, expr->place, NULL,
                   "%s of the class library cannot be filled: it lacks `%s`",
                   type->class->name->text, name->text);
    return method;
}

/* What is wanted for the elements of an array; NULL if that does not say. */
static const struct type *
wanted_element(const struct lang *lang, const struct type *wanted)
{
    if (wanted == NULL || wanted->kind != TYPE_CLASS ||
        wanted->class->name != lang->names.internal_array)
        return NULL;
    return wanted->element;
}

/* A type that holds all elements as they are. */
static const struct type *
joined(struct lang *lang, const struct expr *expr)
{
    const struct type *element = NULL;

    for (const struct expr *item = expr->list.items; item != NULL; item = item->next)
        element = element == NULL ? item->type : lang_type_join(lang, element, item->type);
    if (element == NULL || element->kind == TYPE_NULL || element->kind == TYPE_ERROR)
        return &lang_type_any;
    return element;
}

static void
convert_elements(struct check *check, struct expr *expr, const struct type *element)
{
    for (struct expr *item = expr->list.items; item != NULL; item = item->next) {
        lang_close_array(check, item, element);
        lang_convert(check, item, element, "this element");
        lang_to_word(check, item);
    }
}

/* Its type, and how it is filled. */
static void
finish_array(struct check *check, struct expr *expr, const struct type *element)
{
    expr->type = lang_type_array(check->lang, check->file, expr->place, element);
    if (expr->type->kind == TYPE_ERROR)
        make_error(expr);
    else
        expr->list.add = filler(check, expr, expr->type, check->lang->names.add, 1);
}

void
lang_check_array(struct check *check, struct expr *expr)
{
    const struct type *element = wanted_element(check->lang, check->expected);
    bool open = check->open;

    check->expected = NULL;
    check->open = false;
    for (struct expr *item = expr->list.items; item != NULL; item = item->next) {
        if (open) {
            lang_check_argument(check, item);
            continue;
        }
        check->expected = element;
        lang_check_value(check, item);
    }
    check->expected = NULL;
    if (element == NULL)
        element = joined(check->lang, expr);
    if (!open)
        convert_elements(check, expr, element);
    finish_array(check, expr, element);
    if (expr->kind == EXPR_ARRAY)
        expr->list.open = open;
}

void
lang_check_argument(struct check *check, struct expr *argument)
{
    check->open = argument->kind == EXPR_ARRAY && !argument->checked;
    lang_check_value(check, argument);
    check->open = false;
}

void
lang_close_array(struct check *check, struct expr *expr, const struct type *wanted)
{
    const struct type *element;

    if (expr->kind != EXPR_ARRAY || !expr->list.open)
        return;
    element = wanted_element(check->lang, wanted);
    if (element == NULL)
        element = expr->type->element;
    expr->list.open = false;
    convert_elements(check, expr, element);
    expr->type = lang_type_array(check->lang, check->file, expr->place, element);
}

/* What an array literal costs whose elements have to become something else. */
#define COST_ANY   1
#define COST_WIDER 2

enum fit
lang_fit_argument(struct lang *lang, const struct expr *argument, const struct type *to,
                  unsigned *cost)
{
    const struct type *element = wanted_element(lang, to);
    enum fit all = FIT_SAME;

    *cost = 0;
    if (argument->kind != EXPR_ARRAY || !argument->list.open || element == NULL)
        return lang_fit(lang, argument->type, to);
    if (argument->type->element == NULL || lang_type_same(argument->type->element, element))
        return FIT_SAME;
    *cost = element->kind == TYPE_ANY ? COST_ANY : COST_WIDER;
    for (const struct expr *item = argument->list.items; item != NULL; item = item->next) {
        unsigned own;
        enum fit fit = lang_fit_argument(lang, item, element, &own);

        if (fit == FIT_NOT)
            return FIT_NOT;
        if (fit == FIT_CHECKED)
            all = FIT_CHECKED;
    }
    return all;
}

void
lang_check_map(struct check *check, struct expr *expr)
{
    struct class *class =
        lang_need_class(check->lang, check->lang->names.internal_map, check->file, expr->place);

    for (struct expr *item = expr->list.items; item != NULL; item = item->next) {
        lang_check_value(check, item);
        lang_to_word(check, item);
    }
    if (class == NULL) {
        make_error(expr);
        return;
    }
    expr->type = lang_type_of_class(check->lang, class);
    expr->list.add = filler(check, expr, expr->type, check->lang->names.set, 2);
}
