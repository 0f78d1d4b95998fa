/*
 * check_call.c - which method a call means, and what its arguments become.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

#include "base/memory.h"
#include "format/module.h"

/* The search for the best of several methods with one name. */
struct search {
    struct check *check;
    struct symbol *name;
    struct expr *arguments;
    uint32_t count;
    struct method *best;
    unsigned cost;       /* of the best */
    struct method *tie;  /* another one as good */
    bool unchecked;      /* untyped arguments made it a matter of the run */
    struct method *near; /* one with that name, for the message */
    unsigned near_count;
    bool doubtful; /* there is one of which nobody knows how it is called */
};

static void
make_error(struct expr *expr)
{
    expr->kind = EXPR_ERROR;
    expr->type = &lang_type_error;
}

static unsigned
fit_cost(struct lang *lang, const struct type *from, const struct type *to)
{
    switch (lang_fit(lang, from, to)) {
    case FIT_SAME:
        return 0;
    case FIT_WIDER:
        if (lang_is_raw(from) && lang_is_raw(to))
            return (unsigned)(to->kind - from->kind);
        return to->kind == TYPE_ANY ? 12 : 10;
    case FIT_BOX:
        return to->kind == TYPE_ANY ? 40 : 30;
    case FIT_CHECKED:
        return 20;
    default:
        return 0;
    }
}

/* True if whatever one method takes, the other would take as well. */
static bool
is_narrower(struct lang *lang, const struct method *method, const struct method *other)
{
    const struct local *wide = other->arguments;

    for (const struct local *local = method->arguments; local != NULL && wide != NULL;
         local = local->next, wide = wide->next) {
        enum fit fit = lang_fit(lang, local->type, wide->type);

        if (fit == FIT_NOT || fit == FIT_CHECKED)
            return false;
    }
    return true;
}

/* As good as the best: the narrower is meant, if what is untyped leaves no doubt. */
static void
settle_tie(struct search *search, struct method *method)
{
    struct lang *lang = search->check->lang;

    if (!search->unchecked && is_narrower(lang, search->best, method))
        return;
    if (search->unchecked || !is_narrower(lang, method, search->best)) {
        search->tie = method;
        return;
    }
    search->best = method;
    if (search->tie != NULL && is_narrower(lang, method, search->tie))
        search->tie = NULL;
}

static void
consider(struct search *search, struct method *method)
{
    struct lang *lang = search->check->lang;
    const struct expr *argument = search->arguments;
    unsigned cost = 0;
    bool unchecked = false;

    if (search->near == NULL || method->argument_count == search->count)
        search->near = method;
    search->near_count++;
    if (method->argument_count != search->count)
        return;
    for (const struct local *local = method->arguments; local != NULL && argument != NULL;
         local = local->next, argument = argument->next) {
        unsigned more;
        enum fit fit = lang_fit_argument(lang, argument, local->type, &more);

        if (fit == FIT_NOT)
            return;
        unchecked |= fit == FIT_CHECKED;
        cost += more + fit_cost(lang, argument->type, local->type);
    }
    if (search->best != NULL && lang_same_arguments(search->best, method))
        return; /* overridden */
    if (search->best != NULL && cost == search->cost) {
        search->unchecked |= unchecked;
        settle_tie(search, method);
        return;
    }
    if (search->best != NULL && cost > search->cost)
        return;
    search->best = method;
    search->cost = cost;
    search->tie = NULL;
    search->unchecked = unchecked;
}

static void
search_class(struct search *search, struct class *class)
{
    struct lang *lang = search->check->lang;

    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        for (struct method *method = lang_own_method(lang, class, search->name); method != NULL;
             method = method->next_named) {
            if (method->signature != NULL)
                consider(search, method);
            search->doubtful |= method->broken;
        }
        search->doubtful |= class->vague;
        if (search->name == lang->names.new_)
            return;
        if ((class->flags & (CLASS_INTERFACE | CLASS_ABSTRACT)) == 0)
            continue;
        for (struct class_list *item = class->interfaces; item != NULL; item = item->next)
            search_class(search, item->class);
    }
}

