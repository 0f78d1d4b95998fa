/*
 * fuse_test.c - superinstructions and calls without a frame do what their parts do.
 *
 * A run of instructions with a NOP between every two is none, so each run is tried beside the
 * same with NOPs, on the same operands. What throws in its second part throws there; what is
 * interrupted by a poll, a collection or a barrier goes on as if it had not been.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>
#include <stdlib.h>

#include "unit/vm/machine.h"

#define TEXT_MAX (1u << 20)
#define RUNS_MAX 400

/* ---- methods in two forms ---- */

static struct {
    char *text;
    size_t used;
    unsigned runs;
} module;

static __attribute__((format(printf, 1, 2))) void
say(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    module.used +=
        (size_t)vsnprintf(module.text + module.used, TEXT_MAX - module.used, format, values);
    va_end(values);
    ck_assert_uint_lt(module.used, TEXT_MAX);
}

static void
module_begin(void)
{
    module.text = malloc(TEXT_MAX);
    ck_assert_ptr_nonnull(module.text);
    module.used = 0;
    module.runs = 0;
    say("entry .main\nclass .main extends .internal.object\n");
}

/* Each line of `run`, with a NOP behind it if they are to stand apart. */
static void
say_method(const char *form, const char *signature, const char *run, bool apart)
{
    say("method %s%u %s static locals 0 6 stack 0 6\n", form, module.runs, signature);
    for (const char *at = run; *at != 0; at++) {
        say("%c", *at);
        if (*at == '\n' && apart)
            say("  NOP\n");
    }
    say("end\n");
}

static __attribute__((format(printf, 2, 3))) void
add_run(const char *signature, const char *format, ...)
{
    char run[1000];
    va_list values;

    va_start(values, format);
    vsnprintf(run, sizeof run, format, values);
    va_end(values);
    say_method("near", signature, run, false);
    say_method("apart", signature, run, true);
    ck_assert_uint_lt(module.runs++, RUNS_MAX);
}

/* Call both forms of all runs with these operands; the run that differs is the exit status. */
static void
module_try(const char *signature, const char *differs, const char *const *pairs, unsigned count)
{
    for (unsigned run = 0; run < module.runs; run++) {
        say("method try%u ()v static locals 0 0 stack 0 8\n", run);
        for (unsigned i = 0; i < count; i++) {
            say("%s  INVOKESTATIC .main near%u %s\n", pairs[i], run, signature);
            say("%s  INVOKESTATIC .main apart%u %s\n%s", pairs[i], run, signature, differs);
        }
        say("  RETURN\nbad:\n  ICONST %u\n  INVOKESTATIC .internal.system exit (i)v\n  "
            "RETURN\nend\n",
            run + 1);
    }
    say("method <entry> ()v static locals 0 0 stack 0 0\n");
    for (unsigned run = 0; run < module.runs; run++)
        say("  INVOKESTATIC .main try%u ()v\n", run);
    say("  RETURN\nend\n");
    ck_assert_int_eq(machine_assembled_status(module.text), 0);
    free(module.text);
}

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const int_pairs[] = {
    "  ICONST8 7\n  ICONST8 3\n",          "  ICONST8 3\n  ICONST8 7\n",
    "  ICONST8 -5\n  ICONST8 -5\n",        "  ICONST8 0\n  ICONST8 0\n",
    "  ICONST -2147483648\n  ICONST8 1\n", "  ICONST 2147483647\n  ICONST8 33\n",
    "  ICONST8 -1\n  ICONST 70000\n",
};

static const char *const long_pairs[] = {
    "  LCONST 7\n  LCONST 3\n",           "  LCONST 3\n  LCONST 7\n",
    "  LCONST -1\n  LCONST -1\n",         "  LCONST 4294967296\n  LCONST 1\n",
    "  LCONST 1\n  LCONST -4294967295\n",
};

static const char *const double_pairs[] = {
    "  DCONST 7.5\n  DCONST 0.25\n",
    "  DCONST -0.25\n  DCONST 1e300\n",
    "  DCONST 3.5\n  DCONST 3.5\n",
};

static const char *const odd_doubles[] = {
    "  DCONST 1.5\n  DCONST 2.5\n",
    "  DCONST 2.5\n  DCONST 1.5\n",
    "  DCONST 2.5\n  DCONST 2.5\n",
    "  DCONST 0.0\n  DCONST 0.0\n  DDIV\n  DCONST 1.0\n",
    "  DCONST 1.0\n  DCONST 0.0\n  DCONST 0.0\n  DDIV\n",
};

/* Operands from two locals or one, results on the stack or in a local, for a kind of number. */
static void
add_binary(const char *signature, char kind, const char *op)
{
    add_run(signature, "  %cLOAD 0\n  %cLOAD 1\n  %s\n  RRETURN\n", kind, kind, op);
    add_run(signature, "  %cLOAD 0\n  NOP\n  %cLOAD 1\n  %s\n  RRETURN\n", kind, kind, op);
    add_run(signature, "  %cLOAD 0\n  %cLOAD 1\n  %s\n  %cSTORE 4\n  %cLOAD 4\n  RRETURN\n", kind,
            kind, op, kind, kind);
    add_run(signature, "  %cLOAD 0\n  NOP\n  %cLOAD 1\n  %s\n  %cSTORE 4\n  %cLOAD 4\n  RRETURN\n",
            kind, kind, op, kind, kind);
    add_run(signature, "  %cLOAD 0\n  %cLOAD 1\n  NOP\n  %s\n  %cSTORE 0\n  %cLOAD 0\n  RRETURN\n",
            kind, kind, op, kind, kind);
    add_run(signature, "  %cLOAD 0\n  %cLOAD 1\n  NOP\n  %s\n  RRETURN\n", kind, kind, op);
}

