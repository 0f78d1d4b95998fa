/*
 * history.c - the answers to questions about history: what is kept, and what shall be.
 *
 * Whoever asks for something is answered when it is done and safe, which takes a snapshot.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/history.h"
#include "base/format.h"
#include "base/memory.h"
#include "control/history_priv.h"
#include "control/number_priv.h"
#include "control/render.h"
#include "plat/machine.h"
#include "pmem/pmem.h"

#define PLACE_COMMITS 8 /* until there is a place for one more */

/* Where nothing runs the store alone makes the generation, and changes no page. */
static err_t
commit(struct store *store, bool running)
{
    struct store_note note = { .wall_ns = plat_wall_ns() };

    if (running)
        return pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_PIN));
    return store_history_commit(store, STORE_CAUSE_PIN, &note);
}

/* The newest generation that somebody asked to keep, or 0. */
static uint64_t
held_newest(struct store *store)
{
    struct store_pin pins[STORE_PINS_MAX];
    uint64_t newest = 0;

    for (size_t i = store_pins_get(store, pins, STORE_PINS_MAX); i > 0 && newest == 0; i--)
        newest = pins[i - 1].held ? pins[i - 1].note.generation : 0;
    return newest;
}

/* Where so many are kept that there is no place, the oldest is let go of by several commits. */
static err_t
pin(struct store *store, bool running, struct buffer *text)
{
    uint64_t before = held_newest(store), kept = before;

    store_pin_ask(store);
    for (unsigned i = 0; i < PLACE_COMMITS && kept <= before; i++) {
        TRY(commit(store, running));
        kept = held_newest(store);
    }
    if (kept <= before)
        return ERR_BUSY;
    return buffer_format(text, "generation %" PRIu64 " is kept\n", kept);
}

/* Where nothing runs nobody else does the rest: as long as each commit brings some of it. */
static void
rest_let_go(struct store *store)
{
    uint64_t left = store_history_left(store), before = UINT64_MAX;

    while (left > 0 && left < before && commit(store, false) == OK) {
        before = left;
        left = store_history_left(store);
    }
}

static err_t
drop(struct store *store, bool running, const char *words, struct buffer *text)
{
    uint64_t generation;

    if (!number_read(&words, &generation) || *words != '\0')
        return ERR_NOT_FOUND;
    TRY(store_unpin(store, generation));
    TRY(commit(store, running));
    if (!running)
        rest_let_go(store);
    return buffer_format(text, "generation %" PRIu64 " is let go of\n", generation);
}

static err_t
keep(struct store *store, bool running, const char *words, struct buffer *text)
{
    struct store_policy policy;
    uint64_t last, hourly, daily;

    if (!number_read(&words, &last) || !number_read(&words, &hourly) ||
        !number_read(&words, &daily) || *words != '\0' || last > STORE_POLICY_MAX ||
        hourly > STORE_POLICY_MAX || daily > STORE_POLICY_MAX)
        return ERR_RANGE;
    policy = (struct store_policy){ (uint32_t)last, (uint32_t)hourly, (uint32_t)daily };
    TRY(store_policy_set(store, &policy));
    TRY(commit(store, running));
    if (!running)
        rest_let_go(store);
    return buffer_format(text, "that is kept by rule from now on\n");
}

err_t
answer_history(struct store *store, bool running, const char *words, struct buffer *text)
{
    const char *rest;

    if (text_equal(words, "list"))
        return render_history(text, store);
    if (text_equal(words, "pin"))
        return pin(store, running, text);
    rest = answer_after_word(words, "drop");
    if (rest != NULL)
        return drop(store, running, rest, text);
    rest = answer_after_word(words, "keep");
    return rest == NULL ? ERR_RANGE : keep(store, running, rest, text);
}
