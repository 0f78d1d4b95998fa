/*
 * machine.h - the part of the contract that is about the machine as a whole:
 * its end, its log, its clocks, its entropy.
 *
 * core/plat is the whole of what a machine must give the core. Every function
 * declared in these headers is implemented by each port (hosted/linux,
 * hosted/sim, kernel) and nothing else is undefined in the linked core but
 * memcpy, memmove, memset, memcmp and the libm functions of musl.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum log_level {
    LOG_ERROR, /* someone must act */
    LOG_WARN,  /* someone should know */
    LOG_INFO,  /* what a person who runs the machine wants to see */
    LOG_DEBUG, /* only for those who look for something */
};

/*
 * Stop the machine at once: an invariant is broken. Nothing more is written
 * to the volume, so the last committed snapshot stays the truth.
 *
 *   text  one line, zero-terminated, no newline
 */
__attribute__((noreturn)) void plat_panic(const char *text);

/*
 * Stop the machine at once, in order: the world failed where nothing can be
 * undone (a damaged page that the collector needs). Nothing more is written to
 * the volume, so the last committed snapshot stays the truth.
 *
 *   text  one line, zero-terminated, no newline
 */
__attribute__((noreturn)) void plat_halt(const char *text);

/*
 * Show one line to the person who runs the machine.
 *
 *   line   `bytes` bytes, no newline, no terminator needed
 *
 * May be called by any thread. Does not allocate; may block on a terminal.
 */
void plat_log(enum log_level level, const char *line, size_t bytes);

/* Nanoseconds of a clock that never goes back; where it starts means nothing. */
uint64_t plat_monotonic_ns(void);

/* Nanoseconds since 1970-01-01 UTC, as far as the machine knows. May jump. */
uint64_t plat_wall_ns(void);

/* Fill `bytes` bytes with unpredictable ones. Never kept in the space. */
void plat_entropy(void *buffer, size_t bytes);
