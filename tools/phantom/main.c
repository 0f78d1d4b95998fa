/*
 * main.c - the command: finds the verb and lets it run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "phantom/help.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/verbs.h"

/* What the deepest program asks of the compiler's stack, with room to spare; and without. */
#define STACK_BYTES     (1u << 20)
#define STACK_BYTES_MIN (128u << 10)

static bool
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int
verb_unknown_say(const char *name)
{
    say_error("there is no verb '%s'; 'phantom --help' lists them", name);
    return STATUS_USAGE;
}

/* Of one verb; NULL: of all. */
static int
help_say(const char *name)
{
    bool all = name == NULL || is_help(name);
    const struct verb *verb = all ? NULL : verb_find(name);

    if (!all && verb == NULL)
        return verb_unknown_say(name);
    if (verb != NULL)
        help_verb(stdout, verb);
    else
        help_all(stdout);
    return STATUS_DONE;
}

/* What may stand in the place of a verb. -1: nothing of the kind. */
static int
main_option(const char *word, const char *next)
{
    if (is_help(word) || strcmp(word, "help") == 0)
        return help_say(next);
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
        if (option_takes_next(verb, words[i]) && i + 1 < word_count && !is_help(words[i + 1]))
            i++;
    }
    return false;
}

/*
 * A standard stream that is closed must not become a volume or a socket, into which somebody then
 * writes. What is opened in its place fails as a closed one does, but for errors, which nobody
 * reads.
 */
static void
streams_fill(void)
{
    static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };

    for (int i = 0; i < 3; i++) {
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", modes[i]) != i)
            _exit(STATUS_TROUBLE); /* there is nowhere to say so */
    }
}

/* All that was to be shown is out. False after a message. */
static bool
output_end(void)
{
    bool done = fflush(stdout) == 0 && ferror(stdout) == 0;

    if (!done)
        say_error("standard output: cannot write");
    return done;
}

/* A limit on this thread's stack is lifted as far as may be. False, after a message: too little. */
static bool
stack_lift(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
        return true;
    limit.rlim_cur = limit.rlim_max < STACK_BYTES ? limit.rlim_max : STACK_BYTES;
    if (setrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= STACK_BYTES_MIN)
        return true;
    say_error("a limit leaves no room for its stack; lift it with: ulimit -s unlimited");
    return false;
}

int
main(int argc, char **argv)
{
    struct invocation invocation;
    const struct verb *verb;
    int status;

    streams_fill();
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a full disk */
    if (argc < 2) {
        help_all(stderr);
        return STATUS_USAGE;
    }
    status = main_option(argv[1], argc > 2 ? argv[2] : NULL);
    if (status >= 0)
        return output_end() ? status : STATUS_TROUBLE;
    verb = verb_find(argv[1]);
    if (verb == NULL)
        return verb_unknown_say(argv[1]);
    if (wants_help(verb, argv + 2, argc - 2)) {
        help_verb(stdout, verb);
        return output_end() ? STATUS_DONE : STATUS_TROUBLE;
    }
    if (!options_read(verb, argv + 2, (unsigned)argc - 2, &invocation))
        return STATUS_USAGE;
    if (!stack_lift())
        return STATUS_TROUBLE;
    status = verb->run(&invocation);
    if (!output_end() && status == STATUS_DONE)
        status = STATUS_TROUBLE;
    return status;
}
