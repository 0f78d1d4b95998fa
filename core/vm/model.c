/*
 * model.c - classes outside the space: names, lookup, import, and the order
 * among types.
 *
 * Importing follows supers, interfaces and elements, which are acyclic, and
 * copies what a subclass or a caller must know; the methods of other classes
 * in a method table are found through their owners. Reading touches only
 * objects that never move and never die, so safepoints may come in between.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/model_priv.h"

#include <stdarg.h>

#include "base/assert.h"
#include "base/format.h"
#include "base/memory.h"
#include "heap/heap.h"
#include "object/array.h"
#include "object/string.h"
#include "vm/class_index.h"
#include "vm/signature.h"

/* The longest text that the space may hold as a name of anything. */
#define NAME_BYTES_MAX (1u << 20)

/* Steps of work on one module: some seconds. */
#define LOAD_WORK_MAX 1000000000ull

err_t
load_complain(struct load *load, const char *text, ...)
{
    char line[512] = "there is more that is wrong";
    va_list values;

    load->complaint_count++;
    if (load->complaint_count <= load->lines_reported ||
        load->complaint_count > LOAD_COMPLAINTS_MAX + 1)
        return ERR_PROGRAM;
    if (load->complaint_count <= LOAD_COMPLAINTS_MAX) {
        va_start(values, text);
        format_list(line, sizeof line, text, values);
        va_end(values);
    }
    load->lines_reported = load->complaint_count;
    load->report(load->context, line);
    return ERR_PROGRAM;
}

err_t
load_work(struct load *load, uint64_t steps)
{
    load->work += steps;
    if (pmem_poll())
        TRY(heap_safepoint(load->local)); /* the model refers to nothing that moves */
    if (load->work <= LOAD_WORK_MAX)
        return OK;
    return load_complain(load, "the module is too intricate: it takes too long to check");
}

/* ---- names ---- */

static uint64_t
key_next(uint64_t key)
{
    return key + 1 == HASH_NO_KEY ? 0 : key + 1;
}

const struct name *
model_name(struct load *load, const char *text, size_t bytes)
{
    uint64_t key = hash128(text, bytes, load->hash_key).low, found;
    struct name *name;

    if (key == HASH_NO_KEY)
        key = 0;
    for (; hash_table_get(&load->names, key, &found); key = key_next(key)) {
        name = (struct name *)(uintptr_t)found;
        if (name->bytes == bytes && memcmp(name->text, text, bytes) == 0)
            return name;
    }
    name = arena_alloc(&load->arena, 1, sizeof *name + bytes + 1);
    if (name == NULL || hash_table_put(&load->names, key, (uintptr_t)name) != OK)
        return NULL;
    name->bytes = (uint32_t)bytes;
    memcpy(name->text, text, bytes);
    return name;
}

err_t
model_arguments_name(struct load *load, struct model_method *method)
{
    const struct name *signature = method->signature;

    method->arguments = model_name(load, signature->text,
                                   signature_arguments_bytes(signature->text, signature->bytes));
    return method->arguments != NULL ? OK : ERR_NOMEM;
}

/* The name that a string of the space is. */
static err_t
import_name(struct load *load, word_t string, const struct name **name)
{
    char small[256], *text = small;
    uint64_t bytes = string_utf8_bytes(string);

    if (bytes > NAME_BYTES_MAX)
        return ERR_NOMEM;
    if (bytes > sizeof small)
        text = arena_alloc(&load->arena, 1, bytes);
    if (text == NULL)
        return ERR_NOMEM;
    string_to_utf8(string, NULL, text, bytes);
    *name = model_name(load, text, bytes);
    return *name != NULL ? OK : ERR_NOMEM;
}

/* ---- import ---- */

