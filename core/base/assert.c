/*
 * assert.c - the way down when an invariant is broken.
 *
 * The message is made on the stack: nothing here allocates or locks, so it
 * works in a fault handler and when memory is gone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"

#include <stdarg.h>

#include "base/format.h"
#include "base/trace.h"
#include "plat/machine.h"

#define PANIC_TEXT_BYTES   512
#define PANIC_TRACE_EVENTS 16

__attribute__((noreturn)) void
panic(const char *text, ...)
{
    char line[PANIC_TEXT_BYTES];
    va_list values;

    va_start(values, text);
    format_list(line, sizeof line, text, values);
    va_end(values);
    trace_show(PANIC_TRACE_EVENTS);
    plat_panic(line);
}

__attribute__((noreturn)) void
assert_failed(const char *condition, const char *file, int line, const char *function)
{
    panic("%s:%d: %s: does not hold: %s", file, line, function, condition);
}
