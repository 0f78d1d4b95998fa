/*
 * script.h - a store that is used by itself, with no space on top: a step says which
 * pages get new contents, and how they are committed. Whatever goes wrong below, a page
 * that can be read holds what it must.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/disk.h"
#include "sim/model.h"
#include "store/store.h"

#define SIM_GROUPS          64 /* of pages: what a step changes together */
#define SIM_GROUP_PAGES_MAX 8

enum sim_how {
    SIM_HOW_ONCE,   /* a small commit: its superblock may arrive before what it names */
    SIM_HOW_STOP,   /* one with two flushes */
    SIM_HOW_CLEAR,  /* the pages become zeroes */
    SIM_HOW_EARLY,  /* they are written before the commit begins */
    SIM_HOW_PIN,    /* the generation is pinned, so it folds */
    SIM_HOW_UNPIN,  /* all pins are let go of, so it folds */
    SIM_HOW_FAIL,   /* its flush fails, after all groups but one were written early */
    SIM_HOW_KILL,   /* the process is killed before it, but not after a failure; opened anew */
    SIM_HOW_REWIND, /* instead of changing pages: back to the oldest pin */
    SIM_HOW_COUNT,
};

extern const char *const sim_how_names[SIM_HOW_COUNT];

struct sim_step {
    uint64_t groups; /* a bit for each */
    enum sim_how how;
};

struct sim_script {
    struct plat_disk *disk;
    struct sim_model *model;
    struct sim_record *record; /* commits are marked here */
    unsigned group_pages;
    bool faulty; /* the disk and memory may refuse; a page may be damaged */
    struct store *store;
    uint64_t credit;
    uint64_t dirty;                /* groups with contents that are not committed */
    uint64_t early;                /* of these, those that the store has already */
    uint32_t versions[SIM_GROUPS]; /* what groups hold; 0: zeroes */
    uint32_t version;              /* the newest that was given out */
    uint64_t commits;
    uint64_t rewinds;
    bool burnt; /* the last commit failed: who is killed now does not know that any more */
};

/*
 * Open the volume, of which all is read. The caller has filled `disk`, `model`, `record`,
 * `group_pages` and `faulty`. False after a message; or, on a faulty machine, when it cannot be
 * had.
 */
bool sim_script_open(struct sim_script *script);

/*
 * Do one step, and compare what is read. False after a message: a promise is broken. Commits that
 * fail are no failure on a faulty machine.
 */
bool sim_script_step(struct sim_script *script, const struct sim_step *step);

void sim_script_close(struct sim_script *script);
