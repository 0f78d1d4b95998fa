/*
 * link.c - putting a class of a module below its super: method table, numbered
 * methods, interfaces.
 *
 * What holds for a linked class
 *   1. Its vtable begins with its super's: the same methods at the same places, but
 *      for those that it overrides. So a call is decided by an index alone.
 *   2. A method overrides another by name and arguments; its result is of the same
 *      type, or a class below it. So both have one descriptor and need no bridge.
 *   3. If it is not abstract, each method of each of its interfaces is in its vtable,
 *      and none there is abstract.
 *   4. A numbered method keeps its number below; another takes its place there only by
 *      bearing the same number, or by overriding it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "vm/model_priv.h"
#include "vm/signature.h"

/* Numbered methods of a class at most. */
#define ORDINAL_MAX 4095u

/* Methods that a class declares at most. */
#define CLASS_METHODS_MAX 4096u

static bool
is_constructor(const struct model_method *method)
{
    return text_equal(method->name->text, "<new>");
}

static bool
is_static_initialiser(const struct model_method *method)
{
    return text_equal(method->name->text, "<static>");
}

static bool
is_interface(const struct model_class *class)
{
    return (class->flags & CLASS_INTERFACE) != 0;
}

/* True if calls find the method through the receiver's class. */
static bool
is_virtual(const struct model_method *method)
{
    return (method->flags & (MEMBER_STATIC | MEMBER_PRIVATE)) == 0 && !is_constructor(method);
}

static err_t
refuse(struct load *load, const struct model_method *method, const char *why)
{
    return load_complain(load, "in class %s: method %s%s %s", method->owner->name->text,
                         method->name->text, method->signature->text, why);
}

/* ---- each method by itself ---- */

/* Static methods that a compiler adds: initialisation, where a program starts, what was typed. */
static const struct {
    const char *name, *signature, *otherwise;
} special_methods[] = {
    { "<static>", "()v", "must be static, of signature ()v" },
    { "<entry>", "()v", "must be static, of signature ()v" },
    { "<line>", "()w", "must be static, of signature ()w" },
    { "<scope>", "()w", "must be static, of signature ()w" },
};

static err_t
check_special_name(struct load *load, const struct model_method *method)
{
    for (size_t i = 0; i < sizeof special_methods / sizeof special_methods[0]; i++) {
        if (!text_equal(method->name->text, special_methods[i].name))
            continue;
        if ((method->flags & MEMBER_STATIC) == 0 || (method->flags & METHOD_ABSTRACT) != 0 ||
            !text_equal(method->signature->text, special_methods[i].signature))
            return refuse(load, method, special_methods[i].otherwise);
        return OK;
    }
    if (!is_constructor(method))
        return refuse(load, method, "has a name that is kept for the machine");
    if ((method->flags & (MEMBER_STATIC | METHOD_ABSTRACT)) != 0 ||
        method->signature->text[method->signature->bytes - 1] != 'v' ||
        method->signature->text[method->signature->bytes - 2] != ')')
        return refuse(load, method, "must be a method of an object and return nothing");
    if (is_interface(method->owner))
        return refuse(load, method, "makes objects of an interface");
    return OK;
}

static err_t
check_method(struct load *load, const struct model_method *method)
{
    uint32_t flags = method->flags;

    if (method->name->text[0] == '<')
        TRY(check_special_name(load, method));
    if ((flags & MEMBER_PUBLIC) != 0 && (flags & MEMBER_PRIVATE) != 0)
        return refuse(load, method, "is public and private at once");
    if ((flags & METHOD_ABSTRACT) != 0) {
        if ((flags & (MEMBER_STATIC | MEMBER_PRIVATE | MEMBER_FINAL | METHOD_PRIMITIVE |
                      METHOD_SYNCHRONIZED)) != 0)
            return refuse(load, method, "is abstract, so nothing else may be said of it");
        if ((method->owner->flags & CLASS_ABSTRACT) == 0)
            return refuse(load, method, "is abstract in a class that is not");
    }
    if ((flags & METHOD_PRIMITIVE) != 0 && (flags & METHOD_SYNCHRONIZED) != 0)
        return refuse(load, method, "is a primitive and synchronized at once");
    if (method->ordinal != MODULE_NO_ORDINAL && !is_virtual(method))
        return refuse(load, method, "cannot have a number");
    if (method->ordinal != MODULE_NO_ORDINAL && method->ordinal > ORDINAL_MAX)
        return refuse(load, method, "has too large a number");
    return OK;
}

