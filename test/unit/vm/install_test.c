/*
 * install_test.c - a load that runs out of memory or of room leaves nothing, whenever that is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/load_space.h"

#include "support/memory.h"

static const char sample[] =
    "class .face extends .internal.object interface\n"
    "method f (i)w abstract public\n"
    "class .a extends .internal.object implements .face\n"
    "field x w\nfield y d\nfield n i static\nfield w w static\n"
    "method f (i)w public ordinal 3\n"
    "  .line 1\n"
    "from:\n  ILOAD 0\n  IFEQ to\n  WCONST \"some text\"\n  WSTORE 1\n"
    "to:\n  WCONST long 0x7fffffffffffffff\n  WRETURN\n"
    "handler:\n  WRETURN\n"
    "  .catch from to handler .internal.error\n"
    "end\n"
    "method g ([[L.a;[[L.b;i)w static\n"
    "  ILOAD 0\n  IFEQ a\n  WLOAD 0\n  GOTO b\na:\n  WLOAD 1\nb:\n  WRETURN\nend\n"
    "class .b extends .a\n";

static struct assembled module;
static ref_t app;
static uint32_t classes, methods;

static void
setup(void)
{
    load_space_start();
    app = load_application(1);
    module = assemble(sample);
    classes = GET_U32(space_root, SPACE_ROOT, class_count);
    methods = GET_U32(space_root, SPACE_ROOT, method_count);
}

static void
teardown(void)
{
    assemble_free(&module);
    space_check();
    load_space_stop();
}

static void
check_nothing_was_left(void)
{
    uint32_t number;

    ck_assert_uint_eq(GET_U32(space_root, SPACE_ROOT, class_count), classes);
    ck_assert_uint_eq(GET_U32(space_root, SPACE_ROOT, method_count), methods);
    ck_assert_int_eq(class_find(1, ".a", 2, &number), ERR_NOT_FOUND);
    ck_assert_ptr_null(space_worker.restart);
}

START_TEST(every_allocation_may_fail)
{
    err_t err = ERR_NOMEM;
    unsigned n;

    for (n = 1; err == ERR_NOMEM; n++) {
        class_index_forget(); /* so that it is built under want, too */
        test_memory_fail(n);
        err = load_bytes(module.bytes, module.count, app);
        test_memory_fail(0);
        if (err == ERR_NOMEM)
            check_nothing_was_left();
    }
    ck_assert_int_eq(err, OK);
    ck_assert_uint_gt(n, 10);
    ck_assert_uint_eq(load_mirror(1, ".b")->depth, 2);
}
END_TEST

START_TEST(a_mirror_that_finds_no_memory_can_be_had_later)
{
    uint32_t number;
    unsigned n;

    ck_assert_int_eq(load_bytes(module.bytes, module.count, app), OK);
    number = load_class_number(1, ".b");
    for (n = 1;; n++) {
        struct class_mirror *mirror;

        mirror_forget_all();
        test_memory_fail(n);
        mirror = mirror_of_class(number);
        test_memory_fail(0);
        if (mirror != NULL)
            break;
    }
    ck_assert_uint_gt(n, 3);
    ck_assert_uint_eq(mirror_of_class(number)->vtable_count,
                      load_mirror(0, ".internal.object")->vtable_count + 1);
}
END_TEST

START_TEST(a_full_volume_is_an_error)
{
    int64_t credit = atomic_exchange(&fake.credit, 0);

    ck_assert_int_eq(load_bytes(module.bytes, module.count, app), ERR_NOSPACE);
    check_nothing_was_left();
    atomic_fetch_add(&fake.credit, credit);
    ck_assert_int_eq(load_bytes(module.bytes, module.count, app), OK);
}
END_TEST

START_TEST(credit_is_given_back)
{
    for (unsigned i = 0; i < 100; i++) {
        char text[200];

        snprintf(text, sizeof text, "class .c%u extends .internal.object\n", i);
        ck_assert_loads(text, app);
        ck_assert_uint_le(space_worker.credit, PMEM_WORKER_CREDIT);
        if (i % 10 == 0)
            ck_assert_int_eq(commit(&space_worker), OK);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("install");
    TCase *tcase = tcase_create("install");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_allocation_may_fail);
    tcase_add_test(tcase, a_mirror_that_finds_no_memory_can_be_had_later);
    tcase_add_test(tcase, a_full_volume_is_an_error);
    tcase_add_test(tcase, credit_is_given_back);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
