/*
 * lint_test.c - what is a program, and surely a mistake.
 *
 * The programs and what is said of them stand in test/lang/lint.txt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/lang/table.h"

#include "support/memory.h"
#include "support/suite.h"

static char messages[TABLE_MESSAGES_BYTES];

static err_t
lint(const char *path, const char *text, const struct lang_source *library, size_t count)
{
    struct lang_host host = { .context = messages,
                              .find = table_find,
                              .message = table_message_brief };
    struct lang_source source = { .path = path, .text = text, .byte_count = strlen(text) };

    messages[0] = 0;
    return lang_lint(&host, &source, library, count);
}

static err_t
lint_section(const struct table_section *section)
{
    return lint("test.ph", section->text, NULL, 0);
}

START_TEST(each_program_gets_its_findings)
{
    table_load(&table_library, "library.txt");
    table_check_messages("lint.txt", messages, lint_section);
    table_free(&table_library);
}
END_TEST

/* The file that is looked at imports this one. */
static bool
find_careless(void *context, const char *class_name, const char *importing_path,
              struct lang_source *source, bool *library)
{
    static const char careless[] = "class careless { private int n; void f() { int x = 1; } }";

    if (strcmp(class_name, ".careless") != 0)
        return table_find(context, class_name, importing_path, source, library);
    *source = (struct lang_source){ "careless.ph", careless, sizeof careless - 1, NULL };
    *library = false;
    return true;
}

START_TEST(only_the_file_itself_is_looked_at)
{
    static const char text[] = "new careless().f(); println(1); if (1) { int unread = 1; }";
    struct lang_host host = { .context = messages,
                              .find = find_careless,
                              .message = table_message_brief };
    struct lang_source source = { "test.ph", text, sizeof text - 1, NULL };

    table_load(&table_library, "library.txt");
    messages[0] = 0;
    ck_assert_int_eq(lang_lint(&host, &source, NULL, 0), OK);
    ck_assert_str_eq(messages, "1:46 warning: the variable `unread` is never read\n");
    table_free(&table_library);
}
END_TEST

START_TEST(a_file_of_the_class_library_is_looked_at_with_the_others)
{
    static const char text[] =
        "package .internal; import .internal.int;\n"
        "class extra { private int n; private int f() @primitive(string_length);\n"
        "int g() { int unread = 1; return 2; } }";
    struct lang_source library[TABLE_SECTIONS_MAX];
    size_t count;

    table_load(&table_library, "library.txt");
    count = table_library_sources(library);
    ck_assert_msg(lint("classes/internal/extra.ph", text, library, count) == OK, "%s", messages);
    ck_assert_str_eq(messages, "3:15 warning: the variable `unread` is never read\n"
                               "1:27 warning: the import of .internal.int is never used\n");
    ck_assert_int_eq(lint("extra.ph", text, NULL, 0), ERR_PROGRAM);
    table_free(&table_library);
}
END_TEST

START_TEST(each_want_of_memory_is_reported_and_nothing_else_happens)
{
    static const char text[] = "class a { private int f() { return 1; } } println(1);";
    err_t err = ERR_NOMEM;

    table_load(&table_library, "library.txt");
    for (unsigned n = 1; err != OK; n++) {
        test_memory_fail(n);
        err = lint("test.ph", text, NULL, 0);
        test_memory_fail(0);
        ck_assert(err == ERR_NOMEM || (err == OK && n > 5));
    }
    ck_assert_str_eq(messages, "1:23 warning: the private method `f` is never called\n");
    table_free(&table_library);
}
END_TEST

UNIT_TESTS("lang/lint", each_program_gets_its_findings, only_the_file_itself_is_looked_at,
           each_want_of_memory_is_reported_and_nothing_else_happens,
           a_file_of_the_class_library_is_looked_at_with_the_others)
