/*
 * evict_test.c - little memory changes nothing but the speed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <unistd.h>

#include "fixture.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "pmem/pmem_priv.h"

#define RESIDENT 64
#define PAGES    600

#define HOT      8 /* pages that are always in use, when the machine can tell */

static _Atomic bool machine_tells; /* the evictor asks while a test runs */
static _Atomic bool all_used;
static _Atomic uint64_t machine_gives = UINT64_MAX;

uint64_t
plat_memory_bytes(void)
{
    return machine_gives;
}

/* Stands where the port's would: a machine that knows which pages were used. */
bool
plat_page_touched(uint64_t page)
{
    return all_used || (machine_tells && page < at(HOT, 0));
}

static void
setup(void)
{
    setup_with((struct pmem_options){ .resident_bytes_max = RESIDENT * PAGE_BYTES });
}

static void
setup_strict(void)
{
    strict = true;
    setup();
}

START_TEST(dirty_pages_that_had_to_leave_are_all_in_the_snapshot)
{
    struct pmem_stats stats;

    for (uint64_t page = 0; page < PAGES; page++) {
        pmem_store64(at(page, 0), page + 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    for (uint64_t page = 0; page < PAGES; page++) {
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_stats_get(&stats);
    ck_assert_uint_gt(stats.pages_evicted, PAGES - 2 * RESIDENT);
    ck_assert_uint_lt(stats.pages_resident, 2 * RESIDENT);
    ck_assert_uint_gt(fake.pages_early, 0);
    ck_assert_int_eq(commit(&worker), OK);
    for (uint64_t page = 0; page < PAGES; page++)
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), page + 1);
}
END_TEST

START_TEST(a_page_that_left_and_came_back_is_saved_as_it_is_now)
{
    for (unsigned round = 1; round <= 5; round++)
        for (uint64_t page = 0; page < PAGES; page++) {
            ck_assert_uint_eq(pmem_load64(at(page, 0)), round - 1);
            pmem_store64(at(page, 0), round);
            if (page % 8 == 0)
                ck_assert_int_eq(pmem_safepoint(&worker), OK);
        }
    ck_assert_int_eq(commit(&worker), OK);
    for (uint64_t page = 0; page < PAGES; page++)
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), 5);
}
END_TEST

START_TEST(clean_pages_leave_without_a_write)
{
    uint64_t early;

    for (uint64_t page = 0; page < PAGES; page++) {
        pmem_store64(at(page, 0), page + 1);
        if (page % 32 == 31)
            ck_assert_int_eq(commit(&worker), OK);
    }
    ck_assert_int_eq(commit(&worker), OK);
    early = fake.pages_early;
    for (unsigned round = 0; round < 3; round++)
        for (uint64_t page = 0; page < PAGES; page++) {
            ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
        }
    ck_assert_uint_eq(fake.pages_early, early);
}
END_TEST

