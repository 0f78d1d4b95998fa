/*
 * repair.c - finding the newest undamaged generation, and going on from it.
 *
 * A check of the newest generation tells with each damage from which generation to which it
 * reaches. So what it says about pins is known without reading anything again; an older slot's
 * generation that it does not reach is looked at by itself, for what it alone leads to.
 *
 * Invariant: nothing is written but by commits of a store that knows all that the newest generation
 * uses, where that can be opened at all. So until the new generation is committed the damaged one
 * is as readable as before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/repair.h"

#include "plat/memory.h"
#include "store/restore_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

/* ---- looking ---- */

/* What a check has said. */
struct survey {
    struct store_repair *repair;
    store_finding_fn *finding; /* is told, too; NULL: nobody */
    store_progress_fn *progress;
    void *context;
    uint64_t newest;
    uint64_t unreached;          /* remarks: blocks that nothing uses, and the like */
    uint64_t slots[SUPER_SLOTS]; /* generations of older slots that no damage reaches; 0: none */
    struct store_pin pins[STORE_PINS_MAX];
    size_t pin_count;
    bool pin_damaged[STORE_PINS_MAX];
};

static void
finding_sort(void *context, const struct store_finding *finding)
{
    struct survey *survey = context;

    if (survey->finding != NULL)
        survey->finding(survey->context, finding);
    if (!finding->damage) {
        survey->unreached++;
        return;
    }
    if (finding->page_count == 0)
        survey->repair->lists++;
    else if (finding->last == survey->newest)
        survey->repair->damages++;
    else
        survey->repair->past++;
    for (unsigned i = 0; i < SUPER_SLOTS && finding->page_count > 0; i++) {
        if (finding->first <= survey->slots[i] && survey->slots[i] <= finding->last)
            survey->slots[i] = 0;
    }
    for (size_t i = 0; i < survey->pin_count && finding->page_count > 0; i++) {
        uint64_t generation = survey->pins[i].note.generation;

        if (finding->first <= generation && generation <= finding->last)
            survey->pin_damaged[i] = true;
    }
}

static void
progress_tell(void *context, uint64_t blocks_done, uint64_t blocks_total)
{
    struct survey *survey = context;

    if (survey->progress != NULL)
        survey->progress(survey->context, blocks_done, blocks_total);
}

static err_t
survey_make(struct survey *survey, struct store *store)
{
    survey->newest = store->super.note.generation;
    survey->pin_count = store_pins_get(store, survey->pins, STORE_PINS_MAX);
    for (unsigned i = 0; i < SUPER_SLOTS; i++) {
        const struct super_slot *slot = &store->slots[i];

        if (slot->used && !slot->bad && slot->newest < survey->newest)
            survey->slots[i] = slot->newest;
    }
    return store_check(store, finding_sort, progress_tell, survey);
}

/* ---- what to go back to ---- */

static void
damage_count(void *context, const struct store_finding *finding)
{
    *(uint64_t *)context += finding->damage && finding->page_count > 0;
}

/* The generation of an older slot, if it can be opened; NULL: it cannot. */
static struct store *
slot_open(struct plat_disk *disk, uint64_t generation)
{
    const struct store_how how = { .read_only = true, .last = generation };
    struct store *store = NULL;

    if (store_open_how(disk, &how, &store, NULL) != OK)
        return NULL;
    if (store->super.note.generation == generation)
        return store;
    store_close(store);
    return NULL;
}

/* Before anything was put into a volume it was not made yet: that is nothing to go back to. */
static bool
is_made(struct store *store)
{
    struct store_stats stats;

    store_stats_get(store, &stats);
    return stats.pages_mapped > 0;
}

/* True, and filled, if the slot's generation is whole. */
static bool
slot_try(struct plat_disk *disk, uint64_t generation, struct store_note *note)
{
    struct store *store = slot_open(disk, generation);
    uint64_t damages = 0;
    bool made;
    err_t err;

    if (store == NULL)
        return false;
    err = store_check(store, damage_count, NULL, &damages);
    *note = store->super.note;
    made = is_made(store);
    store_close(store);
    return err == OK && damages == 0 && made;
}

/* The newest slot's that is whole. */
static void
slot_find(struct plat_disk *disk, struct survey *survey)
{
    for (;;) {
        unsigned best = 0;
        uint64_t generation;

        for (unsigned i = 1; i < SUPER_SLOTS; i++) {
            if (survey->slots[i] > survey->slots[best])
                best = i;
        }
        generation = survey->slots[best];
        if (generation == 0 || slot_try(disk, generation, &survey->repair->to))
            return;
        survey->repair->to = (struct store_note){ 0 };
        survey->slots[best] = 0;
    }
}

