/*
 * table.h - tables of programs in test/lang, and a class library for them.
 *
 * A table is a text of sections. A section begins with `=== NAME`; a program
 * in it ends at a line `---`, behind which stands what is expected. In a program,
 * ⟦3000|x + ⟧ stands for 3000 times `x + `, with the number of each for every #.
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

/* The whole of a file. */
static inline char *
table_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long bytes;

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

/* Cut a file below test/lang into its sections. */
static inline void
table_load(struct table *table, const char *name)
{
    char path[200];
    char *at;

    memset(table, 0, sizeof *table);
    snprintf(path, sizeof path, "test/lang/%s", name);
    table->bytes = table_read_file(path);
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

#define TABLE_REPEAT        "\xe2\x9f\xa6"
#define TABLE_REPEAT_END    "\xe2\x9f\xa7"

#define TABLE_BRACKET_BYTES 3

/* Behind the bracket that closes the one before `at`. */
static inline const char *
table_repeat_end(const char *at)
{
    for (unsigned depth = 1; depth > 0; at++) {
        ck_assert_msg(*at != 0, "a repetition without an end");
        if (strncmp(at, TABLE_REPEAT, TABLE_BRACKET_BYTES) == 0)
            depth++;
        else if (strncmp(at, TABLE_REPEAT_END, TABLE_BRACKET_BYTES) == 0)
            depth--;
    }
    return at + TABLE_BRACKET_BYTES - 1;
}

/* A piece of a program, its repetitions written out; `number` stands for each #, or none. */
static inline void
table_expand(const char *at, const char *end, const char *number, struct buffer *text)
{
    while (at < end) {
        bool numbered = *at == '#' && number != NULL;
        const char *behind = at + 1;
        unsigned long count;
        char *piece;

        if (strncmp(at, TABLE_REPEAT, TABLE_BRACKET_BYTES) != 0) {
            ck_assert_int_eq(
                buffer_append(text, numbered ? number : at, numbered ? strlen(number) : 1), OK);
            at = behind;
            continue;
        }
        behind = table_repeat_end(at + TABLE_BRACKET_BYTES);
        count = strtoul(at + TABLE_BRACKET_BYTES, &piece, 10);
        ck_assert_msg(*piece == '|', "not a repetition: %.40s", at);
        for (unsigned long i = 0; i < count; i++) {
            char digits[24];

            snprintf(digits, sizeof digits, "%lu", i);
            table_expand(piece + 1, behind - TABLE_BRACKET_BYTES, digits, text);
        }
        at = behind;
    }
}

static inline void
table_free(struct table *table)
{
    free(table->bytes);
    table->bytes = NULL;
}

static inline bool
table_is_library(const struct table_section *section)
{
    return strncmp(section->name, "beside/", 7) != 0;
}

/* host->find over the small library, and the files beside a program; one cannot be read. */
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
    if (strcmp(path, "sealed.ph") == 0) {
        *source = (struct lang_source){ .path = "sealed.ph", .trouble = "somebody has sealed it" };
        *library = false;
        return true;
    }
    for (size_t i = 0; i < table_library.count; i++) {
        struct table_section *section = &table_library.sections[i];

        if (strcmp(section->name, path) != 0)
            continue;
        source->path = section->name;
        source->text = section->text;
        source->byte_count = strlen(section->text);
        *library = table_is_library(section);
        return true;
    }
    return false;
}

/* host->embed: a file of four bytes, one that is too large, and one that cannot be read. */
static inline bool
table_embed(void *context, const char *name, const char *importing_path, struct lang_source *source)
{
    (void)context;
    (void)importing_path;
    source->text = "text";
    source->byte_count = strcmp(name, "huge.txt") == 0 ? LANG_SOURCE_BYTES_MAX + 1 : 4;
    source->trouble = strcmp(name, "sealed.txt") == 0 ? "somebody has sealed it" : NULL;
    return strcmp(name, "huge.txt") == 0 || strcmp(name, "text.txt") == 0 ||
           source->trouble != NULL;
}

/* Messages as a person sees them, one behind the other, in a buffer of this size. */
#define TABLE_MESSAGES_BYTES 32768

static inline void
table_message(void *context, const struct lang_message *message)
{
    char *text = context;
    size_t used = strlen(text);
    struct buffer shown = { 0 };

    /* without memory nothing is said; the tests that take it away look for that */
    if (lang_message_format(message, false, &shown) == OK)
        snprintf(text + used, TABLE_MESSAGES_BYTES - used, "%.*s", (int)shown.count,
                 (const char *)shown.bytes);
    buffer_free(&shown);
}

/* Messages as lines `3:7 error: text | hint`. */
static inline void
table_message_brief(void *context, const struct lang_message *message)
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
    struct lang_host host = {
        .context = messages,
        .find = table_find,
        .embed = table_embed,
        .message = table_message,
    };
    struct lang_source source = { .path = "test.ph", .text = text, .byte_count = bytes };

    messages[0] = 0;
    return lang_compile(&host, &source, module);
}

/* The sources of the library; returns how many. */
static inline size_t
table_library_sources(struct lang_source sources[TABLE_SECTIONS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < table_library.count; i++) {
        const struct table_section *section = &table_library.sections[i];

        if (table_is_library(section))
            sources[count++] =
                (struct lang_source){ section->name, section->text, strlen(section->text), NULL };
    }
    return count;
}

/* The library itself, as one module. */
static inline err_t
table_compile_library(char *messages, struct buffer *module)
{
    struct lang_host host = { .context = messages, .message = table_message };
    struct lang_source sources[TABLE_SECTIONS_MAX];

    messages[0] = 0;
    return lang_compile_library(&host, sources, table_library_sources(sources), module);
}

/*
 * Each program of a table gets the messages that stand behind it, and an error where there is one
 * among them. `run` leaves them in `messages`. What is otherwise is shown.
 */
static inline void
table_check_messages(const char *name, const char *messages,
                     err_t (*run)(const struct table_section *section))
{
    static struct table table;
    unsigned wrong = 0;

    table_load(&table, name);
    ck_assert_uint_gt(table.count, 10);
    for (size_t i = 0; i < table.count; i++) {
        struct table_section *section = &table.sections[i];
        err_t err = run(section);
        bool has_error = strstr(section->expected, " error: ") != NULL;
        size_t end = strlen(section->expected);

        while (end > 0 && section->expected[end - 1] == '\n')
            end--; /* the empty line before the next section */
        if (strncmp(messages, section->expected, end) != 0 ||
            strcmp(messages + end, end == 0 ? "" : "\n") != 0 ||
            err != (has_error ? ERR_PROGRAM : OK)) {
            printf("=== %s\n%s---\n%s\n", section->name, section->text, messages);
            wrong++;
        }
    }
    fflush(stdout);
    table_free(&table);
    ck_assert_msg(wrong == 0, "%u programs got the messages shown above", wrong);
}
