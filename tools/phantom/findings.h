/*
 * findings.h - what a check finds, shown line by line, and how far it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct findings {
    struct store *store; /* to tell what damaged pages hold; NULL: that is not told */
    uint64_t generation; /* its newest */
    uint64_t damages;    /* so far */
    uint64_t shown_ns;   /* when the progress was last shown */
    bool progress;       /* somebody watches */
};

/* `store` may be NULL. */
struct findings findings_of(struct store *store);

/* For store_check and store_repair_plan; `context` is a struct findings. */
void findings_show(void *context, const struct store_finding *finding);
void findings_progress(void *context, uint64_t blocks_done, uint64_t blocks_total);

/* The line of the progress is in the way of another. */
void findings_progress_erase(const struct findings *findings);
