/*
 * compile_test.c - texts that become code while the machine runs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

/* What the programs below share: the texts so far, each compiled with those before as its scope. */
static const char talk[] =
    "import .internal.compiler; string scope = \"\"; int lines = 0;\n"
    "any type(string text) {\n"
    "  any code = compiler.compile(\"line\\{lines}\", text, scope);\n"
    "  if (code instanceof .internal.\"class\") {\n"
    "    lines++; scope = scope + compiler.interfaceOf((.internal.\"class\") code); }\n"
    "  return code;\n"
    "}\n"
    "any value(string text) {\n"
    "  any code = type(text);\n"
    "  if (!(code instanceof .internal.\"class\")) throw \"refused: \\{code}\";\n"
    "  return compiler.run((.internal.\"class\") code);\n"
    "}\n";

/* The status of a program behind that. */
static int
status(const char *program)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", talk, program);
    return machine_status(text);
}

START_TEST(a_text_runs_and_gives_its_value)
{
    ck_assert_int_eq(status("if (value(\"6 * 7\") != 42) exit(1);\n"
                            "if (value(\"println(1);\") != null) exit(2);\n"
                            "if (value(\"var n = 1;\") != null) exit(3);\n"
                            "if (value(\"\") != null) exit(4);\n"
                            "if (value(\"\\\"a\\\" + 1\") != \"a1\") exit(5);\n"),
                     0);
}
END_TEST

START_TEST(later_texts_use_what_earlier_ones_declared)
{
    ck_assert_int_eq(
        status("value(\"var n = 20; class pair { int a; void pair(int b) { a = b; } }\");\n"
               "value(\"int twice(int x) { return 2 * x; } n++;\");\n"
               "value(\"pair p = new pair(n);\");\n"
               "if (value(\"twice(p.a)\") != 42) exit(1);\n"
               "value(\"var count = fun () { n++; return n; };\"); value(\"count();\");\n"
               "if (value(\"n\") != 22) exit(2);\n"
               "value(\"string n = \\\"new\\\";\");\n"
               "if (value(\"n\") != \"new\" || value(\"count()\") != 23) exit(3);\n"),
        0);
}
END_TEST

START_TEST(errors_come_back_as_text_and_a_begin_wants_more)
{
    ck_assert_int_eq(
        status("any said = type(\"var n = m;\\n\");\n"
               "if (!(said instanceof .internal.string)) exit(1);\n"
               "if (((string) said).indexOf(\"line0:1:9: error: no variable\") != 0) exit(2);\n"
               "if (type(\"if (true) {\") != null) exit(3);\n"
               "if (value(\"1\") != 1) exit(4);\n"),
        0);
}
END_TEST

START_TEST(a_scope_that_lies_is_refused_by_the_loader)
{
    ck_assert_int_eq(
        status("value(\"int n = 5;\");\n"
               "scope = \"final class .main.line0 { public static string n; }\";\n"
               "any said = type(\"n.length()\");\n"
               "if (!(said instanceof .internal.string)) exit(1);\n"
               "scope = \"class {\"; if (!(type(\"1\") instanceof .internal.string)) exit(2);\n"
               "lines = 0; scope = \"\"; said = type(\"1\");\n"
               "if (((string) said).indexOf(\"there is a class of this name already\") < 0) "
               "exit(3);\n"),
        0);
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    ck_assert_int_eq(
        status("int caught = 0; string none = null;\n"
               "try { compiler.compile(none, \"\", \"\"); } catch (.internal.error.null e) { "
               "caught++; }\n"
               "try { compiler.compile(\"a\", none, \"\"); } catch (.internal.error.null e) { "
               "caught++; }\n"
               "try { compiler.compile(\"a\", \"\", none); } catch (.internal.error.null e) { "
               "caught++; }\n"
               "string long = \"0123456789012345678901234567890123456789\"; long = long + long; "
               "long = long + long + long;\n"
               "try { compiler.compile(long, \"\", \"\"); } catch (.internal.error.argument e) { "
               "caught++; }\n"
               "try { compiler.run(null); } catch (.internal.error.null e) { caught++; }\n"
               "if (compiler.run(\"\".getClass()) != null) exit(1);\n"
               "if (compiler.interfaceOf(\"\".getClass()) != null) exit(2);\n"
               "exit(caught - 5);\n"),
        0);
}
END_TEST

