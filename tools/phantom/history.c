/*
 * history.c - the verbs history, rewind and clone: generations that stay readable.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "phantom/ask.h"
#include "phantom/clone.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "plat/machine.h"

/* A generation on the command line. False after a message. */
static bool
generation_read(const struct invocation *invocation, unsigned at, uint64_t *generation)
{
    const char *word = invocation->arguments[at];
    char volume[SAY_WORD_BYTES];

    if (word[0] != '\0' && strspn(word, "0123456789") == strlen(word) && strlen(word) < 19) {
        *generation = strtoull(word, NULL, 10);
        return true;
    }
    say_error("%s: a generation is a number, not '%s'; 'phantom history %s' lists them",
              invocation->verb->name, word, say_word(invocation->arguments[0], volume));
    return false;
}

/* In a stopped volume nothing but history changes: it holds what it held. */
static int
change(const char *volume, const char *request)
{
    return ask_volume(&(struct ask){
        .volume = volume, .request = request, .writes = true, .of_the_store = true });
}

/* ---- rules ---- */

/* One rule, "NAME=NUMBER" up to a comma or the end, which is not in `seen`; `text` moves behind it.
 */
static bool
rule_read(const char **text, struct store_policy *policy, unsigned *seen)
{
    const struct {
        const char *name;
        uint32_t *count;
    } rules[] = { { "last=", &policy->last },
                  { "hourly=", &policy->hourly },
                  { "daily=", &policy->daily } };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const char *number = *text + strlen(rules[i].name);
        size_t digits;

        if (strncmp(*text, rules[i].name, strlen(rules[i].name)) != 0)
            continue;
        digits = strspn(number, "0123456789");
        if (digits == 0 || digits > 4 || (*seen >> i & 1) != 0)
            return false;
        *seen |= 1u << i;
        *rules[i].count = (uint32_t)strtoul(number, NULL, 10);
        *text = number + digits;
        return true;
    }
    return false;
}

/* Rules such as "last=8,hourly=24,daily=7", or "none". False if they make no sense. */
static bool
policy_read(const char *text, struct store_policy *policy)
{
    unsigned seen = 0;

    *policy = (struct store_policy){ 0 };
    if (strcmp(text, "none") == 0)
        return true;
    while (rule_read(&text, policy, &seen)) {
        if (*text == '\0')
            return policy->last + policy->hourly + policy->daily <= STORE_POLICY_MAX;
        if (*text++ != ',')
            return false;
    }
    return false;
}

static int
keep(const struct invocation *invocation)
{
    const char *rules = option_value(invocation, "keep");
    struct store_policy policy;
    char request[64];

    if (!policy_read(rules, &policy)) {
        say_error("history: --keep wants rules such as last=2,hourly=24,daily=7, each once and %u "
                  "at most "
                  "in all, or none, not '%s'",
                  (unsigned)STORE_POLICY_MAX, rules);
        return STATUS_USAGE;
    }
    snprintf(request, sizeof request, "history keep %" PRIu32 " %" PRIu32 " %" PRIu32, policy.last,
             policy.hourly, policy.daily);
    return change(invocation->arguments[0], request);
}

/* ---- the table ---- */

/* One row of render_history(), in local time. Returns the blocks that it keeps. */
static uint64_t
pin_show(const char *row, size_t row_bytes)
{
    uint64_t generation, wall_ns, page_count, blocks = 0;
    char when[SAY_TIME_BYTES], size[FORMAT_UNIT_BYTES], kept[8] = "";
    int cause;

    if (sscanf(row, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %7s %n", &generation, &wall_ns,
               &page_count, &blocks, kept, &cause) != 5)
        return 0;
    printf("%10" PRIu64 "  %s  %9s  %9" PRIu64 "  %-5s  %.*s\n", generation,
           say_time(wall_ns, when), format_bytes(size, page_count * PAGE_BYTES), blocks, kept,
           (int)row_bytes - cause, row + cause);
    return blocks;
}

