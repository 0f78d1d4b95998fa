/*
 * mirror_test.c - mirrors say what the objects say, and find methods as calls want them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/load_space.h"

#include <pthread.h>
#include <stdio.h>

#include "format/module.h"
#include "heap/text.h"

static ref_t app;

static const char zoo[] =
    "class .eater extends .internal.object interface\n"
    "method eat (L.internal.object;)L.internal.object; abstract public\n"
    "class .a extends .internal.object\n"
    "method f ()v\n  RETURN\nend\n"
    "method f (i)v\n  RETURN\nend\n"
    "method f (w)v\n  RETURN\nend\n"
    "method many (iL.a;d[L.a;lw[ff)i ordinal 5\n  ICONST 1\n  RRETURN\nend\n"
    "method <new> ()v\n  RETURN\nend\n"
    "method <new> (i)v private\n  RETURN\nend\n"
    "method <new> (w)v\n  RETURN\nend\n"
    "method hidden ()v private\n  RETURN\nend\n"
    "method fixed ()v static\n  RETURN\nend\n"
    "class .b extends .a implements .eater\n"
    "method f (i)v\n  RETURN\nend\n"
    "method eat (L.internal.object;)L.b; public\n  WNULL\n  WRETURN\nend\n"
    "method <new> (w)v\n  RETURN\nend\n"
    "class .c extends .b\n"
    "method f (d)v\n  RETURN\nend\n"
    "method take ([L.internal.object;L.eater;[[iL.internal.string;)v\n  RETURN\nend\n";

static void
setup(void)
{
    load_space_start();
    app = load_application(1);
    ck_assert_loads(zoo, app);
}

static word_t
symbol(const char *text)
{
    return symbol_find(text, strlen(text));
}

static word_t
string(const char *text)
{
    ref_t made = heap_string_utf8(&space_local, text, strlen(text));

    if (made == WORD_NULL)
        ck_assert_int_eq(heap_collect(&space_local, 0), OK);
    return made != WORD_NULL ? made : heap_string_utf8(&space_local, text, strlen(text));
}

START_TEST(a_mirror_says_what_the_class_says)
{
    struct class_mirror *a = load_mirror(1, ".a"), *b = load_mirror(1, ".b");
    struct method_mirror *many = load_method(a, "many");

    ck_assert_ptr_eq(mirror_of_class(a->number), a);
    ck_assert_uint_eq(a->class, class_of_number(a->number));
    ck_assert_uint_eq(a->depth, 1);
    ck_assert_uint_eq(b->depth, 2);
    ck_assert_ptr_eq(b->super, a);
    ck_assert_ptr_eq(b->display[0], load_mirror(0, ".internal.object"));
    ck_assert_ptr_eq(b->display[1], a);
    ck_assert_ptr_eq(b->display[2], b);
    ck_assert_ptr_null(b->display[3]);
    ck_assert_int_eq(a->kind, KIND_PLAIN);
    ck_assert_uint_eq(a->instance_bytes, 8);
    ck_assert_ptr_eq(mirror_of_method(many->number), many);
    ck_assert_ptr_eq(many->owner, a);
    ck_assert_uint_eq(many->word_args, 5);
    ck_assert_uint_eq(many->raw_args, 4);
    ck_assert_str_eq(many->descriptor, "iwdwlwwf");
    ck_assert_int_eq(many->result, 'i');
    ck_assert_uint_eq(many->code_bytes, 6);
    ck_assert_uint_eq(many->name, symbol("many"));
    ck_assert_ptr_eq(b->ordinals[5], many);
    ck_assert_str_eq(load_method(a, "fixed")->descriptor, "");
}
END_TEST

START_TEST(methods_are_found_by_name_and_signature)
{
    struct class_mirror *a = load_mirror(1, ".a"), *c = load_mirror(1, ".c");
    struct class_mirror *eater = load_mirror(1, ".eater"), *b = load_mirror(1, ".b");
    struct method_mirror *eat = load_method(eater, "eat");

    ck_assert_ptr_eq(mirror_find(c, symbol("f"), symbol("(i)v")), &b->methods[0]);
    ck_assert_ptr_eq(mirror_find(c, symbol("f"), symbol("(w)v")), &a->methods[2]);
    ck_assert_ptr_eq(mirror_find(c, symbol("f"), symbol("(d)v")), &c->methods[0]);
    ck_assert_ptr_null(mirror_find(a, symbol("f"), symbol("(d)v")));
    ck_assert_ptr_null(mirror_find(a, symbol("hidden"), symbol("()v")));
    /* b returns a narrower type than the interface says */
    ck_assert_ptr_eq(mirror_find(c, eat->name, eat->signature), &b->methods[1]);
    ck_assert_ptr_null(mirror_find(a, eat->name, eat->signature));
}
END_TEST

