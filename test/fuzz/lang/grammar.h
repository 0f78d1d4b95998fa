/*
 * grammar.h - a program of the Phantom language, made of bytes.
 *
 * Each byte is a choice where the grammar has several ways to go on, so a change of one is a
 * change of one decision. Most programs make sense, because names and types are chosen among
 * those that are there; some are wrong in one place, so that errors are met in depth.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Write a program.
 *
 *   bytes  the choices; where they end, each choice is the first
 *   text   empty; filled with the program, to be freed
 *
 * The same bytes always make the same program. Out of memory ends the process.
 */
void grammar_program(const uint8_t *bytes, size_t byte_count, struct buffer *text);