/* "(int, string)" */
const char *
lang_arguments_text(struct lang *lang, const struct method *method)
{
    const char *text = "";

    for (const struct local *local = method->arguments; local != NULL; local = local->next)
        text = lang_text(lang, "%s%s%s", text, text[0] == 0 ? "" : ", ",
                         lang_type_text(lang, local->type));
    return lang_text(lang, "(%s)", text);
}

static const char *
given_text(struct lang *lang, const struct expr *arguments)
{
    const char *text = "";

    for (; arguments != NULL; arguments = arguments->next)
        text = lang_text(lang, "%s%s%s", text, text[0] == 0 ? "" : ", ",
                         lang_type_text(lang, arguments->type));
    return lang_text(lang, "(%s)", text);
}

/* What a person calls the method that is looked for: a constructor by its class. */
static const struct symbol *
called(const struct search *search, const struct class *class)
{
    return search->name == search->check->lang->names.new_ ? class->brief : search->name;
}

/* No method fits: say which there are. */
static void
complain(struct search *search, struct expr *call, struct class *class)
{
    struct check *check = search->check;
    struct lang *lang = check->lang;
    const char *name = called(search, class)->text;
    const char *hint = NULL;

    if (called(search, class)->doubtful)
        return;
    if (search->near != NULL) {
        if (search->near_count == 1 && search->near->argument_count != search->count) {
            lang_error(lang, check->file, call->place,
                       lang_text(lang, "it is %s%s", name, lang_arguments_text(lang, search->near)),
                       "`%s` has %u argument%s, and %u %s given here", name,
                       search->near->argument_count, search->near->argument_count == 1 ? "" : "s",
                       search->count, search->count == 1 ? "is" : "are");
            return;
        }
        hint = lang_text(lang, "there is %s%s", name, lang_arguments_text(lang, search->near));
        if (search->name == lang->names.new_)
            lang_error(lang, check->file, call->place, hint, "no constructor of %s takes %s", name,
                       given_text(lang, search->arguments));
        else
            lang_error(lang, check->file, call->place, hint, "no `%s` of %s takes %s", name,
                       class == class->file->main ? "this file" : class->brief->text,
                       given_text(lang, search->arguments));
        return;
    }
    if (search->name == lang->names.call) {
        lang_error(lang, check->file, call->place,
                   "a function can be, and what has a method `call`", "%s cannot be called",
                   class->brief->text);
        return;
    }
    hint = lang_suggest_member(check, class, search->name);
    lang_error(lang, check->file, call->place, hint, "%s has no method `%s`", class->brief->text,
               name);
}

/* True for what an array gives back of what was put in. */
static bool
gives_element(const struct method *method)
{
    static const char *const names[] = { "get",         "first",    "last",      "pop",
                                         "remove",      "removeAt", "peek",      "next",
                                         "removeFirst", "shift",    "removeLast" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_equal(names[i], method->name->text))
            return true;
    }
    return false;
}

/* True for what puts its last argument into a container. */
static bool
takes_element(const struct lang *lang, const struct method *method)
{
    return method->name == lang->names.add || method->name == lang->names.set ||
           method->name == lang->names.put || method->name == lang->names.insert ||
           text_equal(method->name->text, "push");
}

static void
convert_arguments(struct check *check, struct expr *call, const struct type *element)
{
    const struct method *method = call->call.method;
    struct expr *argument = call->call.arguments;
    unsigned number = 1;

    for (const struct local *local = method->arguments; local != NULL && argument != NULL;
         local = local->next, argument = argument->next) {
        const char *what =
            lang_text(check->lang, "argument %u of `%s`", number++,
                      method->name == check->lang->names.new_ ? method->class->brief->text
                                                              : method->name->text);

        if (element != NULL && local->next == NULL && local->type->kind == TYPE_ANY &&
            takes_element(check->lang, method)) {
            lang_close_array(check, argument, element);
            lang_convert(check, argument, element, what);
        }
        lang_close_array(check, argument, local->type);
        lang_convert(check, argument, local->type, what);
    }
}

