/*
 * class.c - finding classes, and settling their headers and members.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/class_priv.h"

#include "lang/parse_priv.h"

#include "base/assert.h"
#include "base/memory.h"
#include "format/module.h"

struct file *
lang_load(struct lang *lang, const struct lang_source *source, bool library)
{
    struct file *file;

    for (file = lang->files; file != NULL; file = file->next) {
        if (text_equal(file->source.path, source->path) && file->library == library)
            return file;
    }
    file = lang_alloc(lang, sizeof(*file));
    file->source = *source;
    file->library = library;
    file->number = ++lang->file_count;
    file->next = lang->files;
    lang->files = file;
    lang_parse(lang, file);
    return file;
}

static struct class *
known_class(struct lang *lang, const struct symbol *name, bool *known)
{
    uint64_t value = 0;

    *known = hash_table_get(&lang->classes, name->id, &value);
    return (struct class *)(uintptr_t)value;
}

/* The last part of an absolute name. */
static struct symbol *
brief_of(struct lang *lang, const struct symbol *name)
{
    size_t start = name->byte_count;

    while (start > 0 && name->text[start - 1] != '.')
        start--;
    return lang_symbol(lang, name->text + start, name->byte_count - start);
}

static const char internal_package[] = ".internal.";

static bool
is_internal(const struct symbol *name)
{
    return name->byte_count >= sizeof internal_package &&
           memcmp(name->text, internal_package, sizeof internal_package - 1) == 0;
}

static bool
find_in_embedded(struct lang *lang, const struct symbol *name, struct lang_source *source)
{
    bool library = false;

    return lang->host->find(lang->host->context, name->text, NULL, source, &library) && library;
}

/*
 * A file beside the importing one that does not declare the class, such as a program that is called
 * map.ph, hides no class of the library; and that alone has what is in `.internal`.
 */
static bool
find_source(struct lang *lang, const struct symbol *name, const struct file *importing,
            struct lang_source *source, bool *library)
{
    const struct lang_host *host = lang->host;
    const char *path = importing == NULL ? "" : importing->source.path;

    if (!is_internal(name) && host->find(host->context, name->text, path, source, library) &&
        (*library || source->trouble != NULL || lang_declares(source, brief_of(lang, name))))
        return true; /* square.count is not looked for in a count.ph that has other things */
    *library = true;
    return find_in_embedded(lang, name, source);
}

/* It may declare the class, and what is missing then is not said again and again. */
static void
source_unreadable(struct lang *lang, struct symbol *name, const struct lang_source *source)
{
    const struct file file = { .source = *source };
    const struct place nowhere = { 0 };

    lang_error(lang, &file, nowhere, NULL, "this source cannot be read: %s", source->trouble);
    brief_of(lang, name)->doubtful = true;
}

struct class *
lang_find_class(struct lang *lang, struct symbol *name, const struct file *importing)
{
    bool known;
    struct class *class = known_class(lang, name, &known);
    struct lang_source source = { 0 };
    bool library = false;

    if (known || lang->compiles_library || lang->stopped || lang->host->find == NULL)
        return class;
    if (hash_table_put(&lang->classes, name->id, 0) != OK)
        lang_no_memory(lang);
    if (!find_source(lang, name, importing, &source, &library))
        return NULL;
    if (source.trouble != NULL) {
        source_unreadable(lang, name, &source);
        return NULL;
    }
    if (lang_load(lang, &source, library)->faulty)
        brief_of(lang, name)->doubtful = true; /* if it is not there now, it was meant to be */
    class = known_class(lang, name, &known);
    if (class == NULL && !library && find_in_embedded(lang, name, &source)) {
        lang_load(lang, &source, true); /* the other one is of another package */
        class = known_class(lang, name, &known);
    }
    return class;
}

struct class *
lang_need_class(struct lang *lang, struct symbol *name, const struct file *file, struct place place)
{
    struct class *class = lang_find_class(lang, name, file);

    if (class == NULL)
        lang_error(lang, file, place, NULL, "the class library has no %s, which this needs",
                   name->text);
    return class;
}

/* Where names without a package are looked for last. A class for programs hides one of the machine.
 */
static const char *const library_packages[] = { ".phantom", ".internal", ".internal.container" };

#define LIBRARY_PACKAGE_COUNT (sizeof(library_packages) / sizeof(library_packages[0]))

