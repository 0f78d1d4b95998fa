/*
 * space_count.h - how much memory the space has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* Frames that are pages of the space now. */
uint64_t space_frame_count(void);
