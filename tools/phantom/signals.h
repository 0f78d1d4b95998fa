/*
 * signals.h - steps that a Ctrl-C must not cut in half.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <signal.h>

/* Keep SIGINT, SIGTERM and SIGHUP waiting, until signals_release(). Only a few 100 ms of work. */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);
