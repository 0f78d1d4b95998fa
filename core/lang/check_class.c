/*
 * check_class.c - the bodies and fields of a class.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

#include "base/memory.h"
#include "format/module.h"

void
lang_check_field(struct lang *lang, struct field *field)
{
    struct method *method;
    struct check check = { .lang = lang, .file = field->class->file, .class = field->class };
    const char *what;

    if (field->checked)
        return;
    if (check.file->broken) {
        field->checked = true;
        field->type = &lang_type_error;
        return;
    }
    if (field->in_check && field->type != NULL)
        return;
    if (field->in_check) {
        lang_error(lang, check.file, field->place, "give it a type",
                   "the type of `%s` depends on itself", field->name->text);
        field->type = &lang_type_error;
        return;
    }
    field->in_check = true;
    method = lang_alloc(lang, sizeof(*method));
    method->name = lang->names.static_;
    method->class = field->class;
    method->type = &lang_type_void;
    check.method = method;
    check.is_static = (field->flags & MEMBER_STATIC) != 0;
    check.in_constructor = true;
    what = lang_text(lang, "the value of `%s`", field->name->text);
    if (field->type == NULL && field->value->kind == EXPR_FUN)
        field->type = &lang_type_any; /* it may call itself */
    if (field->value != NULL && field->type != NULL) {
        lang_check_wanted(&check, field->value, field->type, what);
    } else if (field->value != NULL) {
        lang_check_value(&check, field->value);
        if (field->type == NULL)
            field->type =
                field->value->type->kind == TYPE_NULL ? &lang_type_any : field->value->type;
    }
    field->checked = true;
    field->in_check = false;
}

/* super(...) as the first statement of a constructor. */
static struct expr *
find_super_call(const struct lang *lang, const struct method *method)
{
    const struct stmt *first = method->body->body;
    struct expr *call;

    if (first == NULL || first->kind != STMT_EXPR || first->value->kind != EXPR_CALL)
        return NULL;
    call = first->value;
    return call->call.object != NULL && call->call.object->kind == EXPR_SUPER &&
                   call->call.name == lang->names.new_
               ? call
               : NULL;
}

/* A constructor begins with one of the class above. */
static void
check_constructor(struct lang *lang, struct method *method)
{
    struct class *super = method->class->super;
    const struct method *plain;

    if (method->body != NULL)
        method->super_call = find_super_call(lang, method);
    if (super == NULL || method->super_call != NULL || (method->flags & METHOD_PRIMITIVE) != 0)
        return;
    plain = lang_find_plain(lang, super, lang->names.new_);
    if (plain != NULL && (plain->flags & MEMBER_PRIVATE) != 0)
        lang_error(lang, method->class->file, method->place, NULL,
                   "the constructor of %s is private", super->brief->text);
    if (plain == NULL && !super->vague && !super->brief->doubtful)
        lang_error(lang, method->class->file, method->place,
                   "a constructor whose first statement is super(...) can give them",
                   "the constructor of %s has arguments", super->brief->text);
}

/* Where only a type stands, it is the name of an argument of any type. */
static void
warn_of_type_as_name(struct check *check, const struct local *local)
{
    const struct lang_names *names = &check->lang->names;
    const struct symbol *name = local->name;

    if (local->syntax == NULL &&
        (name == names->int_ || name == names->long_ || name == names->boolean ||
         name == names->bool_ || name == names->char_ || name == names->float_ ||
         name == names->double_ || text_equal(name->text, "string")))
        lang_warn(check->lang, check->file, local->place, "a type stands before a name: int x",
                  "this argument is called `%s`, and may be anything", name->text);
}

void
lang_check_body(struct check *check, struct method *method)
{
    bool reached;

    for (struct local *local = method->arguments; local != NULL; local = local->next) {
        warn_of_type_as_name(check, local);
        lang_declare(check, local);
    }
    reached = lang_check_stmt(check, method->body);
    lang_leave_scope(check, NULL);
    if (reached && !method->holed && !method->is_top && method->type->kind != TYPE_VOID &&
        method->type->kind != TYPE_ERROR)
        lang_error(check->lang, check->file, method->body->end,
                   lang_text(check->lang, "return something of type %s",
                             lang_type_text(check->lang, method->type)),
                   "`%s` ends here without a return", method->name->text);
}

static const struct {
    const char *name;
    const char *signature;
    uint16_t number;
    bool is_static;
} primitives[] = {
#define INSTANCE                                    false
#define STATIC                                      true
#define PRIMITIVE(number_, name_, kind, signature_) { #name_, signature_, number_, kind },
#include "format/primitives.def"
#undef PRIMITIVE
#undef STATIC
#undef INSTANCE
};

static void
check_primitive(struct lang *lang, struct method *method)
{
    const struct file *file = method->class->file;

    if (!lang->compiles_library) {
        lang_error(lang, file, method->place, NULL, "only the class library has primitives");
        return;
    }
    for (size_t i = 0; i < sizeof(primitives) / sizeof(primitives[0]); i++) {
        if (!text_equal(primitives[i].name, method->primitive_name->text))
            continue;
        method->primitive = primitives[i].number;
        if (!text_equal(primitives[i].signature, method->signature->text))
            lang_error(lang, file, method->place, NULL, "the primitive `%s` is %s, this is %s",
                       primitives[i].name, primitives[i].signature, method->signature->text);
        if (primitives[i].is_static != ((method->flags & MEMBER_STATIC) != 0))
            lang_error(lang, file, method->place, NULL, "the primitive `%s` is %sstatic",
                       primitives[i].name, primitives[i].is_static ? "" : "not ");
        return;
    }
    lang_error(lang, file, method->place, NULL, "there is no primitive `%s`",
               method->primitive_name->text);
}

