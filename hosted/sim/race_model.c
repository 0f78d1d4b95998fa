/*
 * race_model.c - what must be there, and whether it is.
 *
 * The model is kept for each version of the space: a word there counts what the mutator has
 * changed. So after a kill the model is the one of the version that was found. That a weak word is
 * null is no change of the mutator's, so it is looked at each time: then nothing may lead to what
 * it was for, and all other weak words to that are null, too.
 * * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "plat/machine.h"
#include "sim/race_priv.h"

/* What is wrong; it is said once. */
__attribute__((format(printf, 1, 2))) void
race_wrong(const char *text, ...)
{
    va_list arguments;

    if (race.failed)
        return;
    race.failed = true;
    va_start(arguments, text);
    fputs("sim: ", stderr);
    vfprintf(stderr, text, arguments);
    fputs("\n", stderr);
    va_end(arguments);
}

void
race_must(const char *doing, err_t err)
{
    if (err != OK)
        race_wrong("cannot %s: error %d", doing, (int)err);
}

int
race_model_node(void)
{
    int node = race.model.count++;

    if (node == NODES_MAX)
        plat_panic("sim: the model has no room for more objects");
    for (unsigned i = 0; i < NODE_WORDS; i++)
        race.model.slots[node][i] = NONE;
    return node;
}

/* A change of the space is complete: it has a version of its own. */
void
race_changed(void)
{
    race.version++;
    if (race.version == VERSIONS)
        plat_panic("sim: the model has no room for more versions");
    pmem_store64(race_ledger_at(LEDGER_VERSION), race.version);
    race.models[race.version] = race.model;
}

static void
reach(int node, bool *reached)
{
    if (node == NONE || reached[node])
        return;
    reached[node] = true;
    for (unsigned i = 0; i < NODE_WORDS; i++)
        reach(race.model.slots[node][i], reached);
}

static bool
is_reachable(int node)
{
    bool reached[NODES_MAX] = { false };

    for (unsigned i = 0; i < HOLDER_COUNT; i++)
        reach(race.model.holders[i], reached);
    reach(race.model.hand, reached);
    return node != NONE && reached[node];
}

/* The heap from `word` on is as the model is from `node` on; `seen`: where each node was. */
static void
compare(int node, word_t word, word_t *seen)
{
    if (node == NONE || word == WORD_NULL) {
        if (node != NONE || word != WORD_NULL)
            race_wrong("where %d must be there is %#" PRIx64, node, word);
        return;
    }
    if (seen[node] != 0) {
        if (seen[node] != word)
            race_wrong("object %d is in two places, %#" PRIx64 " and %#" PRIx64, node, seen[node],
                       word);
        return;
    }
    seen[node] = word;
    if (heap_class_of(word) != CLASS_NODE || GET_U64(node_object, word, id) != (uint64_t)node) {
        race_wrong("object %d at %#" PRIx64 " is none any more", node, word);
        return;
    }
    for (unsigned i = 0; i < NODE_WORDS; i++)
        compare(race.model.slots[node][i], race_node_get(word, i), seen);
}

/* Weak reference `i` is null: nothing may lead to what it was for, and the others are null, too. */
static void
cleared_look(unsigned i)
{
    struct race_model *model = &race.model;

    if (is_reachable(model->targets[i]))
        race_wrong("weak reference %u is null, and what it was for can be reached", i);
    for (unsigned other = 0; other < WEAK_COUNT; other++) {
        if (model->targets[other] == model->targets[i] && race_weak_look(other) != WORD_NULL)
            race_wrong("weak reference %u is null, and %u to the same is not", i, other);
    }
    model->cleared[i] = true;
}

static void
weak_compare(unsigned i, word_t *seen)
{
    word_t word = race_weak_look(i);

    if (word == WORD_NULL)
        cleared_look(i);
    else if (race.model.cleared[i])
        race_wrong("weak reference %u was null, and is not any more", i);
    else
        compare(race.model.targets[i], word, seen);
}

