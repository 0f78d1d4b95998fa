/*
 * layout_test.c - sources laid out: how they look, and that they mean what they meant.
 *
 * How they look stands in test/lang/layout.txt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/lang/table.h"

#include <glob.h>

#include "embed/embedded.h"
#include "lang/lexer_priv.h"
#include "support/memory.h"
#include "support/suite.h"

#define SCRAMBLES 4

static char messages[TABLE_MESSAGES_BYTES];

/* ---- one text ---- */

static struct buffer
laid_out(const char *path, const char *text, size_t bytes)
{
    struct lang_host host = { .context = messages, .message = table_message_brief };
    struct lang_source source = { .path = path, .text = text, .byte_count = bytes };
    struct buffer result = { 0 };

    messages[0] = 0;
    ck_assert_msg(lang_layout(&host, &source, &result) == OK, "%s: %s", path, messages);
    return result;
}

static bool
is_text(const struct buffer *buffer, const char *text, size_t bytes)
{
    return buffer->count == bytes && (bytes == 0 || memcmp(buffer->bytes, text, bytes) == 0);
}

/* Laid out; and that, laid out again, stays as it is. */
static struct buffer
laid_out_twice(const char *path, const char *text, size_t bytes)
{
    struct buffer once = laid_out(path, text, bytes);
    struct buffer twice = laid_out(path, (const char *)once.bytes, once.count);

    ck_assert_msg(is_text(&twice, (const char *)once.bytes, once.count),
                  "%s: the second time it is\n%.*s\nand the first time it was\n%.*s", path,
                  (int)twice.count, (const char *)twice.bytes, (int)once.count,
                  (const char *)once.bytes);
    buffer_free(&twice);
    return once;
}

/* ---- the table ---- */

START_TEST(each_source_is_laid_out_as_the_table_says)
{
    static struct table table;
    unsigned wrong = 0;

    table_load(&table, "layout.txt");
    ck_assert_uint_gt(table.count, 10);
    for (size_t i = 0; i < table.count; i++) {
        struct table_section *section = &table.sections[i];
        struct buffer text = laid_out_twice(section->name, section->text, strlen(section->text));
        size_t end = strlen(section->expected);

        while (end > 1 && section->expected[end - 1] == '\n' && section->expected[end - 2] == '\n')
            end--; /* the empty line before the next section */
        if (!is_text(&text, section->expected, end)) {
            printf("=== %s\n%s---\n%.*s\n", section->name, section->text, (int)text.count,
                   (const char *)text.bytes);
            wrong++;
        }
        buffer_free(&text);
    }
    fflush(stdout);
    table_free(&table);
    ck_assert_msg(wrong == 0, "%u sources were laid out as shown above", wrong);
}
END_TEST

/* ---- what a source means ---- */

/* host->find in the class library of the command. */
static bool
find_embedded(void *context, const char *class_name, const char *importing_path,
              struct lang_source *source, bool *library)
{
    char path[300];

    (void)context;
    (void)importing_path;
    snprintf(path, sizeof path, "%s.ph", class_name + 1);
    for (char *at = path; at < path + strlen(path) - 3; at++) {
        if (*at == '.')
            *at = '/';
    }
    for (size_t i = 0; i < embedded_class_count; i++) {
        const struct embedded_source *embedded = &embedded_classes[i];

        if (strcmp(embedded->path, path) != 0)
            continue;
        *source = (struct lang_source){ embedded->path, embedded->text, embedded->bytes, NULL };
        *library = true;
        return true;
    }
    return false;
}

/* The listing of a module without the tables of lines; takes the module. */
static struct buffer
listing_of(struct buffer *module)
{
    static const char lines[] = "      lines ";
    struct buffer listing = { 0 };
    struct buffer result = { 0 };
    char *next;

    ck_assert_int_eq(lang_disassemble(module->bytes, module->count, &listing), OK);
    ck_assert_int_eq(buffer_terminate(&listing), OK);
    buffer_free(module);
    for (char *at = (char *)listing.bytes; *at != 0; at = next) {
        next = strchr(at, '\n') + 1;
        if (strncmp(at, lines, sizeof lines - 1) != 0)
            ck_assert_int_eq(buffer_append(&result, at, (size_t)(next - at)), OK);
    }
    buffer_free(&listing);
    return result;
}

static struct buffer
program_listing(const char *path, const char *text, size_t bytes)
{
    struct lang_host host = { .context = messages,
                              .find = find_embedded,
                              .message = table_message_brief };
    struct lang_source source = { .path = path, .text = text, .byte_count = bytes };
    struct buffer module = { 0 };

    messages[0] = 0;
    ck_assert_msg(lang_compile(&host, &source, &module) == OK, "%s: %s", path, messages);
    return listing_of(&module);
}

