/*
 * interp_test.c - what instructions do, at the edges too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

START_TEST(integers_wrap_and_shifts_are_masked)
{
    ck_assert_program(
        "int max = 0x7fffffff; int min = max + 1; int zero = 0;\n"
        "if (min != -max - 1) exit(1);\n"
        "if (min / -1 != min) exit(2);\n"
        "if (min % -1 != 0) exit(3);\n"
        "if (-7 / 2 != -3 || -7 % 2 != -1) exit(4);\n"
        "int one = 1; if (one << 33 != 2) exit(5);\n"
        "if (min >> 31 != -1 || min >>> 31 != 1) exit(6);\n"
        "long lmin = 1L << 63; if (lmin / -1L != lmin) exit(7);\n"
        "if (lmin % -1L != 0L) exit(8);\n"
        "if ((lmin >>> 63) != 1L || (one << 32) != 1) exit(9);\n"
        "try { zero = one / zero; exit(10); } catch (.internal.error.arithmetic e) {}\n"
        "try { lmin = lmin % (long) zero; exit(11); }\n"
        "catch (.internal.error.arithmetic e) {}\n");
}
END_TEST

START_TEST(floating_numbers_become_integers_by_saturation)
{
    ck_assert_program("double big = 1.0e300; double nan = 0.0 / 0.0;\n"
                      "if ((int) big != 0x7fffffff || (int) -big != -0x7fffffff - 1) exit(1);\n"
                      "if ((int) nan != 0 || (long) nan != 0L) exit(2);\n"
                      "if ((long) big != 0x7fffffffffffffffL) exit(3);\n"
                      "if (nan == nan || nan < 1.0 || nan > 1.0 || nan <= 1.0) exit(4);\n"
                      "if (!(nan != nan)) exit(5);\n"
                      "if (5.5 % 2.0 != 1.5 || -5.5 % 2.0 != -1.5) exit(6);\n"
                      "if (7.0 / 2.0 != 3.5) exit(7);\n");
}
END_TEST

START_TEST(untyped_values_act_as_typed_ones)
{
    ck_assert_program("any a = 7; any b = 2; any s = \"x\"; any d = 0.5; any l = 1L << 40;\n"
                      "if (a / b != 3 || a % b != 1 || a * b != 14) exit(1);\n"
                      "if (a + d != 7.5 || l + a != (1L << 40) + 7L) exit(2);\n"
                      "if (s + a != \"x7\" || a + s != \"7x\" || s + d != \"x0.5\") exit(3);\n"
                      "if (!(a > b) || a <= b || !(s < \"y\")) exit(4);\n"
                      "any big = 0x7fffffffffffffffL; if (big + 1L != -big - 1L) exit(5);\n"
                      "any none = null; if (none != null || s == null) exit(6);\n"
                      "try { a = s - b; exit(7); } catch (.internal.error.cast e) {}\n"
                      "try { a = a / 0; exit(8); } catch (.internal.error.arithmetic e) {}\n"
                      "any x = 1.0e300 * 1.0e10; if (x != 1.0e310) exit(9);\n");
}
END_TEST

START_TEST(a_join_asks_objects_on_both_sides)
{
    ck_assert_program("class thing { string n; void thing(string s) { n = s; }\n"
                      "  string toString() [5] { return \"<\" + n + \">\"; } }\n"
                      "any a = new thing(\"a\"); any s = \"-\";\n"
                      "if (a + s != \"<a>-\") exit(1);\n"
                      "if (s + a != \"-<a>\") exit(2);\n"
                      "any none = null; if (s + none != \"-null\") exit(3);\n"
                      "string t = \"\\{a}|\\{1}|\\{true}|\\{2.5}|\\{null}\";\n"
                      "if (t != \"<a>|1|true|2.5|null\") exit(4);\n");
}
END_TEST

START_TEST(calls_by_name_choose_by_the_classes_of_the_arguments)
{
    ck_assert_program(
        "class c {\n"
        "  int f(int n) { return 1; }\n"
        "  int f(string s) { return 2; }\n"
        "  double g(double x) { return x / 2.0; }\n"
        "  long h(long a, int b, string s) { return a * 10L + (long) b; }\n"
        "  void nothing() {}\n"
        "  private int secret() { return 1; }\n"
        "  void tie(int a, any b) {} void tie(any a, int b) {} void tie(any a, any b) {} }\n"
        "any o = new c();\n"
        "try { o.tie(1, 1); exit(9); } catch (.internal.error.no_method e) {}\n"
        "if (o.f(5) != 1 || o.f(\"s\") != 2) exit(1);\n"
        "if (o.g(5) != 2.5) exit(2);\n"
        "if (o.h(4, 2, \"z\") != 42L) exit(3);\n"
        "if (o.nothing() != null) exit(4);\n"
        "try { o.f(2.5); exit(5); } catch (.internal.error.cast e) {}\n"
        "try { o.k(); exit(6); } catch (.internal.error.no_method e) {}\n"
        "try { o.secret(); exit(7); } catch (.internal.error.access e) {}\n"
        "any n = 255; if (n.toString(16) != \"ff\" || n.toString() != \"255\") exit(8);\n"
        "any none = null; try { none.f(); exit(9); } catch (.internal.error.null e) {}\n"
        "for (int i = 0; i < 1000; i++) { if (o.f(i) != 1) exit(10); }\n");
}
END_TEST

START_TEST(a_class_that_is_a_value_makes_objects)
{
    ck_assert_program(
        "class up { int n = 7; static int made; void up() { made++; } }\n"
        "class c extends up { double d; string s = \"s\";\n"
        "  void c() {}\n"
        "  void c(int n0, double d0, long l, string s0) { n = n0 + (int) l; d = d0; s = s0; }\n"
        "  void c(string s0) { throw s0; } }\n"
        "class plain { int n = 3; }\n"
        "any which = c;\n"
        "c a = new *(which)(); if (a.n != 7 || a.s != \"s\" || up.made != 1) exit(1);\n"
        "c b = 5 > 4 ? new *(which)(1, 2, 3L, \"t\") : null;\n"
        "if (b.n != 4 || b.d != 2.0 || b.s != \"t\") exit(2);\n"
        "if (1 + new *(plain) : plain ().n != 4) exit(3);\n"
        "if ([1, new *(up) : up (), 3].size() != 3) exit(4);\n"
        "try { new *(plain) : up (); exit(8); } catch (.internal.error.cast e) {}\n"
        "try { new *(which)(\"thrown\"); exit(5); } catch (string s) {\n"
        "  if (s != \"thrown\") exit(6); }\n"
        "foreach (k in [c, up, c]) { any o = new *(k)(); if (o.getClass() :!= k) exit(7); }\n");
}
END_TEST

START_TEST(a_class_that_is_a_value_makes_only_what_it_may)
{
    ck_assert_program(
        "abstract class half { abstract void f(); }\n"
        "interface face { void f(); }\n"
        "class alone { private void alone() {} static any one() { any k = alone;\n"
        "  return new *(k)(); } }\n"
        "class above { void above(int n) {} }\n"
        "class below extends above { void below() { super(1); } }\n"
        "class twice { void twice(int n, any x) {} void twice(any x, int n) {} }\n"
        "class c {}\n"
        "class fails { static int n = 1 / zero(); static int zero() { return 0; } }\n"
        "any none = null; any text = \"c\"; int[] one = [1];\n"
        "try { new *(none)(); exit(1); } catch (.internal.error.null e) {}\n"
        "try { new *(text)(); exit(2); } catch (.internal.error.cast e) {}\n"
        "try { new *(half)(); exit(3); } catch (.internal.error.no_method e) {}\n"
        "try { new *(face)(); exit(4); } catch (.internal.error.no_method e) {}\n"
        "try { new *(alone)(); exit(5); } catch (.internal.error.access e) {}\n"
        "if (alone.one() == null) exit(6);\n"
        "try { new *(below)(1); exit(7); } catch (.internal.error.no_method e) {}\n"
        "try { new *(above)(\"s\"); exit(8); } catch (.internal.error.cast e) {}\n"
        "try { new *(twice)(1, 1); exit(9); } catch (.internal.error.no_method e) {}\n"
        "any numbers = new ints(1); any k0 = half;\n"
        "foreach (k in [text.getClass(), 5.getClass(), k0.getClass(), numbers.getClass()])\n"
        "  try { new *(k)(); exit(10); } catch (.internal.error.no_method e) {}\n"
        "try { new *(fails)(); exit(11); } catch (.internal.error.arithmetic e) {}\n"
        "try { new *(fails)(); exit(12); } catch (.internal.error.static e) {}\n"
        "any root = new c().getClass().parent(); if (new *(root)() == null) exit(13);\n");
}
END_TEST

START_TEST(a_method_may_be_chosen_by_a_computed_name_or_number)
{
    ck_assert_program(
        "class c { int n = 10;\n"
        "  int add(int m) [20] { return n + m; }\n"
        "  long mixed(double d, string s, long l) { return l + (long) s.length() + (long) d; }\n"
        "  private int secret() { return 1; }\n"
        "  static int fixed() { return 1; } }\n"
        "c o = new c(); any name = \"add\"; any number = 19; int zero = 0;\n"
        "if (o.(name)(5) != 15 || o.(number + 1)(6) != 16) exit(1);\n"
        "if (o.(\"mi\" + \"xed\")(1, \"four\", 5) != 10L) exit(2);\n"
        "if (\"text\".(\"len\" + \"gth\")() != 4 || 5.(\"to\" + \"String\")() != \"5\") exit(3);\n"
        "foreach (bad in [\"nothing\", \"fixed\", \"<new>\", \"<static>\", \"\", -1, 4095, "
        "70000])\n"
        "  try { o.(bad)(); exit(4); } catch (.internal.error.no_method e) {}\n"
        "name = \"secret\";\n"
        "try { o.(name)(); exit(5); } catch (.internal.error.access e) {}\n"
        "foreach (bad in [1.5, [1], true, null])\n"
        "  try { o.(bad)(); exit(6); } catch (.internal.error.cast e) {}\n"
        "foreach (bad in [\"add\", 20])\n"
        "  try { o.(bad)(\"s\"); exit(7); } catch (.internal.error.cast e) {}\n"
        "try { o.(\"<new>\")(); exit(9); } catch (.internal.error.no_method e) {}\n"
        "try { o.(\"\")(); exit(10); } catch (.internal.error.no_method e) {}\n"
        "o = null;\n"
        "try { o.(name)(1); exit(8); } catch (.internal.error.null e) {}\n");
}
END_TEST

START_TEST(interfaces_are_looked_up_and_remembered)
{
    ck_assert_program("interface shape { int area(); }\n"
                      "class square implements shape { int a; void square(int n) { a = n; }\n"
                      "  int area() { return a * a; } }\n"
                      "class flat implements shape { int area() { return 0; } }\n"
                      "int sum = 0; shape s;\n"
                      "for (int i = 0; i < 10; i++) {\n"
                      "  if (i % 2 == 0) s = new square(i); else s = new flat();\n"
                      "  sum += s.area(); }\n"
                      "if (sum != 4 + 16 + 36 + 64) exit(1);\n");
}
END_TEST

START_TEST(operand_stacks_are_turned_as_the_table_says)
{
    /* Each form leaves digits on the stack, which are read off as one number. */
    ck_assert_int_eq(
        machine_assembled_status(
            "entry .main\nclass .main extends .internal.object\n"
            "method put (iiiiii)i static locals 0 6 stack 0 4\n"
            "  ILOAD 0\n  ICONST8 10\n  IMUL\n  ILOAD 1\n  IADD\n  ICONST8 10\n  IMUL\n"
            "  ILOAD 2\n  IADD\n  ICONST8 10\n  IMUL\n  ILOAD 3\n  IADD\n  ICONST8 10\n  IMUL\n"
            "  ILOAD 4\n  IADD\n  ICONST8 10\n  IMUL\n  ILOAD 5\n  IADD\n  RRETURN\nend\n"
            "method <entry> ()v static locals 0 1 stack 0 8\n"
            "  ICONST8 1\n  ICONST8 2\n  ICONST8 3\n  ICONST8 4\n  RDUP2_X2\n"
            "  INVOKESTATIC .main put (iiiiii)i\n  ICONST 341234\n  IF_ICMPNE bad\n"
            "  ICONST8 0\n  ICONST8 1\n  ICONST8 2\n  ICONST8 3\n  RDUP2_X1\n  "
            "INVOKESTATIC .main put (iiiiii)i\n  ICONST 23123\n  IF_ICMPNE bad\n"
            "  ICONST8 0\n  ICONST8 0\n  ICONST8 1\n  ICONST8 2\n  ICONST8 3\n  RDUP_X2\n"
            "  INVOKESTATIC .main put (iiiiii)i\n  ICONST 3123\n  IF_ICMPNE bad\n"
            "  ICONST8 0\n  ICONST8 0\n  ICONST8 0\n  ICONST8 1\n  ICONST8 2\n  RDUP_X1\n"
            "  INVOKESTATIC .main put (iiiiii)i\n  ICONST 212\n  IF_ICMPNE bad\n"
            "  ICONST8 0\n  ICONST8 0\n  ICONST8 1\n  ICONST8 2\n  RDUP2\n"
            "  INVOKESTATIC .main put (iiiiii)i\n  ICONST 1212\n  IF_ICMPNE bad\n"
            "  RETURN\nbad:\n  ICONST8 1\n  INVOKESTATIC .internal.system exit (i)v\n"
            "  RETURN\nend\n"),
        0);
}
END_TEST

