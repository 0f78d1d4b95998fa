/*
 * race_world.c - the world that races are tried in, and how the mutator takes turns with the
 * collector.
 *
 * Turns: the collector comes by a point, says so, and waits until the mutator has done all that
 * belongs there. Should the mutator have to wait for the collector itself, because it wants the
 * world to stop, then nothing can run, time leaps to the end of the collector's patience,
 * and it goes on: the step has begun there, and ends later.
 * * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <string.h>

#include "format/module.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "sim/disk.h"
#include "sim/fibre.h"
#include "sim/machine.h"
#include "sim/race_priv.h"
#include "sim/scenario.h"

struct race race;

static struct {
    bool on;                /* somebody waits for the collector's points */
    _Atomic uint32_t at;    /* how many it came by */
    _Atomic uint32_t done;  /* the mutator has done what belongs up to there */
    uint64_t cycles;        /* were over before */
    struct race_road *road; /* or NULL */
} turn;

const char *const sim_race_act_names[RACE_ACT_COUNT] = {
    [RACE_GET] = "get",         [RACE_KEEP] = "keep",   [RACE_FORGET] = "forget",
    [RACE_DROP] = "drop",       [RACE_HIDE] = "hide",   [RACE_YOUNG] = "young",
    [RACE_PROMOTE] = "promote", [RACE_FILL] = "fill",   [RACE_FAR] = "far",
    [RACE_RENEW] = "renew",     [RACE_CLEAN] = "clean", [RACE_COMMIT] = "commit",
    [RACE_HOARD] = "hoard",     [RACE_STRIP] = "strip", [RACE_STOPPED] = "stopped",
    [RACE_KILL] = "kill",
};

const char *const sim_race_point_names[HEAP_POINT_COUNT] = {
    [HEAP_POINT_BEGUN] = "begun",     [HEAP_POINT_ANNOUNCED] = "announced",
    [HEAP_POINT_INSTANT] = "instant", [HEAP_POINT_LOOK] = "look",
    [HEAP_POINT_HELD] = "held",       [HEAP_POINT_WAITED] = "waited",
    [HEAP_POINT_MARKED] = "marked",   [HEAP_POINT_LAST] = "last",
    [HEAP_POINT_JUDGE] = "judge",     [HEAP_POINT_JUDGED] = "judged",
    [HEAP_POINT_EMPTY] = "empty",     [HEAP_POINT_OVER] = "over",
};

/* ---- taking turns ---- */

/* Only the points at objects and blocks that the mutator has to do with. */
static bool
matters(enum heap_point point, uint64_t next)
{
    uint64_t mask = point == HEAP_POINT_JUDGE ? ~(HEAP_BLOCK_BYTES - 1) : ~0ull;

    if (point != HEAP_POINT_LOOK && point != HEAP_POINT_WAITED && point != HEAP_POINT_JUDGE)
        return true;
    for (unsigned i = 0; i < race.tracked_count; i++) {
        if ((race.tracked[i] & mask) == next)
            return true;
    }
    return false;
}

/* In the collector's thread. */
static void
point_come(enum heap_point point, uint64_t next)
{
    uint64_t deadline_ns = plat_monotonic_ns() + PATIENCE_NS;
    uint32_t at, done;

    if (!turn.on || !matters(point, next))
        return;
    at = atomic_fetch_add(&turn.at, 1) + 1;
    if (turn.road != NULL && turn.road->count < RACE_POINTS_MAX)
        turn.road->points[turn.road->count++] = point;
    plat_wake(&turn.at, 1);
    while ((done = atomic_load(&turn.done)) < at && plat_monotonic_ns() < deadline_ns)
        plat_wait(&turn.done, done, deadline_ns);
}

static void
turn_pass(uint32_t done)
{
    atomic_store(&turn.done, done);
    plat_wake(&turn.done, 1);
}

static bool
cycle_is_over(void)
{
    struct heap_stats stats;

    heap_stats_get(&stats);
    return stats.cycles.count + stats.cycles.vain != turn.cycles;
}

/* Be away until the collector has come by so many points, or the cycle is over. */
static void
turn_wait(uint32_t points)
{
    unsigned looks = 0;
    uint32_t at;

    pmem_worker_away(&race.worker);
    while ((at = atomic_load(&turn.at)) < points && !cycle_is_over()) {
        turn_pass(at);
        plat_wait(&turn.at, at, plat_monotonic_ns() + LOOK_NS);
        if (++looks == LOOKS_MAX)
            plat_panic("sim: the cycle does not end");
    }
    pmem_worker_back(&race.worker);
    race_must("come to a safepoint", pmem_safepoint(&race.worker));
}

/* ---- up and down ---- */

static bool
disk_open(void)
{
    return sim_disk_create(&race.disk, race.image, RACE_BLOCK_COUNT, NULL, NULL, LATENCY_NS,
                           race.seed) == OK;
}

