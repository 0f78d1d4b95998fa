/*
 * suite.h - the main() of a unit test with one case: what every file would repeat.
 *
 *     UNIT_TESTS("base/list", list_pops_what_was_pushed_last, ...)
 *     UNIT_TESTS_WITHIN("store/open", 120, every_cut_leaves_a_whole_generation, ...)
 *     UNIT_TESTS_BETWEEN("linux/device", setup, teardown, who_reads_has_a_disk_alone, ...)
 *
 * The names are those of START_TEST; each has 30 seconds, or as many as are said.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>
#include <stddef.h>

static inline int
unit_tests_run(const char *name, double timeout_s, SFun before, SFun after,
               const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, timeout_s);
    tcase_add_checked_fixture(tcase, before, after);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#define UNIT_TESTS_MAIN(name, timeout_s, before, after, ...)                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = { __VA_ARGS__ };                                              \
                                                                                                   \
        return unit_tests_run(name, timeout_s, before, after, tests,                               \
                              sizeof tests / sizeof tests[0]);                                     \
    }

#define UNIT_TESTS_WITHIN(name, timeout_s, ...)                                                    \
    UNIT_TESTS_MAIN(name, timeout_s, NULL, NULL, __VA_ARGS__)

#define UNIT_TESTS(name, ...) UNIT_TESTS_WITHIN(name, 30, __VA_ARGS__)

#define UNIT_TESTS_BETWEEN(name, before, after, ...)                                               \
    UNIT_TESTS_MAIN(name, 30, before, after, __VA_ARGS__)
