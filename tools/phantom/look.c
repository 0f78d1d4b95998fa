/*
 * look.c - the verbs that only look: ps, stat, log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "format/space.h"
#include "phantom/ask.h"
#include "phantom/options.h"
#include "phantom/say.h"

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
    char personal[FORMAT_UNIT_BYTES], size[FORMAT_UNIT_BYTES], when[SAY_TIME_BYTES], kept[8];
    int cause;

    if (sscanf(row, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %7s %n", &generation, &wall_ns,
               &page_count, &personal_ns, kept, &cause) != 5)
        return;
    printf("%10" PRIu64 "  %s  %9" PRIu64 "  %9s  %9s  %-4s  %.*s\n", generation,
           say_time(wall_ns, when), page_count, format_bytes(size, page_count * PAGE_BYTES),
           format_duration(personal, personal_ns), kept, (int)row_bytes - cause, row + cause);
}

static void
log_show(const struct buffer *text)
{
    const char *row = (const char *)text->bytes;

    printf("%10s  %-23s  %9s  %9s  %9s  %-4s  %s\n", "GENERATION", "TIME", "PAGES", "SIZE",
           "RUNNING", "KEPT", "CAUSE");
    while (*row != '\0') {
        size_t row_bytes = strcspn(row, "\n");

        generation_show(row, row_bytes);
        row += row_bytes + (row[row_bytes] == '\n');
    }
}

int
verb_log(const struct invocation *invocation)
{
    return ask_volume(&(struct ask){ .volume = invocation->arguments[0],
                                     .request = "log",
                                     .of_the_store = true,
                                     .show = log_show });
}
