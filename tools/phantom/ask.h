/*
 * ask.h - asking a volume, running or not: ps, stat, log, show, history and app, on one road.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Show an answer, which is terminated by a zero. */
typedef void ask_show_fn(const struct buffer *text);

struct ask {
    const char *volume;
    const char *request; /* as in control/answer.h */
    bool writes;         /* it changes the volume, and is committed with its end */
    bool errand;         /* it wants bytecode of the class library to run (vm/errand.h) */
    bool passing;        /* and yet changes nothing: also a volume that may not be written does */
    uint64_t at;         /* ask a pinned generation of a stopped volume; 0: the present */
    bool of_the_store;   /* the store alone can answer: the machine need not come up */
    ask_show_fn *show;   /* NULL: print it as it is */
};

/*
 * Have it answered by the process that runs the volume, or, where none does,
 * by opening the volume here, safe and (but for `writes` and errands) read-only; and show
 * the answer. Returns an exit status.
 */
int ask_volume(const struct ask *ask);
