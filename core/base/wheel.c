/*
 * wheel.c - a wheel of timers: who is due when, by ticks.
 *
 * Keeps true
 *   1. A timer stands at the level of the highest digit in which its tick differs from `now`, at
 *      its digit there; or, the same digits, at the lowest level. But for those of the bucket that
 *      is being emptied.
 *   2. So the first one stands in the lowest level that is not empty, in the first bucket there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/wheel.h"

#include "base/assert.h"

#define MOVES_MAX 64 /* to lower buckets, in one go */
#define LOOKS_MAX 16 /* in a bucket, for the first tick */

void
wheel_init(struct wheel *wheel, struct wheel_timer *timers)
{
    *wheel = (struct wheel){ .timers = timers };
}

static unsigned
level_of(uint64_t now, uint64_t tick)
{
    uint64_t differ = now ^ tick;

    return differ == 0 ? 0 : (63 - (unsigned)__builtin_clzll(differ)) / WHEEL_BITS;
}

static uint64_t
digit_of(uint64_t tick, unsigned level)
{
    return (tick >> (level * WHEEL_BITS)) & (WHEEL_BUCKETS - 1);
}

/* At the end of a bucket. */
static void
bucket_add(struct wheel *wheel, uint32_t bucket, uint32_t number)
{
    struct wheel_timer *timer = &wheel->timers[number];
    uint64_t *full = &wheel->full[bucket / WHEEL_BUCKETS], bit = 1ull << bucket % WHEEL_BUCKETS;
    uint32_t first = wheel->first[bucket];

    timer->bucket = bucket + 1;
    if ((*full & bit) == 0) {
        timer->next = timer->before = number;
        wheel->first[bucket] = number;
        *full |= bit;
        return;
    }
    timer->next = first;
    timer->before = wheel->timers[first].before;
    wheel->timers[timer->before].next = number;
    wheel->timers[first].before = number;
}

void
wheel_put(struct wheel *wheel, uint32_t number, uint64_t tick)
{
    struct wheel_timer *timer = &wheel->timers[number];
    unsigned level;

    assert(timer->bucket == 0);
    assert(tick < WHEEL_TICKS);
    timer->tick = tick < wheel->now ? wheel->now : tick;
    level = level_of(wheel->now, timer->tick);
    bucket_add(wheel, level * WHEEL_BUCKETS + (uint32_t)digit_of(timer->tick, level), number);
}

void
wheel_remove(struct wheel *wheel, uint32_t number)
{
    struct wheel_timer *timer = &wheel->timers[number];
    uint32_t bucket = timer->bucket - 1;

    if (timer->bucket == 0)
        return;
    if (timer->next == number) {
        wheel->full[bucket / WHEEL_BUCKETS] &= ~(1ull << bucket % WHEEL_BUCKETS);
        if (wheel->emptied == bucket + 1)
            wheel->emptied = 0;
    } else {
        wheel->timers[timer->before].next = timer->next;
        wheel->timers[timer->next].before = timer->before;
        if (wheel->first[bucket] == number)
            wheel->first[bucket] = timer->next;
    }
    *timer = (struct wheel_timer){ 0 };
}

/* The bucket in which the first one stands, and the tick at which it begins. False: all are empty.
 */
static bool
bucket_first(const struct wheel *wheel, uint32_t *bucket, uint64_t *tick)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        uint64_t digit, above = (level + 1) * WHEEL_BITS;

        if (wheel->full[level] == 0)
            continue;
        digit = (uint64_t)__builtin_ctzll(wheel->full[level]);
        *bucket = level * WHEEL_BUCKETS + (uint32_t)digit;
        *tick = (wheel->now >> above << above) + (digit << (above - WHEEL_BITS));
        return true;
    }
    return false;
}

uint64_t
wheel_first(const struct wheel *wheel)
{
    uint64_t begin, first = WHEEL_NEVER;
    uint32_t bucket, number;
    unsigned looks = 0;

    if (wheel->emptied != 0)
        return wheel->now;
    if (!bucket_first(wheel, &bucket, &begin))
        return WHEEL_NEVER;
    number = wheel->first[bucket];
    do {
        if (looks++ == LOOKS_MAX)
            return begin;
        if (wheel->timers[number].tick < first)
            first = wheel->timers[number].tick;
        number = wheel->timers[number].next;
    } while (number != wheel->first[bucket]);
    return first;
}

/* Those of the bucket that the wheel has turned to go to lower ones. False: not all did. */
static bool
bucket_empty(struct wheel *wheel)
{
    for (unsigned moves = 0; wheel->emptied != 0; moves++) {
        uint32_t number = wheel->first[wheel->emptied - 1];
        uint64_t tick = wheel->timers[number].tick;

        if (moves == MOVES_MAX)
            return false;
        wheel_remove(wheel, number);
        wheel_put(wheel, number, tick);
    }
    return true;
}

bool
wheel_take(struct wheel *wheel, uint64_t tick, uint32_t *number)
{
    uint32_t bucket;
    uint64_t begin;

    while (bucket_empty(wheel)) {
        if (!bucket_first(wheel, &bucket, &begin) || begin > tick) {
            wheel->now = tick > wheel->now ? tick : wheel->now;
            return false;
        }
        wheel->now = begin > wheel->now ? begin : wheel->now;
        if (bucket < WHEEL_BUCKETS) {
            *number = wheel->first[bucket];
            wheel_remove(wheel, *number);
            return true;
        }
        wheel->emptied = bucket + 1;
    }
    return false;
}
