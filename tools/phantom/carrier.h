/*
 * carrier.h - files on the control socket.
 *
 *     asker    put t 4711 9 notes.txthome       as control/carry.h has it
 *     server   +4711                            it is ready; or the last line, at once
 *     asker    4711 bytes
 *     server   0                                a line with an enum answer_status, and text
 *
 * For get the bytes come from the server, behind its +.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/buffer.h"
#include "control/carry.h"

/* Serve a guest who wants something carried: for struct control_host. */
void carrier_serve(void *context, const char *request, int fd);

/*
 * Have it carried by the process that runs `volume`.
 *
 *   end   this end
 *   text  empty; why it is trouble
 *
 * Returns ANSWER_GONE if no process answers, or it went: then it may be asked for anew, and
 * *begun says whether bytes were carried.
 */
enum answer_status carrier_ask(const char *volume, const char *request, const struct carry_end *end,
                               struct buffer *text, bool *begun);