START_TEST(arithmetic_in_one_instruction_is_arithmetic_in_several)
{
    static const char *const ops[] = { "IADD", "ISUB", "IMUL", "IAND", "IXOR" };
    static const char *const more[] = { "IADD", "ISUB", "IMUL", "IAND", "ISHL", "ISHR", "IUSHR" };
    static const char *const numbers[] = { "ICONST8 -3", "ICONST 100000" };

    module_begin();
    for (unsigned i = 0; i < LENGTH(ops); i++)
        add_binary("(ii)i", 'I', ops[i]);
    for (unsigned i = 0; i < 2 * LENGTH(more); i++) {
        const char *number = numbers[i % 2], *op = more[i / 2];

        add_run("(ii)i", "  ILOAD 0\n  %s\n  %s\n  RRETURN\n", number, op);
        add_run("(ii)i", "  ILOAD 0\n  NOP\n  %s\n  %s\n  RRETURN\n", number, op);
        add_run("(ii)i", "  ILOAD 0\n  %s\n  %s\n  ISTORE 4\n  ILOAD 4\n  RRETURN\n", number, op);
    }
    module_try("(ii)i", "  IF_ICMPNE bad\n", int_pairs, LENGTH(int_pairs));

    module_begin();
    add_binary("(ll)l", 'L', "LADD");
    module_try("(ll)l", "  LCMP\n  IFNE bad\n", long_pairs, LENGTH(long_pairs));

    module_begin();
    add_binary("(dd)d", 'D', "DADD");
    add_binary("(dd)d", 'D', "DSUB");
    add_binary("(dd)d", 'D', "DMUL");
    module_try("(dd)d", "  DCMPL\n  IFNE bad\n", double_pairs, LENGTH(double_pairs));
}
END_TEST

/* A comparison that pushes 1 where it holds: forward, and backward, where it polls. */
static void
add_branches(const char *signature, const char *compared)
{
    add_run(signature, "%s yes\n  ICONST8 0\n  RRETURN\nyes:\n  ICONST8 1\n  RRETURN\n", compared);
    add_run(signature,
            "  GOTO begin\nyes:\n  ICONST8 1\n  RRETURN\nbegin:\n%s yes\n  ICONST8 0\n  RRETURN\n",
            compared);
}

START_TEST(branches_in_one_instruction_go_where_several_go)
{
    static const char *const relations[] = { "EQ", "NE", "LT", "GE", "GT", "LE" };
    static const char *const operands[] = {
        "  ILOAD 0\n  ILOAD 1\n", "  ILOAD 0\n  NOP\n  ILOAD 1\n", "  ILOAD 0\n  ICONST8 7\n",
        "  ILOAD 0\n  NOP\n  ICONST8 7\n", "  ILOAD 0\n  ICONST 70000\n"
    };
    char text[200];

    module_begin();
    for (unsigned i = 0; i < LENGTH(relations); i++) {
        for (unsigned k = 0; k < LENGTH(operands); k++) {
            snprintf(text, sizeof text, "%s  IF_ICMP%s", operands[k], relations[i]);
            add_branches("(ii)i", text);
        }
        snprintf(text, sizeof text, "  ILOAD 0\n  IF%s", relations[i]);
        add_branches("(ii)i", text);
    }
    module_try("(ii)i", "  IF_ICMPNE bad\n", int_pairs, LENGTH(int_pairs));
}
END_TEST

START_TEST(comparisons_of_long_and_double_branch_as_they_compare)
{
    static const char *const relations[] = { "EQ", "NE", "LT", "GE", "GT", "LE" };
    char text[200];

    module_begin();
    for (unsigned i = 0; i < LENGTH(relations); i++) {
        snprintf(text, sizeof text, "  LLOAD 0\n  LLOAD 1\n  NOP\n  LCMP\n  IF%s", relations[i]);
        add_branches("(ll)i", text);
    }
    module_try("(ll)i", "  IF_ICMPNE bad\n", long_pairs, LENGTH(long_pairs));

    module_begin();
    for (unsigned i = 0; i < 2 * LENGTH(relations); i++) {
        snprintf(text, sizeof text, "  DLOAD 0\n  DLOAD 1\n  NOP\n  DCMP%c\n  IF%s",
                 i % 2 == 0 ? 'L' : 'G', relations[i / 2]);
        add_branches("(dd)i", text);
    }
    module_try("(dd)i", "  IF_ICMPNE bad\n", odd_doubles, LENGTH(odd_doubles));
}
END_TEST

START_TEST(loops_that_count_in_one_instruction_count_the_same)
{
    static const char *const ends[] = { "ILOAD 1", "ICONST8 50", "ICONST 300" };
    static const char *const relations[] = { "LT", "LE", "GT", "GE" };

    module_begin();
    for (unsigned i = 0; i < LENGTH(ends) * LENGTH(relations); i++) {
        unsigned relation = i / LENGTH(ends);

        add_run("(ii)i",
                "  ICONST8 0\n  ISTORE 4\nagain:\n  IINC 4 1\n  ILOAD 4\n  ICONST 1000\n"
                "  IF_ICMPGT over\n  IINC 0 %d\n  ILOAD 0\n  %s\n  IF_ICMP%s again\nover:\n"
                "  ILOAD 4\n  ILOAD 0\n  IADD\n  RRETURN\n",
                relation < 2 ? 1 : -1, ends[i % LENGTH(ends)], relations[relation]);
    }
    module_try("(ii)i", "  IF_ICMPNE bad\n", int_pairs, LENGTH(int_pairs));
}
END_TEST

