/*
 * clock_priv.h - from nanoseconds to cycles, for the timer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* Cycles of the time stamp counter in so many nanoseconds. */
uint64_t clock_cycles(uint64_t ns);
