/*
 * explore.h - one seed, all its cuts: a run is recorded once, and then ended at
 * every event of its record, in several ways; each time the volume must open at
 * a generation that was committed and not older than the last acknowledged, equal
 * to the model's copy, and sound. Some of these go on to live, are recorded
 * and cut in turn, two levels deep.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/replay.h"
#include "sim/scenario.h"

#define SIM_DEPTH_MAX 3

struct sim_plan {
    const struct sim_scenario *scenario;
    uint64_t seed;
    uint64_t block_count; /* of the volume */
    unsigned snapshots;   /* of the first run */
    bool faulty;          /* the disk also fails while it runs */
    uint64_t only_at;     /* cut only at this event of the first record; UINT64_MAX: everywhere */
    int only_end;         /* and only in this way (enum sim_end); -1: in all */
    uint64_t cuts_max;    /* stop after so many cuts; 0: no limit */
    bool verbose;
};

struct sim_result {
    bool passed;
    uint64_t cuts;
    uint64_t cuts_by_depth[SIM_DEPTH_MAX];
    uint64_t events;
    struct sim_tally tally; /* of the first run */
    uint64_t failed_at;     /* the cut of the first run that failed; UINT64_MAX: it was no cut */
    enum sim_end failed_end;
};

/* Everything explore needs from the system, once in a process. False: no memory. */
bool sim_explore_start(void);

void sim_explore(const struct sim_plan *plan, struct sim_result *result);
