/*
 * embedded.h - the class library, carried inside the program.
 *
 * scripts/embed-classes turns classes/ into a C file with this table at each build, and
 * tools/library compiles them, so that a program never looks for its library on the disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

struct embedded_source {
    const char *path; /* below classes/, with slashes: "phantom/list.ph" */
    const char *text; /* UTF-8, and a zero after it */
    size_t bytes;     /* without that zero */
};

/* Sorted by path; an entry of nulls ends the table. */
extern const struct embedded_source embedded_classes[];
extern const size_t embedded_class_count;

/* All of them, compiled into one module. */
extern const unsigned char embedded_library[];
extern const size_t embedded_library_bytes;
