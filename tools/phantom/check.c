/*
 * check.c - the verb check.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>

#include "phantom/findings.h"
#include "phantom/options.h"
#include "phantom/repair.h"
#include "phantom/say.h"
#include "phantom/scrub.h"
#include "phantom/system.h"

/* Look at all of the volume. False if that cannot be done, or there is damage. */
static bool
store_look(struct system *system)
{
    const struct store_opened *opened = &system->opened;
    struct findings findings = findings_of(system->store);
    struct store_stats stats;
    err_t err = store_check(system->store, findings_show, findings_progress, &findings);

    findings_progress_erase(&findings);
    store_stats_get(system->store, &stats);
    if (err != OK)
        system_say(system, err, "cannot check all of it");
    else
        printf("%s: generation %" PRIu64 ", %" PRIu64 " pages, %" PRIu64 " damage%s\n",
               system->path, stats.generation, stats.pages_mapped, findings.damages,
               findings.damages == 1 ? "" : "s");
    if (stats.pages_mapped == 0)
        system_say_unmade(system->path);
    if (opened->unfinished)
        printf("note: a newer generation had been begun and is not all there: never committed, or "
               "damaged since\n");
    /* Of the rest opening has said so. */
    return err == OK && findings.damages == 0 && stats.pages_mapped > 0 && opened->slots_bad == 0 &&
           opened->copies_bad == 0 && !opened->fell_back;
}

static void
word_show(void *context, const struct heap_finding *finding)
{
    ++*(uint64_t *)context;
    printf("damage: %s\n", finding->what);
}

/* The same for what lives in it. */
static bool
heap_look(struct system *system)
{
    uint64_t count = 0;
    err_t err;

    if (!system_start_heap(system))
        return false;
    err = heap_examine(word_show, &count);
    if (err != OK)
        system_say(system, err, "cannot walk all of its heap");
    else if (count == 0)
        printf("%s: heap: sound\n", system->path);
    else
        printf("%s: heap: not sound, %" PRIu64 " finding%s\n", system->path, count,
               count == 1 ? "" : "s");
    return err == OK && count == 0;
}

static int
look(const char *path, bool heap)
{
    struct system_options options = { .path = path, .read_only = true };
    struct system system;
    int status;
    bool sound;

    if (!heap && scrub_running(path, &status))
        return status;
    if (!system_open(&system, &options))
        return STATUS_TROUBLE;
    sound = store_look(&system);
    if (heap)
        sound = heap_look(&system) && sound;
    system_close(&system);
    return sound ? STATUS_DONE : STATUS_TROUBLE;
}

int
verb_check(const struct invocation *invocation)
{
    bool heap = option_given(invocation, "heap"), repair = option_given(invocation, "repair");
    bool yes = option_given(invocation, "yes");

    if ((yes && !repair) || (heap && repair)) {
        say_error("check: %s", yes && !repair
                                   ? "--yes is for --repair"
                                   : "--heap and --repair are two things; one at a time");
        return STATUS_USAGE;
    }
    return repair ? repair_volume(invocation->arguments[0], yes)
                  : look(invocation->arguments[0], heap);
}
