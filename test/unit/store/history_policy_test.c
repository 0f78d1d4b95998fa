/*
 * history_policy_test.c - generations that are pinned by themselves, over days and wrong clocks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>

#include "support/suite.h"
#include "unit/store/pins.h"

#define MINUTE (60 * 1000000000ull)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* A volume whose clocks begin when it was made. */
static struct model *
timed(void)
{
    struct model *model = model_create(BLOCKS);

    model->wall_ns = model->store->super.clock.wall_ns;
    return model;
}

/* A commit every so often for a while; both clocks go on. */
static void
pass(struct model *model, uint64_t step_ns, uint64_t total_ns)
{
    for (uint64_t done = 0; done < total_ns; done += step_ns) {
        model->wall_ns += step_ns;
        model->personal_ns += step_ns;
        commits(model, 1, 2);
    }
}

START_TEST(the_policy_pins_hours_and_days_and_thins_them_out)
{
    struct model *model = timed();
    const struct store_policy standard = store_policy_get(model->store);
    uint64_t days = 0, hours = 0;

    ck_assert_uint_eq(standard.last, 0);
    pass(model, 30 * MINUTE, 12 * DAY);
    sound_after_restart(model);
    ck_assert_uint_le(pin_count(model), standard.hourly + standard.daily);
    for (size_t i = 1; i < pin_count(model); i++) {
        uint64_t distance = pin_at(model, i).note.wall_ns - pin_at(model, i - 1).note.wall_ns;

        ck_assert_uint_ge(distance, HOUR);
        days += distance >= 20 * HOUR;
        hours += distance == HOUR;
        ck_assert(!pin_at(model, i).held);
    }
    ck_assert_uint_ge(hours, standard.hourly - 1);
    ck_assert_uint_ge(days, standard.daily - 2);
    ck_assert_uint_ge(model->wall_ns - pin_at(model, 0).note.wall_ns, (standard.daily - 1) * DAY);
    ck_assert_uint_le(model->wall_ns - pin_at(model, 0).note.wall_ns, (standard.daily + 1) * DAY);
    model_free(model);
}
END_TEST

START_TEST(the_policy_costs_no_fold_before_its_time)
{
    struct model *model = timed();

    pass(model, MINUTE, 59 * MINUTE);
    ck_assert_uint_eq(pin_count(model), 0);
    ck_assert_uint_eq(stats_of(model).folds, 0);
    pass(model, MINUTE, MINUTE);
    ck_assert_uint_eq(pin_count(model), 1);
    ck_assert_uint_eq(pin_at(model, 0).note.generation, model->committed);
    pass(model, MINUTE, 59 * MINUTE);
    ck_assert_uint_eq(stats_of(model).folds, 1);
    model_free(model);
}
END_TEST

START_TEST(a_policy_lasts_and_one_that_makes_no_sense_is_refused)
{
    struct model *model = timed();
    struct store_policy policy = { .last = STORE_POLICY_MAX, .daily = 1 };

    ck_assert_int_eq(store_policy_set(model->store, &policy), ERR_RANGE);
    policy = (struct store_policy){ .last = UINT32_MAX, .hourly = 1 };
    ck_assert_int_eq(store_policy_set(model->store, &policy), ERR_RANGE);
    policy = (struct store_policy){ .last = 3 };
    ck_assert_int_eq(store_policy_set(model->store, &policy), OK);
    commits(model, 1, 1);
    ck_assert_int_eq(model_open(model, false), OK);
    policy = store_policy_get(model->store);
    ck_assert_uint_eq(policy.last, 3);
    ck_assert_uint_eq(policy.hourly + policy.daily, 0);
    /* Each fold is pinned, and the newest three stay. */
    for (unsigned i = 0; i < 5 * 40; i++)
        ck_assert_int_eq(
            model_commit(model, 1, i % 40 == 39 ? STORE_CAUSE_STOP : STORE_CAUSE_DEMAND), OK);
    ck_assert_uint_eq(pin_count(model), 3);
    ck_assert_uint_eq(pin_at(model, 2).note.generation, model->committed);
    model_free(model);
}
END_TEST