static err_t
import_raw(struct load *load, struct model_class *class)
{
    ref_t object = class->object;

    class->flags = GET_U32(class_object, object, flags);
    class->kind = (enum object_kind)GET_U32(class_object, object, kind);
    class->instance_bytes = GET_U32(class_object, object, instance_bytes);
    class->depth = GET_U32(class_object, object, depth);
    class->init_state = GET_U32(class_object, object, init_state);
    class->word_run_count = GET_U32(class_object, object, word_run_count);
    assert(class->word_run_count <= MODEL_WORD_RUNS_MAX);
    for (unsigned i = 0; i < class->word_run_count; i++) {
        class->word_runs[i].offset = GET_U32(class_object, object, word_runs[i].offset);
        class->word_runs[i].count = GET_U32(class_object, object, word_runs[i].count);
    }
    TRY(import_name(load, GET_WORD(class_object, object, name), &class->name));
    if (class->name->text[0] == '[') {
        char type = class->name->text[1];

        class->element_type = type_area(type) == 'w' ? 'w' : type;
    }
    class->is_machines = model_is_machines(class);
    return OK;
}

static err_t
import_field(struct load *load, struct model_class *owner, struct model_field *field, ref_t object)
{
    field->object = object;
    field->owner = owner;
    field->offset = GET_U32(field_object, object, offset);
    field->flags = GET_U32(field_object, object, flags);
    TRY(import_name(load, GET_WORD(field_object, object, name), &field->name));
    return import_name(load, GET_WORD(field_object, object, type), &field->type);
}

static err_t
import_method(struct load *load, struct model_class *owner, struct model_method *method,
              ref_t object)
{
    method->object = object;
    method->owner = owner;
    method->number = GET_U32(method_object, object, number);
    method->flags = GET_U32(method_object, object, flags);
    method->vtable_index = GET_U32(method_object, object, vtable_index);
    method->ordinal = GET_U32(method_object, object, ordinal);
    TRY(import_name(load, GET_WORD(method_object, object, name), &method->name));
    TRY(import_name(load, GET_WORD(method_object, object, signature), &method->signature));
    return model_arguments_name(load, method);
}

/* Room for as many elements as the array has, and their number; null is an empty array. */
static err_t
import_room(struct load *load, word_t array, size_t bytes, void **room, uint32_t *count)
{
    *count = array == WORD_NULL ? 0 : array_length(array);
    *room = arena_alloc(&load->arena, *count, bytes);
    return *room != NULL ? OK : ERR_NOMEM;
}

static err_t
import_members(struct load *load, struct model_class *class)
{
    word_t fields = GET_WORD(class_object, class->object, fields);
    word_t methods = GET_WORD(class_object, class->object, methods);

    TRY(import_room(load, fields, sizeof class->fields[0], (void **)&class->fields,
                    &class->field_count));
    TRY(import_room(load, methods, sizeof class->methods[0], (void **)&class->methods,
                    &class->method_count));
    for (uint32_t i = 0; i < class->field_count; i++)
        TRY(import_field(load, class, &class->fields[i], array_load_word(fields, i)));
    for (uint32_t i = 0; i < class->method_count; i++)
        TRY(import_method(load, class, &class->methods[i], array_load_word(methods, i)));
    return OK;
}

static err_t
import_class_word(struct load *load, word_t object, struct model_class **class)
{
    *class = NULL;
    if (object == WORD_NULL)
        return OK;
    return model_import(load, GET_U32(class_object, object, number), class);
}

/* A method of the space, found through its owner: the numbers of a class's methods follow. */
static err_t
import_table_entry(struct load *load, word_t object, struct model_method **method)
{
    struct model_class *owner;
    uint32_t index;

    *method = NULL;
    if (object == WORD_NULL)
        return OK;
    TRY(import_class_word(load, GET_WORD(method_object, object, owner), &owner));
    assert(owner != NULL && owner->method_count > 0);
    index = GET_U32(method_object, object, number) - owner->methods[0].number;
    assert(index < owner->method_count);
    *method = &owner->methods[index];
    return OK;
}

static err_t
import_table(struct load *load, word_t array, struct model_method ***table, uint32_t *count)
{
    TRY(import_room(load, array, sizeof **table, (void **)table, count));
    for (uint32_t i = 0; i < *count; i++)
        TRY(import_table_entry(load, array_load_word(array, i), &(*table)[i]));
    return OK;
}

