/*
 * check_expr.c - expressions: literals, indexes, conditionals; and the way to the rest.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

#include "format/module.h"

static void
make_error(struct expr *expr)
{
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

static const struct type *
literal_type(const struct expr *expr)
{
    switch (expr->op) {
    case T_LONG:
        return &lang_type_long;
    case T_FLOAT:
        return &lang_type_float;
    case T_DOUBLE:
        return &lang_type_double;
    case T_CHAR:
        return &lang_type_char;
    default:
        return &lang_type_int;
    }
}

static void
check_conditional(struct check *check, struct expr *expr)
{
    struct expr *left = expr->operands.left;
    struct expr *right = expr->operands.right;
    const struct type *type;

    lang_check_condition(check, expr->operands.condition);
    lang_check_value(check, left);
    lang_check_value(check, right);
    type = lang_type_join(check->lang, left->type, right->type);
    lang_convert(check, left, type, NULL);
    lang_convert(check, right, type, NULL);
    expr->type = type;
}

static void
check_logic(struct check *check, struct expr *expr)
{
    lang_check_condition(check, expr->operands.left);
    if (expr->operands.right != NULL)
        lang_check_condition(check, expr->operands.right);
    expr->type = &lang_type_boolean;
    if (expr->operands.left->type->kind == TYPE_ERROR)
        make_error(expr);
}

/* a[i], read: an element of an array of the machine, or a call of get. */
void
lang_check_index(struct check *check, struct expr *expr)
{
    struct expr *object = expr->index.object;
    struct expr *index = expr->index.index;

    lang_check_value(check, object);
    lang_check_value(check, index);
    if (object->type->kind == TYPE_ERROR || index->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    if (object->type->kind == TYPE_VECTOR) {
        lang_convert(check, index, &lang_type_int, "the index");
        expr->type = object->type->element;
        return;
    }
    expr->kind = EXPR_CALL;
    expr->call.object = object;
    expr->call.name = check->lang->names.get;
    expr->call.number = NULL;
    index->next = NULL;
    expr->call.arguments = index;
    expr->call.count = 1;
    expr->call.method = NULL;
    lang_finish_call(check, expr);
}

static void
check_special(struct check *check, struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_NEW:
        lang_check_new(check, expr);
        break;
    case EXPR_ARRAY:
        lang_check_array(check, expr);
        break;
    case EXPR_MAP:
        lang_check_map(check, expr);
        break;
    case EXPR_CONDITIONAL:
        check_conditional(check, expr);
        break;
    case EXPR_ASSIGN:
        lang_check_assign(check, expr);
        break;
    case EXPR_COMPOUND:
        lang_check_compound(check, expr);
        break;
    case EXPR_CAST:
        lang_check_cast(check, expr);
        break;
    case EXPR_INSTANCEOF:
        lang_check_instanceof(check, expr);
        break;
    case EXPR_CONCAT:
        lang_check_concat(check, expr);
        break;
    case EXPR_FUN:
        lang_check_fun(check, expr);
        break;
    case EXPR_SUPER:
        lang_error(check->lang, check->file, expr->place, "super.name(...) or super(...)",
                   "`super` stands only before a call");
        make_error(expr);
        break;
    default:
        make_error(expr);
    }
}

static void
check_kind(struct check *check, struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_INT:
    case EXPR_DOUBLE:
        expr->type = literal_type(expr);
        break;
    case EXPR_STRING:
        expr->type = lang_type_string(check->lang, check->file, expr->place);
        break;
    case EXPR_NULL:
        expr->type = &lang_type_null;
        break;
    case EXPR_THIS:
        lang_check_this(check, expr);
        break;
    case EXPR_NAME:
        lang_check_name(check, expr);
        break;
    case EXPR_MEMBER:
        lang_check_member(check, expr);
        break;
    case EXPR_CALL:
        lang_check_call(check, expr);
        break;
    case EXPR_INDEX:
        lang_check_index(check, expr);
        break;
    case EXPR_UNARY:
        lang_check_unary(check, expr);
        break;
    case EXPR_BINARY:
        lang_check_binary(check, expr);
        break;
    case EXPR_COMPARE:
        lang_check_compare(check, expr);
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
        check_logic(check, expr);
        break;
    default:
        check_special(check, expr);
    }
}

void
lang_check_expr(struct check *check, struct expr *expr)
{
    const struct type *expected = check->expected;

    if (check->lang->stopped || expr->kind == EXPR_ERROR) {
        make_error(expr);
        return;
    }
    if (expr->checked)
        return;
    expr->checked = true;
    if (expr->kind != EXPR_ARRAY)
        check->expected = NULL;
    check_kind(check, expr);
    check->expected = expected;
    if (expr->type == NULL)
        make_error(expr);
}

/*
 * A static const with a literal value is that value: so it may be a label, and is computed with.
 * One of the library is not, because the library in a volume may be another one.
 */
static void
use_constant(const struct check *check, struct expr *expr)
{
    struct field *field = expr->member.field;
    const struct expr *value = field->value;

    if ((field->flags & MEMBER_FINAL) == 0 || value == NULL ||
        (field->class->file->library && !check->lang->compiles_library))
        return;
    lang_check_field(check->lang, field);
    if (!field->checked || value->type != field->type)
        return;
    if (value->kind == EXPR_INT)
        expr->integer = value->integer;
    else if (value->kind == EXPR_DOUBLE)
        expr->number = value->number;
    else if (value->kind == EXPR_STRING)
        expr->text = value->text;
    else
        return;
    expr->kind = value->kind;
}

void
lang_check_value(struct check *check, struct expr *expr)
{
    lang_check_expr(check, expr);
    if (expr->kind == EXPR_STATIC)
        use_constant(check, expr);
    if (expr->type->kind != TYPE_VOID)
        return;
    lang_error(check->lang, check->file, expr->place, NULL, "this method gives no value");
    make_error(expr);
}

void
lang_check_wanted(struct check *check, struct expr *expr, const struct type *type, const char *what)
{
    check->expected = type;
    lang_check_value(check, expr);
    check->expected = NULL;
    lang_convert(check, expr, type, what);
}

void
lang_check_condition(struct check *check, struct expr *expr)
{
    bool assigns = expr->kind == EXPR_ASSIGN && !expr->parenthesised;

    lang_check_value(check, expr);
    if (assigns && expr->type->kind != TYPE_ERROR)
        lang_warn(check->lang, check->file, expr->place,
                  "== compares; a second pair of parentheses says that it is meant",
                  "an assignment as a condition");
    lang_to_condition(check, expr);
}

/* An expression that stands alone. */
void
lang_check_dropped(struct check *check, struct expr *expr)
{
    bool acts = expr->kind == EXPR_CALL || expr->kind == EXPR_ASSIGN ||
                expr->kind == EXPR_COMPOUND || expr->kind == EXPR_NEW || expr->kind == EXPR_ERROR;
    bool chooses =
        expr->kind == EXPR_AND || expr->kind == EXPR_OR || expr->kind == EXPR_CONDITIONAL;

    expr->dropped = true;
    lang_check_expr(check, expr);
    if (!acts && !chooses && expr->type->kind != TYPE_ERROR)
        lang_warn(check->lang, check->file, expr->place, NULL,
                  "this computes a value and drops it");
}
