/*
 * char_priv.h - upper and lower case of one unit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

uint16_t prim_unit_upper(uint16_t unit);
uint16_t prim_unit_lower(uint16_t unit);
