/*
 * attach.h - one more prompt for a volume that runs, by the control socket.
 *
 *     asker    attach p              p: somebody can press keys; -: nobody can
 *     server   0                     as any answer (phantom/control.h); then frames, both ways
 *
 * A frame is a letter, two bytes of a length, the lower one first, and so many bytes:
 *
 *     asker    i BYTES               was typed
 *              b                     Ctrl-C
 *              w COLUMNS             the terminal has so many columns, in two bytes, the lower one
 * first e                     no more is typed server   o BYTES               to be shown k, l
 * input is wanted in keys, or in lines, from here on e, x                  it was left; it is over
 * for another reason
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "phantom/system.h"

/* True for a request that begins this. */
bool attach_is_wanted(const char *request);

/* Serve such a guest, in the process that runs the volume. */
void attach_serve(struct system *system, const char *request, int fd);

/*
 * Talk, on this terminal, to the process that runs `volume`, until one of the two ends it. Returns
 * an exit status, or -1 if no process answers.
 */
int attach(const char *volume);

/* ---- frames ---- */

#define FRAME_BYTES_MAX 4096

struct frame {
    char letter;
    size_t count;
    char bytes[FRAME_BYTES_MAX];
};

/* Send one, or receive one. False: the other side has gone, or talks nonsense. */
bool frame_send(int fd, char letter, const void *bytes, size_t count);
bool frame_receive(int fd, struct frame *frame);
