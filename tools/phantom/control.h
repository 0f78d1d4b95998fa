/*
 * control.h - the socket beside a running volume, VOLUME.control, by which other
 * processes look at it.
 *
 * A request is one line, as control/answer.h has them; the answer is a line with
 * an enum answer_status and how many bytes of text follow, and then these. So half
 * an answer, of a process that was killed in the middle, is none. The socket
 * belongs to whoever holds the volume's lock, so a stale one may simply be replaced.
 *
 * Some requests begin a conversation (phantom/carrier.h). Such a client is a guest: a thread of its
 * own serves it, and nobody else has to wait for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/buffer.h"
#include "control/answer.h"

struct control;

/* Who answers. */
struct control_host {
    /*
     * Answer a request.
     *
     *   request  the line, without its end
     *   text     empty; what is to be shown
     *
     * ANSWER_GONE leaves the client without an answer. Called by the control thread, one request at
     * a time.
     */
    enum answer_status (*answer)(void *context, const char *request, struct buffer *text);

    /*
     * Does this request begin a conversation? Then `guest` has it, in a thread of its own, and the
     * connection until it returns. When control_stop() is called nothing more can be received.
     * NULL: there are none.
     */
    bool (*is_guest)(const char *request);
    void (*guest)(void *context, const char *request, int fd);

    void *context;
};

/* Begin to answer. NULL after a warning: a volume runs without its socket too. */
struct control *control_start(const char *volume, const struct control_host *host);

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

/* Begin a conversation with it: a connected socket on which `request` was sent, or -1. */
int control_open(const char *volume, const char *request);

/* Send all of it, or false. Receive so much, or false. */
bool control_send(int fd, const void *bytes, size_t byte_count);
bool control_receive(int fd, void *bytes, size_t byte_count);

/* A line without its end, of at most `byte_max` bytes and a zero. False: none came in time. */
bool control_receive_line(int fd, char *line, size_t byte_max);
