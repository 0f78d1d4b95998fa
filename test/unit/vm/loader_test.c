/*
 * loader_test.c - what a module becomes in the space, and that a refused one leaves nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/load_space.h"

#include <pthread.h>
#include <stdio.h>

#include "format/module.h"
#include "vm/pool.h"

static ref_t app;

static void
setup(void)
{
    space_pmem.strict = true; /* a store without barrier is a crash */
    load_space_start();
    app = load_application(1);
}

static void
teardown(void)
{
    space_check();
    load_space_stop();
}

static uint32_t
offset_of(const struct class_mirror *class, const char *name)
{
    return GET_U32(field_object, load_field(class, name), offset);
}

/* ---- the library ---- */

START_TEST(the_library_gives_well_known_classes_their_numbers)
{
    ck_assert_uint_eq(load_class_number(0, ".internal.object"), CLASS_OBJECT);
    ck_assert_uint_eq(load_class_number(0, ".internal.string"), CLASS_STRING);
    ck_assert_uint_eq(load_class_number(0, ".internal.monitor"), CLASS_MONITOR);
    ck_assert_uint_eq(load_class_number(0, "[w"), CLASS_WORDS);
    ck_assert_uint_eq(load_class_number(0, "[d"), CLASS_DOUBLES);
    ck_assert_uint_ge(load_class_number(0, ".internal.error"), CLASS_WELL_KNOWN_COUNT);
    for (uint32_t i = CLASS_OBJECT; i < CLASS_WELL_KNOWN_COUNT; i++) {
        ref_t class = class_of_number(i);

        ck_assert_uint_ne(class, 0);
        ck_assert_uint_eq(GET_U32(class_object, class, number), i);
        ck_assert_uint_eq(header_class_number(obj_header(class)), CLASS_CLASS);
        ck_assert(!ref_is_young(class));
    }
}
END_TEST

START_TEST(classes_that_c_knows_have_the_layout_of_their_structs)
{
    ref_t method = class_of_number(CLASS_METHOD), box = class_of_number(CLASS_LONG);
    ref_t ints = class_of_number(CLASS_INTS);

    ck_assert_uint_eq(GET_U32(class_object, method, instance_bytes), sizeof(struct method_object));
    ck_assert_uint_eq(GET_U32(class_object, method, word_run_count), 1);
    ck_assert_uint_eq(GET_U32(class_object, method, word_runs[0].offset), 8);
    ck_assert_uint_eq(GET_U32(class_object, method, word_runs[0].count), 7);
    ck_assert_uint_eq(GET_U32(class_object, box, instance_bytes), sizeof(struct box_object));
    ck_assert_uint_eq(GET_U32(class_object, box, word_run_count), 0);
    ck_assert_uint_eq(GET_U32(class_object, ints, kind), KIND_RAW32);
    ck_assert_uint_eq(GET_WORD(class_object, ints, super), class_of_number(CLASS_OBJECT));
    ck_assert_uint_eq(GET_U32(class_object, class_of_number(CLASS_STACK), kind), KIND_STACK);
}
END_TEST

START_TEST(a_class_that_c_knows_can_have_no_fields)
{
    const char *error;
    char text[8192];

    space_start();
    snprintf(text, sizeof text, "%sclass .internal.x extends .internal.string\n", assemble_library);
    ck_assert_refused(text, WORD_NULL, "it cannot extend .internal.string");
    snprintf(text, sizeof text, "%s\n", assemble_library);
    strstr(text, "class .internal.monitor")[strlen("class .internal.")] = 'M';
    ck_assert_refused(text, WORD_NULL, "the class library lacks .internal.monitor");
    ck_assert_uint_eq(class_of_number(CLASS_OBJECT), 0);
    error = strstr(assemble_library, "class .internal.error extends");
    snprintf(text, sizeof text, "%.*sfield y i\n%s", (int)(error - assemble_library),
             assemble_library, error);
    ck_assert_refused(text, WORD_NULL, "in class .internal.monitor: the machine makes its objects");
    ck_assert_loads(assemble_library, WORD_NULL);
    load_space_stop();
}
END_TEST

/* ---- fields ---- */

