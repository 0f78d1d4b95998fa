/*
 * line.c - what a person types at a prompt, one text after the other.
 *
 * Each text becomes a module of its own, whose class .main.NAME holds its variables and functions.
 * What others can use of it is written down once more, as declarations in the language itself: the
 * interface. The interfaces of all earlier texts, oldest first, are the scope of the next one.
 * There each class has its full name and each type is settled, so an interface means the same for
 * ever, whatever is declared later; and a name means what was declared last.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"
#include "lang/compile_priv.h"
#include "lang/emit_priv.h"
#include "lang/parse_priv.h"

#include "base/format.h"
#include "base/memory.h"

/* It is compiled on the stack of a thread of the machine, which may have only 256 KiB. */
#define LINE_DEPTH_MAX     100
#define LINE_HEIGHT_MAX    300

#define MAIN_PACKAGE       ".main."
#define MAIN_PACKAGE_BYTES (sizeof MAIN_PACKAGE - 1)

/* ---- what earlier texts have declared ---- */

bool
lang_is_holder(const struct class *class)
{
    return class->name->byte_count > MAIN_PACKAGE_BYTES &&
           memcmp(class->name->text, MAIN_PACKAGE, MAIN_PACKAGE_BYTES) == 0;
}

struct class *
lang_scope_home(struct lang *lang, const struct symbol *name, bool fields_only)
{
    struct class *newest = NULL;

    if (lang->scope == NULL)
        return NULL;
    for (struct class *class = lang->scope->classes; class != NULL; class = class->next_in_file) {
        if (!lang_is_holder(class))
            continue;
        if (lang_own_field(lang, class, name) != NULL ||
            (!fields_only && lang_own_method(lang, class, name) != NULL))
            newest = class;
    }
    return newest;
}

struct class *
lang_scope_class(struct lang *lang, const struct symbol *brief)
{
    uint64_t class = 0;

    if (lang->scope != NULL)
        (void)hash_table_get(&lang->classes, (uint64_t)lang->scope->number << 32 | brief->id,
                             &class);
    return (struct class *)(uintptr_t) class;
}

/* ---- the interface ---- */

struct writer {
    struct lang *lang;
    struct buffer text;
};

static __attribute__((format(printf, 2, 3))) void
put(struct writer *writer, const char *format, ...)
{
    char piece[LANG_SYMBOL_BYTES_MAX];
    va_list values;
    size_t count;

    va_start(values, format);
    count = format_list(piece, sizeof piece, format, values);
    va_end(values);
    if (buffer_append(&writer->text, piece, count) != OK)
        lang_no_memory(writer->lang);
}

/* .a."b"."c": in quotes, a part may be a keyword. */
static void
put_name(struct writer *writer, const struct symbol *name)
{
    const char *at = name->text;
    unsigned part = 0;

    while (*at == '.') {
        size_t count = 1;

        while (at[count] != 0 && at[count] != '.')
            count++;
        put(writer, part++ == 0 ? ".%.*s" : ".\"%.*s\"", (int)(count - 1), at + 1);
        at += count;
    }
}

/* Arrays of anything but containers can be written with brackets. */
static bool
has_brackets(const struct lang *lang, const struct type *type)
{
    return type->kind != TYPE_CLASS || type->element == NULL ||
           (type->class->name == lang->names.internal_array && has_brackets(lang, type->element));
}

static void
put_type(struct writer *writer, const struct type *type)
{
    const struct lang *lang = writer->lang;

    if (type->kind == TYPE_VECTOR) {
        put(writer, ".internal.%s", type->text);
    } else if (type->kind == TYPE_VOID || lang_is_raw(type)) {
        put(writer, "%s", type->text);
    } else if (type->kind != TYPE_CLASS) {
        put(writer, "any");
    } else if (type->element != NULL && has_brackets(lang, type)) {
        put_type(writer, type->element);
        put(writer, "[]");
    } else if (type->element != NULL && type->class->name != lang->names.internal_array &&
               type->element->kind != TYPE_VECTOR &&
               (type->element->kind != TYPE_CLASS || type->element->element == NULL)) {
        put_type(writer, type->element);
        put(writer, "[");
        put_name(writer, type->class->name);
        put(writer, "]");
    } else {
        put_name(writer, type->class->name); /* of what, is forgotten */
    }
}

static void
put_flags(struct writer *writer, uint16_t flags)
{
    if ((flags & MEMBER_PUBLIC) != 0)
        put(writer, "public ");
    if ((flags & MEMBER_PRIVATE) != 0)
        put(writer, "private ");
    if ((flags & MEMBER_STATIC) != 0)
        put(writer, "static ");
    if ((flags & MEMBER_FINAL) != 0)
        put(writer, "const ");
}

static void
put_field(struct writer *writer, const struct field *field)
{
    put_flags(writer, field->flags);
    put_type(writer, field->type);
    put(writer, " %s;\n", field->name->text);
}

static void
put_method(struct writer *writer, const struct method *method)
{
    const struct lang_names *names = &writer->lang->names;

    if (method->name->text[0] == '<' && method->name != names->new_)
        return;
    put_flags(writer, method->flags);
    put_type(writer, method->declared != NULL ? method->declared : method->type);
    put(writer, " %s(",
        method->name == names->new_ ? method->class->brief->text : method->name->text);
    for (const struct local *local = method->arguments; local != NULL; local = local->next) {
        put_type(writer, local->type);
        put(writer, " %s%s", local->name->text, local->next != NULL ? ", " : "");
    }
    put(writer, ")");
    if (method->ordinal != MODULE_NO_ORDINAL)
        put(writer, " [%u]", method->ordinal);
    put(writer, (method->flags & METHOD_ABSTRACT) != 0 ? ";\n" : " {}\n");
}

