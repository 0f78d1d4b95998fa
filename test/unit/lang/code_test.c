/*
 * code_test.c - the bytecode that programs become, and that no input is too much.
 *
 * The programs and the listings of their method f stand in test/lang/code.txt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/lang/table.h"

#include "base/crc32c.h"
#include "format/module.h"
#include "support/memory.h"

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

/* The listing of a module, to be freed. */
static char *
listing_of(const struct buffer *module)
{
    struct buffer text = { 0 };
    char *result;

    ck_assert_int_eq(lang_disassemble(module->bytes, module->count, &text), OK);
    ck_assert_int_eq(buffer_terminate(&text), OK);
    result = strdup((const char *)text.bytes);
    buffer_free(&text);
    return result;
}

/* Compile what must compile, and list it. */
static char *
listing(const char *program)
{
    struct buffer module = { 0 };
    char *text;

    ck_assert_msg(table_compile(program, strlen(program), messages, &module) == OK, "%s\n%s",
                  program, messages);
    text = listing_of(&module);
    buffer_free(&module);
    return text;
}

/* Cut a listing down to one method. */
static char *
only_method(char *text, const char *head)
{
    char *start = strstr(text, head);
    char *end;

    ck_assert_msg(start != NULL, "no %s in\n%s", head, text);
    while (start > text && start[-1] != '\n')
        start--;
    end = strstr(start + 4, "\n    method ");
    if (end == NULL)
        end = strstr(start, "\n  class ");
    if (end != NULL)
        *end = 0;
    return start;
}

START_TEST(each_program_becomes_its_bytecode)
{
    static struct table table;
    unsigned wrong = 0;

    table_load(&table, "code.txt");
    ck_assert_uint_gt(table.count, 20);
    for (size_t i = 0; i < table.count; i++) {
        struct table_section *section = &table.sections[i];
        char *text = listing(section->text);
        char *method = only_method(text, " f (");
        size_t end = strlen(section->expected);

        while (end > 0 && section->expected[end - 1] == '\n')
            end--;
        if (end == 0 || strncmp(method, section->expected, end) != 0 || method[end] != 0) {
            printf("=== %s\n%s---\n%s\n\n", section->name, section->text, method);
            wrong++;
        }
        free(text);
    }
    fflush(stdout);
    table_free(&table);
    ck_assert_msg(wrong == 0, "%u programs became the bytecode shown above", wrong);
}
END_TEST

static uint32_t
number_at(const struct buffer *module, size_t at)
{
    return (uint32_t)module->bytes[at] | (uint32_t)module->bytes[at + 1] << 8 |
           (uint32_t)module->bytes[at + 2] << 16 | (uint32_t)module->bytes[at + 3] << 24;
}

START_TEST(a_module_carries_its_length_and_its_checksum)
{
    const char *program = "println(1);";
    struct buffer module = { 0 };

    ck_assert_int_eq(table_compile(program, strlen(program), messages, &module), OK);
    ck_assert_uint_eq(number_at(&module, 0), MODULE_MAGIC);
    ck_assert_uint_eq(number_at(&module, 4), MODULE_VERSION);
    ck_assert_uint_eq(number_at(&module, 8), module.count);
    ck_assert_uint_eq(number_at(&module, 12), crc32c(module.bytes + 16, module.count - 16));
    buffer_free(&module);
}
END_TEST

START_TEST(the_same_text_becomes_the_same_bytes)
{
    const char *program = "class a { int x = 1; } var y = [new a(), fun (z) { return z; }];";
    struct buffer first = { 0 };
    struct buffer second = { 0 };

    ck_assert_int_eq(table_compile(program, strlen(program), messages, &first), OK);
    ck_assert_int_eq(table_compile(program, strlen(program), messages, &second), OK);
    ck_assert_uint_eq(first.count, second.count);
    ck_assert_mem_eq(first.bytes, second.bytes, first.count);
    buffer_free(&first);
    buffer_free(&second);
}
END_TEST

static void
assert_contains(const char *program, const char *line)
{
    char *text = listing(program);

    ck_assert_msg(strstr(text, line) != NULL, "no `%s` in\n%s", line, text);
    free(text);
}

