/*
 * program.c - from a file to a module, with the compiler's messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/module.h"
#include "format/volume.h"
#include "lang/lang.h"
#include "phantom/file.h"
#include "phantom/say.h"
#include "phantom/sources.h"

const char *
program_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

void
program_message(void *context, const struct lang_message *message)
{
    struct buffer text = { 0 };

    (void)context;
    if (lang_message_format(message, say_colour(stderr), &text) == OK)
        fwrite(text.bytes, 1, text.count, stderr);
    else
        say_error("%s:%u: %s", message->path, message->line, message->text);
    buffer_free(&text);
}

static bool
compile(const char *path, const struct buffer *text, struct buffer *module)
{
    struct sources sources = { 0 };
    struct lang_host host = { .context = &sources,
                              .find = sources_find,
                              .embed = sources_embed,
                              .message = program_message };
    struct lang_source source = { .path = path,
                                  .text = (const char *)text->bytes,
                                  .byte_count = text->count };
    err_t err = lang_compile(&host, &source, module);

    sources_free(&sources);
    if (err == ERR_NOMEM)
        say_error("%s: no memory to compile it", path);
    else if (err != OK)
        say_error("%s: not compiled", path);
    return err == OK;
}

static bool
is_module(const struct buffer *bytes)
{
    return bytes->count >= 4 && bytes->bytes[0] == (MODULE_MAGIC & 0xff) &&
           bytes->bytes[1] == (MODULE_MAGIC >> 8 & 0xff) &&
           bytes->bytes[2] == (MODULE_MAGIC >> 16 & 0xff) && bytes->bytes[3] == MODULE_MAGIC >> 24;
}

/* Or the beginning of one. */
static bool
is_volume(const struct buffer *bytes)
{
    const struct super_disk *super = (const struct super_disk *)bytes->bytes;

    return bytes->count >= sizeof *super && memcmp(super->magic, SUPER_MAGIC, 8) == 0;
}

bool
program_compile(const char *name, const char *text, struct buffer *module)
{
    struct buffer bytes = { 0 };
    bool done = buffer_append(&bytes, text, strlen(text)) == OK;

    if (!done)
        say_error("%s: no memory to compile it", name);
    done = done && compile(name, &bytes, module);
    buffer_free(&bytes);
    return done;
}

bool
program_read(const char *path, struct buffer *module)
{
    struct buffer bytes = { 0 };
    int error = file_read(path, &bytes);
    bool done = false;

    if (is_volume(&bytes)) { /* also when it is too large to be read */
        say_error("%s: it is a volume, and a program is wanted here", path);
    } else if (error != 0) {
        say_error("%s: %s", path, strerror(error));
    } else if (is_module(&bytes)) {
        *module = bytes;
        bytes = (struct buffer){ 0 };
        done = true;
    } else {
        done = compile(path, &bytes, module);
    }
    buffer_free(&bytes);
    return done;
}
