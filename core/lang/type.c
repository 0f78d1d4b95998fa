/*
 * type.c - types: what they are called, and which fits where.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/class_priv.h"

#include "base/assert.h"
#include "base/memory.h"

const struct type lang_type_error = { .kind = TYPE_ERROR, .text = "error", .letter = 'w' };
const struct type lang_type_void = { .kind = TYPE_VOID, .text = "void", .letter = 'v' };
const struct type lang_type_boolean = { .kind = TYPE_BOOLEAN, .text = "boolean", .letter = 'z' };
const struct type lang_type_char = { .kind = TYPE_CHAR, .text = "char", .letter = 'c' };
const struct type lang_type_int = { .kind = TYPE_INT, .text = "int", .letter = 'i' };
const struct type lang_type_long = { .kind = TYPE_LONG, .text = "long", .letter = 'l' };
const struct type lang_type_float = { .kind = TYPE_FLOAT, .text = "float", .letter = 'f' };
const struct type lang_type_double = { .kind = TYPE_DOUBLE, .text = "double", .letter = 'd' };
const struct type lang_type_null = { .kind = TYPE_NULL, .text = "null", .letter = 'w' };
const struct type lang_type_any = { .kind = TYPE_ANY, .text = "any", .letter = 'w' };

const struct type lang_type_words = {
    .kind = TYPE_VECTOR,
    .text = "words",
    .letter = 'w',
    .element = &lang_type_any,
};

/* The other arrays of the machine that the library is written with. */
static const struct type vectors[] = {
    { .kind = TYPE_VECTOR, .text = "bytes", .letter = 'b', .element = &lang_type_int },
    { .kind = TYPE_VECTOR, .text = "chars", .letter = 'c', .element = &lang_type_char },
    { .kind = TYPE_VECTOR, .text = "ints", .letter = 'i', .element = &lang_type_int },
    { .kind = TYPE_VECTOR, .text = "longs", .letter = 'l', .element = &lang_type_long },
    { .kind = TYPE_VECTOR, .text = "floats", .letter = 'f', .element = &lang_type_float },
    { .kind = TYPE_VECTOR, .text = "doubles", .letter = 'd', .element = &lang_type_double },
};

const struct type *
lang_vector_type(const struct path *path)
{
    const struct path_part *part = path->parts;

    if (path->absolute) {
        if (part == NULL || !text_equal(part->symbol->text, "internal"))
            return NULL;
        part = part->next;
    }
    if (part == NULL || part->next != NULL)
        return NULL;
    if (text_equal(lang_type_words.text, part->symbol->text))
        return &lang_type_words;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        if (text_equal(vectors[i].text, part->symbol->text))
            return &vectors[i];
    }
    return NULL;
}

const struct type *
lang_type_container(struct lang *lang, struct class *class, const struct type *element)
{
    struct type *type;

    assert(class != NULL);
    for (const struct type *old = class->types; old != NULL; old = old->next) {
        if (old->element == element)
            return old;
    }
    type = lang_alloc(lang, sizeof(*type));
    type->kind = TYPE_CLASS;
    type->class = class;
    type->element = element;
    type->letter = 'L';
    type->next = class->types;
    class->types = type;
    return type;
}

const struct type *
lang_type_of_class(struct lang *lang, struct class *class)
{
    return lang_type_container(lang, class, NULL);
}

const struct type *
lang_type_array(struct lang *lang, const struct file *file, struct place place,
                const struct type *element)
{
    struct class *class = lang_need_class(lang, lang->names.internal_array, file, place);

    return class == NULL ? &lang_type_error : lang_type_container(lang, class, element);
}

const struct type *
lang_type_string(struct lang *lang, const struct file *file, struct place place)
{
    struct class *class = lang_need_class(lang, lang->names.internal_string, file, place);

    return class == NULL ? &lang_type_error : lang_type_of_class(lang, class);
}

bool
lang_type_same(const struct type *a, const struct type *b)
{
    return a == b || (a->kind == TYPE_CLASS && b->kind == TYPE_CLASS && a->class == b->class) ||
           (a->kind == TYPE_ANY && b->kind == TYPE_ANY);
}

const char *
lang_type_text(struct lang *lang, const struct type *type)
{
    const char *name;

    if (type->kind != TYPE_CLASS)
        return type->text;
    name = type->class->name->text;
    if (type->element == NULL)
        return type->class->brief->text;
    if (type->class->name == lang->names.internal_array)
        return lang_text(lang, "%s[]", lang_type_text(lang, type->element));
    return lang_text(lang, "%s[%s]", name, lang_type_text(lang, type->element));
}

