/*
 * program.c - sources and modules: reading files, finding imports, showing the
 * compiler's messages.
 *
 * Texts of imported files stay in memory until the compilation ends, because
 * the compiler refers to them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "embed/embedded.h"
#include "format/module.h"
#include "format/volume.h"
#include "lang/lang.h"
#include "phantom/say.h"

#define FILE_BYTES_MAX (256u << 20)

/* A file that was read for the compiler. */
struct text {
    struct text *next;
    char *path;
    struct buffer bytes;
};

struct compilation {
    struct text *texts;
};

const char *
program_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* ---- files ---- */

/* Read all of an open file. 0, or an errno. */
static int
stream_read(FILE *file, struct buffer *bytes)
{
    char chunk[65536];
    size_t got;

    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (bytes->count + got > FILE_BYTES_MAX)
            return EFBIG;
        if (buffer_append(bytes, chunk, got) != OK)
            return ENOMEM;
    }
    return ferror(file) ? errno : 0;
}

static int
file_read(const char *path, struct buffer *bytes)
{
    struct stat status;
    FILE *file;
    int error;

    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    file = fopen(path, "rb");
    if (file == NULL)
        return errno;
    error = stream_read(file, bytes);
    fclose(file);
    return error;
}

/* ---- what the compiler asks for ---- */

/* A file beside the importing one; NULL if there is none. The text is kept. */
static struct text *
text_find(struct compilation *compilation, const char *importing_path, const char *relative)
{
    const char *name = program_name(importing_path);
    size_t folder_bytes = (size_t)(name - importing_path);
    struct text *text = calloc(1, sizeof *text);

    if (text == NULL)
        return NULL;
    text->path = malloc(folder_bytes + strlen(relative) + 1);
    if (text->path == NULL)
        goto fail;
    memcpy(text->path, importing_path, folder_bytes);
    strcpy(text->path + folder_bytes, relative);
    if (file_read(text->path, &text->bytes) != 0)
        goto fail;
    text->next = compilation->texts;
    compilation->texts = text;
    return text;
fail:
    free(text->path);
    buffer_free(&text->bytes);
    free(text);
    return NULL;
}

static void
texts_free(struct compilation *compilation)
{
    while (compilation->texts != NULL) {
        struct text *text = compilation->texts;

        compilation->texts = text->next;
        free(text->path);
        buffer_free(&text->bytes);
        free(text);
    }
}

static bool
library_find(const char *relative, struct lang_source *source)
{
    for (size_t i = 0; i < embedded_class_count; i++) {
        if (strcmp(embedded_classes[i].path, relative) == 0) {
            *source = (struct lang_source){ .path = embedded_classes[i].path,
                                            .text = embedded_classes[i].text,
                                            .byte_count = embedded_classes[i].bytes };
            return true;
        }
    }
    return false;
}

/* ".a.b.c" to "a/b/c.ph". False if it does not fit. */
static bool
class_path(const char *class_name, char *path, size_t path_bytes)
{
    int length =
        snprintf(path, path_bytes, "%s.ph", class_name[0] == '.' ? class_name + 1 : class_name);

    if (length < 0 || (size_t)length >= path_bytes)
        return false;
    for (int i = 0; i < length - 3; i++)
        if (path[i] == '.')
            path[i] = '/';
    return true;
}

static bool
find_class(void *context, const char *class_name, const char *importing_path,
           struct lang_source *source, bool *library)
{
    struct compilation *compilation = context;
    char relative[512];
    struct text *text = NULL;

    if (!class_path(class_name, relative, sizeof relative))
        return false;
    if (importing_path != NULL) {
        text = text_find(compilation, importing_path, relative);
        if (text == NULL)
            text = text_find(compilation, importing_path, program_name(relative));
    }
    *library = text == NULL;
    if (text == NULL)
        return library_find(relative, source);
    *source = (struct lang_source){ .path = text->path,
                                    .text = (const char *)text->bytes.bytes,
                                    .byte_count = text->bytes.count };
    return true;
}

static bool
embed_file(void *context, const char *name, const char *importing_path, struct lang_source *bytes)
{
    struct text *text = text_find(context, name[0] == '/' ? "" : importing_path, name);

    if (text == NULL)
        return false;
    *bytes = (struct lang_source){ .path = text->path,
                                   .text = (const char *)text->bytes.bytes,
                                   .byte_count = text->bytes.count };
    return true;
}

static void
show_message(void *context, const struct lang_message *message)
{
    struct buffer text = { 0 };

    (void)context;
    if (lang_message_format(message, say_colour(), &text) == OK)
        fwrite(text.bytes, 1, text.count, stderr);
    else
        say_error("%s:%u: %s", message->path, message->line, message->text);
    buffer_free(&text);
}

static bool
compile(const char *path, const struct buffer *text, struct buffer *module)
{
    struct compilation compilation = { 0 };
    struct lang_host host = {
        .context = &compilation, .find = find_class, .embed = embed_file, .message = show_message
    };
    struct lang_source source = { .path = path,
                                  .text = (const char *)text->bytes,
                                  .byte_count = text->count };
    err_t err = lang_compile(&host, &source, module);

    texts_free(&compilation);
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
