/*
 * scrub_priv.h - the answer to "scrub": a piece of a look at all that is live.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/buffer.h"
#include "store/store.h"

/*
 * "GENERATION PAGE": where to go on, 0 being the present. The answer is "GENERATION PAGE COUNT" for
 * the next piece, or "end 0 COUNT", COUNT being the pages that were read, and a line for each
 * damage. Returns OK; ERR_RANGE for other words; ERR_NOMEM.
 */
must_use err_t answer_scrub(struct store *store, const char *words, struct buffer *text);
