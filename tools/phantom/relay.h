/*
 * relay.h - between the terminal and a machine that runs in QEMU.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct relay_end {
    int wait_status;  /* of QEMU, as waitpid() gives it */
    bool interrupted; /* the user has cut the power */
    bool reset;       /* the machine has reset itself */
};

/*
 * Take the signals that relay_run() answers; to be called before QEMU is
 * started, so that none is missed.
 */
void relay_signals_take(void);

/* Our ends of the machine's lines: connected sockets, the first two closed at the end. */
struct relay_lines {
    int console; /* the serial line of people */
    int monitor; /* QMP */
    int control; /* the serial line of questions; read by whom `answers` tells */

    /* Called once, when the machine says that it answers. */
    void (*answers)(void *context);
    void *context;
};

/*
 * Carry bytes between the terminal and the machine until QEMU has ended and
 * all that it said was shown. The first SIGINT, SIGTERM or SIGHUP is the power
 * button; a second SIGINT, or SIGQUIT, cuts the power. The terminal is put back
 * as it was.
 *
 *   qemu  the process
 */
struct relay_end relay_run(pid_t qemu, const struct relay_lines *lines);