START_TEST(a_branch_into_the_middle_of_a_run_finds_that_part)
{
    module_begin();
    add_run("(ii)i",
            "  ICONST8 9\n  ISTORE 4\n  ILOAD 0\n  IFNE middle\n  ILOAD 0\n  ISTORE 4\nmiddle:\n"
            "  ILOAD 4\n  ILOAD 1\n  IADD\n  ISTORE 4\n  ILOAD 4\n  RRETURN\n");
    add_run("(ii)i",
            "  ICONST8 5\n  ILOAD 0\n  IFGT middle\n  RPOP\n  ILOAD 0\nmiddle:\n  ILOAD 1\n"
            "  IADD\n  RRETURN\n");
    module_try("(ii)i", "  IF_ICMPNE bad\n", int_pairs, LENGTH(int_pairs));
}
END_TEST

/* ---- what leaves in the middle ---- */

START_TEST(what_throws_in_a_run_throws_there)
{
    ck_assert_program(
        "class node { int n; long l; boolean z; node next; ints all; words objects; longs longs0;\n"
        "  node step() { return next; } int get(int i) { return all[i]; } }\n"
        "int caught = 0;\n"
        "void none(node o) {\n"
        "  int i = 1; long l = 1L; node keep = null;\n"
        "  try { i = o.n; exit(1); } catch (.internal.error.null e) { caught++; }\n"
        "  try { l = o.l; exit(2); } catch (.internal.error.null e) { caught++; }\n"
        "  try { if (o.z) exit(3); exit(4); } catch (.internal.error.null e) { caught++; }\n"
        "  try { keep = o.next; exit(5); } catch (.internal.error.null e) { caught++; }\n"
        "  try { o.n = i; exit(6); } catch (.internal.error.null e) { caught++; }\n"
        "  try { o.l = l; exit(7); } catch (.internal.error.null e) { caught++; }\n"
        "  try { o.next = keep; exit(8); } catch (.internal.error.null e) { caught++; }\n"
        "  if (i != 1 || l != 1L || keep != null) exit(9);\n"
        "}\n"
        "void arrays(node o, ints a, words w, longs d) {\n"
        "  int i = 5; int got = 0; any word = null; long wide = 0L;\n"
        "  try { got = a[i]; exit(10); } catch (.internal.error.bounds e) { caught++; }\n"
        "  try { word = w[i]; exit(11); } catch (.internal.error.bounds e) { caught++; }\n"
        "  try { wide = d[i]; exit(12); } catch (.internal.error.bounds e) { caught++; }\n"
        "  i = -1;\n"
        "  try { got = a[i]; exit(13); } catch (.internal.error.bounds e) { caught++; }\n"
        "  try { got = o.all[i]; exit(14); } catch (.internal.error.null e) { caught++; }\n"
        "  try { word = o.objects[i]; exit(15); } catch (.internal.error.null e) { caught++; }\n"
        "  try { wide = o.longs0[i]; exit(16); } catch (.internal.error.null e) { caught++; }\n"
        "  o.all = a; o.objects = w; o.longs0 = d;\n"
        "  try { got = o.all[i]; exit(17); } catch (.internal.error.bounds e) { caught++; }\n"
        "  try { word = o.objects[i]; exit(18); } catch (.internal.error.bounds e) { caught++; }\n"
        "  try { wide = o.longs0[i]; exit(19); } catch (.internal.error.bounds e) { caught++; }\n"
        "  a = null; w = null;\n"
        "  try { got = a[i]; exit(20); } catch (.internal.error.null e) { caught++; }\n"
        "  try { word = w[i]; exit(21); } catch (.internal.error.null e) { caught++; }\n"
        "  if (got != 0 || word != null || wide != 0L) exit(22);\n"
        "}\n"
        "none(null);\n"
        "arrays(new node(), new ints(5), new words(5), new longs(5));\n"
        "if (caught != 19) exit(23);\n");
}
END_TEST

