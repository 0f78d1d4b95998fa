/*
 * text.c - what a terminal makes of text.
 *
 * columns.def holds the characters that do not take one column as runs that rise, so each question
 * is a search by halves; ASCII, the most of all text, does not ask.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Characters first ... last. */
struct run {
    uint32_t first;
    uint32_t last;
};

static const struct run empty_runs[] = {
#define EMPTY(first, last) { first, last },
#define WIDE(first, last)
#include "base/columns.def"
#undef EMPTY
#undef WIDE
};

static const struct run wide_runs[] = {
#define EMPTY(first, last)
#define WIDE(first, last) { first, last },
#include "base/columns.def"
#undef EMPTY
#undef WIDE
};

static bool
is_in(const struct run *runs, size_t count, uint32_t character)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (character > runs[middle].last)
            low = middle + 1;
        else if (character < runs[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

unsigned
text_columns(uint32_t character)
{
    if (character < 0x7f)
        return character >= 0x20;
    if (character < 0xa0 || is_in(empty_runs, COUNT_OF(empty_runs), character))
        return 0;
    return is_in(wide_runs, COUNT_OF(wide_runs), character) ? 2 : 1;
}