START_TEST(methods_are_found_by_name_and_number_of_arguments)
{
    struct class_mirror *a = load_mirror(1, ".a"), *b = load_mirror(1, ".b");
    struct class_mirror *c = load_mirror(1, ".c");
    struct method_mirror *found[4] = { NULL };

    ck_assert_uint_eq(mirror_find_named(c, symbol("f"), 1, found, 4), 3);
    ck_assert_ptr_eq(found[0], &c->methods[0]);
    ck_assert_ptr_eq(found[1], &b->methods[0]);
    ck_assert_ptr_eq(found[2], &a->methods[2]);
    found[1] = NULL;
    ck_assert_uint_eq(mirror_find_named(c, symbol("f"), 1, found, 1), 3);
    ck_assert_ptr_eq(found[0], &c->methods[0]);
    ck_assert_ptr_null(found[1]);
    ck_assert_uint_eq(mirror_find_named(c, symbol("f"), 0, found, 4), 1);
    ck_assert_uint_eq(mirror_find_named(c, symbol("f"), 2, found, 4), 0);
    ck_assert_uint_eq(mirror_find_named(c, symbol("hidden"), 0, found, 4), 1);
    ck_assert_uint_eq(mirror_find_named(c, symbol("fixed"), 0, found, 4), 0);
    ck_assert_uint_eq(mirror_find_named(c, symbol("toString"), 0, found, 4), 1);
}
END_TEST

START_TEST(constructors_are_those_of_the_class_itself)
{
    struct class_mirror *a = load_mirror(1, ".a"), *b = load_mirror(1, ".b");
    struct method_mirror *found[4] = { NULL };

    ck_assert_uint_eq(mirror_find_constructors(a, 0, found, 4), 1);
    ck_assert_uint_eq(mirror_find_constructors(a, 1, found, 4), 2);
    ck_assert_uint_eq(mirror_find_constructors(b, 0, found, 4), 0);
    ck_assert_uint_eq(mirror_find_constructors(b, 1, found, 4), 1);
    ck_assert_ptr_eq(found[0]->owner, b);
    ck_assert_uint_eq(mirror_find_constructors(load_mirror(1, ".c"), 1, found, 4), 0);
    ck_assert_uint_eq(mirror_find_constructors(load_mirror(1, ".eater"), 0, found, 4), 0);
}
END_TEST

START_TEST(a_string_names_a_method_of_an_object)
{
    static const char *const none[] = { "fixed", "<new>", "eat", "nothing", "" };
    struct class_mirror *a = load_mirror(1, ".a"), *c = load_mirror(1, ".c");

    ck_assert_uint_eq(mirror_symbol(a, symbol("many")), symbol("many"));
    ck_assert_uint_eq(mirror_symbol(c, symbol("many")), symbol("many"));
    ck_assert_uint_eq(mirror_symbol(c, symbol("eat")), symbol("eat"));
    ck_assert_uint_eq(mirror_symbol(c, symbol("hidden")), symbol("hidden"));
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_uint_eq(mirror_symbol(a, string(none[i])), WORD_NULL);
    ck_assert_uint_eq(mirror_symbol(a, string("many")), symbol("many"));
}
END_TEST

START_TEST(array_types_of_arguments_are_classes)
{
    ck_assert_ptr_eq(load_mirror(1, "[L.a;")->element, load_mirror(1, ".a"));
    ck_assert_ptr_eq(load_mirror(1, "[L.internal.object;"), load_mirror(0, "[w"));
    ck_assert_ptr_eq(load_mirror(1, "[[i")->element, mirror_of_class(CLASS_INTS));
}
END_TEST

START_TEST(words_know_their_class)
{
    ck_assert_uint_eq(word_class_number(word_from_int(1)), CLASS_INT);
    ck_assert_uint_eq(word_class_number(word_from_boolean(true)), CLASS_BOOLEAN);
    ck_assert_uint_eq(word_class_number(word_from_char('a')), CLASS_CHAR);
    ck_assert_uint_eq(word_class_number(app), CLASS_APPLICATION);
}
END_TEST

