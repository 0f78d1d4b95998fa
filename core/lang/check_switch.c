/*
 * check_switch.c - switch: its labels, and how it selects.
 *
 * On an int or a char the machine's own switch is used; on strings and on
 * untyped values the labels are compared one after the other, as == does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

/* Every label below `body`; blocks inside are no part of the switch. */
static struct stmt *
next_label(struct stmt *stmt)
{
    while (stmt != NULL && stmt->kind != STMT_CASE)
        stmt = stmt->next;
    return stmt;
}

/* By int: the label is a constant number or character. */
static void
check_int_label(struct check *check, struct stmt *label)
{
    struct expr *value = label->label.value;

    lang_check_value(check, value);
    if (value->type->kind == TYPE_ERROR)
        return;
    if (value->kind != EXPR_INT || !lang_is_intlike(value->type)) {
        lang_error(check->lang, check->file, value->place,
                   "a number, a 'c'haracter or a static const", "this label is not a constant int");
        value->type = &lang_type_error;
        return;
    }
    label->label.key = (int32_t)(int64_t)value->integer;
}

/* By equality: the label is a constant of any kind, and becomes an object. */
static void
check_object_label(struct check *check, struct stmt *label, const struct type *type)
{
    struct expr *value = label->label.value;
    bool constant;

    lang_check_value(check, value);
    constant = value->kind == EXPR_STRING || value->kind == EXPR_INT ||
               value->kind == EXPR_DOUBLE || value->kind == EXPR_NULL;
    if (value->type->kind == TYPE_ERROR)
        return;
    if (!constant) {
        lang_error(check->lang, check->file, value->place,
                   "a string, a number, a 'c'haracter or a static const",
                   "this label is not a constant");
        return;
    }
    lang_convert(check, value, type, "this label");
    lang_to_word(check, value);
}

/* Is there another label before it with the same key? Bounded by the count of labels, sorted. */
static void
sort_labels(struct check *check, struct stmt **order, uint32_t count)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < count; i++) {
            struct stmt *label = order[i];
            uint32_t j = i;

            for (; j >= gap && order[j - gap]->label.key > label->label.key; j -= gap)
                order[j] = order[j - gap];
            order[j] = label;
        }
    }
    for (uint32_t i = 1; i < count; i++) {
        const struct stmt *later =
            order[i - 1]->place.offset > order[i]->place.offset ? order[i - 1] : order[i];

        if (order[i - 1]->label.key == order[i]->label.key &&
            order[i - 1]->label.value->type->kind != TYPE_ERROR &&
            order[i]->label.value->type->kind != TYPE_ERROR)
            lang_error(check->lang, check->file, later->place, NULL, "there are two labels for %d",
                       later->label.key);
    }
}

static void
check_labels(struct check *check, struct stmt *stmt, const struct type *type)
{
    uint32_t count = 0;

    for (struct stmt *label = next_label(stmt->choose.body); label != NULL;
         label = next_label(label->next)) {
        if (label->label.value == NULL) {
            if (stmt->choose.otherwise != NULL)
                lang_error(check->lang, check->file, label->place, NULL,
                           "there are two `default` labels");
            stmt->choose.otherwise = label;
            continue;
        }
        count++;
        if (stmt->select == 0)
            check_int_label(check, label);
        else
            check_object_label(check, label, type);
    }
    stmt->choose.order = lang_alloc_large(check->lang, (count + 1) * sizeof(struct stmt *));
    if (stmt->choose.order == NULL)
        return;
    for (struct stmt *label = next_label(stmt->choose.body); label != NULL;
         label = next_label(label->next)) {
        if (label->label.value != NULL)
            stmt->choose.order[stmt->choose.label_count++] = label;
    }
    if (stmt->select == 0)
        sort_labels(check, stmt->choose.order, count);
}

bool
lang_check_switch(struct check *check, struct stmt *stmt)
{
    struct expr *value = stmt->choose.value;
    struct stmt *innermost = check->innermost;
    struct local *scope = check->scope;
    const struct type *type;
    bool reached;

    lang_check_value(check, value);
    type = lang_unboxed(check->lang, value->type);
    if (type != value->type)
        lang_convert(check, value, type, NULL);
    stmt->select = lang_is_intlike(type) ? 0 : 1;
    if (lang_is_raw(type) && !lang_is_intlike(type))
        lang_error(check->lang, check->file, value->place, "an int, a char, a string or any object",
                   "a switch does not select by %s", lang_type_text(check->lang, type));
    else if (stmt->select == 0)
        lang_convert_number(check, value, &lang_type_int);
    check_labels(check, stmt, type->kind == TYPE_NULL ? &lang_type_any : type);
    check->innermost = stmt;
    check->breakable++;
    reached = lang_check_list(check, stmt->choose.body);
    check->breakable--;
    check->innermost = innermost;
    lang_leave_scope(check, scope);
    return reached || stmt->falls_out || stmt->choose.otherwise == NULL;
}
