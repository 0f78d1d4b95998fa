/*
 * scrub_test.c - damage is found while commits go on, in the present and in what is pinned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/scrub.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "support/suite.h"
#include "unit/store/pins.h"

#define STEP 7 /* pages at a time */

static struct store_finding newest;
static unsigned damages;

static void
damage_keep(void *context, const struct store_finding *finding)
{
    (void)context;
    newest = *finding;
    damages++;
}

/* Look at all of it, with commits in between if that is wanted; how many pages were read. */
static uint64_t
scrub_all(struct model *model, struct store_view *view, unsigned commit_pages)
{
    uint64_t page = 0, count, all = 0;

    damages = 0;
    while (page != UINT64_MAX) {
        ck_assert_int_eq(
            store_scrub(model->store, view, page, STEP, damage_keep, NULL, &page, &count), OK);
        ck_assert_uint_le(count, STEP);
        all += count;
        if (commit_pages > 0)
            commits(model, 1, commit_pages);
    }
    return all;
}

START_TEST(each_live_page_is_read_once)
{
    struct model *model = model_create(BLOCKS);

    ck_assert_uint_eq(scrub_all(model, NULL, 0), 0);
    commits(model, 5, 40);
    ck_assert_uint_eq(scrub_all(model, NULL, 0), stats_of(model).pages_mapped);
    pin(model, 10); /* all of it is in the map then */
    ck_assert_uint_eq(scrub_all(model, NULL, 0), stats_of(model).pages_mapped);
    commits(model, 5, 40);
    ck_assert_uint_eq(scrub_all(model, NULL, 0), stats_of(model).pages_mapped);
    ck_assert_uint_eq(damages, 0);
    model_free(model);
}
END_TEST

START_TEST(commits_go_on_meanwhile)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 5, 40);
    for (unsigned i = 0; i < 20; i++) {
        if (i % 3 == 0)
            pin(model, 5);
        ck_assert_uint_gt(scrub_all(model, NULL, 20), 30);
        ck_assert_uint_eq(damages, 0);
    }
    sound(model);
    model_free(model);
}
END_TEST

struct scrubber {
    struct store *store;
    _Atomic bool stop;
    _Atomic unsigned steps;
    unsigned rounds, damages;
};

static void
damage_count(void *context, const struct store_finding *finding)
{
    (void)finding;
    ++*(unsigned *)context;
}

static void *
scrub_on_and_on(void *argument)
{
    struct scrubber *scrubber = argument;
    uint64_t page = 0, count;

    while (!scrubber->stop) {
        if (store_scrub(scrubber->store, NULL, page, STEP, damage_count, &scrubber->damages, &page,
                        &count) != OK)
            scrubber->damages++;
        if (page == UINT64_MAX) {
            scrubber->rounds++;
            page = 0;
        }
        scrubber->steps++;
    }
    return NULL;
}

START_TEST(commits_of_another_thread_are_no_damage)
{
    struct model *model = model_create(BLOCKS);
    struct scrubber scrubber = { .store = model->store };
    pthread_t thread;

    commits(model, 5, 40);
    ck_assert_int_eq(pthread_create(&thread, NULL, scrub_on_and_on, &scrubber), 0);
    for (unsigned i = 0; i < 150; i++) {
        while (scrubber.steps < i) /* or a busy machine would let it look at nothing */
            sched_yield();
        if (i % 3 == 0) /* a fold, and soon what it replaced is used again */
            ck_assert_int_eq(store_unpin(model->store, pin(model, 30)), OK);
        commits(model, 1, 30);
    }
    scrubber.stop = true;
    pthread_join(thread, NULL);
    ck_assert_uint_eq(scrubber.damages, 0);
    ck_assert_uint_gt(scrubber.rounds, 0);
    sound(model);
    model_free(model);
}
END_TEST

START_TEST(a_damaged_page_is_told_wherever_its_entry_is)
{
    struct model *model = model_create(BLOCKS);

    commits(model, 5, 40);
    change(model, 5);
    for (unsigned folded = 0; folded < 2; folded++) {
        uint64_t block = entry_of(model, 5).block;

        test_disk_flip(model->disk, block, 77);
        scrub_all(model, NULL, 0);
        ck_assert_uint_eq(damages, 1);
        ck_assert_uint_eq(newest.block, block);
        ck_assert_uint_eq(newest.page, model_page(5));
        ck_assert_uint_eq(newest.page_count, 1);
        test_disk_flip(model->disk, block, 77);
        pin(model, 0);
    }
    model_free(model);
}
END_TEST

START_TEST(a_node_that_cannot_be_read_is_told_and_passed_over)
{
    struct model *model = model_create(BLOCKS);
    uint64_t all;

    commits(model, 5, 40);
    pin(model, 0);
    all = stats_of(model).pages_mapped;
    test_disk_flip(model->disk, model->store->map.block, 77);
    ck_assert_int_eq(model_open(model, false), OK); /* it is in no memory then */
    change(model, 5);
    ck_assert_uint_eq(scrub_all(model, NULL, 0), 1); /* there is a record of it */
    ck_assert_uint_ge(damages, 1);
    ck_assert_uint_gt(newest.page_count, all);
    model_free(model);
}
END_TEST

START_TEST(what_is_pinned_is_read_where_the_present_has_something_else)
{
    struct model *model = model_create(BLOCKS);
    struct store_view *view;
    uint64_t block;

    commits(model, 5, 40);
    change(model, 5);
    block = entry_of(model, 5).block;
    pin(model, 0);
    ck_assert_int_eq(store_view_open(model->store, model->committed, &view), OK);
    ck_assert_uint_eq(scrub_all(model, view, 0), 0);
    change(model, 5);
    change(model, 6);
    test_disk_flip(model->disk, block, 77);
    ck_assert_uint_eq(scrub_all(model, NULL, 0), stats_of(model).pages_mapped);
    ck_assert_uint_eq(damages, 0);
    ck_assert_uint_le(scrub_all(model, view, 0), 2);
    ck_assert_uint_eq(damages, 1);
    ck_assert_uint_eq(newest.block, block);
    ck_assert_uint_eq(newest.last, store_view_pin(view).note.generation);
    store_view_close(view);
    model_free(model);
}
END_TEST

UNIT_TESTS("store/scrub", each_live_page_is_read_once, commits_go_on_meanwhile,
           commits_of_another_thread_are_no_damage, a_damaged_page_is_told_wherever_its_entry_is,
           a_node_that_cannot_be_read_is_told_and_passed_over,
           what_is_pinned_is_read_where_the_present_has_something_else)