static err_t
import_links(struct load *load, struct model_class *class)
{
    ref_t object = class->object;
    word_t interfaces = GET_WORD(class_object, object, interfaces);

    TRY(import_class_word(load, GET_WORD(class_object, object, super), &class->super));
    TRY(import_class_word(load, GET_WORD(class_object, object, element), &class->element));
    TRY(import_room(load, interfaces, sizeof class->interfaces[0], (void **)&class->interfaces,
                    &class->interface_count));
    for (uint32_t i = 0; i < class->interface_count; i++)
        TRY(import_class_word(load, array_load_word(interfaces, i), &class->interfaces[i]));
    TRY(import_table(load, GET_WORD(class_object, object, vtable), &class->vtable,
                     &class->vtable_count));
    return import_table(load, GET_WORD(class_object, object, ordinals), &class->ordinals,
                        &class->ordinal_count);
}

err_t
model_import(struct load *load, uint32_t number, struct model_class **class)
{
    uint64_t found;

    if (hash_table_get(&load->by_number, number, &found)) {
        *class = (struct model_class *)(uintptr_t)found;
        return OK;
    }
    *class = arena_alloc(&load->arena, 1, sizeof **class);
    if (*class == NULL)
        return ERR_NOMEM;
    (*class)->number = number;
    (*class)->object = class_of_number(number);
    (*class)->state = MODEL_LINKED;
    assert((*class)->object != 0);
    TRY(hash_table_put(&load->by_number, number, (uintptr_t) * class));
    TRY(import_raw(load, *class));
    TRY(hash_table_put(&load->by_name, (uintptr_t)(*class)->name, (uintptr_t) * class));
    TRY(import_members(load, *class));
    return import_links(load, *class);
}

/* ---- lookup ---- */

err_t
model_number(struct load *load, struct model_class *class)
{
    if (class->number == 0) {
        if (load->class_next >= CLASS_NUMBER_MAX)
            return ERR_NOSPACE;
        class->number = load->class_next++;
    }
    TRY(hash_table_put(&load->by_number, class->number, (uintptr_t) class));
    *load->last_new = class;
    load->last_new = &class->next;
    return OK;
}

err_t
model_declare(struct load *load, const struct module_class *source, struct model_class *class)
{
    struct model_class *there;

    class->source = source;
    class->name = pool_name(load, load->module.pool[source->name].name);
    TRY(model_class_find(load, class->name, &there));
    if (there != NULL)
        return ERR_EXISTS;
    TRY(hash_table_put(&load->by_name, (uintptr_t) class->name, (uintptr_t) class));
    if (load->is_bootstrap)
        class->number = model_known_number(class->name);
    return model_number(load, class);
}

err_t
model_well_known(struct load *load, enum well_known_class number, struct model_class **class)
{
    uint64_t found;

    *class = NULL;
    if (hash_table_get(&load->by_number, number, &found)) {
        *class = (struct model_class *)(uintptr_t)found;
        return OK;
    }
    return load->is_bootstrap ? OK : model_import(load, number, class);
}

static enum object_kind
kind_of_elements(char type)
{
    switch (type) {
    case 'z':
    case 'b':
        return KIND_RAW8;
    case 's':
    case 'c':
        return KIND_RAW16;
    case 'i':
    case 'f':
        return KIND_RAW32;
    case 'l':
    case 'd':
        return KIND_RAW64;
    default:
        return KIND_WORDS;
    }
}

static void
link_array(struct load *load, struct model_class *array)
{
    const struct model_class *super = load->array_super;

    array->super = load->array_super;
    array->depth = super->depth + 1;
    array->interfaces = super->interfaces;
    array->interface_count = super->interface_count;
    array->vtable = super->vtable;
    array->vtable_count = super->vtable_count;
    array->ordinals = super->ordinals;
    array->ordinal_count = super->ordinal_count;
    array->state = MODEL_LINKED;
}

