/*
 * disk.h - the simulated disk: an image in memory, and a record of everything
 * that was asked of it, from which replay.h makes the disk after a cut at any
 * moment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"
#include "sim/faults.h"

#define SIM_SECTOR_BYTES 512

enum sim_event_kind {
    SIM_WRITE_SUBMIT,
    SIM_WRITE_DONE,
    SIM_WRITE_FAILED, /* it ended with an error: what it left is not known */
    SIM_FLUSH_SUBMIT,
    SIM_FLUSH_DONE,
    SIM_FLUSH_FAILED, /* what it was for may be lost, whatever is flushed later */
    SIM_FLUSH_LIED,   /* it said OK, and nothing is safe */
    SIM_ROTTED,       /* bit `number` of the block turned over */
    SIM_MARK,         /* the scenario's own: `number` says what */
};

struct sim_event {
    uint32_t kind;        /* enum sim_event_kind */
    uint32_t block_count; /* of a write */
    uint64_t block;       /* of a write, or rotted */
    uint64_t data;        /* of a write: offset in the record's data */
    uint64_t request;     /* which request: the submit's index among all submits */
    uint64_t number;      /* of a mark, or of a bit */
};

/* A record, in memory that survives the process that writes it. */
struct sim_record {
    uint64_t request_count; /* writes and flushes so far */
    struct sim_event *events;
    uint64_t event_count;
    uint64_t event_max;
    uint8_t *data;
    uint64_t data_bytes;
    uint64_t data_max;
};

/* All of these live in shared memory, so that parent and children see one disk. */
must_use err_t sim_record_create(struct sim_record **record, uint64_t event_max, uint64_t data_max);
void sim_record_clear(struct sim_record *record);
void sim_record_mark(struct sim_record *record, uint64_t number);

/* Note a write that was done but is not known safe, before anything else happens. */
void sim_record_done_write(struct sim_record *record, uint64_t block, uint32_t block_count,
                           const void *bytes);

must_use err_t sim_image_create(uint8_t **image, uint64_t block_count);

/*
 * A disk over an image. Registers itself as a device of the scheduler.
 *
 *   record          everything is noted here, or NULL
 *   faults          what goes wrong, or NULL; they must last as long as the disk
 *   latency_ns_max  requests take up to so long, by chance
 */
must_use err_t sim_disk_create(struct plat_disk **disk, uint8_t *image, uint64_t block_count,
                               struct sim_record *record, const struct sim_faults *faults,
                               uint64_t latency_ns_max, uint64_t seed);

/* The next flush fails. */
void sim_disk_fail_flush(struct plat_disk *disk);

/* How many writes and flushes were asked for. */
uint64_t sim_disk_writes(const struct plat_disk *disk);
uint64_t sim_disk_flushes(const struct plat_disk *disk);

/* The disk is no device any more. NULL is fine. */
void sim_disk_destroy(struct plat_disk *disk);
