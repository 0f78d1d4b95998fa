/*
 * shell.h - the program by which a person works, which a volume has once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "phantom/system.h"

/*
 * See that there is a shell in it. False after a message.
 *
 *   stays  one that is made talks at the console from the next start on, not now
 */
bool shell_make(struct system *system, bool stays);
