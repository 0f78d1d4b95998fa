/*
 * method_test.c - methods as objects, and calls by name with arguments in an array.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static const char things[] =
    "class thing {\n"
    "  public int n = 1; static int started = start();\n"
    "  static int start() { sleep(1); return 7; }\n"
    "  static int twice(int x) { return 2 * x; }\n"
    "  static int begun() { return started; }\n"
    "  string kinds(boolean z, char c, int i, long l, float f, double d, string s, any x) {\n"
    "    return \"\\{z} \\{c} \\{i} \\{l} \\{f} \\{d} \\{s} \\{x} \\{n}\"; }\n"
    "  void nothing() { n++; }\n"
    "  synchronized int locked(int by) { int was = n; sleep(1); n = was + by; return n; }\n"
    "  private void own() { }\n"
    "  int over(int x) { return x; } string over(string x) { return x; }\n"
    "  long big() { return 1L << 62; } double wide() { return 1.0e300; } char letter() { return "
    "'x'; }\n"
    "  boolean yes() { return true; }\n"
    "  int fails() { throw \"failed\"; }\n"
    "}\n"
    "class better extends thing { int locked(int by) { return -by; } }\n"
    "any error(any action) {\n"
    "  try { return action.call(); } catch (.internal.error e) { return e.getClass().name(); }\n"
    "}\n"
    "thing t = new thing();\n";

static int
status(const char *program)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", things, program);
    return machine_status(text);
}

START_TEST(arguments_of_every_type_arrive)
{
    ck_assert_int_eq(
        status("any m = thing.method(\"kinds\");\n"
               "any all = [true, 'c', 1, 2, 3, 4, \"s\", [5]];\n"
               "if (m.call(t, all) != \"true c 1 2 3.0 4.0 s [5] 1\") exit(1);\n"
               "all = [false, 'd', -1, 1L << 62, 0.5f, 1.0e300, null, 7L];\n"
               "if (m.call(t, all) != \"false d -1 4611686018427387904 0.5 1.0E300 null 7 1\") "
               "exit(2);\n"
               "if (.internal.method.invoke(t, \"kinds\", all) != m.call(t, all)) exit(3);\n"
               "if (m.call(t, all) != t.kinds(false, 'd', -1, 1L << 62, 0.5f, 1.0e300, null, 7L)) "
               "exit(4);\n"),
        0);
}
END_TEST

START_TEST(results_of_every_type_come_back)
{
    ck_assert_int_eq(
        status("any[] none = [];\n"
               "if (thing.method(\"nothing\").call(t, none) != null || t.n != 2) exit(1);\n"
               "if (thing.method(\"big\").call(t, none) :!= 1L << 62) exit(2);\n"
               "if (thing.method(\"wide\").call(t, none) :!= 1.0e300) exit(3);\n"
               "if (thing.method(\"letter\").call(t, none) :!= 'x') exit(4);\n"
               "if (thing.method(\"yes\").call(t, none) :!= true) exit(5);\n"
               "try { thing.method(\"fails\").call(t, none); exit(6); } catch (string s) { }\n"),
        0);
}
END_TEST

START_TEST(static_methods_begin_their_class)
{
    ck_assert_int_eq(status("any m = .internal.\"class\".find(\".thing\").method(\"begun\");\n"
                            "if (m.call(null, []) != 7) exit(1);\n"
                            "if (thing.method(\"twice\").call(null, [21]) != 42) exit(2);\n"
                            "any f = thing.method(\"twice\"); if (f(null, [4]) != 8) exit(3);\n"),
                     0);
}
END_TEST

START_TEST(what_overrides_is_called)
{
    ck_assert_int_eq(
        status("better b = new better();\n"
               "if (thing.method(\"locked\").call(b, [3]) != -3) exit(1);\n"
               "if (object.method(\"toString\").call(5, []) != \"5\") exit(2);\n"
               "if (error(fun () { return better.method(\"locked\").call(t, [3]); }) != "
               "\".internal.error.cast\") exit(3);\n"),
        0);
}
END_TEST

START_TEST(methods_in_c_are_called_too)
{
    ck_assert_int_eq(
        status("if (string.method(\"length\").call(\"four\", []) != 4) exit(1);\n"
               "if (.internal.method.invoke(\"four\", \"substring\", [1, 2]) != \"ou\") exit(2);\n"
               "if (.internal.method.invoke(1L << 62, \"hashCode\", []) != (1L << 62).hashCode()) "
               "exit(3);\n"
               "any parse = .internal.double.methods(\"parse\");\n"
               "long before = nanos();\n"
               ".internal.thread.method(\"sleep\").call(null, [3]);\n"
               "if (nanos() - before < 3000000L) exit(4);\n"
               "if (system.method(\"nanos\").call(null, []) <= before) exit(5);\n"
               "string long = \"ab\".repeat(50000);\n"
               "if (.internal.method.invoke(long, \"toUpper\", []).length() != 100000) exit(6);\n"),
        0);
}
END_TEST

START_TEST(a_lock_is_held_meanwhile)
{
    ck_assert_int_eq(status("any m = thing.method(\"locked\"); any[] all = [];\n"
                            "for (int i = 0; i < 8; i++) all.add(spawn(fun () {\n"
                            "  for (int k = 0; k < 5; k++) m.call(t, [1]); }));\n"
                            "foreach (x in all) x.join();\n"
                            "if (t.n != 41) exit(1);\n"
                            "m.call(t, [1]); if (t.n != 42) exit(2);\n"),
                     0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    ck_assert_int_eq(status("any m = thing.method(\"twice\"); any own = thing.method(\"own\"); any "
                            "big = thing.method(\"big\");\n"
                            "if (error(fun () { return m.call(null, []); }) != "
                            "\".internal.error.no_method\") exit(1);\n"
                            "if (error(fun () { return m.call(null, [1, 2]); }) != "
                            "\".internal.error.no_method\") exit(2);\n"
                            "if (error(fun () { return m.call(null, [\"x\"]); }) != "
                            "\".internal.error.cast\") exit(3);\n"
                            "if (error(fun () { return m.call(null, [null]); }) != "
                            "\".internal.error.cast\") exit(4);\n"
                            "if (error(fun () { return m.call(null, [2.5]); }) != "
                            "\".internal.error.cast\") exit(5);\n"
                            "if (error(fun () { return own.call(t, []); }) != "
                            "\".internal.error.access\") exit(6);\n"
                            "if (error(fun () { return big.call(null, []); }) != "
                            "\".internal.error.null\") exit(7);\n"
                            "if (error(fun () { return big.call(\"x\", []); }) != "
                            "\".internal.error.cast\") exit(8);\n"
                            "if (error(fun () { return m.call(null, null); }) != "
                            "\".internal.error.null\") exit(9);\n"
                            "any[] many = []; for (int i = 0; i < 300; i++) many.add(i);\n"
                            "if (error(fun () { return m.call(null, many); }) != "
                            "\".internal.error.no_method\") exit(10);\n"),
                     0);
}
END_TEST

START_TEST(a_call_by_name_chooses_like_an_untyped_one)
{
    ck_assert_int_eq(
        status(
            "any invoke(any x, string n, any[] a) { return .internal.method.invoke(x, n, a); }\n"
            "if (invoke(t, \"over\", [1]) != 1 || invoke(t, \"over\", [\"a\"]) != \"a\") exit(1);\n"
            "if (error(fun () { return invoke(t, \"fly\", []); }) != "
            "\".internal.error.no_method\") exit(2);\n"
            "if (error(fun () { return invoke(t, \"own\", []); }) != \".internal.error.access\") "
            "exit(3);\n"
            "if (error(fun () { return invoke(null, \"over\", [1]); }) != "
            "\".internal.error.null\") exit(4);\n"
            "if (error(fun () { return invoke(t, null, []); }) != \".internal.error.null\") "
            "exit(5);\n"
            "if (error(fun () { return invoke(t, \"over\", [2.5]); }) != \".internal.error.cast\") "
            "exit(6);\n"
            "if (error(fun () { return invoke(t, \"<new>\", []); }) != "
            "\".internal.error.no_method\") exit(7);\n"
            "if (error(fun () { return invoke(t, \"twice\", [1]); }) != "
            "\".internal.error.no_method\") exit(8);\n"
            "any call = fun (any a, any b) { return a + b; };\n"
            "if (invoke(call, \"call\", [1, 2]) != 3) exit(9);\n"
            "if (invoke(dogs(), \"size\", []) != 2) exit(10);\n"
            "any dogs() { return [1, 2]; }\n"),
        0);
}
END_TEST

/* What only the machine calls is not called by who holds it as an object. */
START_TEST(what_no_source_can_name_is_not_called)
{
    ck_assert_int_eq(status("foreach (m in .internal.\"class\".find(\".main.test\").allMethods())\n"
                            "  if (m.isSpecial()) exit(1);\n"
                            "if (thing.constructors().size() != 1) exit(2);\n"
                            "thing made = (thing) thing.constructors()[0].call(t, []);\n"
                            "if (made :== t || t.n != 1) exit(3);\n"),
                     0);
}
END_TEST

