/*
 * number_priv.h - a number in a question.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Digits up to a blank or the end; `text` moves behind both. False if there are none. */
static inline bool
number_read(const char **text, uint64_t *number)
{
    const char *at = *text;

    *number = 0;
    while (*at >= '0' && *at <= '9' && *number < UINT64_MAX / 16)
        *number = 10 * *number + (uint64_t)(*at++ - '0');
    if (at == *text || (*at != '\0' && *at != ' '))
        return false;
    *text = at + (*at == ' ');
    return true;
}
