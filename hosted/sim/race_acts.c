/*
 * race_acts.c - the mutator.
 *
 * Each act is complete in the space and in the model before it comes to a safepoint again.
 * * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "sim/race_priv.h"

#define KEPT_PAGES 512 /* at least as many as are kept for those who clean up */

void
race_hand_take(int node, word_t word)
{
    race.model.hand = node;
    race.hand.word = word;
}

static void
act_get(void)
{
    word_t word = heap_weak_get(race_root_get(AT_WEAK));

    if (word != WORD_NULL)
        race_hand_take(race.model.targets[0], word);
}

static void
act_keep(void)
{
    race.model.holders[HOLDER_KEPT] = race.model.hand;
    race_root_set(HOLDER_KEPT, race.hand.word);
    race_changed();
}

static void
act_drop(void)
{
    race.model.holders[HOLDER_START] = NONE;
    race_root_set(HOLDER_START, WORD_NULL);
    race_changed();
}

static void
act_hide(void)
{
    bool held = race.model.holders[HOLDER_START] != NONE;
    int node = held ? race.model.holders[HOLDER_START] : race.model.hand;
    word_t word = held ? race_root_get(HOLDER_START) : race.hand.word;

    if (node == NONE)
        return;
    race.model.holders[HOLDER_HIDDEN] = race.model.slots[node][0];
    race.model.slots[node][0] = NONE;
    race_root_set(HOLDER_HIDDEN, race_node_get(word, 0));
    race_node_set(word, 0, WORD_NULL);
    race_changed();
}

static void
act_young(void)
{
    int node = race_model_node();
    ref_t young = race_node_make((uint64_t)node, false);

    race.model.slots[node][0] = race.model.hand;
    race_node_set(young, 0, race.hand.word);
    race_hand_take(node, young);
}

static void
far_store(void)
{
    if (race_root_get(AT_FAR) != WORD_NULL)
        array_store_word(race_root_get(AT_FAR), FAR_WORD, race_root_get(AT_STONES));
}

static void
act_far(void)
{
    far_store();
    race_commit();
}

/* Where blocks are sparse: what is old from the beginning, and refers there. */
static void
born_make(void)
{
    ref_t born;

    if (race_root_get(AT_FAR) == WORD_NULL || race.hoard != 0) /* there is no credit for it */
        return;
    far_store();
    born = race_node_make(JUNK_ID, true);
    race_node_set(born, 0, race_root_get(AT_STONES));
    race_root_set(AT_BORN, born);
    born = race_array_make(KIND_WORDS, CLASS_WORDS, FAR_WORDS);
    array_store_word(born, FAR_WORD, race_root_get(AT_STONES));
    race_root_set(AT_WIDER, born);
}

/* Each is in the list before it is safe to move on. */
static void
act_fill(void)
{
    for (unsigned i = 0; i < FILLED; i++) {
        int node = race_model_node();
        ref_t old = race_node_make((uint64_t)node, true);

        race.model.slots[node][0] = race.model.holders[HOLDER_FILLED];
        race.model.slots[node][1] = race.model.hand;
        race.model.holders[HOLDER_FILLED] = node;
        race_node_set(old, 0, race_root_get(HOLDER_FILLED));
        race_node_set(old, 1, race.hand.word);
        race_root_set(HOLDER_FILLED, old);
        race_changed();
    }
    born_make();
    race.spare.word = race_raw_make(WIDE_WORDS);
    race_root_set(AT_LARGE, race_raw_make(LARGE_WORDS));
    race_root_set(AT_WIDE, race.spare.word);
    race.spare.word = WORD_NULL;
    race.model.large = true;
    race_changed();
}

static void
act_renew(void)
{
    ref_t weak;

    if (race.model.hand == NONE)
        return;
    weak = race_alloc(sizeof(struct weak_object), CLASS_WEAK_NODE, false);
    obj_store_word(weak, offsetof(struct weak_object, weak), race.hand.word);
    race_root_set(AT_WEAK, weak);
    race.model.targets[0] = race.model.hand;
    race.model.cleared[0] = false;
    race_changed();
}

static void
act_clean(void)
{
    bool any = false;

    for (unsigned i = 0; i < WEAK_COUNT; i++) {
        if (!race.model.watched[i] || !heap_weak_is_null(race_root_get(AT_WEAK + i)))
            continue;
        race.model.watched[i] = false;
        race.model.called[i]++;
        pmem_store64(race_ledger_at(LEDGER_WATCHED + i), 0);
        pmem_store64(race_ledger_at(LEDGER_CALLED + i),
                     pmem_load64(race_ledger_at(LEDGER_CALLED + i)) + 1);
        any = true;
    }
    if (any)
        race_changed();
}

void
race_commit(void)
{
    uint32_t epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);

    pmem_worker_away(&race.worker);
    race_must("commit", pmem_snapshot_wait(epoch));
    pmem_worker_back(&race.worker);
    race_must("come to a safepoint", pmem_safepoint(&race.worker));
}

void
race_scavenge(void)
{
    err_t err = heap_collect(&race.local, 0);

    if (err != ERR_NOSPACE || race.hoard == 0)
        race_must("scavenge", err);
}

static void
hoard(err_t (*reserve)(struct pmem_worker *worker, uint64_t pages))
{
    for (uint64_t pages = pmem_credit_possible() + KEPT_PAGES; pages > 0;) {
        if (reserve(&race.worker, pages) == OK)
            race.hoard += pages;
        else
            pages /= 2;
    }
}

void
race_hoard_end(void)
{
    uint64_t left = race.worker.credit < race.hoard ? race.worker.credit : race.hoard;

    pmem_unreserve(&race.worker, left);
    race.hoard = 0;
    race_must("come to a safepoint", pmem_safepoint(&race.worker));
}

void
race_act(enum race_act act)
{
    switch (act) {
    case RACE_GET:
        return act_get();
    case RACE_KEEP:
        return act_keep();
    case RACE_FORGET:
        return race_hand_take(NONE, WORD_NULL);
    case RACE_DROP:
        return act_drop();
    case RACE_HIDE:
        return act_hide();
    case RACE_YOUNG:
        return act_young();
    case RACE_PROMOTE:
        return race_scavenge();
    case RACE_FILL:
        return act_fill();
    case RACE_FAR:
        return act_far();
    case RACE_RENEW:
        return act_renew();
    case RACE_CLEAN:
        return act_clean();
    case RACE_COMMIT:
        return race_commit();
    case RACE_HOARD:
        return hoard(pmem_reserve);
    case RACE_STRIP:
        hoard(pmem_reserve);
        return hoard(pmem_reserve_kept);
    case RACE_STOPPED:
        (void)heap_make_room(&race.local, 1);
        return;
    case RACE_KILL:
        return race_kill();
    default:
        plat_panic("sim: no such act");
    }
}
