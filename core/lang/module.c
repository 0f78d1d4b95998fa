/*
 * module.c - the constant pool, and the parts of a module put together.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/memory.h"

/* Room for one more entry; 0 and a message if there is none. */
static uint16_t
new_entry(struct module_writer *module, unsigned tag)
{
    struct lang *lang = module->lang;

    if (lang->stopped)
        return 0;
    if (module->pool_count >= 65534) {
        lang_error(lang, module->file, (struct place){ 0 }, "split the program in several modules",
                   "the program has too many names and constants for one module");
        lang->stopped = true;
        return 0;
    }
    lang_put(lang, &module->pool, tag, 1);
    return (uint16_t)++module->pool_count;
}

uint16_t
lang_pool_utf8(struct module_writer *module, struct symbol *symbol)
{
    if (symbol->pool_index != 0)
        return (uint16_t)symbol->pool_index;
    symbol->pool_index = new_entry(module, POOL_UTF8);
    if (symbol->pool_index == 0)
        return 0;
    lang_put(module->lang, &module->pool, symbol->byte_count, 4);
    if (buffer_append(&module->pool, symbol->text, symbol->byte_count) != OK)
        lang_no_memory(module->lang);
    return (uint16_t)symbol->pool_index;
}

/* An entry that consists of a tag and up to three parts of 16 bits. */
static uint16_t
small_entry(struct module_writer *module, unsigned tag, unsigned count, uint64_t parts)
{
    uint64_t key = (uint64_t)tag << 48 | parts;
    uint64_t value;

    if (hash_table_get(&module->index, key, &value))
        return (uint16_t)value;
    value = new_entry(module, tag);
    if (value == 0)
        return 0;
    lang_put(module->lang, &module->pool, parts, count * 2);
    if (hash_table_put(&module->index, key, value) != OK)
        lang_no_memory(module->lang);
    return (uint16_t)value;
}

uint16_t
lang_pool_class(struct module_writer *module, struct symbol *name)
{
    return small_entry(module, POOL_CLASS, 1, lang_pool_utf8(module, name));
}

static uint16_t
member_entry(struct module_writer *module, unsigned tag, const struct class *class,
             struct symbol *name, struct symbol *type)
{
    uint64_t parts = lang_pool_class(module, class->name);

    parts |= (uint64_t)lang_pool_utf8(module, name) << 16;
    parts |= (uint64_t)lang_pool_utf8(module, type) << 32;
    return small_entry(module, tag, 3, parts);
}

uint16_t
lang_pool_field(struct module_writer *module, const struct field *field)
{
    return member_entry(module, POOL_FIELD, field->class, field->name,
                        lang_type_descriptor(module->lang, field->type));
}

/*
 * The name of a method in the module. A private one that a fun of its class
 * calls is no longer private there; its name keeps others from overriding it.
 */
struct symbol *
lang_method_name(struct lang *lang, const struct method *method)
{
    if (!method->shared || method->name == lang->names.new_)
        return method->name;
    return lang_symbol_format(lang, "%s$private", method->name->text);
}

uint16_t
lang_pool_method(struct module_writer *module, const struct method *method)
{
    return member_entry(module, POOL_METHOD, method->class, lang_method_name(module->lang, method),
                        method->signature);
}

uint16_t
lang_pool_name(struct module_writer *module, struct symbol *name)
{
    return small_entry(module, POOL_NAME, 1, lang_pool_utf8(module, name));
}

uint16_t
lang_pool_int(struct module_writer *module, uint32_t value)
{
    return small_entry(module, POOL_INT, 2, value);
}

uint16_t
lang_pool_string(struct module_writer *module, const struct text *text)
{
    struct lang *lang = module->lang;
    uint16_t utf8;

    if (text->bytes == NULL)
        return 0;
    if (text->byte_count <= LANG_SYMBOL_BYTES_MAX) {
        struct symbol *symbol = lang_symbol(lang, text->bytes, text->byte_count);

        return small_entry(module, POOL_STRING, 1, lang_pool_utf8(module, symbol));
    }
    utf8 = new_entry(module, POOL_UTF8);
    if (utf8 == 0)
        return 0;
    lang_put(lang, &module->pool, text->byte_count, 4);
    if (buffer_append(&module->pool, text->bytes, text->byte_count) != OK)
        lang_no_memory(lang);
    return small_entry(module, POOL_STRING, 1, utf8);
}

err_t
lang_module_finish(struct module_writer *module, const struct symbol *source,
                   const struct class *entry, struct buffer *result)
{
    struct lang *lang = module->lang;
    uint16_t source_index = lang_pool_utf8(module, (struct symbol *)(uintptr_t)source);
    uint16_t entry_index = entry == NULL ? 0 : lang_pool_class(module, entry->name);
    uint32_t crc;

    assert(module->class_count <= module->pool_count); /* each has its name there */
    if (lang->error_count != 0)
        return ERR_PROGRAM;
    TRY(buffer_reserve(result, module->pool.count + module->classes.count + 64));
    lang_put(lang, result, MODULE_MAGIC, 4);
    lang_put(lang, result, MODULE_VERSION, 4);
    lang_put(lang, result, 0, 8);
    lang_put(lang, result, source_index, 2);
    lang_put(lang, result, entry_index, 2);
    lang_put(lang, result, module->pool_count + 1, 2);
    TRY(buffer_append(result, module->pool.bytes, module->pool.count));
    lang_put(lang, result, module->class_count, 2);
    TRY(buffer_append(result, module->classes.bytes, module->classes.count));
    if (lang->no_memory)
        return ERR_NOMEM;
    for (unsigned i = 0; i < 4; i++)
        result->bytes[8 + i] = (uint8_t)(result->count >> (8 * i));
    crc = crc32c(result->bytes + MODULE_HEADER_BYTES, result->count - MODULE_HEADER_BYTES);
    for (unsigned i = 0; i < 4; i++)
        result->bytes[12 + i] = (uint8_t)(crc >> (8 * i));
    return OK;
}
