/*
 * say.h - what the command says to people, on standard error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* There is room for a name of any length, and for what is said about it. */
#define SAY_LINE_BYTES 8192

/* "phantom: error: ..." and a newline. */
void say_error(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* "phantom: warning: ..." */
void say_warning(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* "phantom: ..." */
void say(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* May colours be used there? (a terminal that is not dumb, and no NO_COLOR) */
bool say_colour(FILE *to);

/*
 * A word of a command line that a person may copy: in quotes if a shell would take it apart.
 * Returns `word` itself, or `buffer`; also `word` if the buffer is too small.
 */
#define SAY_WORD_BYTES 600
const char *say_word(const char *word, char buffer[SAY_WORD_BYTES]);

/* A time of day where the user is, to milliseconds. Returns `buffer`. */
#define SAY_TIME_BYTES 40
const char *say_time(uint64_t wall_ns, char buffer[SAY_TIME_BYTES]);
