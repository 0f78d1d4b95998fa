/*
 * terminal.c - the terminal as a person's keyboard: line by line, or key by key.
 *
 * Keys come one by one and are not echoed; Ctrl-C and Ctrl-Z stay the terminal's, and output is as
 * ever. However the process ends, but for SIGKILL, the terminal is left as it was found; and so it
 * is while the process is stopped by Ctrl-Z. A terminal that belongs to somebody else just now is
 * not touched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "linux/machine.h"
#include "plat/console.h"

static struct termios found, keyed; /* as it was, and key by key; set once, before `by_key` is */
static _Atomic bool by_key;
static pthread_once_t terminal_once = PTHREAD_ONCE_INIT;
static bool is_person;

/* One of the background would be stopped for touching it. */
static bool
is_ours(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void
linux_terminal_restore(void)
{
    if (atomic_load(&by_key) && is_ours())
        tcsetattr(STDIN_FILENO, TCSANOW, &found);
}

/* Ctrl-Z: others get the terminal as they know it. */
static void
stop(int signal_number)
{
    (void)signal_number;
    linux_terminal_restore();
    raise(SIGSTOP);
    if (atomic_load(&by_key) && is_ours())
        tcsetattr(STDIN_FILENO, TCSANOW, &keyed);
}

static void
terminal_find(void)
{
    struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };

    is_person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
                tcgetattr(STDIN_FILENO, &found) == 0 && is_ours();
    if (!is_person)
        return;
    keyed = found;
    keyed.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    keyed.c_iflag &= ~(tcflag_t)(INLCR | IGNCR | ISTRIP);
    keyed.c_cc[VMIN] = 1;
    keyed.c_cc[VTIME] = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, &action, NULL);
    atexit(linux_terminal_restore);
}

bool
plat_console_keys(bool keys)
{
    pthread_once(&terminal_once, terminal_find);
    if (!is_person || atomic_load(&by_key) == keys)
        return is_person;
    if (keys)
        atomic_store(&by_key, true);
    if (is_ours())
        tcsetattr(STDIN_FILENO, TCSADRAIN, keys ? &keyed : &found);
    if (!keys)
        atomic_store(&by_key, false);
    return true;
}

unsigned
plat_console_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