START_TEST(a_program_starts_in_its_statements_else_in_startup_else_in_run)
{
    assert_contains("class a { void run() { } } println(1);", "entry .main.test\n");
    assert_contains("class a { void run() { } } println(1);", "INVOKESTATIC .main.test run ()v");
    assert_contains("class b { void run() { } } class a { void startup() [8] { } }", "entry .a\n");
    assert_contains("class a { void startup(var boot) [8] { } }", "NEW .internal.bootstrap");
    assert_contains("class a { int run() [8] { return 1; } }", "INVOKEVIRTUAL .a run ()i");
    assert_contains("class a { static void run() { } }", "INVOKESTATIC .a run ()v");
    assert_contains("package .x; class a { void go() { } void run() { } }", "entry .x.a\n");
}
END_TEST

START_TEST(constructors_set_fields_behind_the_constructor_above)
{
    char *text = listing("class p { void p(int n) { } }\n"
                         "class q extends p { int a = 7; void q() { super(5); a = 8; } }\n"
                         "class r extends q { var s = \"t\"; static int m = 3; }\n"
                         "new r();");

    ck_assert_ptr_nonnull(strstr(text, "INVOKESPECIAL .p <new> (i)v\n"
                                       "          8  WLOAD 0\n"
                                       "         11  ICONST8 7\n"
                                       "         13  PUTFIELD .q a i\n"
                                       "         16  WLOAD 0\n"
                                       "         19  ICONST8 8\n"));
    ck_assert_ptr_nonnull(strstr(text, "INVOKESPECIAL .q <new> ()v\n"
                                       "          6  WLOAD 0\n"
                                       "          9  WCONST \"t\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "field s L.internal.string;"));
    ck_assert_ptr_nonnull(strstr(text, "method static <static> ()v"));
    free(text);
}
END_TEST

START_TEST(classes_stand_behind_those_above_them)
{
    char *text = listing("class c extends b { } class b extends a implements i { }\n"
                         "interface i { } class a { } println(1);");

    ck_assert_ptr_nonnull(strstr(text, "class public .a "));
    ck_assert(strstr(text, "class public .a ") < strstr(text, "class public .b "));
    ck_assert(strstr(text, "abstract .i ") < strstr(text, "class public .b "));
    ck_assert(strstr(text, "class public .b ") < strstr(text, "class public .c "));
    free(text);
}
END_TEST

START_TEST(calls_take_the_way_that_the_method_asks_for)
{
    const char *classes = "interface i { void m(); }\n"
                          "class a implements i { void m() { } private void p() { p(); } }\n"
                          "class b extends a { void m() { super.m(); toString(); } }\n"
                          "i x = new b(); x.m(); x.hashCode(); var y = new b(); y.m();\n";

    assert_contains(classes, "INVOKEINTERFACE .i m ()v");
    assert_contains(classes, "INVOKEVIRTUAL .b m ()v");
    assert_contains(classes, "INVOKESPECIAL .a m ()v");
    assert_contains(classes, "INVOKESPECIAL .a p ()v");
    assert_contains(classes, "INVOKEVIRTUAL .internal.object hashCode ()i");
}
END_TEST

START_TEST(a_private_method_that_a_fun_calls_cannot_be_overridden)
{
    const char *classes = "class a { private void p() { } any g() { return fun () { p(); }; } }\n"
                          "class b extends a { void p() { } } println(new b());\n";

    assert_contains(classes, "INVOKEVIRTUAL .a p$private ()v");
    assert_contains(classes, "method public p ()v");
}
END_TEST

START_TEST(the_library_compiles_as_one_module_with_the_object_first)
{
    struct buffer module = { 0 };
    char *text;

    ck_assert_msg(table_compile_library(messages, &module) == OK, "%s", messages);
    text = listing_of(&module);
    ck_assert_ptr_nonnull(strstr(text, "\n  class public .internal.object\n"));
    ck_assert_ptr_eq(strstr(text, "\n  class "),
                     strstr(text, "\n  class public .internal.object\n"));
    ck_assert_ptr_null(strstr(text, " entry "));
    free(text);
    buffer_free(&module);
}
END_TEST

START_TEST(each_want_of_memory_is_reported_and_nothing_else_happens)
{
    const char *program = "class a { string s = \"x\"; int f(int n) { return n + 1; } }\n"
                          "var x = new a(); foreach (i in 1..3) println(x.f(i) + x.s);";
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
        struct buffer module = { 0 };
        err_t err;

        ck_assert_uint_lt(n, 1000);
        test_memory_fail(n);
        err = table_compile(program, strlen(program), messages, &module);
        failed = err == ERR_NOMEM;
        test_memory_fail(0);
        ck_assert(err == OK || err == ERR_NOMEM);
        ck_assert_str_eq(messages, "");
        buffer_free(&module);
    }
}
END_TEST

/* text, `count` times the middle, and an end */
static err_t
compile_repeated(const char *start, const char *middle, unsigned count, const char *end)
{
    struct buffer text = { 0 };
    struct buffer module = { 0 };
    err_t err;

    ck_assert_int_eq(buffer_append(&text, start, strlen(start)), OK);
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(buffer_append(&text, middle, strlen(middle)), OK);
    ck_assert_int_eq(buffer_append(&text, end, strlen(end)), OK);
    err = table_compile((const char *)text.bytes, text.count, messages, &module);
    ck_assert((err == ERR_PROGRAM) == (strstr(messages, " error: ") != NULL));
    buffer_free(&text);
    buffer_free(&module);
    return err;
}

START_TEST(nothing_is_nested_too_deep_to_be_refused)
{
    static const char *const pieces[] = { "(",     "{",          "-",       "!",        "[",
                                          "x = ",  "x ? ",       "if (1) ", "fun () {", "\"\\{",
                                          "(int)", "while (1) ", "do ",     "try ",     "{ 1: " };

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        ck_assert_int_eq(compile_repeated("var x = 1; x = ", pieces[i], 3000, "1;"), ERR_PROGRAM);
        ck_assert_int_eq(compile_repeated("", pieces[i], 3000, ""), ERR_PROGRAM);
    }
    ck_assert_int_eq(compile_repeated("int x = 1; println(x", " + x", 900, ");"), OK);
    ck_assert_int_eq(compile_repeated("int x = 1; println(x", " + x", 3000, ");"), ERR_PROGRAM);
    ck_assert_int_eq(compile_repeated("any x = 1; x", ".f()", 3000, ";"), ERR_PROGRAM);
    ck_assert_int_eq(compile_repeated("any x = 1; x", "[1]", 3000, " = 1;"), ERR_PROGRAM);
}
END_TEST

