/*
 * signals.c - the signals that ask for the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/signals.h"

#include <pthread.h>

void
signals_set(sigset_t *ends)
{
    struct sigaction hangup;

    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) != 0 || hangup.sa_handler != SIG_IGN)
        sigaddset(ends, SIGHUP);
}

void
signals_hold(sigset_t *before)
{
    sigset_t held;

    signals_set(&held);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

void
signals_release(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}
