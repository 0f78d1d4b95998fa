/*
 * module.c - reading a module, of which not one byte is believed.
 *
 * The checksum finds accidents, not malice; so each count is compared with
 * the bytes that are left before anything is allocated for it, and each index
 * with its table. What the words mean is for loader and verifier.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/module_priv.h"

#include <stdbool.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "vm/signature.h"

#define CLASS_FLAGS  (CLASS_PUBLIC | CLASS_INTERFACE | CLASS_ABSTRACT | CLASS_FINAL)
#define FIELD_FLAGS  (MEMBER_PUBLIC | MEMBER_PRIVATE | MEMBER_STATIC | MEMBER_FINAL)
#define METHOD_FLAGS (FIELD_FLAGS | METHOD_ABSTRACT | METHOD_PRIMITIVE | METHOD_SYNCHRONIZED)

/* The least that these take in a module. */
#define POOL_ENTRY_BYTES_MIN 2
#define CLASS_BYTES_MIN      12
#define FIELD_BYTES          6
#define METHOD_BYTES_MIN     28

/* Reads forward; behind the end it reads zeroes and remembers the first trouble. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    const char *why; /* NULL while all is well */
    struct module *module;
    uint16_t class, member; /* what is being read: texts of the pool, or 0 */
};

static bool
refuse(struct reader *reader, const char *why)
{
    if (reader->why == NULL) {
        reader->why = why;
        reader->module->refused_class = reader->class;
        reader->module->refused_member = reader->member;
    }
    return false;
}

/* `count` things of `bytes` bytes each, as they lie there; NULL if there are not so many. */
static const void *
take(struct reader *reader, size_t count, size_t bytes)
{
    const uint8_t *at = reader->at;

    if (count > (size_t)(reader->end - at) / bytes) {
        refuse(reader, "it ends in the middle");
        reader->at = reader->end;
        return NULL;
    }
    reader->at += count * bytes;
    return at;
}

static uint8_t
take8(struct reader *reader)
{
    const uint8_t *at = take(reader, 1, 1);

    return at != NULL ? *at : 0;
}

static uint16_t
take16(struct reader *reader)
{
    const struct le16 *at = take(reader, 1, sizeof *at);

    return at != NULL ? le16_get(*at) : 0;
}

static uint32_t
take32(struct reader *reader)
{
    const struct le32 *at = take(reader, 1, sizeof *at);

    return at != NULL ? le32_get(*at) : 0;
}

static uint64_t
take64(struct reader *reader)
{
    const struct le64 *at = take(reader, 1, sizeof *at);

    return at != NULL ? le64_get(*at) : 0;
}

/* Room for `count` structs of `bytes` bytes that take at least `least` bytes each in the module. */
static bool
make_room(struct reader *reader, struct arena *arena, size_t count, size_t least, size_t bytes,
          void **room)
{
    if (count > (size_t)(reader->end - reader->at) / least)
        return refuse(reader, "it ends in the middle");
    *room = arena_alloc(arena, count, bytes);
    return true;
}

/* The length of the well-formed UTF-8 sequence at `at`, or 0. Source: Unicode 15, table 3-7. */
static size_t
utf8_sequence(const uint8_t *at, size_t bytes)
{
    uint8_t low = 0x80, high = 0xbf, first = at[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4 || length > bytes)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    }
    return length;
}

