/*
 * shrink.h - from a run that failed to the shortest that still does: the fewest snapshots, the
 * fewest faults, the fewest cuts in a row, the earliest event, the plainest end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/explore.h"

/*
 * Shrink a plan.
 *
 *   plan    failed; becomes the smallest that was found, and makes one cut only
 *   result  how it failed; becomes how the smallest does
 *   faults  room for its list of faults
 *
 * Takes some dozens of runs. Prints nothing.
 */
void sim_shrink(struct sim_plan *plan, struct sim_result *result, struct sim_fault_list *faults);
