/*
 * exception_test.c - throwing, catching, and being told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

START_TEST(an_exception_finds_its_handler_through_frames)
{
    ck_assert_program(
        "class a { int f(int n) { if (n == 0) throw \"deep\"; return f(n - 1) + 1; } }\n"
        "a o = new a(); int caught = 0;\n"
        "for (int i = 0; i < 50; i++) {\n"
        "  try { o.f(i); exit(1); } catch (string s) { if (s != \"deep\") exit(2);\n"
        "    caught++; } }\n"
        "if (caught != 50) exit(3);\n");
}
END_TEST

START_TEST(the_first_handler_whose_class_fits_is_taken)
{
    ck_assert_program("int zero = 0; int way = 0;\n"
                      "try { zero = 1 / zero; } catch (string s) { way = 1; }\n"
                      "catch (.internal.error.null e) { way = 2; }\n"
                      "catch (.internal.error e) { way = 3; }\n"
                      "finally { way = way + 10; }\n"
                      "if (way != 13) exit(1);\n"
                      "try { try { throw 5; } finally { way = 7; } } catch (int n) {\n"
                      "  if (n != 5 || way != 7) exit(2); way = 8; }\n"
                      "if (way != 8) exit(3);\n");
}
END_TEST

START_TEST(a_trace_names_methods_and_lines)
{
    ck_assert_program("class a { void f() { throw new .internal.error.state(\"x\"); }\n"
                      "  void g() { f(); } }\n"
                      "try { new a().g(); exit(1); } catch (.internal.error e) {\n"
                      "  if (e.message != \"x\") exit(2);\n"
                      "  if (e.trace.size() < 3) exit(3);\n"
                      "  any first = e.trace[0]; any second = e.trace[1];\n"
                      "  if (first != \".a.f (test.ph:1)\") exit(4);\n"
                      "  if (second != \".a.g (test.ph:2)\") exit(5); }\n");
}
END_TEST

START_TEST(what_nobody_catches_ends_the_thread_and_fails_the_application)
{
    uint32_t id = machine_install("class a { void f() { throw \"nobody\"; } }\nnew a().f();\n");
    struct vm_application_info info = machine_finish(id);

    ck_assert_int_eq(info.state, APPLICATION_FAILED);
    ck_assert_int_eq(info.status, 1);
    ck_assert_str_eq(info.error, "nobody");
    id = machine_install("int[] a = []; int n = a[7];\n");
    info = machine_finish(id);
    ck_assert_int_eq(info.state, APPLICATION_FAILED);
    ck_assert_ptr_nonnull(strstr(info.error, ".internal.error.bounds"));
}
END_TEST

START_TEST(a_stack_overflows_into_an_exception_and_can_be_used_again)
{
    machine_stop(true);
    machine_options.stack_slots_max = MACHINE_WORK(0, 1u << 15); /* 0: as large as can be */
    machine_start();
    ck_assert_program("class a { int depth; int f(int n) { depth = n; return f(n + 1) + 1; } }\n"
                      "a o = new a();\n"
                      "for (int i = 0; i < 3; i++) {\n"
                      "  try { o.f(0); exit(1); } catch (.internal.error.stack_overflow e) {} \n"
                      "  if (o.depth < " MACHINE_WORK("10000", "2500") ") exit(2); }\n");
}
END_TEST

START_TEST(too_large_an_array_is_an_exception)
{
    machine_options.heap.limit_bytes = 0;
    ck_assert_program("class hog { static hog all; hog next; string text; }\n"
                      "try { .internal.binary b = new .internal.binary(-1); exit(1); }\n"
                      "catch (.internal.error e) {}\n");
}
END_TEST

START_TEST(no_memory_is_an_exception)
{
    machine_stop(true);
    machine_options.heap.limit_bytes = 8 << 20;
    machine_start();
    ck_assert_program(
        "class hog { hog next; string text; }\n"
        "class work { static hog all; static int count;\n"
        "  static void fill() { while (true) { hog h = new hog(); h.next = all;\n"
        "    h.text = \"number \\{count}\"; all = h; count++; } } }\n"
        "for (int i = 0; i < 2; i++) {\n"
        "  try { work.fill(); exit(1); } catch (.internal.error.memory e) { work.all = null; }\n"
        "  if (work.count < 10000) exit(2); work.count = 0; }\n");
    machine_options.heap.limit_bytes = 0;
}
END_TEST

START_TEST(a_synchronized_method_lets_go_when_it_throws)
{
    ck_assert_program(
        "class a { synchronized void f() { throw \"out\"; }\n"
        "  synchronized int g() { return 1; } }\n"
        "class other { a it; int got; void other(a x) { it = x; } void run() { got = it.g(); } }\n"
        "a o = new a();\n"
        "for (int i = 0; i < 10; i++) { try { o.f(); } catch (string s) {} }\n"
        "other x = new other(o); .internal.thread t = spawn(x);\n"
        "if (!t.join(20000)) exit(1); if (x.got != 1) exit(2);\n");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        an_exception_finds_its_handler_through_frames,
        the_first_handler_whose_class_fits_is_taken,
        a_trace_names_methods_and_lines,
        what_nobody_catches_ends_the_thread_and_fails_the_application,
        a_stack_overflows_into_an_exception_and_can_be_used_again,
        too_large_an_array_is_an_exception,
        no_memory_is_an_exception,
        a_synchronized_method_lets_go_when_it_throws,
    };

    return machine_tests("exception", tests, sizeof tests / sizeof tests[0]);
}
