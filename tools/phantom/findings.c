/*
 * findings.c - what a check finds, shown line by line, and how far it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "format/space.h"
#include "heap/name.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "store/history.h"

#define PROGRESS_NS 200000000u

struct findings
findings_of(struct store *store)
{
    struct findings findings = { .store = store, .progress = isatty(STDERR_FILENO) };
    struct store_stats stats;

    if (store == NULL)
        return findings;
    store_stats_get(store, &stats);
    findings.generation = stats.generation;
    return findings;
}

void
findings_progress_erase(const struct findings *findings)
{
    if (findings->progress && findings->shown_ns != 0)
        fputs("\r\033[K", stderr);
}

/* A page of the space as the newest generation that the damage touches has it. */
struct touched {
    struct store *store;
    struct store_view *view; /* NULL: it is the present */
};

static err_t
touched_read(void *context, uint64_t page, void *buffer)
{
    struct touched *touched = context;

    if (touched->view != NULL)
        return store_view_read(touched->view, page, buffer);
    return store_page_read(touched->store, page, buffer);
}

/* What the page holds, and whose that is, as far as that can be read. */
static void
touched_show(const struct findings *findings, const struct store_finding *finding)
{
    struct touched touched = { .store = findings->store };
    struct heap_reader names = { .read = touched_read, .context = &touched };
    char text[HEAP_PLACE_BYTES];

    if (finding->last != findings->generation &&
        store_view_open(findings->store, finding->last, &touched.view) != OK)
        return;
    names.buffer = plat_alloc(PAGE_BYTES);
    if (names.buffer != NULL) {
        heap_name_page(&names, finding->page, text);
        printf("; it holds %s", text);
    }
    plat_free(names.buffer, PAGE_BYTES);
    store_view_close(touched.view);
}

void
findings_show(void *context, const struct store_finding *finding)
{
    struct findings *findings = context;

    findings_progress_erase(findings);
    findings->damages += finding->damage;
    printf("%s: %s", finding->damage ? "damage" : "note", finding->what);
    if (finding->page_count == 1 && findings->store != NULL)
        touched_show(findings, finding);
    putchar('\n');
}

void
findings_progress(void *context, uint64_t blocks_done, uint64_t blocks_total)
{
    struct findings *findings = context;
    uint64_t now = plat_monotonic_ns();

    if (!findings->progress || now - findings->shown_ns < PROGRESS_NS)
        return;
    findings->shown_ns = now;
    fprintf(stderr, "\rphantom: checked %" PRIu64 " of %" PRIu64 " blocks (%u %%)\033[K",
            blocks_done, blocks_total,
            blocks_total == 0 ? 100 : (unsigned)(blocks_done * 100 / blocks_total));
}