static bool
up(void)
{
    err_t err = pmem_start(race.store, &race.pmem);

    if (err != OK)
        return sim_trouble("bring up the space", err);
    if (race.version == 0)
        err = heap_format();
    if (err == OK)
        err = heap_start(&race.options);
    if (err == OK)
        err = pmem_worker_join(&race.worker);
    if (err != OK)
        return sim_trouble("bring up the heap", err);
    heap_local_join(&race.local, &race.worker);
    heap_handle_open(&race.hand, WORD_NULL);
    heap_handle_open(&race.spare, WORD_NULL);
    return true;
}

static void
down(void)
{
    heap_handle_close(&race.hand);
    heap_handle_close(&race.spare);
    heap_local_leave(&race.local);
    pmem_worker_leave(&race.worker);
    heap_stop();
    pmem_stop();
    store_close(race.store);
    sim_disk_destroy(race.disk);
}

/* What is on the disk now is all that is left. */
void
race_kill(void)
{
    static uint8_t left[RACE_BLOCK_COUNT * PLAT_BLOCK_BYTES];

    memcpy(left, race.image, sizeof left);
    turn.on = false;
    turn_pass(UINT32_MAX);
    down();
    memcpy(race.image, left, sizeof left);
    race.worker = (struct pmem_worker){ 0 };
    race.hoard = 0;
    if (!disk_open() || store_open(race.disk, false, &race.store, NULL) != OK || !up()) {
        race_wrong("it does not start again");
        return;
    }
    race.version = pmem_load64(race_ledger_at(LEDGER_VERSION));
    if (race.version >= VERSIONS) {
        race_wrong("version %" PRIu64 " was never made", race.version);
        return;
    }
    race.model = race.models[race.version];
    race.model.hand = NONE;
    memset(race.model.cleared, 0, sizeof race.model.cleared);
    race_look_closely();
}

/* ---- how it begins ---- */

static void
track(uint64_t address)
{
    race.tracked[race.tracked_count++] = address;
}

static void
roots_make(void)
{
    ref_t array;

    race_class_make(CLASS_NODE, 0, sizeof(struct node_object), NODE_WORDS);
    race_class_make(CLASS_WEAK_NODE, CLASS_WEAK, sizeof(struct weak_object), 1);
    array = race_array_make(KIND_WORDS, CLASS_WORDS, ROOT_COUNT);
    SET_WORD(space_root, SPACE_ROOT, out_of_memory, array);
    array = race_array_make(KIND_RAW64, CLASS_LONGS, LEDGER_COUNT);
    race_root_set(AT_LEDGER, array);
}

/* Old objects, with holes between them from the next full collection on. */
static void
stones_make(void)
{
    for (unsigned i = 0; i < STONES * STONE_EVERY; i++) {
        ref_t node = race_node_make(STONE_ID + i / STONE_EVERY, true);

        if (i % STONE_EVERY == 0) {
            race_node_set(node, 0, race_root_get(AT_STONES));
            race_root_set(AT_STONES, node);
        }
        race_must("come to a safepoint", pmem_safepoint(&race.worker));
    }
}

/* What is dead in the next cycle, and refers to what is young. */
static void
graves_make(void)
{
    ref_t grave;

    race.spare.word = race_node_make(JUNK_ID, false);
    grave = race_node_make(JUNK_ID, true);
    for (unsigned i = 0; i < NODE_WORDS; i++)
        race_node_set(grave, i, race.spare.word);
    grave = race_array_make(KIND_WORDS, CLASS_WORDS, GROUND_WORDS);
    array_store_word(grave, GROUND_WORDS / 2, race.spare.word);
    race.spare.word = WORD_NULL;
}

/* T -> U -> V, T in the hand; a line or more between them. If they are young T is older than U. */
static void
targets_make(bool old)
{
    race.hand.word = race_node_make(0, old);
    if (!old)
        race_scavenge();
    race.spare.word = race.hand.word;
    for (int i = 1; i < 3; i++) {
        ref_t node;

        (void)race_alloc(HEAP_LINE_BYTES, CLASS_BYTES, old);
        node = race_node_make((uint64_t)i, old);
        race_node_set(race.spare.word, 0, node);
        race.spare.word = node;
    }
    race.spare.word = WORD_NULL;
    for (unsigned i = 0; i < 3; i++)
        (void)race_model_node();
    race.model.slots[0][0] = 1;
    race.model.slots[1][0] = 2;
    race.model.hand = 0;
}

