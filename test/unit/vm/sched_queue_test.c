/*
 * sched_queue_test.c - who is taken next: in order, by level, from anybody's queue; nobody is
 * forgotten, and nobody waits for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <stdlib.h>

#include "support/suite.h"
#include "vm/sched_priv.h"

#define SLOTS 4096

static void
begin(unsigned queues)
{
    sched_halves = calloc(SLOTS, sizeof sched_halves[0]);
    ck_assert_ptr_nonnull(sched_halves);
    sched_queue_init(queues);
}

static void
push(unsigned queue, uint32_t slot)
{
    sched_queue_push(queue, slot, SCHED_LEVEL_NORMAL);
}

static uint32_t
take_of(unsigned own, bool afar)
{
    uint32_t slot = SLOTS;
    unsigned level;

    ck_assert(sched_queue_take(own, afar, &slot, &level));
    return slot;
}

static uint32_t
take(unsigned own)
{
    return take_of(own, false);
}

START_TEST(threads_of_one_level_are_taken_in_the_order_in_which_they_came)
{
    uint32_t slot;
    unsigned level;

    begin(1);
    ck_assert(!sched_queue_any());
    for (uint32_t i = 0; i < 10; i++)
        push(0, 9 - i);
    ck_assert(sched_queue_any());
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_eq(take(0), 9 - i);
    ck_assert(!sched_queue_take(0, false, &slot, &level));
    ck_assert(!sched_queue_take(0, true, &slot, &level));
}
END_TEST

START_TEST(the_own_queue_comes_first_and_an_empty_one_takes_half_of_the_longest)
{
    begin(3);
    for (uint32_t i = 0; i < 6; i++)
        push(0, i);
    push(1, 10);
    ck_assert_uint_eq(take(1), 10);
    ck_assert_uint_eq(take(2), 0);
    ck_assert_uint_eq(sched_queue_count(2), 2); /* 1 and 2 have come along */
    ck_assert_uint_eq(sched_queue_count(0), 3);
    ck_assert_uint_eq(take(2), 1);
    ck_assert_uint_eq(take(0), 3);
}
END_TEST

START_TEST(who_looks_afar_serves_every_queue_again_and_again)
{
    bool seen[4] = { false };

    begin(4);
    for (uint32_t i = 0; i < 100; i++)
        push(0, 100 + i);
    for (uint32_t i = 1; i < 4; i++)
        push(i, i);
    /* Its own is the longest by far, and never empty. */
    for (unsigned i = 0; i < 64; i++) {
        uint32_t slot = take_of(0, true);

        if (slot < 4)
            seen[slot] = true;
        else
            push(0, slot);
    }
    ck_assert(seen[1] && seen[2] && seen[3]);
}
END_TEST

START_TEST(a_higher_level_goes_first_wherever_it_waits)
{
    begin(2);
    push(0, 1);
    sched_queue_push(1, 2, SCHED_LEVEL_NORMAL + 1);
    sched_queue_push(0, 3, SCHED_LEVEL_NORMAL - 1);
    ck_assert_uint_eq(sched_queue_best(), SCHED_LEVEL_NORMAL + 2);
    ck_assert_uint_eq(take(0), 2);
    ck_assert_uint_eq(take(0), 1);
    ck_assert_uint_eq(take(0), 3);
    ck_assert_uint_eq(sched_queue_best(), 0);
}
END_TEST

/* Levels that always have somebody: how many are taken before the first of the lowest is. */
START_TEST(nobody_waits_for_ever_behind_higher_levels)
{
    unsigned taken = 0, level;
    uint32_t slot;

    begin(1);
    for (unsigned i = 0; i < SCHED_LEVELS; i++) {
        sched_queue_push(0, 2 * i, i);
        sched_queue_push(0, 2 * i + 1, i);
    }
    do {
        ck_assert(sched_queue_take(0, false, &slot, &level));
        sched_queue_push(0, slot, level);
        taken++;
    } while (level != 0 && taken < 1000);
    ck_assert_uint_le(taken, 24);
    /* And yet most go by level. */
    unsigned high = 0;
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(sched_queue_take(0, false, &slot, &level));
        sched_queue_push(0, slot, level);
        high += level == SCHED_LEVELS - 1;
    }
    ck_assert_uint_ge(high, 700);
}
END_TEST

START_TEST(who_is_moved_stands_at_the_end_of_his_new_level)
{
    begin(2);
    for (uint32_t i = 0; i < 5; i++)
        push(0, i);
    sched_queue_move(2, SCHED_LEVEL_NORMAL + 1, true);
    sched_queue_move(4, SCHED_LEVEL_NORMAL + 1, false);
    sched_queue_move(4, SCHED_LEVEL_NORMAL, true); /* never down */
    sched_queue_move(0, SCHED_LEVEL_NORMAL, false);
    sched_queue_move(1, SCHED_LEVEL_NORMAL - 1, false);
    sched_queue_move(99, SCHED_LEVEL_NORMAL + 1, false); /* stands in no queue */
    ck_assert_uint_eq(take(0), 2);
    ck_assert_uint_eq(take(0), 4);
    ck_assert_uint_eq(take(0), 0);
    ck_assert_uint_eq(take(0), 3);
    ck_assert_uint_eq(take(0), 1);
    ck_assert(!sched_queue_any());
}
END_TEST

/* ---- several workers at once ---- */

static _Atomic uint32_t rounds_left;

static void *
work(void *argument)
{
    unsigned own = (unsigned)(uintptr_t)argument, level, empty = 0;
    uint32_t slot;

    while (atomic_load(&rounds_left) > 0 && empty < 1000000) {
        if (!sched_queue_take(own, empty % 5 == 4, &slot, &level)) {
            empty++;
            continue;
        }
        empty = 0;
        if (atomic_fetch_sub(&rounds_left, 1) <= 1)
            atomic_store(&rounds_left, 0);
        sched_queue_push(own, slot, (level + slot) % SCHED_LEVELS);
    }
    return NULL;
}

START_TEST(however_many_take_and_put_no_thread_is_lost_or_taken_twice)
{
    bool seen[64] = { false };
    pthread_t threads[4];
    unsigned found = 0, level;
    uint32_t slot;

    begin(4);
    for (uint32_t i = 0; i < 64; i++)
        push(i % 2, i);
    atomic_store(&rounds_left, 100000);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    while (sched_queue_take(0, false, &slot, &level)) {
        ck_assert_uint_lt(slot, 64);
        ck_assert(!seen[slot]);
        seen[slot] = true;
        found++;
    }
    ck_assert_uint_eq(found, 64);
}
END_TEST

UNIT_TESTS("vm/sched_queue", threads_of_one_level_are_taken_in_the_order_in_which_they_came,
           the_own_queue_comes_first_and_an_empty_one_takes_half_of_the_longest,
           who_looks_afar_serves_every_queue_again_and_again,
           a_higher_level_goes_first_wherever_it_waits, nobody_waits_for_ever_behind_higher_levels,
           who_is_moved_stands_at_the_end_of_his_new_level,
           however_many_take_and_put_no_thread_is_lost_or_taken_twice)
