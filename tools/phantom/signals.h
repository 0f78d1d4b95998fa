/*
 * signals.h - the signals that ask for the end, and steps that they must not cut in half.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <signal.h>

/* SIGINT, SIGTERM and SIGHUP; but under nohup, which has SIGHUP ignored, that asks for nothing. */
void signals_set(sigset_t *ends);

/* Keep them waiting, until signals_release(). */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);
