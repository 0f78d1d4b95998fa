/*
 * space_test.c - faults come to the thread that made them, and say the truth.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/space.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "format/space.h"

#define ROOM_BYTES (1ull << 34)

static uint8_t contents[PLAT_PAGE_BYTES] __attribute__((aligned(4096)));
static _Atomic unsigned reads, writes;
static _Atomic uint64_t last_address;
static void *place[5];
static bool leave;

/* Absent pages come closed with the contents above, closed ones are opened. */
static void
serve(uint64_t address, bool write)
{
    uint64_t page = address & ~(uint64_t)(PLAT_PAGE_BYTES - 1);

    last_address = address;
    if (write)
        writes++;
    else
        reads++;
    if (leave)
        __builtin_longjmp(place, 1);
    if (plat_page_install(page, contents, false) == ERR_EXISTS && write)
        plat_page_open(page);
}

static volatile uint64_t *
word_at(uint64_t offset)
{
    return (volatile uint64_t *)(uintptr_t)(SPACE_BASE + offset);
}

static void
setup(void)
{
    memset(contents, 0x5a, sizeof(contents));
    ck_assert_int_eq(plat_space_create(SPACE_BASE, ROOM_BYTES, serve), OK);
}

static void
teardown(void)
{
    plat_space_destroy();
}

START_TEST(a_read_of_an_absent_page_is_one_read_fault_with_its_address)
{
    ck_assert_uint_eq(*word_at(0x12348), 0x5a5a5a5a5a5a5a5a);
    ck_assert_uint_eq(reads, 1);
    ck_assert_uint_eq(writes, 0);
    ck_assert_uint_eq(last_address, SPACE_BASE + 0x12348);
    ck_assert_uint_eq(*word_at(0x12ff8), 0x5a5a5a5a5a5a5a5a);
    ck_assert_uint_eq(reads, 1);
}
END_TEST

START_TEST(a_write_to_a_closed_page_is_a_write_fault_and_then_lands)
{
    (void)*word_at(0);
    *word_at(8) = 7;
    ck_assert_uint_eq(writes, 1);
    ck_assert_uint_eq(*word_at(8), 7);
    *word_at(16) = 8;
    ck_assert_uint_eq(writes, 1);
    plat_page_close(SPACE_BASE);
    *word_at(24) = 9;
    ck_assert_uint_eq(writes, 2);
    ck_assert_uint_eq(*word_at(16), 8);
}
END_TEST

START_TEST(a_removed_page_is_absent_again_and_forgotten)
{
    (void)*word_at(0);
    *word_at(0) = 1;
    plat_page_remove(SPACE_BASE);
    ck_assert_uint_eq(*word_at(0), 0x5a5a5a5a5a5a5a5a);
    ck_assert_uint_eq(reads, 2);
}
END_TEST

START_TEST(an_installed_page_is_not_installed_twice)
{
    ck_assert_int_eq(plat_page_install(SPACE_BASE + 4096, NULL, true), OK);
    ck_assert_int_eq(plat_page_install(SPACE_BASE + 4096, contents, true), ERR_EXISTS);
    ck_assert_uint_eq(*word_at(4096), 0);
    *word_at(4096) = 3;
    ck_assert_uint_eq(reads + writes, 0);
}
END_TEST

/* The access is in a function of its own: gcc lets only calls come back to a setjmp. */
static __attribute__((noinline)) uint64_t
read_absent(void)
{
    return *word_at(0x5000);
}

static __attribute__((noinline)) bool
read_and_leave(void)
{
    if (__builtin_setjmp(place))
        return true;
    leave = true;
    return read_absent() == 1;
}

START_TEST(a_handler_may_leave_by_longjmp_as_often_as_it_likes)
{
    for (int i = 0; i < 1000; i++)
        ck_assert(read_and_leave());
    ck_assert_uint_eq(reads, 1000);
    leave = false;
    ck_assert_uint_eq(*word_at(0x5000), 0x5a5a5a5a5a5a5a5a);
}
END_TEST

static void *
touch_all(void *argument)
{
    uint64_t first = *(uint64_t *)argument;

    for (uint64_t i = 0; i < 2000; i++)
        __atomic_fetch_add(word_at((first + i) * 4096), 1, __ATOMIC_RELAXED);
    return NULL;
}

START_TEST(threads_fault_side_by_side)
{
    pthread_t threads[2];
    uint64_t first[2] = { 0, 1000 };

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, touch_all, &first[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(*word_at(0), 0x5a5a5a5a5a5a5a5b);
    ck_assert_uint_eq(*word_at(1500 * 4096), 0x5a5a5a5a5a5a5a5c);
    ck_assert_uint_eq(*word_at(2999 * 4096), 0x5a5a5a5a5a5a5a5b);
}
END_TEST

START_TEST(a_taken_room_is_refused)
{
    ck_assert_int_eq(plat_space_create(SPACE_BASE, ROOM_BYTES, serve), ERR_NOMEM);
}
END_TEST

START_TEST(the_space_can_be_made_again)
{
    *word_at(0) = 1;
    plat_space_destroy();
    setup();
    ck_assert_uint_eq(*word_at(0), 0x5a5a5a5a5a5a5a5a);
}
END_TEST

START_TEST(an_access_outside_the_space_dies_as_a_segmentation_fault)
{
    volatile uintptr_t nowhere = 64;

    *(volatile int *)nowhere = 1;
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("linux/space");
    TCase *tcase = tcase_create("space");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_read_of_an_absent_page_is_one_read_fault_with_its_address);
    tcase_add_test(tcase, a_write_to_a_closed_page_is_a_write_fault_and_then_lands);
    tcase_add_test(tcase, a_removed_page_is_absent_again_and_forgotten);
    tcase_add_test(tcase, an_installed_page_is_not_installed_twice);
#ifndef __SANITIZE_THREAD__ /* it keeps a stack of its own, which a longjmp leaves behind */
    tcase_add_test(tcase, a_handler_may_leave_by_longjmp_as_often_as_it_likes);
#else
    (void)a_handler_may_leave_by_longjmp_as_often_as_it_likes;
#endif
    tcase_add_test(tcase, threads_fault_side_by_side);
    tcase_add_test(tcase, a_taken_room_is_refused);
    tcase_add_test(tcase, the_space_can_be_made_again);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test_raise_signal(tcase, an_access_outside_the_space_dies_as_a_segmentation_fault,
                                SIGSEGV);
#else
    (void)an_access_outside_the_space_dies_as_a_segmentation_fault; /* the sanitizer's to report */
#endif
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
