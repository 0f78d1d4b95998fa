/*
 * class_test.c - classes as objects: what they say of themselves, how they are found and made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static const char pets[] =
    "interface noisy { void bark(); }\n"
    "abstract class pet { string name; private int age; static int made; abstract int legs(); }\n"
    "class dog extends pet implements noisy {\n"
    "  public int tail = 3; const double weight = 2.5;\n"
    "  void dog() { name = \"rex\"; }\n"
    "  void dog(string n) { name = n; made++; }\n"
    "  private void dog(int a, int b) { name = \"x\"; }\n"
    "  int legs() { return 4; }\n"
    "  void bark() { }\n"
    "  private void sleep() { }\n"
    "  string kind(int[] x, any y, long z) [20] { return \"k\"; }\n"
    "}\n"
    "any error(any action) {\n"
    "  try { return action.call(); } catch (.internal.error e) { return e.getClass().name(); }\n"
    "}\n";

static int
status(const char *program)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", pets, program);
    return machine_status(text);
}

START_TEST(a_class_tells_what_it_is)
{
    ck_assert_int_eq(
        status("if (!noisy.isAbstract() || !pet.isAbstract() || dog.isAbstract()) exit(1);\n"
               "if (!string.isFinal() && dog.isFinal()) exit(2);\n"
               "if (dog.interfaces().size() != 1) exit(3);\n"
               "if (dog.interfaces()[0] :!= noisy) exit(4);\n"
               "if (noisy.interfaces().size() != 0) exit(5);\n"
               "if (dog.toString() != \".dog\" || dog.hashCode() != dog.hashCode()) exit(6);\n"
               "if (!dog.equals(dog) || dog.equals(pet)) exit(7);\n"
               "if (dog.getClass().toString() != \".internal.class\") exit(8);\n"),
        0);
}
END_TEST

START_TEST(a_class_tells_its_members)
{
    ck_assert_int_eq(
        status(
            "string said = \"\";\n"
            "foreach (f in pet.fields()) said = said + f + \";\";\n"
            "if (said != \".internal.string .pet.name;int .pet.age;static int .pet.made;\") "
            "exit(1);\n"
            "said = \"\"; foreach (m in dog.methods()) said = said + m + \";\";\n"
            "if (said != \"int .dog.legs();void .dog.bark();void .dog.sleep();"
            ".internal.string .dog.kind(.internal.container.array, any, long);\") exit(2);\n"
            "said = \"\"; foreach (m in dog.constructors()) said = said + m + \";\";\n"
            "if (said != \"new .dog();new .dog(.internal.string);new .dog(int, int);\") exit(3);\n"
            "if (dog.method(\"kind\").number() != 20 || dog.method(\"legs\").number() != -1) "
            "exit(4);\n"
            "if (dog.method(\"toString\").number() != 5) exit(5);\n"
            "if (dog.method(\"legs\").owner() :!= dog || dog.method(\"hashCode\").owner() :!= "
            "object) exit(6);\n"
            "if (dog.field(\"name\").owner() :!= pet || !dog.field(\"made\").isStatic()) exit(7);\n"
            "if (!dog.field(\"age\").isPrivate() || !dog.field(\"tail\").isPublic()) exit(8);\n"
            "if (!dog.field(\"weight\").isConst() || dog.field(\"weight\").type() != \"double\") "
            "exit(9);\n"
            "if (!dog.method(\"sleep\").isPrivate() || !pet.method(\"legs\").isAbstract()) "
            "exit(10);\n"
            "if (noisy.method(\"bark\").parameters() != []) exit(11);\n"),
        0);
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
    ck_assert_int_eq(status("if (error(fun () { return dog.field(\"wings\"); }) != "
                            "\".internal.error.argument\") exit(1);\n"
                            "if (error(fun () { return dog.method(\"fly\"); }) != "
                            "\".internal.error.no_method\") exit(2);\n"
                            "if (error(fun () { return string.method(\"substring\"); }) != "
                            "\".internal.error.no_method\") "
                            "exit(3);\n"
                            "if (error(fun () { return dog.method(\"<new>\"); }) != "
                            "\".internal.error.no_method\") exit(4);\n"
                            "if (string.methods(\"substring\").size() < 2) exit(5);\n"),
                     0);
}
END_TEST

START_TEST(a_class_is_found_by_its_name)
{
    ck_assert_int_eq(
        status("any c = .internal.\"class\".find(\".dog\"); if (c :!= dog) exit(1);\n"
               "if (.internal.\"class\".find(\".internal.string\") :!= string) exit(2);\n"
               "if (.internal.\"class\".find(\".main.test\") == null) exit(3);\n"
               "foreach (n in [\"dog\", \"\", \".\", \".wolf\", \".dog \", \"[i\", \"\\u1234\", "
               "\".dog\".repeat(2000)])\n"
               "  if (.internal.\"class\".find(n) != null) exit(4);\n"
               "string none = null;\n"
               "if (error(fun () { return .internal.\"class\".find(none); }) != "
               "\".internal.error.null\") exit(5);\n"),
        0);
}
END_TEST

START_TEST(the_classes_of_other_programs_are_not_found)
{
    uint32_t id = machine_install("class secret { } sleep(600000);\n");
    uint32_t other = machine_install("class mine { }\n"
                                     "if (.internal.\"class\".find(\".secret\") != null) exit(1);\n"
                                     "if (.internal.\"class\".find(\".mine\") :!= mine) exit(2);\n"
                                     /* called by the library, it sees what the library sees */
                                     "any m = .internal.\"class\".method(\"find\");\n"
                                     "if (m.call(null, [\".mine\"]) != null || m.call(null, "
                                     "[\".internal.int\"]) :!= int) exit(3);\n"
                                     "exit(4);\n");

    while (machine_application(other).state == APPLICATION_RUNNING)
        ck_assert_int_ne(vm_wait(plat_monotonic_ns() + 10000000), VM_INTERRUPTED);
    ck_assert_int_eq(machine_application(other).status, 4);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(an_object_is_made_of_a_class)
{
    ck_assert_int_eq(status("any d = dog.make(); if (((dog) d).name != \"rex\") exit(1);\n"
                            "d = dog.make([\"tim\"]); if (((dog) d).name != \"tim\") exit(2);\n"
                            "d = dog.constructors()[1].call(null, [\"tom\"]); if (((dog) d).name "
                            "!= \"tom\") exit(3);\n"
                            "d = dog.8(); if (((dog) d).name != \"rex\") exit(4);\n"
                            "if (pet.made != 2) exit(5);\n"),
                     0);
}
END_TEST

