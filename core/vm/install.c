/*
 * install.c - the last step of a load: new classes are written to the space,
 * and made known.
 *
 * Everything was checked before, so only room can be missing. Objects are
 * made in old space, from one safepoint to the next, and nothing leads to them until
 * the counts of classes and methods in the root include them; that comes last, and with
 * it, if that is wanted, the start of the program. When there is no room, what was written
 * is garbage, a collection is made, and it all begins again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "heap/text.h"
#include "object/array.h"
#include "vm/class_index.h"
#include "vm/model_priv.h"
#include "vm/signature.h"

/* How often a collection may make room. */
#define INSTALL_TRIES 4

/* First writes besides those to the new objects: tables, root, symbols. */
#define INSTALL_PAGES 96

struct install {
    struct load *load;
    ref_t pool;
    ref_t source;
    ref_t no_words; /* empty arrays, shared */
    ref_t no_ints;
};

/* ---- small things: each answers 0 when there is no room ---- */

static ref_t
new_array(struct install *install, enum well_known_class class, enum object_kind kind,
          uint32_t length)
{
    ref_t array = heap_alloc_old(install->load->local, array_bytes(kind, length), class);

    if (array != 0)
        array_length_set(array, length);
    return array;
}

static ref_t
new_words(struct install *install, uint32_t length)
{
    if (length == 0)
        return install->no_words;
    return new_array(install, CLASS_WORDS, KIND_WORDS, length);
}

static ref_t
symbol_of(struct install *install, const struct name *name)
{
    struct name *known = (struct name *)name; /* the symbol is no part of the name */

    if (known->symbol == 0)
        known->symbol = symbol_intern(install->load->local, name->text, name->bytes);
    return known->symbol;
}

static word_t
new_box(struct install *install, enum well_known_class class, uint64_t bits)
{
    ref_t box = heap_alloc_old(install->load->local, sizeof(struct box_object), class);

    if (box != 0)
        SET_U64(box_object, box, bits, bits);
    return box;
}

static ref_t
new_ints(struct install *install, const uint8_t *bytes, uint32_t count)
{
    ref_t array;

    if (count == 0)
        return install->no_ints;
    array = new_array(install, CLASS_INTS, KIND_RAW32, count);
    if (array != 0)
        pmem_copy_in(array + ARRAY_HEADER_BYTES, bytes, 4ull * count);
    return array;
}

/* ---- fields and methods ---- */

static bool
write_field(struct install *install, struct model_field *field)
{
    ref_t name = symbol_of(install, field->name), type = symbol_of(install, field->type);
    ref_t object = heap_alloc_old(install->load->local, sizeof(struct field_object), CLASS_FIELD);

    if (name == 0 || type == 0 || object == 0)
        return false;
    SET_WORD(field_object, object, name, name);
    SET_WORD(field_object, object, type, type);
    SET_WORD(field_object, object, owner, field->owner->object);
    SET_U32(field_object, object, offset, field->offset);
    SET_U32(field_object, object, flags, field->flags);
    field->object = object;
    return true;
}

/* Handlers as an int array: from, to, handler, class. */
static ref_t
new_handlers(struct install *install, const struct module_method *source)
{
    uint32_t count = source->handler_count;
    ref_t array =
        count == 0 ? install->no_ints : new_array(install, CLASS_INTS, KIND_RAW32, 4 * count);

    if (array == 0)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct module_handler *handler = &source->handlers[i];
        uint64_t at = array_at(array, KIND_RAW32, 4 * i);

        pmem_store32(at, le32_get(handler->from));
        pmem_store32(at + 4, le32_get(handler->to));
        pmem_store32(at + 8, le32_get(handler->handler));
        pmem_store32(at + 12, le16_get(handler->class));
    }
    return array;
}

static void
write_method_raw(const struct model_method *method, ref_t object)
{
    const struct module_method *source = method->source;
    const struct name *signature = method->signature;
    char result = signature->text[method->arguments->bytes];
    unsigned words, raws;

    signature_count(signature->text, signature->bytes, &words, &raws);
    words += (method->flags & MEMBER_STATIC) == 0;
    SET_U32(method_object, object, number, method->number);
    SET_U32(method_object, object, flags, method->flags);
    SET_U32(method_object, object, vtable_index, method->vtable_index);
    SET_U32(method_object, object, ordinal, method->ordinal);
    SET_U32(method_object, object, primitive, source->primitive);
    obj_store_raw16(object, offsetof(struct method_object, word_args), (uint16_t)words);
    obj_store_raw16(object, offsetof(struct method_object, raw_args), (uint16_t)raws);
    obj_store_raw16(object, offsetof(struct method_object, word_locals),
                    source->word_locals > words ? source->word_locals : (uint16_t)words);
    obj_store_raw16(object, offsetof(struct method_object, raw_locals),
                    source->raw_locals > raws ? source->raw_locals : (uint16_t)raws);
    obj_store_raw16(object, offsetof(struct method_object, word_stack_max), source->word_stack_max);
    obj_store_raw16(object, offsetof(struct method_object, raw_stack_max), source->raw_stack_max);
    obj_store_raw8(object, offsetof(struct method_object, result),
                   type_area(result) == 'w' ? 'w' : (uint8_t)result);
    obj_store_raw8(object, offsetof(struct method_object, verified), 1);
}

