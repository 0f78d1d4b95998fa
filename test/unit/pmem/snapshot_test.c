/*
 * snapshot_test.c - a snapshot is one instant; a failed one loses nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <unistd.h>

#include "fixture.h"
#include "pmem/pmem_priv.h"

#define CELLS 64

static void
setup(void)
{
    setup_with((struct pmem_options){ 0 });
}

static void
setup_strict(void)
{
    strict = true;
    setup();
}

/*
 * Each writer moves money between its own accounts, one to a page, and counts its
 * moves in a page of its own. Between a safepoint and the next the sum is right,
 * and each account tells how often it was touched: so a snapshot that is not one
 * instant shows.
 */
struct writer {
    uint64_t from;
    uint64_t seed;
};

static _Atomic bool finish;

static void *
move_money(void *argument)
{
    struct writer *writer = argument;
    struct pmem_worker own;
    uint64_t count = 0;

    join(&own);
    for (unsigned i = 0; i < CELLS; i++) {
        pmem_store64(at(writer->from + i, 0), 1000);
        if (pmem_poll())
            ck_assert_int_eq(pmem_safepoint(&own), OK);
    }
    while (!atomic_load(&finish)) {
        uint64_t a, b;

        ck_assert_int_eq(pmem_safepoint(&own), OK);
        writer->seed = writer->seed * 6364136223846793005u + 1442695040888963407u;
        a = at(writer->from + (writer->seed >> 40) % CELLS, 0);
        b = at(writer->from + (writer->seed >> 50) % CELLS, 0);
        pmem_store64(a, pmem_load64(a) - 1);
        pmem_store64(b, pmem_load64(b) + 1);
        pmem_store64(a + 8, pmem_load64(a + 8) + 1);
        pmem_store64(at(writer->from + CELLS, 0), ++count);
    }
    pmem_worker_leave(&own);
    return NULL;
}

static void
money_check(uint64_t from)
{
    uint64_t sum = 0, moves = 0;

    for (unsigned i = 0; i < CELLS; i++) {
        sum += fake_committed_word(at(from + i, 0));
        moves += fake_committed_word(at(from + i, 1));
    }
    if (moves > 0)
        ck_assert_uint_eq(sum, CELLS * 1000);
    ck_assert_uint_eq(moves, fake_committed_word(at(from + CELLS, 0)));
}

static void
money_test(unsigned snapshots, unsigned fail_every)
{
    struct writer writers[2] = { { 0, 1 }, { 100, 2 } };
    pthread_t threads[2];

    pmem_worker_away(&worker);
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, move_money, &writers[i]);
    for (unsigned i = 0; i < snapshots; i++) {
        while (!pmem_snapshot_due())
            usleep(100);
        fake.page_delay_us = i % 3 == 0 ? 50 : 0;
        if (fail_every > 0 && i % fail_every == 0)
            fake.fail_page_after = 1 + i % 50;
        else
            fake.fail_finishes = fail_every > 0 && i % fail_every == 1;
        (void)!pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND));
        for (unsigned w = 0; w < 2; w++)
            money_check(writers[w].from);
    }
    fake.fail_finishes = fake.fail_page_after = 0;
    atomic_store(&finish, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pmem_worker_back(&worker);
    ck_assert_int_eq(commit(&worker), OK);
    for (unsigned w = 0; w < 2; w++) {
        money_check(writers[w].from);
        for (unsigned i = 0; i <= CELLS; i++)
            ck_assert_uint_eq(fake_committed_word(at(writers[w].from + i, 0)),
                              pmem_load64(at(writers[w].from + i, 0)));
    }
}

START_TEST(a_snapshot_is_one_instant_while_writers_go_on)
{
    money_test(200, 0);
}
END_TEST

START_TEST(a_snapshot_is_one_instant_though_others_failed)
{
    money_test(200, 4);
}
END_TEST

START_TEST(a_commit_that_fails_is_said_and_the_next_one_has_its_pages)
{
    struct pmem_stats stats;

    for (uint64_t page = 0; page < 50; page++)
        pmem_store64(at(page, 0), 1);
    fake.fail_finishes = 1;
    ck_assert_int_eq(commit(&worker), ERR_IO);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 0);
    for (uint64_t page = 0; page < 10; page++)
        pmem_store64(at(page, 0), 2);
    ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
    ck_assert_int_eq(commit(&worker), OK);
    for (uint64_t page = 0; page < 50; page++)
        ck_assert_uint_eq(fake_committed_word(at(page, 0)), page < 10 ? 2 : 1);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.failures, 1);
    ck_assert_uint_eq(stats.snapshots, 1);
}
END_TEST

START_TEST(a_commit_that_fails_half_way_keeps_all_pages)
{
    for (unsigned nth = 1; nth <= 40; nth += 3) {
        for (uint64_t page = 0; page < 40; page++)
            pmem_store64(at(page, 0), nth);
        fake.fail_page_after = nth;
        ck_assert_int_eq(commit(&worker), ERR_IO);
        for (uint64_t page = 0; page < 40; page += 2)
            pmem_store64(at(page, 1), nth);
        ck_assert_int_eq(commit(&worker), OK);
        for (uint64_t page = 0; page < 40; page++) {
            ck_assert_uint_eq(fake_committed_word(at(page, 0)), nth);
            ck_assert_uint_eq(fake_committed_word(at(page, 1)), page % 2 ? 0 : nth);
        }
    }
}
END_TEST