/* A call that is resolved when it happens: all words, and a word comes back. */
static void
make_untyped(struct check *check, struct expr *call)
{
    for (struct expr *argument = call->call.arguments; argument != NULL;
         argument = argument->next) {
        lang_close_array(check, argument, NULL);
        lang_to_word(check, argument);
    }
    if (call->call.name != NULL)
        call->call.name->called = true;
    call->op = CALL_NAME;
    call->type = &lang_type_any;
}

/* Put a conversion around a call, if anybody wants its value. */
static void
wrap_call(struct check *check, struct expr *call, enum convert convert, const struct type *type)
{
    bool dropped = call->dropped;

    lang_wrap(check, call, convert, type);
    call->operands.left->dropped = false;
    call->dropped = dropped;
}

/* What comes back was made into something else, for the sake of the method above. */
static void
take_back(struct check *check, struct expr *call, const struct type *declared)
{
    if (!lang_is_raw(declared))
        return;
    if (!lang_is_raw(call->type))
        wrap_call(check, call, CONVERT_UNBOX, declared);
    else if (declared->kind == TYPE_BOOLEAN)
        wrap_call(check, call, CONVERT_NONE, declared);
    else if (call->type->kind != TYPE_BOOLEAN) /* it is a boolean for good */
        wrap_call(check, call, CONVERT_NUMBER, declared);
}

/* The method is known: settle the kind, the arguments and the result. */
static void
settle(struct check *check, struct expr *call, struct method *method, const struct type *receiver)
{
    const struct type *element = receiver == NULL ? NULL : receiver->element;
    bool of_super = call->call.object != NULL && call->call.object->kind == EXPR_SUPER;

    call->call.method = method;
    method->used = true;
    if (!lang_may_access(check, method->class, method->flags, false) &&
        method->name == check->lang->names.new_)
        lang_error(check->lang, check->file, call->place, NULL, "the constructor of %s is private",
                   method->class->brief->text);
    else if (!lang_may_access(check, method->class, method->flags, false))
        lang_error(check->lang, check->file, call->place, NULL, "`%s` of %s is private",
                   method->name->text, method->class->brief->text);
    if (of_super && (method->flags & METHOD_ABSTRACT) != 0)
        lang_error(check->lang, check->file, call->place, NULL, "`%s` of %s is abstract",
                   method->name->text, method->class->brief->text);
    convert_arguments(check, call, element);
    if (check->class != method->class)
        method->shared |= (method->flags & MEMBER_PRIVATE) != 0;
    if ((method->flags & MEMBER_STATIC) != 0)
        call->op = CALL_STATIC;
    else if (of_super || (method->flags & MEMBER_PRIVATE) != 0 ||
             method->name == check->lang->names.new_)
        call->op = CALL_SPECIAL;
    else if ((method->class->flags & CLASS_INTERFACE) != 0)
        call->op = CALL_INTERFACE;
    else
        call->op = CALL_VIRTUAL;
    call->type = method->type;
    if (element != NULL && method->type->kind == TYPE_ANY && gives_element(method) &&
        element->kind != TYPE_ANY)
        wrap_call(check, call, lang_is_raw(element) ? CONVERT_UNBOX : CONVERT_CHECK, element);
    else if (method->declared != NULL)
        take_back(check, call, method->declared);
}