/* The first method of a class with a number keeps it. */
static bool
number_is_free(struct lang *lang, const struct class *class, const struct method *method)
{
    uint64_t key = lang_member_key(class->id, MEMBER_KIND_NUMBER, method->ordinal);

    if (hash_table_get(&lang->members, key, NULL))
        return false;
    if (hash_table_put(&lang->members, key, 1) != OK)
        lang_no_memory(lang);
    return true;
}

/* What the words before a method, and its number, say must go together. */
static void
check_flags(struct lang *lang, struct class *class, struct method *method)
{
    uint16_t flags = method->flags;
    const char *problem = NULL;

    if ((flags & MEMBER_PUBLIC) != 0 && (flags & MEMBER_PRIVATE) != 0)
        problem = "is public and private at once";
    else if ((flags & METHOD_ABSTRACT) != 0 && (flags & MEMBER_STATIC) != 0)
        problem = class == class->file->main ? "is a function and has no body"
                                             : "is static and has no body";
    else if ((flags & METHOD_ABSTRACT) != 0 &&
             (flags & (MEMBER_PRIVATE | MEMBER_FINAL | METHOD_SYNCHRONIZED | METHOD_PRIMITIVE)) !=
                 0)
        problem = "has no body, so it is neither private, final, synchronized nor a primitive";
    else if ((flags & METHOD_PRIMITIVE) != 0 && (flags & METHOD_SYNCHRONIZED) != 0)
        problem = "is a primitive, so it is not synchronized";
    else if (method->ordinal != MODULE_NO_ORDINAL &&
             ((flags & (MEMBER_STATIC | MEMBER_PRIVATE)) != 0 || method->name == lang->names.new_))
        problem = "has a number, so it is neither static, private nor a constructor";
    else if (method->ordinal != MODULE_NO_ORDINAL && !number_is_free(lang, class, method))
        problem = "has the number of another method";
    if (problem != NULL)
        lang_error(lang, class->file, method->place, NULL, "`%s` %s",
                   method->name == lang->names.new_ ? class->brief->text : method->name->text,
                   problem);
}

static void
check_method(struct lang *lang, struct class *class, struct method *method)
{
    struct check check = {
        .lang = lang,
        .file = class->file,
        .class = class,
        .method = method,
        .is_static = (method->flags & MEMBER_STATIC) != 0,
        .in_constructor = method->name == lang->names.new_,
    };

    if (method->broken)
        return;
    if (method->name == lang->names.new_ && (class->flags & CLASS_INTERFACE) != 0) {
        lang_error(lang, class->file, method->place, "a void method named like it is one",
                   "an interface has no constructor");
        return;
    }
    if (method->name == lang->names.new_ && (method->flags & METHOD_ABSTRACT) != 0) {
        lang_error(lang, class->file, method->place, "write {} if nothing is to be done",
                   "a constructor has a body");
        return;
    }
    if (method->name == lang->names.new_)
        check_constructor(lang, method);
    if ((method->flags & METHOD_PRIMITIVE) != 0)
        check_primitive(lang, method);
    check_flags(lang, class, method);
    if (method->body == NULL || method->type == NULL)
        return;
    if ((method->flags & (METHOD_ABSTRACT | METHOD_PRIMITIVE)) != 0)
        lang_error(lang, class->file, method->place, NULL, "`%s` has a body and must not have one",
                   method->name->text);
    if ((class->flags & CLASS_INTERFACE) != 0 && (method->flags & MEMBER_STATIC) == 0)
        lang_error(lang, class->file, method->place, "write ; instead",
                   "a method of an interface has no body");
    lang_check_body(&check, method);
}

static void
check_fields(struct lang *lang, struct class *class)
{
    for (struct field *field = class->fields; field != NULL; field = field->next) {
        const char *problem = NULL;

        if ((field->flags & (METHOD_ABSTRACT | METHOD_SYNCHRONIZED)) != 0)
            problem = "is a field, so it is neither abstract nor synchronized";
        else if ((field->flags & MEMBER_PUBLIC) != 0 && (field->flags & MEMBER_PRIVATE) != 0)
            problem = "is public and private at once";
        if (problem != NULL)
            lang_error(lang, class->file, field->place, NULL, "`%s` %s", field->name->text,
                       problem);
        if ((class->flags & CLASS_INTERFACE) != 0 && (field->flags & MEMBER_STATIC) == 0)
            lang_error(lang, class->file, field->place, "make it static",
                       "an interface has no fields");
        if (!field->is_top)
            lang_check_field(lang, field);
    }
}

void
lang_check_class(struct lang *lang, struct class *class)
{
    if (class->checked)
        return;
    class->checked = true;
    lang_class_members(lang, class);
    if (class->file->broken)
        return;
    if ((class->flags & CLASS_ABSTRACT) != 0 && (class->flags & CLASS_FINAL) != 0)
        lang_error(lang, class->file, class->place, NULL, "%s is abstract and final at once",
                   class->brief->text);
    check_fields(lang, class);
    if (class == class->file->main && class->file->top != NULL)
        check_method(lang, class, class->file->top);
    for (struct method *method = class->methods; method != NULL && !lang->stopped;
         method = method->next) {
        if (!method->is_top)
            check_method(lang, class, method);
    }
    lang_check_heirs(lang, class);
}