static err_t
check_duplicates(struct load *load, const struct model_class *class)
{
    struct hash_table seen = { 0 };
    err_t err = OK;

    for (uint32_t i = 0; i < class->method_count && err == OK; i++) {
        const struct model_method *method = &class->methods[i];
        uint64_t key = hash_mix((uintptr_t)method->name) + (uintptr_t)method->arguments;
        uint64_t other;

        key = key == HASH_NO_KEY ? 0 : key;
        while (err == OK && hash_table_get(&seen, key, &other)) {
            if (model_same_arguments(method, &class->methods[other]))
                err = refuse(load, method, "is declared twice");
            key = key + 1 == HASH_NO_KEY ? 0 : key + 1;
        }
        if (err == OK)
            err = hash_table_put(&seen, key, i);
    }
    hash_table_clear(&seen);
    for (uint32_t i = 0; i < class->field_count && err == OK; i++) {
        if (hash_table_get(&seen, (uintptr_t) class->fields[i].name, NULL))
            err = load_complain(load, "in class %s: field %s is declared twice", class->name->text,
                                class->fields[i].name->text);
        else
            err = hash_table_put(&seen, (uintptr_t) class->fields[i].name, i);
    }
    hash_table_free(&seen);
    return err;
}

/* ---- overriding ---- */

/*
 * True if a method that returns what `below` says may stand for one that
 * returns what `above` says. `fits` is filled.
 */
static err_t
result_fits(struct load *load, const struct model_method *below, const struct model_method *above,
            bool *fits)
{
    const char *from = below->signature->text + below->arguments->bytes;
    const char *to = above->signature->text + above->arguments->bytes;
    size_t from_bytes = below->signature->bytes - below->arguments->bytes;
    size_t to_bytes = above->signature->bytes - above->arguments->bytes;
    struct model_class *from_class, *to_class;

    *fits = from_bytes == to_bytes && memcmp(from, to, to_bytes) == 0;
    if (*fits || type_area(from[0]) != 'w' || type_area(to[0]) != 'w')
        return OK;
    TRY(model_class_of_type(load, from, from_bytes, &from_class));
    TRY(model_class_of_type(load, to, to_bytes, &to_class));
    if (from_class == NULL || to_class == NULL)
        return OK;
    *fits = model_assignable(from_class, to_class);
    return OK;
}

static err_t
check_override(struct load *load, const struct model_method *below,
               const struct model_method *above)
{
    bool fits;

    if ((above->flags & MEMBER_FINAL) != 0)
        return load_complain(load, "in class %s: method %s%s overrides one of %s that is final",
                             below->owner->name->text, below->name->text, below->signature->text,
                             above->owner->name->text);
    TRY(result_fits(load, below, above, &fits));
    if (!fits)
        return load_complain(load,
                             "in class %s: method %s%s overrides %s%s of %s, but returns "
                             "something else",
                             below->owner->name->text, below->name->text, below->signature->text,
                             above->name->text, above->signature->text, above->owner->name->text);
    return OK;
}

static struct model_method *
find_in_vtable(const struct model_class *class, const struct model_method *like)
{
    for (uint32_t i = 0; i < class->vtable_count; i++) {
        if (model_same_arguments(class->vtable[i], like))
            return class->vtable[i];
    }
    return NULL;
}

/* Where a method of the super's table stands: at its own index, or where a default was put. */
static uint32_t
vtable_place(const struct model_class *class, const struct model_method *method)
{
    uint32_t i = 0;

    while (class->vtable[i] != method)
        i++;
    return i;
}

/* An overridden method leaves its numbers to the one that overrides it. */
static err_t
inherit_ordinals(struct load *load, struct model_method *method, const struct model_method *over)
{
    struct model_class *class = method->owner;

    for (uint32_t i = 0; i < class->ordinal_count; i++) {
        if (class->ordinals[i] != over)
            continue;
        if (method->ordinal != MODULE_NO_ORDINAL && method->ordinal != i)
            return load_complain(
                load, "in class %s: method %s%s has number %u, but overrides number %u",
                class->name->text, method->name->text, method->signature->text, method->ordinal, i);
        method->ordinal = i;
        class->ordinals[i] = method;
    }
    return OK;
}

