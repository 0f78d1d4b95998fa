/*
 * idle.h - ten minutes of virtual time in which nothing happens.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Prints what was written in that time; true if that is nothing. */
bool sim_idle(uint64_t seed);
