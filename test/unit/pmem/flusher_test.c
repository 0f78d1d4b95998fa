/*
 * flusher_test.c - snapshots come by themselves, and never for nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fake_store.h"
#include "plat/machine.h"
#include "pmem/pmem_priv.h"
#include "start.h"

static struct pmem_worker worker;

static void
setup_with(struct pmem_options options)
{
    start(&fake_store, options);
    join(&worker);
}

static void
teardown(void)
{
    pmem_worker_leave(&worker);
    pmem_stop();
}

static uint64_t
snapshots(void)
{
    struct pmem_stats stats;

    pmem_stats_get(&stats);
    return stats.snapshots;
}

/* Stay at safepoints for so long. */
static void
linger(unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
        usleep(1000);
    }
}

START_TEST(an_interval_brings_a_snapshot_of_what_was_written)
{
    setup_with((struct pmem_options){ .interval_ms = 50 });
    pmem_store64(at(0, 0), 1);
    linger(400);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 1);
    ck_assert_uint_eq(snapshots(), 1);
    ck_assert_int_eq(fake.cause, STORE_CAUSE_INTERVAL);
    pmem_store64(at(0, 0), 2);
    linger(400);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 2);
    ck_assert_uint_eq(snapshots(), 2);
    teardown();
}
END_TEST

START_TEST(the_adaptive_interval_brings_one_within_two_seconds)
{
    setup_with((struct pmem_options){ 0 });
    pmem_store64(at(0, 0), 1);
    linger(2000);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 1);
    teardown();
}
END_TEST

START_TEST(an_idle_space_writes_nothing_and_takes_no_time)
{
    struct rusage before, after;
    uint64_t generation;

    setup_with((struct pmem_options){ .interval_ms = 20 });
    pmem_store64(at(0, 0), 1);
    linger(200);
    generation = fake.generation;
    pmem_worker_away(&worker);
    getrusage(RUSAGE_SELF, &before);
    usleep(1500000);
    getrusage(RUSAGE_SELF, &after);
    pmem_worker_back(&worker);
    ck_assert_uint_eq(fake.generation, generation);
#ifdef __SANITIZE_THREAD__ /* it has a thread of its own, which is never idle */
    after = before;
#endif
    ck_assert_int_le(after.ru_nvcsw - before.ru_nvcsw, 10);
    ck_assert_uint_eq(pmem_snapshot_ask(STORE_CAUSE_DEMAND), pmem_epoch_committed());
    usleep(50000);
    ck_assert_uint_eq(fake.generation, generation);
    teardown();
}
END_TEST

START_TEST(on_demand_only_means_just_that)
{
    setup_with((struct pmem_options){ .interval_ms = 20, .on_demand_only = true });
    pmem_store64(at(0, 0), 1);
    linger(200);
    ck_assert_uint_eq(snapshots(), 0);
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_uint_eq(snapshots(), 1);
    teardown();
}
END_TEST

START_TEST(a_failed_snapshot_is_tried_again_by_itself)
{
    setup_with((struct pmem_options){ .interval_ms = 20 });
    fake.fail_finishes = 3;
    pmem_store64(at(0, 0), 1);
    linger(1500);
    ck_assert_uint_eq(fake_committed_word(at(0, 0)), 1);
    ck_assert_uint_eq(fake.fail_finishes, 0);
    teardown();
}
END_TEST

START_TEST(for_space_and_for_history_a_generation_is_made_even_of_nothing)
{
    setup_with((struct pmem_options){ .on_demand_only = true });
    ck_assert_uint_eq(snapshots(), 0);
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_SPACE)), OK);
    ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_PIN)), OK);
    ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)), OK);
    pmem_worker_back(&worker);
    ck_assert_uint_eq(snapshots(), 2);
    teardown();
}
END_TEST

/*
 * A space at rest of which some history was let go of, in as many parts, and the snapshot that
 * begins with it; `stays`: no snapshot brings anything of it. The generation before that one.
 */
