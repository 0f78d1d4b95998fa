/*
 * check.c - the verb check.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "heap/name.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/system.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "store/history.h"

#define PROGRESS_NS 200000000u

struct tally {
    struct store *store;
    uint64_t generation; /* the present one */
    uint64_t damages;
    uint64_t words;    /* of the heap, that are wrong, or cannot be read */
    uint64_t shown_ns; /* when the progress was last shown */
    bool progress;     /* somebody watches */
};

static void
progress_erase(const struct tally *tally)
{
    if (tally->progress && tally->shown_ns != 0)
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
touched_show(const struct tally *tally, const struct store_finding *finding)
{
    struct touched touched = { .store = tally->store };
    struct heap_reader names = { .read = touched_read, .context = &touched };
    char text[HEAP_PLACE_BYTES];

    if (finding->last != tally->generation &&
        store_view_open(tally->store, finding->last, &touched.view) != OK)
        return;
    names.buffer = plat_alloc(PAGE_BYTES);
    if (names.buffer != NULL) {
        heap_name_page(&names, finding->page, text);
        printf("; it holds %s", text);
    }
    plat_free(names.buffer, PAGE_BYTES);
    store_view_close(touched.view);
}

static void
finding_show(void *context, const struct store_finding *finding)
{
    struct tally *tally = context;

    progress_erase(tally);
    tally->damages += finding->damage;
    printf("%s: %s", finding->damage ? "damage" : "note", finding->what);
    if (finding->page_count == 1)
        touched_show(tally, finding);
    putchar('\n');
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

/* False if it could not look at all of it. */
static bool
store_look(struct system *system, struct tally *tally)
{
    struct store_stats stats;
    err_t err;

    store_stats_get(system->store, &stats);
    tally->store = system->store;
    tally->generation = stats.generation;
    err = store_check(system->store, finding_show, progress_show, tally);
    progress_erase(tally);
    if (err != OK)
        system_say(system, err, "cannot check all of it");
    else
        printf("%s: generation %" PRIu64 ", %" PRIu64 " pages, %" PRIu64 " damage%s\n",
               system->path, stats.generation, stats.pages_mapped, tally->damages,
               tally->damages == 1 ? "" : "s");
    if (system->opened.unfinished)
        printf("note: a newer generation had been begun and is not all there: never committed, or "
               "damaged since\n");
    if (system->opened.slots_bad > 0 || system->opened.copies_bad > 0 || system->opened.fell_back)
        tally->damages++; /* opening has said so */
    return err == OK;
}

static void
word_show(void *context, const struct heap_finding *finding)
{
    struct tally *tally = context;

    tally->words++;
    printf("damage: %s\n", finding->what);
}

/* The same for what lives in it. */
static bool
heap_look(struct system *system, struct tally *tally)
{
    err_t err;

    if (!system_start_heap(system))
        return false;
    err = heap_examine(word_show, tally);
    if (err != OK)
        system_say(system, err, "cannot walk all of its heap");
    else if (tally->words == 0)
        printf("%s: heap: sound\n", system->path);
    else
        printf("%s: heap: not sound, %" PRIu64 " finding%s\n", system->path, tally->words,
               tally->words == 1 ? "" : "s");
    return err == OK;
}

int
verb_check(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0], .read_only = true };
    struct tally tally = { .progress = isatty(STDERR_FILENO) };
    struct system system;
    bool looked;

    if (!system_open(&system, &options))
        return STATUS_TROUBLE;
    looked = store_look(&system, &tally);
    if (option_given(invocation, "heap"))
        looked = heap_look(&system, &tally) && looked;
    system_close(&system);
    return looked && tally.damages + tally.words == 0 ? STATUS_DONE : STATUS_TROUBLE;
}