START_TEST(fields_are_operands_and_results_as_locals_are)
{
    ck_assert_program(
        "class pair { int n; int m; double d; double e; boolean z; char c; pair other; any w;\n"
        "  void up() { n = n + 1; m = m - 3; other.n = n + 1; } void sum() { n = n + m; m = n - m; "
        "}\n"
        "  void real() { d = d * e; e = d + e; d = d - 0.5; d = d * 2.0; d = d + 1.5; }\n"
        "  boolean five() { return n == 5; } boolean bigger(int k) { return k < m; }\n"
        "  int kind() { if (z) return 1; if (!z && n == 0) return 2; if (other == null) return 3;\n"
        "    if (w != null) return 4; return c == 'x' ? 5 : 6; } }\n"
        "pair p = new pair(); p.other = new pair(); int n = 0; int m = 0; int k = 0;\n"
        "double d = 0.5; double e = 1.25; p.d = d; p.e = e;\n"
        "for (int i = 0; i < 100; i++) {\n"
        "  p.up(); n = n + 1; m = m - 3; if (p.n != n || p.m != m || p.other.n != n + 1) exit(1);\n"
        "  p.sum(); n = n + m; m = n - m; if (p.n != n || p.m != m || n != p.n || m != p.m) "
        "exit(2);\n"
        "  p.real(); d = d * e; e = d + e; d = d - 0.5; d = d * 2.0; d = d + 1.5;\n"
        "  if (d > 1.0e6) { d = 0.5; e = 0.25; p.d = d; p.e = e; }\n"
        "  if (p.d != d || p.e != e || p.five() != (n == 5) || p.bigger(i) != (i < m)) exit(3);\n"
        "  k = i; p.other.n = i + 60; while (k < p.other.n) { k += 7; p.other.n -= 3; if (k == "
        "p.other.n) k++; } }\n"
        "p.n = 0; p.m = 5; if (p.kind() != 2) exit(4); p.n = 3; p.z = true; if (p.kind() != 1) "
        "exit(5);\n"
        "p.z = false; p.w = 1; if (p.kind() != 4) exit(6); p.w = null; if (p.kind() != 6) "
        "exit(7);\n"
        "p.c = 'x'; if (p.kind() != 5) exit(8); p.other = null; if (p.kind() != 3) exit(9);\n"
        "for (int i = 0; i < 10; i++) if (p.bigger(i) != (i < 5)) exit(10);\n"
        "try { p.up(); exit(12); } catch (.internal.error.null e0) {}\n"
        "if (p.n != 4 || p.m != 2) exit(13);\n"
        "pair none = null; int caught = 0;\n"
        "try { k = none.n + none.m; exit(14); } catch (.internal.error.null e0) { caught++; }\n"
        "try { k = p.n + none.m; exit(15); } catch (.internal.error.null e0) { caught++; }\n"
        "try { if (k < none.m) exit(16); exit(16); } catch (.internal.error.null e0) { caught++; "
        "}\n"
        "try { if (none.n == 5) exit(17); exit(17); } catch (.internal.error.null e0) { caught++; "
        "}\n"
        "try { if (none.z) exit(18); exit(18); } catch (.internal.error.null e0) { caught++; }\n"
        "try { none.n = none.n + 1; exit(19); } catch (.internal.error.null e0) { caught++; }\n"
        "try { none.n = p.n + 1; exit(20); } catch (.internal.error.null e0) { caught++; }\n"
        "try { none.d = d + e; exit(21); } catch (.internal.error.null e0) { caught++; }\n"
        "try { d = d + none.d; exit(22); } catch (.internal.error.null e0) { caught++; }\n"
        "try { if (none.other == null) exit(23); exit(23); } catch (.internal.error.null e0) { "
        "caught++; }\n"
        "try { none.other.up(); exit(24); } catch (.internal.error.null e0) { caught++; }\n"
        "try { if (none.c == 'x') exit(25); exit(25); } catch (.internal.error.null e0) { "
        "caught++; }\n"
        "if (caught != 12) exit(26);\n"
        "any any1 = p; p = (pair) any1; try { p = (pair) (any) \"s\"; exit(27); }\n"
        "catch (.internal.error.cast e0) {}\n");
}
END_TEST

START_TEST(elements_are_set_from_locals_and_constants)
{
    ck_assert_program(
        "void fill(ints a, longs l, doubles d, bytes b, words w, int n) {\n"
        "  long k = 1L << 40; double x = 0.5; any o = \"o\"; int m = -7;\n"
        "  for (int i = 0; i < n; i++) { a[i] = i; a[i] = m; b[i] = 5; b[i] = -1; l[i] = k; d[i] = "
        "x; w[i] = o; }\n"
        "  a[m + 7] = 9; }\n"
        "ints a = new ints(8); longs l = new longs(8); doubles d = new doubles(8);\n"
        "bytes b = new bytes(8); words w = new words(8);\n"
        "fill(a, l, d, b, w, 8); if (a[0] != 9) exit(1);\n"
        "for (int i = 1; i < 8; i++)\n"
        "  if (a[i] != -7 || l[i] != 1L << 40 || d[i] != 0.5 || b[i] != -1 || w[i] != \"o\") "
        "exit(2);\n"
        "int caught = 0; int seven = 7;\n"
        "void ends(ints x, longs y, bytes z, int i, int v, long t) {\n"
        "  try { x[i] = v; exit(3); } catch (.internal.error e) { caught++; }\n"
        "  try { x[i] = 5; exit(4); } catch (.internal.error e) { caught++; }\n"
        "  try { y[i] = t; exit(5); } catch (.internal.error e) { caught++; }\n"
        "  try { z[i] = 1; exit(6); } catch (.internal.error e) { caught++; }\n"
        "  if (v != 1 || t != 2L) exit(7); }\n"
        "ends(a, l, b, 8, 1, 2L); ends(a, l, b, -1, 1, 2L); ends(null, null, null, 0, 1, 2L);\n"
        "if (caught != 12 || a[7] != -7 || b[7] != -1) exit(8);\n"
        "double limit(double x) { return x > 4.0 ? 4.0 : x < 1.0 ? 1.0 : x >= 2.0 ? 2.0 : 1.5; }\n"
        "if (limit(5.0) != 4.0 || limit(0.5) != 1.0 || limit(3.0) != 2.0 || limit(1.0) != 1.5) "
        "exit(9);\n"
        "double nan = 0.0 / 0; if (limit(nan) != 1.5) exit(10);\n"
        "double e = 16.0; int turns = 0; while (e > 1.0) { e = e / 2.0; turns++; } if (turns != 4) "
        "exit(11);\n"
        "string s = \"\"; for (int i = -2; i < 12; i++) s = s + i * 1111111111 + \" \";\n"
        "if (s != \"2072745074 -1111111111 0 1111111111 -2072745074 -961633963 149477148 "
        "1260588259 \" +\n"
        "  \"-1923267926 -812156815 298954296 1410065407 -1773790778 -662679667 \") exit(12);\n"
        "if (\"\" + -2147483647 + (-2147483647 - 1) != \"-2147483647-2147483648\") exit(13);\n");
}
END_TEST