static void
weak_make(unsigned i, bool old, int target, bool watched)
{
    ref_t weak = race_alloc(sizeof(struct weak_object), CLASS_WEAK_NODE, old);
    word_t word = target == 0 ? race.hand.word : race_node_get(race.hand.word, 0);

    obj_store_word(weak, offsetof(struct weak_object, weak), word);
    if (old)
        race_age(weak);
    race_root_set(AT_WEAK + i, weak);
    race.model.targets[i] = target;
    race.model.watched[i] = watched;
    pmem_store64(race_ledger_at(LEDGER_WATCHED + i), watched);
    (void)race_alloc(HEAP_LINE_BYTES, CLASS_BYTES, old);
}

static void
tracked_note(void)
{
    track(race_roots());
    for (word_t node = race.hand.word; node != WORD_NULL; node = race_node_get(node, 0))
        track(node);
    for (unsigned i = 0; i < WEAK_COUNT; i++)
        track(race_root_get(AT_WEAK + i));
    track(race_root_get(AT_STONES)); /* its block has holes */
}

/* What every case finds: an old heap that has no holes yet. */
static void
ground_make(void)
{
    roots_make();
    stones_make();
    for (unsigned i = 0; i < GROUND_LARGE; i++)
        (void)race_array_make(KIND_WORDS, CLASS_WORDS, GROUND_WORDS);
    race_changed();
    race_commit();
}

/*
 * Let old space have a place that is open for what does not fit the hole: a block is filled up but
 * for a little, and the next such object goes elsewhere.
 */
static void
wide_open(void)
{
    for (unsigned left = HEAP_BLOCK_BYTES / (8 * WIDE_WORDS); left-- > 0;)
        (void)race_raw_make(left > 0 ? WIDE_WORDS : WIDE_WORDS * 7 / 8);
    (void)race_raw_make(WIDE_WORDS);
}

/*
 * What is made in old space next comes to the last of the stones. The block of the array that keeps
 * everything has no hole any more, because it cannot be emptied; those between have, from the next
 * full collection on, for what will be made later.
 */
static void
sparse_begin(void)
{
    uint64_t first = race_roots() / HEAP_BLOCK_BYTES,
             last = race_root_get(AT_STONES) / HEAP_BLOCK_BYTES;
    ref_t node = race_alloc(sizeof(struct weak_object), CLASS_WEAK_NODE, true);

    obj_store_word(node, offsetof(struct weak_object, weak), race_root_get(AT_STONES));
    race_root_set(AT_LOOSE, node);
    do {
        node = race_node_make(JUNK_ID, true);
        if (node / HEAP_BLOCK_BYTES == first) {
            race_node_set(node, 0, race_root_get(AT_PLUG));
            race_root_set(AT_PLUG, node);
        }
        race_must("come to a safepoint", pmem_safepoint(&race.worker));
    } while (node / HEAP_BLOCK_BYTES != last);
    race_root_set(AT_FAR, race_array_make(KIND_WORDS, CLASS_WORDS, FAR_WORDS));
    SET_WORD(space_root, SPACE_ROOT, out_of_space, race_root_get(AT_STONES));
}

/* Holes are known. What is young by then is not any more. */
static void
sparse_know(void)
{
    race_must("collect", heap_collect_full(&race.local));
}

static void
sparse_end(void)
{
    ref_t past = race_node_make(JUNK_ID, false);

    race_age(past); /* the next scavenge makes it old */
    race_node_set(past, 0, race_root_get(AT_STONES));
    race_node_set(race_root_get(AT_STONES), 1, past);
    race_root_set(AT_PAST, past);
    heap_compact_set(HEAP_COMPACT_ALL);
}

static void
begin(unsigned start)
{
    bool node_old = (start & RACE_YOUNG_NODE) == 0, weak_old = (start & RACE_YOUNG_WEAK) == 0;
    bool sparse = (start & RACE_SPARSE) != 0;

    race.version = pmem_load64(race_ledger_at(LEDGER_VERSION));
    race_must("collect", heap_collect_full(&race.local));
    if (sparse)
        sparse_begin();
    (void)race_node_make(JUNK_ID, false); /* the nursery is there */
    if (sparse && !node_old)
        sparse_know();
    targets_make(node_old);
    if (sparse && node_old && !weak_old)
        sparse_know();
    weak_make(0, weak_old, 0, false);
    weak_make(1, weak_old, 0, true);
    weak_make(2, weak_old, 1, true);
    if (sparse && node_old && weak_old)
        sparse_know();
    if ((start & RACE_HELD) != 0) {
        race.model.holders[HOLDER_START] = race.model.hand;
        race_root_set(HOLDER_START, race.hand.word);
        wide_open();
    }
    graves_make();
    if (sparse)
        sparse_end();
    tracked_note();
    race_hand_take(NONE, WORD_NULL);
    race_changed();
    race_commit();
    race_look();
}

