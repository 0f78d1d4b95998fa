/*
 * scrub.c - check of a volume that runs.
 *
 * After each piece this waits as long as the piece took: so at most half of the disk's time goes
 * into it, and less where the disk is busy with other things.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/scrub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "phantom/control.h"
#include "phantom/findings.h"
#include "phantom/say.h"
#include "phantom/verbs.h"
#include "plat/machine.h"

struct look {
    const char *path;
    uint64_t generation, page; /* where to go on; the present is 0 */
    uint64_t pages;            /* that were read */
    uint64_t damages;
    bool ended;
};

/* Show what was found, and remember where to go on. False if the answer makes no sense. */
static bool
piece_show(struct look *look, const char *text)
{
    char where[24];
    uint64_t count;
    int rest = 0;

    if (sscanf(text, "%23s %" SCNu64 " %" SCNu64 "%n", where, &look->page, &count, &rest) != 3)
        return false;
    look->ended = strcmp(where, "end") == 0;
    if (!look->ended && sscanf(where, "%" SCNu64, &look->generation) != 1)
        return false;
    look->pages += count;
    for (text += rest; *text == '\n' && text[1] != '\0'; look->damages++) {
        int line_bytes = (int)strcspn(++text, "\n");

        printf("damage: %.*s\n", line_bytes, text);
        text += line_bytes;
    }
    return true;
}

static enum answer_status
piece_ask(struct look *look)
{
    struct buffer text = { 0 };
    char request[64];
    enum answer_status answer;

    snprintf(request, sizeof request, "scrub %" PRIu64 " %" PRIu64, look->generation, look->page);
    answer = control_ask(look->path, request, &text);
    if (answer == ANSWER_DONE &&
        (buffer_terminate(&text) != OK || !piece_show(look, (const char *)text.bytes)))
        answer = ANSWER_TROUBLE;
    else if (answer == ANSWER_TROUBLE && buffer_terminate(&text) == OK)
        say_error("%s: %s", look->path, (const char *)text.bytes);
    buffer_free(&text);
    return answer;
}

static void
rest(uint64_t ns)
{
    const struct timespec time = { .tv_sec = (time_t)(ns / 1000000000u),
                                   .tv_nsec = (long)(ns % 1000000000u) };

    nanosleep(&time, NULL);
}

bool
scrub_running(const char *path, int *status)
{
    struct look look = { .path = path };
    enum answer_status answer = ANSWER_DONE;
    bool begun = false;

    while (!look.ended) {
        uint64_t begin_ns = plat_monotonic_ns();

        answer = piece_ask(&look);
        if (answer != ANSWER_DONE)
            break;
        begun = true;
        rest(plat_monotonic_ns() - begin_ns);
    }
    if (answer == ANSWER_GONE && !begun)
        return false;
    if (answer == ANSWER_GONE)
        say_error("%s: it was stopped meanwhile; ask again", path);
    if (look.ended)
        printf("%s: it runs; %" PRIu64 " live pages were read, %" PRIu64
               " damage%s (superblocks, free space and lists are looked at when it is stopped)\n",
               path, look.pages, look.damages, look.damages == 1 ? "" : "s");
    *status = look.ended && look.damages == 0 ? STATUS_DONE : STATUS_TROUBLE;
    return true;
}
