/*
 * look.c - the verbs that only look: ps, stat, log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/format.h"
#include "phantom/ask.h"
#include "phantom/options.h"

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

int
verb_ps(const struct invocation *invocation)
{
    return ask_volume(&(struct ask){ .volume = invocation->arguments[0], .request = "ps" });
}

int
verb_stat(const struct invocation *invocation)
{
    bool json = option_given(invocation, "json");

    return ask_volume(&(struct ask){ .volume = invocation->arguments[0],
                                     .request = json ? "stat --json" : "stat" });
}

/* ---- log ---- */

/* One row of render_log(), in local time. */
static void
generation_show(const char *row, size_t row_bytes)
{
    uint64_t generation, wall_ns, page_count, personal_ns;
    char personal[FORMAT_UNIT_BYTES];
    char when[32] = "?";
    struct tm local;
    time_t seconds;
    int cause;

    if (sscanf(row, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %n", &generation, &wall_ns,
               &page_count, &personal_ns, &cause) != 4)
        return;
    seconds = (time_t)(wall_ns / NS_PER_S);
    if (localtime_r(&seconds, &local) != NULL)
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    printf("%10" PRIu64 "  %s.%03u  %9" PRIu64 "  %9s  %.*s\n", generation, when,
           (unsigned)(wall_ns / NS_PER_MS % 1000), page_count,
           format_duration(personal, personal_ns), (int)row_bytes - cause, row + cause);
}

static void
log_show(const struct buffer *text)
{
    const char *row = (const char *)text->bytes;

    printf("%10s  %-23s  %9s  %9s  %s\n", "GENERATION", "TIME", "PAGES", "RUNNING", "CAUSE");
    while (*row != '\0') {
        size_t row_bytes = strcspn(row, "\n");

        generation_show(row, row_bytes);
        row += row_bytes + (row[row_bytes] == '\n');
    }
}

int
verb_log(const struct invocation *invocation)
{
    return ask_volume(
        &(struct ask){ .volume = invocation->arguments[0], .request = "log", .show = log_show });
}
