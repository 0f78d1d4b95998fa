/*
 * profile.c - where programs spent their time, as a table: methods first, then lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/render.h"
#include "control/rows_priv.h"
#include "vm/vm.h"

#define METHODS_SHOWN 30
#define LINES_SHOWN   30

/* Lines go by what they took themselves, methods so too; who has nothing shows what it called. */
static bool
comes_before(const struct vm_profile_row *row, const struct vm_profile_row *other)
{
    return row->own != other->own ? row->own > other->own : row->all > other->all;
}

/* The next one to be shown of those that are still there; NULL: there is none. */
static struct vm_profile_row *
take_first(const struct rows *rows, bool lines)
{
    struct vm_profile_row *all = rows->first, *best = NULL;

    for (size_t i = 0; i < rows->count; i++) {
        if (all[i].all != 0 && (all[i].line != 0) == lines &&
            (best == NULL || comes_before(&all[i], best)))
            best = &all[i];
    }
    return best;
}

/* A part of the whole, in tenths of a percent. */
static unsigned
tenths(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (unsigned)((part * 1000 + whole / 2) / whole);
}

static err_t
show_row(struct buffer *text, const struct vm_profile_row *row, uint64_t samples)
{
    unsigned own = tenths(row->own, samples), all = tenths(row->all, samples);

    if (row->line != 0)
        return buffer_format(text, "%4u.%u %%           %s (%s:%u)\n", own / 10, own % 10,
                             row->method, row->file, (unsigned)row->line);
    return buffer_format(text, "%4u.%u %%  %4u.%u %%  %s (%s)\n", own / 10, own % 10, all / 10,
                         all % 10, row->method, row->file);
}

static err_t
show_rows(struct buffer *text, struct rows *rows, bool lines, uint64_t samples)
{
    unsigned shown = lines ? LINES_SHOWN : METHODS_SHOWN;
    struct vm_profile_row *row = take_first(rows, lines);

    for (; row != NULL && shown > 0; shown--) {
        TRY(show_row(text, row, samples));
        row->all = 0;
        row = take_first(rows, lines);
    }
    return row == NULL ? OK : buffer_format(text, "   ...\n");
}

static err_t
show_all(struct buffer *text, struct rows *rows)
{
    uint64_t samples = vm_profile_samples();

    TRY(buffer_format(text, "%llu samples, one in a millisecond in which something ran\n",
                      (unsigned long long)samples));
    if (samples == 0)
        return OK;
    TRY(buffer_format(text, "%8s  %8s  %s\n", "ITSELF", "IN ALL", "METHOD"));
    TRY(show_rows(text, rows, false, samples));
    TRY(buffer_format(text, "%8s  %8s  %s\n", "ITSELF", "", "LINE"));
    return show_rows(text, rows, true, samples);
}

err_t
render_profile(struct buffer *text)
{
    struct rows rows;
    err_t err;

    TRY(rows_take(&rows, rows_profile, sizeof(struct vm_profile_row)));
    err = show_all(text, &rows);
    rows_free(&rows);
    return err;
}
