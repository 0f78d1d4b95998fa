/*
 * repair.c - check --repair.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/repair.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/format.h"
#include "format/space.h"
#include "phantom/findings.h"
#include "phantom/say.h"
#include "phantom/signals.h"
#include "phantom/system.h"
#include "phantom/verbs.h"
#include "plat/machine.h"
#include "store/repair.h"

/* ---- what it costs ---- */

static void
pages_say(const char *path, const struct store_repair *repair)
{
    char size[FORMAT_UNIT_BYTES];

    if (repair->pages == 0)
        say("%s: what was written since then is given up", path);
    else
        say("%s: what was written since then is given up: %" PRIu64 " page%s (%s) will be as they "
            "were",
            path, repair->pages, repair->pages == 1 ? "" : "s",
            format_bytes(size, repair->pages * PAGE_BYTES));
}

static void
way_back_say(const char *path, const struct store_repair *repair)
{
    const struct store_note *newest = &repair->newest, *to = &repair->to;
    char when[SAY_TIME_BYTES], age[FORMAT_UNIT_BYTES] = "";

    if (newest->wall_ns > to->wall_ns)
        format_duration(age, newest->wall_ns - to->wall_ns);
    say("%s: generation %" PRIu64 " %s", path, newest->generation,
        repair->opens ? "is damaged" : "cannot be opened");
    say("%s: the newest undamaged one is generation %" PRIu64 "%s, of %s%s%s", path, to->generation,
        repair->pinned ? ", which is kept" : "", say_time(to->wall_ns, when),
        age[0] != '\0' ? ", older by " : "", age);
    pages_say(path, repair);
}

static void
no_way_say(const char *path, const struct store_repair *repair)
{
    if (!repair->opens)
        say_error("%s: generation %" PRIu64 " cannot be opened, and there is none to go back to",
                  path, repair->newest.generation);
    else if (repair->damages == 0)
        system_say_unmade(path);
    else
        say_error("%s: generation %" PRIu64 " is damaged, and so are all older ones; what is not "
                  "damaged in it can go on: a program that needs what is gets an exception",
                  path, repair->newest.generation);
}

static void
plan_say(const char *path, const struct store_repair *repair)
{
    switch (repair->step) {
    case STORE_REPAIR_NOTHING:
        if (repair->past == 0)
            say("%s is sound: there is nothing to repair", path);
        else
            say("%s: the newest generation is sound, and only such that are kept are damaged; "
                "'phantom history' lists them, and lets go of them",
                path);
        break;
    case STORE_REPAIR_LISTS:
        say("%s: what is wrong is there twice, or can be found out from the rest; it is written "
            "anew, and nothing is given up",
            path);
        break;
    case STORE_REPAIR_BACK:
        way_back_say(path, repair);
        break;
    case STORE_REPAIR_NOWHERE:
        no_way_say(path, repair);
        break;
    }
}

/* ---- asking ---- */

static bool
answer_is_yes(void)
{
    char line[16];

    fprintf(stderr, "phantom: do it? [y/N] ");
    fflush(stderr);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static bool
is_wanted(const char *path, bool yes)
{
    char word[SAY_WORD_BYTES];

    if (yes || (isatty(STDIN_FILENO) && answer_is_yes()))
        return true;
    say("%s was not changed; do it with: phantom check --repair --yes %s", path,
        say_word(path, word));
    return false;
}

/* ---- doing it ---- */

static bool
plan_do(const struct system *system, const struct store_repair *repair)
{
    struct store_note note = { .wall_ns = plat_wall_ns() };
    char word[SAY_WORD_BYTES];
    uint64_t kept = 0;
    sigset_t before;
    err_t err;

    signals_hold(&before);
    err = store_repair_do(system->disk, repair, &note, &kept);
    signals_release(&before);
    if (err != OK)
        system_say(system, err, "cannot be repaired");
    else if (repair->step == STORE_REPAIR_LISTS)
        say("repaired %s: it is at generation %" PRIu64, system->path, note.generation);
    else
        say("repaired %s: it is at generation %" PRIu64 ", which is as generation %" PRIu64 " was",
            system->path, note.generation, repair->to.generation);
    if (kept != 0)
        say("what was damaged is kept as generation %" PRIu64
            "; let go of it with: phantom history %s drop %" PRIu64,
            kept, say_word(system->path, word), kept);
    return err == OK;
}

/* The disk is open. */
static int
repair_disk(const struct system *system, bool yes)
{
    struct findings findings = findings_of(NULL);
    struct store_repair repair;
    err_t err =
        store_repair_plan(system->disk, findings_show, findings_progress, &findings, &repair);

    findings_progress_erase(&findings);
    if (err != OK) {
        system_say(system, err, "cannot be repaired");
        return STATUS_TROUBLE;
    }
    plan_say(system->path, &repair);
    if (repair.step == STORE_REPAIR_NOTHING)
        return repair.past == 0 ? STATUS_DONE : STATUS_TROUBLE;
    if (repair.step == STORE_REPAIR_NOWHERE || !is_wanted(system->path, yes))
        return STATUS_TROUBLE;
    return plan_do(system, &repair) ? STATUS_DONE : STATUS_TROUBLE;
}

int
repair_volume(const char *path, bool yes)
{
    struct system_options options = { .path = path };
    struct system system;
    int status;

    if (!system_open_disk(&system, &options))
        return STATUS_TROUBLE;
    status = repair_disk(&system, yes);
    system_close(&system);
    return status;
}
