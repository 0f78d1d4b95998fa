/*
 * render.h - what a volume shows of itself, as text in a buffer. The same for
 * a running volume, on every machine, and for a stopped one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "plat/err.h"
#include "store/store.h"

/* Each returns OK, ERR_NOMEM, or what looking at the system returned. */
must_use err_t render_threads(struct buffer *text);
must_use err_t render_applications(struct buffer *text);

/* Programs and their variables; only those that a pattern names, if it is not NULL: else
 * ERR_NOT_FOUND. */
must_use err_t render_variables(struct buffer *text, const char *pattern);

/* Where programs have spent their time since vm_profile_start(): methods, and then lines. */
must_use err_t render_profile(struct buffer *text);

/*
 * The generations that can be told about, the newest first, a row for each:
 *
 *     GENERATION WALL-NS PAGES PERSONAL-NS KEPT CAUSE
 *
 * in numbers, because only the asker knows how times are written where he is. KEPT is "kept" or
 * "-": whether it is pinned.
 */
must_use err_t render_log(struct buffer *text, struct store *store);

/*
 * What is kept of history: a row for the rules, and one for each pin, the newest first.
 *
 *     LAST HOURLY DAILY
 *     GENERATION WALL-NS PAGES BLOCKS KEPT CAUSE
 *
 * PAGES is what it holds, BLOCKS what is kept for it and for older ones; KEPT is "held", "rule" or
 * "going".
 */
must_use err_t render_history(struct buffer *text, struct store *store);

/*
 *   running  false: the figures of a run are absent
 *   json     one JSON object instead of a table
 */
must_use err_t render_stat(struct buffer *text, struct store *store, bool running, bool json);