START_TEST(words_come_first_and_raw_fields_fill_the_gaps)
{
    ck_assert_loads("class .a extends .internal.object\n"
                    "field b b\nfield w w\nfield d d\nfield i i\nfield s L.internal.string;\n"
                    "class .b extends .a\n"
                    "field z z\nfield c c\nfield x [i\n"
                    "class .c extends .b\n"
                    "field y w\n",
                    app);
    struct class_mirror *a = load_mirror(1, ".a"), *b = load_mirror(1, ".b");
    struct class_mirror *c = load_mirror(1, ".c");

    ck_assert_uint_eq(offset_of(a, "w"), 8);
    ck_assert_uint_eq(offset_of(a, "s"), 16);
    ck_assert_uint_eq(offset_of(a, "d"), 24);
    ck_assert_uint_eq(offset_of(a, "i"), 32);
    ck_assert_uint_eq(offset_of(a, "b"), 36);
    ck_assert_uint_eq(a->instance_bytes, 40);
    ck_assert_uint_eq(offset_of(b, "x"), 40);
    ck_assert_uint_eq(offset_of(b, "c"), 38); /* in the gap behind a's byte */
    ck_assert_uint_eq(offset_of(b, "z"), 37);
    ck_assert_uint_eq(b->instance_bytes, 48);
    ck_assert_uint_eq(offset_of(c, "y"), 48);
    ck_assert_uint_eq(GET_U32(class_object, c->class, word_run_count), 2); /* joined to b's */
    ck_assert_uint_eq(GET_U32(class_object, c->class, word_runs[0].offset), 8);
    ck_assert_uint_eq(GET_U32(class_object, c->class, word_runs[0].count), 2);
    ck_assert_uint_eq(GET_U32(class_object, c->class, word_runs[1].offset), 40);
    ck_assert_uint_eq(GET_U32(class_object, c->class, word_runs[1].count), 2);
}
END_TEST

START_TEST(too_many_runs_of_words_are_refused_with_a_reason)
{
    char text[4096] = "class .c0 extends .internal.object\nfield w w\nfield d d\n";

    for (unsigned i = 1; i <= 12; i++) {
        if (i == 12)
            ck_assert_loads(text, app);
        snprintf(text + strlen(text), 200, "class .c%u extends .c%u\nfield w w\nfield d d\n", i,
                 i - 1);
    }
    ck_assert_refused(text, load_application(2), "gather the fields in fewer classes");
}
END_TEST

START_TEST(statics_are_slots_of_two_arrays)
{
    ck_assert_loads("class .a extends .internal.object\n"
                    "field a i static\nfield b w static\nfield c d static\nfield d w\n",
                    app);
    struct class_mirror *a = load_mirror(1, ".a");

    ck_assert_uint_eq(offset_of(a, "a"), 0);
    ck_assert_uint_eq(offset_of(a, "c"), 1);
    ck_assert_uint_eq(offset_of(a, "b"), 0);
    ck_assert_uint_eq(array_length(GET_WORD(class_object, a->class, statics)), 1);
    ck_assert_uint_eq(array_length(GET_WORD(class_object, a->class, raw_statics)), 2);
    ck_assert_uint_eq(a->instance_bytes, 16);
}
END_TEST

/* ---- methods ---- */

#define BODY      "  RETURN\nend\n"
#define NULL_BODY "  WNULL\n  WRETURN\nend\n"

START_TEST(a_method_overrides_by_name_and_arguments)
{
    ck_assert_loads("class .a extends .internal.object\n"
                    "method f (i)w\n" NULL_BODY "method f (w)w\n" NULL_BODY
                    "method p ()v private\n" BODY "class .b extends .a\n"
                    "method f (i)L.b;\n" NULL_BODY "method g ()v\n" BODY
                    "method p ()v private\n" BODY,
                    app);
    struct class_mirror *a = load_mirror(1, ".a"), *b = load_mirror(1, ".b");
    unsigned object = load_mirror(0, ".internal.object")->vtable_count;

    ck_assert_uint_eq(a->vtable_count, object + 2);
    ck_assert_uint_eq(b->vtable_count, object + 3);
    ck_assert_ptr_eq(b->vtable[object], &b->methods[0]);
    ck_assert_ptr_eq(b->vtable[object + 1], &a->methods[1]);
    ck_assert_ptr_eq(b->vtable[object + 2], &b->methods[1]);
    ck_assert_uint_eq(b->methods[0].vtable_index, object);
    ck_assert_uint_eq(b->methods[2].vtable_index, UINT32_MAX);
    ck_assert_str_eq(a->methods[0].descriptor, "i");
    ck_assert_int_eq(a->methods[0].result, 'w');
}
END_TEST