/* Find the method of a class that the call means; complains if there is none. */
static struct method *
find_method(struct check *check, struct expr *call, struct class *class, bool *untyped)
{
    struct search search = {
        .check = check,
        .name = call->call.name,
        .arguments = call->call.arguments,
        .count = call->call.count,
    };

    *untyped = false;
    search_class(&search, class);
    if ((class->flags & CLASS_INTERFACE) != 0 && search.best == NULL)
        search_class(&search,
                     lang_find_class(check->lang, check->lang->names.internal_object, check->file));
    if (search.doubtful)
        return NULL;
    if (search.best != NULL && search.tie == NULL)
        return search.best;
    if (search.tie != NULL && search.unchecked && (search.best->flags & MEMBER_STATIC) == 0) {
        *untyped = true;
        return NULL;
    }
    if (search.tie != NULL)
        lang_error(check->lang, check->file, call->place, "a cast of an argument decides",
                   "`%s%s` and `%s%s` fit equally well", called(&search, class)->text,
                   lang_arguments_text(check->lang, search.best), called(&search, class)->text,
                   lang_arguments_text(check->lang, search.tie));
    else
        complain(&search, call, class);
    return NULL;
}

static bool
arguments_broken(const struct expr *call)
{
    for (const struct expr *item = call->call.arguments; item != NULL; item = item->next) {
        if (item->type->kind == TYPE_ERROR)
            return true;
    }
    return false;
}

/* A call on an object whose class is not known: what all objects have, else by name. */
static void
call_untyped(struct check *check, struct expr *call)
{
    struct class *class =
        lang_find_class(check->lang, check->lang->names.internal_object, check->file);
    struct search search = {
        .check = check,
        .name = call->call.name,
        .arguments = call->call.arguments,
        .count = call->call.count,
    };

    if (class != NULL)
        search_class(&search, class);
    /* with arguments, a class below may have a method that fits them better */
    if (search.best != NULL && search.near_count == 1 && call->call.count == 0 &&
        (search.best->flags & (MEMBER_STATIC | MEMBER_PRIVATE)) == 0)
        settle(check, call, search.best, NULL);
    else
        make_untyped(check, call);
}

/* The array of the machine knows only its size. */
static void
call_vector(struct check *check, struct expr *call)
{
    if (call->call.name == check->lang->names.size && call->call.count == 0) {
        struct expr *object = call->call.object;

        call->kind = EXPR_VECTOR_SIZE;
        call->operands.left = object;
        call->type = &lang_type_int;
        return;
    }
    lang_error(check->lang, check->file, call->place, "x[i], x[i] = v and x.size()",
               "an array of the machine has no method `%s`", call->call.name->text);
    make_error(call);
}

void
lang_finish_call(struct check *check, struct expr *call)
{
    struct expr *object = call->call.object;
    const struct type *receiver = object->type;
    struct class *class;
    struct method *method;
    bool untyped;

    if (receiver->kind == TYPE_ERROR || arguments_broken(call)) {
        make_error(call);
        return;
    }
    if (receiver->kind == TYPE_VECTOR) {
        call_vector(check, call);
        return;
    }
    if (receiver->kind == TYPE_NULL || receiver->kind == TYPE_VOID) {
        lang_error(check->lang, check->file, call->place, NULL, "there is no object here");
        make_error(call);
        return;
    }
    class = receiver->kind == TYPE_CLASS ? receiver->class : NULL;
    if (lang_is_raw(receiver)) {
        class = lang_box_class(check->lang, receiver, check->file);
        lang_to_word(check, object);
    }
    if (class == NULL || class->name == check->lang->names.internal_object) {
        call_untyped(check, call);
        return;
    }
    method = find_method(check, call, class, &untyped);
    if (method != NULL)
        settle(check, call, method, receiver);
    else if (untyped)
        make_untyped(check, call);
    else
        make_error(call);
}

struct expr *
lang_new_call(struct check *check, struct expr *object, struct symbol *name, struct expr *arguments,
              uint32_t count)
{
    struct expr *call = lang_new_expr(check, EXPR_CALL, object->place, NULL);

    call->call.object = object;
    call->call.name = name;
    call->call.arguments = arguments;
    call->call.count = count;
    return call;
}

struct method *
lang_find_plain(struct lang *lang, struct class *class, struct symbol *name)
{
    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        for (struct method *method = lang_own_method(lang, class, name); method != NULL;
             method = method->next_named) {
            if (method->argument_count == 0 && !method->broken)
                return method;
        }
        if (name == lang->names.new_)
            return NULL;
    }
    return NULL;
}

