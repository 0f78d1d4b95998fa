/*
 * check_stmt.c - statements: what can be reached, and what the parts have to be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lint_priv.h"

#include "format/module.h"

#define LOCALS_MAX 5000 /* in scope at once: each name is looked for among them */

/* Bring a variable into scope. */
void
lang_declare(struct check *check, struct local *local)
{
    for (struct local *other = check->scope; other != NULL; other = other->below) {
        if (other->name == local->name && other->name != check->lang->names.empty &&
            !local->broken && !other->broken) {
            lang_error(check->lang, check->file, local->place, "choose another name",
                       "there is already a variable `%s` here", local->name->text);
            break;
        }
    }
    if (++check->scope_count == LOCALS_MAX) {
        lang_error(check->lang, check->file, local->place, "move a part of it to another one",
                   "this method has too many variables");
        check->lang->stopped = true;
    }
    local->below = check->scope;
    check->scope = local;
}

/* Forget the variables above `scope`; those that nobody read are surely a mistake. */
void
lang_leave_scope(struct check *check, struct local *scope)
{
    for (struct local *local = check->scope; local != scope; local = local->below) {
        if (!local->used && !local->is_argument && local->place.line != 0 &&
            local->type->kind != TYPE_ERROR)
            lang_warn(check->lang, check->file, local->place, NULL,
                      "the variable `%s` is never read", local->name->text);
        lang_lint_hiding(check, local);
    }
    check->scope = scope;
}

bool
lang_check_list(struct check *check, struct stmt *list)
{
    const struct stmt *before = NULL;
    bool reached = true;
    bool told = false;

    for (struct stmt *stmt = list; stmt != NULL && !check->lang->stopped; stmt = stmt->next) {
        if (stmt->kind == STMT_CASE) {
            if (reached && before != NULL && before->kind != STMT_CASE)
                lang_lint_label(check, before, stmt);
            reached = true;
        }
        before = stmt;
        if (!reached && !told && stmt->kind != STMT_EMPTY) {
            lang_warn(check->lang, check->file, stmt->place, NULL, "this can never be reached");
            told = true;
        }
        if (!lang_check_stmt(check, stmt))
            reached = false;
    }
    return reached;
}

static bool
check_block(struct check *check, struct stmt *list)
{
    struct local *scope = check->scope;
    bool reached = lang_check_list(check, list);

    lang_leave_scope(check, scope);
    return reached;
}

static void
check_declare(struct check *check, struct stmt *stmt)
{
    struct local *local = stmt->declare.local;
    struct expr *value = stmt->declare.value;
    const char *what;

    if (stmt->declare.field != NULL) {
        lang_check_field(check->lang, stmt->declare.field);
        return;
    }
    what = lang_text(check->lang, "the value of `%s`", local->name->text);
    if (local->syntax != NULL) {
        local->type = lang_resolve_type(check->lang, check->file, local->syntax);
        if (local->type->kind == TYPE_VOID) {
            lang_error(check->lang, check->file, local->syntax->place,
                       "leave the type out for any object", "there are no values of type void");
            local->type = &lang_type_error;
        }
        if (value != NULL)
            lang_check_wanted(check, value, local->type, what);
    } else if (local->broken) {
        check->method->holed = true;
        local->type = &lang_type_error;
    } else if (value != NULL && value->kind == EXPR_FUN) {
        local->type = &lang_type_any;
        lang_declare(check, local); /* it may call itself */
        lang_check_value(check, value);
        return;
    } else if (value != NULL) {
        lang_check_value(check, value);
        local->type = value->type->kind == TYPE_NULL ? &lang_type_any : value->type;
    } else {
        local->type = &lang_type_any;
    }
    if (local->is_const && value == NULL)
        lang_error(check->lang, check->file, local->place, NULL, "a const needs its value here");
    lang_declare(check, local);
}

/* 1: always true, 0: always false, -1: who knows */
static int
constant_condition(const struct expr *condition)
{
    if (condition == NULL)
        return 1;
    if (condition->kind == EXPR_INT)
        return condition->integer != 0;
    return -1;
}

static bool
check_if(struct check *check, struct stmt *stmt)
{
    bool then;
    bool other = true;

    lang_check_condition(check, stmt->branch.condition);
    then = check_block(check, stmt->branch.then);
    if (stmt->branch.other != NULL)
        other = check_block(check, stmt->branch.other);
    return then || other;
}

