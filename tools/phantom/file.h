/*
 * file.h - whole files of the host: read at once, replaced at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buffer.h"

/* Read all of it into an empty buffer, which the caller frees. 0, or an errno. */
int file_read(const char *path, struct buffer *bytes);
int file_read_stream(FILE *file, struct buffer *bytes);

/*
 * Make `path` a file that holds these bytes. It is written beside its place, made safe, and then
 * moved there, so that neither a full disk nor a power cut leaves half a file.
 *
 *   like  whose mode it gets, and whose owner if that may be; NULL: as open() makes a new file
 *
 * False and errno if that failed: then all is as it was.
 */
bool file_replace(const char *path, const struct buffer *bytes, const struct stat *like);

/* Write to what is there already, such as a pipe or a device. False and errno if that failed. */
bool file_overwrite(const char *path, const struct buffer *bytes);