static uint64_t
history_begins_to_go(unsigned parts, bool stays)
{
    uint64_t generation;

    setup_with((struct pmem_options){ .interval_ms = 20 });
    linger(200);
    generation = fake.generation;
    fake.history_left = parts;
    fake.history_stays = stays;
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_PIN)), OK);
    pmem_worker_back(&worker);
    return generation;
}

/* What is left of history goes by the clock, and then the space is idle. */
START_TEST(history_is_let_go_of_though_nothing_is_written)
{
    uint64_t generation = history_begins_to_go(6, false);

    linger(2000);
    ck_assert_uint_eq(fake.history_left, 0);
    ck_assert_uint_eq(fake.generation, generation + 6);
    ck_assert_int_eq(fake.cause, STORE_CAUSE_SPACE);
    teardown();
}
END_TEST

START_TEST(what_no_snapshot_lets_go_of_is_not_tried_for_ever)
{
    uint64_t generation = history_begins_to_go(6, true);

    linger(500);
    ck_assert_uint_eq(fake.generation, generation + 1);
    fake.history_stays = false;
    pmem_store64(at(0, 0), 1); /* the next one brings some of it, so others follow */
    linger(2000);
    ck_assert_uint_eq(fake.history_left, 0);
    teardown();
}
END_TEST

START_TEST(a_snapshot_tells_how_long_it_took)
{
    struct pmem_stats stats;

    setup_with((struct pmem_options){ .on_demand_only = true });
    pmem_store64(at(0, 0), 1);
    ck_assert_int_eq(commit(&worker), OK);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pause.count, 1);
    ck_assert_uint_le(stats.safepoint.max, stats.pause.max);
    ck_assert_uint_gt(stats.commit.max, 0);
    teardown();
}
END_TEST

static _Atomic bool finish;

static void *
ask_and_wait(void *argument)
{
    while (!atomic_load(&finish))
        ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)), OK);
    return argument;
}

/* Each round ends with no more writes: then nobody may wait for an epoch that nobody closes. */
START_TEST(whoever_asks_is_answered)
{
    setup_with((struct pmem_options){ .on_demand_only = true });
    for (unsigned round = 0; round < 100; round++) {
        pthread_t askers[3];

        atomic_store(&finish, false);
        for (unsigned i = 0; i < 3; i++)
            pthread_create(&askers[i], NULL, ask_and_wait, NULL);
        for (unsigned i = 0; i < 100; i++) {
            pmem_store64(at(i % 7, 0), i);
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
        }
        pmem_worker_away(&worker);
        atomic_store(&finish, true);
        for (unsigned i = 0; i < 3; i++)
            pthread_join(askers[i], NULL);
        pmem_worker_back(&worker);
    }
    teardown();
}
END_TEST

START_TEST(a_space_that_was_hardly_started_stops)
{
    for (unsigned i = 0; i < 300; i++) {
        setup_with((struct pmem_options){ 0 });
        if (i % 3 == 0)
            pmem_store64(at(i, 0), i);
        teardown();
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/flusher");
    TCase *tcase = tcase_create("flusher");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, an_interval_brings_a_snapshot_of_what_was_written);
    tcase_add_test(tcase, the_adaptive_interval_brings_one_within_two_seconds);
    tcase_add_test(tcase, an_idle_space_writes_nothing_and_takes_no_time);
    tcase_add_test(tcase, on_demand_only_means_just_that);
    tcase_add_test(tcase, a_failed_snapshot_is_tried_again_by_itself);
    tcase_add_test(tcase, for_space_and_for_history_a_generation_is_made_even_of_nothing);
    tcase_add_test(tcase, history_is_let_go_of_though_nothing_is_written);
    tcase_add_test(tcase, what_no_snapshot_lets_go_of_is_not_tried_for_ever);
    tcase_add_test(tcase, a_snapshot_tells_how_long_it_took);
    tcase_add_test(tcase, whoever_asks_is_answered);
    tcase_add_test(tcase, a_space_that_was_hardly_started_stops);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
