/*
 * sources.h - finding the sources that a program imports: beside it, or in the class library.
 *
 * What was read stays in memory until sources_free(), because the compiler refers to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "lang/lang.h"

struct text;

/* Of one compilation; zeroed memory is one that has read nothing. */
struct sources {
    struct text *texts;
};

/* For struct lang_host; the context is a struct sources. */
bool sources_find(void *context, const char *class_name, const char *importing_path,
                  struct lang_source *source, bool *library);
bool sources_embed(void *context, const char *name, const char *importing_path,
                   struct lang_source *bytes);

void sources_free(struct sources *sources);

/* The text of a class of the library that this command carries, for vm_options. */
bool sources_library_find(const char *path, struct lang_source *source);

/*
 * The class library that this command carries, but for one source.
 *
 *   except  its path, such as "internal/string.ph"
 *   count   filled
 *
 * NULL if there is no memory; the caller frees it.
 */
struct lang_source *sources_library(const char *except, size_t *count);
