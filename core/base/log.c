/*
 * log.c - makes a line and hands it to the machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/log.h"

#include <stdarg.h>

void
log_line(enum log_level level, const char *module, const char *text, ...)
{
    char line[LOG_LINE_BYTES + 1];
    va_list values;
    size_t count;

    count = format(line, sizeof line, "%s: ", module);
    if (count > LOG_LINE_BYTES)
        count = LOG_LINE_BYTES;
    va_start(values, text);
    count += format_list(line + count, sizeof line - count, text, values);
    va_end(values);
    if (count > LOG_LINE_BYTES) {
        count = LOG_LINE_BYTES;
        for (size_t i = count - 3; i < count; i++)
            line[i] = '.';
    }
    plat_log(level, line, count);
}

const char *
err_text(err_t err)
{
    static const char *const texts[] = {
        [OK] = "no error",
        [ERR_NOMEM] = "the machine has no memory left",
        [ERR_NOSPACE] = "no room left",
        [ERR_IO] = "the disk said no",
        [ERR_CORRUPT] = "damaged: the checksum does not match",
        [ERR_VERSION] = "of another format version",
        [ERR_FOREIGN] = "not a Phantom volume",
        [ERR_READ_ONLY] = "it may only be read",
        [ERR_BUSY] = "somebody else holds it",
        [ERR_RANGE] = "out of range",
        [ERR_NOT_FOUND] = "not found",
        [ERR_EXISTS] = "it exists already",
        [ERR_CANCELLED] = "called off",
        [ERR_END] = "end of input",
        [ERR_PROGRAM] = "the program was refused",
        [ERR_UNSUPPORTED] = "this machine cannot do it",
    };

    if ((size_t)err >= sizeof texts / sizeof texts[0] || texts[err] == NULL)
        return "unknown error";
    return texts[err];
}