static bool
write_method(struct install *install, struct model_method *method)
{
    const struct module_method *source = method->source;
    ref_t name = symbol_of(install, method->name);
    ref_t signature = symbol_of(install, method->signature);
    ref_t object = heap_alloc_old(install->load->local, sizeof(struct method_object), CLASS_METHOD);
    ref_t handlers = new_handlers(install, source);
    ref_t lines = new_ints(install, (const uint8_t *)source->lines, 2 * source->line_count);
    ref_t code = 0;

    if (name == 0 || signature == 0 || object == 0 || handlers == 0 || lines == 0)
        return false;
    if (source->code_bytes > 0) {
        code = new_array(install, CLASS_BYTES, KIND_RAW8, source->code_bytes);
        if (code == 0)
            return false;
        pmem_copy_in(code + ARRAY_HEADER_BYTES, source->code, source->code_bytes);
    }
    SET_WORD(method_object, object, name, name);
    SET_WORD(method_object, object, signature, signature);
    SET_WORD(method_object, object, owner, method->owner->object);
    SET_WORD(method_object, object, code, code);
    SET_WORD(method_object, object, pool, install->pool);
    SET_WORD(method_object, object, handlers, handlers);
    SET_WORD(method_object, object, lines, lines);
    write_method_raw(method, object);
    method->object = object;
    return true;
}

/* ---- classes ---- */

static void
write_class_raw(const struct model_class *class, ref_t object)
{
    SET_U32(class_object, object, number, class->number);
    SET_U32(class_object, object, flags, class->flags);
    SET_U32(class_object, object, kind, class->kind);
    SET_U32(class_object, object, instance_bytes, class->instance_bytes);
    SET_U32(class_object, object, depth, class->depth);
    SET_U32(class_object, object, init_state, class->init_state);
    SET_U32(class_object, object, word_run_count, class->word_run_count);
    for (unsigned i = 0; i < class->word_run_count; i++) {
        SET_U32(class_object, object, word_runs[i].offset, class->word_runs[i].offset);
        SET_U32(class_object, object, word_runs[i].count, class->word_runs[i].count);
    }
}

static bool
make_class(struct install *install, struct model_class *class)
{
    class->object = heap_alloc_old(install->load->local, sizeof(struct class_object), CLASS_CLASS);
    if (class->object == 0)
        return false;
    write_class_raw(class, class->object);
    for (uint32_t i = 0; i < class->field_count; i++) {
        if (!write_field(install, &class->fields[i]))
            return false;
    }
    for (uint32_t i = 0; i < class->method_count; i++) {
        if (!write_method(install, &class->methods[i]))
            return false;
    }
    return true;
}

static bool
write_members(struct install *install, struct model_class *class)
{
    ref_t fields = new_words(install, class->field_count);
    ref_t methods = new_words(install, class->method_count);
    ref_t interfaces = new_words(install, class->interface_count);

    if (fields == 0 || methods == 0 || interfaces == 0)
        return false;
    for (uint32_t i = 0; i < class->field_count; i++)
        array_store_word(fields, i, class->fields[i].object);
    for (uint32_t i = 0; i < class->method_count; i++)
        array_store_word(methods, i, class->methods[i].object);
    for (uint32_t i = 0; i < class->interface_count; i++)
        array_store_word(interfaces, i, class->interfaces[i]->object);
    SET_WORD(class_object, class->object, fields, fields);
    SET_WORD(class_object, class->object, methods, methods);
    SET_WORD(class_object, class->object, interfaces, interfaces);
    return true;
}

static bool
write_tables(struct install *install, struct model_class *class)
{
    ref_t vtable = new_words(install, class->vtable_count);
    ref_t ordinals = new_words(install, class->ordinal_count);

    if (vtable == 0 || ordinals == 0)
        return false;
    for (uint32_t i = 0; i < class->vtable_count; i++)
        array_store_word(vtable, i, class->vtable[i]->object);
    for (uint32_t i = 0; i < class->ordinal_count; i++) {
        if (class->ordinals[i] != NULL)
            array_store_word(ordinals, i, class->ordinals[i]->object);
    }
    SET_WORD(class_object, class->object, vtable, vtable);
    SET_WORD(class_object, class->object, ordinals, ordinals);
    return true;
}