START_TEST(pages_that_are_used_stay_as_long_as_others_can_leave)
{
    struct pmem_stats before, after;

    machine_tells = true;
    for (uint64_t page = 0; page < PAGES; page++) {
        pmem_store64(at(page, 0), page + 1);
        if (page % 32 == 31)
            ck_assert_int_eq(commit(&worker), OK);
    }
    for (uint64_t page = 0; page < HOT; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
    pmem_stats_get(&before);
    for (uint64_t page = HOT; page < PAGES; page++) {
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
        ck_assert(pmem_resident(at(page % HOT, 0)));
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    pmem_stats_get(&after);
    ck_assert_uint_gt(after.pages_evicted - before.pages_evicted, PAGES - 2 * RESIDENT);
    machine_tells = false;
}
END_TEST

START_TEST(when_all_pages_are_used_they_leave_all_the_same)
{
    struct pmem_stats stats;

    all_used = true;
    for (uint64_t page = 0; page < PAGES; page++) {
        pmem_store64(at(page, 0), page + 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    for (uint64_t page = 0; page < PAGES; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
    do {
        usleep(1000); /* the evictor has its own time, and the test a limit */
        pmem_stats_get(&stats);
    } while (stats.pages_resident > RESIDENT);
    all_used = false;
}
END_TEST

START_TEST(when_the_machine_has_less_to_give_pages_leave)
{
    struct pmem_stats stats;

    for (uint64_t page = 0; page < RESIDENT; page++) {
        pmem_store64(at(page, 0), page + 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    machine_gives = RESIDENT / 2 * PAGE_BYTES;
    ck_assert_uint_eq(pmem_load64(at(RESIDENT, 0)), 0); /* one more is where it is noticed */
    do {
        usleep(1000);
        pmem_stats_get(&stats);
    } while (stats.pages_resident > RESIDENT / 2);
    machine_gives = UINT64_MAX;
    for (uint64_t page = 0; page < RESIDENT; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
}
END_TEST

/* It may be about to leave for a moment, until the evictor sees the pin. */
static bool
is_there(uint64_t page)
{
    return pmem_page_has(pmem_page_of(space_page_of(at(page, 0))), PMEM_RESIDENT);
}

/* Eight pages are pinned, clean or dirty; all others come and go; then they are let go. */
static void
pin_test(bool clean)
{
    for (uint64_t page = 0; page < 8; page++)
        pmem_store64(at(page, 0), page + 1);
    if (clean)
        ck_assert_int_eq(commit(&worker), OK);
    pmem_pin(&worker, 0, at(0, 0), 8 * PAGE_BYTES);
    for (uint64_t page = 0; page < 8; page++)
        if (!pmem_resident(at(page, 0)))
            ck_assert_int_eq(pmem_page_in(&worker, at(page, 0)), OK);
    for (uint64_t page = 8; page < PAGES; page++) {
        pmem_store64(at(page, 0), page + 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
        ck_assert(is_there(page % 8));
    }
    pmem_pin(&worker, 0, 0, 0);
    for (uint64_t page = 8; page < PAGES; page++) {
        pmem_store64(at(page, 1), page + 1);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    for (unsigned i = 0; i < 100 && pmem_resident(at(0, 0)); i++)
        for (uint64_t page = 8; page < PAGES; page++) {
            ck_assert_uint_eq(pmem_load64(at(page, 1)), page + 1);
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
        }
    ck_assert(!pmem_resident(at(0, 0)));
}

START_TEST(a_dirty_page_that_is_pinned_stays)
{
    pin_test(false);
}
END_TEST

START_TEST(a_clean_page_that_is_pinned_stays)
{
    pin_test(true);
}
END_TEST

START_TEST(a_page_that_cannot_be_written_early_stays_in_memory)
{
    fake.fail_early = true;
    for (uint64_t page = 0; page < 2 * RESIDENT; page++) {
        pmem_store64(at(page, 0), page + 1);
        if (page % 16 == 0)
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    for (uint64_t page = 0; page < 2 * RESIDENT; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
    ck_assert_uint_eq(fake.pages_early, 0);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake_committed_word(at(100, 0)), 101);
}
END_TEST

/* Two threads write at random while snapshots are taken all the time. */
struct writer {
    uint64_t from, to, seed;
    uint64_t *model;
    bool lost, refused;
};

static void *
write_at_random(void *argument)
{
    struct writer *writer = argument;
    struct pmem_worker own;

    join(&own);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t page, word;

        writer->seed = writer->seed * 6364136223846793005u + 1442695040888963407u;
        page = writer->from + (writer->seed >> 33) % (writer->to - writer->from);
        word = (writer->seed >> 20) % 4;
        if (pmem_load64(at(page, (unsigned)word)) != writer->model[page * 4 + word])
            writer->lost = true;
        pmem_store64(at(page, (unsigned)word), i + 1);
        writer->model[page * 4 + word] = i + 1;
        if (i % 8 == 0 && pmem_safepoint(&own) != OK)
            writer->refused = true;
    }
    pmem_worker_leave(&own);
    return NULL;
}

static void
writers_and_snapshots(void)
{
    static uint64_t model[PAGES * 4];
    struct writer writers[2] = { { 0, PAGES / 2, 1, model, false, false },
                                 { PAGES / 2, PAGES, 2, model, false, false } };
    pthread_t threads[2];

    pmem_worker_away(&worker);
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, write_at_random, &writers[i]);
    for (unsigned i = 0; i < 60; i++) {
        usleep(1000);
        fake.fail_finishes = i % 7 == 3;
        (void)!pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND));
    }
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    fake.fail_finishes = 0;
    pmem_worker_back(&worker);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(!writers[i].lost);
        ck_assert(!writers[i].refused);
    }
    ck_assert_int_eq(commit(&worker), OK);
    for (uint64_t page = 0; page < PAGES; page++)
        for (unsigned word = 0; word < 4; word++)
            ck_assert_uint_eq(fake_committed_word(at(page, word)), model[page * 4 + word]);
}

START_TEST(contents_survive_eviction_under_writers_and_snapshots)
{
    writers_and_snapshots();
}
END_TEST

START_TEST(contents_survive_eviction_to_a_slow_disk)
{
    fake.early_delay_us = 300;
    writers_and_snapshots();
}
END_TEST

static void
add_all(TCase *tcase)
{
    tcase_set_timeout(tcase, 90);
    tcase_add_test(tcase, dirty_pages_that_had_to_leave_are_all_in_the_snapshot);
    tcase_add_test(tcase, a_page_that_left_and_came_back_is_saved_as_it_is_now);
    tcase_add_test(tcase, clean_pages_leave_without_a_write);
    tcase_add_test(tcase, pages_that_are_used_stay_as_long_as_others_can_leave);
    tcase_add_test(tcase, when_all_pages_are_used_they_leave_all_the_same);
    tcase_add_test(tcase, when_the_machine_has_less_to_give_pages_leave);
    tcase_add_test(tcase, a_dirty_page_that_is_pinned_stays);
    tcase_add_test(tcase, a_clean_page_that_is_pinned_stays);
    tcase_add_test(tcase, a_page_that_cannot_be_written_early_stays_in_memory);
    tcase_add_test(tcase, contents_survive_eviction_under_writers_and_snapshots);
    tcase_add_test(tcase, contents_survive_eviction_to_a_slow_disk);
}

int
main(void)
{
    Suite *suite = suite_create("pmem/evict");
    TCase *tcase = tcase_create("evict"), *closed = tcase_create("strict");

    tcase_add_checked_fixture(tcase, setup, teardown);
    add_all(tcase);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(closed, setup_strict, teardown);
    add_all(closed);
    suite_add_tcase(suite, closed);
    return run(suite);
}
