/*
 * table.h - tables of programs in test/lang, and a class library for them.
 *
 * A table is a text of sections. A section begins with `=== NAME`; a program
 * in it ends at a line `---`, behind which stands what is expected.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"

#define TABLE_SECTIONS_MAX 400

struct table_section {
    char *name;
    char *text;     /* zero-terminated */
    char *expected; /* behind the `---`, or "" */
};

struct table {
    char *bytes;
    struct table_section sections[TABLE_SECTIONS_MAX];
    size_t count;
};

static struct table table_library;

/* The whole of a file below test/lang. */
static inline char *
table_read(const char *name)
{
    char path[200];
    FILE *file;
    char *text;
    long bytes;

    snprintf(path, sizeof path, "test/lang/%s", name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s; run from the root of the project", path);
    fseek(file, 0, SEEK_END);
    bytes = ftell(file);
    rewind(file);
    text = malloc((size_t)bytes + 1);
    ck_assert_uint_eq(fread(text, 1, (size_t)bytes, file), (size_t)bytes);
    text[bytes] = 0;
    fclose(file);
    return text;
}

/* Cut a file into its sections. */
static inline void
table_load(struct table *table, const char *name)
{
    char *at;

    memset(table, 0, sizeof *table);
    table->bytes = table_read(name);
    at = strstr(table->bytes, "=== ");
    while (at != NULL) {
        struct table_section *section = &table->sections[table->count++];
        char *next;
        char *line;

        ck_assert_uint_lt(table->count, TABLE_SECTIONS_MAX);
        section->name = at + 4;
        line = strchr(at, '\n');
        *line = 0;
        section->text = line + 1;
        next = strstr(section->text, "\n=== ");
        if (strncmp(section->text, "=== ", 4) == 0)
            next = section->text - 1;
        if (next != NULL)
            *next++ = 0;
        at = next;
        section->expected = strstr(section->text, "\n---\n");
        if (section->expected != NULL) {
            section->expected[1] = 0;
            section->expected += 5;
        } else {
            section->expected = section->text + strlen(section->text);
        }
    }
}

static inline void
table_free(struct table *table)
{
    free(table->bytes);
    table->bytes = NULL;
}

/* host->find over the small library. */
static inline bool
table_find(void *context, const char *class_name, const char *importing_path,
           struct lang_source *source, bool *library)
{
    char path[300];

    (void)context;
    (void)importing_path;
    snprintf(path, sizeof path, "%s", class_name + 1);
    for (char *at = path; *at != 0; at++) {
        if (*at == '.')
            *at = '/';
    }
    strncat(path, ".ph", sizeof path - strlen(path) - 1);
    for (size_t i = 0; i < table_library.count; i++) {
        struct table_section *section = &table_library.sections[i];

        if (strcmp(section->name, path) != 0)
            continue;
        source->path = section->name;
        source->text = section->text;
        source->byte_count = strlen(section->text);
        *library = true;
        return true;
    }
    return false;
}

/* Messages as lines `3:7 error: text | hint`, in a buffer of this size. */
#define TABLE_MESSAGES_BYTES 16384

static inline void
table_message(void *context, const struct lang_message *message)
{
    char *text = context;
    size_t used = strlen(text);

    snprintf(text + used, TABLE_MESSAGES_BYTES - used, "%u:%u %s: %s%s%s\n", message->line,
             message->column, message->severity == LANG_ERROR ? "error" : "warning", message->text,
             message->hint == NULL ? "" : " | ", message->hint == NULL ? "" : message->hint);
}

/* Compile a text called test.ph; the messages go to `messages`, which it empties. */
static inline err_t
table_compile(const char *text, size_t bytes, char *messages, struct buffer *module)
{
    struct lang_host host = { .context = messages, .find = table_find, .message = table_message };
    struct lang_source source = { .path = "test.ph", .text = text, .byte_count = bytes };

    messages[0] = 0;
    return lang_compile(&host, &source, module);
}

/* The library itself, as one module. */
static inline err_t
table_compile_library(char *messages, struct buffer *module)
{
    struct lang_host host = { .context = messages, .message = table_message };
    struct lang_source sources[TABLE_SECTIONS_MAX];

    messages[0] = 0;
    for (size_t i = 0; i < table_library.count; i++) {
        sources[i].path = table_library.sections[i].name;
        sources[i].text = table_library.sections[i].text;
        sources[i].byte_count = strlen(sources[i].text);
    }
    return lang_compile_library(&host, sources, table_library.count, module);
}