/* An array that says something else each time, and changes while a primitive waits. */
START_TEST(arguments_are_those_of_the_beginning)
{
    ck_assert_int_eq(
        status("class liar extends .internal.container.array { .internal.words kept;\n"
               "  .internal.words toWords() { kept = super.toWords(); return kept; } }\n"
               "liar args = new liar(); args.add(20);\n"
               "any s = spawn(fun () { .internal.thread.method(\"sleep\").call(null, args); });\n"
               "while (args.kept == null) .internal.thread.yield();\n"
               "sleep(1); args.kept[0] = \"no number\"; args.set(0, null); s.join();\n"
               "liar text = new liar(); text.add(\"xyz\".repeat(40000));\n"
               "any j = spawn(fun () { for (int i = 0; i < 20; i++)\n"
               "  if (.internal.method.invoke(\"a\", \"concat\", text).length() != 120001) "
               "exit(1); });\n"
               "while (j.isAlive()) if (text.kept != null) text.kept[0] = \"y\".repeat(random(9) * "
               "30000);\n"),
        0);
}
END_TEST

START_TEST(calls_outlive_kills)
{
    char text[8192];
    uint32_t id;

    snprintf(text, sizeof text, "%s%s", things,
             "any m = thing.method(\"locked\"); any s = .internal.thread.method(\"sleep\");\n"
             "for (int i = 0; i < 60; i++) { m.call(t, [1]); s.call(null, [1L]); }\n"
             "if (t.n != 61) exit(1); exit(3);\n");
    id = machine_install(text);
    ck_assert_int_eq(machine_finish_by_restarts(id).status, 3);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        arguments_of_every_type_arrive,
        results_of_every_type_come_back,
        static_methods_begin_their_class,
        what_overrides_is_called,
        methods_in_c_are_called_too,
        a_lock_is_held_meanwhile,
        what_does_not_fit_is_refused,
        a_call_by_name_chooses_like_an_untyped_one,
        what_no_source_can_name_is_not_called,
        arguments_are_those_of_the_beginning,
        calls_outlive_kills,
    };

    return machine_tests("method", tests, sizeof tests / sizeof tests[0]);
}