static struct buffer
library_listing(const struct lang_source *sources, size_t count)
{
    struct lang_host host = { .context = messages, .message = table_message_brief };
    struct buffer module = { 0 };

    messages[0] = 0;
    ck_assert_msg(lang_compile_library(&host, sources, count, &module) == OK, "%s", messages);
    return listing_of(&module);
}

/* ---- other white space ---- */

static uint32_t dice;

static const char *
any_blanks(bool some)
{
    static const char *const blanks[] = { "", " ", "\n", "\t", "  ", "\n\n\n", "\r\n  ", " \t\f" };

    dice = dice * 1664525 + 1013904223;
    return blanks[some + (dice >> 16) % (sizeof blanks / sizeof blanks[0] - some)];
}

static void
append(struct buffer *buffer, const char *text, size_t bytes)
{
    ck_assert_int_eq(buffer_append(buffer, text, bytes), OK);
}

/* The same tokens and comments with other white space between them. */
static struct buffer
scrambled(const char *path, const char *text, size_t bytes)
{
    struct lang_host host = { .context = messages, .message = table_message_brief };
    struct file file = { .source = { .path = path, .text = text, .byte_count = bytes } };
    struct buffer tokens = { 0 };
    struct buffer result = { 0 };
    struct lang lang;
    unsigned in_string = 0;
    size_t at = 0;

    ck_assert_int_eq(lang_begin(&lang, &host), OK);
    lang_lex(&lang, &file, &tokens);
    for (size_t i = 0; i < tokens.count / sizeof(struct token); i++) {
        const struct token *token = (const struct token *)tokens.bytes + i;
        size_t gap = token->place.offset - at;
        const char *blanks = any_blanks(gap > 0);

        if (in_string > 0 || (gap > 0 && memchr(text + at, '/', gap) != NULL))
            append(&result, text + at, gap);
        else
            append(&result, blanks, strlen(blanks));
        at = token->kind == T_END ? bytes : token->place.offset + token->place.length;
        append(&result, text + token->place.offset, at - token->place.offset);
        in_string += token->kind == T_STRING_BEGIN;
        in_string -= token->kind == T_STRING_END;
    }
    buffer_free(&tokens);
    lang_end(&lang);
    return result;
}

/* Scrambled, and laid out. */
static struct buffer
made_anew(const char *path, const char *text, size_t bytes)
{
    struct buffer other = scrambled(path, text, bytes);
    struct buffer result = laid_out_twice(path, (const char *)other.bytes, other.count);

    buffer_free(&other);
    return result;
}

