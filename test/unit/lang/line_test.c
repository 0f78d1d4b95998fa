/*
 * line_test.c - what is typed at a prompt: each text sees what the earlier ones declared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/lang/table.h"

static char messages[TABLE_MESSAGES_BYTES];

/* The interfaces so far, and how many texts there were. */
static char scope[65536];
static unsigned line_count;
static struct buffer module;

static void
setup(void)
{
    table_load(&table_library, "library.txt");
    scope[0] = 0;
    line_count = 0;
    module = (struct buffer){ 0 };
}

static void
teardown(void)
{
    buffer_free(&module);
    table_free(&table_library);
}

/* The interface lies in the module as a constant, behind its length. */
static void
add_interface(void)
{
    static const char head[] = "final class .main.";
    const uint8_t *at = memmem(module.bytes, module.count, head, sizeof head - 1);
    size_t bytes;

    ck_assert_ptr_nonnull(at);
    bytes = (size_t)at[-4] | (size_t)at[-3] << 8 | (size_t)at[-2] << 16;
    strncat(scope, (const char *)at, bytes);
}

/* Compile a text as the next one. */
static err_t
type(const char *text)
{
    struct lang_host host = { .context = messages, .find = table_find, .message = table_message };
    char name[20];
    struct lang_line line = {
        .source = { .path = name, .text = text, .byte_count = strlen(text) },
        .scope = scope,
        .scope_bytes = strlen(scope),
    };
    err_t err;

    messages[0] = 0;
    buffer_free(&module);
    module = (struct buffer){ 0 };
    snprintf(name, sizeof name, "line%u", line_count + 1);
    err = lang_compile_line(&host, &line, &module);
    if (err == OK) {
        line_count++;
        add_interface();
    }
    return err;
}

static void
accept(const char *text)
{
    ck_assert_msg(type(text) == OK, "%s\n%s\nscope:\n%s", text, messages, scope);
}

static void
refuse(const char *text, const char *message)
{
    ck_assert_int_eq(type(text), ERR_PROGRAM);
    ck_assert_msg(strstr(messages, message) != NULL, "%s: %s", text, messages);
}

/* True if the listing of the newest module has this. */
static bool
lists(const char *what)
{
    struct buffer text = { 0 };
    bool found;

    ck_assert_int_eq(lang_disassemble(module.bytes, module.count, &text), OK);
    ck_assert_int_eq(buffer_terminate(&text), OK);
    found = strstr((const char *)text.bytes, what) != NULL;
    if (!found)
        printf("no %s in\n%s", what, (const char *)text.bytes);
    buffer_free(&text);
    return found;
}

START_TEST(a_variable_keeps_its_name_and_its_type)
{
    accept("var n = 5; var s = \"x\";");
    ck_assert_str_eq(scope, "final class .main.\"line1\" {\n"
                            "public static int n;\n"
                            "public static .internal.\"string\" s;\n"
                            "}\n");
    accept("n = n + 1;");
    ck_assert(lists("PUTSTATIC .main.line1 n i"));
    refuse("n = s;", "n");
    refuse("m = 1;", "no variable, field or class is called `m`");
}
END_TEST

START_TEST(an_import_needs_no_semicolon_and_counts_for_its_text)
{
    accept("import .internal.\"string\"");
    accept("package .here");
    accept("import .internal.\"class\"; var n = 5");
    ck_assert_int_eq(type("import ."), ERR_END);
}
END_TEST

START_TEST(what_was_declared_last_is_what_a_name_means)
{
    accept("int n = 1;");
    accept("int f() { return n; }");
    accept("string n = \"x\"; string f(int i) { return n; }");
    accept("string t = n;");
    ck_assert(lists("GETSTATIC .main.line3 n"));
    accept("t = f(1);");
    refuse("f();", "f");
}
END_TEST

START_TEST(a_class_that_is_declared_again_is_another_one)
{
    accept("class point { int x; void point(int x0) { x = x0; } int twice() { return 2 * x; } }");
    accept("var p = new point(3);");
    ck_assert(lists("NEW .line1.point"));
    accept("class point { string name; }");
    accept("p.x = p.twice();");
    accept("var q = new point(); q.name = \"q\";");
    ck_assert(lists("NEW .line3.point"));
    refuse("q = p;", "point");
}
END_TEST