static bool
is_utf8(const uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        size_t length = utf8_sequence(at + i, bytes - i);

        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

static bool
read_text(struct reader *reader, struct module_pool_entry *entry)
{
    const void *text;

    entry->bytes = take32(reader);
    text = take(reader, entry->bytes, 1);
    if (text == NULL)
        return false;
    if (!is_utf8(text, entry->bytes))
        return refuse(reader, "a text is not well-formed UTF-8");
    entry->text = text;
    return true;
}

static bool
read_pool_entry(struct reader *reader, struct module_pool_entry *entry)
{
    entry->tag = take8(reader);
    switch (entry->tag) {
    case POOL_UTF8:
        return read_text(reader, entry);
    case POOL_FIELD:
    case POOL_METHOD:
        entry->class = take16(reader);
        entry->name = take16(reader);
        entry->type = take16(reader);
        break;
    case POOL_CLASS:
    case POOL_NAME:
    case POOL_STRING:
        entry->name = take16(reader);
        break;
    case POOL_INT:
    case POOL_FLOAT:
    case POOL_CODE_POINT:
        entry->bits = take32(reader);
        break;
    case POOL_LONG:
    case POOL_DOUBLE:
        entry->bits = take64(reader);
        break;
    case POOL_BOOLEAN:
        entry->bits = take8(reader);
        break;
    case POOL_CHAR:
        entry->bits = take16(reader);
        break;
    default:
        return refuse(reader, "its constant pool has an entry of an unknown kind");
    }
    return reader->why == NULL;
}

static bool
is_tagged(const struct module *module, unsigned index, enum module_pool_tag tag)
{
    return index < module->pool_count && module->pool[index].tag == tag;
}

/* Now that all entries are there, see that each names what it may name. */
static bool
check_pool_entry(struct reader *reader, const struct module_pool_entry *entry)
{
    const struct module *module = reader->module;
    const struct module_pool_entry *pool = module->pool;

    switch (entry->tag) {
    case POOL_FIELD:
    case POOL_METHOD:
        if (!is_tagged(module, entry->class, POOL_CLASS) ||
            !is_tagged(module, entry->type, POOL_UTF8))
            return refuse(reader, "a member in its constant pool names no class or no type");
        break;
    case POOL_BOOLEAN:
        return entry->bits <= 1 || refuse(reader, "a Boolean constant is neither 0 nor 1");
    case POOL_CODE_POINT:
        return entry->bits <= 0x10ffff || refuse(reader, "a constant is no code point");
    case POOL_CLASS:
    case POOL_NAME:
    case POOL_STRING:
        break;
    default:
        return true;
    }
    if (!is_tagged(module, entry->name, POOL_UTF8))
        return refuse(reader, "an entry of its constant pool has no text");
    if (entry->tag != POOL_STRING && pool[entry->name].bytes == 0)
        return refuse(reader, "a name is empty");
    if (entry->tag == POOL_CLASS &&
        !class_type_valid(pool[entry->name].text, pool[entry->name].bytes))
        return refuse(reader, "a class name is malformed");
    if (entry->tag == POOL_FIELD &&
        type_length(pool[entry->type].text, pool[entry->type].bytes) != pool[entry->type].bytes)
        return refuse(reader, "the type of a field is malformed");
    if (entry->tag == POOL_METHOD &&
        !signature_valid(pool[entry->type].text, pool[entry->type].bytes))
        return refuse(reader, "the signature of a method is malformed");
    return true;
}

static bool
read_pool(struct reader *reader, struct arena *arena)
{
    struct module *module = reader->module;

    module->pool_count = take16(reader);
    if (module->pool_count == 0)
        return refuse(reader, "it has no constant pool");
    if (!make_room(reader, arena, module->pool_count, 1, sizeof module->pool[0],
                   (void **)&module->pool))
        return false;
    if (module->pool == NULL)
        return false;
    for (uint32_t i = 1; i < module->pool_count; i++) {
        if (!read_pool_entry(reader, &module->pool[i]))
            return false;
    }
    for (uint32_t i = 1; i < module->pool_count; i++) {
        if (!check_pool_entry(reader, &module->pool[i]))
            return false;
    }
    return true;
}

static bool
read_field(struct reader *reader, struct module_field *field)
{
    const struct module *module = reader->module;

    reader->member = 0;
    field->name = take16(reader);
    field->type = take16(reader);
    field->flags = take16(reader);
    if (!is_tagged(module, field->name, POOL_UTF8) || !is_tagged(module, field->type, POOL_UTF8))
        return refuse(reader, "a field has no name or no type");
    reader->member = field->name;
    if (module->pool[field->name].bytes == 0)
        return refuse(reader, "a name is empty");
    if (type_length(module->pool[field->type].text, module->pool[field->type].bytes) !=
        module->pool[field->type].bytes)
        return refuse(reader, "the type of a field is malformed");
    if ((field->flags & ~FIELD_FLAGS) != 0)
        return refuse(reader, "a field has unknown flags");
    return true;
}

static bool
read_handlers(struct reader *reader, struct module_method *method)
{
    method->handler_count = take16(reader);
    method->handlers = take(reader, method->handler_count, sizeof method->handlers[0]);
    if (method->handlers == NULL)
        return false;
    for (unsigned i = 0; i < method->handler_count; i++) {
        const struct module_handler *handler = &method->handlers[i];

        if (le32_get(handler->from) >= le32_get(handler->to) ||
            le32_get(handler->to) > method->code_bytes ||
            le32_get(handler->handler) >= method->code_bytes)
            return refuse(reader, "an exception handler lies outside its method");
        if (le16_get(handler->class) != 0 &&
            !is_tagged(reader->module, le16_get(handler->class), POOL_CLASS))
            return refuse(reader, "an exception handler catches what is no class");
    }
    return true;
}

static bool
read_lines(struct reader *reader, struct module_method *method)
{
    uint32_t next_pc = 0;

    method->line_count = take32(reader);
    method->lines = take(reader, method->line_count, sizeof method->lines[0]);
    if (method->lines == NULL)
        return false;
    for (uint32_t i = 0; i < method->line_count; i++) {
        uint32_t pc = le32_get(method->lines[i].pc);

        if (pc < next_pc || pc >= method->code_bytes)
            return refuse(reader, "a table of lines is not in order");
        next_pc = pc + 1;
    }
    return true;
}

static bool
read_method(struct reader *reader, struct module_method *method)
{
    const struct module *module = reader->module;
    bool has_code;

    reader->member = 0;
    method->name = take16(reader);
    method->signature = take16(reader);
    method->flags = take16(reader);
    method->ordinal = take16(reader);
    method->primitive = take16(reader);
    method->word_locals = take16(reader);
    method->raw_locals = take16(reader);
    method->word_stack_max = take16(reader);
    method->raw_stack_max = take16(reader);
    method->code_bytes = take32(reader);
    method->code = take(reader, method->code_bytes, 1);
    if (method->code == NULL)
        return false;
    if (!is_tagged(module, method->name, POOL_UTF8) ||
        !is_tagged(module, method->signature, POOL_UTF8))
        return refuse(reader, "a method has no name or no signature");
    reader->member = method->name;
    if (module->pool[method->name].bytes == 0)
        return refuse(reader, "a name is empty");
    if (!signature_valid(module->pool[method->signature].text,
                         module->pool[method->signature].bytes))
        return refuse(reader, "the signature of a method is malformed");
    if ((method->flags & ~METHOD_FLAGS) != 0)
        return refuse(reader, "a method has unknown flags");
    has_code = (method->flags & (METHOD_ABSTRACT | METHOD_PRIMITIVE)) == 0;
    if (has_code != (method->code_bytes > 0))
        return refuse(reader, has_code ? "a method has no code"
                                       : "a method has code that it must not have");
    if (method->code_bytes > MODULE_CODE_MAX)
        return refuse(reader, "the code of a method is longer than 65535 bytes");
    return read_handlers(reader, method) && read_lines(reader, method);
}

static bool
read_class_head(struct reader *reader, struct module_class *class)
{
    const struct module *module = reader->module;
    const struct module_pool_entry *name;

    reader->class = 0;
    reader->member = 0;
    class->name = take16(reader);
    class->super = take16(reader);
    class->flags = take16(reader);
    class->interface_count = take16(reader);
    class->interfaces = take(reader, class->interface_count, sizeof class->interfaces[0]);
    if (class->interfaces == NULL)
        return false;
    if (!is_tagged(module, class->name, POOL_CLASS) ||
        (class->super != 0 && !is_tagged(module, class->super, POOL_CLASS)))
        return refuse(reader, "a class has no name or no super class");
    reader->class = module->pool[class->name].name;
    name = &module->pool[reader->class];
    if (name->text[0] == '[')
        return refuse(reader, "it declares an array class");
    if ((class->flags & ~CLASS_FLAGS) != 0)
        return refuse(reader, "a class has unknown flags");
    for (unsigned i = 0; i < class->interface_count; i++) {
        if (!is_tagged(module, le16_get(class->interfaces[i]), POOL_CLASS))
            return refuse(reader, "a class implements what is no class");
    }
    return true;
}

static bool
read_class(struct reader *reader, struct arena *arena, struct module_class *class)
{
    if (!read_class_head(reader, class))
        return false;
    class->field_count = take16(reader);
    if (!make_room(reader, arena, class->field_count, FIELD_BYTES, sizeof class->fields[0],
                   (void **)&class->fields) ||
        class->fields == NULL)
        return false;
    for (unsigned i = 0; i < class->field_count; i++) {
        if (!read_field(reader, &class->fields[i]))
            return false;
    }
    class->method_count = take16(reader);
    if (!make_room(reader, arena, class->method_count, METHOD_BYTES_MIN, sizeof class->methods[0],
                   (void **)&class->methods) ||
        class->methods == NULL)
        return false;
    for (unsigned i = 0; i < class->method_count; i++) {
        if (!read_method(reader, &class->methods[i]))
            return false;
    }
    return true;
}

/* All behind the header. False with reader->why set, or NULL there for want of memory. */
static bool
read_body(struct reader *reader, struct arena *arena)
{
    struct module *module = reader->module;

    module->source = take16(reader);
    module->entry_class = take16(reader);
    if (!read_pool(reader, arena))
        return false;
    if (!is_tagged(module, module->source, POOL_UTF8))
        return refuse(reader, "it does not name its source");
    if (module->entry_class != 0 && !is_tagged(module, module->entry_class, POOL_CLASS))
        return refuse(reader, "the class to start is no class");
    module->class_count = take16(reader);
    if (!make_room(reader, arena, module->class_count, CLASS_BYTES_MIN, sizeof module->classes[0],
                   (void **)&module->classes) ||
        module->classes == NULL)
        return false;
    for (uint32_t i = 0; i < module->class_count; i++) {
        if (!read_class(reader, arena, &module->classes[i]))
            return false;
    }
    reader->class = 0;
    reader->member = 0;
    if (reader->at != reader->end)
        return refuse(reader, "it goes on behind its end");
    return reader->why == NULL;
}

err_t
module_read(struct module *module, struct arena *arena, const void *bytes, size_t byte_count,
            const char **why)
{
    struct reader reader = { .at = bytes, .module = module };
    uint32_t crc;

    *module = (struct module){ 0 };
    if (byte_count < MODULE_HEADER_BYTES) {
        *why = "this is no module";
        return ERR_FOREIGN;
    }
    reader.end = reader.at + byte_count;
    if (take32(&reader) != MODULE_MAGIC) {
        *why = "this is no module";
        return ERR_FOREIGN;
    }
    if (take32(&reader) != MODULE_VERSION) {
        *why = "this module was made for another release";
        return ERR_VERSION;
    }
    if (take32(&reader) != byte_count) {
        *why = "the module is not as long as it says";
        return ERR_CORRUPT;
    }
    crc = take32(&reader);
    if (crc != crc32c(reader.at, (size_t)(reader.end - reader.at))) {
        *why = "the module is damaged: its checksum does not match";
        return ERR_CORRUPT;
    }
    if (read_body(&reader, arena))
        return OK;
    if (reader.why == NULL)
        return ERR_NOMEM;
    *why = reader.why;
    return ERR_CORRUPT;
}

uint32_t
module_line_at(const struct module_method *method, uint32_t pc)
{
    uint32_t line = 0;

    for (uint32_t i = 0; i < method->line_count && le32_get(method->lines[i].pc) <= pc; i++)
        line = le32_get(method->lines[i].line);
    return line;
}