START_TEST(a_failed_commit_with_nothing_new_is_tried_again_when_asked)
{
    pmem_store64(at(0, 0), 5);
    fake.fail_finishes = 3;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(commit(&worker), ERR_IO);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 5);
}
END_TEST

/* ---- observers ---- */

static unsigned befores, afters;
static uint32_t last_after;

static void
before(void *context, uint32_t epoch)
{
    ck_assert_ptr_eq(context, &befores);
    ck_assert_uint_eq(epoch, pmem_epoch_now);
    befores++;
    for (unsigned i = 0; i < 4; i++)
        pmem_store64(at(700 + i, 0), befores);
}

static void
after(void *context, uint32_t epoch, const struct store_note *note)
{
    ck_assert_ptr_eq(context, &befores);
    ck_assert_uint_gt(note->generation, 1);
    afters++;
    last_after = epoch;
}

/* It is called until it is taken off the list, so it outlives a test. */
static struct pmem_observer observer = { .before = before, .after = after, .context = &befores };

static uint64_t
personal(void)
{
    return 12345;
}

START_TEST(observers_write_into_the_closing_epoch_and_hear_of_its_commit)
{
    uint32_t epoch;

    pmem_personal_ns = personal;
    pmem_observe(&observer);
    pmem_store64(at(0, 0), 1);
    epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(befores, 1);
    ck_assert_uint_eq(fake_committed_word(at(703, 0)), 1);
    /* It has written, but into the epoch that closed: there is nothing to do. */
    ck_assert_uint_eq(pmem_snapshot_ask(STORE_CAUSE_DEMAND), epoch);
    pmem_worker_away(&worker);
    pmem_unobserve(&observer);
    ck_assert_uint_eq(afters, 1);
    ck_assert_uint_eq(last_after, epoch);
    pmem_worker_back(&worker);
    pmem_store64(at(0, 0), 2);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(befores, 1);
}
END_TEST

START_TEST(a_full_volume_still_takes_snapshots_with_observers)
{
    pmem_observe(&observer);
    pmem_store64(at(0, 0), 1);
    ck_assert_int_eq(commit(&worker), OK);
    fake.fills = true;
    fake.credit = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t epoch;

        pmem_store64(at(0, 0), 2 + i);
        epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
        pmem_worker_away(&worker);
        ck_assert_int_eq(pmem_snapshot_wait(epoch), OK);
        pmem_worker_back(&worker);
        ck_assert_uint_eq(fake_committed_word(at(0, 0)), 2 + i);
    }
    fake.credit = 1000;
}
END_TEST

START_TEST(an_observer_that_comes_when_the_volume_is_full_stops_no_snapshot)
{
    pmem_store64(at(0, 0), 1);
    fake.fills = true;
    fake.credit = 0;
    pmem_observe(&observer);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_ge(befores, 1);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 1);
    fake.credit = 1000;
}
END_TEST

START_TEST(the_space_starts_again_and_again)
{
    for (unsigned i = 1; i <= 20; i++) {
        pmem_store64(at(i, 0), i);
        ck_assert_int_eq(commit(&worker), OK);
        pmem_store64(at(i, 0), 1000); /* never committed */
        pmem_worker_leave(&worker);
        pmem_stop();
        fake_restart();
        setup();
        for (unsigned j = 1; j <= i; j++)
            ck_assert_uint_eq(pmem_load64(at(j, 0)), j);
    }
}
END_TEST

static void
add_all(TCase *tcase)
{
    tcase_set_timeout(tcase, 90);
    tcase_add_test(tcase, a_snapshot_is_one_instant_while_writers_go_on);
    tcase_add_test(tcase, a_snapshot_is_one_instant_though_others_failed);
    tcase_add_test(tcase, a_commit_that_fails_is_said_and_the_next_one_has_its_pages);
    tcase_add_test(tcase, a_commit_that_fails_half_way_keeps_all_pages);
    tcase_add_test(tcase, a_failed_commit_with_nothing_new_is_tried_again_when_asked);
    tcase_add_test(tcase, observers_write_into_the_closing_epoch_and_hear_of_its_commit);
    tcase_add_test(tcase, a_full_volume_still_takes_snapshots_with_observers);
    tcase_add_test(tcase, an_observer_that_comes_when_the_volume_is_full_stops_no_snapshot);
    tcase_add_test(tcase, the_space_starts_again_and_again);
}

int
main(void)
{
    Suite *suite = suite_create("pmem/snapshot");
    TCase *tcase = tcase_create("snapshot"), *closed = tcase_create("strict");

    tcase_add_checked_fixture(tcase, setup, teardown);
    add_all(tcase);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(closed, setup_strict, teardown);
    add_all(closed);
    suite_add_tcase(suite, closed);
    return run(suite);
}