START_TEST(an_override_of_another_result_is_refused)
{
    ck_assert_refused("class .a extends .internal.object\nmethod f ()i\n ICONST 1\n RRETURN\nend\n"
                      "class .b extends .a\nmethod f ()l\n LCONST 1\n RRETURN\nend\n",
                      app, "in class .b: method f()l overrides f()i of .a, but returns");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()L.a;\n" NULL_BODY
                      "class .b extends .a\nmethod f ()L.internal.string;\n" NULL_BODY,
                      app, "but returns something else");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()v final\n" BODY
                      "class .b extends .a\nmethod f ()v\n" BODY,
                      app, "is final");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()v\n" BODY
                      "class .b extends .a\nmethod f ()v static\n" BODY,
                      app, "hides a method");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()v\n" BODY
                      "method f ()w\n" NULL_BODY,
                      app, "is declared twice");
}
END_TEST

START_TEST(a_result_may_name_a_class_that_is_declared_later)
{
    ck_assert_loads("class .b extends .a\nmethod f ()L.c;\n" NULL_BODY
                    "class .a extends .internal.object\nmethod f ()L.a;\n" NULL_BODY
                    "class .c extends .b\n",
                    app);
}
END_TEST

START_TEST(numbered_methods_are_inherited_and_overridden)
{
    ck_assert_loads("class .a extends .internal.object\n"
                    "method run ()v ordinal 8\n" BODY "method f ()v ordinal 3\n" BODY
                    "class .b extends .a\n"
                    "method run ()v\n" BODY "method g (i)v ordinal 3\n" BODY,
                    app);
    struct class_mirror *a = load_mirror(1, ".a"), *b = load_mirror(1, ".b");

    ck_assert_uint_eq(a->ordinal_count, 9);
    ck_assert_ptr_eq(a->ordinals[8], &a->methods[0]);
    ck_assert_ptr_null(a->ordinals[0]);
    ck_assert_ptr_eq(b->ordinals[8], &b->methods[0]); /* overrides it, so it has its number */
    ck_assert_ptr_eq(b->ordinals[3], &b->methods[1]);
    ck_assert_refused("class .c extends .a\nmethod run ()v ordinal 4\n" BODY, app,
                      "has number 4, but overrides number 8");
    ck_assert_refused("class .c extends .a\nmethod x ()v ordinal 4\n" BODY
                      "method y ()v ordinal 4\n" BODY,
                      app, "both have number 4");
    ck_assert_refused("class .c extends .a\nmethod x ()v static ordinal 4\n" BODY, app,
                      "cannot have a number");
}
END_TEST

START_TEST(an_interface_must_be_implemented)
{
    static const char shape[] =
        "class .shape extends .internal.object interface\n"
        "method area ()d abstract public\n"
        "method name ()L.internal.string; public\n  WCONST \"shape\"\n  WRETURN\nend\n"
        "class .solid extends .internal.object interface implements .shape\n"
        "method weight ()d abstract public\n";

    ck_assert_loads(shape, app);
    ck_assert_refused("class .a extends .internal.object implements .solid\n"
                      "method area ()d public\n DCONST 1.0\n RRETURN\nend\n",
                      app, "method weight()d of interface .solid is missing");
    ck_assert_refused("class .a extends .internal.object implements .internal.error\n", app,
                      ".internal.error is not an interface");
    ck_assert_loads("class .half extends .internal.object abstract implements .shape\n"
                    "class .ball extends .half implements .solid\n"
                    "method area ()d public\n DCONST 1.0\n RRETURN\nend\n"
                    "method weight ()d public\n DCONST 1.0\n RRETURN\nend\n",
                    app);
    struct class_mirror *ball = load_mirror(1, ".ball"), *face = load_mirror(1, ".shape");
    struct method_mirror *area = load_method(face, "area"), *name = load_method(face, "name");

    ck_assert_uint_eq(ball->interface_count, 2);
    ck_assert_ptr_eq(mirror_find(ball, area->name, area->signature), load_method(ball, "area"));
    ck_assert_ptr_eq(mirror_find(ball, name->name, name->signature), name);
    ck_assert(mirror_is_subclass(ball, face));
    ck_assert(!mirror_is_subclass(load_mirror(0, ".internal.error"), face));
}
END_TEST

