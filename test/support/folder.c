/*
 * folder.c - a folder for the files of one test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/folder.h"

#include <stdio.h>
#include <stdlib.h>

bool
folder_make(char folder[FOLDER_BYTES])
{
    const char *where = getenv("TMPDIR");
    int length = snprintf(folder, FOLDER_BYTES, "%s/phantom-test-XXXXXX",
                          where && where[0] ? where : P_tmpdir);

    return length < FOLDER_BYTES && mkdtemp(folder) != NULL;
}
