/*
 * check_name.c - what a name means: a variable, a field, a class.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lint_priv.h"

#include "base/memory.h"
#include "format/module.h"

struct expr *
lang_new_expr(struct check *check, enum expr_kind kind, struct place place, const struct type *type)
{
    struct expr *expr = lang_alloc(check->lang, sizeof(*expr));

    expr->kind = (uint8_t)kind;
    expr->height = 1;
    expr->place = place;
    expr->type = type;
    expr->checked = true;
    return expr;
}

struct expr *
lang_local_expr(struct check *check, struct local *local, struct place place)
{
    struct expr *expr = lang_new_expr(check, EXPR_LOCAL, place, local->type);

    expr->local = local;
    return expr;
}

struct local *
lang_temporary(struct check *check, const struct type *type)
{
    struct local *local = lang_alloc(check->lang, sizeof(*local));

    local->name = check->lang->names.empty;
    local->type = type;
    local->used = true;
    return local;
}

/* `this` as a variable, for a fun to capture. */
static struct local *
self_local(struct check *check)
{
    if (check->self == NULL) {
        check->self = lang_temporary(check, lang_type_of_class(check->lang, check->class));
        check->self->name = check->lang->names.this_;
        check->self->is_const = true;
    }
    return check->self;
}

/* The variable of that name in this body or in one around it; captured if it must be. */
struct local *
lang_find_local(struct check *check, struct symbol *name)
{
    struct local *local;

    for (local = check->scope; local != NULL; local = local->below) {
        if (local->name == name)
            return local;
    }
    if (check->outer == NULL)
        return name == check->lang->names.this_ ? self_local(check) : NULL;
    local = lang_find_local(check->outer, name);
    return local == NULL ? NULL : lang_capture(check, local);
}

bool
lang_may_be_lost(const struct check *check, const struct symbol *name)
{
    if (name->doubtful || lang_home_class(check)->vague ||
        (check->file->main != NULL && check->file->main->vague))
        return true;
    for (; check != NULL; check = check->outer) {
        if (check->loses)
            return true;
    }
    return false;
}

/* How many letters have to change to make one name of another; rough, and bounded. */
static unsigned
distance(const struct symbol *a, const struct symbol *b)
{
    unsigned row[34];
    unsigned before;
    unsigned last;

    if (a->byte_count > 32 || b->byte_count > 32)
        return 99;
    for (unsigned j = 0; j <= b->byte_count; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a->byte_count; i++) {
        before = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b->byte_count; j++) {
            last = row[j];
            row[j] = before + (a->text[i - 1] != b->text[j - 1]);
            if (last + 1 < row[j])
                row[j] = last + 1;
            if (row[j - 1] + 1 < row[j])
                row[j] = row[j - 1] + 1;
            before = last;
        }
    }
    return row[b->byte_count];
}

struct best {
    const struct symbol *wanted;
    const struct symbol *name;
    unsigned distance;
};

static void
consider(struct best *best, const struct symbol *name)
{
    unsigned steps = distance(best->wanted, name);

    if (steps < best->distance && steps * 3 <= best->wanted->byte_count && name->text[0] != '<') {
        best->distance = steps;
        best->name = name;
    }
}

static void
consider_class(struct check *check, struct best *best, struct class *class)
{
    for (; class != NULL; class = class->super) {
        lang_class_members(check->lang, class);
        for (struct field *field = class->fields; field != NULL; field = field->next)
            consider(best, field->name);
        for (struct method *method = class->methods; method != NULL; method = method->next)
            consider(best, method->name);
    }
}

/* What was typed before. */
static void
consider_scope(struct best *best, const struct file *scope)
{
    for (const struct class *class = scope->classes; class != NULL; class = class->next_in_file) {
        if (lang_is_holder(class)) {
            for (const struct field *field = class->fields; field != NULL; field = field->next)
                consider(best, field->name);
            for (const struct method *method = class->methods; method != NULL;
                 method = method->next)
                consider(best, method->name);
        } else {
            consider(best, class->brief);
        }
    }
}