/* True if the class or one that it extends has a method of that name. */
static bool
has_method(struct lang *lang, struct class *class, const struct symbol *name)
{
    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        if (lang_own_method(lang, class, name) != NULL)
            return true;
        for (struct class_list *item = class->interfaces; item != NULL; item = item->next) {
            if ((class->flags & CLASS_ABSTRACT) != 0 && has_method(lang, item->class, name))
                return true;
        }
    }
    return false;
}

/* True if the class or one that it extends has a static method of that name. */
static bool
has_static_method(struct lang *lang, struct class *class, const struct symbol *name)
{
    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        for (const struct method *method = lang_own_method(lang, class, name); method != NULL;
             method = method->next_named) {
            if ((method->flags & MEMBER_STATIC) != 0)
                return true;
        }
    }
    return false;
}

/*
 * Class.name(...): a static method of the class; or, as `Class` is an object, too, a method of
 * that. A method that belongs to the class's objects is meant by neither, but is worth a message of
 * its own.
 */
static bool
means_static(struct check *check, struct class *class, const struct symbol *name)
{
    struct lang *lang = check->lang;
    struct class *above = lang_find_class(lang, lang->names.internal_class, check->file);

    if (has_static_method(lang, class, name))
        return true;
    return has_method(lang, class, name) && (above == NULL || !has_method(lang, above, name));
}

/* A call inside a known class without an object: static, or of this. */
static void
call_own(struct check *check, struct expr *call, struct class *class)
{
    bool untyped;
    struct method *method = find_method(check, call, class, &untyped);
    struct expr *object;

    if (method == NULL && !untyped) {
        make_error(call);
        return;
    }
    if (method == NULL || (method->flags & MEMBER_STATIC) == 0) {
        if (!lang_has_this(check)) {
            lang_error(check->lang, check->file, call->place, "make it static, or name the object",
                       "the method `%s` belongs to an object, and this one is static",
                       call->call.name->text);
            make_error(call);
            return;
        }
        object = lang_new_expr(check, EXPR_THIS, call->place, NULL);
        lang_check_this(check, object);
        call->call.object = object;
    }
    if (method == NULL)
        make_untyped(check, call);
    else
        settle(check, call, method, NULL);
}

/* The class with the functions of that name: the file's, else what was typed last; or NULL. */
static struct class *
top_functions(struct check *check, const struct symbol *name)
{
    struct lang *lang = check->lang;
    struct class *main = check->file->main;

    if (main != NULL && has_method(lang, main, name))
        return main;
    if (check->file != lang->line || (main != NULL && lang_own_field(lang, main, name) != NULL))
        return NULL;
    main = lang_scope_home(lang, name, false);
    return main != NULL && has_method(lang, main, name) ? main : NULL;
}

/* Where the function of a bare name is looked for, as call_name() does; or NULL. */
static struct class *
home_of_function(struct check *check, const struct symbol *name)
{
    struct lang *lang = check->lang;
    struct class *system = lang_find_class(lang, lang->names.internal_system, check->file);
    struct class *home = lang_home_class(check);

    if (!has_method(lang, home, name))
        home = top_functions(check, name);
    if (home == NULL && system != NULL && has_method(lang, system, name))
        home = system;
    return home;
}

struct method *
lang_find_function(struct check *check, struct class *class, const struct symbol *name,
                   bool *several)
{
    bool bare = class == NULL;
    struct method *found = NULL;

    *several = false;
    for (class = bare ? home_of_function(check, name) : class; class != NULL;
         class = class->super) {
        lang_class_members(check->lang, class);
        for (struct method *method = lang_own_method(check->lang, class, name); method != NULL;
             method = method->next_named) {
            if (method->signature == NULL || (!bare && (method->flags & MEMBER_STATIC) == 0))
                continue;
            if (found == NULL || found->argument_count == 0)
                found = method;
            else if (method->argument_count != found->argument_count && method->argument_count != 0)
                *several = true;
        }
    }
    return found;
}

