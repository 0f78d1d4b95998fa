/*
 * character.h - characters as bytes (UTF-8) and as columns of a terminal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CHARACTER_BYTES_MAX 4

/*
 * How many bytes the character has that begins with this one: 1 to 4, or 0 if
 * none begins so. Source: The Unicode Standard 15.0, table 3-7.
 */
unsigned character_bytes(uint8_t first);

/* The character of `count` bytes that are whole, or UINT32_MAX if they are none. */
uint32_t character_decode(const uint8_t *bytes, unsigned count);

/*
 * How many columns a terminal takes for a character: 0 for marks that stand on
 * the one before, 2 for wide ones, else 1. Source: Unicode Standard Annex 11,
 * by ranges; what is new in Unicode may be off by one.
 */
unsigned character_columns(uint32_t character);
