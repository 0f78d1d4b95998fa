/*
 * ask.c - asking a volume, running or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/ask.h"

#include <stdio.h>

#include "control/answer.h"
#include "phantom/control.h"
#include "phantom/say.h"
#include "phantom/system.h"
#include "phantom/verbs.h"

#define LOCK_WAIT_MS 200
#define TRIES        25

static int
answer_show(const struct ask *ask, enum answer_status status, struct buffer *text)
{
    if (buffer_terminate(text) != OK) {
        say_error("%s: there is no memory for the answer", ask->volume);
        return STATUS_TROUBLE;
    }
    if (status != ANSWER_DONE) {
        say_error("%s: %s", ask->volume, (const char *)text->bytes);
        return STATUS_TROUBLE;
    }
    if (ask->show != NULL)
        ask->show(text);
    else
        fwrite(text->bytes, 1, text->count, stdout);
    return STATUS_DONE;
}

/* Open the volume here and answer. False if somebody else has it, and nothing was said. */
static bool
ask_here(const struct ask *ask, bool last_try, int *status)
{
    struct system_options options = { .path = ask->volume,
                                      .read_only = !ask->writes && !ask->errand,
                                      .passing = ask->passing,
                                      .at = ask->at,
                                      .lock_wait_ms = LOCK_WAIT_MS,
                                      .busy_quiet = !last_try,
                                      .pmem = { .on_demand_only = true },
                                      .vm = { .safe = !ask->errand, .paused = ask->errand } };
    struct buffer text = { 0 };
    struct system system;

    *status = STATUS_TROUBLE;
    if (!system_open(&system, &options))
        return !system.busy || last_try;
    if (ask->of_the_store || system_start(&system, &options)) {
        enum answer_status answer = answer_request(system.store, false, ask->request, &text);

        *status = answer_show(ask, answer, &text);
        if (!system_stop(&system, ask->writes && *status == STATUS_DONE))
            *status = STATUS_TROUBLE;
    }
    system_close(&system);
    buffer_free(&text);
    return true;
}

/* Have it answered by the process that runs the volume. False if none answers. */
static bool
ask_there(const struct ask *ask, int *status)
{
    struct buffer text = { 0 };
    enum answer_status answer = control_ask(ask->volume, ask->request, &text);

    if (answer != ANSWER_GONE)
        *status = answer_show(ask, answer, &text);
    buffer_free(&text);
    return answer != ANSWER_GONE;
}

int
ask_volume(const struct ask *ask)
{
    int status = STATUS_TROUBLE;

    if (ask->at != 0) { /* who runs the volume has its present in the space */
        ask_here(ask, true, &status);
        return status;
    }
    /* A process that is just starting, or just ending, has the volume but does not answer. */
    for (unsigned i = 0; i < TRIES; i++)
        if (ask_there(ask, &status) || ask_here(ask, i + 1 == TRIES, &status))
            break;
    return status;
}
