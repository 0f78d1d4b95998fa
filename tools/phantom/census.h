/*
 * census.h - counting what lives in a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct census {
    size_t programs; /* that run */
    size_t threads;
    int32_t status; /* of the one that was asked for */
};

/*
 * Count what the machine, which is up, holds.
 *
 *   census       filled
 *   application  the one whose status is wanted, or 0
 *
 * False, with nothing counted, when there is no memory.
 */
bool census_take(struct census *census, uint32_t application);

/*
 * Look into a stopped volume, without running anything: is no program in it?
 * False after a message, which tells how to go on with the verb `verb`.
 */
bool census_vacant(const char *path, const char *verb);
