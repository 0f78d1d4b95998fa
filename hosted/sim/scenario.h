/*
 * scenario.h - what the simulated machine is made to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "format/space.h"
#include "plat/disk.h"
#include "sim/disk.h"
#include "sim/model.h"
#include "sim/random.h"
#include "store/store.h"

/* From an opening of the volume to its end. */
struct sim_life {
    struct plat_disk *disk;
    struct sim_model *model;   /* it watches from the start */
    struct sim_record *record; /* commits are marked here */
    struct sim_random *random;
    unsigned snapshots; /* so many are to be committed */
    bool faulty;        /* something may go wrong below */
};

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
     * Open the volume, check that it makes sense, go on with it until so many snapshots more were
     * committed, stop cleanly. False after a message.
     */
    bool (*live)(const struct sim_life *life);
};

extern const struct sim_scenario sim_scenario_space;
extern const struct sim_scenario sim_scenario_program;
extern const struct sim_scenario sim_scenario_cleaner;
extern const struct sim_scenario sim_scenario_store;
extern const struct sim_scenario sim_scenario_broken; /* it must fail */

/* What scenarios share that have the whole system run a program, which checks itself. */
#define SIM_PROGRAM_RESIDENT_BYTES (96 * PAGE_BYTES)
#define SIM_PROGRAM_FAULTS                                                                         \
    (1u << SIM_WRITE_ERROR | 1u << SIM_NO_SPACE | 1u << SIM_FLUSH_ERROR | 1u << SIM_SLOW)

bool sim_program_prepare(struct plat_disk *disk);
bool sim_program_live(const struct sim_life *life, const char *name, const char *text);

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
