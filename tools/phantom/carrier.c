/*
 * carrier.c - files on the control socket, at both of its ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/carrier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phantom/control.h"

#define PIECE_BYTES (64u << 10)
#define LINE_BYTES  40

/* ---- the process that runs the volume ---- */

static bool
socket_ready(void *context, uint64_t bytes)
{
    char line[LINE_BYTES];

    snprintf(line, sizeof line, "+%" PRIu64 "\n", bytes);
    return control_send(*(int *)context, line, strlen(line));
}

static bool
socket_read(void *context, void *bytes, size_t count)
{
    return control_receive(*(int *)context, bytes, count);
}

static bool
socket_write(void *context, const void *bytes, size_t count)
{
    return control_send(*(int *)context, bytes, count);
}

void
carrier_serve(void *context, const char *request, int fd)
{
    const struct carry_end end = { socket_ready, socket_read, socket_write, &fd };
    struct buffer text = { 0 };
    enum answer_status status = carry(request, &end, &text);
    char head[LINE_BYTES];

    (void)context;
    snprintf(head, sizeof head, "%d\n", (int)status);
    if (status != ANSWER_GONE && control_send(fd, head, strlen(head)))
        control_send(fd, text.bytes, text.count); /* a guest that left needs no answer */
    buffer_free(&text);
}

/* ---- the one who asks ---- */

/* True while both ends are there. */
static bool
bytes_pump(int fd, bool out, uint64_t bytes, const struct carry_end *end)
{
    char *piece = malloc(PIECE_BYTES);
    bool done = piece != NULL && end->ready(end->context, bytes);

    while (done && bytes > 0) {
        size_t count = bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES;

        if (out)
            done = end->read(end->context, piece, count) && control_send(fd, piece, count);
        else
            done = control_receive(fd, piece, count) && end->write(end->context, piece, count);
        bytes -= count;
    }
    free(piece);
    return done;
}

/* What follows the line with the status. */
static enum answer_status
answer_take(int fd, const char *line, struct buffer *text)
{
    char chunk[1024];
    ssize_t got;

    if (line[0] != '0' + ANSWER_DONE && line[0] != '0' + ANSWER_TROUBLE)
        return ANSWER_GONE;
    while ((got = read(fd, chunk, sizeof chunk)) > 0) {
        if (buffer_append(text, chunk, (size_t)got) != OK)
            break;
    }
    return line[0] == '0' + ANSWER_DONE ? ANSWER_DONE : ANSWER_TROUBLE;
}

static enum answer_status
conversation(int fd, const char *request, const struct carry_end *end, struct buffer *text,
             bool *begun)
{
    bool out = strncmp(request, "put ", 4) == 0;
    char line[LINE_BYTES + 1];

    if (!control_receive_line(fd, line, LINE_BYTES))
        return ANSWER_GONE;
    if (line[0] == '+') {
        *begun = true;
        if (!bytes_pump(fd, out, strtoull(line + 1, NULL, 10), end) ||
            !control_receive_line(fd, line, LINE_BYTES))
            return ANSWER_GONE;
    }
    return answer_take(fd, line, text);
}

enum answer_status
carrier_ask(const char *volume, const char *request, const struct carry_end *end,
            struct buffer *text, bool *begun)
{
    int fd = control_open(volume, request);
    enum answer_status status = ANSWER_GONE;

    *begun = false;
    if (fd >= 0) {
        status = conversation(fd, request, end, text, begun);
        close(fd);
    }
    return status;
}
