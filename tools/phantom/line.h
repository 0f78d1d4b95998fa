/*
 * line.h - the line on which a machine in QEMU answers what it is asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "control/answer.h"
#include "control/line.h"

#define LINE_CHUNK_BYTES 4096

/* Zeroed, but for the socket, is one on which nothing was asked yet. */
struct line {
    int socket; /* connected; the other end is the machine's port */
    uint32_t number;
    uint64_t left; /* bytes of an answer that nobody has read */
    char bytes[LINE_CHUNK_BYTES];
    size_t from, to; /* what is in between came, and was not looked at */
    char question[CONTROL_LINE_BYTES];
    size_t sent, count; /* of a question: what is in between has still to go */
};

/*
 * Ask the machine and wait for its answer: a control_answer_fn.
 *
 *   context  a struct line
 *
 * Returns ANSWER_GONE if the machine has ended, and ANSWER_TROUBLE with a message if it
 * keeps silent.
 */
enum answer_status line_answer(void *context, const char *request, struct buffer *text);
