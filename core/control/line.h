/*
 * line.h - questions and answers over a serial line, which has no beginning, no
 * end, and may carry anything.
 *
 *     machine  !0 2 0                 once, when it begins to listen
 *     asker    ?17 app list           number and question; the line ends in LF
 *     machine  !17 0 52               number, enum answer_status, count of bytes,
 *              PROGRAM  STATE ...     and that many bytes
 *
 * An asker who has given up may still be answered, so whoever asks takes a number
 * of his own, and passes over answers with another. What is no question gets no
 * answer at all: two machines on one line, or a plug that sends everything back, must not
 * talk to each other for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/answer.h"

/* Room for the longest head of an answer, and for the longest question, each with a zero. */
#define CONTROL_HEAD_BYTES 48
#define CONTROL_LINE_BYTES (CONTROL_HEAD_BYTES + ANSWER_REQUEST_BYTES)

/* A line that comes in byte by byte. Zeroed is the beginning of one. */
struct control_line {
    char bytes[CONTROL_LINE_BYTES];
    size_t count;
    bool too_long;
};

/* The head of an answer. */
struct control_head {
    uint32_t number;
    enum answer_status status;
    uint64_t byte_count;
};

/*
 * Take a byte. True when it ends a line that is not too long: that stands in
 * line->bytes, terminated, until the next byte.
 */
bool control_line_take(struct control_line *line, uint8_t byte);

/*
 * Is the line a question?
 *
 *   number   filled, from 1, if true is returned
 *   request  filled with what is asked; lies in `text`
 */
bool control_question_read(const char *text, uint32_t *number, const char **request);

/* Is the line the head of an answer? `head` is filled if true is returned. */
bool control_head_read(const char *text, struct control_head *head);

/*
 * Write either, with its LF. Returns the count of characters.
 *
 *   request  at most ANSWER_REQUEST_BYTES
 */
size_t control_question_write(char text[CONTROL_LINE_BYTES], uint32_t number, const char *request);
size_t control_head_write(char text[CONTROL_HEAD_BYTES], const struct control_head *head);