/* name(args): of this class, of the file, a function in a variable, of the system. */
static void
call_name(struct check *check, struct expr *call)
{
    struct lang *lang = check->lang;
    struct class *system = lang_find_class(lang, lang->names.internal_system, check->file);
    struct class *home = lang_home_class(check);
    struct class *top = top_functions(check, call->call.name);
    struct expr *object;

    if (arguments_broken(call)) {
        make_error(call);
    } else if (has_method(lang, home, call->call.name)) {
        call_own(check, call, home);
    } else if (top != NULL) {
        call_own(check, call, top);
    } else if (lang_find_local(check, call->call.name) != NULL ||
               lang_find_field(lang, home, call->call.name) != NULL ||
               lang_top_field(check, call->call.name) != NULL) {
        object = lang_new_expr(check, EXPR_NAME, call->place, NULL);
        object->name = call->call.name;
        lang_check_name(check, object);
        call->call.object = object;
        call->call.name = lang->names.call;
        lang_finish_call(check, call);
    } else if (system != NULL && has_method(lang, system, call->call.name)) {
        call_own(check, call, system);
    } else {
        if (!lang_may_be_lost(check, call->call.name))
            lang_error(lang, check->file, call->place, lang_suggest(check, call->call.name),
                       "there is no method or function `%s`", call->call.name->text);
        make_error(call);
    }
}

/* x.("name")(...), number already checked, is x.name(...), but for names that no method has. */
static bool
named_by_constant(struct check *check, struct expr *call)
{
    const struct expr *number = call->call.number;

    if (number->kind != EXPR_STRING || number->text->byte_count == 0 ||
        number->text->byte_count > LANG_NAME_BYTES_MAX || number->text->bytes[0] == '<')
        return false;
    call->call.name = lang_symbol(check->lang, number->text->bytes, number->text->byte_count);
    return true;
}

/* super(...) and super.name(...) */
static void
call_super(struct check *check, struct expr *call)
{
    struct class *super = check->class->super;
    struct method *method;
    bool untyped;

    lang_check_this(check, call->call.object);
    if (call->call.object->type->kind == TYPE_ERROR || arguments_broken(call)) {
        make_error(call);
        return;
    }
    call->call.object->kind = EXPR_SUPER;
    if (call->call.number != NULL) {
        lang_check_value(check, call->call.number);
        if (!named_by_constant(check, call)) {
            lang_error(check->lang, check->file, call->place, "super.name(...)",
                       "a method above is called by its name");
            make_error(call);
            return;
        }
    }
    if (call->call.name == check->lang->names.new_ && check->method->super_call != call) {
        lang_error(check->lang, check->file, call->place, NULL,
                   "super(...) is the first statement of a constructor");
        make_error(call);
        return;
    }
    if (super == NULL || check->fun != NULL) {
        lang_error(check->lang, check->file, call->place, NULL, "there is no `super` here");
        make_error(call);
        return;
    }
    method = find_method(check, call, super, &untyped);
    if (method != NULL)
        settle(check, call, method, NULL);
    else
        make_error(call);
}

/* x.(e)(...): what e is when it happens comes before the arguments. */
static void
call_chosen(struct check *check, struct expr *call)
{
    struct expr *chooser = call->call.number;
    const struct type *type = chooser->type;

    if (type->kind == TYPE_ERROR || arguments_broken(call)) {
        make_error(call);
        return;
    }
    if (type->kind != TYPE_INT && type->kind != TYPE_ANY && type->kind != TYPE_CLASS) {
        lang_error(check->lang, check->file, chooser->place, NULL,
                   "a method is chosen by its name or its number, not by %s",
                   lang_type_text(check->lang, type));
        make_error(call);
        return;
    }
    if (call->call.count == LANG_ARGUMENTS_MAX) {
        lang_error(check->lang, check->file, call->place, NULL,
                   "a call of a method that is chosen has at most %u arguments",
                   LANG_ARGUMENTS_MAX - 1);
        make_error(call);
        return;
    }
    chooser->next = call->call.arguments;
    call->call.arguments = chooser;
    call->call.count++;
    call->call.name = check->lang->names.chosen;
    make_untyped(check, call);
}

