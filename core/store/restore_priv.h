/*
 * restore_priv.h - making the present what a generation of the past was, though the present is
 * damaged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/store_priv.h"

/* A generation to go back to: as an older slot has it, or as it is pinned. */
struct past {
    struct store *store;     /* opened at the older slot, for reading; NULL: it is pinned, and */
    struct store_view *view; /* this is it */
    struct store_note note;
};

/* How many pages differ; those of which the present does not know count, too. */
must_use err_t restore_count(struct store *store, const struct past *past, uint64_t *pages);

/*
 * Make a generation that holds what the past held, by one commit of the pages that differ. Nodes of
 * the map that cannot be read are made anew.
 *
 *   note  wall time is the caller's; the rest is filled on OK
 *
 * Returns what a commit does; ERR_CORRUPT: the past is damaged, too.
 */
must_use err_t restore_commit(struct store *store, const struct past *past,
                              struct store_note *note);
