/*
 * session.h - a person who attaches to a machine that runs: input and output beside the console.
 *
 * A thread of the shell talks in a session, and what it starts talks there, too; when the session
 * is over, what they print goes to the console. Sessions are volatile: the space knows nothing of
 * them.
 *
 *   session_open, vm_attach (vm/attach.h); then input by one thread, output by another;
 *   session_close when both are done
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

struct session;

enum session_piece {
    SESSION_OUTPUT, /* bytes to be shown */
    SESSION_KEYS,   /* input is wanted key by key from here on, and shown nowhere */
    SESSION_LINES,  /* in lines, which the terminal lets a person edit; so it is at first */
    SESSION_LEFT,   /* who worked there has left it */
    SESSION_OVER,   /* nobody talks there any more: the machine stops, or the shell was ended */
};

/*
 * Begin one. The machine runs.
 *
 *   person   somebody can press keys
 *   session  filled on OK
 *
 * Returns OK, ERR_NOMEM. Any thread that is no worker; so for all of these.
 */
must_use err_t session_open(bool person, struct session **session);

/* Its number, for vm_attach(). Never 0. */
uint32_t session_number(const struct session *session);

/* What was typed. ERR_NOMEM: it was lost, or nobody reads for long. */
must_use err_t session_input(struct session *session, const void *bytes, size_t count);

/* Ctrl-C. */
void session_break(struct session *session);

/* The person's terminal has so many columns from now on; 0: nobody knows, as at first. */
void session_resize(struct session *session, unsigned columns);

/* No more is typed, and nobody looks any more, if `gone`. */
void session_input_end(struct session *session, bool gone);

/*
 * Wait for something to show. Of SESSION_OUTPUT up to `byte_max` bytes, at least one.
 */
enum session_piece session_output(struct session *session, void *bytes, size_t byte_max,
                                  size_t *count);

/* Forget it. NULL is fine. */
void session_close(struct session *session);