START_TEST(variables_that_functions_share_are_one_variable)
{
    ck_assert_program(
        "int sum(int rounds) {\n"
        "  int k = 0; any w = \"a\"; double d = 0.5; boolean odd = false;\n"
        "  var add = fun (x) { k = k + (int) x; odd = !odd; d = d + 0.5; w = w + \"b\"; return k; "
        "};\n"
        "  var deep = fun (x) { return (fun (y) { k = k + (int) y; return k; })(x); };\n"
        "  for (int i = 0; i < rounds; i++) {\n"
        "    int before = k;\n"
        "    if (add(i) != before + i || k != before + i) exit(1);\n"
        "    k = k + 1; k++; if (deep(3) != before + i + 5 || k != before + i + 5) exit(2);\n"
        "    if (odd != (i % 2 == 0) || d != 1.0 + i * 0.5) exit(3);\n"
        "    if (w != \"ab\") exit(4); w = \"a\"; }\n"
        "  return k; }\n"
        "if (sum(200) != 199 * 100 + 1000) exit(5);\n"
        "any[] fs = []; foreach (i in 1..3) fs.add(fun (x) { i = i + (int) x; return i; });\n"
        "for (int k = 0; k < 5; k++) if (fs[0](1) != k + 2 || fs[2](10) != 3 + 10 * (k + 1)) "
        "exit(6);\n"
        "words two = new words(2); two[0] = 5; two[1] = \"s\"; int n = 0; words none = null;\n"
        "void read(words a, words b) { int m = (int) a[0]; if (m != 5) exit(7); any x = a[1];\n"
        "  if (x != \"s\") exit(8); try { x = b[0]; exit(9); } catch (.internal.error.null e) {}\n"
        "  try { x = a[2]; exit(10); } catch (.internal.error.bounds e) {} }\n"
        "for (int k = 0; k < 5; k++) read(two, none);\n");
}
END_TEST

START_TEST(a_branch_to_a_jump_goes_where_that_goes)
{
    module_begin();
    add_run("(ii)i", "  ILOAD 0\n  IFEQ first\n  ILOAD 1\n  IFEQ second\n  ICONST8 1\n  RRETURN\n"
                     "first:\n  GOTO third\nsecond:\n  GOTO first\nthird:\n  GOTO fourth\n"
                     "fifth:\n  ICONST8 3\n  RRETURN\nfourth:\n  ICONST8 2\n  RRETURN\n");
    add_run("(ii)i", "  ICONST8 5\n  ISTORE 4\nagain:\n  IINC 4 -1\n  ILOAD 4\n  IFGT there\n"
                     "  ILOAD 4\n  RRETURN\nthere:\n  GOTO again\n");
    module_try("(ii)i", "  IF_ICMPNE bad\n", int_pairs, LENGTH(int_pairs));
}
END_TEST

START_TEST(short_methods_that_are_not_entered_do_what_they_say)
{
    ck_assert_program(
        "class it { private int n; private long l; private boolean z; private any w; double d;\n"
        "  int n() { return n; } void n(int n0) { n = n0; }\n"
        "  long l() { return l; } void l(long l0) { l = l0; }\n"
        "  boolean z() { return z; } void z(boolean z0) { z = z0; }\n"
        "  any w() { return w; } void w(any w0) { w = w0; }\n"
        "  double d() { return d; } void d(double d0) { d = d0; }\n"
        "  int seven(int a, any b) { return 7; } boolean yes(any b, long c) { return true; }\n"
        "  long wide() { return 1L << 40; } int large() { return 1000000; }\n"
        "  any self(any other, int n) { return this; } void nothing(int a, any b) {}\n"
        "  static int eight(int n) { return 8; } }\n"
        "class other extends it { int n() { return -1; } any self(any o, int n) { return o; } }\n"
        "it a = new it();\n"
        "any u = a;\n"
        "for (int i = 0; i < 100; i++) {\n"
        "  it b = i % 3 == 0 ? new other() : a;\n"
        "  b.n(i); b.l((long) i << 33); b.z(i % 2 == 0); b.w(\"w\" + i); b.d(i * 0.5);\n"
        "  if (b.n() != (i % 3 == 0 ? -1 : i)) exit(1);\n"
        "  if (b.l() != (long) i << 33 || b.z() != (i % 2 == 0)) exit(2);\n"
        "  if (b.w() != \"w\" + i || b.d() != i * 0.5) exit(3);\n"
        "  if (1 + b.seven(5, \"x\") * 2 != 15 || !b.yes(null, 5L)) exit(4);\n"
        "  if (b.wide() != 1L << 40 || b.large() != 1000000 || it.eight(i) != 8) exit(5);\n"
        "  if (b.self(\"o\", 3) :!= (i % 3 == 0 ? (any) \"o\" : b)) exit(6);\n"
        "  b.nothing(i, b);\n"
        "  u.n(i); u.w(i);\n"
        "  if (u.n() != i || u.w() != i || u.seven(1, 2) != 7 || u.nothing(1, 2) != null) "
        "exit(7);\n"
        "  if (!u.yes(u, 1L) || u.self(1, 2) :!= u) exit(8);\n"
        "}\n"
        "it none = null;\n"
        "try { none.n(); exit(9); } catch (.internal.error.null e) {}\n"
        "try { none.w(1); exit(10); } catch (.internal.error.null e) {}\n"
        "try { none.nothing(1, 2); exit(11); } catch (.internal.error.null e) {}\n");
}
END_TEST

