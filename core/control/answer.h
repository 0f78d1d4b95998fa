/*
 * answer.h - the questions that a volume answers, on every machine, running or not.
 *
 *     ps | stat | stat --json | log | app list | app stop NUMBER | app remove NUMBER
 *     app limit NUMBER BYTES PERCENT (of memory, of a processor; 0: no limit, -: as it is)
 *     show | show PATTERN
 *     profile start | profile stop
 *     scrub GENERATION PAGE
 *     ls FLAGS PATH | rm FLAGS PATH                                  (control/carry.h)
 *     history list | history pin | history drop GENERATION | history keep LAST HOURLY DAILY
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "store/store.h"

/* How a question ended: as a number it goes over sockets and lines. */
enum answer_status {
    ANSWER_DONE = 0,    /* the text is what was asked for */
    ANSWER_TROUBLE = 1, /* the text is a message */
    ANSWER_GONE = 2,    /* nobody answers here any more; the volume may be open elsewhere soon */
};

/* The longest question. */
#define ANSWER_REQUEST_BYTES 1280

/*
 * Answer a question about the system that is up.
 *
 *   running  false: it was brought up only to be looked at; about history, the store alone need be
 *   request  anything at all; what makes no sense is trouble
 *   text     empty; without memory for a message it stays so
 *
 * Stops the world for a look. Any thread that is no worker, one at a time.
 */
enum answer_status answer_request(struct store *store, bool running, const char *request,
                                  struct buffer *text);
