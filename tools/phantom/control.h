/*
 * control.h - the socket beside a running volume, VOLUME.control, by which other
 * processes look at it.
 *
 * A request is one line, as control/answer.h has them; the answer is a line with
 * an enum answer_status and then text, until the end of the stream. The socket
 * belongs to whoever holds the volume's lock, so a stale one may simply be replaced.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/buffer.h"
#include "control/answer.h"

struct control;

/*
 * Answer a request.
 *
 *   request  the line, without its end
 *   text     empty; what is to be shown
 *
 * ANSWER_GONE leaves the client without an answer. Called by the control thread, one
 * request at a time.
 */
typedef enum answer_status control_answer_fn(void *context, const char *request,
                                             struct buffer *text);

/* Begin to answer. NULL after a warning: a volume runs without its socket too. */
struct control *control_start(const char *volume, control_answer_fn *answer, void *context);

/*
 * Stop answering, and take the socket away. An answer that is being made is waited for, so
 * vm_call_off() comes first where the machine is in this process. NULL is fine.
 */
void control_stop(struct control *control);

/*
 * Ask the process that runs `volume`.
 *
 *   text  empty; what it answered
 *
 * Returns ANSWER_GONE, with nothing said, if no process answers there.
 */
enum answer_status control_ask(const char *volume, const char *request, struct buffer *text);
