/*
 * machine.h - the rest of the simulated machine: its console, its memory and
 * how it misbehaves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_faults;

/* What the program has shown, in shared memory: an observer that no cut can reach. */
struct sim_screen {
    uint64_t byte_count;
    uint64_t byte_max;
    char bytes[];
};

struct sim_machine {
    uint64_t seed;
    uint64_t resident_bytes;         /* what plat_memory_bytes() says */
    const struct sim_faults *faults; /* of memory; or NULL */
    struct sim_screen *screen;       /* or NULL: output is dropped */
    const char *input;               /* what the console gives, then the end */
    bool quiet;                      /* no log lines */
};

/* A screen for at most `byte_max` bytes in memory that children share. NULL: no memory. */
struct sim_screen *sim_screen_create(uint64_t byte_max);

/* Set the machine up; `machine` stays the caller's and may be changed between boots. */
void sim_machine_start(struct sim_machine *machine);

/* Where volumes are opened thousands of times: what one gave back stays there for the next. */
void sim_memory_keep(void);
