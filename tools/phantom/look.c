/*
 * look.c - the verbs that only look: ps, stat, profile, show, log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/format.h"
#include "control/answer.h"
#include "format/space.h"
#include "format/volume.h"
#include "phantom/ask.h"
#include "phantom/control.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/signals.h"
#include "plat/machine.h"

#define NS_PER_S            1000000000u
#define PROFILE_SECONDS     5
#define PROFILE_SECONDS_MAX 86400
/* No name of a variable is longer. */
#define SHOW_REQUEST_BYTES 256

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

/* So long, or until a signal says that it is enough. */
static void
wait_seconds(uint64_t seconds)
{
    uint64_t end_ns = plat_monotonic_ns() + seconds * NS_PER_S;
    sigset_t ends;

    signals_set(&ends);
    for (uint64_t now_ns = plat_monotonic_ns(); now_ns < end_ns; now_ns = plat_monotonic_ns()) {
        const struct timespec left = { .tv_sec = (time_t)((end_ns - now_ns) / NS_PER_S),
                                       .tv_nsec = (long)((end_ns - now_ns) % NS_PER_S) };

        if (sigtimedwait(&ends, NULL, &left) >= 0)
            return;
    }
}

int
verb_profile(const struct invocation *invocation)
{
    struct ask ask = { .volume = invocation->arguments[0], .request = "profile start" };
    struct buffer text = { 0 };
    sigset_t before;
    uint64_t seconds;
    int status;

    if (!option_number(invocation, "seconds", 1, PROFILE_SECONDS_MAX, PROFILE_SECONDS, &seconds))
        return STATUS_USAGE;
    signals_hold(&before); /* who begins it ends it, too: a volume is not looked at for ever */
    /* Where nobody runs it there is nothing to wait for. */
    if (control_ask(ask.volume, ask.request, &text) == ANSWER_DONE)
        wait_seconds(seconds);
    buffer_free(&text);
    ask.request = "profile stop";
    status = ask_volume(&ask);
    signals_release(&before);
    return status;
}

int
verb_show(const struct invocation *invocation)
{
    const char *pattern = invocation->argument_count > 1 ? invocation->arguments[1] : "";
    char request[SHOW_REQUEST_BYTES];
    uint64_t generation;
    int length =
        snprintf(request, sizeof request, "show%s%s", pattern[0] != '\0' ? " " : "", pattern);

    if (!option_number(invocation, "at", 1, VOLUME_GENERATION_END - 1, 0, &generation))
        return STATUS_USAGE;
    if (length < 0 || (size_t)length >= sizeof request || strchr(pattern, '\n') != NULL) {
        say_error("show: no variable has such a name");
        return STATUS_USAGE;
    }
    return ask_volume(
        &(struct ask){ .volume = invocation->arguments[0], .request = request, .at = generation });
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
