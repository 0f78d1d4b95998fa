/*
 * progress.c - how far a long work is, on one line of the terminal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/format.h"
#include "plat/machine.h"

#define FIRST_NS 500000000ull /* what is done by then needs no words */
#define NEXT_NS  100000000ull

void
progress_begin(struct progress *progress, uint64_t total)
{
    *progress = (struct progress){ .total = total,
                                   .next_ns = plat_monotonic_ns() + FIRST_NS,
                                   .person = isatty(STDERR_FILENO) == 1 };
}

void
progress_add(struct progress *progress, uint64_t bytes)
{
    char done[FORMAT_UNIT_BYTES], total[FORMAT_UNIT_BYTES];

    progress->done += bytes;
    if (!progress->person || plat_monotonic_ns() < progress->next_ns)
        return;
    progress->next_ns = plat_monotonic_ns() + NEXT_NS;
    progress->shown = true;
    fprintf(stderr, "\rphantom: %s of %s\033[K", format_bytes(done, progress->done),
            format_bytes(total, progress->total));
}

void
progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
