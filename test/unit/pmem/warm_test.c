/*
 * warm_test.c - what was wanted first after the last starts comes in before it is asked for, and
 * only that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <unistd.h>

#include "fixture.h"
#include "pmem/pmem_priv.h"

#define PAGES  80u
#define STRIDE 3u /* so that none comes along with another */

static void
touch(uint64_t from, uint64_t to)
{
    for (uint64_t page = from; page < to; page += STRIDE)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
}

/* A space whose page p has p + 1 in its first word. */
static void
setup(void)
{
    pmem_warm_delay_ns = 0;
    setup_with((struct pmem_options){ 0 });
    for (uint64_t page = 0; page < PAGES; page++)
        pmem_store64(at(page, 0), page + 1);
    ck_assert_int_eq(commit(&worker), OK);
    teardown();
}

/* A life in which these pages are wanted first, and a snapshot is taken. */
static void
live(uint64_t from, uint64_t to)
{
    setup_with((struct pmem_options){ .warm = true });
    touch(from, to);
    pmem_warm_noted();
    pmem_store64(at(1, 5), 1);
    ck_assert_int_eq(commit(&worker), OK);
    teardown();
}

static unsigned
resident(uint64_t from, uint64_t to)
{
    unsigned count = 0;

    for (uint64_t page = from; page < to; page += STRIDE)
        count += pmem_resident(at(page, 0));
    return count;
}

/* Wait until so many of the pages are there; false if they do not come. */
static bool
come(uint64_t from, uint64_t to, unsigned count)
{
    for (unsigned tries = 0; tries < 1000 && resident(from, to) < count; tries++)
        usleep(5000);
    return resident(from, to) >= count;
}

START_TEST(what_was_wanted_comes_in_by_itself_but_for_a_quarter)
{
    live(0, 60); /* 20 pages, and the one that is written */
    setup_with((struct pmem_options){ .warm = true });
    ck_assert(come(0, 60, 14));
    pmem_warm_stop();
    ck_assert_uint_le(resident(0, 60), 17);
    ck_assert_uint_eq(resident(60, PAGES), 0);
    touch(0, PAGES);
    teardown();
}
END_TEST

START_TEST(it_waits_until_the_start_is_over_and_is_stopped_at_once)
{
    live(0, 60);
    pmem_warm_delay_ns = 1000000000000; /* longer than the test may take */
    setup_with((struct pmem_options){ .warm = true });
    usleep(50000);
    ck_assert_uint_eq(resident(0, PAGES), 0);
    teardown();
}
END_TEST

START_TEST(what_nobody_wants_any_more_fades_away)
{
    unsigned lives = 0;

    live(0, 60);
    for (; lives < 60; lives++) {
        setup_with((struct pmem_options){ .warm = true });
        pmem_warm_stop(); /* what is under way comes in */
        if (resident(0, 60) == 0)
            break;
        pmem_warm_noted();
        pmem_store64(at(1, 5), lives);
        ck_assert_int_eq(commit(&worker), OK);
        teardown();
    }
    ck_assert_uint_lt(lives, 60);
    teardown();
}
END_TEST

START_TEST(without_being_asked_for_it_does_nothing)
{
    live(0, 60);
    setup_with((struct pmem_options){ 0 });
    usleep(50000);
    ck_assert_uint_eq(resident(0, PAGES), 0);
    teardown();
}
END_TEST

START_TEST(a_list_that_cannot_be_read_is_no_list)
{
    live(0, 60);
    fake.corrupt_page = space_page_of(SPACE_WARM) + 1;
    setup_with((struct pmem_options){ .warm = true });
    pmem_warm_stop();
    ck_assert_uint_eq(resident(0, PAGES), 0);
    fake.corrupt_page = 0;
    touch(0, PAGES);
    teardown();
}
END_TEST

START_TEST(a_list_that_makes_no_sense_is_no_list)
{
    static const uint64_t nonsense[] = { 0xff, 7, (SPACE_PAGES - 1) << 8 | 1, UINT64_MAX,
                                         1ull << 63 };

    for (unsigned i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        setup_with((struct pmem_options){ 0 });
        for (unsigned j = 0; j < 8; j++)
            pmem_store64(SPACE_WARM + 8 * j, nonsense[i]);
        ck_assert_int_eq(commit(&worker), OK);
        teardown();
        setup_with((struct pmem_options){ .warm = true });
        usleep(20000);
        ck_assert_uint_eq(resident(0, PAGES), 0);
        teardown();
    }
}
END_TEST

START_TEST(it_leaves_half_of_the_memory_alone)
{
    struct pmem_stats stats;

    live(0, PAGES);
    live(0, PAGES);
    setup_with((struct pmem_options){ .warm = true, .resident_bytes_max = 32 * PAGE_BYTES });
    ck_assert(come(0, PAGES, 12));
    pmem_stats_get(&stats);
    ck_assert_uint_le(stats.pages_resident, 32 / 2 + 4);
    teardown();
}
END_TEST

START_TEST(it_alone_is_no_reason_for_a_snapshot)
{
    live(0, 60);
    setup_with((struct pmem_options){ .warm = true });
    touch(0, PAGES);
    pmem_warm_noted();
    ck_assert_uint_eq(pmem_snapshot_ask(STORE_CAUSE_INTERVAL), pmem_epoch_committed());
    teardown();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/warm");
    TCase *tcase = tcase_create("warm");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, what_was_wanted_comes_in_by_itself_but_for_a_quarter);
    tcase_add_test(tcase, it_waits_until_the_start_is_over_and_is_stopped_at_once);
    tcase_add_test(tcase, what_nobody_wants_any_more_fades_away);
    tcase_add_test(tcase, without_being_asked_for_it_does_nothing);
    tcase_add_test(tcase, a_list_that_cannot_be_read_is_no_list);
    tcase_add_test(tcase, a_list_that_makes_no_sense_is_no_list);
    tcase_add_test(tcase, it_leaves_half_of_the_memory_alone);
    tcase_add_test(tcase, it_alone_is_no_reason_for_a_snapshot);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
