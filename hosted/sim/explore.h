/*
 * explore.h - one seed, all its cuts: a run is recorded once, and then ended at
 * every event of its record, in several ways; each time the volume must open at
 * a generation that was committed and not older than the last acknowledged, equal
 * to the model's copy, and sound. Some of these go on to live, are recorded
 * and cut in turn, until cuts are nested three deep. Where the disk lied, what is found
 * may be older and pages may be lost; but each page that is read is right, and who checks the
 * volume is told of the damage.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/faults.h"
#include "sim/replay.h"
#include "sim/scenario.h"

#define SIM_DEPTH_MAX 3

/* A cut, and what was cut before in the lives that led to it, oldest first. */
struct sim_path {
    unsigned length;
    uint64_t at[SIM_DEPTH_MAX]; /* events of that life's record */
    enum sim_end end[SIM_DEPTH_MAX];
};

/* What goes wrong in the first run of a seed, as far as the scenario can live with it. */
enum sim_weather {
    SIM_FAIR,    /* nothing */
    SIM_FAILING, /* requests fail, and say so: nothing that was acknowledged is lost */
    SIM_LYING,   /* and some say OK, or are damaged later: nothing wrong is ever read */
    SIM_WEATHER_COUNT,
};

extern const char *const sim_weather_names[SIM_WEATHER_COUNT];

struct sim_plan {
    const struct sim_scenario *scenario;
    uint64_t seed;
    uint64_t block_count; /* of the volume */
    unsigned snapshots;   /* of the first run */
    enum sim_weather weather;
    const struct sim_fault_list *faults; /* not by the weather but these go wrong; NULL: by it */
    struct sim_path only;                /* cut only so; of length 0: everywhere */
    unsigned depth_max;                  /* cuts in a row; 0: as many as there can be */
    bool thorough;     /* cut in all ways at each event of the first run, not in three */
    uint64_t cuts_max; /* stop after so many cuts; 0: no limit */
    bool verbose;
};

struct sim_result {
    bool passed;
    uint64_t cuts;
    uint64_t cuts_by_depth[SIM_DEPTH_MAX];
    uint64_t refusals; /* of these, disks that were refused or had lost pages, and said so */
    uint64_t sights;   /* how many of the disks after a cut were unlike each other */
    uint64_t events;
    struct sim_tally tally;       /* of the first run */
    struct sim_fault_list faults; /* that happened in it */
    struct sim_path path;         /* of the cut that failed; of length 0: it was no cut */
};

/* Everything explore needs from the system, once in a process. False: no memory. */
bool sim_explore_start(void);

void sim_explore(const struct sim_plan *plan, struct sim_result *result);