static void
pin_find(struct survey *survey)
{
    struct store_repair *repair = survey->repair;

    for (size_t i = survey->pin_count; i-- > 0;) {
        const struct store_pin *pin = &survey->pins[i];

        if (pin->going || survey->pin_damaged[i])
            continue;
        if (pin->note.generation > repair->to.generation) {
            repair->to = pin->note;
            repair->pinned = true;
        }
        return;
    }
}

static err_t
past_open(struct plat_disk *disk, struct store *store, const struct store_repair *repair,
          struct past *past)
{
    *past = (struct past){ .note = repair->to };
    if (repair->pinned)
        return store_view_open(store, repair->to.generation, &past->view);
    past->store = slot_open(disk, repair->to.generation);
    return past->store != NULL ? OK : ERR_CORRUPT;
}

static void
past_close(struct past *past)
{
    store_view_close(past->view);
    store_close(past->store);
}

/* ---- the plan ---- */

/* The newest generation that can be opened; if there is none, the last fold, for what is pinned. */
static err_t
newest_open(struct plat_disk *disk, bool read_only, bool opens, struct store **store,
            struct store_opened *opened)
{
    const struct store_how how = { .read_only = read_only,
                                   .without_records = !opens,
                                   .find_free = !opens };

    return store_open_how(disk, &how, store, opened);
}

static err_t
newest_find(struct plat_disk *disk, struct store_repair *repair, struct store **store,
            struct store_opened *opened)
{
    err_t err = newest_open(disk, true, true, store, opened);

    repair->opens = err == OK;
    if (err != ERR_CORRUPT && err != ERR_IO)
        return err;
    return newest_open(disk, true, false, store, opened) == OK ? OK : err;
}

/* Was one newer than what was opened committed, as far as can be told, and cannot be opened? */
static bool
is_passed_over(const struct store *store, const struct store_opened *opened, uint64_t *newest)
{
    for (unsigned i = 0; i < SUPER_SLOTS; i++) {
        if (store->slots[i].newest > *newest)
            *newest = store->slots[i].newest;
    }
    return opened->fell_back && *newest > opened->generation;
}

static err_t
way_back_find(struct plat_disk *disk, struct store *store, struct survey *survey)
{
    struct store_repair *repair = survey->repair;
    struct past past;
    err_t err;

    if (repair->opens)
        slot_find(disk, survey);
    pin_find(survey);
    repair->step = repair->to.generation != 0 ? STORE_REPAIR_BACK : STORE_REPAIR_NOWHERE;
    if (repair->step == STORE_REPAIR_NOWHERE || !repair->opens)
        return OK;
    err = past_open(disk, store, repair, &past);
    if (err == OK)
        err = restore_count(store, &past, &repair->pages);
    past_close(&past);
    return err;
}

static err_t
plan_make(struct plat_disk *disk, struct survey *survey)
{
    struct store_repair *repair = survey->repair;
    struct store *store = NULL;
    struct store_opened opened = { 0 };
    uint64_t newest = 0;
    err_t err;

    TRY(newest_find(disk, repair, &store, &opened));
    repair->newest = store->super.note;
    err = survey_make(survey, store);
    if (err == OK && (!repair->opens || repair->damages > 0)) {
        err = way_back_find(disk, store, survey);
    } else if (err == OK && is_passed_over(store, &opened, &newest)) {
        /* What was opened is whole; it only has to be made the newest. */
        repair->step = is_made(store) ? STORE_REPAIR_BACK : STORE_REPAIR_NOWHERE;
        repair->to = is_made(store) ? store->super.note : (struct store_note){ 0 };
        repair->opens = false;
        repair->newest = (struct store_note){ .generation = newest };
    } else if (err == OK && !is_made(store)) {
        repair->step = STORE_REPAIR_NOWHERE;
    } else if (err == OK && repair->lists + survey->unreached > 0) {
        repair->step = STORE_REPAIR_LISTS;
    }
    store_close(store);
    return err;
}

err_t
store_repair_plan(struct plat_disk *disk, store_finding_fn *finding, store_progress_fn *progress,
                  void *context, struct store_repair *repair)
{
    struct survey *survey = plat_alloc(sizeof *survey);
    err_t err;

    if (survey == NULL)
        return ERR_NOMEM;
    *repair = (struct store_repair){ 0 };
    *survey = (struct survey){
        .repair = repair, .finding = finding, .progress = progress, .context = context
    };
    err = plan_make(disk, survey);
    plat_free(survey, sizeof *survey);
    return err;
}