START_TEST(switches_find_their_branch)
{
    ck_assert_int_eq(
        machine_assembled_status(
            "entry .main\nclass .main extends .internal.object\n"
            "method table (i)i static locals 0 1 stack 0 2\n"
            "  ILOAD 0\n  TABLESWITCH other 3 three four\n"
            "three:\n  ICONST8 30\n  RRETURN\nfour:\n  ICONST8 40\n  RRETURN\n"
            "other:\n  ICONST8 99\n  RRETURN\nend\n"
            "method look (i)i static locals 0 1 stack 0 2\n"
            "  ILOAD 0\n  LOOKUPSWITCH other -5 minus 7 seven 1000000 million\n"
            "minus:\n  ICONST8 1\n  RRETURN\nseven:\n  ICONST8 2\n  RRETURN\n"
            "million:\n  ICONST8 3\n  RRETURN\nother:\n  ICONST8 4\n  RRETURN\nend\n"
            "method <entry> ()v static locals 0 0 stack 0 4\n"
            "  ICONST8 2\n  INVOKESTATIC .main table (i)i\n  ICONST8 99\n  IF_ICMPNE bad\n"
            "  ICONST8 3\n  INVOKESTATIC .main table (i)i\n  ICONST8 30\n  IF_ICMPNE bad\n"
            "  ICONST8 4\n  INVOKESTATIC .main table (i)i\n  ICONST8 40\n  IF_ICMPNE bad\n"
            "  ICONST8 5\n  INVOKESTATIC .main table (i)i\n  ICONST8 99\n  IF_ICMPNE bad\n"
            "  ICONST -2147483648\n  INVOKESTATIC .main table (i)i\n  ICONST8 99\n  IF_ICMPNE bad\n"
            "  ICONST8 -5\n  INVOKESTATIC .main look (i)i\n  ICONST8 1\n  IF_ICMPNE bad\n"
            "  ICONST8 7\n  INVOKESTATIC .main look (i)i\n  ICONST8 2\n  IF_ICMPNE bad\n"
            "  ICONST 1000000\n  INVOKESTATIC .main look (i)i\n  ICONST8 3\n  IF_ICMPNE bad\n"
            "  ICONST8 8\n  INVOKESTATIC .main look (i)i\n  ICONST8 4\n  IF_ICMPNE bad\n"
            "  RETURN\nbad:\n  ICONST8 1\n  INVOKESTATIC .internal.system exit (i)v\n"
            "  RETURN\nend\n"),
        0);
}
END_TEST