START_TEST(a_long_text_is_compiled_beside_other_threads)
{
    ck_assert_int_eq(
        status(
            "int ticks = 0; boolean over = false;\n"
            "any ticker = spawn(fun () { while (!over) { ticks++; .internal.thread.yield(); } });\n"
            "string text = \"\";\n"
            "for (int i = 0; i < 2000; i++) text = text + \"int f\\{i}(int x) { return x + \\{i}; "
            "}\\n\";\n"
            "value(text); over = true; ticker.join();\n"
            "if (value(\"f1999(1)\") != 2000 || ticks == 0) exit(1);\n"),
        0);
}
END_TEST

START_TEST(several_threads_compile_at_once)
{
    ck_assert_int_eq(
        status("any[] all = []; .internal.ints right = new .internal.ints(8);\n"
               "for (int i = 0; i < 8; i++) { int k = i; all.add(spawn(fun () {\n"
               "  for (int j = 0; j < 10; j++) {\n"
               "    any c = compiler.compile(\"t\\{k}x\\{j}\", \"\\{k} * 100 + \\{j}\", \"\");\n"
               "    if (compiler.run((.internal.\"class\") c) == k * 100 + j) right[k] = right[k] "
               "+ 1; } })); }\n"
               "foreach (t in all) t.join();\n"
               "for (int i = 0; i < 8; i++) if (right[i] != 10) exit(1);\n"),
        0);
}
END_TEST

START_TEST(an_interrupted_thread_leaves_its_compilation_behind)
{
    ck_assert_int_eq(
        status(
            "string text = \"\"; int caught = 0;\n"
            "for (int i = 0; i < 3000; i++) text = text + \"int f\\{i}(int x) { return x; }\\n\";\n"
            "for (int round = 0; round < 5; round++) {\n"
            "  any t = spawn(fun () { try { compiler.compile(\"a\\{round}\", text, \"\"); }\n"
            "    catch (.internal.error.interrupt e) { caught++; } });\n"
            "  sleep(1L); t.interrupt(); t.join(); }\n"
            "if (value(\"1\") != 1) exit(1);\n"),
        0);
}
END_TEST

/* A machine that is killed again and again, with this program in it, and then goes on. */
START_TEST(a_compilation_outlives_kills)
{
    char text[8192];
    uint32_t id;

    snprintf(
        text, sizeof text, "%s%s", talk,
        "value(\"int total = 0;\");\n"
        "for (int i = 1; i <= 60; i++) value(\"total = total + \\{i}; int n\\{i} = \\{i};\");\n"
        "if (value(\"total\") != 1830) exit(1);\n"
        "if (value(\"n1 + n60\") != 61) exit(2); exit(3);\n");
    id = machine_install(text);
    machine_commit();
    for (unsigned i = 0; i < MACHINE_WORK(20, 6); i++) {
        uint64_t until = plat_monotonic_ns() + (1 + 3 * i) * 1000000ull;

        if (vm_wait(until) == VM_ALL_ENDED)
            break;
        machine_commit();
        machine_stop(false);
        machine_start();
    }
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

START_TEST(without_a_library_nothing_is_compiled)
{
    machine_stop(true);
    machine_options.find_library = NULL;
    machine_start();
    ck_assert_int_eq(status("try { type(\"1\"); } catch (.internal.error.state e) { exit(5); }\n"),
                     5);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_text_runs_and_gives_its_value,
        later_texts_use_what_earlier_ones_declared,
        errors_come_back_as_text_and_a_begin_wants_more,
        a_scope_that_lies_is_refused_by_the_loader,
        wrong_arguments_are_refused,
        a_long_text_is_compiled_beside_other_threads,
        several_threads_compile_at_once,
        an_interrupted_thread_leaves_its_compilation_behind,
        a_compilation_outlives_kills,
        without_a_library_nothing_is_compiled,
    };

    return machine_tests("compile", tests, sizeof tests / sizeof tests[0]);
}