static uint32_t chance_state = 1;

static size_t
chance(size_t limit)
{
    chance_state = chance_state * 1664525u + 1013904223u;
    return limit == 0 ? 0 : (chance_state >> 8) % limit;
}

/* Delete a piece, or put a piece of some other program there. */
static void
mutate(char *text, size_t room, const char *other)
{
    size_t count = strlen(text);
    size_t at = chance(count);
    size_t piece = 1 + chance(12);

    if (chance(2) == 0) {
        piece = piece > count - at ? count - at : piece;
        memmove(text + at, text + at + piece, count - at - piece + 1);
        return;
    }
    other += chance(strlen(other));
    piece = piece > strlen(other) ? strlen(other) : piece;
    if (count + piece >= room)
        return;
    memmove(text + at + piece, text + at, count - at + 1);
    memcpy(text + at, other, piece);
}

START_TEST(mutated_programs_are_compiled_or_refused_with_a_message)
{
    static struct table tables[2];
    char text[4000];

    table_load(&tables[0], "code.txt");
    table_load(&tables[1], "wrong.txt");
    for (unsigned round = 0; round < 4000; round++) {
        struct table *table = &tables[round % 2];
        const char *other = tables[0].sections[chance(tables[0].count)].text;
        struct buffer module = { 0 };
        err_t err;

        snprintf(text, sizeof text, "%s", table->sections[chance(table->count)].text);
        for (size_t i = chance(4); i < 4; i++)
            mutate(text, sizeof text, other);
        err = table_compile(text, strlen(text), messages, &module);
        if (err == OK)
            free(listing_of(&module));
        ck_assert_msg(err == OK || err == ERR_PROGRAM, "%d for\n%s", err, text);
        ck_assert_msg((err == ERR_PROGRAM) == (strstr(messages, " error: ") != NULL), "%s", text);
        buffer_free(&module);
    }
    table_free(&tables[0]);
    table_free(&tables[1]);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
    ck_assert_int_eq(compile_repeated("int x = 1;", "x = x * 3;\n", 200000, ""), ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(messages, "the method `run` is too large"));
    ck_assert_int_eq(compile_repeated("void f() {", "try { } finally {", 60, "}"), ERR_PROGRAM);
    ck_assert_int_eq(compile_repeated("void f(int x) {", "try { x++; } finally { x--; ", 30,
                                      "}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}f(1);"),
                     ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(messages, "is too large"));
    ck_assert_int_eq(compile_repeated("var ", "a", 300, " = 1;"), ERR_PROGRAM);
    ck_assert_int_eq(compile_repeated("println(", "9", 3000, ");"), ERR_PROGRAM);
    ck_assert_int_eq(compile_repeated("println(\"", "0123456789", 100000, "\");"), OK);
    ck_assert_int_eq(compile_repeated("println(1", ", 1", 300, ");"), ERR_PROGRAM);
    ck_assert_int_eq(compile_repeated("var x : a", ".a", 3000, ";"), ERR_PROGRAM);
}
END_TEST

