/*
 * scrub.h - looking for damage while the volume is in use, some pages at a time.
 *
 * Somebody asks for it, piece by piece; so it takes as much of the disk and the processor as
 * whoever asks lets it have, and nothing when nobody does. What only matters to a stopped volume,
 * free space and lists, is left to store_check().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/history.h"

/*
 * Read live pages, and compare them with their checksums. Beside whatever the store does, from any
 * thread.
 *
 *   view        whose pages; those that the present has, too, are passed over. NULL: the present's
 *   from        the first page that was not looked at
 *   page_max    of pages that are read
 *   finding     called for each page, or node of the map, that is damaged
 *   next        filled: where to go on; UINT64_MAX: all was looked at
 *   page_count  filled: how many were read
 *
 * Returns OK, whatever is found; ERR_NOMEM.
 */
must_use err_t store_scrub(struct store *store, struct store_view *view, uint64_t from,
                           unsigned page_max, store_finding_fn *finding, void *context,
                           uint64_t *next, uint64_t *page_count);
