/*
 * field_test.c - fields as objects: reading and writing them by name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static const char things[] =
    "class base { public string name; }\n"
    "class thing extends base {\n"
    "  public boolean z; public char c; public int i; public long l; public float f; public double "
    "d;\n"
    "  public any x; public base b; int hidden = 5; private int own; public const int fixed = 9;\n"
    "  public static int si = start(); public static boolean sz; public static char sc; public "
    "static long sl;\n"
    "  public static float sf; public static double sd; public static string ss; static int "
    "hiddenStatic;\n"
    "  static int start() { sleep(1); return 7; }\n"
    "}\n"
    "any error(any action) {\n"
    "  try { return action.call(); } catch (.internal.error e) { return e.getClass().name(); }\n"
    "}\n"
    "thing t = new thing();\n"
    "any get(string n) { return thing.field(n).get(t); }\n"
    "void set(string n, any v) { thing.field(n).set(t, v); }\n";

static int
status(const char *program)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", things, program);
    return machine_status(text);
}

START_TEST(fields_of_every_type_are_read_and_written)
{
    ck_assert_int_eq(
        status("set(\"z\", true); set(\"c\", 'q'); set(\"i\", -5); set(\"l\", 1L << 62); "
               "set(\"f\", 0.5f);\n"
               "set(\"d\", -1.0e300); set(\"x\", [1]); set(\"b\", t); set(\"name\", \"n\");\n"
               "if (!t.z || t.c != 'q' || t.i != -5 || t.l != 1L << 62 || t.f != 0.5f) exit(1);\n"
               "if (t.d != -1.0e300 || t.x != [1] || t.b :!= t || t.name != \"n\") exit(2);\n"
               "if (get(\"z\") :!= true || get(\"c\") :!= 'q' || get(\"i\") :!= -5) exit(3);\n"
               "if (get(\"l\") :!= 1L << 62 || get(\"f\") :!= 0.5f || get(\"d\") :!= -1.0e300) "
               "exit(4);\n"
               "if (get(\"x\") != [1] || get(\"b\") :!= t || get(\"name\") != \"n\" || "
               "get(\"fixed\") != 9) exit(5);\n"
               "set(\"l\", 4); set(\"d\", 4); set(\"name\", null); set(\"z\", 1);\n"
               "if (t.l != 4L || t.d != 4.0 || t.name != null || !t.z) exit(6);\n"),
        0);
}
END_TEST

START_TEST(static_fields_begin_their_class)
{
    ck_assert_int_eq(
        status("if (.internal.\"class\".find(\".thing\").field(\"si\").get(null) != 7) exit(1);\n"
               "set(\"si\", -8); set(\"sz\", true); set(\"sc\", 'r'); set(\"sl\", -1L); "
               "set(\"sf\", -2.5f);\n"
               "set(\"sd\", 1.0e300); set(\"ss\", \"s\");\n"
               "if (thing.si != -8 || !thing.sz || thing.sc != 'r' || thing.sl != -1L) exit(2);\n"
               "if (thing.sf != -2.5f || thing.sd != 1.0e300 || thing.ss != \"s\") exit(3);\n"
               "if (get(\"si\") :!= -8 || get(\"sz\") :!= true || get(\"sc\") :!= 'r' || "
               "get(\"sl\") :!= -1L) exit(4);\n"
               "if (get(\"sf\") :!= -2.5f || get(\"sd\") :!= 1.0e300 || get(\"ss\") != \"s\") "
               "exit(5);\n"),
        0);
}
END_TEST

START_TEST(what_is_not_public_stays_so)
{
    ck_assert_int_eq(
        status("foreach (n in [\"hidden\", \"own\", \"hiddenStatic\"]) {\n"
               "  if (error(fun () { return get(n); }) != \".internal.error.access\") exit(1);\n"
               "  if (error(fun () { set(n, 1); return 0; }) != \".internal.error.access\") "
               "exit(2); }\n"
               "if (error(fun () { set(\"fixed\", 1); return 0; }) != \".internal.error.access\") "
               "exit(3);\n"
               "if (t.hidden != 5 || t.fixed != 9) exit(4);\n"),
        0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    ck_assert_int_eq(
        status("any put(string n, any v) { return error(fun () { set(n, v); return 0; }); }\n"
               "if (put(\"i\", 2.5) != \".internal.error.cast\" || put(\"i\", 1L) != "
               "\".internal.error.cast\") exit(1);\n"
               "if (put(\"i\", null) != \".internal.error.cast\" || put(\"z\", 'c') != "
               "\".internal.error.cast\") exit(2);\n"
               "if (put(\"name\", 5) != \".internal.error.cast\" || put(\"b\", \"s\") != "
               "\".internal.error.cast\") exit(3);\n"
               "if (put(\"c\", \"s\") != \".internal.error.cast\" || put(\"c\", 70000) != "
               "\".internal.error.cast\") exit(4);\n"
               "if (error(fun () { return thing.field(\"i\").get(null); }) != "
               "\".internal.error.null\") exit(5);\n"
               "if (error(fun () { return thing.field(\"i\").get(new base()); }) != "
               "\".internal.error.cast\") exit(6);\n"
               "if (error(fun () { return thing.field(\"i\").get(5); }) != "
               "\".internal.error.cast\") exit(7);\n"
               "if (t.i != 0 || t.name != null || t.b != null) exit(8);\n"),
        0);
}
END_TEST

/* An old object that gets a young value remembers it. */
START_TEST(what_was_written_outlives_collections)
{
    ck_assert_int_eq(status("gc(); thing old = t;\n"
                            "for (int i = 0; i < 200; i++) {\n"
                            "  thing.field(\"x\").set(old, \"v\\{i}\"); "
                            "thing.field(\"ss\").set(null, \"s\\{i}\");\n"
                            "  string waste = \"w\".repeat(5000);\n"
                            "  if (i % 50 == 0) gc();\n"
                            "  if (old.x != \"v\\{i}\" || thing.ss != \"s\\{i}\" || waste.length() "
                            "!= 5000) exit(1); }\n"),
                     0);
}
END_TEST

START_TEST(what_was_written_outlives_a_restart)
{
    char text[8192];
    uint32_t id;

    snprintf(text, sizeof text, "%s%s", things,
             "for (int i = 0; i < 400; i++) { set(\"i\", (int) get(\"i\") + 1); set(\"si\", (int) "
             "get(\"si\") + 1);\n"
             "  if (get(\"si\") != (int) get(\"i\") + 7) exit(1); sleep(1); }\n"
             "exit(t.i == 400 ? 3 : 2);\n");
    id = machine_install(text);
    ck_assert_int_eq(machine_finish_by_restarts(id).status, 3);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        fields_of_every_type_are_read_and_written,
        static_fields_begin_their_class,
        what_is_not_public_stays_so,
        what_does_not_fit_is_refused,
        what_was_written_outlives_collections,
        what_was_written_outlives_a_restart,
    };

    return machine_tests("field", tests, sizeof tests / sizeof tests[0]);
}
