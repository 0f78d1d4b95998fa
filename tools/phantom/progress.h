/*
 * progress.h - how far a long work is, for a person at a terminal. Nobody else is shown anything,
 * and nothing is left of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    uint64_t done, total; /* bytes */
    uint64_t next_ns;     /* when to show something */
    bool person, shown;
};

/* So many bytes are to be done. */
void progress_begin(struct progress *progress, uint64_t total);

/* So many more are. */
void progress_add(struct progress *progress, uint64_t bytes);

/* To be called before anything else is said. */
void progress_end(struct progress *progress);