START_TEST(fields_set_without_a_frame_keep_what_is_young)
{
    /* The object grows old; what it is given is young, again and again. */
    ck_assert_program(
        "class holder { private any kept; void keep(any x) { kept = x; }\n"
        "  any kept() { return kept; } }\n"
        "holder h = new holder();\n"
        "any[] list = [];\n"
        "list.add(null);\n"
        "for (int i = 0; i < 200000; i++) {\n"
        "  h.keep(\"text \" + i); list[0] = \"item \" + i;\n"
        "  if (i % 1000 == 0) list.add(\"more \" + i);\n"
        "  if (i % 500 == 0 && (h.kept() != \"text \" + i || list[0] != \"item \" + i))\n"
        "    exit(1); }\n"
        "for (int i = 1; i < list.size(); i++)\n"
        "  if (list[i] != \"more \" + (i - 1) * 1000) exit(2);\n");
}
END_TEST

START_TEST(an_array_of_the_library_in_place_is_what_its_source_says)
{
    ck_assert_program(
        "class mine extends .internal.container.array { int gets; int sets;\n"
        "  any get(int i) { gets++; return super.get(i); }\n"
        "  void set(int i, any x) { sets++; super.set(i, x); } }\n"
        "void both(.internal.container.array a) { a.add(\"a\"); a.set(0, \"b\");\n"
        "  if (a.get(0) != \"b\" || a.size() != 1) exit(8); }\n"
        "int[] a = [];\n"
        "for (int i = 0; i < 1000; i++) { a.add(i); if (a.size() != i + 1) exit(1); }\n"
        "for (int i = 0; i < 1000; i++) { if (a[i] != i) exit(2); a[i] = -i; }\n"
        "for (int i = 0; i < 1000; i++) if (a[i] != -i) exit(3);\n"
        "foreach (i in [-1, 1000, 1007, 1023, 5000, -2147483647]) {\n"
        "  try { int x = a[i]; exit(4); } catch (.internal.error.bounds e) {\n"
        "    if (e.message != \"element \\{i} of an array of 1000\") exit(5); }\n"
        "  try { a[i] = 1; exit(6); } catch (.internal.error.bounds e) {} }\n"
        "a.clear();\n"
        "try { int x = a[0]; exit(7); } catch (.internal.error.bounds e) {}\n"
        "mine m = new mine(); for (int i = 0; i < 20; i++) { both([]); m.clear(); both(m); }\n"
        "if (m.gets != 20 || m.sets != 20) exit(9);\n");
}
END_TEST

START_TEST(a_class_of_the_same_shape_keeps_its_own_ways)
{
    ck_assert_program(
        "class ring { words items; int count;\n"
        "  any get(int index) { if (index < 0 || index >= count) refuse(index); return "
        "items[index]; }\n"
        "  void set(int index, any value) { if (index < 0 || index >= count) refuse(index);\n"
        "    items[index] = value; }\n"
        "  void add(any value) { if (count == items.size()) reserve(1); items[count] = value; "
        "count++; }\n"
        "  void refuse(int index) { throw \"refused \\{index}\"; } void reserve(int n) { count = "
        "0; } }\n"
        "ring r = new ring();\n"
        "try { r.get(0); exit(1); } catch (string s) { if (s != \"refused 0\") exit(2); }\n"
        "try { r.add(1); exit(3); } catch (.internal.error.null e) {}\n"
        "r.items = new words(4);\n"
        "for (int i = 0; i < 10; i++) { r.add(i); r.set(i % 4, i * 2); if (r.get(i % 4) != i * 2) "
        "exit(4); }\n"
        "if (r.count != 2 || r.items[3] != 14) exit(5);\n"
        "r.count = -3;\n"
        "try { r.get(1); exit(6); } catch (string s) { if (s != \"refused 1\") exit(7); }\n"
        "try { r.set(1, 1); exit(8); } catch (string s) { if (s != \"refused 1\") exit(9); }\n"
        "try { r.add(1); exit(10); } catch (.internal.error.bounds e) {}\n"
        "r.count = 100;\n"
        "try { r.get(50); exit(11); } catch (.internal.error.bounds e) {}\n"
        "try { r.set(4, 1); exit(12); } catch (.internal.error.bounds e) {}\n"
        "try { r.add(1); exit(13); } catch (.internal.error.bounds e) {}\n"
        "if (r.count != 100 || r.get(3) != 14) exit(14);\n");
}
END_TEST

/* Memory for a part of what lives, and each form is the first to touch some of it. */
#define NODES     MACHINE_WORK("150000", "40000")
#define MEMORY_MB MACHINE_WORK(14, 6)

