/*
 * check.c - Check's assertions where no runner of Check is: one that fails ends the process.
 *
 * The fuzzers use what the unit tests use to bring up a machine. They are linked with this in
 * the place of the library.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Check chose the names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming) */

/* Notes how far a test came; nobody asks here. */
void
_mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}

void
_ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    va_list values;

    fprintf(stderr, "%s:%d: does not hold: %s: ", file, line, expr);
    if (msg != NULL) {
        va_start(values, msg);
        vfprintf(stderr, msg, values);
        va_end(values);
    }
    fputc('\n', stderr);
    abort();
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */
