/*
 * report.h - what a system says of its volume to the person who runs it, in the
 * same words on every machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "control/census.h"
#include "plat/err.h"
#include "plat/machine.h"
#include "store/store.h"

/* Show one line: zero-terminated, without a newline. */
typedef void report_fn(void *context, enum log_level level, const char *line);

/* Where the lines go, and what they call the volume: by its path, or by its disk. */
struct report {
    const char *volume;
    struct plat_disk *disk; /* asked why the volume does not open; NULL: it is not open */
    report_fn *show;
    void *context;
};

/* What opening found out that somebody should know; nothing, if all was well. */
void report_opened(const struct report *report, const struct store_opened *opened);

/* Which snapshot it goes on from, how old that is, and what is in it. */
void report_resumed(const struct report *report, const struct store_opened *opened,
                    const struct census *census);

/*
 * What went wrong with the store or the space, and what to do. May read superblocks, to tell the
 * version of a volume that is refused.
 *
 *   doing  such as "cannot open"
 */
void report_trouble(const struct report *report, err_t err, const char *doing);
