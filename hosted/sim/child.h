/*
 * child.h - a piece of a run in a process of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

typedef bool sim_child_fn(void *argument);

/*
 * Run `function` in a child, whose memory is a copy but for what is shared; what it prints is the
 * caller's. A child that is not done after so many seconds is ended; 0: it has
 * all the time it takes. Returns true if the function
 * returned true; false, after a message, if a signal has ended it.
 */
bool sim_in_child(sim_child_fn *function, void *argument, unsigned seconds);