START_TEST(arrays_of_arrays_may_exceed_the_nursery)
{
    /* 1500 rows of 6000 bytes: nine million bytes. */
    ck_assert_int_eq(
        machine_assembled_status(
            "entry .main\nclass .main extends .internal.object\n"
            "method <entry> ()v static locals 1 0 stack 2 4\n"
            "  ICONST 1500\n  ICONST 1500\n  MULTINEWARRAY [[i 2\n  WSTORE 0\n"
            "  WLOAD 0\n  ARRAYLENGTH\n  ICONST 1500\n  IF_ICMPNE bad\n"
            "  WLOAD 0\n  ICONST 1499\n  WALOAD\n  CHECKCAST [i\n  ICONST 1499\n  ICONST8 5\n"
            "  IASTORE\n"
            "  WLOAD 0\n  ICONST 1499\n  WALOAD\n  CHECKCAST [i\n  ICONST 1499\n  IALOAD\n"
            "  ICONST8 5\n  IF_ICMPNE bad\n"
            "  RETURN\nbad:\n  ICONST8 1\n  INVOKESTATIC .internal.system exit (i)v\n"
            "  RETURN\nend\n"),
        0);
}
END_TEST

START_TEST(statics_are_made_before_their_first_use)
{
    ck_assert_program("class a { static int n = 5; static int get() { return n; } }\n"
                      "class b extends a { static int m = a.n * 2; }\n"
                      "class loop1 { static int x = loop2.y + 1; }\n"
                      "class loop2 { static int y = loop1.x + 1; }\n"
                      "class bad { static int z = 1 / a.n / 0; }\n"
                      "if (b.m != 10 || a.get() != 5) exit(1);\n"
                      "if (loop1.x != 2 || loop2.y != 1) exit(2);\n"
                      "try { int q = bad.z; exit(3); } catch (.internal.error.arithmetic e) {}\n"
                      "try { int q = bad.z; exit(4); } catch (.internal.error.static e) {}\n");
}
END_TEST