START_TEST(abstract_methods_must_be_filled_in)
{
    ck_assert_refused("class .a extends .internal.object abstract\nmethod f ()v abstract\n"
                      "class .b extends .a\n",
                      app, "method f()v of .a is abstract and missing");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()v abstract\n", app,
                      "is abstract in a class that is not");
}
END_TEST

START_TEST(classes_form_a_tree)
{
    ck_assert_refused("class .a extends .b\nclass .b extends .a\n", app, "is its own super");
    ck_assert_refused("class .a extends .internal.object interface implements .b\n"
                      "class .b extends .internal.object interface implements .a\n",
                      app, "is its own super");
    ck_assert_refused("class .a extends .nobody\n", app, "unknown class .nobody");
    ck_assert_refused("class .a\n", app, "it has no super class");
    ck_assert_refused("class .a extends .internal.object final\nclass .b extends .a\n", app,
                      "which is final");
    ck_assert_refused("class .a extends [i\n", app, "made by the machine");
    ck_assert_refused("class .a extends .internal.object\nclass .a extends .internal.object\n", app,
                      "there is a class of this name already");
    ck_assert_refused("class .internal.error extends .internal.object\n", app,
                      "there is a class of this name already");
}
END_TEST

START_TEST(a_tower_of_classes_is_refused_before_c_feels_it)
{
    char *text = malloc(1 << 20), *at = text;

    for (unsigned i = 0; i < 5000; i++)
        at += sprintf(at, "class .c%u extends .c%u\n", i, i + 1);
    sprintf(at, "class .c5000 extends .internal.object\n");
    ck_assert_refused(text, app, "supers");
    free(text);
}
END_TEST

/* ---- names ---- */

START_TEST(an_application_sees_the_library_and_itself)
{
    ref_t other = load_application(2);
    uint32_t number;

    ck_assert_loads("entry .main\nclass .main extends .internal.object\n", app);
    ck_assert_uint_eq(load_entry, class_of_number(load_class_number(1, ".main")));
    ck_assert_loads("class .main extends .internal.object\n", other);
    ck_assert_uint_eq(load_entry, WORD_NULL);
    ck_assert_uint_ne(load_class_number(1, ".main"), load_class_number(2, ".main"));
    ck_assert_int_eq(class_find(0, ".main", 5, &number), ERR_NOT_FOUND);
    ck_assert_int_eq(class_find(3, ".main", 5, &number), ERR_NOT_FOUND);
    ck_assert_uint_eq(load_class_number(2, ".internal.int"), CLASS_INT);
    ck_assert_loads("class .second extends .main\n", app);
    ck_assert_ptr_eq(load_mirror(1, ".second")->super, load_mirror(1, ".main"));
}
END_TEST

START_TEST(array_classes_are_made_when_they_are_named)
{
    uint32_t number;

    ck_assert_loads("class .a extends .internal.object\n"
                    "method f (w)w static\n WLOAD 0\n CHECKCAST [[L.a;\n WRETURN\nend\n"
                    "method g (w)w static\n WLOAD 0\n CHECKCAST [[L.internal.object;\n WRETURN\n"
                    "end\n"
                    "class .b extends .a\n"
                    "method f ([L.b;[[i)v static\n RETURN\nend\n",
                    app);
    struct class_mirror *a = load_mirror(1, "[[L.a;"), *b = load_mirror(1, "[L.b;");
    struct class_mirror *words = load_mirror(0, "[w"), *grid = load_mirror(0, "[[w");

    ck_assert_ptr_eq(a->element->element, load_mirror(1, ".a"));
    ck_assert_ptr_eq(GET_WORD(class_object, a->class, application) == app ? a : NULL, a);
    ck_assert(mirror_is_subclass(b, load_mirror(1, "[L.a;")));
    ck_assert(!mirror_is_subclass(load_mirror(1, "[L.a;"), b));
    ck_assert(mirror_is_subclass(a, words));
    ck_assert(mirror_is_subclass(a, grid));
    ck_assert(mirror_is_subclass(load_mirror(0, "[[i"), words));
    ck_assert(!mirror_is_subclass(load_mirror(0, "[i"), words));
    ck_assert(!mirror_is_subclass(words, grid));
    ck_assert(mirror_is_subclass(grid, load_mirror(0, ".internal.object")));
    ck_assert_int_eq(class_find(1, "[[l", 3, &number), ERR_NOT_FOUND);
    ck_assert_uint_eq(GET_WORD(class_object, load_mirror(0, "[[i")->class, application), WORD_NULL);
}
END_TEST

