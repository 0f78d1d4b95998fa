/*
 * main.c - the command: finds the verb and lets it run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <string.h>

#include "phantom/help.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/verbs.h"

static bool
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* What may stand in the place of a verb. -1: nothing of the kind. */
static int
main_option(const char *word, const char *next)
{
    if (is_help(word) || strcmp(word, "help") == 0) {
        const struct verb *verb = next == NULL ? NULL : verb_find(next);

        if (verb != NULL)
            help_verb(stdout, verb);
        else
            help_all(stdout);
        return STATUS_DONE;
    }
    if (strcmp(word, "--version") == 0)
        printf("phantom %s\n", PHANTOM_VERSION);
    else if (strcmp(word, "--man") == 0)
        help_man(stdout);
    else if (strcmp(word, "--completion") == 0)
        help_completion(stdout);
    else
        return -1;
    return STATUS_DONE;
}

/* --help before the words that belong to a program. */
static bool
wants_help(const struct verb *verb, char **words, int word_count)
{
    unsigned arguments = 0;

    for (int i = 0; i < word_count; i++) {
        if (verb->rest_from != 0 && arguments >= verb->rest_from)
            return false;
        if (strcmp(words[i], "--") == 0)
            return false;
        if (is_help(words[i]))
            return true;
        arguments += words[i][0] != '-';
    }
    return false;
}

int
main(int argc, char **argv)
{
    struct invocation invocation;
    const struct verb *verb;
    int status;

    if (argc < 2) {
        help_all(stderr);
        return STATUS_USAGE;
    }
    status = main_option(argv[1], argc > 2 ? argv[2] : NULL);
    if (status >= 0)
        return fflush(stdout) == 0 ? status : STATUS_TROUBLE;
    verb = verb_find(argv[1]);
    if (verb == NULL) {
        say_error("there is no verb '%s'; 'phantom --help' lists them", argv[1]);
        return STATUS_USAGE;
    }
    if (wants_help(verb, argv + 2, argc - 2)) {
        help_verb(stdout, verb);
        return STATUS_DONE;
    }
    if (!options_read(verb, argv + 2, (unsigned)argc - 2, &invocation))
        return STATUS_USAGE;
    status = verb->run(&invocation);
    if (fflush(stdout) != 0 && status == STATUS_DONE) {
        say_error("standard output: cannot write");
        status = STATUS_TROUBLE;
    }
    return status;
}
