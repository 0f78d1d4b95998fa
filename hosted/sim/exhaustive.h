/*
 * exhaustive.h - bounded exhaustive search (as in B3, "Finding Crash-Consistency Bugs with Bounded
 * Black-Box Crash Testing", OSDI 2018): all scripts of up to three commits; each of them
 * cut at every event of its last commit; and there every subset of what was not flushed, block
 * by block, some of them torn.
 *
 * Cuts in commits before the last are those of a shorter script, and are not made again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sim_exhaustive {
    unsigned commits;     /* up to so many */
    unsigned part, parts; /* only scripts of this part, out of so many */
    bool verbose;
};

/* Prints what was done, and what failed. True if nothing did. */
bool sim_exhaustive(const struct sim_exhaustive *search);