START_TEST(a_class_can_extend_one_of_an_earlier_text)
{
    accept("interface shape { double area(); }\n"
           "abstract class named implements shape { private int a; static int made;\n"
           "string name() { return \"n\"; } void set(int[] many, ints few, any thing) { } }");
    accept("class square extends named { double area() { return 1.0; } }");
    accept("shape s = new square(); s.area();");
    refuse("class round extends named { }", "area");
    refuse("new named();", "abstract");
    refuse("new square().a;", "a");
}
END_TEST

START_TEST(the_last_expression_is_the_value)
{
    accept("1 + 2");
    ck_assert(lists("method public static <line> ()w"));
    ck_assert(lists("BOX"));
    accept("int twice(int n) { return 2 * n; }");
    accept("twice(4)");
    ck_assert(lists("BOX"));
    accept("void nothing() { }");
    accept("nothing();");
    accept("var x = 1");
    accept("x = 2");
    accept("x++");
    accept("");
    accept("// nothing at all");
}
END_TEST

START_TEST(a_text_that_is_not_complete_wants_more)
{
    static const char *const begins[] = {
        "if (1) {",
        "class a {",
        "int f(int a",
        "1 +",
        "\"abc",
        "/* and",
        "[1, 2,",
        "var x =",
        "while (true)",
        "f(",
        "class a { int b() {",
        "\"a \\{1 ",
        "int f(int a)",
        "do { } while",
        "{\n\n\n",
        "try { } catch (e) {",
    };

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        ck_assert_msg(type(begins[i]) == ERR_END, "%s\n%s", begins[i], messages);
    refuse("x = ) +", "expected");
    refuse("}", "closes nothing");
    refuse("var 5 = {", "expected");
}
END_TEST

START_TEST(functions_as_values_live_on)
{
    accept("int n = 0; var count = fun () { n++; return n; };");
    accept("count()");
    accept("int total(int[] list) { return n; }");
    accept("any[] a; int[][] b; bytes c; var d = null; const int e = 5;");
    refuse("e = 6", "e");
    accept("b = [[1]]; c = new bytes(3); d = c;");
}
END_TEST

START_TEST(a_private_member_stays_private_and_others_are_open)
{
    accept("class a { private int x; int y; }  class a$b { }");
    accept("new a().y = 1;");
    accept("new a$b()");
    refuse("new a().x = 1;", "x");
}
END_TEST

START_TEST(a_text_that_is_too_deep_for_a_small_stack_is_refused)
{
    char text[4000] = "";

    for (unsigned i = 0; i < 120; i++)
        strcat(text, "[");
    refuse(text, "nested more than 100 levels");
    strcpy(text, "1");
    for (unsigned i = 0; i < 400; i++)
        strcat(text, "+1");
    refuse(text, "too long");
}
END_TEST

START_TEST(a_scope_that_is_none_is_an_error)
{
    strcpy(scope, "class {");
    ck_assert_int_eq(type("1"), ERR_PROGRAM);
    ck_assert(messages[0] != 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("lang/line");
    TCase *tcase = tcase_create("line");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_variable_keeps_its_name_and_its_type);
    tcase_add_test(tcase, an_import_needs_no_semicolon_and_counts_for_its_text);
    tcase_add_test(tcase, what_was_declared_last_is_what_a_name_means);
    tcase_add_test(tcase, a_class_that_is_declared_again_is_another_one);
    tcase_add_test(tcase, a_class_can_extend_one_of_an_earlier_text);
    tcase_add_test(tcase, the_last_expression_is_the_value);
    tcase_add_test(tcase, a_text_that_is_not_complete_wants_more);
    tcase_add_test(tcase, functions_as_values_live_on);
    tcase_add_test(tcase, a_private_member_stays_private_and_others_are_open);
    tcase_add_test(tcase, a_text_that_is_too_deep_for_a_small_stack_is_refused);
    tcase_add_test(tcase, a_scope_that_is_none_is_an_error);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