/* x.16(...) and x.(n)(...) */
static void
call_number(struct check *check, struct expr *call)
{
    struct expr *number = call->call.number;

    lang_check_value(check, number);
    if (named_by_constant(check, call)) {
        lang_finish_call(check, call);
        return;
    }
    lang_to_word(check, call->call.object);
    if (number->kind != EXPR_INT || number->type->kind != TYPE_INT) {
        call_chosen(check, call);
        return;
    }
    if (number->integer > LANG_ORDINAL_MAX) {
        lang_error(check->lang, check->file, number->place, NULL,
                   "the number of a method is from 0 to 4095");
        make_error(call);
        return;
    }
    make_untyped(check, call);
    call->op = CALL_NUMBER;
}

/* Class.name(...): a static method. */
static void
call_static(struct check *check, struct expr *call)
{
    struct class *class = call->call.object->class;
    bool untyped;
    struct method *method;

    if (arguments_broken(call)) {
        make_error(call);
        return;
    }
    method = find_method(check, call, class, &untyped);
    if (method == NULL || (method->flags & MEMBER_STATIC) == 0) {
        if (method != NULL || untyped)
            lang_error(check->lang, check->file, call->place, NULL,
                       "`%s` belongs to the objects of %s, it is not static", call->call.name->text,
                       class->brief->text);
        make_error(call);
        return;
    }
    settle(check, call, method, NULL);
}

/* object.name(...) where `name` is a field, and no method: a call of what it holds. */
static void
call_field(struct check *check, struct expr *call)
{
    struct expr *object = call->call.object;
    struct class *class = NULL;
    struct expr *member;

    if (call->call.name == NULL || call->call.number != NULL)
        return;
    if (object->kind == EXPR_CLASS)
        class = object->class;
    else if (object->type->kind == TYPE_CLASS)
        class = object->type->class;
    if (class == NULL || has_method(check->lang, class, call->call.name) ||
        lang_find_field(check->lang, class, call->call.name) == NULL)
        return;
    member = lang_new_expr(check, EXPR_MEMBER, call->place, NULL);
    member->member.object = object;
    member->member.name = call->call.name;
    lang_check_member(check, member);
    call->call.object = member;
    call->call.name = check->lang->names.call;
}

void
lang_check_call(struct check *check, struct expr *call)
{
    struct expr *object = call->call.object;

    for (struct expr *argument = call->call.arguments; argument != NULL; argument = argument->next)
        lang_check_argument(check, argument);
    if (object == NULL) {
        call_name(check, call);
        return;
    }
    if (object->kind == EXPR_SUPER) {
        call_super(check, call);
        return;
    }
    lang_check_object(check, object);
    if (object->type->kind != TYPE_ERROR) {
        call_field(check, call);
        object = call->call.object;
    }
    if (object->type->kind == TYPE_ERROR) {
        make_error(call);
        return;
    }
    if (call->call.number != NULL) {
        call_number(check, call);
    } else if (object->kind == EXPR_CLASS && call->call.name != NULL &&
               means_static(check, object->class, call->call.name)) {
        call_static(check, call);
    } else {
        if (call->call.name == NULL)
            call->call.name = check->lang->names.call;
        lang_finish_call(check, call);
    }
}

/* What may be created of a class; complains if nothing. */
static bool
may_create(struct check *check, const struct expr *expr, struct class *class)
{
    lang_class_members(check->lang, class);
    if (lang_is_machines(class)) {
        lang_error(check->lang, check->file, expr->place,
                   text_equal(class->brief->text, "string")   ? "write the value itself"
                   : text_equal(class->brief->text, "thread") ? "spawn(...) starts one"
                                                              : NULL,
                   "only the machine makes objects of %s", class->name->text);
        return false;
    }
    if ((class->flags & (CLASS_INTERFACE | CLASS_ABSTRACT)) == 0)
        return true;
    lang_error(check->lang, check->file, expr->place, "create an object of a class that has it all",
               "%s is %s", class->brief->text,
               (class->flags & CLASS_INTERFACE) != 0 ? "an interface" : "abstract");
    return false;
}

