/*
 * random.h - the one source of chance in the simulation. A run is its seed:
 * nothing here or above may ask anything else for a decision.
 *
 * The generator is SplitMix64 (Steele, Lea, Flood: Fast Splittable
 * Pseudorandom Number Generators, OOPSLA 2014).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

static inline uint64_t
sim_random_next(struct sim_random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* 0 <= result < limit; `limit` is small against 2^64, so the bias is of no account. */
static inline uint64_t
sim_random_below(struct sim_random *random, uint64_t limit)
{
    return sim_random_next(random) % limit;
}

/* True `numerator` times in `denominator`. */
static inline bool
sim_random_chance(struct sim_random *random, uint32_t numerator, uint32_t denominator)
{
    return sim_random_below(random, denominator) < numerator;
}

/* A generator of its own, so that one part's appetite does not shift another's luck. */
static inline struct sim_random
sim_random_split(struct sim_random *random, uint64_t salt)
{
    return (struct sim_random){ .state = sim_random_next(random) ^ (salt * 0xd1342543de82ef95ull) };
}
