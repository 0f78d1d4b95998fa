/*
 * clone.h - a new volume that holds what a pinned generation of another holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "phantom/system.h"
#include "store/history.h"

/*
 * Make the volume `path`, as large as the one of `source`, and copy all pages of `view` to it,
 * each checked as it is read. It gets its name when all are there. False after a message, and
 * nothing is left.
 */
bool clone_make(const struct system *source, struct store_view *view, const char *path);
