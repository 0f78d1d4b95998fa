/*
 * still_test.c - a still picture shows the space as it was at an instant, while it is written to,
 * committed, evicted and read in again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fixture.h"
#include "pmem/still.h"
#include "support/suite.h"

#define PAGES 64

static _Alignas(PAGE_BYTES) uint64_t buffer[PAGE_BYTES / 8];
static _Atomic unsigned instants;

static void
instant(void *context)
{
    (void)context;
    instants++;
}

static void
fill(uint64_t value)
{
    for (uint64_t page = 0; page < PAGES; page++) {
        pmem_store64(at(page, 3), value + page);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
}

static void
picture(void)
{
    pmem_still_begin(instant, NULL);
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_still_wait(), OK);
    pmem_worker_back(&worker);
}

/* A word of the picture, from memory if that is possible. */
static uint64_t
word_of(uint64_t address, bool *from_memory)
{
    uint64_t word;

    *from_memory = false;
    if (pmem_still_enter(address)) {
        word = pmem_still_load64(address);
        *from_memory = pmem_still_holds(address);
        if (*from_memory)
            return word;
    }
    ck_assert_int_eq(pmem_still_read(address, buffer), OK);
    return buffer[address % PAGE_BYTES / 8];
}

static unsigned
check_picture(uint64_t value)
{
    unsigned from_memory = 0;
    bool memory;

    for (uint64_t page = 0; page < PAGES; page++) {
        ck_assert_uint_eq(word_of(at(page, 3), &memory), value + page);
        from_memory += memory;
    }
    pmem_still_leave();
    return from_memory;
}

START_TEST(a_picture_stays_while_the_space_changes)
{
    setup_with((struct pmem_options){ 0 });
    fill(1000);
    picture();
    ck_assert_uint_eq(instants, 1);
    ck_assert_uint_eq(check_picture(1000), PAGES);
    for (uint64_t page = 0; page < PAGES; page += 2)
        pmem_store64(at(page, 3), 5);
    ck_assert_uint_eq(check_picture(1000), PAGES / 2);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(check_picture(1000), PAGES / 2);
    fill(2000);
    ck_assert_uint_eq(check_picture(1000), 0);
    pmem_still_end();
    picture();
    ck_assert_uint_eq(instants, 2);
    ck_assert_uint_eq(check_picture(2000), PAGES);
    pmem_still_end();
    teardown();
}
END_TEST

START_TEST(nothing_written_is_no_reason_not_to_make_one)
{
    setup_with((struct pmem_options){ 0 });
    fill(7);
    ck_assert_int_eq(commit(&worker), OK);
    picture();
    ck_assert_uint_eq(check_picture(7), PAGES);
    pmem_still_end();
    teardown();
}
END_TEST

/* What was written, evicted and read in again looks clean, and is not what it was. */
START_TEST(pages_that_were_away_are_not_taken_for_what_they_were)
{
    uint64_t held;

    setup_with((struct pmem_options){ .resident_bytes_max = 40 * PAGE_BYTES });
    fill(1);
    picture();
    fill(500);
    ck_assert_int_eq(commit(&worker), OK);
    for (unsigned round = 0; round < 4; round++) {
        for (uint64_t page = 0; page < PAGES; page++) {
            ck_assert_uint_eq(pmem_load64(at(page, 3)), 500 + page);
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
        }
    }
    held = fake.held_reads;
    ck_assert_uint_eq(check_picture(1), 0);
    ck_assert_uint_eq(fake.held_reads, held + PAGES);
    pmem_still_end();
    teardown();
}
END_TEST

static _Atomic bool done;

static void *
evictors(void *argument)
{
    (void)argument;
    while (!done) {
        for (uint64_t page = 0; page < PAGES; page++) {
            (void)pmem_load64(at(page, 3));
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
        }
    }
    return NULL;
}

static void *
readers(void *argument)
{
    (void)argument;
    for (unsigned round = 0; round < 2000; round++)
        check_picture(9);
    done = true;
    return NULL;
}

/* The reader is no worker: were a page to leave while it reads, it would die. */
START_TEST(a_page_that_is_read_does_not_leave)
{
    pthread_t reader;

    setup_with((struct pmem_options){ .resident_bytes_max = 40 * PAGE_BYTES });
    fill(9);
    picture();
    done = false;
    ck_assert_int_eq(pthread_create(&reader, NULL, readers, NULL), 0);
    evictors(NULL);
    pthread_join(reader, NULL);
    pmem_still_end();
    teardown();
}
END_TEST

static void *
writers(void *argument)
{
    uint64_t value = 0;

    (void)argument;
    while (!done) {
        fill(100000 + value++);
        if (value % 16 == 0)
            (void)pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    }
    return NULL;
}

START_TEST(what_is_written_while_it_is_read_is_not_read)
{
    pthread_t reader;

    setup_with((struct pmem_options){ 0 });
    for (unsigned round = 0; round < 20; round++) {
        fill(9);
        picture();
        done = false;
        ck_assert_int_eq(pthread_create(&reader, NULL, readers, NULL), 0);
        writers(NULL);
        pthread_join(reader, NULL);
        pmem_still_end();
    }
    teardown();
}
END_TEST

START_TEST(a_commit_that_fails_makes_no_picture)
{
    setup_with((struct pmem_options){ 0 });
    fill(3);
    fake.fail_finishes = 1;
    pmem_still_begin(instant, NULL);
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_still_wait(), ERR_IO);
    pmem_worker_back(&worker);
    pmem_still_end();
    picture();
    ck_assert_uint_eq(check_picture(3), PAGES);
    pmem_still_end();
    teardown();
}
END_TEST

START_TEST(a_picture_can_be_given_up_at_any_time)
{
    setup_with((struct pmem_options){ 0 });
    fake.page_delay_us = 1000;
    for (unsigned round = 0; round < 20; round++) {
        fill(round);
        pmem_still_begin(instant, NULL);
        pmem_still_cancel();
        pmem_worker_away(&worker);
        usleep(round * 500);
        ck_assert_int_eq(pmem_still_wait(), ERR_CANCELLED);
        pmem_worker_back(&worker);
        pmem_still_end();
    }
    fake.page_delay_us = 0;
    fill(4);
    picture();
    ck_assert_uint_eq(check_picture(4), PAGES);
    pmem_still_end();
    teardown();
}
END_TEST

START_TEST(what_the_volume_lost_is_not_read)
{
    setup_with((struct pmem_options){ 0 });
    fill(3);
    picture();
    pmem_store64(at(1, 3), 9);
    fake.hold_lost = true;
    ck_assert_int_eq(pmem_still_read(at(1, 3), buffer), ERR_CANCELLED);
    pmem_still_end();
    teardown();
}
END_TEST

UNIT_TESTS("pmem/still", a_picture_stays_while_the_space_changes,
           nothing_written_is_no_reason_not_to_make_one,
           pages_that_were_away_are_not_taken_for_what_they_were,
           a_page_that_is_read_does_not_leave, what_is_written_while_it_is_read_is_not_read,
           a_commit_that_fails_makes_no_picture, a_picture_can_be_given_up_at_any_time,
           what_the_volume_lost_is_not_read)