START_TEST(many_objects_survive_many_collections)
{
    ck_assert_program("class node { node next; int v; }\n"
                      "node keep = null;\n"
                      "for (int i = 0; i < 300000; i++) {\n"
                      "  node n = new node(); n.v = i;\n"
                      "  if (i % 100 == 0) { n.next = keep; keep = n; } }\n"
                      "int count = 0; int last = 300000;\n"
                      "while (keep != null) { if (keep.v >= last) exit(1); last = keep.v;\n"
                      "  keep = keep.next; count++; }\n"
                      "if (count != 3000) exit(2);\n");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        integers_wrap_and_shifts_are_masked,
        floating_numbers_become_integers_by_saturation,
        untyped_values_act_as_typed_ones,
        a_join_asks_objects_on_both_sides,
        calls_by_name_choose_by_the_classes_of_the_arguments,
        a_class_that_is_a_value_makes_objects,
        a_class_that_is_a_value_makes_only_what_it_may,
        a_method_may_be_chosen_by_a_computed_name_or_number,
        interfaces_are_looked_up_and_remembered,
        operand_stacks_are_turned_as_the_table_says,
        switches_find_their_branch,
        arrays_of_arrays_may_exceed_the_nursery,
        statics_are_made_before_their_first_use,
        many_objects_survive_many_collections,
    };

    return machine_tests("interp", tests, sizeof tests / sizeof tests[0]);
}
