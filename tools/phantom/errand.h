/*
 * errand.h - having something carried into a volume or out of it, whether it runs or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "control/carry.h"

/* The end of an errand in this process: a file of the host. */
struct errand_file {
    struct carry_end end;

    /* Go back to the beginning, as whoever was asked has gone; false, after a message: it cannot.
     */
    bool (*again)(void *context);

    bool failed; /* the file is why it ended; a message was given */
};

/*
 * Have a request of control/carry.h done by the process that runs `volume`, or, where none does, by
 * opening the volume here. False after a message.
 */
bool errand_carry(const char *volume, const char *request, struct errand_file *file);

/* A path in the tree of names, as it may stand in a request. False after a message. */
bool errand_path_test(const char *verb, const char *path);
