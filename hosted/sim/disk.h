/*
 * disk.h - the simulated disk: an image in memory, and a record of everything
 * that was asked of it, from which the disk after a cut at any moment can be
 * made.
 *
 * What a power cut may leave: every write that was done before the submission
 * of a flush that came back OK; and of each other write that was submitted,
 * all, nothing, or any of its 512-byte sectors, in any order among writes to the
 * same place. What a kill leaves: every write that was done, and any of those
 * under way; none of it is safe from a power cut that follows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"
#include "sim/random.h"

#define SIM_SECTOR_BYTES 512

enum sim_event_kind {
    SIM_WRITE_SUBMIT,
    SIM_WRITE_DONE,
    SIM_FLUSH_SUBMIT,
    SIM_FLUSH_DONE,
    SIM_MARK, /* the scenario's own: `number` says what */
};

struct sim_event {
    uint32_t kind;        /* enum sim_event_kind */
    uint32_t block_count; /* of a write */
    uint64_t block;       /* of a write */
    uint64_t data;        /* of a write: offset in the record's data */
    uint64_t request;     /* which request: the submit's index among all submits */
    uint64_t number;      /* of a mark */
};

/* A record, in memory that survives the process that writes it. */
struct sim_record {
    struct sim_event *events;
    uint64_t event_count;
    uint64_t event_max;
    uint8_t *data;
    uint64_t data_bytes;
    uint64_t data_max;
};

/* How the disk misbehaves while it runs; chances in 1,000,000ths of a request. */
struct sim_disk_faults {
    uint32_t read_error;
    uint32_t write_error;
    uint32_t flush_error;
    uint32_t no_space;
    uint64_t latency_ns_max;
};

/* All of these live in shared memory, so that parent and children see one disk. */
must_use err_t sim_record_create(struct sim_record **record, uint64_t event_max, uint64_t data_max);
void sim_record_clear(struct sim_record *record);
void sim_record_mark(struct sim_record *record, uint64_t number);

must_use err_t sim_image_create(uint8_t **image, uint64_t block_count);

/*
 * A disk over an image. Registers itself as a device of the scheduler.
 *
 *   record  everything is noted here, or NULL
 */
must_use err_t sim_disk_create(struct plat_disk **disk, uint8_t *image, uint64_t block_count,
                               struct sim_record *record, const struct sim_disk_faults *faults,
                               uint64_t seed);

/*
 * Turn `image`, which is as it was when the record began, into what the disk
 * holds after the first `event_count` events and then ...
 */
enum sim_end {
    SIM_CUT,      /* ... a power cut: unflushed writes by chance */
    SIM_CUT_NONE, /* ... a power cut that drops all of them */
    SIM_CUT_ALL,  /* ... a power cut that keeps all of them */
    SIM_CUT_TORN, /* ... a power cut that tears each of them */
    SIM_KILL,     /* ... a kill: what was done is visible */
};

void sim_record_replay(const struct sim_record *record, uint64_t event_count, enum sim_end end,
                       struct sim_random *random, uint8_t *image);
