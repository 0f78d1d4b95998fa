/*
 * pool.c - finding what the constant pool of a module names.
 *
 * All of it is found when the module is loaded, so that an instruction never
 * meets a name that nobody knows. What is not found is said with the place
 * that wants it: the first instruction that has the entry as its operand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/pool.h"

#include "base/format.h"
#include "vm/model_priv.h"
#include "vm/opcode.h"
#include "vm/signature.h"

err_t
pool_begin(struct load *load)
{
    load->pool = arena_alloc(&load->arena, load->module.pool_count, sizeof load->pool[0]);
    if (load->pool == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 1; i < load->module.pool_count; i++) {
        const struct module_pool_entry *entry = &load->module.pool[i];

        if (entry->tag != POOL_UTF8)
            continue;
        load->pool[i].text = model_name(load, entry->text, entry->bytes);
        if (load->pool[i].text == NULL)
            return ERR_NOMEM;
    }
    return OK;
}

/* ---- who wants it ---- */

static bool
uses_entry(const struct load *load, unsigned operand, unsigned entry)
{
    return operand == entry ||
           (operand < load->module.pool_count && load->module.pool[operand].class == entry);
}

/* The pc of the first instruction that names the entry; false if there is none. */
static bool
find_use(const struct load *load, const struct module_method *method, unsigned entry, uint32_t *pc)
{
    struct instruction at;

    *pc = 0;
    while (instruction_read(&at, method->code, method->code_bytes, *pc)) {
        if ((at.operands == OPERANDS_POOL || at.operands == OPERANDS_POOL_U8) &&
            uses_entry(load, at.number, entry))
            return true;
        *pc += at.bytes;
    }
    return false;
}

/* "in class .main, method run, line 7", or of the module at large. */
static void
describe_use(const struct load *load, unsigned entry, char *text, size_t bytes)
{
    for (uint32_t i = 0; i < load->module.class_count; i++) {
        const struct model_class *class = &load->declared[i];

        for (uint32_t k = 0; k < class->method_count; k++) {
            const struct model_method *method = &class->methods[k];
            uint32_t pc;

            if (!find_use(load, method->source, entry, &pc))
                continue;
            format(text, bytes, "in class %s, method %s, line %u", class->name->text,
                   method->name->text, module_line_at(method->source, pc));
            return;
        }
    }
    format(text, bytes, "in module %s", pool_name(load, load->module.source)->text);
}

static err_t
unknown(struct load *load, unsigned entry, const char *what)
{
    const struct module_pool_entry *at = &load->module.pool[entry];
    const char *type = "", *of = "", *dot = "";
    char where[256] = "";

    if (load->complaint_count < LOAD_COMPLAINTS_MAX)
        describe_use(load, entry, where, sizeof where);
    if (at->tag != POOL_CLASS) {
        type = pool_name(load, at->type)->text;
        of = pool_name(load, load->module.pool[at->class].name)->text;
        dot = ".";
    }
    return load_complain(load, "%s: unknown %s %s%s%s%s%s", where, what, of, dot,
                         pool_name(load, at->name)->text, at->tag == POOL_FIELD ? " of type " : "",
                         type);
}

/* ---- resolution ---- */

static err_t
resolve_class(struct load *load, unsigned index)
{
    struct pool_item *item = &load->pool[index];
    const struct name *name = pool_name(load, load->module.pool[index].name);

    TRY(model_class_find(load, name, &item->class));
    if (item->class == NULL)
        return unknown(load, index, "class");
    return model_want(load, item->class);
}

/* How many members a search in the class may look at. */
static uint64_t
search_steps(const struct model_class *class)
{
    uint64_t steps = 16;

    for (uint32_t i = 0; i < class->interface_count; i++)
        steps += 1 + class->interfaces[i]->field_count + class->interfaces[i]->method_count;
    for (; class != NULL; class = class->super)
        steps += 1 + class->interface_count + class->field_count + class->method_count;
    return steps;
}

static err_t
resolve_member(struct load *load, unsigned index)
{
    const struct module_pool_entry *entry = &load->module.pool[index];
    struct pool_item *item = &load->pool[index];
    const struct name *name = pool_name(load, entry->name);
    const struct name *type = pool_name(load, entry->type);

    item->class = load->pool[entry->class].class;
    if (item->class == NULL)
        return OK; /* said already */
    TRY(load_work(load, search_steps(item->class)));
    if (entry->tag == POOL_FIELD) {
        item->field = model_field_find(item->class, name, type);
        return item->field != NULL ? OK : unknown(load, index, "field");
    }
    item->method = model_method_find(item->class, name, type);
    return item->method != NULL ? OK : unknown(load, index, "method");
}

/* OK after a complaint: to find all that is unknown at once. */
static err_t
go_on(err_t err)
{
    return err == ERR_PROGRAM ? OK : err;
}

static err_t
check_type(struct load *load, const struct model_class *class, const struct name *member,
           const char *type, size_t bytes)
{
    struct model_class *found;

    if (type_area(type[0]) != 'w')
        return OK;
    TRY(model_class_of_type(load, type, bytes, &found));
    if (found != NULL)
        return model_want(load, found); /* untyped calls look at the class */
    return load_complain(load, "in class %s: %s has a type that nobody knows: %.*s",
                         class->name->text, member->text, (int)bytes, type);
}

static err_t
check_member_types(struct load *load, const struct model_class *class)
{
    for (uint32_t i = 0; i < class->field_count; i++) {
        const struct model_field *field = &class->fields[i];

        TRY(go_on(check_type(load, class, field->name, field->type->text, field->type->bytes)));
    }
    for (uint32_t i = 0; i < class->method_count; i++) {
        const struct name *signature = class->methods[i].signature;
        struct signature_walk walk = signature_begin(signature->text, signature->bytes);
        bool more = true;

        while (more) {
            more = signature_next(&walk);
            TRY(go_on(check_type(load, class, class->methods[i].name, walk.type, walk.type_bytes)));
        }
    }
    return OK;
}

err_t
pool_resolve(struct load *load)
{
    for (uint32_t i = 1; i < load->module.pool_count; i++) {
        if (load->module.pool[i].tag == POOL_CLASS)
            TRY(go_on(resolve_class(load, i)));
    }
    for (uint32_t i = 1; i < load->module.pool_count; i++) {
        uint8_t tag = load->module.pool[i].tag;

        if (tag == POOL_FIELD || tag == POOL_METHOD)
            TRY(go_on(resolve_member(load, i)));
    }
    for (uint32_t i = 0; i < load->module.class_count; i++)
        TRY(check_member_types(load, &load->declared[i]));
    return load->complaint_count > 0 ? ERR_PROGRAM : OK;
}
