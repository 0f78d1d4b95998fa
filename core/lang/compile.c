/*
 * compile.c - the way of a program: parse, check everything, then emit.
 *
 * What could be parsed is checked even if something else could not. Nothing is emitted
 * while there is an error anywhere. The classes of the
 * module are those of the user's files (or all of the library), each behind
 * those it extends and implements.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/compile_priv.h"

#include "lang/emit_priv.h"
#include "lang/lint_priv.h"
#include "lang/parse_priv.h"

/* True if the class becomes a part of the module. */
static bool
is_ours(const struct lang *lang, const struct class *class)
{
    return lang->compiles_library || !class->file->library;
}

/* Check every class, also those that the checking brings to light. */
static void
check_classes(struct lang *lang)
{
    bool again = true;

    while (again && !lang->stopped) {
        again = false;
        for (struct file *file = lang->files; file != NULL; file = file->next) {
            if (file->library && !lang->compiles_library)
                continue;
            for (struct class *class = file->classes; class != NULL; class = class->next_in_file) {
                if (class->checked || lang->stopped)
                    continue;
                lang_check_class(lang, class);
                again = true;
            }
        }
    }
}

static void
check_imports(struct lang *lang)
{
    for (struct file *file = lang->files; file != NULL; file = file->next) {
        if (file->library && !lang->compiles_library)
            continue;
        for (struct import *import = file->imports; import != NULL; import = import->next) {
            if (lang_find_class(lang, import->name, file) == NULL && !import->brief->doubtful)
                lang_error(lang, file, import->path->place,
                           "its file stands beside this one, or in the library",
                           "there is no class %s", import->name->text);
        }
    }
}

/* Only the file that is started runs its statements. */
static void
warn_of_statements(struct lang *lang, const struct file *main)
{
    for (const struct file *file = lang->files; file != NULL; file = file->next) {
        if (file != main && file->top != NULL && file->top->body->body != NULL)
            lang_warn(lang, file, file->top->body->body->place,
                      "put them into a method, or leave them out",
                      "the statements of an imported file do not run");
    }
}

static void
emit_ordered(struct module_writer *module, struct class *class)
{
    if (class == NULL || class->emitted || !is_ours(module->lang, class))
        return;
    class->emitted = true;
    emit_ordered(module, class->super);
    for (struct class_list *item = class->interfaces; item != NULL; item = item->next)
        emit_ordered(module, item->class);
    if (!module->lang->stopped)
        lang_emit_class(module, class);
}

static void
emit_all(struct lang *lang, struct module_writer *module)
{
    struct file *list = NULL;
    struct file *next;

    for (struct file *file = lang->files; file != NULL; file = next) {
        next = file->next; /* the newest was first */
        file->next = list;
        list = file;
    }
    lang->files = list;
    emit_ordered(module, lang_find_class(lang, lang->names.internal_object, NULL));
    for (struct file *file = lang->files; file != NULL; file = file->next) {
        for (struct class *class = file->classes; class != NULL; class = class->next_in_file)
            emit_ordered(module, class);
    }
}

/* Static fields with values need a method that sets them. */
static void
add_static_methods(struct lang *lang)
{
    for (struct class *class = lang->class_list; class != NULL; class = class->next) {
        struct method *method;
        bool needed = false;

        if (!is_ours(lang, class))
            continue;
        for (const struct field *field = class->fields; field != NULL; field = field->next)
            needed |= field->value != NULL && !field->is_top && (field->flags & MEMBER_STATIC) != 0;
        if (!needed)
            continue;
        method = lang_method_create(lang, class, lang->names.static_, class->place);
        method->type = &lang_type_void;
        method->flags = MEMBER_STATIC;
        method->signature = lang_symbol(lang, "()v", 3);
    }
}

/* A method of that name which can be started: in a class of the file, or inherited. */
static struct method *
find_start(struct lang *lang, struct file *file, struct symbol *name, struct class **home)
{
    for (struct class *class = file->classes; class != NULL; class = class->next_in_file) {
        if ((class->flags & (CLASS_ABSTRACT | CLASS_INTERFACE)) != 0 || class == file->main ||
            lang_find_plain(lang, class, lang->names.new_) == NULL)
            continue;
        for (struct class *at = class; at != NULL; at = at->super) {
            struct method *method = lang_own_method(lang, at, name);

            if (method != NULL && method->argument_count <= 1) {
                *home = class;
                return method;
            }
        }
    }
    return NULL;
}