/* A member of a class that is most like it, or NULL. */
const char *
lang_suggest_member(struct check *check, struct class *class, const struct symbol *name)
{
    struct best best = { .wanted = name, .distance = 99 };

    consider_class(check, &best, class);
    return best.name == NULL ? NULL : lang_text(check->lang, "did you mean `%s`?", best.name->text);
}

const char *
lang_suggest(struct check *check, const struct symbol *name)
{
    struct best best = { .wanted = name, .distance = 99 };

    const char *hint = lang_habit(name);

    if (hint == NULL)
        hint = lang_suggest_class(check->lang, check->file, name);
    if (hint != NULL)
        return hint;

    for (const struct check *at = check; at != NULL; at = at->outer) {
        for (const struct local *local = at->scope; local != NULL; local = local->below)
            consider(&best, local->name);
    }
    consider_class(check, &best, check->class);
    if (check->file->main != NULL)
        consider_class(check, &best, check->file->main);
    if (check->lang->scope != NULL)
        consider_scope(&best, check->lang->scope);
    consider_class(check, &best,
                   lang_find_class(check->lang, check->lang->names.internal_system, check->file));
    if (best.name == NULL)
        return NULL;
    if (best.name == name)
        return lang_text(check->lang, "it is a method: %s(...)", name->text);
    return lang_text(check->lang, "did you mean `%s`?", best.name->text);
}

/* Private: the class itself. Fields without a word: also heirs, and the same file or package. */
bool
lang_may_access(const struct check *check, const struct class *owner, uint16_t flags, bool field)
{
    for (const struct check *at = check; at != NULL; at = at->outer) {
        if (at->class == owner)
            return true;
        if ((flags & MEMBER_PRIVATE) != 0)
            continue;
        if (!field || (flags & MEMBER_PUBLIC) != 0 || at->file == owner->file ||
            at->file->package == owner->file->package ||
            (at->file == check->lang->line && owner->file == check->lang->scope) ||
            lang_is_subclass(check->lang, at->class, owner))
            return true;
    }
    return false;
}

