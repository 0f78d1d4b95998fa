/*
 * console_test.c - the console ends when it should, and not before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/console.h"

#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plat/machine.h"

/* Each test runs in a process of its own, so it may replace standard input. */
static int
input_pipe(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    return ends[1];
}

START_TEST(input_comes_as_it_was_sent_and_then_ends)
{
    int to = input_pipe();
    char bytes[16];
    size_t count;

    ck_assert_int_eq(write(to, "hello", 5), 5);
    close(to);
    ck_assert_int_eq(plat_console_read(bytes, sizeof(bytes), &count), OK);
    ck_assert_uint_eq(count, 5);
    ck_assert_mem_eq(bytes, "hello", 5);
    ck_assert_int_eq(plat_console_read(bytes, sizeof(bytes), &count), ERR_END);
}
END_TEST

START_TEST(a_pipe_is_no_person_who_presses_keys)
{
    int to = input_pipe();
    char bytes[16];
    size_t count;

    ck_assert(!plat_console_keys(true));
    ck_assert_uint_eq(plat_console_columns(), 0);
    ck_assert_int_eq(write(to, "ab", 2), 2);
    ck_assert_int_eq(plat_console_read(bytes, sizeof(bytes), &count), OK);
    ck_assert_uint_eq(count, 2);
    ck_assert(!plat_console_keys(false));
    close(to);
}
END_TEST

START_TEST(a_closed_input_is_at_its_end)
{
    char bytes[16];
    size_t count;

    close(STDIN_FILENO);
    ck_assert_int_eq(plat_console_read(bytes, sizeof(bytes), &count), ERR_END);
}
END_TEST

static void *
cancel_soon(void *argument)
{
    usleep(50000);
    plat_console_cancel();
    return argument;
}

START_TEST(a_cancel_ends_a_waiting_read_and_all_later_ones)
{
    char bytes[16];
    size_t count;
    pthread_t thread;

    input_pipe();
    pthread_create(&thread, NULL, cancel_soon, NULL);
    ck_assert_int_eq(plat_console_read(bytes, sizeof(bytes), &count), ERR_CANCELLED);
    ck_assert_int_eq(plat_console_read(bytes, sizeof(bytes), &count), ERR_CANCELLED);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(a_cancel_ends_a_write_that_nobody_reads)
{
    static char bytes[1 << 20];
    pthread_t thread;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    pthread_create(&thread, NULL, cancel_soon, NULL);
    ck_assert_int_eq(plat_console_write(bytes, sizeof(bytes)), ERR_CANCELLED);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(a_reader_that_left_is_an_error_and_no_signal)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    close(ends[0]);
    ck_assert_int_eq(plat_console_write("x", 1), ERR_IO);
}
END_TEST

static void *
drain(void *argument)
{
    int from = *(int *)argument;
    static size_t total;
    char bytes[7000];
    ssize_t got;

    while ((got = read(from, bytes, sizeof(bytes))) > 0)
        total += (size_t)got;
    return &total;
}

START_TEST(a_long_write_arrives_whole)
{
    static char bytes[1000003];
    pthread_t thread;
    void *total;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    pthread_create(&thread, NULL, drain, &ends[0]);
    ck_assert_int_eq(plat_console_write(bytes, sizeof(bytes)), OK);
    close(STDOUT_FILENO);
    pthread_join(thread, &total);
    ck_assert_uint_eq(*(size_t *)total, sizeof(bytes));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("linux/console");
    TCase *tcase = tcase_create("console");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, input_comes_as_it_was_sent_and_then_ends);
    tcase_add_test(tcase, a_pipe_is_no_person_who_presses_keys);
    tcase_add_test(tcase, a_closed_input_is_at_its_end);
    tcase_add_test(tcase, a_cancel_ends_a_waiting_read_and_all_later_ones);
    tcase_add_test(tcase, a_cancel_ends_a_write_that_nobody_reads);
    tcase_add_test(tcase, a_reader_that_left_is_an_error_and_no_signal);
    tcase_add_test(tcase, a_long_write_arrives_whole);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