START_TEST(a_program_means_the_same_when_it_is_laid_out)
{
    glob_t found = { 0 };

    ck_assert_int_eq(glob("examples/*.ph", 0, NULL, &found), 0);
    ck_assert_int_eq(glob("test/programs/*.ph", GLOB_APPEND, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc * SCRAMBLES; i++) {
        const char *path = found.gl_pathv[i / SCRAMBLES];
        char *text;
        struct buffer source;
        struct buffer before;
        struct buffer after;

        if (strcmp(path, "test/programs/original.ph") == 0)
            continue; /* its classes lie beside it */
        text = table_read_file(path);
        source = made_anew(path, text, strlen(text));
        before = program_listing(path, text, strlen(text));
        after = program_listing(path, (const char *)source.bytes, source.count);

        ck_assert_msg(is_text(&after, (const char *)before.bytes, before.count),
                      "%s means something else:\n%.*s", path, (int)source.count,
                      (const char *)source.bytes);
        buffer_free(&source);
        buffer_free(&before);
        buffer_free(&after);
        free(text);
    }
    globfree(&found);
}
END_TEST

START_TEST(the_class_library_means_the_same_when_it_is_laid_out)
{
    size_t count = embedded_class_count;
    struct lang_source *sources = calloc(count, sizeof *sources);
    struct buffer *texts = calloc(count, sizeof *texts);
    struct buffer before;
    struct buffer after;

    for (size_t i = 0; i < count; i++)
        sources[i] = (struct lang_source){ embedded_classes[i].path, embedded_classes[i].text,
                                           embedded_classes[i].bytes, NULL };
    before = library_listing(sources, count);
    for (size_t i = 0; i < count; i++) {
        texts[i] = made_anew(sources[i].path, sources[i].text, sources[i].byte_count);
        sources[i].text = (const char *)texts[i].bytes;
        sources[i].byte_count = texts[i].count;
    }
    after = library_listing(sources, count);
    ck_assert(is_text(&after, (const char *)before.bytes, before.count));
    for (size_t i = 0; i < count; i++)
        buffer_free(&texts[i]);
    buffer_free(&before);
    buffer_free(&after);
    free(texts);
    free(sources);
}
END_TEST

/* ---- what is no source ---- */

static err_t
layout_of(const char *text, size_t bytes, struct buffer *result)
{
    struct lang_host host = { .context = messages, .message = table_message_brief };
    struct lang_source source = { .path = "test.ph", .text = text, .byte_count = bytes };

    messages[0] = 0;
    return lang_layout(&host, &source, result);
}

START_TEST(what_does_not_parse_is_not_laid_out)
{
    struct buffer result = { 0 };

    ck_assert_int_eq(layout_of("x = 1\ny = ;\n", 12, &result), ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(messages, "1:6 error: expected `;`"));
    ck_assert_int_eq(layout_of("a();\0b();\n", 10, &result), ERR_PROGRAM);
    ck_assert_int_eq(layout_of("a(); /* no end", 14, &result), ERR_PROGRAM);
    ck_assert_int_eq(layout_of("a(\"no end);", 11, &result), ERR_PROGRAM);
    ck_assert_int_eq(layout_of("\xff\xfe", 2, &result), ERR_PROGRAM);
    ck_assert_uint_eq(result.count, 0);
}
END_TEST

START_TEST(each_want_of_memory_is_reported_and_nothing_else_happens)
{
    static const char source[] = "class a{int f(){return \"\\{1}\";}}any x=[1,2];// end";
    struct buffer result = { 0 };
    err_t err = ERR_NOMEM;
    unsigned n;

    for (n = 1; err != OK; n++) {
        test_memory_fail(n);
        err = layout_of(source, sizeof source - 1, &result);
        test_memory_fail(0);
        ck_assert(err == ERR_NOMEM || (err == OK && n > 5));
        ck_assert_str_eq(messages, "");
    }
    buffer_free(&result);
}
END_TEST

START_TEST(what_only_the_checker_refuses_is_laid_out)
{
    static const char source[] = "package .internal;class a{}class a{}\nint x=\"a\"+nobody;";
    static const char wanted[] =
        "package .internal; class a { } class a { }\nint x = \"a\" + nobody;\n";
    struct buffer text = laid_out_twice("x.ph", source, sizeof source - 1);

    ck_assert(is_text(&text, wanted, sizeof wanted - 1));
    buffer_free(&text);
}
END_TEST

START_TEST(of_nothing_nothing_comes)
{
    struct buffer text = laid_out_twice("x.ph", "", 0);

    ck_assert_uint_eq(text.count, 0);
    text = laid_out_twice("x.ph", " \n\n\t", 4);
    ck_assert_uint_eq(text.count, 0);
}
END_TEST

START_TEST(ends_of_lines_and_the_mark_of_an_editor_are_made_plain)
{
    static const char source[] = "\xef\xbb\xbf#!/usr/bin/env phantom \r\na();\r\n"
                                 "// b \t\r\n/* c\r\n d\r\n */\r\nx = \"e\r\nf\";";
    static const char wanted[] = "#!/usr/bin/env phantom\na();\n"
                                 "// b\n/* c\n d\n */\nx = \"e\r\nf\";\n";
    struct buffer text = laid_out_twice("x.ph", source, sizeof source - 1);

    ck_assert(is_text(&text, wanted, sizeof wanted - 1));
    buffer_free(&text);
}
END_TEST

START_TEST(many_comments_and_statements_may_stand_on_a_line)
{
    enum {
        COUNT = 200000
    };
    struct buffer source = { 0 };
    struct buffer text;

    for (int i = 0; i < COUNT; i++)
        append(&source, "/**/", 4);
    for (int i = 0; i < COUNT; i++)
        append(&source, "a();", 4);
    text = laid_out_twice("x.ph", (const char *)source.bytes, source.count);
    ck_assert_uint_eq(text.count, COUNT * 10);
    buffer_free(&text);
    buffer_free(&source);
}
END_TEST

START_TEST(a_line_may_be_long_and_nesting_deep)
{
    enum {
        LENGTH = 1 << 20,
        DEPTH = 120
    };
    struct buffer source = { 0 };
    struct buffer text;

    append(&source, "x = \"", 5);
    for (int i = 0; i < LENGTH; i++)
        append(&source, "y", 1);
    append(&source, "\";\n", 3);
    for (int i = 0; i < DEPTH; i++)
        append(&source, "if(a){", 6);
    for (int i = 0; i < DEPTH; i++)
        append(&source, "\n}", 2);
    text = laid_out_twice("x.ph", (const char *)source.bytes, source.count);
    ck_assert_uint_gt(text.count, LENGTH + DEPTH * DEPTH * 4);
    buffer_free(&text);
    buffer_free(&source);
}
END_TEST

UNIT_TESTS("lang/layout", each_source_is_laid_out_as_the_table_says,
           a_program_means_the_same_when_it_is_laid_out,
           the_class_library_means_the_same_when_it_is_laid_out,
           what_does_not_parse_is_not_laid_out,
           each_want_of_memory_is_reported_and_nothing_else_happens,
           what_only_the_checker_refuses_is_laid_out, of_nothing_nothing_comes,
           ends_of_lines_and_the_mark_of_an_editor_are_made_plain,
           many_comments_and_statements_may_stand_on_a_line, a_line_may_be_long_and_nesting_deep)
