/*
 * errand.c - errands to a volume, whether it runs or not, and the verbs ls and rm.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/errand.h"

#include <stdio.h>
#include <string.h>

#include "phantom/ask.h"
#include "phantom/carrier.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/system.h"
#include "phantom/utf8.h"

#define LOCK_WAIT_MS 200
#define TRIES        25

/* Memory for pages of a volume that is only opened to carry something, however large that is. */
#define MEMORY_BYTES (128ull << 20)

bool
errand_path_test(const char *verb, const char *path)
{
    struct utf8_check check = { 0 };

    if (strlen(path) > CARRY_PATH_BYTES_MAX) {
        say_error("%s: a path has at most %d bytes", verb, CARRY_PATH_BYTES_MAX);
        return false;
    }
    if (strchr(path, '\n') != NULL || !utf8_check_add(&check, path, strlen(path)) ||
        !utf8_check_end(&check)) {
        say_error("%s: a path in a volume is UTF-8, on one line", verb);
        return false;
    }
    return true;
}

/* Open the volume here, let its programs stand still, and have it done. ANSWER_GONE: it is busy. */
static enum answer_status
carry_here(const char *volume, const char *request, const struct carry_end *end, bool last_try,
           struct buffer *text, bool *said)
{
    struct system_options options = { .path = volume,
                                      .passing = strncmp(request, "get ", 4) == 0,
                                      .lock_wait_ms = LOCK_WAIT_MS,
                                      .busy_quiet = !last_try,
                                      .pmem = { .on_demand_only = true,
                                                .resident_bytes_max = MEMORY_BYTES },
                                      .vm = { .paused = true } };
    enum answer_status status = ANSWER_TROUBLE;
    struct system system;

    *said = true;
    if (!system_open(&system, &options)) {
        if (system.busy && !last_try)
            status = ANSWER_GONE;
        return status;
    }
    if (system_start(&system, &options)) {
        *said = false;
        status = carry(request, end, text);
        system_stop(&system, false); /* what was done is committed */
    }
    system_close(&system);
    return status;
}

/* What was answered. True if it was done. */
static bool
answer_say(const char *volume, enum answer_status status, struct buffer *text, bool said)
{
    if (status == ANSWER_TROUBLE && !said && buffer_terminate(text) == OK)
        say_error("%s: %s", volume, (const char *)text->bytes);
    else if (status == ANSWER_GONE)
        say_error("%s: it was cut off; 'phantom ls' shows what is there", volume);
    return status == ANSWER_DONE;
}

bool
errand_carry(const char *volume, const char *request, struct errand_file *file)
{
    enum answer_status status = ANSWER_GONE;
    struct buffer text = { 0 };
    bool said = false, begun = false, done;

    /* A process that is just starting, or just ending, has the volume but does not answer. */
    for (unsigned i = 0; i < TRIES && status == ANSWER_GONE && !file->failed; i++) {
        if (begun && !file->again(file->end.context))
            break;
        status = carrier_ask(volume, request, &file->end, &text, &begun);
        if (status == ANSWER_GONE && !begun)
            status = carry_here(volume, request, &file->end, i + 1 == TRIES, &text, &said);
        if (status == ANSWER_GONE)
            buffer_clear(&text);
    }
    done = !file->failed && answer_say(volume, status, &text, said);
    buffer_free(&text);
    return done;
}

/* ---- what needs no bytes ---- */

static int
ask_names(const struct invocation *invocation, const char *act, const char *flags, const char *path)
{
    bool passing = strcmp(act, "ls") == 0;
    char request[ANSWER_REQUEST_BYTES];

    if (!errand_path_test(invocation->verb->name, path))
        return STATUS_USAGE;
    snprintf(request, sizeof request, "%s %s %s", act, flags, path);
    return ask_volume(&(struct ask){ .volume = invocation->arguments[0],
                                     .request = request,
                                     .errand = true,
                                     .passing = passing });
}

int
verb_ls(const struct invocation *invocation)
{
    const char *path = invocation->argument_count > 1 ? invocation->arguments[1] : "";

    return ask_names(invocation, "ls", option_given(invocation, "l") ? "l" : "-", path);
}

int
verb_rm(const struct invocation *invocation)
{
    return ask_names(invocation, "rm", option_given(invocation, "r") ? "r" : "-",
                     invocation->arguments[1]);
}
