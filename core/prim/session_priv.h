/*
 * session_priv.h - sessions as primitives see them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object/word.h"

/* In prim_raw: the call waits, or waited in another run, for somebody in a session. */
#define SESSION_WAITS (1ull << 63)

/* The session that a thread talks in, or talked in before that was over; 0: the console. */
uint32_t session_of(ref_t thread);

/* True if it is not over. */
bool session_is_there(uint32_t number);

enum session_put {
    SESSION_TAKEN,
    SESSION_FULL, /* whoever prints waits */
    SESSION_GONE,
};

/* Show all of these bytes, or none. */
enum session_put session_put(uint32_t number, const void *bytes, size_t count);

/*
 * Look at the input: all that there is, or the first line with its end, up to `byte_max` bytes;
 * none when there is none yet. `*ended`: and there never will be.
 */
size_t session_peek(uint32_t number, bool keys, uint8_t *bytes, size_t byte_max, bool *ended);

/* So much of it was taken. */
void session_take(uint32_t number, size_t count);

/* Input comes as keys, or as lines, from what is shown next on. */
void session_choose(uint32_t number, bool keys);

bool session_is_person(uint32_t number);

/* Of the person's terminal; 0: nobody knows. */
unsigned session_columns(uint32_t number);

/* How many breaks there were; of how many somebody has taken notice; somebody does of all. */
uint64_t session_breaks(uint32_t number);
uint64_t session_breaks_taken(uint32_t number);
void session_breaks_take(uint32_t number);

/* Who talks there has gone. */
void session_leave(uint32_t number);

/* The machine starts: there may be sessions. */
void session_start(void);

/* The machine stops: all are over, and nobody comes any more. */
void session_stop(void);