START_TEST(pages_may_be_missing_in_the_middle_of_a_run)
{
    struct pmem_stats stats;

    machine_stop(true);
    machine_pmem.resident_bytes_max = MEMORY_MB << 20;
    machine_start();
    ck_assert_program(
        "class node { node next; int v; long l; string s; ints a = new ints(4); any w; boolean z;\n"
        "  int v() { return v; } void v(int v0) { v = v0; } any w() { return w; }\n"
        "  void w(any w0) { w = w0; } int at(int i) { return a[i]; } void up() { v = v + 1; }\n"
        "  boolean is(int k) { return v == k; } boolean truth() { if (z) return true; return "
        "false; } }\n"
        "void touch(node p, int at, int k) {\n"
        "  int kind = (at / 40 + k) % 10; int i = at & 3; int got = at; long l = (long) at;\n"
        "  ints a = p.a; string s = p.s; node q = p;\n"
        "  if (kind == 0) got = p.v(); if (kind == 1) p.v(at); if (kind == 2) p.w(s);\n"
        "  if (kind == 3 && p.at(i) != at) exit(1); if (kind == 4) { p.up(); p.v = p.v - 1; }\n"
        "  if (kind == 5 && !p.is(at)) exit(2); if (kind == 6 && a[i] != at) exit(3);\n"
        "  if (kind == 7) a[i] = at; if (kind == 8 && s.length() != \"t\\{at}\".length()) "
        "exit(4);\n"
        "  if (kind == 9) p.l = l;\n"
        "  if (got != at || p.v != at || s != \"t\\{at}\" || p.a[i] != at || p.truth()) exit(5);\n"
        "  if (p.w() != null && p.w() != s || p.l != 0L && p.l != l || q.next :== q) exit(6); }\n"
        "node head = null; var names = {}; node[] all = [];\n"
        "for (int i = 0; i < " NODES "; i++) { node n = new node(); n.v = i; n.s = \"t\\{i}\";\n"
        "  n.a[i & 3] = i; n.next = head; head = n; all.add(n); if (i % 10 == 0) names[n.s] = n; "
        "}\n"
        "for (int k = 0; k < 2; k++) {\n"
        "  for (node p = head; p != null; p = p.next) touch(p, p.s.slice(1, p.s.length()).toInt(), "
        "k);\n"
        "  for (int i = 0; i < " NODES
        "; i += 7) { node n = all[i]; if (n.v != i) exit(7); all[i] = n; }\n"
        "  for (int i = 0; i < " NODES
        "; i += 10) if (((node) names[\"t\\{i}\"]).v() != i) exit(8); }\n");
    pmem_stats_get(&stats);
    ck_assert_uint_gt(stats.pages_in, 0);
    machine_pmem.resident_bytes_max = 0;
}
END_TEST

START_TEST(a_map_finds_in_place_what_its_source_finds)
{
    ck_assert_program(
        "class odd { int n; void odd(int n0) { n = n0; } int hashCode() { return n % 3; }\n"
        "  boolean equals(any o) { return o instanceof odd && ((odd) o).n == n; } }\n"
        "class same { } class twin { int hashCode() { return 5; } }\n"
        "var m = {}; same a = new same(); same b = new same(); twin t = new twin();\n"
        "foreach (k in [1, 2.0, 3L, 'c', true, 1.5f, \"text\", null, a, 5, 2147483647, -1, "
        "1.0e300, t])\n"
        "  m[k] = k;\n"
        "foreach (k in [1.0, 2, 3.0, 'c', true, 1.5, \"te\" + \"xt\", null, a, 5L, 2147483647.0, "
        "-1, 1.0e300, t])\n"
        "  if (!m.has(k) || m.get(k) != k) exit(1);\n"
        "foreach (k in [b, 4, \"texts\", 'd', new twin(), 0.5]) if (m.has(k) || m[k] != null) "
        "exit(2);\n"
        "if (m.size() != 13) exit(3);\n"
        "var o = {}; for (int i = 0; i < 300; i++) o[new odd(i)] = i;\n"
        "for (int i = 0; i < 300; i++) if (o[new odd(i)] != i) exit(4);\n"
        "var s = {}; for (int i = 0; i < 3000; i++) { s[\"k\\{i}\"] = i; s[i] = \"v\\{i}\"; }\n"
        "for (int i = 0; i < 3000; i++) if (s[\"k\\{i}\"] != i || s[i] != \"v\\{i}\") exit(5);\n"
        "for (int i = 0; i < 3000; i += 2) s.remove(i);\n"
        "for (int i = 0; i < 3000; i++) if (s.has(i) != (i % 2 == 1)) exit(6);\n"
        "int h = a.hashCode(); any u = a;\n"
        "for (int i = 0; i < 50; i++) {\n"
        "  if (a.hashCode() != h || u.hashCode() != h || 5.hashCode() != 5) exit(7);\n"
        "  any v = i; any w = i * 0.5; any x = \"\\{i}\"; any y = 1L << 61;\n"
        "  if (v.hashCode() != i || x.hashCode() != \"\\{i}\".hashCode()) exit(8);\n"
        "  if (w.hashCode() != (i * 0.5).hashCode() || y.hashCode() != (1L << 61).hashCode()) "
        "exit(9); }\n"
        "synchronized (a) { if (a.hashCode() != h) exit(10); }\n"
        "try { any none = null; none.hashCode(); exit(11); } catch (.internal.error.null e) {}\n");
}
END_TEST

START_TEST(calls_by_name_get_what_typed_ones_get)
{
    ck_assert_program(
        "class c { int n;\n"
        "  int whole(any x) { n++; return n; } boolean truth(any x) { n++; return n % 2 == 0; }\n"
        "  void nothing(any x) { n++; } double real(any x) { n++; return n * 0.5; }\n"
        "  long wide(any x) { n++; return 1L << 61; } char letter(any x) { n++; return 'x'; }\n"
        "  any all(any x) { n++; return x; } string text(any x) { n++; return \"t\" + x; }\n"
        "  synchronized int locked(any x) { n++; return 7; }\n"
        "  any deep(any x) { if (n > 0) { n--; return ((any) this).deep(x); } return x; }\n"
        "  any fails(any x) { n++; throw \"no \" + x; } }\n"
        "class d extends c { int whole(any x) { return -1; } }\n"
        "any o = new c();\n"
        "for (int i = 0; i < 40; i++) {\n"
        "  c typed = (c) o; typed.n = i;\n"
        "  if (o.whole(i) != i + 1 || o.truth(0) != (i % 2 == 0)) exit(1);\n"
        "  if (o.nothing(0) != null || o.real(0) != (i + 4) * 0.5) exit(2);\n"
        "  if (o.wide(0) != 1L << 61 || o.letter(0) != 'x' || o.all(\"z\") != \"z\") exit(3);\n"
        "  if (o.text(i) != \"t\\{i}\" || o.locked(1) != 7 || typed.n != i + 9) exit(4);\n"
        "  if (o.deep(i) != i || typed.n != 0) exit(5);\n"
        "  try { o.fails(i); exit(6); } catch (string s) { if (s != \"no \\{i}\") exit(7); }\n"
        "  any p = i % 2 == 0 ? new d() : new c();\n"
        "  if (p.whole(1) != (i % 2 == 0 ? -1 : 1)) exit(8); }\n"
        "typed0(new c());\n"
        "void typed0(c x) { any y = x; int k = y.whole(2) + (int) y.whole(3); if (k != 3) exit(9); "
        "}\n");
}
END_TEST