static bool
write_statics(struct install *install, struct model_class *class)
{
    ref_t array;

    if (class->static_words > 0) {
        array = new_words(install, class->static_words);
        if (array == 0)
            return false;
        SET_WORD(class_object, class->object, statics, array);
    }
    if (class->static_raws > 0) {
        array = new_array(install, CLASS_LONGS, KIND_RAW64, class->static_raws);
        if (array == 0)
            return false;
        SET_WORD(class_object, class->object, raw_statics, array);
    }
    return true;
}

/* An array class belongs to whom its elements belong to. */
static word_t
owner_of(const struct install *install, const struct model_class *class)
{
    while (model_is_array(class) && class->element != NULL)
        class = class->element;
    if (class->source != NULL)
        return install->load->application.word;
    if (model_is_array(class))
        return WORD_NULL;
    return GET_WORD(class_object, class->object, application);
}

/* All classes have their objects; now they can refer to each other. */
static bool
link_class(struct install *install, struct model_class *class)
{
    ref_t name = symbol_of(install, class->name);

    if (name == 0 || !write_members(install, class) || !write_tables(install, class) ||
        !write_statics(install, class))
        return false;
    SET_WORD(class_object, class->object, name, name);
    SET_WORD(class_object, class->object, super,
             class->super != NULL ? class->super->object : WORD_NULL);
    SET_WORD(class_object, class->object, element,
             class->element != NULL ? class->element->object : WORD_NULL);
    SET_WORD(class_object, class->object, application, owner_of(install, class));
    if (class->source != NULL)
        SET_WORD(class_object, class->object, source, install->source);
    return true;
}

/* ---- the pool ---- */

/* The word of one entry; false when there is no room. */
static bool
pool_word(struct install *install, uint32_t index, word_t *word)
{
    const struct module_pool_entry *entry = &install->load->module.pool[index];
    const struct pool_item *item = &install->load->pool[index];

    switch (entry->tag) {
    case POOL_CLASS:
        *word = item->class->object;
        break;
    case POOL_FIELD:
        *word = item->field->object;
        break;
    case POOL_METHOD:
        *word = item->method->object;
        break;
    case POOL_NAME:
    case POOL_STRING:
        *word = symbol_of(install, pool_name(install->load, entry->name));
        break;
    case POOL_INT:
        *word = word_from_int((int32_t)entry->bits);
        break;
    case POOL_LONG:
        *word = long_fits_word((int64_t)entry->bits) ? word_from_long((int64_t)entry->bits)
                                                     : new_box(install, CLASS_LONG, entry->bits);
        break;
    case POOL_FLOAT:
        *word = word_from_float_bits((uint32_t)entry->bits);
        break;
    case POOL_DOUBLE:
        *word = double_fits_word(entry->bits) ? word_from_double_bits(entry->bits)
                                              : new_box(install, CLASS_DOUBLE, entry->bits);
        break;
    case POOL_BOOLEAN:
        *word = word_from_boolean(entry->bits != 0);
        break;
    case POOL_CHAR:
        *word = word_from_char((uint16_t)entry->bits);
        break;
    case POOL_CODE_POINT:
        *word = word_from_code_point((uint32_t)entry->bits);
        break;
    default: /* UTF8: the compiler's own, nobody needs it any more */
        *word = WORD_NULL;
        return true;
    }
    return *word != WORD_NULL;
}

static bool
fill_pool(struct install *install)
{
    for (uint32_t i = 1; i < install->load->module.pool_count; i++) {
        word_t word;

        if (!pool_word(install, i, &word))
            return false;
        array_store_word(install->pool, i, word);
    }
    return true;
}

/* ---- all of it ---- */

/* Forget the objects of an attempt that found no room. */
static void
forget(struct load *load)
{
    size_t cursor = 0;
    uint64_t key, value;

    while (hash_table_next(&load->names, &cursor, &key, &value))
        ((struct name *)(uintptr_t)value)->symbol = 0;
    for (struct model_class *class = load->first_new; class != NULL; class = class->next)
        class->object = 0;
}

static bool
write_all(struct install *install)
{
    struct load *load = install->load;

    install->no_words = new_array(install, CLASS_WORDS, KIND_WORDS, 0);
    install->no_ints = new_array(install, CLASS_INTS, KIND_RAW32, 0);
    install->pool = new_array(install, CLASS_WORDS, KIND_WORDS, load->module.pool_count);
    install->source = symbol_of(install, pool_name(load, load->module.source));
    if (install->no_words == 0 || install->no_ints == 0 || install->pool == 0 ||
        install->source == 0)
        return false;
    for (struct model_class *class = load->first_new; class != NULL; class = class->next) {
        if (!make_class(install, class))
            return false;
    }
    for (struct model_class *class = load->first_new; class != NULL; class = class->next) {
        if (!link_class(install, class))
            return false;
    }
    return fill_pool(install);
}