START_TEST(what_is_unknown_is_said_with_its_place)
{
    ck_assert_refused("class .a extends .internal.object\n"
                      "method f ()v static\n"
                      "  .line 7\n"
                      "  WNULL\n  INVOKEVIRTUAL .internal.error nothing (i)w\n  WPOP\n"
                      "  .line 9\n"
                      "  NEW .b\n  WPOP\n  RETURN\nend\n",
                      app,
                      "in class .a, method f, line 7: unknown method "
                      ".internal.error.nothing(i)w");
    ck_assert_ptr_nonnull(strstr(load_report, "in class .a, method f, line 9: unknown class .b"));
}
END_TEST

/* ---- the pool ---- */

START_TEST(the_pool_becomes_words)
{
    word_t pool;

    ck_assert_loads("class .a extends .internal.object\n"
                    "field x i\n"
                    "method f ()v static locals 0 0 stack 1 0\n"
                    "  WCONST \"text\"\n WPOP\n WCONST int -5\n WPOP\n WCONST long 99\n WPOP\n"
                    "  WCONST long 0x7fffffffffffffff\n WPOP\n WCONST double 1e300\n WPOP\n"
                    "  WCONST double 0.5\n WPOP\n WCONST bool 1\n WPOP\n WCONST char 65\n WPOP\n"
                    "  WCONST point 0x1f600\n WPOP\n WCONST float 1.5\n WPOP\n"
                    "  WCONST class [[i\n WPOP\n"
                    "  RETURN\nend\n",
                    app);
    pool = GET_WORD(method_object, load_method(load_mirror(1, ".a"), "f")->method, pool);

    unsigned strings = 0, boxes = 0, others = 0, classes = 0;

    for (uint32_t i = 1; i < array_length(pool); i++) {
        word_t word = pool_entry(pool, i);
        uint32_t number;

        if (word == WORD_NULL)
            continue;
        number = word_class_number(word);
        if (number == CLASS_STRING) {
            ck_assert(string_equal_utf8(word, "text", 4));
            ck_assert(!ref_is_young(word));
            strings++;
        } else if (word_is_ref(word) && (number == CLASS_LONG || number == CLASS_DOUBLE)) {
            ck_assert(GET_U64(box_object, word, bits) == INT64_MAX ||
                      GET_U64(box_object, word, bits) == 0x7e37e43c8800759cull);
            ck_assert(!ref_is_young(word));
            boxes++;
        } else if (number == CLASS_CLASS) {
            classes++;
        } else {
            ck_assert(!word_is_ref(word));
            others++;
        }
    }
    ck_assert_uint_eq(strings, 1);
    ck_assert_uint_eq(boxes, 2);
    ck_assert_uint_eq(others, 7);
    ck_assert_uint_eq(classes, 3); /* [[i, .a, its super */
}
END_TEST

