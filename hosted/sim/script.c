/*
 * script.c - steps on a store.
 *
 * A page says of itself which version it holds, in its first word; all others follow from that
 * and from its number. So whoever opens a volume finds out what it holds, and can go on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/space.h"
#include "plat/machine.h"
#include "sim/disk.h"
#include "sim/scenario.h"
#include "store/history.h"

/* On a faulty machine: what is refused now may be had soon. */
#define TRIES_MAX 64

const char *const sim_how_names[SIM_HOW_COUNT] = {
    [SIM_HOW_ONCE] = "once",   [SIM_HOW_STOP] = "stop", [SIM_HOW_CLEAR] = "clear",
    [SIM_HOW_EARLY] = "early", [SIM_HOW_PIN] = "pin",   [SIM_HOW_UNPIN] = "unpin",
    [SIM_HOW_FAIL] = "fail",   [SIM_HOW_KILL] = "kill", [SIM_HOW_REWIND] = "rewind",
};

static _Alignas(PAGE_BYTES) uint64_t expected[PAGE_BYTES / sizeof(uint64_t)];
static _Alignas(PAGE_BYTES) uint64_t got[PAGE_BYTES / sizeof(uint64_t)];

/* ---- pages ---- */

/* Groups lie in four leaves of the map, far from each other. */
static uint64_t
page_of(const struct sim_script *script, unsigned group, unsigned index)
{
    static const uint64_t bases[] = { 0, 5ull << 8, 3ull << 16, 1ull << 24 };

    return bases[group % 4] + (uint64_t)(group / 4) * script->group_pages + index;
}

static const void *
page_fill(uint64_t page, uint32_t version)
{
    if (version == 0) {
        memset(expected, 0, sizeof expected);
        return expected;
    }
    for (uint64_t i = 0; i < PAGE_BYTES / sizeof(uint64_t); i++)
        expected[i] = (page << 32 | version) * 0x9e3779b97f4a7c15ull + i;
    expected[0] = version;
    return expected;
}

/* May the machine say this, as bad as it is? */
static bool
err_allowed(const struct sim_script *script, err_t err)
{
    return err == OK || (script->faulty && (err == ERR_IO || err == ERR_NOSPACE ||
                                            err == ERR_NOMEM || err == ERR_CORRUPT));
}

/* Compare with what it must hold. */
static bool
page_compare(struct sim_script *script, unsigned group, unsigned index)
{
    uint64_t page = page_of(script, group, index);
    err_t err = store_page_read(script->store, page, got);

    if (err != OK)
        return err_allowed(script, err) ? true : sim_trouble("read a page", err);
    if (memcmp(got, page_fill(page, script->versions[group]), PAGE_BYTES) == 0)
        return true;
    fprintf(stderr, "sim: page %" PRIu64 " does not hold version %u\n", page,
            script->versions[group]);
    return false;
}

/* What a group holds goes into the next instant of the model. */
static void
group_tell(struct sim_script *script, unsigned group)
{
    for (unsigned i = 0; i < script->group_pages; i++) {
        uint64_t page = page_of(script, group, i);

        sim_model_page(script->model, page, page_fill(page, script->versions[group]));
    }
}

/* The version that a group says it holds. */
static bool
version_learn(struct sim_script *script, unsigned group)
{
    err_t err = ERR_IO;

    for (unsigned try = 0; err != OK && try < (script->faulty ? TRIES_MAX : 1); try++)
        err = store_page_read(script->store, page_of(script, group, 0), got);
    if (err != OK)
        return sim_trouble("read a page", err);
    script->versions[group] = (uint32_t)got[0];
    return true;
}

/* Read all of the volume; what it holds is found out, and told to the model. */
static bool
volume_learn(struct sim_script *script)
{
    for (unsigned group = 0; group < SIM_GROUPS; group++) {
        if (!version_learn(script, group))
            return false;
        for (unsigned i = 0; i < script->group_pages; i++)
            if (!page_compare(script, group, i))
                return false;
        group_tell(script, group);
        if (script->versions[group] > script->version)
            script->version = script->versions[group];
    }
    return true;
}