/* The body of a loop; returns whether its end is reached. */
static bool
check_loop_body(struct check *check, struct stmt *loop, struct stmt *body)
{
    struct stmt *innermost = check->innermost;
    struct stmt *outer = check->loop;
    bool reached;

    check->innermost = loop;
    check->loop = loop;
    check->loops++;
    check->breakable++;
    reached = body == NULL || check_block(check, body);
    check->breakable--;
    check->loops--;
    check->loop = outer;
    check->innermost = innermost;
    return reached;
}

static bool
check_loop(struct check *check, struct stmt *stmt)
{
    struct local *scope = check->scope;
    bool tested = true; /* the condition is reached */

    if (stmt->kind == STMT_FOR && stmt->branch.init != NULL)
        (void)lang_check_list(check, stmt->branch.init);
    if (stmt->kind == STMT_DO)
        tested = check_loop_body(check, stmt, stmt->branch.then) || stmt->goes_on;
    if (stmt->branch.condition != NULL)
        lang_check_condition(check, stmt->branch.condition);
    for (struct expr *step = stmt->kind == STMT_FOR ? stmt->branch.step : NULL; step != NULL;
         step = step->next)
        lang_check_dropped(check, step);
    (void)check_loop_body(check, stmt,
                          stmt->kind == STMT_DO ? stmt->branch.other : stmt->branch.then);
    lang_leave_scope(check, scope);
    return stmt->falls_out || (tested && constant_condition(stmt->branch.condition) != 1);
}

static struct expr *
loaded(struct check *check, struct stmt *stmt, const struct type *type)
{
    return lang_new_expr(check, EXPR_LOADED, stmt->place, type);
}

/* A call without arguments of something in a hidden local. */
static struct expr *
plain_call(struct check *check, struct stmt *stmt, struct local *local, struct symbol *name)
{
    struct expr *call =
        lang_new_call(check, lang_local_expr(check, local, stmt->each.over->place), name, NULL, 0);

    lang_finish_call(check, call);
    return call;
}

/* over a..b: counts in a hidden int or long up to a hidden limit */
static void
walk_range(struct check *check, struct stmt *stmt)
{
    struct expr *from = stmt->each.over;
    struct expr *to = stmt->each.limit;
    const struct type *type = &lang_type_int;

    lang_check_value(check, to);
    if (from->type->kind == TYPE_LONG || to->type->kind == TYPE_LONG)
        type = &lang_type_long;
    lang_convert(check, from, type, "the start of the range");
    lang_convert(check, to, type, "the end of the range");
    stmt->walk = FOREACH_RANGE;
    stmt->each.hidden = lang_temporary(check, type);
    stmt->each.count = lang_temporary(check, type);
    stmt->each.item = loaded(check, stmt, type);
}

/* Nothing that the loop does changes how many there are. */
static bool
keeps_size(struct lang *lang, const struct type *type)
{
    return type->kind == TYPE_VECTOR || type->class->name == lang->names.internal_string;
}

/* over T[] or an array of the machine: an index runs up to the size */
static void
walk_index(struct check *check, struct stmt *stmt)
{
    struct expr *over = stmt->each.over;
    struct expr *item = lang_new_expr(check, EXPR_INDEX, stmt->place, NULL);

    stmt->walk = FOREACH_INDEX;
    stmt->each.hidden = lang_temporary(check, over->type);
    stmt->each.count = lang_temporary(check, &lang_type_int);
    if (keeps_size(check->lang, over->type))
        stmt->each.end = lang_temporary(check, &lang_type_int);
    stmt->each.more = plain_call(check, stmt, stmt->each.hidden, check->lang->names.size);
    lang_convert(check, stmt->each.more, &lang_type_int, "the size");
    item->index.object = lang_local_expr(check, stmt->each.hidden, over->place);
    item->index.index = lang_local_expr(check, stmt->each.count, over->place);
    lang_check_index(check, item);
    stmt->each.item = item;
}

/* What is asked by anything but a number, such as a map, is walked over by its keys. */
static bool
walks_elements(struct lang *lang, struct class *class)
{
    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        for (struct method *get = lang_own_method(lang, class, lang->names.get); get != NULL;
             get = get->next_named) {
            if (get->argument_count == 1)
                return get->arguments->type->kind == TYPE_INT;
        }
    }
    return true;
}

