/*
 * thread_test.c - threads, waiting and waking, and the rest of the machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/thread.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "plat/machine.h"
#include "plat/memory.h"

static _Atomic uint32_t word;
static void *seen_self;

static void
store_and_wake(void *argument)
{
    seen_self = plat_self();
    plat_self_set(argument);
    atomic_store(&word, 1);
    plat_wake(&word, 1);
}

START_TEST(a_thread_runs_and_wakes_who_waits)
{
    struct plat_thread *thread;

    plat_self_set(&word);
    ck_assert_int_eq(plat_thread_create(&thread, "test", store_and_wake, &seen_self), OK);
    while (atomic_load(&word) == 0)
        plat_wait(&word, 0, PLAT_NO_DEADLINE);
    plat_thread_join(thread);
    ck_assert_ptr_null(seen_self);
    ck_assert_ptr_eq(plat_self(), &word);
}
END_TEST

START_TEST(a_wait_ends_at_its_deadline_and_not_before)
{
    uint64_t deadline = plat_monotonic_ns() + 30000000;

    while (plat_monotonic_ns() < deadline)
        plat_wait(&word, 0, deadline);
    ck_assert_uint_lt(plat_monotonic_ns(), deadline + 2000000000u);
    plat_wait(&word, 0, 0); /* long past */
}
END_TEST

START_TEST(a_wait_for_another_value_returns_at_once)
{
    plat_wait(&word, 5, PLAT_NO_DEADLINE);
}
END_TEST

START_TEST(memory_is_zero_and_aligned_and_a_table_is_sparse)
{
    uint8_t *page = plat_alloc(3 * 4096), *small = plat_alloc(24);
    uint64_t *table = plat_reserve(1ull << 36);

    ck_assert_uint_eq((uintptr_t)page % 4096, 0);
    ck_assert_uint_eq((uintptr_t)small % 16, 0);
    for (int i = 0; i < 3 * 4096; i++)
        ck_assert_uint_eq(page[i], 0);
    ck_assert_ptr_nonnull(table);
    ck_assert_uint_eq(table[1ull << 32], 0);
    table[1ull << 32] = 1;
    plat_release(table, 1ull << 36);
    plat_free(page, 3 * 4096);
    plat_free(small, 24);
    plat_free(NULL, 1);
    plat_release(NULL, 4096);
    ck_assert_uint_gt(plat_memory_bytes(), 16u << 20);
}
END_TEST

START_TEST(entropy_differs_and_clocks_go_on)
{
    uint8_t a[64] = { 0 }, b[64] = { 0 };
    uint64_t before = plat_monotonic_ns();

    plat_entropy(a, sizeof(a));
    plat_entropy(b, sizeof(b));
    ck_assert_mem_ne(a, b, sizeof(a));
    ck_assert_uint_ge(plat_monotonic_ns(), before);
    ck_assert_uint_gt(plat_wall_ns(), 1600000000ull * 1000000000ull);
    ck_assert_uint_ge(plat_processor_count(), 1);
}
END_TEST

START_TEST(a_panic_ends_the_process)
{
    plat_panic("as this test wants");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("linux/thread");
    TCase *tcase = tcase_create("thread");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, a_thread_runs_and_wakes_who_waits);
    tcase_add_test(tcase, a_wait_ends_at_its_deadline_and_not_before);
    tcase_add_test(tcase, a_wait_for_another_value_returns_at_once);
    tcase_add_test(tcase, memory_is_zero_and_aligned_and_a_table_is_sparse);
    tcase_add_test(tcase, entropy_differs_and_clocks_go_on);
    tcase_add_test_raise_signal(tcase, a_panic_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
