/*
 * races.h - bounded exhaustive search among the ways in which a mutator can meet the collector: all
 * sequences of up to so many of its acts, each act at each point of a cycle, from each beginning.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SIM_RACES_MAX 4 /* acts in a case */

struct sim_races {
    unsigned acts;        /* up to so many in a cycle */
    unsigned part, parts; /* only cases of this part, out of so many */
    uint64_t seed;        /* fibres switch also where it says; 0: only where they wait */
    const char *only;     /* one case, as a failure names it; or NULL */
    bool verbose;
};

/* Can this be a case? */
bool sim_race_is_known(const char *text);

/* Prints what was done, and what failed. True if nothing did. */
bool sim_races(const struct sim_races *search);
