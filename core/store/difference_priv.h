/*
 * difference_priv.h - in which pages two page maps of a volume differ.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/volume_priv.h"

struct store;

/*
 * Sees a page for which the two maps name different places. Anything but OK ends the walk.
 *
 *   to  its entry in the second map
 */
typedef err_t difference_fn(void *context, uint64_t page, const struct map_entry *to);

/*
 * Visit the pages that may differ, in their order. The maps are walked together, and where both
 * name the same block nothing below it is looked at: it takes the time of what differs.
 *
 *   from, to  roots of page maps; count 0: nothing but zeroes
 *   nodes     filled on OK: how many nodes of a page map lie above these pages; may be NULL
 *
 * In `from` a damaged leaf is no trouble: all pages below it are visited. Returns OK, what `visit`
 * returned, ERR_CORRUPT, ERR_IO, ERR_NOMEM.
 */
must_use err_t difference_walk(struct store *store, struct block_ref from, struct block_ref to,
                               difference_fn *visit, void *context, uint64_t *nodes);
