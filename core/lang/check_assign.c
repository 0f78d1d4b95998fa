/*
 * check_assign.c - assignments: what can be set, and what += and ++ mean.
 *
 * `a op= b` becomes `a = a op b`, where whatever `a` consists of is computed
 * once: it is kept in a hidden local unless reading it again is harmless.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lint_priv.h"

#include "format/module.h"

static void
make_error(struct expr *expr)
{
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

/* May this be set here? Says so if not. */
static void
check_target(struct check *check, struct expr *target)
{
    struct lang *lang = check->lang;

    if (target->type->kind == TYPE_ERROR)
        return;
    if (target->kind == EXPR_LOCAL) {
        if (target->local->is_const)
            lang_error(lang, check->file, target->place, NULL, "`%s` is const",
                       target->local->name->text);
    } else if (target->kind == EXPR_FIELD || target->kind == EXPR_STATIC) {
        const struct field *field = target->member.field;
        bool constant = target->kind == EXPR_STATIC && field->value != NULL;

        if ((field->flags & MEMBER_FINAL) != 0 &&
            !(check->in_constructor && field->class == check->class && !constant))
            lang_error(lang, check->file, target->place,
                       "only a constructor and the field itself give it its value", "`%s` is const",
                       field->name->text);
    } else if (target->kind != EXPR_INDEX) {
        lang_error(lang, check->file, target->place, "a variable, a field or an element",
                   "nothing can be assigned to this");
        make_error(target);
    }
}

/* The target of an assignment; an index on an object is left as it is, with its parts checked. */
static void
prepare_target(struct check *check, struct expr *target)
{
    bool used = true;
    struct local *local;

    if (target->kind == EXPR_INDEX) {
        lang_check_value(check, target->index.object);
        lang_check_value(check, target->index.index);
        target->type = &lang_type_any;
        if (target->index.object->type->kind == TYPE_VECTOR) {
            lang_convert(check, target->index.index, &lang_type_int, "the index");
            target->type = target->index.object->type->element;
        }
        if (target->index.object->type->kind == TYPE_ERROR ||
            target->index.index->type->kind == TYPE_ERROR)
            make_error(target);
        return;
    }
    if (target->kind == EXPR_NAME) {
        local = lang_find_local(check, target->name);
        if (local != NULL) {
            used = local->used;
            lang_check_expr(check, target);
            local->used = used;
            check_target(check, target);
            return;
        }
    }
    check->assigns = target->kind == EXPR_NAME;
    lang_check_expr(check, target);
    check->assigns = false;
    check_target(check, target);
}

/* object[index] = value on an object: a call of set. */
static void
assign_element(struct check *check, struct expr *expr)
{
    struct expr *target = expr->assign.target;
    struct expr *value = expr->assign.value;
    struct expr *index = target->index.index;
    struct expr *call;
    struct local *kept = NULL;
    struct expr *first;

    if (!expr->dropped) {
        kept = lang_temporary(check, value->type);
        first = lang_new_expr(check, EXPR_ASSIGN, expr->place, value->type);
        first->assign.target = lang_local_expr(check, kept, expr->place);
        first->assign.value = value;
        value = first;
    }
    index->next = value;
    value->next = NULL;
    call = lang_new_call(check, target->index.object, check->lang->names.set, index, 2);
    call->place = target->place;
    lang_finish_call(check, call);
    call->dropped = true;
    if (expr->dropped) {
        call->next = expr->next;
        *expr = *call;
        return;
    }
    call->next = lang_local_expr(check, kept, expr->place);
    expr->kind = EXPR_SEQUENCE;
    expr->sequence.items = call;
    expr->sequence.locals = kept;
    expr->type = kept->type;
}

