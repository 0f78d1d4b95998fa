/*
 * wheel.h - a wheel of timers: who is due when, by ticks.
 *
 * Levels of 64 buckets. A bucket of the lowest level is one tick, one of each other level all
 * buckets of the level below. A timer stands in the highest level in which its tick differs from
 * now; when the wheel has turned to its bucket it goes to a lower one. So to put a timer in and to
 * take it out costs the same however many there are, and each is moved once a level at most.
 *
 * Who uses it sees to locks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_LEVELS  9
#define WHEEL_BITS    6 /* of a level */
#define WHEEL_BUCKETS (1u << WHEEL_BITS)

/* Ticks are below this. */
#define WHEEL_TICKS (1ull << (WHEEL_LEVELS * WHEEL_BITS))

/* None is due. */
#define WHEEL_NEVER UINT64_MAX

/* One timer; all zero while it stands in no wheel. */
struct wheel_timer {
    uint64_t tick;
    uint32_t next, before; /* in its bucket, as a ring; numbers */
    uint32_t bucket;       /* plus 1 */
    uint32_t spare;
};

struct wheel {
    struct wheel_timer *timers; /* by numbers */
    uint64_t now;               /* ticks; nobody is due before */
    uint64_t full[WHEEL_LEVELS];
    uint32_t first[WHEEL_LEVELS * WHEEL_BUCKETS]; /* number of the first one of a full bucket */
    uint32_t emptied; /* bucket plus 1, of those who must go to lower ones before all else; or 0 */
};

/* Nobody stands in it; `timers` are all zero. */
void wheel_init(struct wheel *wheel, struct wheel_timer *timers);

/* This timer, which stands in no wheel, is due at that tick, or at once if that has passed. */
void wheel_put(struct wheel *wheel, uint32_t number, uint64_t tick);

/* It is not due any more. One that stands in no wheel is fine. */
void wheel_remove(struct wheel *wheel, uint32_t number);

/*
 * When the first one is due, or earlier: exactly that when few stand in its bucket. WHEEL_NEVER
 * when there is none.
 */
uint64_t wheel_first(const struct wheel *wheel);

/*
 * Take out one that is due at this tick, or was before; of those of different ticks the earlier
 * one, of those of one tick the one that was put in first, as a rule. What is put in later is due
 * at this tick at the earliest.
 *
 * False: there is none, or the wheel has turned a little, and wheel_first() says that it is to be
 * asked again. Bounded, however many there are.
 */
bool wheel_take(struct wheel *wheel, uint64_t tick, uint32_t *number);