static err_t
place_method(struct load *load, struct model_class *class, struct model_method *method)
{
    struct model_method *over = find_in_vtable(class, method);

    method->vtable_index = MODEL_NO_VTABLE;
    if (!is_virtual(method)) {
        if (over != NULL && method->name->text[0] != '<')
            return refuse(load, method,
                          "hides a method of a super class that is neither static "
                          "nor private");
        return OK;
    }
    if (is_interface(class)) {
        if (over != NULL)
            return check_override(load, method, over);
        return OK;
    }
    if (over == NULL) {
        method->vtable_index = class->vtable_count;
        class->vtable[class->vtable_count++] = method;
        return OK;
    }
    TRY(check_override(load, method, over));
    TRY(inherit_ordinals(load, method, over));
    method->vtable_index = vtable_place(class, over);
    class->vtable[method->vtable_index] = method;
    return OK;
}

static err_t
place_ordinal(struct load *load, struct model_class *class, struct model_method *method)
{
    struct model_method *there;

    if (method->ordinal == MODULE_NO_ORDINAL || is_interface(class))
        return OK;
    assert(method->ordinal < class->ordinal_count);
    there = class->ordinals[method->ordinal];
    if (there != NULL && there != method && there->owner == class)
        return load_complain(load, "in class %s: methods %s%s and %s%s both have number %u",
                             class->name->text, there->name->text, there->signature->text,
                             method->name->text, method->signature->text, method->ordinal);
    class->ordinals[method->ordinal] = method;
    return OK;
}

/* ---- interfaces ---- */

static void
add_interface(struct model_class *class, struct model_class *interface)
{
    for (uint32_t i = 0; i < class->interface_count; i++) {
        if (class->interfaces[i] == interface)
            return;
    }
    class->interfaces[class->interface_count++] = interface;
}

static err_t
collect_interfaces(struct load *load, struct model_class *class)
{
    const struct module *module = &load->module;
    struct model_class **direct;
    size_t room = class->super != NULL ? class->super->interface_count : 0;

    direct = arena_alloc(&load->arena, class->source->interface_count, sizeof direct[0]);
    if (direct == NULL)
        return ERR_NOMEM;
    for (unsigned i = 0; i < class->source->interface_count; i++) {
        unsigned entry = le16_get(class->source->interfaces[i]);
        const struct name *name = pool_name(load, module->pool[entry].name);

        TRY(model_class_find(load, name, &direct[i]));
        if (direct[i] == NULL)
            return load_complain(load, "in class %s: unknown interface %s", class->name->text,
                                 name->text);
        TRY(model_link(load, direct[i]));
        if (!is_interface(direct[i]))
            return load_complain(load, "in class %s: %s is not an interface", class->name->text,
                                 name->text);
        room += 1 + direct[i]->interface_count;
    }
    class->interfaces = arena_alloc(&load->arena, room, sizeof class->interfaces[0]);
    if (class->interfaces == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; class->super != NULL && i < class->super->interface_count; i++)
        add_interface(class, class->super->interfaces[i]);
    for (unsigned i = 0; i < class->source->interface_count; i++) {
        TRY(load_work(load, (1ull + direct[i]->interface_count) * (class->interface_count + 1)));
        add_interface(class, direct[i]);
        for (uint32_t k = 0; k < direct[i]->interface_count; k++)
            add_interface(class, direct[i]->interfaces[k]);
    }
    return OK;
}

static bool
extends_interface(const struct model_class *class, const struct model_class *interface)
{
    for (uint32_t i = 0; i < class->interface_count; i++) {
        if (class->interfaces[i] == interface)
            return true;
    }
    return false;
}

/* A number that an interface gives is the class's too, unless the class uses it otherwise. */
static void
implement_ordinal(struct model_class *class, const struct model_method *wanted)
{
    if (wanted->ordinal != MODULE_NO_ORDINAL && class->ordinals[wanted->ordinal] == NULL)
        class->ordinals[wanted->ordinal] = find_in_vtable(class, wanted);
}

static err_t
refuse_result(struct load *load, const struct model_class *class, const struct model_method *given,
              const struct model_method *wanted)
{
    return load_complain(load,
                         "in class %s: method %s%s does not return what %s of interface %s does",
                         class->name->text, given->name->text, given->signature->text,
                         wanted->signature->text, wanted->owner->name->text);
}

/* The default of an interface gives way to that of one below, which must return as much. */
static err_t
replace_default(struct load *load, struct model_class *class, const struct model_method *there,
                struct model_method *by)
{
    bool fits;

