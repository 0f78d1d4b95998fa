/*
 * signals.c - steps that a Ctrl-C must not cut in half.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/signals.h"

#include <pthread.h>

void
signals_hold(sigset_t *before)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

void
signals_release(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}
