/*
 * sources.c - finding the sources that a program imports: beside it, or in the class library.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed/embedded.h"
#include "phantom/file.h"
#include "phantom/program.h"

/* A file that was read for the compiler, or could not be. */
struct text {
    struct text *next;
    char *path;
    struct buffer bytes;
    const char *trouble; /* NULL: it was */
};

/* Is there no file of that name? If anything else goes wrong there may be one, and it is meant. */
static bool
is_absent(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

/* A file beside the importing one; NULL if there is none. The text is kept. */
static struct text *
text_find(struct sources *sources, const char *importing_path, const char *relative)
{
    const char *name = program_name(importing_path);
    size_t folder_bytes = (size_t)(name - importing_path);
    struct text *text = calloc(1, sizeof *text);
    int error;

    if (text == NULL)
        return NULL;
    text->path = malloc(folder_bytes + strlen(relative) + 1);
    if (text->path == NULL)
        goto fail;
    memcpy(text->path, importing_path, folder_bytes);
    strcpy(text->path + folder_bytes, relative);
    error = file_read(text->path, &text->bytes);
    if (is_absent(error))
        goto fail;
    if (error != 0)
        text->trouble = strerror(error);
    text->next = sources->texts;
    sources->texts = text;
    return text;
fail:
    free(text->path);
    buffer_free(&text->bytes);
    free(text);
    return NULL;
}

void
sources_free(struct sources *sources)
{
    while (sources->texts != NULL) {
        struct text *text = sources->texts;

        sources->texts = text->next;
        free(text->path);
        buffer_free(&text->bytes);
        free(text);
    }
}

static struct lang_source
library_source(size_t index)
{
    return (struct lang_source){ .path = embedded_classes[index].path,
                                 .text = embedded_classes[index].text,
                                 .byte_count = embedded_classes[index].bytes };
}

bool
sources_library_find(const char *path, struct lang_source *source)
{
    for (size_t i = 0; i < embedded_class_count; i++) {
        if (strcmp(embedded_classes[i].path, path) == 0) {
            *source = library_source(i);
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

static struct lang_source
text_source(const struct text *text)
{
    return (struct lang_source){ .path = text->path,
                                 .text = (const char *)text->bytes.bytes,
                                 .byte_count = text->bytes.count,
                                 .trouble = text->trouble };
}

bool
sources_find(void *context, const char *class_name, const char *importing_path,
             struct lang_source *source, bool *library)
{
    struct sources *sources = context;
    char relative[512];
    struct text *text = NULL;

    if (!class_path(class_name, relative, sizeof relative))
        return false;
    if (importing_path != NULL) {
        text = text_find(sources, importing_path, relative);
        if (text == NULL)
            text = text_find(sources, importing_path, program_name(relative));
    }
    *library = text == NULL;
    if (text == NULL)
        return sources_library_find(relative, source);
    *source = text_source(text);
    return true;
}

bool
sources_embed(void *context, const char *name, const char *importing_path,
              struct lang_source *bytes)
{
    struct text *text = text_find(context, name[0] == '/' ? "" : importing_path, name);

    if (text == NULL)
        return false;
    *bytes = text_source(text);
    return true;
}

struct lang_source *
sources_library(const char *except, size_t *count)
{
    struct lang_source *library = calloc(embedded_class_count + 1, sizeof *library);

    *count = 0;
    if (library == NULL)
        return NULL;
    for (size_t i = 0; i < embedded_class_count; i++) {
        if (strcmp(embedded_classes[i].path, except) != 0)
            library[(*count)++] = library_source(i);
    }
    return library;
}
