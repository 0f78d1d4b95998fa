/*
 * assert_test.c - a broken invariant stops the machine, a kept one costs nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"

#include <check.h>
#include <signal.h>

#include "base/endian.h"
#include "base/log.h"
#include "base/trace.h"

START_TEST(a_broken_assertion_stops_the_machine)
{
    volatile int one = 1;

    assert(one == 2);
}
END_TEST

START_TEST(a_kept_assertion_does_not)
{
    volatile int one = 1;

    assert(one == 1);
    assert_slow(one == 1);
}
END_TEST

START_TEST(a_panic_stops_the_machine_and_shows_the_last_events)
{
    for (unsigned i = 0; i < 5000; i++)
        trace(NOTHING, i, i * 2);
    panic("number %d", 5);
}
END_TEST

START_TEST(disk_integers_keep_their_bytes_in_order)
{
    struct le64 eight = le64_put(0x0123456789abcdefull);
    struct le32 four = le32_put(0xfedcba98u);
    struct le16 two = le16_put(0x1234);

    ck_assert_uint_eq(eight.bytes[0], 0xef);
    ck_assert_uint_eq(eight.bytes[7], 0x01);
    ck_assert_uint_eq(le64_get(eight), 0x0123456789abcdefull);
    ck_assert_uint_eq(four.bytes[0], 0x98);
    ck_assert_uint_eq(le32_get(four), 0xfedcba98u);
    ck_assert_uint_eq(two.bytes[1], 0x12);
    ck_assert_uint_eq(le16_get(two), 0x1234);
}
END_TEST

START_TEST(every_error_has_words)
{
    for (int err = OK; err <= ERR_UNSUPPORTED; err++)
        ck_assert_str_ne(err_text((err_t)err), "unknown error");
    ck_assert_str_eq(err_text((err_t)1000), "unknown error");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("base/assert");
    TCase *tcase = tcase_create("assert");
    SRunner *runner;
    int failed;

    tcase_add_test_raise_signal(tcase, a_broken_assertion_stops_the_machine, SIGABRT);
    tcase_add_test(tcase, a_kept_assertion_does_not);
    tcase_add_test_raise_signal(tcase, a_panic_stops_the_machine_and_shows_the_last_events,
                                SIGABRT);
    tcase_add_test(tcase, disk_integers_keep_their_bytes_in_order);
    tcase_add_test(tcase, every_error_has_words);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