/* Make the static method "<entry>"; returns its class, or NULL after a message. */
static struct class *
add_entry(struct lang *lang, struct file *file)
{
    struct class *class = file->main;
    struct method *start = file->top;
    struct method *entry;
    struct class *boot;

    if (start == NULL)
        start = find_start(lang, file, lang->names.startup, &class);
    if (start == NULL)
        start = find_start(lang, file, lang->names.run, &class);
    if (start == NULL) {
        lang_error(lang, file, (struct place){ .line = 1, .length = 1 },
                   "write statements, or a class with a method `run` or `startup`",
                   "this file has nothing to start");
        return NULL;
    }
    entry = lang_method_create(lang, class, lang->names.entry, start->place);
    entry->type = &lang_type_void;
    entry->flags = MEMBER_PUBLIC | MEMBER_STATIC;
    entry->signature = lang_symbol(lang, "()v", 3);
    entry->is_entry = true;
    entry->starts = start;
    boot = lang_find_class(lang, lang->names.internal_bootstrap, file);
    if (start->name == lang->names.startup && boot != NULL)
        entry->boot = lang_find_plain(lang, boot, lang->names.new_);
    return class;
}

void
lang_check_all(struct lang *lang)
{
    check_imports(lang);
    check_classes(lang);
}

err_t
lang_emit_all(struct lang *lang, struct file *main, const struct class *entry,
              struct buffer *result)
{
    struct module_writer module = { .lang = lang, .file = main };
    err_t err = ERR_PROGRAM;

    if (lang->error_count == 0 && !lang->stopped) {
        add_static_methods(lang);
        emit_all(lang, &module);
    }
    if (lang->error_count == 0 && !lang->stopped)
        err = lang_module_finish(&module, lang_symbol_format(lang, "%s", main->source.path), entry,
                                 result);
    if (lang->no_memory)
        err = ERR_NOMEM;
    buffer_free(&module.pool);
    buffer_free(&module.classes);
    hash_table_free(&module.index);
    return err;
}

static err_t
finish(struct lang *lang, struct file *main, struct buffer *result)
{
    struct class *entry = NULL;

    lang_check_all(lang);
    if (lang->error_count == 0 && !lang->stopped) {
        warn_of_statements(lang, main);
        if (!lang->compiles_library)
            entry = add_entry(lang, main);
    }
    return lang_emit_all(lang, main, entry, result);
}

err_t
lang_compile(const struct lang_host *host, const struct lang_source *source, struct buffer *module)
{
    struct lang lang;
    struct file *file;
    err_t err;

    err = lang_begin(&lang, host);
    if (err != OK)
        goto out;
    file = lang_load(&lang, source, false);
    err = finish(&lang, file, module);
out:
    lang_end(&lang);
    return err;
}

err_t
lang_lint(const struct lang_host *host, const struct lang_source *source,
          const struct lang_source *library, size_t library_count)
{
    struct lang lang;
    struct file *file;
    err_t err;

    err = lang_begin(&lang, host);
    if (err != OK)
        goto out;
    lang.lints = true;
    lang.compiles_library = library != NULL;
    file = lang_load(&lang, source, library != NULL);
    for (size_t i = 0; i < library_count; i++)
        (void)lang_load(&lang, &library[i], true);
    lang_check_all(&lang);
    if (lang.error_count != 0)
        err = ERR_PROGRAM;
    else
        lang_lint_file(&lang, file);
    if (lang.no_memory)
        err = ERR_NOMEM;
out:
    lang_end(&lang);
    return err;
}

err_t
lang_compile_library(const struct lang_host *host, const struct lang_source *sources, size_t count,
                     struct buffer *module)
{
    struct lang lang;
    struct file *file = NULL;
    err_t err;

    err = lang_begin(&lang, host);
    if (err != OK)
        goto out;
    lang.compiles_library = true;
    for (size_t i = 0; i < count; i++)
        file = lang_load(&lang, &sources[i], true);
    err = file == NULL ? ERR_PROGRAM : finish(&lang, file, module);
out:
    lang_end(&lang);
    return err;
}