/* `tail` begins with a dot. */
static struct class *
find_in_library(struct lang *lang, struct file *file, const char *tail)
{
    struct class *class = NULL;

    for (size_t i = 0; class == NULL && i < LIBRARY_PACKAGE_COUNT; i++)
        class = lang_find_class(lang, lang_symbol_format(lang, "%s%s", library_packages[i], tail),
                                file);
    return class;
}

struct class *
lang_short_name(struct lang *lang, struct file *file, struct symbol *name)
{
    struct class *class;
    uint64_t own;

    class = lang_find_class(
        lang, lang_symbol_format(lang, "%s.%s", file->package->text, name->text), file);
    if (class != NULL)
        return class;
    for (struct import *import = file->imports; import != NULL; import = import->next) {
        if (import->brief != name)
            continue;
        import->used = true;
        return lang_find_class(lang, import->name, file);
    }
    if (hash_table_get(&lang->classes, (uint64_t)file->number << 32 | name->id, &own))
        return (struct class *)(uintptr_t)own;
    class = file == lang->line ? lang_scope_class(lang, name) : NULL;
    if (class != NULL)
        return class;
    return find_in_library(lang, file, lang_symbol_format(lang, ".%s", name->text)->text);
}

struct class *
lang_resolve_class(struct lang *lang, struct file *file, const struct path *path)
{
    struct symbol *tail = lang->names.empty;
    struct class *class;

    if (path->parts == NULL)
        return NULL;
    if (!path->absolute && path->parts->next == NULL)
        return lang_short_name(lang, file, path->parts->symbol);
    for (struct path_part *part = path->parts; part != NULL; part = part->next)
        tail = lang_symbol_format(lang, "%s.%s", tail->text, part->symbol->text);
    if (path->absolute)
        return lang_find_class(lang, tail, file);
    class = lang_find_class(lang, lang_symbol_format(lang, "%s%s", file->package->text, tail->text),
                            file);
    if (class == NULL)
        class = lang_find_class(lang, tail, file);
    return class != NULL ? class : find_in_library(lang, file, tail->text);
}

/* int, any, ... by a name of one part. */
static const struct type *
primitive_type(const struct lang *lang, const struct symbol *name)
{
    const struct lang_names *names = &lang->names;

    if (name == names->int_)
        return &lang_type_int;
    if (name == names->boolean || name == names->bool_)
        return &lang_type_boolean;
    if (name == names->long_)
        return &lang_type_long;
    if (name == names->double_)
        return &lang_type_double;
    if (name == names->char_)
        return &lang_type_char;
    if (name == names->float_)
        return &lang_type_float;
    if (name == names->any || name == names->object)
        return &lang_type_any;
    return NULL;
}

/* The type that the name of a class means: the boxes stand for the raw types. */
static const struct type *
class_as_type(struct lang *lang, struct class *class)
{
    const char *prefix = ".internal.";
    const struct type *raw = NULL;

    if (class->name->byte_count > 10 && memcmp(class->name->text, prefix, 10) == 0)
        raw = primitive_type(lang, class->brief);
    if (raw != NULL && lang_type_class_name(lang, raw) == class->name)
        return raw;
    return lang_type_of_class(lang, class);
}

static const struct symbol *
last_part(const struct path *path)
{
    const struct path_part *part = path->parts;

    while (part->next != NULL)
        part = part->next;
    return part->symbol;
}

const char *
lang_suggest_class(struct lang *lang, struct file *file, const struct symbol *name)
{
    char text[LANG_NAME_BYTES_MAX];
    struct symbol *small;

    for (size_t i = 0; i < name->byte_count && i < sizeof(text); i++)
        text[i] = (char)(name->text[i] >= 'A' && name->text[i] <= 'Z' ? name->text[i] + 'a' - 'A'
                                                                      : name->text[i]);
    if (name->byte_count > sizeof(text))
        return NULL;
    small = lang_symbol(lang, text, name->byte_count);
    if (small == name ||
        (primitive_type(lang, small) == NULL && lang_short_name(lang, file, small) == NULL))
        return NULL;
    return lang_text(lang, "did you mean `%s`?", small->text);
}

/* Say so, unless the name may stand in what could not be parsed. */
static void
class_missing(struct lang *lang, struct file *file, const struct path *path)
{
    const struct symbol *name = last_part(path);
    const char *hint = NULL;

    if (name->doubtful)
        return;
    if (!path->absolute && path->parts->next == NULL)
        hint = lang_habit(name);
    if (hint == NULL && !path->absolute && path->parts->next == NULL)
        hint = lang_suggest_class(lang, file, name);
    lang_error(lang, file, path->place,
               hint != NULL ? hint : "import it, or put its file beside this one",
               "there is no class `%s`", name->text);
}

