/*
 * console.h - the part of the contract that gives the machine's console: the
 * one way in and out that each machine has from the start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plat/err.h"

/*
 * Write all of `bytes` bytes; returns when the machine has taken them. May
 * block for as long as nobody reads. Returns OK, ERR_IO when nobody ever
 * will, ERR_CANCELLED after plat_console_cancel().
 */
must_use err_t plat_console_write(const void *bytes, size_t byte_count);

/*
 * Wait for input.
 *
 *   buffer      room for `byte_max` bytes, outside the space
 *   byte_count  filled on OK, at least 1
 *
 * Returns OK, ERR_END at the end of input, ERR_CANCELLED after
 * plat_console_cancel(), ERR_IO. Only one thread reads at a time.
 */
must_use err_t plat_console_read(void *buffer, size_t byte_max, size_t *byte_count);

/*
 * Choose how input comes from now on: in lines, which the machine lets a person edit; or key by key
 * as it is typed, shown nowhere. At the start it is lines. Ctrl-C is no input in either case.
 *
 * Returns true if a person sits at the console; else (a pipe, a file) there is no difference. One
 * thread at a time, while another may read.
 */
bool plat_console_keys(bool keys);

/*
 * How many columns the terminal of the person at the console has now; 0 where nobody knows. Takes a
 * moment. Any thread.
 */
unsigned plat_console_columns(void);

/* Make the waiting and all later reads and writes return ERR_CANCELLED. */
void plat_console_cancel(void);
