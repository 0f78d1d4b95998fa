/*
 * scenario.h - what the simulated machine is made to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/disk.h"
#include "sim/disk.h"
#include "sim/model.h"
#include "sim/random.h"
#include "store/store.h"

struct sim_scenario {
    const char *name;
    const char *about;
    uint64_t block_count;     /* of the volume: small, so that blocks are used again */
    uint64_t block_count_min; /* so small that space gets short; some seeds */
    uint64_t resident_bytes;  /* memory: short, so that pages leave and come */
    unsigned faults;          /* that it can live with (enum sim_fault) */

    /* Make the volume. */
    bool (*prepare)(struct plat_disk *disk);

    /*
     * Open the volume, check that it makes sense, go on with it until
     * `snapshots` more were committed, stop cleanly. The model watches from the start.
     * False after a message.
     *
     *   record  commits are marked here
     *   faulty  something may go wrong below
     */
    bool (*live)(struct plat_disk *disk, struct sim_model *model, struct sim_record *record,
                 struct sim_random *random, unsigned snapshots, bool faulty);
};

extern const struct sim_scenario sim_scenario_space;
extern const struct sim_scenario sim_scenario_program;
extern const struct sim_scenario sim_scenario_store;

/* "sim: doing: error N", and false. */
bool sim_trouble(const char *doing, err_t err);

/*
 * Open the volume. On a faulty machine it is tried again: what was refused may be had then.
 * Returns what store_open() returned last.
 */
must_use err_t sim_store_open(struct plat_disk *disk, bool faulty, struct store **store,
                              struct store_opened *opened);

/* Statistics of the run that just ended, for the report: set by live. */
struct sim_tally {
    uint64_t commits;
    uint64_t folds;
    uint64_t pins;    /* at the end */
    uint64_t rewinds; /* ways back that were taken */
    uint64_t evicted;
    uint64_t collections; /* scavenges and full ones */
    uint64_t full_collections;
    uint64_t switches;
};

/* In shared memory, so that the parent can read what a child did. */
extern struct sim_tally *sim_tally;
void sim_tally_take(struct store *store);
