/*
 * check.c - the verb check.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/system.h"
#include "plat/machine.h"

#define PROGRESS_NS 200000000u

struct tally {
    uint64_t damages;
    uint64_t remarks;
    uint64_t shown_ns; /* when the progress was last shown */
    bool progress;     /* somebody watches */
};

static void
progress_erase(const struct tally *tally)
{
    if (tally->progress && tally->shown_ns != 0)
        fputs("\r\033[K", stderr);
}

static void
finding_show(void *context, const struct store_finding *finding)
{
    struct tally *tally = context;

    progress_erase(tally);
    if (finding->damage)
        tally->damages++;
    else
        tally->remarks++;
    printf("%s: %s\n", finding->damage ? "damage" : "note", finding->what);
}

static void
progress_show(void *context, uint64_t blocks_done, uint64_t blocks_total)
{
    struct tally *tally = context;
    uint64_t now = plat_monotonic_ns();

    if (!tally->progress || now - tally->shown_ns < PROGRESS_NS)
        return;
    tally->shown_ns = now;
    fprintf(stderr, "\rphantom: checked %" PRIu64 " of %" PRIu64 " blocks (%u %%)\033[K",
            blocks_done, blocks_total,
            blocks_total == 0 ? 100 : (unsigned)(blocks_done * 100 / blocks_total));
}

int
verb_check(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0], .read_only = true };
    struct tally tally = { .progress = isatty(STDERR_FILENO) };
    struct store_stats stats;
    struct system system;
    err_t err;

    if (!system_open(&system, &options))
        return STATUS_TROUBLE;
    err = store_check(system.store, finding_show, progress_show, &tally);
    progress_erase(&tally);
    store_stats_get(system.store, &stats);
    if (err != OK)
        system_say(&system, err, "cannot check all of it");
    else
        printf("%s: generation %" PRIu64 ", %" PRIu64 " pages, %" PRIu64 " damage%s\n",
               options.path, stats.generation, stats.pages_mapped, tally.damages,
               tally.damages == 1 ? "" : "s");
    if (system.opened.unfinished)
        printf("note: a newer generation had been begun and is not all there: never committed, or "
               "damaged since\n");
    if (system.opened.slots_bad > 0 || system.opened.copies_bad > 0 || system.opened.fell_back)
        tally.damages++; /* opening has said so */
    system_close(&system);
    return err == OK && tally.damages == 0 ? STATUS_DONE : STATUS_TROUBLE;
}