START_TEST(a_policy_that_keeps_nothing_lets_go_of_what_rules_kept)
{
    const struct store_policy none = { 0 };
    struct model *model = timed();
    struct store_view *view;
    uint64_t held;

    held = pin(model, 5);
    pass(model, HOUR, 3 * HOUR);
    ck_assert_uint_eq(pin_count(model), 4);
    ck_assert_int_eq(store_view_open(model->store, pin_at(model, 1).note.generation, &view), OK);
    ck_assert_int_eq(store_policy_set(model->store, &none), OK);
    commits(model, 1, 5);
    ck_assert_uint_eq(pin_count(model), 2);
    store_view_close(view);
    pass(model, HOUR, DAY);
    ck_assert_uint_eq(pin_count(model), 1);
    ck_assert_uint_eq(pin_at(model, 0).note.generation, held);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

START_TEST(what_somebody_asked_for_is_not_thinned_out)
{
    struct model *model = timed();
    const struct store_policy policy = { .hourly = 2 };
    uint64_t held;

    ck_assert_int_eq(store_policy_set(model->store, &policy), OK);
    held = pin(model, 5);
    pass(model, HOUR / 2, 10 * HOUR);
    ck_assert_uint_eq(pin_count(model), 3);
    ck_assert_uint_eq(pin_at(model, 0).note.generation, held);
    ck_assert(pin_at(model, 0).held);
    sound_after_restart(model);
    model_free(model);
}
END_TEST

/* Of these generations, how many are pinned? */
static size_t
still_pinned(struct model *model, const struct store_pin *pins, size_t count)
{
    size_t still = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < pin_count(model); n++)
            still += pin_at(model, n).note.generation == pins[i].note.generation;
    }
    return still;
}

START_TEST(a_clock_that_jumps_destroys_no_history)
{
    const struct store_policy policy = { .hourly = 3, .daily = 5 };
    struct store_pin pins[STORE_PINS_MAX];

    for (unsigned forward = 0; forward < 2; forward++) {
        struct model *model = timed();
        size_t count;

        ck_assert_int_eq(store_policy_set(model->store, &policy), OK);
        pass(model, HOUR / 2, 4 * DAY);
        count = store_pins_get(model->store, pins, STORE_PINS_MAX);
        ck_assert_uint_ge(count, 6);
        model->wall_ns = forward ? model->wall_ns + 4000 * DAY : model->wall_ns - 4000 * DAY;
        /* Nothing comes early, and what comes displaces one at a time. */
        pass(model, 10 * MINUTE, HOUR / 2);
        ck_assert_uint_eq(still_pinned(model, pins, count), count);
        pass(model, 10 * MINUTE, HOUR / 2);
        ck_assert_uint_ge(still_pinned(model, pins, count), count - 1);
        /* After a restart the jump may count once. */
        ck_assert_int_eq(model_open(model, false), OK);
        pass(model, 10 * MINUTE, 2 * HOUR);
        ck_assert_uint_ge(still_pinned(model, pins, count), count - 4);
        sound_after_restart(model);
        model_free(model);
    }
}
END_TEST

/* Each time the machine starts it is 1970, and it runs for half an hour. */
START_TEST(a_machine_without_a_clock_has_a_history_too)
{
    const struct store_policy policy = { .hourly = 4, .daily = 4 };
    struct model *model = timed();
    uint64_t newest;

    ck_assert_int_eq(store_policy_set(model->store, &policy), OK);
    for (unsigned start = 0; start < 60; start++) {
        ck_assert_int_eq(model_open(model, false), OK);
        model->wall_ns = 1;
        pass(model, 5 * MINUTE, 30 * MINUTE);
    }
    ck_assert_uint_ge(pin_count(model), 5);
    newest = pin_at(model, pin_count(model) - 1).note.personal_ns;
    ck_assert_uint_ge(newest - pin_at(model, pin_count(model) - 2).note.personal_ns, HOUR);
    ck_assert_uint_ge(newest - pin_at(model, 0).note.personal_ns, DAY);
    sound(model);
    model_free(model);
}
END_TEST

UNIT_TESTS_WITHIN("store/history_policy", 120, the_policy_pins_hours_and_days_and_thins_them_out,
                  the_policy_costs_no_fold_before_its_time,
                  a_policy_lasts_and_one_that_makes_no_sense_is_refused,
                  a_policy_that_keeps_nothing_lets_go_of_what_rules_kept,
                  what_somebody_asked_for_is_not_thinned_out,
                  a_clock_that_jumps_destroys_no_history,
                  a_machine_without_a_clock_has_a_history_too)