static void
walk_iterator(struct check *check, struct stmt *stmt)
{
    struct expr *over = stmt->each.over;
    struct expr *call = lang_new_call(check, over, check->lang->names.iterator, NULL, 0);

    stmt->walk = FOREACH_ITERATOR;
    if (lang_is_raw(over->type) || over->type->kind == TYPE_NULL ||
        (over->type->kind == TYPE_CLASS &&
         lang_find_plain(check->lang, over->type->class, check->lang->names.iterator) == NULL &&
         (over->type->class->flags & CLASS_INTERFACE) == 0)) {
        lang_error(check->lang, check->file, over->place,
                   "an array, a range a..b, or an object with a method iterator()",
                   "foreach cannot walk over %s", lang_type_text(check->lang, over->type));
        return;
    }
    lang_finish_call(check, call);
    stmt->each.over = call;
    stmt->each.hidden = lang_temporary(check, call->type);
    if (call->type->kind == TYPE_ERROR)
        return;
    stmt->each.more = plain_call(check, stmt, stmt->each.hidden, check->lang->names.has_next);
    lang_to_condition(check, stmt->each.more);
    stmt->each.item = plain_call(check, stmt, stmt->each.hidden, check->lang->names.next);
    if (over->type->kind == TYPE_CLASS && over->type->element != NULL &&
        walks_elements(check->lang, over->type->class) && stmt->each.item->type->kind == TYPE_ANY)
        lang_convert(check, stmt->each.item, over->type->element, "the element");
}

/* How to walk over a value: by index where it has get(int) and size(), else by an iterator. */
static bool
has_index(struct check *check, const struct type *type)
{
    struct lang *lang = check->lang;

    if (type->kind == TYPE_VECTOR)
        return true;
    if (type->kind != TYPE_CLASS)
        return false;
    if (type->class->name == lang->names.internal_array ||
        type->class->name == lang->names.internal_string)
        return true;
    return lang_find_plain(lang, type->class, lang->names.iterator) == NULL &&
           lang_find_plain(lang, type->class, lang->names.size) != NULL &&
           lang_own_method(lang, type->class, lang->names.get) != NULL;
}

static bool
check_foreach(struct check *check, struct stmt *stmt)
{
    struct local *scope = check->scope;
    struct local *local = stmt->each.local;
    const struct type *type;

    lang_check_value(check, stmt->each.over);
    type = stmt->each.over->type;
    local->type = &lang_type_error;
    if (stmt->each.limit != NULL)
        walk_range(check, stmt);
    else if (has_index(check, type))
        walk_index(check, stmt);
    else if (type->kind != TYPE_ERROR)
        walk_iterator(check, stmt);
    if (stmt->each.item != NULL) {
        if (stmt->each.syntax != NULL)
            local->type = lang_resolve_type(check->lang, check->file, stmt->each.syntax);
        else if (stmt->each.item->type->kind != TYPE_VOID)
            local->type = stmt->each.item->type;
        else
            local->type = &lang_type_any;
        lang_convert(check, stmt->each.item, local->type, "the variable of foreach");
    }
    if (local->type->kind == TYPE_VOID)
        local->type = &lang_type_error;
    local->used = true; /* counting is a use */
    lang_declare(check, local);
    (void)check_loop_body(check, stmt, stmt->each.body);
    lang_leave_scope(check, scope);
    return true;
}

static bool
check_catches(struct check *check, struct stmt *stmt)
{
    bool reached = false;

    for (struct catch_clause *clause = stmt->attempt.catches; clause != NULL;
         clause = clause->next) {
        struct local *scope = check->scope;
        const struct type *type = lang_resolve_type(check->lang, check->file, clause->syntax);

        clause->local->type = type->kind == TYPE_VOID ? &lang_type_any : type;
        if (type->kind == TYPE_CLASS)
            clause->class = type->class;
        else if (lang_is_raw(type))
            clause->class = lang_box_class(check->lang, type, check->file);
        if (type->kind == TYPE_VOID || type->kind == TYPE_VECTOR)
            lang_error(check->lang, check->file, clause->syntax->place, "leave the type out",
                       "nothing of this type is thrown");
        if (clause->class == NULL && clause->next != NULL && type->kind == TYPE_ANY)
            lang_warn(check->lang, check->file, clause->local->place, NULL,
                      "this catches everything; what stands below it never happens");
        lang_lint_catch(check, clause);
        lang_declare(check, clause->local);
        if (check_block(check, clause->body))
            reached = true;
        lang_leave_scope(check, scope);
    }
    return reached;
}

static bool
check_try(struct check *check, struct stmt *stmt)
{
    bool reached = check_block(check, stmt->attempt.body);

    if (check_catches(check, stmt))
        reached = true;
    if (stmt->attempt.finally != NULL && !check_block(check, stmt->attempt.finally))
        reached = false;
    return reached;
}