START_TEST(strings_asked_in_place_answer_as_ever)
{
    ck_assert_program(
        "string wide = \"a\\u20acb\"; string plain = \"abc\"; any u = plain; any n = 5;\n"
        "for (int i = 0; i < 50; i++) {\n"
        "  if (wide.length() != 3 || wide.charAt(1) != '\\u20ac' || wide[2] != 'b') exit(1);\n"
        "  if (plain.length() != 3 || plain.charAt(1) != 'b' || plain[2] != 'c') exit(2);\n"
        "  if (plain != \"ab\" + \"c\" || plain == wide || wide == \"a?b\" || plain == \"abd\") "
        "exit(3);\n"
        "  if (!plain.equals(\"ab\" + 'c') || plain.equals(null) || plain.equals(n)) exit(4);\n"
        "  if (plain.hashCode() != 96354 || \"\".hashCode() != 0) exit(5);\n"
        "  if (u.length() != 3 || u == 5 || n == u || u != plain) exit(6);\n"
        "  try { plain.charAt(3); exit(7); } catch (.internal.error.bounds e) {}\n"
        "  try { plain.charAt(-1); exit(8); } catch (.internal.error.bounds e) {} }\n"
        "string long1 = \"x\"; for (int i = 0; i < 13; i++) long1 = long1 + long1;\n"
        "string long2 = \"x\"; for (int i = 0; i < 13; i++) long2 = long2 + long2;\n"
        "if (long1 != long2 || !long1.equals(long2) || long1 == long2 + \"x\") exit(9);\n"
        "string none = null;\n"
        "try { none.length(); exit(10); } catch (.internal.error.null e) {}\n");
}
END_TEST

START_TEST(boxes_and_untyped_numbers_are_right_at_their_edges)
{
    ck_assert_program(
        "any i = 2147483647; any d = 1.5; any big = 1.0e300; any l = 1L << 40; any c = 'c';\n"
        "any nan = 0.0 / 0.0; any tiny = 1.0e-300; any huge = 0x7fffffffffffffffL; any t = true;\n"
        "if (i + 1 != -2147483648 || i * 2 != -2 || i - -1 != -2147483648) exit(1);\n"
        "if (d + d != 3.0 || d * d != 2.25 || d - 1.0 != 0.5 || d + 1 != 2.5) exit(2);\n"
        "if (big * big != 1.0 / 0 || tiny * tiny != 0.0 || big + big != 2.0e300) exit(3);\n"
        "if (nan == nan || nan < d || nan >= d || !(d < big) || d >= big) exit(4);\n"
        "double x = d; double y = big; double z = i; long w = l; long v = i; long h = huge;\n"
        "if (x != 1.5 || y != 1.0e300 || z != 2147483647.0 || w != 1L << 40) exit(5);\n"
        "if (v != 2147483647L || h != 0x7fffffffffffffffL) exit(6);\n"
        "int n = d; if (n != 1) exit(7);\n"
        "char e = c; boolean b = t; if (e != 'c' || !b) exit(8);\n"
        "double[] ds = [0.0, -0.0, 1.0e-300, 1.7e308, 5.0e-324]; double sum = 0.0;\n"
        "foreach (q in ds) sum += q; if (sum != 1.7e308) exit(9);\n"
        "if (1.0 / ds[1] != -1.0 / 0) exit(10);\n"
        "long[] ls = [1L << 62, -1L << 62, 5L]; if (ls[0] + ls[1] + ls[2] != 5L) exit(11);\n"
        "try { n = (int) (any) \"s\"; exit(12); } catch (.internal.error.cast f) {}\n"
        "any none = null; try { x = none; exit(13); } catch (.internal.error.null f) {}\n"
        "if (5 == (any) 5.0 && c == 'c' && c != 'd' && t == true) return; exit(14);\n");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        arithmetic_in_one_instruction_is_arithmetic_in_several,
        branches_in_one_instruction_go_where_several_go,
        comparisons_of_long_and_double_branch_as_they_compare,
        loops_that_count_in_one_instruction_count_the_same,
        a_branch_into_the_middle_of_a_run_finds_that_part,
        what_throws_in_a_run_throws_there,
        fields_are_operands_and_results_as_locals_are,
        elements_are_set_from_locals_and_constants,
        variables_that_functions_share_are_one_variable,
        a_branch_to_a_jump_goes_where_that_goes,
        short_methods_that_are_not_entered_do_what_they_say,
        fields_set_without_a_frame_keep_what_is_young,
        an_array_of_the_library_in_place_is_what_its_source_says,
        a_class_of_the_same_shape_keeps_its_own_ways,
        pages_may_be_missing_in_the_middle_of_a_run,
        a_map_finds_in_place_what_its_source_finds,
        calls_by_name_get_what_typed_ones_get,
        strings_asked_in_place_answer_as_ever,
        boxes_and_untyped_numbers_are_right_at_their_edges,
    };

    return machine_tests("fuse", tests, sizeof tests / sizeof tests[0]);
}