/* ---- doing it ---- */

/*
 * Pin the damaged generation, so that what can be read of it stays. That is one commit: it must not
 * take the very slot that is to be gone back to, and a table without a place for one more would
 * want others. It folds, and there is no pin if that cannot be done, as when the disk does not give
 * a node that is to be written anew. Returns the pin, or 0.
 */
static uint64_t
present_keep(struct store *store, const struct store_repair *repair, uint64_t wall_ns)
{
    unsigned next =
        super_choose(store->slots, store->slot_last, store->slot_before, store->slot_failed);
    struct store_note note = { .wall_ns = wall_ns };
    err_t err;

    if (store->history.count == STORE_PINS_MAX ||
        (!repair->pinned && store->slots[next].newest == repair->to.generation))
        return 0;
    store_pin_ask(store);
    store->fold_wanted = true;
    err = store_history_commit(store, STORE_CAUSE_PIN, &note);
    store->history.pin_asked = store->fold_wanted = false;
    return err == OK ? note.generation : 0;
}

static err_t
go_back(struct plat_disk *disk, struct store *store, const struct store_repair *repair,
        struct store_note *note, uint64_t *kept)
{
    struct past past;
    err_t err = past_open(disk, store, repair, &past);

    if (err == OK && repair->opens)
        *kept = present_keep(store, repair, note->wall_ns);
    if (err == OK)
        err = restore_commit(store, &past, note);
    past_close(&past);
    return err;
}

static err_t
back_do(struct plat_disk *disk, const struct store_repair *repair, struct store_note *note,
        uint64_t *kept)
{
    struct store *store;
    err_t err;

    TRY(newest_open(disk, false, repair->opens || !repair->pinned, &store, NULL));
    store->fold_wanted = !repair->opens;
    if (repair->opens && store->super.note.generation != repair->newest.generation)
        err = ERR_CORRUPT;
    else if (repair->opens || repair->pinned)
        err = go_back(disk, store, repair, note, kept);
    else
        err = store_history_commit(store, STORE_CAUSE_REWIND, note); /* it becomes the newest */
    store_close(store);
    return err;
}

static void
finding_ignore(void *context, const struct store_finding *finding)
{
    (void)context;
    (void)finding;
}

/* Make so many generations of what is there, with all that a fold writes. */
static err_t
folds_make(struct plat_disk *disk, const struct store_how *how, unsigned count,
           struct store_note *note)
{
    struct store *store;
    err_t err;

    TRY(store_open_how(disk, how, &store, NULL));
    err = how->find_unlisted ? store_check(store, finding_ignore, NULL, NULL) : OK;
    for (; err == OK && count > 0; count--) {
        store->fold_wanted = true;
        err = store_history_commit(store, STORE_CAUSE_DEMAND, note);
    }
    store_close(store);
    return err;
}

/* Is there still something to be written anew? */
static err_t
lists_look(struct plat_disk *disk, bool *wanted)
{
    struct store_repair repair = { 0 };
    struct survey *survey = plat_alloc(sizeof *survey);
    struct store *store = NULL;
    err_t err = ERR_NOMEM;

    if (survey != NULL) {
        *survey = (struct survey){ .repair = &repair };
        err = newest_open(disk, true, true, &store, NULL);
    }
    if (err == OK)
        err = survey_make(survey, store);
    if (err == OK)
        *wanted = repair.lists + survey->unreached > 0;
    store_close(store);
    plat_free(survey, sizeof *survey);
    return err;
}

/*
 * As many folds as there are slots write all of them, and all lists. Then no older slot leads to
 * anything that the present does not know of, and what is in use can be found out anew.
 */
static err_t
lists_do(struct plat_disk *disk, struct store_note *note)
{
    const struct store_how unlisted = { .find_unlisted = true }, free = { .find_free = true };
    bool wanted = false;

    TRY(lists_look(disk, &wanted));
    if (!wanted)
        return OK;
    TRY(folds_make(disk, &unlisted, SUPER_SLOTS, note));
    TRY(lists_look(disk, &wanted));
    return wanted ? folds_make(disk, &free, 1, note) : OK;
}

err_t
store_repair_do(struct plat_disk *disk, const struct store_repair *repair, struct store_note *note,
                uint64_t *kept)
{
    *kept = 0;
    if (repair->step == STORE_REPAIR_BACK) {
        TRY(back_do(disk, repair, note, kept));
        IGNORE(lists_do(disk, note), "the newest generation is whole; a check tells of the rest");
    }
    return repair->step == STORE_REPAIR_LISTS ? lists_do(disk, note) : OK;
}
