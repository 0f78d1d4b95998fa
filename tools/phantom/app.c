/*
 * app.c - the verb app: the programs in a volume, one by one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phantom/ask.h"
#include "phantom/options.h"
#include "phantom/say.h"

static bool
is_number(const char *word)
{
    return word[0] != '\0' && strspn(word, "0123456789") == strlen(word) && strlen(word) < 10;
}

int
verb_app(const struct invocation *invocation)
{
    const char *volume = invocation->arguments[0];
    const char *act = invocation->argument_count > 1 ? invocation->arguments[1] : "list";
    char request[64];

    if (strcmp(act, "list") == 0 && invocation->argument_count <= 2)
        return ask_volume(&(struct ask){ .volume = volume, .request = "app list" });
    if ((strcmp(act, "stop") != 0 && strcmp(act, "remove") != 0) ||
        invocation->argument_count != 3) {
        say_error("app: what to do? phantom app %s", invocation->verb->synopsis);
        return STATUS_USAGE;
    }
    if (!is_number(invocation->arguments[2])) {
        say_error("app: a program is named by its number, not '%s'; 'phantom app %s list' shows it",
                  invocation->arguments[2], volume);
        return STATUS_USAGE;
    }
    snprintf(request, sizeof request, "app %s %s", act, invocation->arguments[2]);
    return ask_volume(&(struct ask){ .volume = volume, .request = request, .writes = true });
}
