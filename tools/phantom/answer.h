/*
 * answer.h - the requests that a volume answers, running or not: ps, stat, log
 * and app, on one road.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/buffer.h"
#include "phantom/system.h"
#include "phantom/verbs.h"

/*
 * Answer one request about a system that is up.
 *
 *   request  "ps", "stat", "stat --json", "log", "app list", "app stop 2", "app remove 2"
 *   text     what is to be shown
 */
enum exit_status answer_request(struct system *system, const char *request, bool running,
                                struct buffer *text);

/*
 * Have it answered by the process that runs the volume, or, where none does,
 * by opening the volume here, safe and (but for `writes`) read-only. Prints the
 * answer. Returns an exit status.
 */
int answer_anywhere(const char *volume, const char *request, bool writes);