START_TEST(what_cannot_be_made_is_refused)
{
    ck_assert_int_eq(
        status(
            "if (error(fun () { return pet.make(); }) != \".internal.error.no_method\") exit(1);\n"
            "if (error(fun () { return noisy.make(); }) != \".internal.error.no_method\") "
            "exit(2);\n"
            "if (error(fun () { return string.make(); }) != \".internal.error.no_method\") "
            "exit(3);\n"
            "if (error(fun () { return dog.make([1, 2, 3]); }) != \".internal.error.no_method\") "
            "exit(4);\n"
            "if (error(fun () { return dog.make([1]); }) != \".internal.error.cast\") exit(5);\n"
            "if (error(fun () { return dog.make([1, 2]); }) != \".internal.error.access\") "
            "exit(6);\n"
            "if (error(fun () { return dog.make(null); }) != \".internal.error.null\") exit(7);\n"
            "if (error(fun () { return dog.constructors()[2].call(null, [1, 2]); }) != "
            "\".internal.error.access\") exit(8);\n"),
        0);
}
END_TEST

START_TEST(making_outlives_collections_and_snapshots)
{
    machine_stop(true);
    machine_options.snapshot_polls = MACHINE_WORK(50, 200);
    machine_start();
    ck_assert_int_eq(status("any[] all = [];\n"
                            "for (int i = 0; i < 300; i++) all.add(dog.make([\"n\\{i}\"]));\n"
                            "for (int i = 0; i < 300; i++)\n"
                            "  if (((dog) all[i]).name != \"n\\{i}\") exit(1);\n"),
                     0);
    machine_options.snapshot_polls = 0;
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_class_tells_what_it_is,
        a_class_tells_its_members,
        what_is_not_there_is_said,
        a_class_is_found_by_its_name,
        the_classes_of_other_programs_are_not_found,
        an_object_is_made_of_a_class,
        what_cannot_be_made_is_refused,
        making_outlives_collections_and_snapshots,
    };

    return machine_tests("class", tests, sizeof tests / sizeof tests[0]);
}