/* Store a count of the root; the other side is catch_up() in class_index.c. */
static void
publish(size_t offset, uint32_t count)
{
    pmem_barrier(SPACE_ROOT + offset);
    atomic_store_explicit((_Atomic uint32_t *)(SPACE_ROOT + offset), count, memory_order_release);
}

/* From here on the classes exist. The counts come last: up to them the tables are read. */
static void
make_known(struct load *load)
{
    for (struct model_class *class = load->first_new; class != NULL; class = class->next) {
        pmem_store64(SPACE_CLASS_TABLE + 8ull * class->number, class->object);
        for (uint32_t i = 0; i < class->method_count; i++)
            pmem_store64(SPACE_METHOD_TABLE + 8ull * class->methods[i].number,
                         class->methods[i].object);
    }
    publish(offsetof(struct space_root, method_count), load->method_next);
    publish(offsetof(struct space_root, class_count), load->class_next);
}

/* Bytes that the new objects take, rather too many. */
static uint64_t
bytes_wanted(const struct load *load)
{
    uint64_t bytes = 8ull * load->module.pool_count;

    for (uint32_t i = 1; i < load->module.pool_count; i++)
        bytes += 32 + 2ull * load->module.pool[i].bytes;
    for (const struct model_class *class = load->first_new; class != NULL; class = class->next) {
        bytes += sizeof(struct class_object) + 256 + 2 * class->name->bytes;
        bytes += 8ull * (class->vtable_count + class->ordinal_count + class->interface_count +
                         class->static_words + class->static_raws);
        bytes += class->field_count * (8 + sizeof(struct field_object));
        for (uint32_t i = 0; i < class->method_count; i++) {
            const struct module_method *source = class->methods[i].source;

            bytes += sizeof(struct method_object) + 96 + source->code_bytes +
                     16ull * source->handler_count + 8ull * source->line_count;
        }
    }
    return bytes;
}

/* Read what make_known will write, while a missing page may still take the worker away. */
static void
touch_tables(const struct load *load)
{
    for (const struct model_class *class = load->first_new; class != NULL; class = class->next) {
        class_touch(SPACE_CLASS_TABLE + 8ull * class->number, 8);
        for (uint32_t i = 0; i < class->method_count; i++)
            class_touch(SPACE_METHOD_TABLE + 8ull * class->methods[i].number, 8);
    }
}

/* Collect, with nothing under way. */
static err_t
make_room(struct load *load, uint64_t bytes)
{
    struct pmem_worker *worker = load->local->worker;
    void **restart = worker->restart;
    err_t err;

    worker->restart = NULL;
    heap_expect(bytes);
    err = heap_collect(load->local, bytes);
    worker->restart = restart;
    return err;
}

/* Where the volume is full, from what nobody needs any more. */
static err_t
take_credit(struct load *load, uint64_t pages)
{
    struct pmem_worker *worker = load->local->worker;
    void **restart = worker->restart;
    err_t err = pmem_reserve(worker, pages);

    worker->restart = NULL;
    while (err == ERR_NOSPACE && heap_make_room(load->local, pages))
        err = pmem_reserve(worker, pages);
    worker->restart = restart;
    return err;
}

/* All that is to be there when the classes become known. ERR_NOMEM: there is no room. */
static err_t
write_and_prepare(struct install *install, word_t *entry)
{
    const struct load *load = install->load;
    uint32_t entry_class = load->module.entry_class;

    if (!write_all(install))
        return ERR_NOMEM;
    *entry = entry_class != 0 ? load->pool[entry_class].class->object : WORD_NULL;
    return load->start == NULL ? OK : load->start->prepare(load->start->context, *entry);
}

err_t
load_install(struct load *load, word_t *entry)
{
    uint64_t bytes = bytes_wanted(load);
    uint64_t pages = bytes / PAGE_BYTES + INSTALL_PAGES +
                     (load->class_next + load->method_next) / (PAGE_BYTES / 8);

    heap_local_charge(load->local, load->application_id);
    /*
     * Nobody runs beside the load of the class library, so its pages are waited for in place. To
     * begin anew for each would never end where all of it is more than there is memory.
     */
    if (load->is_bootstrap)
        load->local->worker->restart = NULL;
    for (unsigned i = 0;; i++) {
        struct install install = { .load = load };
        err_t err;

        TRY(take_credit(load, pages));
        forget(load);
        touch_tables(load);
        err = write_and_prepare(&install, entry);
        if (err == OK)
            break;
        if (err != ERR_NOMEM || i == INSTALL_TRIES)
            return err;
        load_credit_give(load->local->worker);
        TRY(make_room(load, bytes));
    }
    load->local->worker->restart = NULL;
    make_known(load);
    if (load->start != NULL)
        load->start->publish(load->start->context);
    return OK;
}
