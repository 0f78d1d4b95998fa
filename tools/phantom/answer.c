/*
 * answer.c - requests and their answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "phantom/control.h"
#include "phantom/render.h"
#include "phantom/say.h"

#define LOCK_WAIT_MS 200
#define TRIES        25

/* The rest of `request` if it begins with `word` and a blank, or is `word`; else NULL. */
static const char *
after_word(const char *request, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(request, word, length) != 0)
        return NULL;
    if (request[length] == '\0')
        return request + length;
    return request[length] == ' ' ? request + length + 1 : NULL;
}

static err_t
app_act(const char *words, struct buffer *text)
{
    const char *number = after_word(words, "stop");
    bool remove = number == NULL;
    unsigned long application;
    err_t err;

    if (remove)
        number = after_word(words, "remove");
    if (number == NULL)
        return ERR_RANGE;
    application = strtoul(number, NULL, 10);
    if (application == 0 || application > UINT32_MAX)
        return ERR_NOT_FOUND;
    err = remove ? vm_application_remove((uint32_t)application)
                 : vm_application_stop((uint32_t)application);
    if (err == OK)
        err = buffer_format(text, "program %lu: %s\n", application, remove ? "removed" : "stopped");
    return err;
}

static err_t
answer_make(struct system *system, const char *request, bool running, struct buffer *text)
{
    const char *words;

    if (strcmp(request, "ps") == 0)
        return render_threads(text);
    if (strcmp(request, "log") == 0)
        return render_log(text, system->store);
    words = after_word(request, "stat");
    if (words != NULL)
        return render_stat(text, system->store, running, strcmp(words, "--json") == 0);
    words = after_word(request, "app");
    if (words == NULL)
        return ERR_RANGE;
    return strcmp(words, "list") == 0 ? render_applications(text) : app_act(words, text);
}

enum exit_status
answer_request(struct system *system, const char *request, bool running, struct buffer *text)
{
    err_t err = answer_make(system, request, running, text);

    if (err == OK)
        return STATUS_DONE;
    buffer_clear(text);
    if (err == ERR_NOT_FOUND)
        IGNORE(buffer_format(text, "there is no such program; 'phantom app %s list' lists them",
                             system->path),
               "without memory the text is empty");
    else
        IGNORE(buffer_format(text, "%s: %s", request, err_text(err)), "the same");
    return STATUS_TROUBLE;
}

static int
answer_show(int status, const struct buffer *text)
{
    if (status == STATUS_DONE)
        fwrite(text->bytes, 1, text->count, stdout);
    else
        say_error("%.*s", (int)text->count, text->count > 0 ? (const char *)text->bytes : "");
    return status;
}

/* Open the volume here and answer. False if somebody else has it, and nothing was said. */
static bool
answer_here(const char *volume, const char *request, bool writes, bool last_try, int *status)
{
    struct system_options options = { .path = volume,
                                      .read_only = !writes,
                                      .lock_wait_ms = LOCK_WAIT_MS,
                                      .busy_quiet = !last_try,
                                      .pmem = { .on_demand_only = true },
                                      .vm = { .safe = true } };
    struct buffer text = { 0 };
    struct system system;

    *status = STATUS_TROUBLE;
    if (!system_open(&system, &options))
        return !system.busy || last_try;
    if (strcmp(request, "log") == 0 || system_start(&system, &options)) {
        *status = answer_show(answer_request(&system, request, false, &text), &text);
        if (!system_stop(&system, writes && *status == STATUS_DONE))
            *status = STATUS_TROUBLE;
    }
    system_close(&system);
    buffer_free(&text);
    return true;
}

/* Have it answered by the process that runs the volume. False if none answers. */
static bool
answer_there(const char *volume, const char *request, int *status)
{
    struct buffer text = { 0 };
    bool answered = control_ask(volume, request, &text, status);

    if (answered)
        *status = answer_show(*status, &text);
    buffer_free(&text);
    return answered;
}

int
answer_anywhere(const char *volume, const char *request, bool writes)
{
    int status = STATUS_TROUBLE;

    /* A process that is just starting, or just ending, has the volume but does not answer. */
    for (unsigned i = 0; i < TRIES; i++)
        if (answer_there(volume, request, &status) ||
            answer_here(volume, request, writes, i + 1 == TRIES, &status))
            break;
    return status;
}
