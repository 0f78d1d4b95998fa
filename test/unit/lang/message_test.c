/*
 * message_test.c - what the compiler says about wrong programs, and how it looks.
 *
 * The programs and their messages stand in test/lang/wrong.txt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/lang/table.h"

static char messages[TABLE_MESSAGES_BYTES];

static void
setup(void)
{
    table_load(&table_library, "library.txt");
}

static void
teardown(void)
{
    table_free(&table_library);
}

/* With no classes but those of the text. */
static err_t
compile_alone(const struct buffer *text, bool as_library, struct buffer *module)
{
    struct lang_host host = { .context = messages, .message = table_message };
    struct lang_source source = {
        .path = "test.ph",
        .text = (const char *)text->bytes,
        .byte_count = text->count,
    };

    messages[0] = 0;
    return as_library ? lang_compile_library(&host, &source, 1, module)
                      : lang_compile(&host, &source, module);
}

/* What begins with `library:` is a class library, with `alone:` a program without one. */
static err_t
compile_section(const struct table_section *section)
{
    bool as_library = strncmp(section->name, "library: ", 9) == 0;
    struct buffer module = { 0 };
    struct buffer text = { 0 };
    err_t err;

    table_expand(section->text, section->text + strlen(section->text), NULL, &text);
    ck_assert_int_eq(buffer_terminate(&text), OK);
    if (as_library || strncmp(section->name, "alone: ", 7) == 0)
        err = compile_alone(&text, as_library, &module);
    else
        err = table_compile((const char *)text.bytes, text.count, messages, &module);
    buffer_free(&text);
    buffer_free(&module);
    return err;
}

START_TEST(each_wrong_program_gets_its_messages)
{
    table_check_messages("wrong.txt", messages, compile_section);
}
END_TEST

START_TEST(no_more_than_twenty_errors_are_reported)
{
    struct buffer module = { 0 };
    struct buffer text = { 0 };
    unsigned count = 0;

    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(buffer_format(&text, "nothing%d = 1;\n", i), OK);
    ck_assert_int_eq(table_compile((const char *)text.bytes, text.count, messages, &module),
                     ERR_PROGRAM);
    for (const char *at = messages; (at = strstr(at, " error: ")) != NULL; at++)
        count++;
    ck_assert_uint_eq(count, LANG_ERRORS_MAX);
    buffer_free(&text);
    buffer_free(&module);
}
END_TEST

static const char *
formatted(const struct lang_message *message, bool colour)
{
    static char text[2000];
    struct buffer buffer = { 0 };

    ck_assert_int_eq(lang_message_format(message, colour, &buffer), OK);
    ck_assert_uint_lt(buffer.count, sizeof text);
    memcpy(text, buffer.bytes, buffer.count);
    text[buffer.count] = 0;
    buffer_free(&buffer);
    return text;
}

START_TEST(a_message_shows_the_line_a_caret_and_a_hint)
{
    struct lang_message message = {
        .severity = LANG_ERROR,
        .path = "demo.ph",
        .line = 3,
        .column = 9,
        .width = 4,
        .text = "no such thing",
        .hint = "did you mean `total`?",
        .source_line = "println(totl); // more",
        .source_line_bytes = 14,
    };

    ck_assert_str_eq(formatted(&message, false), "demo.ph:3:9: error: no such thing\n"
                                                 "    println(totl);\n"
                                                 "            ^~~~\n"
                                                 "    did you mean `total`?\n");
    ck_assert_ptr_nonnull(strstr(formatted(&message, true), "\033[1;31merror:\033[0m"));
}
END_TEST

START_TEST(the_caret_stands_right_behind_tabs_and_letters_of_several_bytes)
{
    struct lang_message message = {
        .severity = LANG_WARNING,
        .path = "a.ph",
        .line = 1,
        .column = 5,
        .width = 1,
        .text = "t",
        .source_line = "\t\xc3\xa4\xe2\x82\xac x",
        .source_line_bytes = 8,
    };

    ck_assert_str_eq(formatted(&message, false), "a.ph:1:5: warning: t\n"
                                                 "    \t\xc3\xa4\xe2\x82\xac x\n"
                                                 "    \t   ^\n");
}
END_TEST

START_TEST(the_caret_stands_right_behind_wide_characters_and_accents)
{
    struct lang_message message = {
        .severity = LANG_ERROR,
        .path = "a.ph",
        .line = 1,
        .column = 5,
        .width = 4,
        .text = "t",
        .source_line = "\xe6\xbc\xa2"
                       "e\xcc\x81\x1b\xe5\xad\x97"
                       "b\xcc\x81.",
    };

    message.source_line_bytes = (uint32_t)strlen(message.source_line);
    ck_assert_str_eq(formatted(&message, false), "a.ph:1:5: error: t\n"
                                                 "    \xe6\xbc\xa2"
                                                 "e\xcc\x81?\xe5\xad\x97"
                                                 "b\xcc\x81.\n"
                                                 "        ^~~~\n");
}
END_TEST

START_TEST(a_message_about_no_line_shows_none)
{
    struct lang_message message = { .severity = LANG_ERROR, .path = "a.ph", .text = "t" };

    ck_assert_str_eq(formatted(&message, false), "a.ph: error: t\n");
}
END_TEST

START_TEST(a_column_counts_characters_not_bytes)
{
    struct buffer module = { 0 };
    const char *text = "println(\"\xc3\xa4\xc3\xb6\xc3\xbc\" + x);\n";

    ck_assert_int_eq(table_compile(text, strlen(text), messages, &module), ERR_PROGRAM);
    ck_assert_str_eq(messages, "test.ph:1:17: error: no variable, field or class is called `x`\n"
                               "    println(\"\xc3\xa4\xc3\xb6\xc3\xbc\" + x);\n"
                               "                    ^\n");
    buffer_free(&module);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("message");
    TCase *tcase = tcase_create("message");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, each_wrong_program_gets_its_messages);
    tcase_add_test(tcase, no_more_than_twenty_errors_are_reported);
    tcase_add_test(tcase, a_message_shows_the_line_a_caret_and_a_hint);
    tcase_add_test(tcase, the_caret_stands_right_behind_tabs_and_letters_of_several_bytes);
    tcase_add_test(tcase, the_caret_stands_right_behind_wide_characters_and_accents);
    tcase_add_test(tcase, a_message_about_no_line_shows_none);
    tcase_add_test(tcase, a_column_counts_characters_not_bytes);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