void
lang_check_assign(struct check *check, struct expr *expr)
{
    struct expr *target = expr->assign.target;
    struct expr *value = expr->assign.value;

    prepare_target(check, target);
    check->expected = target->type;
    lang_check_value(check, value);
    check->expected = NULL;
    if (target->type->kind == TYPE_ERROR || value->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    if (target->kind == EXPR_INDEX && target->index.object->type->kind != TYPE_VECTOR) {
        assign_element(check, expr);
        return;
    }
    lang_convert(check, value, target->type, "the value assigned");
    expr->type = target->type;
    if (target->kind == EXPR_LOCAL && value->kind == EXPR_LOCAL && target->local == value->local)
        lang_warn(check->lang, check->file, expr->place, NULL, "`%s` is assigned to itself",
                  target->local->name->text);
    lang_lint_assign(check, expr);
}

/* The parts of a compound assignment that come before it. */
struct before {
    struct check *check;
    struct expr *first;
    struct expr **end;
    struct local *locals;
};

/* local = value, in front; returns the local. */
static struct local *
keep(struct before *before, struct expr *value)
{
    struct local *local = lang_temporary(before->check, value->type);
    struct expr *assign = lang_new_expr(before->check, EXPR_ASSIGN, value->place, value->type);

    assign->assign.target = lang_local_expr(before->check, local, value->place);
    assign->assign.value = value;
    assign->dropped = true;
    value->next = NULL;
    *before->end = assign;
    before->end = &assign->next;
    local->below = before->locals;
    before->locals = local;
    return local;
}

static struct expr *
copy(struct check *check, const struct expr *expr)
{
    struct expr *other = lang_alloc(check->lang, sizeof(*other));

    *other = *expr;
    other->next = NULL;
    return other;
}

/* An expression that may be copied and computed twice. */
static struct expr *
stable(struct before *before, struct expr *expr)
{
    if (expr->kind == EXPR_LOCAL || expr->kind == EXPR_THIS || expr->kind == EXPR_INT ||
        expr->kind == EXPR_STRING || expr->kind == EXPR_ERROR)
        return expr;
    return lang_local_expr(before->check, keep(before, expr), expr->place);
}

/* Make the parts of the target stable, and return an expression that reads it. */
static struct expr *
reader(struct before *before, struct expr *target)
{
    struct check *check = before->check;
    struct expr *read;
    struct expr *index;

    if (target->kind == EXPR_FIELD)
        target->member.object = stable(before, target->member.object);
    if (target->kind != EXPR_INDEX)
        return copy(check, target);
    target->index.object = stable(before, target->index.object);
    target->index.index = stable(before, target->index.index);
    if (target->index.object->type->kind == TYPE_VECTOR)
        return copy(check, target);
    index = copy(check, target->index.index);
    read =
        lang_new_call(check, copy(check, target->index.object), check->lang->names.get, index, 1);
    read->place = target->place;
    lang_finish_call(check, read);
    return read;
}

/* The assignment itself, and what stands before it, as one expression in place of `expr`. */
static void
finish(struct before *before, struct expr *expr, struct expr *assign, struct expr *result)
{
    if (result == NULL && before->first == NULL) {
        assign->next = expr->next;
        assign->dropped = expr->dropped;
        *expr = *assign;
        return;
    }
    *before->end = assign;
    assign->next = result;
    assign->dropped = result != NULL || expr->dropped;
    expr->kind = EXPR_SEQUENCE;
    expr->sequence.items = before->first;
    expr->sequence.locals = before->locals;
    expr->type = result != NULL ? result->type : assign->type;
}

void
lang_check_compound(struct check *check, struct expr *expr)
{
    struct before before = { .check = check };
    struct expr *target = expr->assign.target;
    struct expr *value = expr->assign.value;
    bool step = value == NULL;
    bool old = expr->postfix && !expr->dropped;
    struct expr *binary = lang_new_expr(check, EXPR_BINARY, expr->place, NULL);
    struct expr *assign = lang_new_expr(check, EXPR_ASSIGN, expr->place, NULL);
    struct expr *result = NULL;

    before.end = &before.first;
    if (step) {
        value = lang_new_expr(check, EXPR_INT, expr->place, &lang_type_int);
        value->integer = 1;
    }
    prepare_target(check, target);
    if (target->kind == EXPR_LOCAL && !expr->dropped)
        target->local->used = true;
    lang_check_value(check, value);
    if (target->type->kind == TYPE_ERROR || value->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    binary->op = !step ? expr->op : expr->op == T_INCREMENT ? T_PLUS : T_MINUS;
    binary->operands.left = reader(&before, target);
    binary->operands.right = value;
    if (old && binary->operands.left->type->kind != TYPE_ERROR) {
        struct local *local = keep(&before, binary->operands.left);

        binary->operands.left = lang_local_expr(check, local, expr->place);
        result = lang_local_expr(check, local, expr->place);
    }
    lang_finish_binary(check, binary);
    assign->assign.target = target;
    assign->assign.value = binary;
    assign->dropped = expr->dropped || old;
    if (binary->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    if (target->kind == EXPR_INDEX && target->index.object->type->kind != TYPE_VECTOR) {
        assign_element(check, assign);
    } else {
        if (lang_is_number(binary->type) && lang_is_number(target->type))
            lang_convert_number(check, binary, target->type);
        else
            lang_convert(check, binary, target->type, "the value assigned");
        assign->type = target->type;
    }
    finish(&before, expr, assign, result);
}
