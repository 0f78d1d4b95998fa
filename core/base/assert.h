/*
 * assert.h - invariants, and what happens when one is broken.
 *
 * assert() is on in every build: here a wrong step is written down for ever,
 * so the machine stops before it and the last committed snapshot stays.
 * assert_slow() is for walks and innermost loops; checked builds only.
 * Bytes that come from outside are never asserted, always checked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef static_assert
#define static_assert _Static_assert
#endif

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/*
 * Stop the machine: an invariant is broken, and this line says which.
 *
 *   text  as for format() in base/format.h, no newline
 */
__attribute__((noreturn, cold, format(printf, 1, 2))) void panic(const char *text, ...);

/* What a failed assert() calls. */
__attribute__((noreturn, cold)) void assert_failed(const char *condition, const char *file,
                                                   int line, const char *function);

#define assert(condition)                                                                          \
    (likely(condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__, __func__))

#if defined(CHECKED) && CHECKED
#define assert_slow(condition) assert(condition)
#else
/* The condition is compiled, so that it stays right, but never evaluated. */
#define assert_slow(condition) ((void)sizeof((condition) ? 1 : 0))
#endif