static void
stones_look(void)
{
    word_t stone = race_root_get(AT_STONES);

    for (unsigned i = STONES; i-- > 0; stone = race_node_get(stone, 0)) {
        if (heap_class_of(stone) != CLASS_NODE || GET_U64(node_object, stone, id) != STONE_ID + i) {
            race_wrong("stone %u is none any more", i);
            return;
        }
    }
}

/* What refers to the first stone, if it is there, refers to where it is. */
static void
stone_look(const char *what, word_t word)
{
    if (word != WORD_NULL && word != race_root_get(AT_STONES))
        race_wrong("%s refers to where a stone was", what);
}

static void
past_look(void)
{
    word_t past = race_root_get(AT_PAST), born = race_root_get(AT_BORN);
    word_t far = race_root_get(AT_FAR), wider = race_root_get(AT_WIDER);
    word_t loose = race_root_get(AT_LOOSE);

    stone_look("the root", GET_WORD(space_root, SPACE_ROOT, out_of_space));
    if (past != WORD_NULL) {
        stone_look("an object", race_node_get(past, 0));
        if (race_node_get(race_root_get(AT_STONES), 1) != past)
            race_wrong("a stone refers to where an object was");
    }
    if (born != WORD_NULL)
        stone_look("an object that was born old", race_node_get(born, 0));
    if (far != WORD_NULL)
        stone_look("a large array", array_load_word(far, FAR_WORD));
    if (wider != WORD_NULL)
        stone_look("a large array that was born", array_load_word(wider, FAR_WORD));
    if (loose != WORD_NULL)
        stone_look("a weak reference", obj_load_word(loose, offsetof(struct weak_object, weak)));
}

static void
raw_look(unsigned root, uint32_t length)
{
    word_t raw = race_root_get(root);

    if ((raw != WORD_NULL) != race.model.large) {
        race_wrong("a raw object is there, and should not be, or the other way");
        return;
    }
    for (uint32_t i = 0; raw != WORD_NULL && i < length; i++) {
        if (pmem_load64(array_at(raw, KIND_RAW64, i)) != i)
            race_wrong("a raw object at %#" PRIx64 " is none any more", raw);
    }
}

static void
ledger_look(void)
{
    for (unsigned i = 0; i < WEAK_COUNT; i++) {
        uint64_t called = pmem_load64(race_ledger_at(LEDGER_CALLED + i));

        if (called != race.model.called[i])
            race_wrong("action %u was called %" PRIu64 " times and not %" PRIu64, i, called,
                       race.model.called[i]);
        if (called > 1)
            race_wrong("action %u was called more than once", i);
    }
}

/* All is as the model says. */
void
race_look(void)
{
    word_t seen[NODES_MAX] = { 0 };

    for (unsigned i = 0; i < HOLDER_COUNT; i++)
        compare(race.model.holders[i], race_root_get(i), seen);
    compare(race.model.hand, race.hand.word, seen);
    for (unsigned i = 0; i < WEAK_COUNT; i++)
        weak_compare(i, seen);
    stones_look();
    past_look();
    raw_look(AT_WIDE, WIDE_WORDS);
    raw_look(AT_LARGE, LARGE_WORDS);
    ledger_look();
}

/* What is counted is counted once: it does not run below nothing. */
static void
figures_look(void)
{
    struct heap_stats stats;

    heap_stats_get(&stats);
    if (stats.live_bytes > (uint64_t)RACE_BLOCK_COUNT * HEAP_BLOCK_BYTES)
        race_wrong("%" PRIu64 " bytes are said to be alive", stats.live_bytes);
}

static void
walk(void *argument)
{
    (void)argument;
    heap_check();
}

/* And all of the heap is sound. */
void
race_look_closely(void)
{
    race_look();
    figures_look();
    race_must("walk the heap", pmem_world_do(&race.worker, walk, NULL, 0));
    race_must("come to a safepoint", pmem_safepoint(&race.worker));
}