/* The result of an override becomes what the method above gives. */
static void
adapt_result(struct check *check, struct expr *value, const struct type *type)
{
    struct expr *inner;
    struct expr *zero;

    if (value->type->kind == TYPE_ERROR)
        return;
    if (type->kind != TYPE_BOOLEAN || !lang_is_intlike(value->type)) {
        lang_convert(check, value, type, "the result");
        return;
    }
    lang_wrap(check, value, CONVERT_NONE, &lang_type_int);
    inner = value->operands.left;
    zero = lang_new_expr(check, EXPR_INT, value->place, &lang_type_int);
    value->kind = EXPR_COMPARE;
    value->op = T_UNEQUAL;
    value->type = type;
    value->operands.left = inner;
    value->operands.right = zero;
}

static void
check_return(struct check *check, struct stmt *stmt)
{
    const struct method *method = check->method;

    if (check->fun != NULL) {
        if (stmt->value != NULL)
            lang_check_wanted(check, stmt->value, &lang_type_any, "the result");
        return;
    }
    if (method->type->kind == TYPE_VOID) {
        if (stmt->value != NULL)
            lang_check_expr(check, stmt->value);
    } else if (stmt->value == NULL) {
        lang_error(check->lang, check->file, stmt->place,
                   lang_text(check->lang, "return something of type %s",
                             lang_type_text(check->lang, method->type)),
                   "`%s` has to return a value", method->name->text);
    } else {
        lang_check_wanted(check, stmt->value,
                          method->declared != NULL ? method->declared : method->type, "the result");
        if (method->declared != NULL)
            adapt_result(check, stmt->value, method->type);
    }
}

static bool
check_jump(struct check *check, struct stmt *stmt)
{
    if (stmt->kind == STMT_BREAK) {
        if (check->breakable == 0)
            lang_error(check->lang, check->file, stmt->place, NULL,
                       "`break` leaves a loop or a switch, and there is none around it");
        else
            check->innermost->falls_out = true;
    } else if (stmt->kind == STMT_CONTINUE) {
        if (check->loops == 0)
            lang_error(check->lang, check->file, stmt->place, NULL,
                       "`continue` stands in a loop, and there is none around it");
        else
            check->loop->goes_on = true;
    } else if (stmt->kind == STMT_THROW) {
        lang_check_value(check, stmt->value);
        lang_to_word(check, stmt->value);
    } else {
        check_return(check, stmt);
    }
    return false;
}

static void
check_synchronized(struct check *check, struct stmt *stmt)
{
    struct expr *object = stmt->lock.object;

    lang_check_value(check, object);
    if (lang_is_raw(object->type) || object->type->kind == TYPE_NULL)
        lang_error(check->lang, check->file, object->place, NULL,
                   "only an object can be locked, and this is %s",
                   lang_type_text(check->lang, object->type));
}

/* An expression that stands alone: dropped, unless it is the result of what a person typed. */
static bool
check_expression(struct check *check, struct stmt *stmt)
{
    struct expr *value = stmt->value;

    if (!stmt->yields || value->kind == EXPR_ASSIGN || value->kind == EXPR_COMPOUND) {
        lang_check_dropped(check, value);
        return true;
    }
    lang_check_expr(check, value);
    if (value->type->kind == TYPE_VOID || value->type->kind == TYPE_ERROR)
        return true;
    lang_to_word(check, value);
    stmt->kind = STMT_RETURN;
    return false;
}

bool
lang_check_stmt(struct check *check, struct stmt *stmt)
{
    switch (stmt->kind) {
    case STMT_BLOCK:
        return check_block(check, stmt->body);
    case STMT_EXPR:
        return check_expression(check, stmt);
    case STMT_DECLARE:
        check_declare(check, stmt);
        return true;
    case STMT_IF:
        return check_if(check, stmt);
    case STMT_WHILE:
    case STMT_DO:
    case STMT_FOR:
        return check_loop(check, stmt);
    case STMT_FOREACH:
        return check_foreach(check, stmt);
    case STMT_SWITCH:
        return lang_check_switch(check, stmt);
    case STMT_BREAK:
    case STMT_CONTINUE:
    case STMT_RETURN:
    case STMT_THROW:
        return check_jump(check, stmt);
    case STMT_TRY:
        return check_try(check, stmt);
    case STMT_SYNCHRONIZED:
        check_synchronized(check, stmt);
        return check_block(check, stmt->lock.body);
    case STMT_BROKEN:
        check->method->holed = true;
        check->loses |= stmt->loses;
        return true;
    default:
        return true;
    }
}