err_t
model_arrays_link(struct load *load)
{
    const struct name *name = model_name(load, ".internal.array", sizeof ".internal.array" - 1);
    struct model_class *super;

    if (name == NULL)
        return ERR_NOMEM;
    TRY(model_class_find(load, name, &super));
    if (super == NULL)
        TRY(model_well_known(load, CLASS_OBJECT, &super));
    assert(super != NULL && super->state == MODEL_LINKED);
    if (super->instance_bytes != OBJECT_HEADER_BYTES || (super->flags & CLASS_INTERFACE) != 0)
        return load_complain(load, "in class %s: arrays derive from it, so it has no fields",
                             super->name->text);
    load->array_super = super;
    for (struct model_class *array = load->arrays; array != NULL; array = array->next_array)
        link_array(load, array);
    return OK;
}

err_t
model_want(struct load *load, struct model_class *array)
{
    for (; array != NULL && model_is_array(array); array = array->element) {
        if (array->object != 0 || array->is_wanted)
            return OK;
        array->is_wanted = true;
        TRY(model_number(load, array));
    }
    return OK;
}

/*
 * Make the model of an array class that the space does not have. It gets its
 * number when somebody names it, and its super when it is linked: arrays of
 * the library's own classes are met before those are linked.
 */
static err_t
make_array(struct load *load, const struct name *name, char type, struct model_class *element,
           struct model_class **array)
{
    struct model_class *class = arena_alloc(&load->arena, 1, sizeof *class);

    if (class == NULL)
        return ERR_NOMEM;
    class->name = name;
    if (load->is_bootstrap)
        class->number = model_known_number(name);
    class->state = MODEL_DECLARED;
    class->flags = CLASS_PUBLIC | CLASS_FINAL;
    class->kind = kind_of_elements(type);
    class->init_state = CLASS_INITIALIZED;
    class->element = element;
    class->element_type = type;
    class->is_machines = true;
    if (load->array_super != NULL) {
        link_array(load, class);
    } else {
        class->next_array = load->arrays;
        load->arrays = class;
    }
    *array = class;
    return hash_table_put(&load->by_name, (uintptr_t)name, (uintptr_t) class);
}

/* The class that lies in the space under this name; NULL if there is none. */
static err_t
find_in_space(struct load *load, const struct name *name, struct model_class **class)
{
    uint32_t number;
    err_t err = ERR_NOT_FOUND;

    *class = NULL;
    if (!load->is_bootstrap)
        err = class_find(load->application_id, name->text, name->bytes, &number);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    return model_import(load, number, class);
}

static err_t
find_array(struct load *load, const struct name *name, char type, struct model_class *element,
           struct model_class **array)
{
    uint64_t found;

    if (hash_table_get(&load->by_name, (uintptr_t)name, &found)) {
        *array = (struct model_class *)(uintptr_t)found;
        return OK;
    }
    TRY(find_in_space(load, name, array));
    if (*array != NULL)
        return OK;
    return make_array(load, name, type, element, array);
}

err_t
model_array_of_type(struct load *load, char type, struct model_class **array)
{
    const char text[2] = { '[', type };
    const struct name *name = model_name(load, text, sizeof text);
    struct model_class *object = NULL;

    if (name == NULL)
        return ERR_NOMEM;
    if (type == 'w') {
        TRY(model_well_known(load, CLASS_OBJECT, &object));
        if (object == NULL) {
            *array = NULL;
            return OK;
        }
    }
    return find_array(load, name, type, object, array);
}

/* An array's name is "[" and its element's type, and objects of any class are "w". */
err_t
model_array_of(struct load *load, struct model_class *element, struct model_class **array)
{
    const struct name *of = element->name, *name;
    char *text;
    size_t bytes = 0;

    if (element->number == CLASS_OBJECT)
        return model_array_of_type(load, 'w', array);
    text = arena_alloc(&load->arena, 1, of->bytes + 3);
    if (text == NULL)
        return ERR_NOMEM;
    text[bytes++] = '[';
    if (!model_is_array(element))
        text[bytes++] = 'L';
    memcpy(text + bytes, of->text, of->bytes);
    bytes += of->bytes;
    if (!model_is_array(element))
        text[bytes++] = ';';
    name = model_name(load, text, bytes);
    if (name == NULL)
        return ERR_NOMEM;
    return find_array(load, name, 'w', element, array);
}

