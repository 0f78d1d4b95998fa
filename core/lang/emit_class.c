/*
 * emit_class.c - methods and classes as they lie in a module.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

/* The loader has the same limits. */
#define METHODS_MAX     4096 /* of one class */
#define FRAME_SLOTS_MAX 8192 /* locals and stack of one area */

/* The receiver and the arguments have the first slots of their areas. */
static void
place_arguments(struct emit *emit)
{
    if ((emit->method->flags & MEMBER_STATIC) == 0)
        (void)lang_word_slot(emit);
    for (struct local *local = emit->method->arguments; local != NULL; local = local->next) {
        bool cell = local->cell;

        local->cell = false;
        lang_new_slot(emit, local);
        local->cell = cell;
    }
}

/* Arguments that a fun shares move into cells. */
static void
move_arguments(struct emit *emit)
{
    for (struct local *local = emit->method->arguments; local != NULL; local = local->next) {
        if (!local->cell)
            continue;
        lang_emit_line(emit, emit->method->place);
        lang_load_slot(emit, local->type, local->slot);
        lang_emit_declare(emit, local);
    }
}

/* The values that the text gives to fields, in order. */
static void
emit_fields(struct emit *emit, bool is_static)
{
    for (struct field *field = emit->class->fields; field != NULL; field = field->next) {
        bool raw = lang_is_raw(field->type);

        if (field->value == NULL || field->is_top ||
            ((field->flags & MEMBER_STATIC) != 0) != is_static)
            continue;
        lang_emit_line(emit, field->place);
        if (!is_static)
            lang_emit_this(emit);
        lang_emit_value(emit, field->value);
        lang_emit_effect(emit, is_static ? BC_PUTSTATIC : BC_PUTFIELD, !is_static + !raw, raw, 0,
                         0);
        lang_emit_operand(emit, lang_pool_field(emit->module, field), 2);
    }
}

static void
emit_constructor(struct emit *emit)
{
    struct method *method = emit->method;
    struct class *super = emit->class->super;
    struct stmt *body = method->body == NULL ? NULL : method->body->body;
    const struct method *above;

    if (method->super_call != NULL) {
        lang_emit_stmt(emit, body);
        body = body->next;
    } else if (super != NULL) {
        above = (const struct method *)lang_own_method(emit->lang, super, emit->lang->names.new_);
        while (above != NULL && above->argument_count != 0)
            above = above->next_named;
        if (above != NULL) {
            lang_emit_this(emit);
            lang_emit_invoke(emit, BC_INVOKESPECIAL, above);
        }
    }
    emit_fields(emit, false);
    lang_emit_list(emit, body);
}

/* What the machine starts: run(), or an object and its method. */
static void
emit_entry(struct emit *emit)
{
    const struct method *to = emit->method->starts;
    struct lang *lang = emit->lang;
    const struct method *constructor;

    if ((to->flags & MEMBER_STATIC) == 0) {
        constructor = lang_own_method(lang, emit->class, lang->names.new_);
        while (constructor->argument_count != 0)
            constructor = constructor->next_named;
        lang_emit_u16(emit, BC_NEW, lang_pool_class(emit->module, emit->class->name));
        lang_emit_effect(emit, BC_WDUP, 1, 0, 2, 0);
        lang_emit_invoke(emit, BC_INVOKESPECIAL, constructor);
    }
    for (const struct local *local = to->arguments; local != NULL; local = local->next) {
        if (emit->method->boot != NULL && local == to->arguments) {
            const struct method *boot = emit->method->boot;

            lang_emit_u16(emit, BC_NEW, lang_pool_class(emit->module, boot->class->name));
            lang_emit_effect(emit, BC_WDUP, 1, 0, 2, 0);
            lang_emit_invoke(emit, BC_INVOKESPECIAL, boot);
        } else {
            lang_emit_null(emit, local->type);
        }
    }
    lang_emit_invoke(emit, (to->flags & MEMBER_STATIC) != 0 ? BC_INVOKESTATIC : BC_INVOKEVIRTUAL,
                     to);
    lang_emit_pop(emit, to->type);
}

static void
emit_body(struct emit *emit)
{
    struct method *method = emit->method;

    place_arguments(emit);
    move_arguments(emit);
    if (method->is_entry)
        emit_entry(emit);
    else if (method->name == emit->lang->names.static_)
        emit_fields(emit, true);
    else if (method->name == emit->lang->names.new_)
        emit_constructor(emit);
    else
        lang_emit_stmt(emit, method->body);
    if (!emit->reachable)
        return;
    if (method->body != NULL)
        lang_emit_line(emit, method->body->end);
    if (method->type->kind == TYPE_VOID) {
        lang_emit(emit, BC_RETURN);
    } else {
        lang_emit_null(emit, method->type);
        lang_emit(emit, lang_is_raw(method->type) ? BC_RRETURN : BC_WRETURN);
    }
}

