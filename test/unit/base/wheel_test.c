/*
 * wheel_test.c - timers come out when they are due, the earlier ones first, whenever they were put
 * in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/wheel.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define TIMERS 2000u

static struct wheel_timer timers[TIMERS];
static struct wheel wheel;
static uint64_t due[TIMERS]; /* WHEEL_NEVER: it stands in no wheel */
static uint64_t state;

static void
setup(void)
{
    memset(timers, 0, sizeof timers);
    wheel_init(&wheel, timers);
    for (unsigned i = 0; i < TIMERS; i++)
        due[i] = WHEEL_NEVER;
    state = 4711;
}

static uint64_t
chance(uint64_t below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 11) % below;
}

static uint64_t
model_first(void)
{
    uint64_t first = WHEEL_NEVER;

    for (unsigned i = 0; i < TIMERS; i++)
        first = due[i] < first ? due[i] : first;
    return first;
}

static void
put(uint32_t number, uint64_t tick)
{
    wheel_put(&wheel, number, tick);
    due[number] = tick;
}

/* All that are due: none is missing, none too early, and they come in order. How many. */
static unsigned
take_all(uint64_t tick)
{
    uint64_t last = 0;
    unsigned count = 0;
    uint32_t number;

    while (wheel_first(&wheel) <= tick) {
        if (!wheel_take(&wheel, tick, &number))
            continue; /* it has turned a little */
        ck_assert_uint_le(due[number], tick);
        ck_assert_uint_ge(due[number], last);
        last = due[number];
        due[number] = WHEEL_NEVER;
        count++;
    }
    ck_assert_uint_gt(model_first(), tick);
    ck_assert(!wheel_take(&wheel, tick, &number));
    return count;
}

START_TEST(an_empty_one_is_never_due)
{
    uint32_t number;

    setup();
    ck_assert_uint_eq(wheel_first(&wheel), WHEEL_NEVER);
    ck_assert(!wheel_take(&wheel, 5000, &number));
    ck_assert_uint_eq(wheel_first(&wheel), WHEEL_NEVER);
    wheel_remove(&wheel, 3);
}
END_TEST

START_TEST(each_distance_has_a_place)
{
    setup();
    for (unsigned bit = 0; bit < WHEEL_LEVELS * WHEEL_BITS; bit++) {
        put(0, 1ull << bit);
        ck_assert_uint_eq(wheel_first(&wheel), 1ull << bit);
        ck_assert_uint_eq(take_all((1ull << bit) - 1), 0);
        ck_assert_uint_eq(wheel_first(&wheel), 1ull << bit);
        ck_assert_uint_eq(take_all(1ull << bit), 1);
    }
    put(1, WHEEL_TICKS - 1);
    ck_assert_uint_eq(wheel_first(&wheel), WHEEL_TICKS - 1);
}
END_TEST

START_TEST(what_is_late_already_is_due_at_once)
{
    uint32_t number;

    setup();
    ck_assert(!wheel_take(&wheel, 123456, &number));
    wheel_put(&wheel, 7, 5);
    ck_assert_uint_eq(wheel_first(&wheel), 123456);
    ck_assert(wheel_take(&wheel, 123456, &number));
    ck_assert_uint_eq(number, 7);
}
END_TEST

START_TEST(those_of_one_tick_come_as_they_were_put)
{
    uint32_t number;

    setup();
    for (uint32_t i = 0; i < 10; i++)
        wheel_put(&wheel, i, 99999);
    wheel_remove(&wheel, 0);
    wheel_remove(&wheel, 4);
    wheel_remove(&wheel, 9);
    for (uint32_t i = 1; i < 9; i++) {
        if (i == 4)
            continue;
        ck_assert(wheel_take(&wheel, 100000, &number));
        ck_assert_uint_eq(number, i);
    }
    ck_assert_uint_eq(wheel_first(&wheel), WHEEL_NEVER);
}
END_TEST

/* A crowd far away is brought near little by little, and others come and go meanwhile. */
START_TEST(a_crowd_does_not_keep_anybody_for_long)
{
    uint32_t number;
    unsigned turns = 0;

    setup();
    for (uint32_t i = 0; i < TIMERS - 2; i++)
        put(i, 300000);
    ck_assert_uint_le(wheel_first(&wheel), 300000);
    ck_assert(!wheel_take(&wheel, 299999, &number));
    put(TIMERS - 1, 299999);
    put(TIMERS - 2, 299998);
    wheel_remove(&wheel, 0);
    due[0] = WHEEL_NEVER;
    while (wheel_first(&wheel) <= 299999) {
        if (wheel_take(&wheel, 299999, &number)) {
            ck_assert_uint_ge(number, TIMERS - 2);
            due[number] = WHEEL_NEVER;
        }
        ck_assert_uint_lt(turns++, 8 * TIMERS / 64 * WHEEL_LEVELS);
    }
    ck_assert_uint_gt(turns, 2);
    ck_assert_uint_eq(take_all(300000), TIMERS - 3);
}
END_TEST

START_TEST(whatever_is_put_and_removed_it_does_as_its_model)
{
    uint64_t now = chance(1ull << 40);

    setup();
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t number = (uint32_t)chance(TIMERS);

        wheel_remove(&wheel, number);
        due[number] = WHEEL_NEVER;
        if (chance(4) != 0)
            put(number, now + 1 + chance(1ull << chance(36)));
        ck_assert_uint_le(wheel_first(&wheel), model_first());
        if (chance(8) != 0)
            continue;
        now += chance(1ull << chance(30));
        take_all(now);
    }
}
END_TEST

/* So that an idle machine sleeps as long as it can. */
START_TEST(of_few_the_first_is_known_exactly)
{
    setup();
    for (unsigned step = 0; step < 2000; step++) {
        for (uint32_t i = 0; i < 8; i++) {
            wheel_remove(&wheel, i);
            put(i, wheel.now + 1 + chance(1ull << chance(40)));
        }
        ck_assert_uint_eq(wheel_first(&wheel), model_first());
        take_all(wheel.now + chance(1ull << chance(20)));
    }
}
END_TEST

UNIT_TESTS("base/wheel", an_empty_one_is_never_due, each_distance_has_a_place,
           what_is_late_already_is_due_at_once, those_of_one_tick_come_as_they_were_put,
           a_crowd_does_not_keep_anybody_for_long, whatever_is_put_and_removed_it_does_as_its_model,
           of_few_the_first_is_known_exactly)