/* Only classes have objects that are created. */
static void
no_object(struct check *check, struct expr *expr, const struct type *type)
{
    if (type->kind != TYPE_ERROR)
        lang_error(check->lang, check->file, expr->place, "write the value itself",
                   "no object of type %s can be created", type->text);
    make_error(expr);
}

static void
new_vector(struct check *check, struct expr *expr, const struct type *type)
{
    struct expr *size = expr->create.arguments;

    if (expr->create.count != 1) {
        lang_error(check->lang, check->file, expr->place, NULL, "%s has one argument, its size",
                   type->text);
        make_error(expr);
        return;
    }
    lang_convert(check, size, &lang_type_int, "the size");
    expr->kind = EXPR_NEW_VECTOR;
    expr->operands.left = size;
    expr->type = type;
}

/* new *(class): which constructor is settled when it happens. */
static void
new_of_value(struct check *check, struct expr *expr)
{
    struct lang *lang = check->lang;
    struct class *class =
        lang_need_class(lang, lang->names.internal_class, check->file, expr->place);
    const struct type *type = &lang_type_any;
    struct expr call = *expr;

    lang_check_value(check, expr->create.class);
    if (expr->create.syntax != NULL)
        type = lang_resolve_type(lang, check->file, expr->create.syntax);
    call.kind = EXPR_CALL;
    call.call.object = expr->create.class;
    call.call.name = lang->names.new_;
    call.call.number = NULL;
    call.call.arguments = expr->create.arguments;
    call.call.count = expr->create.count;
    if (class == NULL || type->kind == TYPE_ERROR || arguments_broken(&call)) {
        make_error(expr);
        return;
    }
    lang_convert(check, call.call.object, lang_type_of_class(lang, class),
                 "what an object is made of");
    make_untyped(check, &call);
    *expr = call;
    if (type->kind == TYPE_CLASS)
        wrap_call(check, expr, CONVERT_CHECK, type);
    else if (type->kind != TYPE_ANY)
        no_object(check, expr, type);
}

/* new T of a class */
static void
new_object(struct check *check, struct expr *expr, const struct type *type)
{
    struct expr *call = lang_new_expr(check, EXPR_CALL, expr->place, NULL);
    struct method *method;
    bool untyped;

    call->call.name = check->lang->names.new_;
    call->call.arguments = expr->create.arguments;
    call->call.count = expr->create.count;
    if (!may_create(check, expr, type->class) || arguments_broken(call)) {
        make_error(expr);
        return;
    }
    method = find_method(check, call, type->class, &untyped);
    if (method == NULL) {
        if (untyped)
            lang_error(check->lang, check->file, expr->place, "a cast of an argument decides",
                       "two constructors fit equally well");
        make_error(expr);
        return;
    }
    settle(check, call, method, NULL);
    expr->create.method = method;
    expr->type = type;
}

void
lang_check_new(struct check *check, struct expr *expr)
{
    const struct type *type;

    for (struct expr *argument = expr->create.arguments; argument != NULL;
         argument = argument->next)
        lang_check_argument(check, argument);
    if (expr->create.class != NULL) {
        new_of_value(check, expr);
        return;
    }
    type = lang_resolve_type(check->lang, check->file, expr->create.syntax);
    if (type->kind == TYPE_VECTOR) {
        new_vector(check, expr, type);
        return;
    }
    if (type->kind == TYPE_ANY && expr->create.syntax->path != NULL) {
        struct class *object = lang_need_class(check->lang, check->lang->names.internal_object,
                                               check->file, expr->place);

        type = object == NULL ? &lang_type_error : lang_type_of_class(check->lang, object);
    }
    if (type->kind != TYPE_CLASS)
        no_object(check, expr, type);
    else
        new_object(check, expr, type);
}