static void
make_error(struct expr *expr)
{
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

/* `this`, of the class around a fun too. */
static void
make_this(struct check *check, struct expr *expr)
{
    struct local *local;

    if (check->fun == NULL) {
        expr->kind = EXPR_THIS;
        expr->type = lang_type_of_class(check->lang, check->class);
        if (check->class->name == check->lang->names.internal_object)
            expr->type = &lang_type_any;
        return;
    }
    local = lang_find_local(check, check->lang->names.this_);
    expr->kind = EXPR_LOCAL;
    expr->local = local;
    expr->type = local->type;
}

/* True if `this` exists where the checker stands. */
bool
lang_has_this(const struct check *check)
{
    while (check->fun != NULL)
        check = check->outer;
    return !check->is_static;
}

/* The class whose members a bare name means. */
struct class *
lang_home_class(const struct check *check)
{
    while (check->fun != NULL)
        check = check->outer;
    return check->class;
}

void
lang_check_this(struct check *check, struct expr *expr)
{
    if (lang_has_this(check)) {
        make_this(check, expr);
        return;
    }
    lang_error(check->lang, check->file, expr->place, NULL,
               "there is no `this` in a static method");
    make_error(expr);
}

/* Make `expr` an access to a field of `object` (NULL: this, or static). */
static void
make_field(struct check *check, struct expr *expr, struct field *field, struct expr *object)
{
    bool is_static = (field->flags & MEMBER_STATIC) != 0;
    struct place place = expr->place;

    if (!lang_may_access(check, field->class, field->flags, true)) {
        lang_error(check->lang, check->file, place, "its class may offer a method for it",
                   "the field `%s` of %s is not accessible here", field->name->text,
                   field->class->brief->text);
        make_error(expr);
        return;
    }
    field->used = true;
    if (field->type == NULL)
        lang_check_field(check->lang, field);
    if (!is_static && object == NULL) {
        if (!lang_has_this(check)) {
            lang_error(check->lang, check->file, place, "make it static, or name the object",
                       "the field `%s` belongs to an object, and this method is static",
                       field->name->text);
            make_error(expr);
            return;
        }
        object = lang_new_expr(check, EXPR_THIS, place, NULL);
        make_this(check, object);
    }
    if (check->class != field->class)
        field->flags &= (uint16_t)~MEMBER_PRIVATE; /* a fun of the class is a class of its own */
    expr->kind = is_static ? EXPR_STATIC : EXPR_FIELD;
    expr->member.object = object;
    expr->member.name = field->name;
    expr->member.field = field;
    expr->type = field->type;
}

static void
make_class(struct check *check, struct expr *expr, struct class *class)
{
    expr->kind = EXPR_CLASS;
    expr->class = class;
    expr->type = &lang_type_any;
    class = lang_find_class(check->lang, check->lang->names.internal_class, check->file);
    if (class != NULL)
        expr->type = lang_type_of_class(check->lang, class);
}

struct field *
lang_top_field(const struct check *check, const struct symbol *name)
{
    struct class *home = check->file->main;
    struct field *field = home == NULL ? NULL : lang_find_field(check->lang, home, name);

    if (field != NULL || check->file != check->lang->line)
        return field;
    home = lang_scope_home(check->lang, name, true);
    return home == NULL ? NULL : lang_find_field(check->lang, home, name);
}

/* A variable or a field; false if the name is none. */
static bool
check_variable(struct check *check, struct expr *expr)
{
    struct local *local;
    struct field *field;

    if (expr->absolute)
        return false;
    local = lang_find_local(check, expr->name);
    if (local != NULL) {
        local->used = true;
        expr->kind = EXPR_LOCAL;
        expr->local = local;
        expr->type = local->type;
        return true;
    }
    field = lang_find_field(check->lang, lang_home_class(check), expr->name);
    if (field == NULL && !(lang_home_class(check)->vague && expr->name->doubtful))
        field = lang_top_field(check, expr->name);
    if (field == NULL)
        return false;
    make_field(check, expr, field, NULL);
    return true;
}

/* The names of a.b.c, last first, or 0 if it is something else. */
static unsigned
flatten(struct expr *expr, struct symbol **names, unsigned room, bool *absolute)
{
    unsigned count = 0;

    for (; expr->kind == EXPR_MEMBER && !expr->checked; expr = expr->member.object) {
        if (count == room)
            return 0;
        names[count++] = expr->member.name;
    }
    if (expr->kind != EXPR_NAME || expr->checked || count == room)
        return 0;
    names[count++] = expr->name;
    *absolute = expr->absolute;
    return count;
}

/* If all of `expr` is the name of a class, make it that. */
static bool
check_class_name(struct check *check, struct expr *expr)
{
    struct symbol *names[16];
    struct path_part parts[16];
    struct path path = { .place = expr->place };
    unsigned count = flatten(expr, names, 16, &path.absolute);
    struct class *class;

    if (count == 0)
        return false;
    memset(parts, 0, sizeof(parts));
    for (unsigned i = 0; i < count; i++) {
        parts[i].symbol = names[count - 1 - i];
        parts[i].next = i + 1 < count ? &parts[i + 1] : NULL;
    }
    path.parts = parts;
    class = lang_resolve_class(check->lang, check->file, &path);
    if (class == NULL)
        return false;
    make_class(check, expr, class);
    expr->checked = true;
    return true;
}

void
lang_check_name(struct check *check, struct expr *expr)
{
    const struct lang_names *names = &check->lang->names;
    struct symbol *name = expr->name;
    const char *hint;

    if (check_variable(check, expr))
        return;
    if ((name == names->true_ || name == names->false_) && !expr->absolute) {
        expr->kind = EXPR_INT;
        expr->integer = name == names->true_;
        expr->type = &lang_type_boolean;
        return;
    }
    expr->checked = false;
    if (check_class_name(check, expr))
        return;
    expr->checked = true;
    if (!expr->absolute && lang_check_function_value(check, expr, NULL, name))
        return;
    if (!lang_may_be_lost(check, name)) {
        hint = lang_suggest(check, name);
        if (hint == NULL && check->assigns)
            hint = lang_text(check->lang, "var %s = ... declares it", name->text);
        lang_error(check->lang, check->file, expr->place, hint,
                   "no variable, field or class is called `%s`", name->text);
    }
    make_error(expr);
}

/* True if the expression begins with a name that is no variable: maybe a package. */
static bool
may_be_class(struct check *check, struct expr *expr)
{
    while (expr->kind == EXPR_MEMBER && !expr->checked)
        expr = expr->member.object;
    if (expr->kind != EXPR_NAME || expr->checked)
        return false;
    if (expr->absolute)
        return true;
    return lang_find_local(check, expr->name) == NULL &&
           lang_find_field(check->lang, lang_home_class(check), expr->name) == NULL &&
           lang_top_field(check, expr->name) == NULL;
}

/* The object before a dot: a value, or a class. */
void
lang_check_object(struct check *check, struct expr *object)
{
    if (may_be_class(check, object) && check_class_name(check, object))
        return;
    lang_check_value(check, object);
}

static void
member_missing(struct check *check, struct expr *expr, struct class *class)
{
    const char *hint = NULL;

    for (struct class *at = class; at != NULL && hint == NULL; at = at->super) {
        if (lang_own_method(check->lang, at, expr->member.name) != NULL)
            hint = lang_text(check->lang, "it is a method: %s(...)", expr->member.name->text);
    }
    if (hint == NULL)
        hint = lang_suggest_member(check, class, expr->member.name);
    if (!class->vague && !expr->member.name->doubtful)
        lang_error(check->lang, check->file, expr->place, hint, "%s has no field `%s`",
                   class->brief->text, expr->member.name->text);
    make_error(expr);
}

void
lang_check_member(struct check *check, struct expr *expr)
{
    struct expr *object = expr->member.object;
    struct field *field;
    struct class *class;

    expr->checked = false; /* it is no value yet if it is the name of a class */
    if (may_be_class(check, expr) && check_class_name(check, expr))
        return;
    expr->checked = true;
    if (object->kind == EXPR_THIS)
        lang_lint_told_apart(check, expr->member.name);
    lang_check_object(check, object);
    if (object->type->kind == TYPE_ERROR) {
        make_error(expr);
        return;
    }
    if (object->kind == EXPR_CLASS) {
        class = object->class;
        field = lang_find_field(check->lang, class, expr->member.name);
        if (field != NULL && (field->flags & MEMBER_STATIC) == 0) {
            lang_error(check->lang, check->file, expr->place, NULL,
                       "the field `%s` belongs to the objects of %s", field->name->text,
                       class->brief->text);
            make_error(expr);
            return;
        }
    } else if (object->type->kind == TYPE_CLASS) {
        class = object->type->class;
        field = lang_find_field(check->lang, class, expr->member.name);
    } else {
        lang_error(check->lang, check->file, expr->place,
                   object->type->kind == TYPE_ANY
                       ? "a cast says of which class it is; a method can be called without one"
                       : NULL,
                   object->type->kind == TYPE_ANY
                       ? "the class of this object is not known here, so neither is `%s`"
                       : "this has no field `%s`",
                   expr->member.name->text);
        make_error(expr);
        return;
    }
    if (field == NULL && object->kind == EXPR_CLASS &&
        lang_check_function_value(check, expr, object, expr->member.name))
        return;
    if (field == NULL)
        member_missing(check, expr, class);
    else
        make_field(check, expr, field, object->kind == EXPR_CLASS ? NULL : object);
}
