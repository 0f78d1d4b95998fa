/*
 * compile.c - the verb compile: a module file, or its listing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lang/lang.h"
#include "phantom/file.h"
#include "phantom/options.h"
#include "phantom/program.h"
#include "phantom/say.h"

/* What is no file, a pipe, a device or a link, is written to and not replaced. */
static bool
file_write(const char *path, const struct buffer *bytes)
{
    struct stat status;
    bool done = lstat(path, &status) == 0 && !S_ISREG(status.st_mode)
                    ? file_overwrite(path, bytes)
                    : file_replace(path, bytes, NULL);

    if (!done)
        say_error("%s: %s", path, strerror(errno));
    return done;
}

/* True, with a message, if writing the module would lose the program. */
static bool
is_source(const char *output, const char *path)
{
    struct stat source;
    struct stat target;

    if (stat(path, &source) != 0 || stat(output, &target) != 0 || source.st_dev != target.st_dev ||
        source.st_ino != target.st_ino)
        return false;
    say_error("%s: the module would take the place of the program; name another file", output);
    return true;
}

static bool
listing_print(const struct buffer *module)
{
    struct buffer text = { 0 };
    err_t err = lang_disassemble(module->bytes, module->count, &text);

    fwrite(text.bytes, 1, text.count, stdout);
    buffer_free(&text);
    return err == OK;
}

/* "a/b.ph" to "a/b.pm". */
static char *
default_output(const char *path)
{
    size_t length = strlen(path);
    char *output = malloc(length + 4);

    if (output == NULL)
        return NULL;
    if (length > 3 && strcmp(path + length - 3, ".ph") == 0)
        length -= 3;
    memcpy(output, path, length);
    strcpy(output + length, ".pm");
    return output;
}

int
verb_compile(const struct invocation *invocation)
{
    const char *path = invocation->arguments[0];
    const char *output = option_value(invocation, "output");
    char *chosen = output == NULL ? default_output(path) : NULL;
    struct buffer module = { 0 };
    bool done = program_read(path, &module);

    if (done && option_given(invocation, "list"))
        done = listing_print(&module);
    else if (done && (output != NULL || chosen != NULL))
        done = !is_source(output != NULL ? output : chosen, path) &&
               file_write(output != NULL ? output : chosen, &module);
    free(chosen);
    buffer_free(&module);
    return done ? STATUS_DONE : STATUS_TROUBLE;
}