static void
history_show(const struct buffer *text)
{
    const char *row = (const char *)text->bytes;
    char size[FORMAT_UNIT_BYTES];
    uint64_t blocks = 0;
    uint32_t last, hourly, daily;

    if (sscanf(row, "%" SCNu32 " %" SCNu32 " %" SCNu32, &last, &hourly, &daily) == 3)
        printf("kept by rule: last=%" PRIu32 ",hourly=%" PRIu32 ",daily=%" PRIu32 "\n", last,
               hourly, daily);
    row += strcspn(row, "\n");
    row += *row == '\n';
    printf("%10s  %-23s  %9s  %9s  %-5s  %s\n", "GENERATION", "TIME", "SIZE", "BLOCKS", "KEPT",
           "CAUSE");
    while (*row != '\0') {
        size_t row_bytes = strcspn(row, "\n");

        blocks += pin_show(row, row_bytes);
        row += row_bytes + (row[row_bytes] == '\n');
    }
    printf("%" PRIu64 " blocks (%s) are kept that the present does not need\n", blocks,
           format_bytes(size, blocks * PAGE_BYTES));
}

int
verb_history(const struct invocation *invocation)
{
    const char *volume = invocation->arguments[0];
    unsigned count = invocation->argument_count;
    const char *act = count > 1 ? invocation->arguments[1] : "list";
    bool rules = option_given(invocation, "keep");
    uint64_t generation;
    char request[64];

    if (rules && count == 1)
        return keep(invocation);
    if (strcmp(act, "list") == 0 && count <= 2 && !rules)
        return ask_volume(&(struct ask){ .volume = volume,
                                         .request = "history list",
                                         .of_the_store = true,
                                         .show = history_show });
    if (strcmp(act, "pin") == 0 && count == 2 && !rules)
        return change(volume, "history pin");
    if (strcmp(act, "drop") != 0 || count != 3 || rules) {
        say_error("history: what to do? phantom history %s", invocation->verb->synopsis);
        return STATUS_USAGE;
    }
    if (!generation_read(invocation, 2, &generation))
        return STATUS_USAGE;
    snprintf(request, sizeof request, "history drop %" PRIu64, generation);
    return change(volume, request);
}

/* ---- going back, and copies ---- */

/* What stands in the way of a generation of the past. */
static void
past_say(const struct system *system, err_t err, uint64_t generation, const char *doing)
{
    char volume[SAY_WORD_BYTES];

    if (err == ERR_NOT_FOUND)
        say_error("%s: generation %" PRIu64
                  " is not kept; 'phantom history %s' lists those that are",
                  system->path, generation, say_word(system->path, volume));
    else if (err == ERR_CORRUPT)
        say_error("%s: generation %" PRIu64 " is damaged; 'phantom check %s' says more",
                  system->path, generation, say_word(system->path, volume));
    else
        system_say(system, err, doing);
}

int
verb_rewind(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0] };
    struct store_note note = { .wall_ns = plat_wall_ns() };
    char volume[SAY_WORD_BYTES];
    uint64_t generation, kept = 0;
    struct system system;
    err_t err;

    if (!generation_read(invocation, 1, &generation))
        return STATUS_USAGE;
    if (!system_open(&system, &options))
        return STATUS_TROUBLE;
    err = store_rewind(system.store, generation, &note, &kept);
    system_close(&system);
    if (err != OK) {
        past_say(&system, err, generation, "cannot go back");
        return STATUS_TROUBLE;
    }
    say("%s is at generation %" PRIu64 ", which is as generation %" PRIu64
        " was; undo that with: phantom rewind %s %" PRIu64,
        options.path, note.generation, generation, say_word(options.path, volume), kept);
    return STATUS_DONE;
}

int
verb_clone(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0], .read_only = true };
    const char *path = invocation->arguments[2];
    char word[SAY_WORD_BYTES];
    struct store_view *view = NULL;
    struct system system;
    uint64_t generation;
    bool done = false;
    err_t err;

    if (!generation_read(invocation, 1, &generation))
        return STATUS_USAGE;
    if (!system_open(&system, &options))
        return STATUS_TROUBLE;
    err = store_view_open(system.store, generation, &view);
    if (err != OK)
        past_say(&system, err, generation, "cannot read it");
    else
        done = clone_make(&system, view, path);
    store_view_close(view);
    system_close(&system);
    if (done)
        say("made %s, which goes on where generation %" PRIu64 " of %s was: phantom run %s", path,
            generation, options.path, say_word(path, word));
    return done ? STATUS_DONE : STATUS_TROUBLE;
}
