/*
 * repair.h - check --repair: what can be done about damage, what it costs, and doing it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/* `yes`: nobody is asked. Returns an exit status: done if the volume is sound, or is now. */
int repair_volume(const char *path, bool yes);