START_TEST(deep_classes_are_compared_beyond_the_display)
{
    char text[8192] = "class .d0 extends .internal.object\n";

    for (unsigned i = 1; i < 30; i++)
        snprintf(text + strlen(text), 100, "class .d%u extends .d%u\n", i, i - 1);
    snprintf(text + strlen(text), 100, "class .e extends .d20\n");
    ck_assert_loads(text, app);
    ck_assert(mirror_is_subclass(load_mirror(1, ".d29"), load_mirror(1, ".d0")));
    ck_assert(mirror_is_subclass(load_mirror(1, ".d29"), load_mirror(1, ".d20")));
    ck_assert(mirror_is_subclass(load_mirror(1, ".e"), load_mirror(1, ".d20")));
    ck_assert(!mirror_is_subclass(load_mirror(1, ".e"), load_mirror(1, ".d21")));
    ck_assert(!mirror_is_subclass(load_mirror(1, ".d20"), load_mirror(1, ".d21")));
    ck_assert(!mirror_is_subclass(load_mirror(1, ".d2"), load_mirror(1, ".d20")));
    ck_assert(mirror_is_subclass(load_mirror(1, ".d29"), load_mirror(0, ".internal.object")));
}
END_TEST

START_TEST(mirrors_are_made_anew_after_they_were_forgotten)
{
    uint32_t number = load_class_number(1, ".c");

    ck_assert_uint_eq(mirror_of_class(number)->depth, 3);
    mirror_forget_all();
    ck_assert_uint_eq(mirror_of_class(number)->depth, 3);
    ck_assert_uint_eq(load_class_number(1, ".c"), number);
    mirror_forget_all();
    mirror_forget_all();
}
END_TEST

/* ---- many at once ---- */

#define RACERS  4
#define CLASSES 60

static struct class_mirror *seen[RACERS][CLASSES];
static pthread_barrier_t barrier;

static void *
race(void *argument)
{
    unsigned racer = *(unsigned *)argument;
    struct pmem_worker worker = { 0 };
    char name[32];

    ck_assert_int_eq(pmem_worker_join(&worker), OK);
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < CLASSES; i++) {
        uint32_t number;

        snprintf(name, sizeof name, ".r%u", (i * 7 + racer * 13) % CLASSES);
        ck_assert_int_eq(class_find(1, name, strlen(name), &number), OK);
        seen[racer][(i * 7 + racer * 13) % CLASSES] = mirror_of_class(number);
    }
    pmem_worker_leave(&worker);
    return NULL;
}

START_TEST(workers_agree_on_one_mirror)
{
    pthread_t threads[RACERS];
    unsigned racers[RACERS];
    char text[16384] = "class .r0 extends .internal.object\n";

    for (unsigned i = 1; i < CLASSES; i++)
        snprintf(text + strlen(text), 200,
                 "class .r%u extends .r%u\nmethod f%u ()v\n  RETURN\nend\n", i, i / 2, i);
    ck_assert_loads(text, app);
    pthread_barrier_init(&barrier, NULL, RACERS);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = i;
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    pmem_worker_away(&space_worker);
    for (unsigned i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    pmem_worker_back(&space_worker);
    for (unsigned i = 0; i < CLASSES; i++) {
        ck_assert_ptr_nonnull(seen[0][i]);
        for (unsigned racer = 1; racer < RACERS; racer++)
            ck_assert_ptr_eq(seen[racer][i], seen[0][i]);
        for (uint32_t k = 0; k < seen[0][i]->vtable_count; k++)
            ck_assert_ptr_eq(seen[0][i]->vtable[k],
                             mirror_of_method(seen[0][i]->vtable[k]->number));
    }
    pthread_barrier_destroy(&barrier);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("mirror");
    TCase *tcase = tcase_create("mirror");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, load_space_stop);
    tcase_add_test(tcase, a_mirror_says_what_the_class_says);
    tcase_add_test(tcase, methods_are_found_by_name_and_signature);
    tcase_add_test(tcase, methods_are_found_by_name_and_number_of_arguments);
    tcase_add_test(tcase, constructors_are_those_of_the_class_itself);
    tcase_add_test(tcase, a_string_names_a_method_of_an_object);
    tcase_add_test(tcase, array_types_of_arguments_are_classes);
    tcase_add_test(tcase, words_know_their_class);
    tcase_add_test(tcase, deep_classes_are_compared_beyond_the_display);
    tcase_add_test(tcase, mirrors_are_made_anew_after_they_were_forgotten);
    tcase_add_test(tcase, workers_agree_on_one_mirror);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
