/*
 * console.h - the console of the program and of the machine over the serial
 * port: who writes what where. plat/console.h is implemented here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plat/err.h"

struct console_options {
    bool plain;       /* input is not from a person: no editing, no echo; Ctrl-D still ends it */
    unsigned columns; /* how wide the terminal is; 0: 80 */
};

/*
 * Start reading the serial port. Needs serial_init() and threads. Before it,
 * and without a port, output is polled and there is no input.
 *
 *   interrupt  called in an interrupt when somebody presses Ctrl-C, with `context`; not if plain
 */
must_use err_t console_start(const struct console_options *options, void (*interrupt)(void *),
                             void *context);

/*
 * Show one line of the machine's own, on a line of its own: the log. Any
 * thread, and before console_start() anything that may poll. A terminal that
 * does not read is waited for for two seconds; then lines are lost, and counted.
 *
 *   line  `count` bytes without a newline
 */
void console_line(const char *line, size_t count);