static const struct type *
resolve_path(struct lang *lang, struct file *file, const struct path *path)
{
    const struct type *type = NULL;
    struct class *class;
    const struct path_part *first = path->parts;

    if (first == NULL)
        return &lang_type_error;
    if (!path->absolute && first->next == NULL)
        type = primitive_type(lang, first->symbol);
    if (type != NULL)
        return type;
    class = lang_resolve_class(lang, file, path);
    if (class != NULL)
        lang_class_header(lang, class);
    if (class != NULL)
        return class->vague ? &lang_type_error : class_as_type(lang, class);
    type = lang_vector_type(path);
    if (type != NULL)
        return type;
    class_missing(lang, file, path);
    return &lang_type_error;
}

const struct type *
lang_resolve_type(struct lang *lang, struct file *file, const struct type_syntax *syntax)
{
    const struct type *element;
    struct class *class;

    if (syntax == NULL)
        return &lang_type_any;
    if (syntax->is_void)
        return &lang_type_void;
    if (syntax->computed)
        element = &lang_type_any;
    else if (syntax->path != NULL)
        element = resolve_path(lang, file, syntax->path);
    else
        return &lang_type_error;
    if (element->kind == TYPE_ERROR)
        return element;
    for (unsigned i = 0; i < syntax->arrays && element->kind != TYPE_ERROR; i++)
        element = lang_type_array(lang, file, syntax->place, element);
    if (syntax->container == NULL)
        return element;
    class = lang_resolve_class(lang, file, syntax->container);
    if (class != NULL)
        return lang_type_container(lang, class, element);
    class_missing(lang, file, syntax->container);
    return &lang_type_error;
}

/* The classes whose objects are laid out in C; object/layout.h numbers them. */
static const char *const machines[] = {
    "application", "boolean", "channel", "char",   "class",   "code_point", "double", "field",
    "float",       "int",     "long",    "method", "monitor", "stack",      "string", "thread",
};

bool
lang_is_machines(const struct class *class)
{
    const struct symbol *name = class->name;

    if (!is_internal(name))
        return false;
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (text_equal(machines[i], name->text + sizeof internal_package - 1))
            return true;
    }
    return false;
}

