/*
 * check_fun.c - functions as values.
 *
 * fun (x) { ... } becomes an object of a class of its own with a method `call`.
 * A variable of the body around it that it uses is captured: it moves into a
 * cell (an array of one word), which both share; the object holds the cell in
 * a field. `this` never changes and is captured as it is.
 *
 * The name of a function where a value is wanted, `f`, is short for fun (x) { return f(x); }.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"
#include "lang/parse_priv.h"

#include "format/module.h"

struct local *
lang_capture(struct check *check, struct local *outer)
{
    bool self = outer->name == check->lang->names.this_;
    struct expr *fun = check->fun;
    struct local *local;

    for (local = fun->fun.captures; local != NULL; local = local->next) {
        if (local->outer == outer)
            return local;
    }
    local = lang_temporary(check, outer->type);
    local->name = outer->name;
    local->is_const = outer->is_const;
    local->outer = outer;
    local->cell = !self;
    outer->cell = !self;
    outer->used = true;
    local->capture = lang_field_create(check->lang, fun->fun.class, outer->name, outer->place);
    local->capture->type = self ? outer->type : &lang_type_words;
    local->capture->checked = true;
    local->next = fun->fun.captures;
    fun->fun.captures = local;
    return local;
}

/* The class of a fun, ready made. */
static struct class *
create_class(struct check *check, struct expr *expr)
{
    struct lang *lang = check->lang;
    struct class *home = lang_home_class(check);
    struct class *super = lang_find_class(lang, lang->names.internal_function, check->file);
    struct class *class;
    struct method *constructor;

    if (super == NULL)
        super = lang_find_class(lang, lang->names.internal_object, check->file);
    lang->fun_count++;
    class = lang_class_create(
        lang, check->file, lang_symbol_format(lang, "%s$fun%u", home->name->text, lang->fun_count),
        lang_symbol_format(lang, "fun%u", lang->fun_count), expr->place);
    class->flags = CLASS_PUBLIC | CLASS_FINAL;
    class->super = super;
    if (super != NULL)
        lang_class_members(lang, super);
    class->state = CLASS_MEMBERS;
    class->checked = true;
    constructor = lang_method_create(lang, class, lang->names.new_, expr->place);
    constructor->type = &lang_type_void;
    constructor->flags = MEMBER_PUBLIC;
    constructor->signature = lang_symbol(lang, "()v", 3);
    return class;
}

void
lang_check_fun(struct check *check, struct expr *expr)
{
    struct lang *lang = check->lang;
    struct method *method = expr->fun.method;
    struct check inner = {
        .lang = lang,
        .file = check->file,
        .outer = check,
        .fun = expr,
        .method = method,
    };

    inner.class = expr->fun.class = create_class(check, expr);
    method->class = inner.class;
    method->type = &lang_type_any;
    method->flags = MEMBER_PUBLIC;
    method->ordinal = MODULE_NO_ORDINAL;
    *inner.class->methods_end = method;
    inner.class->methods_end = &method->next;
    for (struct local *local = method->arguments; local != NULL; local = local->next) {
        local->type = lang_resolve_type(lang, check->file, local->syntax);
        if (local->type->kind == TYPE_VOID)
            local->type = &lang_type_error;
        lang_declare(&inner, local);
    }
    method->signature = lang_signature(lang, method);
    (void)lang_check_stmt(&inner, method->body);
    lang_leave_scope(&inner, NULL);
    expr->type = &lang_type_any; /* each fun has arguments of its own */
}

/* ---- the name of a function as a value ---- */

/* As many parameters as the method has arguments, and a call that hands them on. */
static struct expr *
hand_on(struct check *check, struct method *fun, struct expr *object, struct symbol *name,
        uint32_t count)
{
    struct lang *lang = check->lang;
    struct expr *call = lang_new_expr(check, EXPR_CALL, fun->place, NULL);
    struct expr **arguments_end = &call->call.arguments;
    struct local **locals_end = &fun->arguments;

    for (uint32_t i = 0; i < count; i++) {
        struct local *local = lang_alloc(lang, sizeof(*local));
        struct expr *argument = lang_new_expr(check, EXPR_NAME, fun->place, NULL);

        local->name = lang_symbol_format(lang, "$%u.%u", lang->fun_count, i);
        local->place = fun->place;
        local->is_argument = true;
        argument->name = local->name;
        argument->checked = false;
        *locals_end = local;
        locals_end = &local->next;
        *arguments_end = argument;
        arguments_end = &argument->next;
    }
    call->checked = false;
    call->call.object = object;
    call->call.name = name;
    call->call.count = count;
    fun->argument_count = count;
    return call;
}

/* A statement that lies in a method that the compiler makes. */
static struct stmt *
make_stmt(struct check *check, enum stmt_kind kind, struct place place)
{
    struct stmt *stmt = lang_alloc(check->lang, sizeof(*stmt));

    stmt->kind = (uint8_t)kind;
    stmt->place = place;
    stmt->end = place;
    return stmt;
}

bool
lang_check_function_value(struct check *check, struct expr *expr, struct expr *object,
                          struct symbol *name)
{
    struct lang *lang = check->lang;
    bool several;
    const struct method *named =
        lang_find_function(check, object != NULL ? object->class : NULL, name, &several);
    struct method *fun;
    struct stmt *body;

    if (named == NULL || check->assigns)
        return false;
    if (named->argument_count == 0 && named->type->kind != TYPE_VOID)
        return false; /* more likely its parentheses were forgotten */
    if (several) {
        lang_error(lang, check->file, expr->place,
                   lang_text(lang, "say which: fun (x) { return %s(x); }", name->text),
                   "there are functions `%s` with different numbers of arguments", name->text);
        expr->kind = EXPR_ERROR;
        expr->type = &lang_type_error;
        return true;
    }
    fun = lang_alloc(lang, sizeof(*fun));
    fun->name = lang->names.call;
    fun->place = expr->place;
    fun->body = make_stmt(check, STMT_BLOCK, expr->place);
    body = make_stmt(check, named->type->kind == TYPE_VOID ? STMT_EXPR : STMT_RETURN, expr->place);
    body->value = hand_on(check, fun, object, name, named->argument_count);
    fun->body->body = body;
    expr->kind = EXPR_FUN;
    expr->fun.method = fun;
    expr->fun.class = NULL;
    expr->fun.captures = NULL;
    lang_check_fun(check, expr);
    return true;
}