    TRY(result_fits(load, by, there, &fits));
    if (!fits)
        return refuse_result(load, class, by, there);
    class->vtable[vtable_place(class, there)] = by;
    return OK;
}

/* See that the class answers to one method of an interface. */
static err_t
implement(struct load *load, struct model_class *class, struct model_method *wanted)
{
    struct model_method *there = find_in_vtable(class, wanted);
    bool fits;

    TRY(load_work(load, class->vtable_count));
    if (there == NULL) {
        if ((wanted->flags & METHOD_ABSTRACT) == 0)
            class->vtable[class->vtable_count++] = wanted;
        else if ((class->flags & CLASS_ABSTRACT) == 0)
            return load_complain(load, "in class %s: method %s%s of interface %s is missing",
                                 class->name->text, wanted->name->text, wanted->signature->text,
                                 wanted->owner->name->text);
        return OK;
    }
    if (there != wanted && is_interface(there->owner) && (wanted->flags & METHOD_ABSTRACT) == 0 &&
        extends_interface(wanted->owner, there->owner))
        return replace_default(load, class, there, wanted);
    TRY(result_fits(load, there, wanted, &fits));
    return fits ? OK : refuse_result(load, class, there, wanted);
}

static err_t
implement_all(struct load *load, struct model_class *class)
{
    for (uint32_t i = 0; i < class->interface_count; i++) {
        struct model_class *interface = class->interfaces[i];

        for (uint32_t k = 0; k < interface->method_count; k++) {
            if (!is_virtual(&interface->methods[k]))
                continue;
            TRY(implement(load, class, &interface->methods[k]));
            implement_ordinal(class, &interface->methods[k]);
        }
    }
    if ((class->flags & CLASS_ABSTRACT) != 0)
        return OK;
    for (uint32_t i = 0; i < class->vtable_count; i++) {
        const struct model_method *method = class->vtable[i];

        if ((method->flags & METHOD_ABSTRACT) != 0)
            return load_complain(load, "in class %s: method %s%s of %s is abstract and missing",
                                 class->name->text, method->name->text, method->signature->text,
                                 method->owner->name->text);
    }
    return OK;
}

/* ---- a class ---- */

static size_t
ordinals_needed(const struct model_class *class, size_t count)
{
    for (uint32_t i = 0; i < class->method_count; i++) {
        uint32_t ordinal = class->methods[i].ordinal;

        if (ordinal != MODULE_NO_ORDINAL && ordinal >= count)
            count = ordinal + 1;
    }
    return count;
}

/* Copies of the super's tables, with room for all that may be added. */
static err_t
make_tables(struct load *load, struct model_class *class)
{
    const struct model_class *super = class->super;
    size_t methods = class->method_count, ordinals = super != NULL ? super->ordinal_count : 0;

    if (super != NULL) {
        methods += super->vtable_count;
        class->vtable_count = super->vtable_count;
    }
    if (!is_interface(class)) {
        ordinals = ordinals_needed(class, ordinals);
        for (uint32_t i = 0; i < class->interface_count; i++) {
            methods += class->interfaces[i]->method_count;
            ordinals = ordinals_needed(class->interfaces[i], ordinals);
        }
    }
    class->vtable = arena_alloc(&load->arena, methods, sizeof class->vtable[0]);
    class->ordinals = arena_alloc(&load->arena, ordinals, sizeof class->ordinals[0]);
    if (class->vtable == NULL || class->ordinals == NULL)
        return ERR_NOMEM;
    class->ordinal_count = (uint32_t)ordinals;
    if (super != NULL) {
        memcpy(class->vtable, super->vtable, super->vtable_count * sizeof class->vtable[0]);
        memcpy(class->ordinals, super->ordinals, super->ordinal_count * sizeof class->ordinals[0]);
    }
    return OK;
}

err_t
model_methods_link(struct load *load, struct model_class *class)
{
    TRY(check_duplicates(load, class));
    for (uint32_t i = 0; i < class->method_count; i++)
        TRY(check_method(load, &class->methods[i]));
    TRY(make_tables(load, class));
    for (uint32_t i = 0; i < class->method_count; i++) {
        TRY(load_work(load, class->vtable_count));
        TRY(place_method(load, class, &class->methods[i]));
    }
    for (uint32_t i = 0; i < class->method_count; i++)
        TRY(place_ordinal(load, class, &class->methods[i]));
    return is_interface(class) ? OK : implement_all(load, class);
}