/* Settle one parent of a class. */
static void
add_parent(struct lang *lang, struct class *class, const struct path_list *item)
{
    struct class *parent = lang_resolve_class(lang, class->file, item->path);
    bool as_interface = item->implements || (class->flags & CLASS_INTERFACE) != 0;
    struct class_list **end = &class->interfaces;
    struct place place = item->path->place;

    if (parent == NULL) {
        class->vague = true;
        class_missing(lang, class->file, item->path);
        return;
    }
    if (parent->state == CLASS_IN_HEADER) {
        lang_error(lang, class->file, place, NULL, "%s would be its own parent", class->name->text);
        return;
    }
    lang_class_header(lang, parent);
    class->vague |= parent->vague;
    if (parent->level >= LANG_LEVELS_MAX) {
        lang_error(lang, class->file, place, NULL, "more than %u classes extend each other",
                   LANG_LEVELS_MAX);
        return;
    }
    if (parent->level >= class->level)
        class->level = (uint16_t)(parent->level + 1);
    if (((parent->flags & CLASS_INTERFACE) != 0) != as_interface) {
        lang_error(lang, class->file, place,
                   as_interface ? "a class is extended" : "an interface is implemented", "%s is %s",
                   parent->name->text, as_interface ? "a class" : "an interface");
        return;
    }
    if (!as_interface) {
        if (class->super != NULL)
            lang_error(lang, class->file, place, "implement interfaces instead",
                       "a class extends only one class");
        if (lang_is_machines(parent))
            lang_error(lang, class->file, place, "a field can hold an object of it",
                       "%s is made by the machine, so nothing extends it", parent->name->text);
        else if ((parent->flags & CLASS_FINAL) != 0)
            lang_error(lang, class->file, place, NULL, "%s is final", parent->name->text);
        class->super = parent;
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = lang_alloc(lang, sizeof(**end));
    (*end)->class = parent;
}

void
lang_class_header(struct lang *lang, struct class *class)
{
    struct class *object;

    if (class->state != CLASS_PARSED)
        return;
    class->state = CLASS_IN_HEADER;
    if (++lang->header_depth > LANG_LEVELS_MAX) {
        lang_error(lang, class->file, class->place, NULL, "more than %u classes extend each other",
                   LANG_LEVELS_MAX);
        lang->stopped = true;
    }
    if (lang->stopped) {
        lang->header_depth--;
        class->state = CLASS_HEADER;
        return;
    }
    for (struct path_list *item = class->parents; item != NULL && !class->vague; item = item->next)
        add_parent(lang, class, item);
    if (class->super == NULL && class->name != lang->names.internal_object) {
        object = lang_need_class(lang, lang->names.internal_object, class->file, class->place);
        if (object != class)
            class->super = object;
    }
    class->state = CLASS_HEADER;
    lang->header_depth--;
}

struct symbol *
lang_signature(struct lang *lang, const struct method *method)
{
    char text[LANG_SYMBOL_BYTES_MAX];
    size_t count = 0;
    struct symbol *part;

    text[count++] = '(';
    for (const struct local *local = method->arguments; local != NULL; local = local->next) {
        part = lang_type_descriptor(lang, local->type);
        if (count + part->byte_count + 300 > sizeof(text)) {
            lang_error(lang, method->class->file, method->place, NULL,
                       "the arguments of this method are too many");
            break;
        }
        memcpy(text + count, part->text, part->byte_count);
        count += part->byte_count;
    }
    text[count++] = ')';
    part = lang_type_descriptor(lang, method->type);
    if (part->byte_count < sizeof(text) - count) {
        memcpy(text + count, part->text, part->byte_count);
        count += part->byte_count;
    }
    return lang_symbol(lang, text, count);
}

/* A type where a value has to be. */
static const struct type *
value_type(struct lang *lang, struct file *file, const struct type_syntax *syntax)
{
    const struct type *type = lang_resolve_type(lang, file, syntax);

    if (type->kind != TYPE_VOID)
        return type;
    lang_error(lang, file, syntax->place, "leave the type out for any object",
               "there are no values of type void");
    return &lang_type_error;
}

/* The one that a method overrides: of a class above, else of an interface; or NULL. */
static struct method *
find_overridden(struct lang *lang, const struct class *class, const struct method *method)
{
    struct method *found = lang_find_same(lang, class->super, method);

    for (struct class_list *item = class->interfaces; found == NULL && item != NULL;
         item = item->next) {
        found = lang_find_same(lang, item->class, method);
        if (found == NULL)
            found = find_overridden(lang, item->class, method);
    }
    return found;
}

/*
 * The result of an override has the area of the one above, because the slot has one descriptor.
 * So where one of the two is raw, and what the method gives can become what the other gives, it
 * does so at each return; callers who know the method get it back as declared.
 */
static void
settle_result(struct lang *lang, struct class *class, struct method *method)
{
    const struct method *above;
    const struct type *type = method->type;

    if (method->name == lang->names.new_ || type->kind <= TYPE_VOID ||
        (method->flags & (MEMBER_STATIC | MEMBER_PRIVATE)) != 0)
        return;
    above = find_overridden(lang, class, method);
    if (above == NULL || above->type == type || above->type->kind <= TYPE_VOID ||
        (above->flags & (MEMBER_STATIC | MEMBER_PRIVATE)) != 0 ||
        (!lang_is_raw(type) && !lang_is_raw(above->type)))
        return;
    if (above->declared != NULL ? above->declared != type
                                : lang_fit(lang, type, above->type) == FIT_NOT &&
                                      !(lang_is_intlike(type) && above->type->kind == TYPE_BOOLEAN))
        return;
    method->declared = type;
    method->type = above->type;
}

static void
settle_method(struct lang *lang, struct class *class, struct method *method)
{
    if (method->broken) {
        method->type = &lang_type_error;
        return;
    }
    if (method->is_top && class->file == lang->line)
        method->type = &lang_type_any; /* the value of its last statement */
    else if (method->name == lang->names.new_ || method->is_top)
        method->type = &lang_type_void;
    else
        method->type = lang_resolve_type(lang, class->file, method->syntax);
    for (struct local *local = method->arguments; local != NULL; local = local->next)
        local->type = value_type(lang, class->file, local->syntax);
    settle_result(lang, class, method);
    method->signature = lang_signature(lang, method);
    for (struct method *other = method->next_named; other != NULL; other = other->next_named) {
        if (other->signature != NULL && lang_same_arguments(method, other))
            lang_error(lang, class->file, method->place, "their arguments must differ in type",
                       "there are two methods `%s` with the same arguments",
                       method->name == lang->names.new_ ? class->brief->text : method->name->text);
    }
}

/* A class without a constructor has one that does nothing. */
static void
add_constructor(struct lang *lang, struct class *class)
{
    struct method *method;

    if ((class->flags & CLASS_INTERFACE) != 0 || class == class->file->main ||
        lang_own_method(lang, class, lang->names.new_) != NULL)
        return;
    method = lang_method_create(lang, class, lang->names.new_, class->place);
    method->type = &lang_type_void;
    method->flags = MEMBER_PUBLIC;
    method->signature = lang_symbol(lang, "()v", 3);
}

void
lang_class_members(struct lang *lang, struct class *class)
{
    lang_class_header(lang, class);
    if (class->state != CLASS_HEADER)
        return;
    if (class->file->broken) {
        class->state = CLASS_MEMBERS;
        return;
    }
    class->state = CLASS_IN_MEMBERS;
    if (class->super != NULL)
        lang_class_members(lang, class->super);
    for (struct class_list *item = class->interfaces; item != NULL; item = item->next)
        lang_class_members(lang, item->class);
    for (struct field *field = class->fields; field != NULL; field = field->next) {
        if (field->broken && field->syntax == NULL)
            field->type = &lang_type_error;
        else if (field->syntax != NULL || field->value == NULL)
            field->type = value_type(lang, class->file, field->syntax);
        if (field->next_named != NULL && !field->broken && !field->next_named->broken)
            lang_error(lang, class->file, field->place, NULL,
                       field->is_top ? "there are two variables `%s`" : "there are two fields `%s`",
                       field->name->text);
    }
    for (struct method *method = class->methods; method != NULL; method = method->next) {
        settle_method(lang, class, method);
        if ((method->flags & (METHOD_ABSTRACT | MEMBER_STATIC)) == METHOD_ABSTRACT &&
            (class->flags & CLASS_INTERFACE) == 0)
            class->flags |= CLASS_ABSTRACT;
    }
    add_constructor(lang, class);
    class->state = CLASS_MEMBERS;
}

bool
lang_is_subclass(struct lang *lang, struct class *class, const struct class *parent)
{
    for (; class != NULL; class = class->super) {
        if (class == parent)
            return true;
        lang_class_header(lang, class);
        for (struct class_list *item = class->interfaces; item != NULL; item = item->next) {
            if (lang_is_subclass(lang, item->class, parent))
                return true;
        }
    }
    return false;
}

static void *
own_member(struct lang *lang, const struct class *class, const struct symbol *name,
           enum member_kind kind)
{
    uint64_t key = lang_member_key(class->id, kind, name->id);
    uint64_t value = 0;

    (void)hash_table_get(&lang->members, key, &value);
    return (void *)(uintptr_t)value;
}

struct method *
lang_own_method(struct lang *lang, const struct class *class, const struct symbol *name)
{
    return own_member(lang, class, name, MEMBER_KIND_METHOD);
}

struct field *
lang_own_field(struct lang *lang, const struct class *class, const struct symbol *name)
{
    return own_member(lang, class, name, MEMBER_KIND_FIELD);
}

struct field *
lang_find_field(struct lang *lang, struct class *class, const struct symbol *name)
{
    struct field *field;

    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        field = lang_own_field(lang, class, name);
        if (field != NULL)
            return field;
    }
    return NULL;
}

struct method *
lang_find_same(struct lang *lang, struct class *class, const struct method *method)
{
    for (; class != NULL; class = class->super) {
        lang_class_members(lang, class);
        for (struct method *own = lang_own_method(lang, class, method->name); own != NULL;
             own = own->next_named) {
            if (own->signature != NULL && lang_same_arguments(own, method))
                return own;
        }
    }
    return NULL;
}

bool
lang_same_arguments(const struct method *a, const struct method *b)
{
    const struct local *x = a->arguments;
    const struct local *y = b->arguments;

    if (a->argument_count != b->argument_count)
        return false;
    for (; x != NULL && y != NULL; x = x->next, y = y->next) {
        if (!lang_type_same(x->type, y->type))
            return false;
    }
    return true;
}