/* "[" dimensions and an element: made from the inside, without recursion. */
static err_t
find_array_type(struct load *load, const char *type, size_t bytes, struct model_class **class)
{
    size_t dimensions = 0;

    while (type[dimensions] == '[')
        dimensions++;
    if (type_area(type[dimensions]) != 'w') {
        TRY(model_array_of_type(load, type[dimensions], class));
        dimensions--;
    } else {
        TRY(model_class_of_type(load, type + dimensions, bytes - dimensions, class));
    }
    for (; dimensions > 0 && *class != NULL; dimensions--)
        TRY(model_array_of(load, *class, class));
    return OK;
}

err_t
model_class_find(struct load *load, const struct name *name, struct model_class **class)
{
    uint64_t found;

    if (hash_table_get(&load->by_name, (uintptr_t)name, &found)) {
        *class = (struct model_class *)(uintptr_t)found;
        return OK;
    }
    if (name->text[0] != '[')
        return find_in_space(load, name, class);
    TRY(find_array_type(load, name->text, name->bytes, class));
    if (*class == NULL)
        return OK;
    return hash_table_put(&load->by_name, (uintptr_t)name, (uintptr_t) * class);
}

err_t
model_class_of_type(struct load *load, const char *type, size_t bytes, struct model_class **class)
{
    const struct name *name;

    if (type[0] == 'w')
        return model_well_known(load, CLASS_OBJECT, class);
    if (type[0] == 'L')
        name = model_name(load, type + 1, bytes - 2);
    else
        name = model_name(load, type, bytes);
    if (name == NULL)
        return ERR_NOMEM;
    return model_class_find(load, name, class);
}

/* ---- the order among types ---- */

bool
model_is_below(const struct model_class *class, const struct model_class *super)
{
    while (class != NULL && class != super)
        class = class->super;
    return class != NULL;
}

bool
model_assignable(const struct model_class *from, const struct model_class *to)
{
    while (model_is_array(from) && model_is_array(to) && from != to) {
        if (from->element == NULL || to->element == NULL)
            return false;
        from = from->element;
        to = to->element;
    }
    if (from == to || to->number == CLASS_OBJECT || (to->flags & CLASS_INTERFACE) != 0)
        return true;
    return model_is_below(from, to);
}

struct model_field *
model_field_find(const struct model_class *class, const struct name *name, const struct name *type)
{
    for (; class != NULL; class = class->super) {
        for (uint32_t i = 0; i < class->field_count; i++) {
            if (class->fields[i].name == name && class->fields[i].type == type)
                return &class->fields[i];
        }
        for (uint32_t i = 0; i < class->interface_count; i++) {
            const struct model_class *interface = class->interfaces[i];

            for (uint32_t k = 0; k < interface->field_count; k++) {
                if (interface->fields[k].name == name && interface->fields[k].type == type)
                    return &interface->fields[k];
            }
        }
    }
    return NULL;
}

static struct model_method *
find_own(const struct model_class *class, const struct name *name, const struct name *signature)
{
    for (uint32_t i = 0; i < class->method_count; i++) {
        if (class->methods[i].name == name && class->methods[i].signature == signature)
            return &class->methods[i];
    }
    return NULL;
}

/* Constructors and static initialisation are never inherited. */
struct model_method *
model_method_find(const struct model_class *class, const struct name *name,
                  const struct name *signature)
{
    struct model_method *method;

    if (name->text[0] == '<')
        return find_own(class, name, signature);
    for (const struct model_class *at = class; at != NULL; at = at->super) {
        method = find_own(at, name, signature);
        if (method != NULL)
            return method;
    }
    for (uint32_t i = 0; i < class->interface_count; i++) {
        method = find_own(class->interfaces[i], name, signature);
        if (method != NULL && (method->flags & MEMBER_STATIC) == 0)
            return method;
    }
    return NULL;
}
