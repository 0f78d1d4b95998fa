/*
 * system.h - a volume brought up on the bare machine: disk, store, space and
 * machine, in this order, until it has ended, and down again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Find the volume, resume it, and run it until all its programs have ended or
 * system_interrupt() was called; then take the last snapshot. Says how it went.
 *
 * Returns true when all is well, false after a message about the trouble.
 */
bool system_run(void);

/* Make system_run() take its last snapshot and return, now or when it gets there. Threads. */
void system_interrupt(void);