START_TEST(code_handlers_and_lines_are_arrays)
{
    ck_assert_loads("class .a extends .internal.object\n"
                    "method f ()v static\n"
                    "  .line 3\n"
                    "from:\n  WNULL\n  THROW\n"
                    "to:\n  .line 5\n  WPOP\n  RETURN\n"
                    "  .catch from to to .internal.error\n"
                    "end\n",
                    app);
    struct method_mirror *f = load_method(load_mirror(1, ".a"), "f");
    word_t handlers = GET_WORD(method_object, f->method, handlers);
    word_t lines = GET_WORD(method_object, f->method, lines);
    word_t pool = GET_WORD(method_object, f->method, pool);

    ck_assert_uint_eq(f->code_bytes, 4);
    ck_assert_uint_eq(array_length(handlers), 4);
    ck_assert_uint_eq(pmem_load32(array_at(handlers, KIND_RAW32, 0)), 0);
    ck_assert_uint_eq(pmem_load32(array_at(handlers, KIND_RAW32, 1)), 2);
    ck_assert_uint_eq(pmem_load32(array_at(handlers, KIND_RAW32, 2)), 2);
    ck_assert_uint_eq(pool_entry(pool, pmem_load32(array_at(handlers, KIND_RAW32, 3))),
                      load_mirror(0, ".internal.error")->class);
    ck_assert_uint_eq(array_length(lines), 4);
    ck_assert_uint_eq(pmem_load32(array_at(lines, KIND_RAW32, 3)), 5);
}
END_TEST

/* ---- all or nothing ---- */

START_TEST(a_refused_module_leaves_nothing)
{
    uint32_t classes = GET_U32(space_root, SPACE_ROOT, class_count);
    uint32_t methods = GET_U32(space_root, SPACE_ROOT, method_count);
    uint32_t number;

    ck_assert_refused("class .good extends .internal.object\nmethod f ()v\n RETURN\nend\n"
                      "class .bad extends .internal.object\nmethod f ()v\n WPOP\n RETURN\nend\n",
                      app, "in class .bad, method f()v");
    ck_assert_uint_eq(GET_U32(space_root, SPACE_ROOT, class_count), classes);
    ck_assert_uint_eq(GET_U32(space_root, SPACE_ROOT, method_count), methods);
    ck_assert_int_eq(class_find(1, ".good", 5, &number), ERR_NOT_FOUND);
    ck_assert_loads("class .good extends .internal.object\n", app);
    ck_assert_uint_eq(load_class_number(1, ".good"), classes);
}
END_TEST

START_TEST(no_more_than_twenty_complaints_are_made)
{
    char *text = malloc(1 << 16), *at = text;
    unsigned lines = 0;

    for (unsigned i = 0; i < 40; i++)
        at += sprintf(at, "class .c%u extends .internal.object\nmethod f ()v\n WPOP\nend\n", i);
    ck_assert_int_eq(load_for(text, app), ERR_PROGRAM);
    for (at = load_report; *at != 0; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, 21);
    free(text);
}
END_TEST

/* A class that extends `.internal.object`, with what is behind its name and in it. */
static void
refuses(const char *rest, const char *why)
{
    char text[400];

    snprintf(text, sizeof text, "class .a extends .internal.object%s\n", rest);
    ck_assert_refused(text, app, why);
}

START_TEST(words_that_do_not_go_together_are_refused)
{
    refuses(" abstract final", "it is abstract and final at once");
    refuses(" implements .nobody", "unknown interface .nobody");
    refuses(" interface\nclass .b extends .internal.error interface",
            "an interface extends no class");
    refuses("\nmethod f ()v public private\n" BODY, "is public and private at once");
    refuses(" abstract\nmethod f ()v abstract final",
            "is abstract, so nothing else may be said of it");
    refuses(" abstract\nmethod f ()v abstract synchronized",
            "is abstract, so nothing else may be said of it");
    refuses(" abstract\nmethod f ()v abstract static",
            "is abstract, so nothing else may be said of it");
    refuses("\nmethod f ()i synchronized primitive 2", "is a primitive and synchronized at once");
    refuses("\nmethod f ()v private ordinal 8\n" BODY, "cannot have a number");
    refuses("\nmethod f ()v ordinal 5000\n" BODY, "has too large a number");
    refuses(" interface\nmethod <new> ()v\n" BODY, "makes objects of an interface");
    refuses("\nmethod <new> ()i\n ICONST 1\n RRETURN\nend",
            "must be a method of an object and return nothing");
    refuses("\nmethod <entry> ()v\n" BODY, "must be static, of signature ()v");
    refuses("\nmethod <static> (i)v static\n" BODY, "must be static, of signature ()v");
    refuses("\nmethod <line> ()v static\n" BODY, "must be static, of signature ()w");
    refuses("\nmethod <scope> ()v static\n" BODY, "must be static, of signature ()w");
    refuses("\nmethod <other> ()v static\n" BODY, "has a name that is kept for the machine");
}
END_TEST

