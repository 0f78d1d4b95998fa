/*
 * line.c - the line on which a machine in QEMU answers.
 *
 * A machine that hangs keeps silent, so each wait has an end; what it says after
 * that has another number than the next question, and is passed over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/line.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#define PATIENCE_MS 10000

/* See to it that there is a byte to look at. ANSWER_TROUBLE: the machine keeps silent. */
static enum answer_status
line_fill(struct line *line)
{
    struct pollfd polled = { .fd = line->socket, .events = POLLIN };

    while (line->from == line->to) {
        ssize_t got;

        if (poll(&polled, 1, PATIENCE_MS) <= 0)
            return ANSWER_TROUBLE;
        got = recv(line->socket, line->bytes, sizeof line->bytes, MSG_DONTWAIT);
        if (got <= 0)
            return ANSWER_GONE;
        line->from = 0;
        line->to = (size_t)got;
    }
    return ANSWER_DONE;
}

/* What is left of an answer; `text` has room for it, or is NULL: nobody wants it. */
static enum answer_status
body_read(struct line *line, struct buffer *text)
{
    while (line->left > 0) {
        enum answer_status status = line_fill(line);
        size_t count = line->to - line->from;

        if (status != ANSWER_DONE)
            return status;
        if (count > line->left)
            count = (size_t)line->left;
        if (text != NULL)
            IGNORE(buffer_append(text, line->bytes + line->from, count), "there is room for all");
        line->from += count;
        line->left -= count;
    }
    return ANSWER_DONE;
}

/* The head of the next answer, whatever else is said before it. */
static enum answer_status
head_read(struct line *line, struct control_head *head)
{
    struct control_line said = { 0 };
    enum answer_status status = body_read(line, NULL);

    while (status == ANSWER_DONE) {
        status = line_fill(line);
        if (status == ANSWER_DONE && control_line_take(&said, (uint8_t)line->bytes[line->from++]) &&
            control_head_read(said.bytes, head)) {
            line->left = head->byte_count;
            return ANSWER_DONE;
        }
    }
    return status;
}

/* ANSWER_TROUBLE: there is no room, the machine does not listen. */
static enum answer_status
rest_send(struct line *line)
{
    while (line->sent < line->count) {
        ssize_t sent = send(line->socket, line->question + line->sent, line->count - line->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0)
            return errno == EAGAIN ? ANSWER_TROUBLE : ANSWER_GONE;
        line->sent += (size_t)sent;
    }
    return ANSWER_DONE;
}

/* What has begun to go must go whole, or the next question would be read as the end of it. */
static enum answer_status
question_send(struct line *line, const char *request)
{
    enum answer_status status = rest_send(line);

    if (status != ANSWER_DONE)
        return status;
    line->number += line->number == UINT32_MAX ? 2 : 1; /* 0 is the greeting's */
    line->sent = 0;
    line->count = control_question_write(line->question, line->number, request);
    status = rest_send(line);
    if (line->sent == 0)
        line->count = 0;
    return status;
}

static enum answer_status
trouble(struct buffer *text, const char *message)
{
    buffer_clear(text);
    IGNORE(buffer_format(text, "%s", message), "the text is empty then");
    return ANSWER_TROUBLE;
}

enum answer_status
line_answer(void *context, const char *request, struct buffer *text)
{
    struct line *line = context;
    struct control_head head = { 0 };
    enum answer_status status = question_send(line, request);

    while (status == ANSWER_DONE && head.number != line->number)
        status = head_read(line, &head);
    if (status == ANSWER_DONE && buffer_reserve(text, head.byte_count) != OK)
        return trouble(text, "there is no memory for the machine's answer");
    if (status == ANSWER_DONE)
        status = body_read(line, text);
    if (status == ANSWER_TROUBLE)
        return trouble(text, "the machine does not answer");
    return status == ANSWER_DONE ? head.status : status;
}
