/*
 * hold_priv.h - the generation that is held in memory, for the committer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "format/volume.h"
#include "store/page_set_priv.h"

struct store;

struct hold {
    bool on;             /* guarded by the store's lock, like the next two */
    bool lost;           /* room was short, or memory */
    uint64_t generation; /* that is held */

    /* Where pages that were handed over since lie in it. The committer's; readers take the lock. */
    struct page_set changed;
};

/* A page is about to get another place than `old`. For the committer. */
void hold_note(struct store *store, uint64_t page, const struct map_entry *old);

/* The newest generation whose dead may be given out again, if slots allow up to `floor`. */
uint64_t hold_floor_locked(const struct store *store, uint64_t floor);

/* Room is short: let go of what is held. True if anything was. */
bool hold_lose(struct store *store);

void hold_free(struct store *store);
