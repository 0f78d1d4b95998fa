/*
 * app.c - the verb app: the programs in a volume, one by one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phantom/ask.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "vm/vm.h"

static bool
is_number(const char *word)
{
    return word[0] != '\0' && strspn(word, "0123456789") == strlen(word) && strlen(word) < 10;
}

/* "BYTES PERCENT", with a - for what was not given. False after a message. */
static bool
limits_read(const struct invocation *invocation, char *text, size_t text_bytes)
{
    uint64_t bytes, percent;
    char memory[24] = "-", cpu[24] = "-";

    if (!option_given(invocation, "memory") && !option_given(invocation, "cpu")) {
        say_error(
            "app: limit what? phantom app VOLUME limit NUMBER [--memory SIZE] [--cpu PERCENT]");
        return false;
    }
    if (!option_size(invocation, "memory", 0, UINT64_MAX >> 1, 0, &bytes) ||
        !option_number(invocation, "cpu", 0, VM_LIMIT_PERCENT_MAX, 0, &percent))
        return false;
    if (bytes > 0 && bytes < VM_LIMIT_MEMORY_MIN) {
        say_error("app: a program needs 1M at least, or 0 for no limit");
        return false;
    }
    if (option_given(invocation, "memory"))
        snprintf(memory, sizeof memory, "%" PRIu64, bytes);
    if (option_given(invocation, "cpu"))
        snprintf(cpu, sizeof cpu, "%" PRIu64, percent);
    snprintf(text, text_bytes, "%s %s", memory, cpu);
    return true;
}

/* True if the options make sense with what is to be done; else after a message. */
static bool
options_fit(const struct invocation *invocation, const char *act)
{
    bool any = option_given(invocation, "memory") || option_given(invocation, "cpu");

    if (any && strcmp(act, "limit") != 0)
        say_error("app: --memory and --cpu go with limit, not with %s", act);
    return !any || strcmp(act, "limit") == 0;
}

int
verb_app(const struct invocation *invocation)
{
    const char *volume = invocation->arguments[0];
    const char *act = invocation->argument_count > 1 ? invocation->arguments[1] : "list";
    char request[128], limits[64] = "";
    bool changes =
        strcmp(act, "stop") == 0 || strcmp(act, "remove") == 0 || strcmp(act, "limit") == 0;

    if (!options_fit(invocation, act))
        return STATUS_USAGE;

    if (strcmp(act, "list") == 0 && invocation->argument_count <= 2)
        return ask_volume(&(struct ask){ .volume = volume, .request = "app list" });
    if (!changes || invocation->argument_count != 3) {
        say_error("app: what to do? phantom app %s", invocation->verb->synopsis);
        return STATUS_USAGE;
    }
    if (!is_number(invocation->arguments[2])) {
        say_error("app: a program is named by its number, not '%s'; 'phantom app %s list' shows it",
                  invocation->arguments[2], volume);
        return STATUS_USAGE;
    }
    if (strcmp(act, "limit") == 0 && !limits_read(invocation, limits, sizeof limits))
        return STATUS_USAGE;
    snprintf(request, sizeof request, "app %s %s%s%s", act, invocation->arguments[2],
             limits[0] != '\0' ? " " : "", limits);
    return ask_volume(&(struct ask){ .volume = volume, .request = request, .writes = true });
}
