/*
 * replay.h - the disk as a cut leaves it, made from the record of a run.
 *
 * What a power cut may leave: every write that was done before the submission
 * of a flush that came back OK; and of each other write that was submitted,
 * all, nothing, or any of its 512-byte sectors, in any order among writes to the
 * same place. What a write that failed may leave is gone where one that was submitted
 * after its end is safe. What a kill leaves: every write that was done, and any of
 * those under way; none of that is safe from a power cut that follows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "sim/disk.h"
#include "sim/random.h"

enum sim_end {
    SIM_CUT,      /* a power cut: each unflushed write kept, dropped or torn by chance */
    SIM_CUT_NONE, /* a power cut that drops all of them */
    SIM_CUT_ALL,  /* a power cut that keeps all of them */
    SIM_CUT_TORN, /* a power cut that tears each of them */
    SIM_KILL,     /* a kill: what was done is visible, what was under way by chance */
    SIM_END_COUNT,
};

extern const char *const sim_end_names[SIM_END_COUNT];

struct sim_loose {
    uint64_t at; /* its submit event */
    bool doomed; /* a flush that was for it has failed: none covers it any more */
};

/*
 * A walk along a record. `image` holds what is safe at the point that was
 * reached; what is loose there is known by number.
 */
struct sim_replay {
    const struct sim_record *record;
    uint8_t *image;
    uint64_t position;       /* events before it have happened */
    struct sim_loose *loose; /* writes that no flush covers, oldest first */
    uint64_t loose_count;
    uint64_t loose_max;
    uint64_t *settled; /* by block: 1 + submit event of the newest write that a flush covers */
    uint64_t block_max;
    uint64_t acknowledged; /* the last mark that counts */
    bool lied_to; /* a flush said OK and did nothing, and none has made it good: no mark counts */
    uint64_t changes; /* of what is safe, so far */
};

/* Begin at the start of the record, where the disk was as `image` is. ERR_NOMEM. */
must_use err_t sim_replay_start(struct sim_replay *replay, const struct sim_record *record,
                                uint8_t *image);
void sim_replay_end(struct sim_replay *replay);

/* Go one event further. False at the end of the record. */
bool sim_replay_step(struct sim_replay *replay);

/*
 * Can this block no longer become what the write at event `at` said? Whatever a write that
 * has ended left there is gone when one that was submitted later is safe.
 */
bool sim_replay_is_settled(const struct sim_replay *replay, uint64_t at, uint64_t block);

/*
 * Let it end here: apply loose writes to `image`, which is the walk's image or
 * a copy of it.
 *
 *   record  or NULL; notes the writes that a kill leaves visible and unsafe, so
 *           that a record that goes on from there knows them
 */
void sim_replay_cut(const struct sim_replay *replay, enum sim_end end, struct sim_random *random,
                    uint8_t *image, struct sim_record *record);

/* What a cut may change, as it was before: an undo log. */
struct sim_undo {
    uint64_t *blocks;
    uint8_t *bytes; /* of each of them */
    uint64_t count;
    uint64_t room;
};

/* Remember what all loose writes may change of `image`. Room is kept for the next time. */
void sim_undo_save(struct sim_undo *undo, const struct sim_replay *replay, const uint8_t *image);

/* Make `image` what it was. */
void sim_undo_restore(const struct sim_undo *undo, uint8_t *image);

/* What the cut has changed: equal, but for a chance that never matters, if all of it is. */
struct hash128 sim_undo_difference(const struct sim_undo *undo, const uint8_t *image);