static err_t
find_super(struct load *load, struct model_class *class)
{
    unsigned entry = class->source->super;
    const struct name *name;
    struct model_class *super;

    if (entry == 0) {
        if (class->number == CLASS_OBJECT)
            return OK;
        return load_complain(load, "in class %s: it has no super class", class->name->text);
    }
    name = pool_name(load, load->module.pool[entry].name);
    TRY(model_class_find(load, name, &super));
    if (super == NULL)
        return load_complain(load, "in class %s: unknown class %s", class->name->text, name->text);
    if (model_is_machines(super))
        return load_complain(load, "in class %s: it cannot extend %s, which is made by the machine",
                             class->name->text, name->text);
    TRY(model_rise(load, super));
    if ((super->flags & (CLASS_FINAL | CLASS_INTERFACE)) != 0)
        return load_complain(load, "in class %s: it cannot extend %s, which is %s",
                             class->name->text, name->text,
                             (super->flags & CLASS_INTERFACE) != 0 ? "an interface" : "final");
    if (is_interface(class) && super->number != CLASS_OBJECT)
        return load_complain(load, "in class %s: an interface extends no class", class->name->text);
    if (super->depth >= MODEL_DEPTH_MAX)
        return load_complain(load, "in class %s: it has more than %u supers", class->name->text,
                             MODEL_DEPTH_MAX);
    class->super = super;
    class->depth = super->depth + 1;
    return OK;
}

/* What happens when a class is met while it is on the way from one state to the next. */
static err_t
refuse_cycle(struct load *load, const struct model_class *class)
{
    return load_complain(load, "in class %s: it is its own super", class->name->text);
}

/* Before it calls itself: chains of the module are refused before C's stack feels them. */
static err_t
go_deeper(struct load *load, const struct model_class *class)
{
    if (load->link_depth > MODEL_DEPTH_MAX)
        return load_complain(load, "in class %s: it has more than %u supers", class->name->text,
                             MODEL_DEPTH_MAX);
    load->link_depth++;
    return OK;
}

err_t
model_rise(struct load *load, struct model_class *class)
{
    err_t err;

    if (class->state == MODEL_REFUSED)
        return ERR_PROGRAM;
    if (class->state == MODEL_RISING)
        return refuse_cycle(load, class);
    if (class->state != MODEL_DECLARED)
        return OK;
    TRY(go_deeper(load, class));
    class->state = MODEL_RISING;
    err = find_super(load, class);
    class->state = err == OK ? MODEL_RISEN : MODEL_REFUSED;
    load->link_depth--;
    return err;
}

/* Static initialisation has nothing to do when neither this class nor a super has any. */
static void
find_init_state(struct model_class *class)
{
    class->init_state = CLASS_INITIALIZED;
    if (class->super != NULL && class->super->init_state != CLASS_INITIALIZED)
        class->init_state = CLASS_LINKED;
    for (uint32_t i = 0; i < class->method_count; i++) {
        if (is_static_initialiser(&class->methods[i]))
            class->init_state = CLASS_LINKED;
    }
}

static err_t
link_class(struct load *load, struct model_class *class)
{
    if (class->method_count > CLASS_METHODS_MAX)
        return load_complain(load, "in class %s: it has more than %u methods", class->name->text,
                             CLASS_METHODS_MAX);
    if (is_interface(class))
        class->flags |= CLASS_ABSTRACT;
    if ((class->flags & CLASS_ABSTRACT) != 0 && (class->flags & CLASS_FINAL) != 0)
        return load_complain(load, "in class %s: it is abstract and final at once",
                             class->name->text);
    if (class->super != NULL)
        TRY(model_link(load, class->super));
    TRY(collect_interfaces(load, class));
    TRY(model_fields_lay_out(load, class));
    TRY(model_methods_link(load, class));
    find_init_state(class);
    return OK;
}

err_t
model_link(struct load *load, struct model_class *class)
{
    err_t err;

    if (class->state == MODEL_LINKED)
        return OK;
    if (class->state == MODEL_REFUSED)
        return ERR_PROGRAM;
    if (class->state == MODEL_LINKING)
        return refuse_cycle(load, class);
    if (model_is_array(class))
        return OK; /* linked together, when all others are */
    assert(class->state == MODEL_RISEN);
    TRY(go_deeper(load, class));
    class->state = MODEL_LINKING;
    err = link_class(load, class);
    class->state = err == OK ? MODEL_LINKED : MODEL_REFUSED;
    load->link_depth--;
    return err;
}
