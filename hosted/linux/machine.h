/*
 * machine.h - what a program decides about its machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plat/machine.h"

/* The least important lines that plat_log shows; LOG_INFO at the start. */
extern enum log_level linux_log_level;

/*
 * Leave the terminal as it was found: for those who end the process past exit(). Signal handlers,
 * too.
 */
void linux_terminal_restore(void);

/*
 * The terminal was told to interrupt, and then throws away what it was about to show. Linux tells
 * nobody who waits to write of the room that this makes; so say it. Signal handlers, too.
 */
void linux_console_flushed(void);
