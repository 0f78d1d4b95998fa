/*
 * text.h - what a terminal makes of text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/*
 * How far a character moves the cursor of a terminal.
 *
 *   character  its number, 0 to 0x10ffff
 *
 * Returns 2 for the wide ones, such as Chinese characters and emoji; 0 for what stands on the
 * character before, or is not shown at all, as control characters are thought to be; else 1.
 * Takes no lock.
 * Source: Unicode Standard Annex #11, East Asian Width.
 */
unsigned text_columns(uint32_t character);