/* What was committed can be read, while more is written. */
static bool
volume_compare(struct sim_script *script)
{
    for (unsigned group = 0; group < SIM_GROUPS; group++)
        for (unsigned i = 0; i < script->group_pages && (script->dirty >> group & 1) == 0; i++)
            if (!page_compare(script, group, i))
                return false;
    return true;
}

/* ---- opening ---- */

bool
sim_script_open(struct sim_script *script)
{
    struct store_opened opened;
    err_t err = sim_store_open(script->disk, script->faulty, &script->store, &opened);

    if (err != OK)
        return sim_trouble("open", err);
    script->credit = script->dirty = script->early = 0;
    memset(script->versions, 0, sizeof script->versions);
    if (!volume_learn(script))
        return false;
    sim_model_instant(script->model, opened.generation);
    return true;
}

void
sim_script_close(struct sim_script *script)
{
    store_close(script->store);
    script->store = NULL;
}

/* ---- steps ---- */

static void
groups_change(struct sim_script *script, const struct sim_step *step)
{
    for (unsigned group = 0; group < SIM_GROUPS; group++)
        if (step->groups >> group & 1)
            script->versions[group] = step->how == SIM_HOW_CLEAR ? 0 : ++script->version;
    script->dirty |= step->groups;
    script->early &= ~step->groups;
}

static err_t
group_write_early(struct sim_script *script, unsigned group)
{
    err_t err = store_credit_take(script->store, script->group_pages);

    if (err != OK)
        return err;
    for (unsigned i = 0; i < script->group_pages; i++) {
        uint64_t page = page_of(script, group, i);

        err = store_page_write_early(script->store, store_generation_running(script->store), page,
                                     page_fill(page, script->versions[group]));
        if (err != OK) {
            store_credit_give(script->store, script->group_pages - i);
            return err;
        }
    }
    script->early |= 1ull << group;
    return OK;
}

static bool
groups_write_early(struct sim_script *script, uint64_t groups)
{
    err_t err = OK;

    for (unsigned group = 0; group < SIM_GROUPS && err == OK; group++)
        if (groups >> group & 1)
            err = group_write_early(script, group);
    return err_allowed(script, err) ? true : sim_trouble("write a page early", err);
}

static err_t
credit_provide(struct sim_script *script, uint64_t pages)
{
    err_t err;

    if (script->credit >= pages)
        return OK;
    err = store_credit_take(script->store, pages - script->credit);
    if (err == OK)
        script->credit = pages;
    return err;
}

static err_t
groups_hand_over(struct sim_script *script, uint64_t groups)
{
    err_t err = OK;

    for (unsigned group = 0; group < SIM_GROUPS && err == OK; group++)
        for (unsigned i = 0; i < script->group_pages && (groups >> group & 1) && err == OK; i++) {
            uint64_t page = page_of(script, group, i);

            err = store_commit_page(script->store, page, page_fill(page, script->versions[group]));
        }
    return err;
}

/* It may be found from now on, whatever becomes of its commit. */
static void
instant_tell(struct sim_script *script)
{
    for (unsigned group = 0; group < SIM_GROUPS; group++)
        if (script->dirty >> group & 1)
            group_tell(script, group);
    sim_model_instant(script->model, store_generation_running(script->store));
}

static void
commit_note(struct sim_script *script, uint64_t generation)
{
    script->dirty = script->early = 0;
    script->burnt = false;
    script->commits++;
    sim_record_mark(script->record, generation);
}