START_TEST(too_many_constants_are_refused)
{
    struct buffer text = { 0 };
    struct buffer module = { 0 };

    for (int i = 0; i < 4000; i++) {
        ck_assert_int_eq(buffer_format(&text, "void f%d() {", i), OK);
        for (int j = 0; j < 9; j++)
            ck_assert_int_eq(buffer_format(&text, "println(\"%d.%d\");", i, j), OK);
        ck_assert_int_eq(buffer_format(&text, "}\n"), OK);
    }
    ck_assert_int_eq(buffer_format(&text, "f1();\n"), OK);
    ck_assert_int_eq(table_compile((const char *)text.bytes, text.count, messages, &module),
                     ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(messages, "too many names and constants"));
    buffer_free(&text);
    buffer_free(&module);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
    static const struct {
        const char *text;
        size_t bytes;
        const char *message;
    } cases[] = {
        { "var x = \"a\xff\";", 12,
          "test.ph:1:11: error: the text is not UTF-8\n"
          "    var x = \"a?\"\n"
          "              ^\n"
          "    save the file as UTF-8\n" },
        { "var x;\n\0var y;", 14, "test.ph:2:1: error: the text contains a zero byte" },
        { "\"\xed\xa0\x80\"", 5, "the text is not UTF-8" },
        { "\"\xc0\x80\"", 4, "the text is not UTF-8" },
        { "\"\xf4\x90\x80\x80\"", 6, "the text is not UTF-8" },
        { "\"\xe2\x82", 3, "the text is not UTF-8" },
        { "f();\rg();", 9,
          "test.ph:1:5: error: a carriage return alone ends no line\n"
          "    f();?g();\n"
          "        ^\n"
          "    save the file with LF or CR LF at the end of each line\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer module = { 0 };

        ck_assert_int_eq(table_compile(cases[i].text, cases[i].bytes, messages, &module),
                         ERR_PROGRAM);
        ck_assert_msg(strstr(messages, cases[i].message) != NULL, "%s", messages);
        buffer_free(&module);
    }
}
END_TEST

START_TEST(a_text_that_is_too_large_is_refused)
{
    struct buffer module = { 0 };
    size_t bytes = LANG_SOURCE_BYTES_MAX + 1;
    char *text = calloc(1, bytes); /* never looked at */

    ck_assert_int_eq(table_compile(text, bytes, messages, &module), ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(messages, "the text has more than 67108864 bytes"));
    buffer_free(&module);
    free(text);
}
END_TEST

START_TEST(classes_extend_each_other_to_a_depth)
{
    struct buffer text = { 0 };
    struct buffer module = { 0 };

    ck_assert_int_eq(buffer_format(&text, "class a0 { }\n"), OK);
    for (int i = 1; i < 200; i++)
        ck_assert_int_eq(buffer_format(&text, "class a%d extends a%d { }\n", i, i - 1), OK);
    ck_assert_int_eq(table_compile((const char *)text.bytes, text.count, messages, &module),
                     ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(messages, "more than 190 classes extend each other"));
    buffer_free(&text);
    buffer_free(&module);
}
END_TEST

START_TEST(lines_may_end_in_both_ways_and_a_script_line_is_skipped)
{
    assert_contains("#!/usr/bin/phantom run\nprintln(1);", "lines 0:2");
    assert_contains("\xef\xbb\xbfvar x = 1;\r\n\r\nprintln(x);\r\n", ":3");
}
END_TEST

/* A class as the original's sources write it. */
START_TEST(sources_of_the_original_compile)
{
    assert_contains("package .ru.dz.test;\r\n"
                    "import .internal.\"class\";\r\n"
                    "attribute const;\r\n"
                    "class thing\r\n"
                    "{\r\n"
                    "    var boot_object;\r\n"
                    "    var count : int;\r\n"
                    "    int step @const;\r\n"
                    "    void thing( var s : int ) { step = s; }\r\n"
                    "    int startup( var parent_boot_object ) [8]\r\n"
                    "    {\r\n"
                    "        var s : string;\r\n"
                    "        var a : int[];\r\n"
                    "        boot_object = parent_boot_object;\r\n"
                    "        print( \"hi\" );\r\n"
                    "        count = 0;\r\n"
                    "        while( count < 10 ) { count = count + 1; a[count] = count; }\r\n"
                    "        if( count == 10 ) s = \"ten\"; else { s = \"more\"; }\r\n"
                    "        do { count = count - 1; } while( count > 5 );\r\n"
                    "        try { throw s; } catch( string e ) { print( e ); }\r\n"
                    "        boot_object.16( s.concat( \"!\" ) );\r\n"
                    "        switch( count ) { case 1: return 1; default: return 0; }\r\n"
                    "    }\r\n"
                    "    void thing() { step = 1; }\r\n"
                    "    void print( var x : string ) [16] { boot_object.16( x ); }\r\n"
                    "};\r\n",
                    "INVOKENUMBER 16 1");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("code");
    TCase *tcase = tcase_create("code");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, each_program_becomes_its_bytecode);
    tcase_add_test(tcase, a_module_carries_its_length_and_its_checksum);
    tcase_add_test(tcase, the_same_text_becomes_the_same_bytes);
    tcase_add_test(tcase, a_program_starts_in_its_statements_else_in_startup_else_in_run);
    tcase_add_test(tcase, constructors_set_fields_behind_the_constructor_above);
    tcase_add_test(tcase, classes_stand_behind_those_above_them);
    tcase_add_test(tcase, calls_take_the_way_that_the_method_asks_for);
    tcase_add_test(tcase, a_private_method_that_a_fun_calls_cannot_be_overridden);
    tcase_add_test(tcase, the_library_compiles_as_one_module_with_the_object_first);
    tcase_add_test(tcase, each_want_of_memory_is_reported_and_nothing_else_happens);
    tcase_add_test(tcase, nothing_is_nested_too_deep_to_be_refused);
    tcase_add_test(tcase, mutated_programs_are_compiled_or_refused_with_a_message);
    tcase_add_test(tcase, what_is_too_large_is_refused);
    tcase_add_test(tcase, too_many_constants_are_refused);
    tcase_add_test(tcase, bytes_that_are_no_text_are_refused);
    tcase_add_test(tcase, a_text_that_is_too_large_is_refused);
    tcase_add_test(tcase, classes_extend_each_other_to_a_depth);
    tcase_add_test(tcase, lines_may_end_in_both_ways_and_a_script_line_is_skipped);
    tcase_add_test(tcase, sources_of_the_original_compile);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
