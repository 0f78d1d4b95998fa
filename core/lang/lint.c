/*
 * lint.c - what is a program, and surely a mistake.
 *
 * The checker asks at the places where it knows enough; what concerns a file as a whole is looked
 * at when all of it is checked. Nothing here is said but in a run of lang_lint().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lint_priv.h"

#include "format/module.h"

/* ---- values ---- */

/* True if the two are surely the same, and looking at them changes nothing. */
static bool
is_same_value(const struct expr *a, const struct expr *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case EXPR_THIS:
        return true;
    case EXPR_INT:
        return a->integer == b->integer;
    case EXPR_LOCAL:
        return a->local == b->local;
    case EXPR_STATIC:
        return a->member.field == b->member.field;
    case EXPR_FIELD:
        return a->member.field == b->member.field &&
               is_same_value(a->member.object, b->member.object);
    case EXPR_INDEX:
        return a->index.object->type->kind == TYPE_VECTOR &&
               is_same_value(a->index.object, b->index.object) &&
               is_same_value(a->index.index, b->index.index);
    case EXPR_CONVERT:
        return a->op == b->op && a->type == b->type &&
               is_same_value(a->operands.left, b->operands.left);
    default:
        return false;
    }
}

/* True if a value of this type may differ from itself: no number does. */
static bool
may_be_no_number(const struct type *type)
{
    return type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE || type->kind == TYPE_ANY;
}

void
lang_lint_compare(const struct check *check, const struct expr *expr)
{
    const struct expr *left = expr->operands.left;

    if (check->lang->lints && left->kind != EXPR_INT && !may_be_no_number(left->type) &&
        is_same_value(left, expr->operands.right))
        lang_warn(check->lang, check->file, expr->place, NULL, "this compares a value with itself");
}

void
lang_lint_assign(const struct check *check, const struct expr *expr)
{
    const struct expr *target = expr->assign.target;

    if (target->kind != EXPR_LOCAL && is_same_value(target, expr->assign.value))
        lang_warn(check->lang, check->file, expr->place, NULL, "this is assigned to itself");
}

/* ---- names ---- */

/* The field or variable of the top level that a variable of this name hides, or NULL. */
static const struct field *
hidden_by(const struct check *check, struct symbol *name)
{
    struct field *field = lang_find_field(check->lang, lang_home_class(check), name);

    if (field == NULL && check->file->main != NULL)
        field = lang_find_field(check->lang, check->file->main, name);
    if (field == NULL || !lang_may_access(check, field->class, field->flags, true))
        return NULL;
    return (field->flags & MEMBER_STATIC) != 0 || lang_has_this(check) ? field : NULL;
}

/* True if a body around the fun in which `check` stands has a variable of that name. */
static bool
hides_variable(const struct check *check, const struct symbol *name)
{
    for (check = check->outer; check != NULL; check = check->outer) {
        for (const struct local *local = check->scope; local != NULL; local = local->below) {
            if (local->name == name)
                return true;
        }
    }
    return false;
}

void
lang_lint_hiding(const struct check *check, const struct local *local)
{
    const char *hint = "choose another name";
    const struct field *field;

    if (!check->lang->lints || local->told_apart || local->place.line == 0)
        return;
    field = hidden_by(check, local->name);
    if (hides_variable(check, local->name))
        lang_warn(check->lang, check->file, local->place, hint,
                  "`%s` hides a variable of the method around it", local->name->text);
    else if (field != NULL && field->is_top)
        lang_warn(check->lang, check->file, local->place, hint,
                  "`%s` hides a variable of the top level", local->name->text);
    else if (field != NULL)
        lang_warn(check->lang, check->file, local->place, hint, "`%s` hides a field of %s",
                  local->name->text, field->class->brief->text);
}

void
lang_lint_told_apart(const struct check *check, const struct symbol *name)
{
    for (struct local *local = check->scope; local != NULL; local = local->below) {
        if (local->name == name)
            local->told_apart = true;
    }
}

/* ---- statements ---- */

void
lang_lint_catch(const struct check *check, const struct catch_clause *clause)
{
    const struct stmt *body = clause->body;
    const char *text = check->file->source.text;

    if (!check->lang->lints || body->kind != STMT_BLOCK || body->body != NULL)
        return;
    for (uint32_t i = body->place.offset + 1; i < body->end.offset; i++) {
        if (!lang_is_blank(text[i]))
            return; /* a comment */
    }
    lang_warn(check->lang, check->file, clause->local->place,
              "handle it, or say in a comment why nothing is to be done",
              "what is caught here is forgotten");
}

/* True if a comment stands before `end`, behind `start`, with nothing but white space between. */
static bool
is_behind_comment(const char *text, uint32_t start, uint32_t end)
{
    while (end > start && lang_is_blank(text[end - 1]))
        end--;
    if (end > start + 1 && text[end - 1] == '/' && text[end - 2] == '*')
        return true;
    for (; end > start + 1 && text[end - 1] != '\n'; end--) {
        if (text[end - 1] == '/' && text[end - 2] == '/')
            return true;
    }
    return false;
}

void
lang_lint_label(const struct check *check, const struct stmt *before, const struct stmt *label)
{
    if (check->lang->lints &&
        !is_behind_comment(check->file->source.text, before->place.offset, label->place.offset))
        lang_warn(check->lang, check->file, label->place,
                  "write `break;` before it, or // falls through",
                  "the statements above go on behind this label");
}

/* ---- a file as a whole ---- */

static void
look_at_imports(struct lang *lang, const struct file *file)
{
    for (const struct import *import = file->imports; import != NULL; import = import->next) {
        if (!import->used)
            lang_warn(lang, file, import->path->place, NULL, "the import of %s is never used",
                      import->name->text);
    }
}

/* A call that is looked up when it happens may mean any method of that name. */
static bool
may_be_called(const struct lang *lang, const struct method *method)
{
    return (method->flags & MEMBER_PRIVATE) == 0 || method->used || method->name->called ||
           lang->names.chosen->called || method->name == lang->names.new_;
}

static void
look_at_members(struct lang *lang, const struct class *class)
{
    for (const struct field *field = class->fields; field != NULL; field = field->next) {
        if ((field->flags & MEMBER_PRIVATE) != 0 && !field->used)
            lang_warn(lang, class->file, field->place, NULL, "the private field `%s` is never used",
                      field->name->text);
    }
    for (const struct method *method = class->methods; method != NULL; method = method->next) {
        if (!may_be_called(lang, method))
            lang_warn(lang, class->file, method->place, NULL,
                      "the private method `%s` is never called", method->name->text);
    }
}

void
lang_lint_file(struct lang *lang, const struct file *file)
{
    look_at_imports(lang, file);
    if (file->library)
        return; /* the machine knows some of its members by name */
    for (const struct class *class = file->classes; class != NULL; class = class->next_in_file)
        look_at_members(lang, class);
}
