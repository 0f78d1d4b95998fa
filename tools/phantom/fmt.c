/*
 * fmt.c - the verb fmt: sources, laid out.
 *
 * Invariant: a file changes as a whole, and only if its source parses and is laid out otherwise.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/lang.h"
#include "phantom/file.h"
#include "phantom/options.h"
#include "phantom/program.h"
#include "phantom/say.h"

/* False after messages. */
static bool
lay_out(const char *path, const struct buffer *source, struct buffer *text)
{
    struct lang_host host = { .message = program_message };
    struct lang_source given = { .path = path,
                                 .text = (const char *)source->bytes,
                                 .byte_count = source->count };
    err_t err = lang_layout(&host, &given, text);

    if (err == ERR_NOMEM)
        say_error("%s: no memory to lay it out", path);
    return err == OK;
}

static bool
is_same(const struct buffer *a, const struct buffer *b)
{
    return a->count == b->count && (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
}

/* Where `path` is a link, what it leads to changes and the link stays. False after a message. */
static bool
rewrite(const char *path, const struct buffer *text)
{
    char *target = realpath(path, NULL);
    struct stat status;
    bool done = target != NULL && stat(target, &status) == 0 && access(target, W_OK) == 0;

    if (done && S_ISREG(status.st_mode))
        done = file_replace(target, text, &status);
    else if (done)
        done = file_overwrite(target, text);
    if (!done)
        say_error("%s: %s", path, strerror(errno));
    free(target);
    return done;
}

/* With `check` only say that it would change. True if all is well. */
static bool
settle(const char *path, bool check, const struct buffer *source, const struct buffer *text)
{
    if (is_same(source, text))
        return true;
    if (!check)
        return rewrite(path, text);
    puts(path);
    return false;
}

static bool
file_format(const char *path, bool check)
{
    struct buffer source = { 0 };
    struct buffer text = { 0 };
    int error = file_read(path, &source);
    bool done = false;

    if (error != 0)
        say_error("%s: %s", path, strerror(error));
    else
        done = lay_out(path, &source, &text) && settle(path, check, &source, &text);
    buffer_free(&source);
    buffer_free(&text);
    return done;
}

/* From standard input to standard output. */
static bool
stream_format(bool check)
{
    struct buffer source = { 0 };
    struct buffer text = { 0 };
    int error = file_read_stream(stdin, &source);
    bool done = false;

    if (error != 0) {
        say_error("standard input: %s", strerror(error));
    } else if (lay_out("<stdin>", &source, &text)) {
        done = !check || is_same(&source, &text);
        if (!check)
            fwrite(text.bytes, 1, text.count, stdout);
    }
    buffer_free(&source);
    buffer_free(&text);
    return done;
}

int
verb_fmt(const struct invocation *invocation)
{
    bool check = option_given(invocation, "check");
    bool done = invocation->argument_count > 0 || stream_format(check);

    for (unsigned i = 0; i < invocation->argument_count; i++)
        done &= file_format(invocation->arguments[i], check);
    return done ? STATUS_DONE : STATUS_TROUBLE;
}