START_TEST(no_class_has_more_methods_than_can_be_numbered)
{
    static char text[200000];
    size_t at = (size_t)snprintf(text, sizeof text, "class .a extends .internal.object abstract\n");

    for (unsigned i = 0; i <= 4096; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "method f%u ()v abstract\n", i);
    ck_assert_refused(text, app, "it has more than 4096 methods");
}
END_TEST

START_TEST(primitives_are_for_the_library)
{
    ck_assert_refused("class .a extends .internal.object\nmethod f ()i primitive 2\n", app,
                      "only the class library may have these");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()l primitive 2\n", WORD_NULL,
                      "is bound to primitive 2, which is ()i");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()i static primitive 2\n",
                      WORD_NULL, "is bound to primitive 2");
    ck_assert_refused("class .a extends .internal.object\nmethod f ()i primitive 65000\n",
                      WORD_NULL, "and there is none");
    ck_assert_loads("class .a extends .internal.object\nmethod f ()i primitive 2\n", WORD_NULL);
    ck_assert_uint_eq(load_method(load_mirror(0, ".a"), "f")->primitive, 2);
}
END_TEST

START_TEST(classes_survive_a_restart)
{
    ck_assert_loads("class .a extends .internal.object\nfield x i\nmethod f ()v\n RETURN\nend\n",
                    app);
    uint32_t number = load_class_number(1, ".a");

    SET_WORD(space_root, SPACE_ROOT, spare_words[0], app); /* something must hold it */
    mirror_forget_all();
    space_restart();
    ck_assert_uint_eq(load_class_number(1, ".a"), number);
    ck_assert_uint_eq(load_mirror(1, ".a")->method_count, 1);
    app = GET_WORD(space_root, SPACE_ROOT, spare_words[0]);
    ck_assert_loads("class .b extends .a\nmethod f ()v\n RETURN\nend\n", app);
    ck_assert_ptr_eq(load_mirror(1, ".b")->super, load_mirror(1, ".a"));
}
END_TEST

START_TEST(a_page_that_cannot_be_read_ends_the_load_and_nothing_else)
{
    ref_t class;

    if (IN_PLACE)
        return;
    ck_assert_loads("class .a extends .internal.object\nmethod f ()v\n RETURN\nend\n", app);
    class = load_mirror(1, ".a")->class;
    SET_WORD(space_root, SPACE_ROOT, spare_words[0], app);
    mirror_forget_all();
    space_restart();
    app = GET_WORD(space_root, SPACE_ROOT, spare_words[0]);
    atomic_store(&fake.corrupt_page, space_page_of(class) + 1);
    ck_assert_int_eq(load_for("class .b extends .a\n", app), ERR_CORRUPT);
    ck_assert_str_eq(load_report, "a page of the space cannot be read\n");
    ck_assert_ptr_null(space_worker.restart);
    atomic_store(&fake.corrupt_page, 0);
    ck_assert_loads("class .b extends .a\n", app);
}
END_TEST

START_TEST(many_modules_fit_between_collections)
{
    char text[2000];

    space_heap.move_always = true;
    for (unsigned i = 0; i < 300; i++) {
        snprintf(text, sizeof text,
                 "class .m%u extends .internal.object\n"
                 "field a w\nfield b i static\n"
                 "method f ()w\n  WCONST \"number %u\"\n  WRETURN\nend\n",
                 i, i);
        ck_assert_loads(text, app);
        if (i % 50 == 0)
            ck_assert_int_eq(heap_collect_full(&space_local), OK);
    }
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    ck_assert_uint_eq(load_mirror(1, ".m299")->method_count, 1);
    space_heap.move_always = false;
}
END_TEST

/* ---- several at once ---- */

#define LOADERS      3
#define LOADER_LOADS 40

static void
complain_not(void *context, const char *line)
{
    (void)context;
    ck_abort_msg("%s", line);
}