static void
put_class(struct writer *writer, struct class *class)
{
    const struct lang_names *names = &writer->lang->names;
    bool interface = (class->flags & CLASS_INTERFACE) != 0;

    lang_class_members(writer->lang, class);
    if (!interface && (class->flags & CLASS_ABSTRACT) != 0)
        put(writer, "abstract ");
    if ((class->flags & CLASS_FINAL) != 0)
        put(writer, "final ");
    put(writer, interface ? "interface " : "class ");
    put_name(writer, class->name);
    if (!interface && class->super != NULL && class->super->name != names->internal_object) {
        put(writer, " extends ");
        put_name(writer, class->super->name);
    }
    for (const struct class_list *item = class->interfaces; item != NULL; item = item->next) {
        put(writer, interface ? " extends " : " implements ");
        put_name(writer, item->class->name);
    }
    put(writer, " {\n");
    for (const struct field *field = class->fields; field != NULL; field = field->next)
        put_field(writer, field);
    for (const struct method *method = class->methods; method != NULL; method = method->next)
        put_method(writer, method);
    put(writer, "}\n");
}

/* Functions as values have classes, too, which nobody can name. */
static bool
can_be_named(const struct class *class)
{
    return class->name->text[class->name->byte_count - class->brief->byte_count - 1] == '.';
}

/* The declarations of a checked file, as the text of a constant. */
static struct text *
interface_text(struct lang *lang, struct file *file)
{
    struct writer writer = { .lang = lang };
    struct text *text = lang_alloc(lang, sizeof(*text));
    char *bytes;

    for (struct class *class = file->classes; class != NULL; class = class->next_in_file) {
        if (can_be_named(class))
            put_class(&writer, class);
    }
    bytes = lang_alloc_large(lang, writer.text.count + 1);
    if (bytes != NULL)
        memcpy(bytes, writer.text.bytes, writer.text.count);
    *text = (struct text){ .bytes = bytes, .byte_count = (uint32_t)writer.text.count };
    buffer_free(&writer.text);
    return text;
}

/* The static method "<scope>" of the holder, which gives the interface. */
static void
add_scope_method(struct lang *lang, struct file *file)
{
    struct method *method;
    struct stmt *stmt = lang_alloc(lang, sizeof(*stmt));
    struct expr *value = lang_alloc(lang, sizeof(*value));

    value->kind = EXPR_STRING;
    value->text = interface_text(lang, file);
    value->place = file->main->place;
    value->type = lang_type_string(lang, file, file->main->place);
    value->checked = true;
    stmt->kind = STMT_RETURN;
    stmt->place = stmt->end = file->main->place;
    stmt->value = value;
    method = lang_method_create(lang, file->main, lang->names.scope, file->main->place);
    method->type = &lang_type_any;
    method->flags = MEMBER_PUBLIC | MEMBER_STATIC;
    method->signature = lang_symbol(lang, "()w", 3);
    method->body = stmt;
}

/* ---- the text itself ---- */

/* Its classes have a package of their own, so that those of two texts never meet. */
void
lang_begin_line(struct lang *lang, struct file *file)
{
    lang->line = file;
    file->package = lang_symbol_format(lang, ".%s", lang_main_class(lang, file)->brief->text);
}

/* The last statement of the text gives its value to whoever runs it, if it is an expression. */
static void
mark_value(struct file *file)
{
    struct stmt *last = file->top == NULL ? NULL : file->top->body->body;

    while (last != NULL && last->next != NULL)
        last = last->next;
    if (last != NULL && last->kind == STMT_EXPR)
        last->yields = true;
}

static err_t
load_scope(struct lang *lang, const struct lang_line *line)
{
    struct lang_source source = { .path = "scope",
                                  .text = line->scope,
                                  .byte_count = line->scope_bytes };

    lang->scope = lang_load(lang, &source, true);
    return lang->error_count == 0 ? OK : ERR_PROGRAM;
}

/* From the parsed text to the module. */
static err_t
finish(struct lang *lang, struct buffer *module)
{
    struct file *file = lang->line;

    mark_value(file);
    lang_check_all(lang);
    if (lang->error_count == 0 && !lang->stopped)
        add_scope_method(lang, file);
    return lang_emit_all(lang, file, file->main, module);
}

err_t
lang_compile_line(const struct lang_host *host, const struct lang_line *line, struct buffer *module)
{
    struct lang lang;
    err_t err;

    err = lang_begin(&lang, host);
    if (err != OK)
        goto out;
    err = load_scope(&lang, line);
    if (err != OK)
        goto out;
    lang.takes_line = true;
    lang.depth_max = LINE_DEPTH_MAX;
    lang.height_max = LINE_HEIGHT_MAX;
    (void)lang_load(&lang, &line->source, false);
    err = lang.incomplete ? ERR_END : finish(&lang, module);
out:
    if (lang.no_memory)
        err = ERR_NOMEM;
    lang_end(&lang);
    return err;
}
