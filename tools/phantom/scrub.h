/*
 * scrub.h - check of a volume that runs: it looks at all that is live, piece by piece.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/*
 * Have the process that runs the volume look.
 *
 *   status  filled if true is returned: an exit status
 *
 * False, and nothing was said, if no process answers there.
 */
bool scrub_running(const char *path, int *status);