static void *
load_many(void *argument)
{
    unsigned loader = *(unsigned *)argument;
    struct pmem_worker worker = { 0 };
    struct heap_local local = { 0 };
    char text[400];
    word_t entry;

    ck_assert_int_eq(pmem_worker_join(&worker), OK);
    heap_local_join(&local, &worker);
    for (unsigned i = 0; i < LOADER_LOADS; i++) {
        struct assembled module;

        snprintf(text, sizeof text,
                 "class .l%u_%u extends .internal.object\nmethod f%u ([L.l%u_%u;)w static\n"
                 "  WCONST \"text %u\"\n  WRETURN\nend\n",
                 loader, i, i, loader, i, i);
        module = assemble(text);
        ck_assert_int_eq(
            module_load(&local, module.bytes, module.count, WORD_NULL, &entry, complain_not, NULL),
            OK);
        assemble_free(&module);
    }
    heap_local_leave(&local);
    pmem_worker_leave(&worker);
    return NULL;
}

START_TEST(loads_wait_for_each_other)
{
    pthread_t threads[LOADERS];
    unsigned loaders[LOADERS];
    char name[32];

    for (unsigned i = 0; i < LOADERS; i++) {
        loaders[i] = i;
        pthread_create(&threads[i], NULL, load_many, &loaders[i]);
    }
    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(commit(&space_worker), OK);
    pmem_worker_away(&space_worker);
    for (unsigned i = 0; i < LOADERS; i++)
        pthread_join(threads[i], NULL);
    pmem_worker_back(&space_worker);
    for (unsigned i = 0; i < LOADERS * LOADER_LOADS; i++) {
        snprintf(name, sizeof name, "[L.l%u_%u;", i / LOADER_LOADS, i % LOADER_LOADS);
        ck_assert_uint_eq(load_mirror(0, name)->element->method_count, 1);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("loader");
    TCase *tcase = tcase_create("loader");
    TCase *empty = tcase_create("empty space");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_library_gives_well_known_classes_their_numbers);
    tcase_add_test(tcase, classes_that_c_knows_have_the_layout_of_their_structs);
    tcase_add_test(empty, a_class_that_c_knows_can_have_no_fields);
    tcase_add_test(tcase, words_come_first_and_raw_fields_fill_the_gaps);
    tcase_add_test(tcase, too_many_runs_of_words_are_refused_with_a_reason);
    tcase_add_test(tcase, statics_are_slots_of_two_arrays);
    tcase_add_test(tcase, a_method_overrides_by_name_and_arguments);
    tcase_add_test(tcase, an_override_of_another_result_is_refused);
    tcase_add_test(tcase, a_result_may_name_a_class_that_is_declared_later);
    tcase_add_test(tcase, numbered_methods_are_inherited_and_overridden);
    tcase_add_test(tcase, an_interface_must_be_implemented);
    tcase_add_test(tcase, abstract_methods_must_be_filled_in);
    tcase_add_test(tcase, classes_form_a_tree);
    tcase_add_test(tcase, a_tower_of_classes_is_refused_before_c_feels_it);
    tcase_add_test(tcase, an_application_sees_the_library_and_itself);
    tcase_add_test(tcase, array_classes_are_made_when_they_are_named);
    tcase_add_test(tcase, what_is_unknown_is_said_with_its_place);
    tcase_add_test(tcase, the_pool_becomes_words);
    tcase_add_test(tcase, code_handlers_and_lines_are_arrays);
    tcase_add_test(tcase, a_refused_module_leaves_nothing);
    tcase_add_test(tcase, no_more_than_twenty_complaints_are_made);
    tcase_add_test(tcase, words_that_do_not_go_together_are_refused);
    tcase_add_test(tcase, no_class_has_more_methods_than_can_be_numbered);
    tcase_add_test(tcase, primitives_are_for_the_library);
    tcase_add_test(tcase, classes_survive_a_restart);
    tcase_add_test(tcase, a_page_that_cannot_be_read_ends_the_load_and_nothing_else);
    tcase_add_test(tcase, many_modules_fit_between_collections);
    tcase_add_test(tcase, loads_wait_for_each_other);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, empty);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