static void
put_code(struct emit *emit, struct buffer *out)
{
    struct lang *lang = emit->lang;

    lang_put(lang, out, emit->word_locals_max, 2);
    lang_put(lang, out, emit->raw_locals_max, 2);
    lang_put(lang, out, emit->words_max, 2);
    lang_put(lang, out, emit->raws_max, 2);
    lang_put(lang, out, emit->code.count, 4);
    if (buffer_append(out, emit->code.bytes, emit->code.count) != OK)
        lang_no_memory(lang);
    lang_put(lang, out, emit->handler_count, 2);
    if (buffer_append(out, emit->handlers.bytes, emit->handlers.count) != OK)
        lang_no_memory(lang);
    lang_put(lang, out, emit->line_count, 4);
    if (buffer_append(out, emit->lines.bytes, emit->lines.count) != OK)
        lang_no_memory(lang);
    if (emit->words_max + emit->word_locals_max > FRAME_SLOTS_MAX ||
        emit->raws_max + emit->raw_locals_max > FRAME_SLOTS_MAX)
        lang_error(lang, emit->file, emit->method->place, "move a part of it to another one",
                   "the method `%s` needs too large a frame", emit->method->name->text);
}

static void
emit_method(struct module_writer *module, struct class *class, struct method *method)
{
    struct lang *lang = module->lang;
    struct buffer *out = &module->classes;
    struct emit emit = {
        .lang = lang,
        .file = class->file,
        .module = module,
        .class = class,
        .method = method,
        .reachable = true,
    };
    uint16_t flags = method->flags;

    if (method->shared)
        flags &= (uint16_t)~MEMBER_PRIVATE;
    lang_put(lang, out, lang_pool_utf8(module, lang_method_name(lang, method)), 2);
    lang_put(lang, out, lang_pool_utf8(module, method->signature), 2);
    lang_put(lang, out, flags, 2);
    lang_put(lang, out, method->ordinal, 2);
    lang_put(lang, out, method->primitive, 2);
    if ((method->flags & (METHOD_ABSTRACT | METHOD_PRIMITIVE)) == 0)
        emit_body(&emit);
    else
        place_arguments(&emit);
    put_code(&emit, out);
    buffer_free(&emit.code);
    buffer_free(&emit.patches);
    buffer_free(&emit.handlers);
    buffer_free(&emit.lines);
}

static void
emit_field(struct module_writer *module, const struct field *field)
{
    struct lang *lang = module->lang;
    uint16_t flags = field->flags;

    /* These are set where the checker allows it, which is not only in <static>. */
    if (field->is_top || ((flags & MEMBER_STATIC) != 0 && field->value == NULL))
        flags &= (uint16_t)~MEMBER_FINAL;
    lang_put(lang, &module->classes, lang_pool_utf8(module, field->name), 2);
    lang_put(lang, &module->classes,
             lang_pool_utf8(module, lang_type_descriptor(lang, field->type)), 2);
    lang_put(lang, &module->classes, flags, 2);
}

/* The count of a list whose members are linked by `next`. */
#define LIST_COUNT(type, list, count)                                                              \
    do {                                                                                           \
        for (const struct type *item_ = (list); item_ != NULL; item_ = item_->next)                \
            (count)++;                                                                             \
    } while (0)

void
lang_emit_class(struct module_writer *module, struct class *class)
{
    struct lang *lang = module->lang;
    struct buffer *out = &module->classes;
    uint32_t interfaces = 0;
    uint32_t fields = 0;
    uint32_t methods = 0;

    module->file = class->file;
    module->class_count++;
    LIST_COUNT(class_list, class->interfaces, interfaces);
    LIST_COUNT(field, class->fields, fields);
    LIST_COUNT(method, class->methods, methods);
    if (interfaces > 65535 || fields > 65535 || methods > METHODS_MAX)
        lang_error(lang, class->file, class->place, NULL, "%s has too many members",
                   class->brief->text);
    lang_put(lang, out, lang_pool_class(module, class->name), 2);
    lang_put(lang, out, class->super == NULL ? 0 : lang_pool_class(module, class->super->name), 2);
    lang_put(lang, out, class->flags, 2);
    lang_put(lang, out, interfaces, 2);
    for (const struct class_list *item = class->interfaces; item != NULL; item = item->next)
        lang_put(lang, out, lang_pool_class(module, item->class->name), 2);
    lang_put(lang, out, fields, 2);
    for (const struct field *field = class->fields; field != NULL; field = field->next)
        emit_field(module, field);
    lang_put(lang, out, methods, 2);
    for (struct method *method = class->methods; method != NULL && !lang->stopped;
         method = method->next)
        emit_method(module, class, method);
}
