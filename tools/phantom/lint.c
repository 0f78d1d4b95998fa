/*
 * lint.c - the verb lint: what the compiler says of sources, and what is surely a mistake.
 *
 * The compiler looks at a file more than once, so what it finds is put in the order of the lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed/embedded.h"
#include "lang/lang.h"
#include "phantom/file.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/sources.h"

struct finding {
    struct finding *next;
    uint32_t line;
    uint32_t column;
    struct buffer text;
};

/* A file that is looked at. */
struct look {
    struct sources sources;
    struct finding *findings;
    bool incomplete; /* no memory for a finding */
};

static bool
find(void *context, const char *class_name, const char *importing_path, struct lang_source *source,
     bool *library)
{
    struct look *look = context;

    return sources_find(&look->sources, class_name, importing_path, source, library);
}

static bool
embed(void *context, const char *name, const char *importing_path, struct lang_source *bytes)
{
    struct look *look = context;

    return sources_embed(&look->sources, name, importing_path, bytes);
}

static void
keep(void *context, const struct lang_message *message)
{
    struct look *look = context;
    struct finding **at = &look->findings;
    struct finding *finding = calloc(1, sizeof *finding);

    if (finding == NULL || lang_message_format(message, say_colour(stdout), &finding->text) != OK) {
        look->incomplete = true;
        free(finding);
        return;
    }
    finding->line = message->line;
    finding->column = message->column;
    while (*at != NULL && ((*at)->line < finding->line ||
                           ((*at)->line == finding->line && (*at)->column <= finding->column)))
        at = &(*at)->next;
    finding->next = *at;
    *at = finding;
}

/* Show all, and forget them. */
static void
show(struct look *look)
{
    while (look->findings != NULL) {
        struct finding *finding = look->findings;

        fwrite(finding->text.bytes, 1, finding->text.count, stdout);
        look->findings = finding->next;
        buffer_free(&finding->text);
        free(finding);
    }
}

/* The path in the class library of what lies in a folder classes/ of its sources, or NULL. */
static const char *
library_path(const char *path)
{
    static const char folder[] = "classes/";
    size_t length = strlen(path);

    for (size_t i = 0; i < embedded_class_count; i++) {
        const char *name = embedded_classes[i].path;
        size_t bytes = strlen(name) + sizeof folder - 1;

        if (length >= bytes && strcmp(path + length - strlen(name), name) == 0 &&
            strncmp(path + length - bytes, folder, sizeof folder - 1) == 0)
            return name;
    }
    return NULL;
}

static err_t
look_at(struct look *look, const char *path, const struct buffer *text)
{
    struct lang_host host = { .context = look, .find = find, .embed = embed, .message = keep };
    struct lang_source source = { .path = path,
                                  .text = (const char *)text->bytes,
                                  .byte_count = text->count };
    const char *name = library_path(path);
    struct lang_source *library = NULL;
    size_t count = 0;
    err_t err;

    if (name != NULL) {
        library = sources_library(name, &count);
        if (library == NULL)
            return ERR_NOMEM;
    }
    err = lang_lint(&host, &source, library, count);
    free(library);
    return look->incomplete ? ERR_NOMEM : err;
}

/* True if nothing is to be said about it. */
static bool
file_lint(const char *path)
{
    struct look look = { 0 };
    struct buffer text = { 0 };
    int error = file_read(path, &text);
    bool clean = false;
    err_t err;

    if (error != 0) {
        say_error("%s: %s", path, strerror(error));
    } else {
        err = look_at(&look, path, &text);
        clean = err == OK && look.findings == NULL;
        if (err == ERR_NOMEM)
            say_error("%s: no memory to look at it", path);
    }
    show(&look);
    sources_free(&look.sources);
    buffer_free(&text);
    return clean;
}

int
verb_lint(const struct invocation *invocation)
{
    bool clean = true;

    for (unsigned i = 0; i < invocation->argument_count; i++)
        clean &= file_lint(invocation->arguments[i]);
    return clean ? STATUS_DONE : STATUS_TROUBLE;
}
