/*
 * utf8.h - bytes from outside as UTF-16 units, whatever they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decode UTF-8. What is not well-formed becomes U+FFFD, one for each longest
 * part of a character that could have been (The Unicode Standard 15.0, 3.9).
 *
 *   bytes, count  any bytes
 *   last          nothing follows: half a character at the end is bad too
 *   units         room for `count` units
 *   unit_count    filled
 *
 * Returns how many bytes were used: all, or all but half a character at the end.
 */
size_t utf8_to_units(const uint8_t *bytes, size_t count, bool last, uint16_t *units,
                     size_t *unit_count);
