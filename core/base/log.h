/*
 * log.h - lines for the person who runs the machine: one line, one fact,
 * numbers with units, no newline.
 *
 * A file that logs says who it is before it includes this:
 *
 *     #define LOG_MODULE "store"
 *     #include "base/log.h"
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/format.h"
#include "plat/err.h"
#include "plat/machine.h"

/* The longest line; a longer one is cut and ends in "...". */
#define LOG_LINE_BYTES 512

/* Any thread; does not allocate. Lines look like "store: what happened". */
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *module,
                                                    const char *text, ...);

#define log_error(...) log_line(LOG_ERROR, LOG_MODULE, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, LOG_MODULE, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, LOG_MODULE, __VA_ARGS__)

#if defined(CHECKED) && CHECKED
#define log_debug(...) log_line(LOG_DEBUG, LOG_MODULE, __VA_ARGS__)
#else
#define log_debug(...) ((void)sizeof(format(NULL, 0, __VA_ARGS__)))
#endif

/* In words, for a message: "the disk said no". Never NULL. */
const char *err_text(err_t err);