struct symbol *
lang_type_class_name(struct lang *lang, const struct type *type)
{
    switch (type->kind) {
    case TYPE_CLASS:
        return type->class->name;
    case TYPE_VECTOR:
        return lang_symbol_format(lang, "[%c", type->letter);
    case TYPE_BOOLEAN:
        return lang->names.internal_boolean;
    case TYPE_CHAR:
        return lang->names.internal_char;
    case TYPE_INT:
        return lang->names.internal_int;
    case TYPE_LONG:
        return lang->names.internal_long;
    case TYPE_FLOAT:
        return lang->names.internal_float;
    case TYPE_DOUBLE:
        return lang->names.internal_double;
    default:
        return lang->names.internal_object;
    }
}

struct symbol *
lang_type_descriptor(struct lang *lang, const struct type *type)
{
    if (type->kind == TYPE_CLASS && type->class->name != lang->names.internal_object)
        return lang_symbol_format(lang, "L%s;", type->class->name->text);
    if (type->kind == TYPE_CLASS)
        return lang_symbol(lang, "w", 1);
    if (type->kind == TYPE_VECTOR)
        return lang_symbol_format(lang, "[%c", type->letter);
    return lang_symbol(lang, &type->letter, 1);
}

struct class *
lang_box_class(struct lang *lang, const struct type *type, const struct file *file)
{
    return lang_find_class(lang, lang_type_class_name(lang, type), file);
}

/* The nearest class that both extend; interfaces have none but the object. */
static const struct type *
join_classes(struct lang *lang, const struct type *a, const struct type *b)
{
    if (lang_is_subclass(lang, a->class, b->class))
        return b;
    for (struct class *class = a->class; class != NULL; class = class->super) {
        lang_class_header(lang, class);
        if (lang_is_subclass(lang, b->class, class))
            return class->super == NULL ? &lang_type_any : lang_type_of_class(lang, class);
    }
    return &lang_type_any;
}

const struct type *
lang_type_join(struct lang *lang, const struct type *a, const struct type *b)
{
    if (a == b || a->kind == TYPE_ERROR)
        return a;
    if (b->kind == TYPE_ERROR)
        return b;
    if (lang_is_number(a) && lang_is_number(b)) {
        const struct type *wide = a->kind > b->kind ? a : b;

        return wide;
    }
    if (lang_is_raw(a) || lang_is_raw(b))
        return &lang_type_any;
    if (a->kind == TYPE_NULL)
        return b;
    if (b->kind == TYPE_NULL)
        return a;
    if (a->kind == TYPE_CLASS && b->kind == TYPE_CLASS) {
        if (a->class == b->class)
            return a->element == b->element ? a : lang_type_of_class(lang, a->class);
        return join_classes(lang, a, b);
    }
    return &lang_type_any;
}

/* From one class to another: by extension only, and containers by their elements. */
static enum fit
fit_classes(struct lang *lang, const struct type *from, const struct type *to)
{
    if (from->class == to->class) {
        bool open = from->element == NULL || to->element == NULL ||
                    from->element->kind == TYPE_ANY || to->element->kind == TYPE_ANY ||
                    lang_type_same(from->element, to->element);

        return open ? FIT_SAME : FIT_NOT;
    }
    return lang_is_subclass(lang, from->class, to->class) ? FIT_WIDER : FIT_NOT;
}

enum fit
lang_fit(struct lang *lang, const struct type *from, const struct type *to)
{
    struct class *box;

    if (from->kind == TYPE_ERROR || to->kind == TYPE_ERROR || from == to)
        return FIT_SAME;
    if (from->kind == TYPE_VOID || to->kind == TYPE_VOID)
        return FIT_NOT;
    if (to->kind == TYPE_ANY)
        return lang_is_raw(from) ? FIT_BOX : FIT_WIDER;
    if (from->kind == TYPE_ANY)
        return FIT_CHECKED;
    if (lang_is_raw(to)) {
        if (lang_is_raw(from)) /* int from boolean too, but never boolean or char from a number */
            return from->kind < to->kind && to->kind >= TYPE_INT ? FIT_WIDER : FIT_NOT;
        box = lang_box_class(lang, to, NULL);
        return from->kind == TYPE_CLASS && from->class == box ? FIT_BOX : FIT_NOT;
    }
    if (lang_is_raw(from)) {
        box = lang_box_class(lang, from, NULL);
        return to->kind == TYPE_CLASS && box != NULL && lang_is_subclass(lang, box, to->class)
                   ? FIT_BOX
                   : FIT_NOT;
    }
    if (from->kind == TYPE_NULL)
        return FIT_WIDER;
    if (from->kind == TYPE_CLASS && to->kind == TYPE_CLASS)
        return fit_classes(lang, from, to);
    if (from->kind == TYPE_CLASS && from->class->super == NULL &&
        from->class->name == lang->names.internal_object)
        return FIT_CHECKED;
    return FIT_NOT;
}