/* A commit of all that is dirty. Where there is no room for it, it folds, to make some. */
static err_t
commit_make(struct sim_script *script, enum store_cause cause)
{
    struct store_note note = { .wall_ns = plat_wall_ns(), .cause = cause };
    uint64_t groups = script->dirty & ~script->early;
    uint64_t pages = (uint64_t)__builtin_popcountll(groups) * script->group_pages;
    err_t err = credit_provide(script, pages);

    if (err != OK)
        return err;
    instant_tell(script);
    script->burnt = true;
    store_commit_begin(script->store);
    err = groups_hand_over(script, groups);
    if (err != OK) {
        store_commit_abandon(script->store);
        return err;
    }
    err = store_commit_finish(script->store, &note);
    if (err != OK)
        return err;
    script->credit -= pages;
    commit_note(script, note.generation);
    return OK;
}

static uint64_t
all_but_first(uint64_t groups)
{
    return groups & (groups - 1);
}

static void
pins_let_go(struct sim_script *script)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(script->store, pins, STORE_PINS_MAX);

    for (size_t i = 0; i < count; i++)
        IGNORE(store_unpin(script->store, pins[i].note.generation), "it may be going already");
}

/* The present is what that generation was, and what was the present is kept. */
static bool
rewind_compare(struct sim_script *script, uint64_t generation, uint64_t before, uint64_t kept)
{
    struct store_view *view;
    bool equal;

    if (sim_model_knows(script->model, generation) &&
        !sim_model_equals(script->model, script->store, generation, NULL)) {
        fprintf(stderr, "sim: it did not go back to what generation %" PRIu64 " was\n", generation);
        return false;
    }
    if (store_view_open(script->store, kept, &view) != OK)
        return sim_trouble("read what was the present", ERR_NOT_FOUND);
    equal = sim_model_equals_view(script->model, view, before, NULL);
    store_view_close(view);
    if (!equal)
        fprintf(stderr, "sim: generation %" PRIu64 " is not what was the present\n", kept);
    return equal;
}

/* Back to the oldest pin, if there is one: the present becomes one generation, the past another. */
static bool
rewind_make(struct sim_script *script)
{
    struct store_note note = { .wall_ns = plat_wall_ns() };
    uint64_t next = store_generation_running(script->store), kept;
    uint64_t before = sim_model_newest(script->model);
    struct store_pin pin;
    err_t err;

    if (store_pins_get(script->store, &pin, 1) == 0 || pin.going || script->dirty != 0)
        return true;
    store_credit_give(script->store, script->credit);
    script->credit = 0;
    err = store_rewind(script->store, pin.note.generation, &note, &kept);
    if (err == ERR_NOSPACE)
        return true;
    if (err != OK)
        return sim_trouble("go back", err);
    if (!rewind_compare(script, pin.note.generation, before, kept))
        return false;
    for (uint64_t generation = next; generation < note.generation; generation++)
        sim_model_instant(script->model, generation);
    if (!volume_learn(script))
        return false;
    sim_model_instant(script->model, note.generation);
    commit_note(script, note.generation);
    script->rewinds++;
    return true;
}

bool
sim_script_step(struct sim_script *script, const struct sim_step *step)
{
    bool expected_to_fail = step->how == SIM_HOW_FAIL;
    err_t err;

    if (step->how == SIM_HOW_REWIND)
        return rewind_make(script) && volume_compare(script);
    if (step->how == SIM_HOW_KILL && !script->burnt) {
        sim_script_close(script);
        if (!sim_script_open(script))
            return false;
    }
    groups_change(script, step);
    if (step->how == SIM_HOW_EARLY && !groups_write_early(script, step->groups))
        return false;
    if (step->how == SIM_HOW_FAIL && !groups_write_early(script, all_but_first(step->groups)))
        return false;
    if (step->how == SIM_HOW_PIN)
        store_pin_ask(script->store);
    if (step->how == SIM_HOW_UNPIN)
        pins_let_go(script);
    if (step->how == SIM_HOW_FAIL)
        sim_disk_fail_flush(script->disk);
    err = commit_make(script, step->how == SIM_HOW_STOP ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL);
    if (expected_to_fail ? err == OK : !err_allowed(script, err))
        return sim_trouble("commit", err);
    return volume_compare(script);
}