static bool
machine_open(uint8_t *image, uint64_t seed, bool verbose)
{
    static struct sim_machine machine;
    const struct sim_schedule schedule = { .switch_per_1024 = seed == 0 ? 0 : 200,
                                           .tick_ns_max = 200,
                                           .processor_count = 2 };

    machine =
        (struct sim_machine){ .seed = seed, .resident_bytes = RESIDENT_BYTES, .quiet = !verbose };
    race.seed = seed;
    race.image = image;
    race.pmem =
        (struct pmem_options){ .resident_bytes_max = RESIDENT_BYTES, .on_demand_only = true };
    race.options = (struct heap_options){
        .nursery_bytes = NURSERY_BYTES, .move_always = true, .background = true, .watch = point_come
    };
    for (unsigned i = 0; i < HOLDER_COUNT; i++)
        race.model.holders[i] = NONE;
    race.model.hand = NONE;
    sim_fibres_start(seed, &schedule);
    sim_machine_start(&machine);
    return disk_open();
}

bool
sim_race_world_make(uint8_t *image)
{
    err_t err;

    if (!machine_open(image, 0, false))
        return sim_trouble("make a disk", ERR_NOMEM);
    err = store_format(race.disk, RACE_BLOCK_COUNT);
    if (err == OK)
        err = store_open(race.disk, false, &race.store, NULL);
    if (err != OK)
        return sim_trouble("make a volume", err);
    if (!up())
        return false;
    ground_make();
    down();
    return !race.failed;
}

bool
sim_race_world_open(uint8_t *image, unsigned start, uint64_t seed, bool prove, bool verbose)
{
    err_t err;

    if (!machine_open(image, seed, verbose))
        return sim_trouble("make a disk", ERR_NOMEM);
    err = store_open(race.disk, false, &race.store, NULL);
    if (err != OK)
        return sim_trouble("open the volume", err);
    race.options.prove_cycles = prove;
    race.version = 1; /* it has a heap */
    if (!up())
        return false;
    begin(start);
    return !race.failed;
}

/* ---- one case ---- */

/*
 * Whatever was freed is written over, with what looks like a reference and is none: who takes it
 * for one, because something else lay there, changes it in the next scavenge.
 */
static void
free_fill(void)
{
    static ref_t junk[JUNK];
    uint64_t bait;

    race.spare.word = race_node_make(JUNK_ID, false);
    bait = race.spare.word;
    for (unsigned i = 0; i < JUNK; i++) {
        junk[i] = race_array_make(KIND_RAW64, CLASS_LONGS, JUNK_WORDS);
        for (unsigned n = 0; n < JUNK_WORDS; n++)
            pmem_store64(array_at(junk[i], KIND_RAW64, n), bait);
        race_must("come to a safepoint", pmem_safepoint(&race.worker));
    }
    race_look();
    for (unsigned round = 0; round < 2; round++) {
        race_scavenge();
        race_look();
    }
    for (unsigned i = 0; i < JUNK; i++) {
        for (unsigned n = 0; n < JUNK_WORDS; n++) {
            if (pmem_load64(array_at(junk[i], KIND_RAW64, n)) != bait)
                race_wrong("raw words at %#" PRIx64 " were taken for references", junk[i]);
        }
    }
    race.spare.word = WORD_NULL;
}

/* Nobody keeps anything: all goes, and each action is called once. */
static void
end_all(void)
{
    for (unsigned i = 0; i < HOLDER_COUNT; i++) {
        race.model.holders[i] = NONE;
        race_root_set(i, WORD_NULL);
    }
    race_hand_take(NONE, WORD_NULL);
    race_changed();
    for (unsigned i = 0; i < FULLS; i++) {
        race_must("collect", heap_collect_full(&race.local));
        race_look();
    }
    race_act(RACE_CLEAN);
    race_look_closely();
    for (unsigned i = 0; i < WEAK_COUNT; i++) {
        if (!race.model.cleared[i])
            race_wrong("weak reference %u is not null, and nothing leads there", i);
        if (i > 0 && race.model.called[i] != 1)
            race_wrong("action %u was not called", i);
    }
}

static void
turns_begin(struct race_road *road)
{
    struct heap_stats stats;

    heap_stats_get(&stats);
    turn.cycles = stats.cycles.count + stats.cycles.vain;
    turn.road = road;
    turn.on = true;
    heap_cycle_ask();
}

bool
sim_race_world_run(const struct race_step *steps, unsigned count, struct race_road *road)
{
    turns_begin(road);
    for (unsigned i = 0; i < count && !race.failed; i++) {
        if (turn.on)
            turn_wait(steps[i].point + 1);
        race_act(steps[i].act);
        race_look();
    }
    if (turn.on) {
        turn_wait(UINT32_MAX);
        turn.on = false;
    }
    if (race.hoard != 0)
        race_hoard_end();
    if (!race.failed)
        race_look_closely();
    if (!race.failed)
        free_fill();
    if (!race.failed)
        race_look_closely();
    if (!race.failed)
        end_all();
    return !race.failed;
}
