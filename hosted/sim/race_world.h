/*
 * race_world.h - a small heap on a simulated disk in which the collector, a mutator, kills and
 * restarts meet, and a model that knows what must be there.
 *
 * The collector stops at each point of its cycle that matters here (heap_point), until the mutator
 * has done what it is to do there. So where a case puts an act, there it happens.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RACE_POINTS_MAX  96
#define RACE_BLOCK_COUNT 2048u

/*
 * What the mutator does. It has one hand (a handle), words in an old array that keep what they
 * refer to, and weak references; T is what the first two of these refer to, U what T does.
 */
enum race_act {
    RACE_GET,     /* takes T into the hand, by the first weak reference */
    RACE_KEEP,    /* stores what is in the hand */
    RACE_FORGET,  /* empties the hand */
    RACE_DROP,    /* clears the word that kept T since the start */
    RACE_HIDE,    /* moves U from T to a word that has been looked at */
    RACE_YOUNG,   /* makes a young object that refers to what is in the hand, and takes that */
    RACE_PROMOTE, /* a scavenge */
    RACE_FILL,    /* old objects in holes and in new blocks; they refer to what is in the hand */
    RACE_FAR,     /* stores far away what refers into sparse blocks, and commits */
    RACE_RENEW,   /* the first weak reference becomes a young one, to what is in the hand */
    RACE_CLEAN,   /* calls the actions of what is gone, as .phantom.cleaner does */
    RACE_COMMIT,  /* a snapshot, and waits until it is committed */
    RACE_HOARD,   /* takes all credit there is until the cycle is over */
    RACE_STRIP,   /* and what is kept for those who clean up */
    RACE_STOPPED, /* makes room: a full collection in the stopped world */
    RACE_KILL,    /* the machine is killed, and started again */
    RACE_ACT_COUNT,
};

extern const char *const sim_race_act_names[RACE_ACT_COUNT];

/* How it begins; each with and without the others. */
enum race_start {
    RACE_HELD = 1,       /* a word keeps T; else only weak ones lead to it */
    RACE_YOUNG_NODE = 2, /* T and U are young; else old */
    RACE_YOUNG_WEAK = 4, /* so are the weak references */
    RACE_SPARSE = 8,     /* what is old lies in sparse blocks, and the cycle empties them */
    RACE_STARTS = 16,
};

struct race_step {
    enum race_act act;
    unsigned point; /* what it comes by at the how-manieth point that matters */
};

/* What the collector came by, for who says where steps can be. */
struct race_road {
    unsigned count;
    unsigned points[RACE_POINTS_MAX]; /* enum heap_point */
};

extern const char *const sim_race_point_names[];

/* Make the volume that each case begins with, of RACE_BLOCK_COUNT blocks. False after a message. */
bool sim_race_world_make(uint8_t *image);

/*
 * Bring the world up to the moment before a cycle begins. Once in a process.
 *
 *   image  of the volume; it is written to
 *   seed   fibres switch also where this says; 0: only where they wait
 *   prove  the collector proves what it frees (heap_options.prove_cycles)
 *
 * False after a message.
 */
bool sim_race_world_open(uint8_t *image, unsigned start, uint64_t seed, bool prove, bool verbose);

/*
 * A cycle, with these steps in it; then everything is let go of, and must go. Once after
 * sim_race_world_open(). `road`: filled, if not NULL. False after a message; or the process dies of
 * an assertion.
 */
bool sim_race_world_run(const struct race_step *steps, unsigned count, struct race_road *road);
