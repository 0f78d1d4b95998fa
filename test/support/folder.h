/*
 * folder.h - a folder for the files of one test, where such folders belong on this machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#define FOLDER_BYTES 256

/*
 * Make an empty folder: below TMPDIR, else where the C library has its temporary files.
 *
 *   folder  filled with its path; the caller removes it
 *
 * False if it cannot be made.
 */
bool folder_make(char folder[FOLDER_BYTES]);
