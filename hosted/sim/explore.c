/*
 * explore.c - recording a run and cutting it everywhere.
 *
 * Each run is a process of its own, because a cut leaves the core in the middle of
 * what it did, and so is the walk along its record. Images are private memory, so a
 * child's changes are its own; records, models and tallies are shared. The walk looks
 * at a cut in its own process: opening and checking a volume change nothing on the
 * disk, and what the cut did to it is taken back. A disk that was looked at before, byte
 * for byte, is not opened again: it is known what was found there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/volume.h"
#include "plat/machine.h"
#include "sim/child.h"
#include "sim/fibre.h"
#include "sim/machine.h"
#include "store/history.h"

#define EVENT_MAX     (1u << 20)
#define RECORD_BYTES  (8ull << 30)
#define CHILD_SECONDS 120
#define DEEPER_ONE_IN 24         /* cuts that go on to live */
#define DEEPER_POINTS 10         /* and are cut about so often in turn */
#define REFUSED       UINT64_MAX /* in the place of a generation */

/* How far it has come, in memory that outlives who dies on the way. */
struct progress {
    uint64_t cuts[SIM_DEPTH_MAX];
    uint64_t sights;
    uint64_t refusals;
    struct sim_path path;         /* of the cut that was made last */
    struct sim_fault_list faults; /* that happened in the first run */
};

static struct {
    struct sim_record *records[SIM_DEPTH_MAX];
    struct sim_model *models[SIM_DEPTH_MAX];
    struct progress *shared;
} explorer;

const char *const sim_weather_names[SIM_WEATHER_COUNT] = {
    [SIM_FAIR] = "fair",
    [SIM_FAILING] = "failing",
    [SIM_LYING] = "lying",
};

bool
sim_explore_start(void)
{
    sim_memory_keep();
    for (unsigned i = 0; i < SIM_DEPTH_MAX; i++) {
        explorer.models[i] = sim_model_create();
        if (explorer.models[i] == NULL ||
            sim_record_create(&explorer.records[i], EVENT_MAX, RECORD_BYTES) != OK)
            return false;
    }
    explorer.shared = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sim_tally = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return explorer.shared != MAP_FAILED && sim_tally != MAP_FAILED;
}

/* ---- children ---- */

struct life {
    const struct sim_plan *plan;
    uint64_t seed;
    uint8_t *image;
    unsigned depth;
    unsigned snapshots;
    uint64_t acknowledged; /* the oldest generation that may be opened */
};

static void
chances_set(const struct sim_plan *plan, struct sim_faults *faults)
{
    static const uint32_t chances[SIM_WEATHER_COUNT][SIM_FAULT_COUNT] = {
        [SIM_FAILING] = { [SIM_READ_ERROR] = 1000,
                          [SIM_WRITE_ERROR] = 6000,
                          [SIM_NO_SPACE] = 3000,
                          [SIM_FLUSH_ERROR] = 40000,
                          [SIM_SLOW] = 5000,
                          [SIM_NO_MEMORY] = 2000 },
        [SIM_LYING] = { [SIM_READ_SHORT] = 30,
                        [SIM_READ_ELSEWHERE] = 30,
                        [SIM_WRITE_ERROR] = 1000,
                        [SIM_WRITE_LOST] = 4000,
                        [SIM_WRITE_ELSEWHERE] = 4000,
                        [SIM_ROT] = 4000,
                        [SIM_FLUSH_ERROR] = 5000,
                        [SIM_FLUSH_LOST] = 50000,
                        [SIM_SLOW] = 5000 },
    };

    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++)
        if ((plan->scenario->faults & 1u << i) != 0)
            faults->chances[i] = chances[plan->weather][i];
}

/* Only the first run has faults: then what came before is known. */
static bool
is_faulty(const struct life *life)
{
    return life->depth == 0 && (life->plan->weather != SIM_FAIR || life->plan->faults != NULL);
}

/* Did one of these faults befall the first run? */
static bool
has_happened(unsigned faults)
{
    const struct sim_fault_list *happened = &explorer.shared->faults;

    for (unsigned i = 0; i < happened->count; i++)
        if ((faults & 1u << happened->faults[i].fault) != 0)
            return true;
    return false;
}

/* The volume may be damaged. */
static bool
is_damaged(void)
{
    return has_happened(SIM_FAULTS_THAT_DAMAGE);
}

/* The simulated machine, in this process, with this life's luck. */
static struct plat_disk *
machine_on(const struct life *life, struct sim_record *record, const struct sim_faults *faults)
{
    static struct sim_machine machine;
    struct sim_random random = { .state = life->seed };
    struct sim_schedule schedule = { .switch_per_1024 =
                                         16 + (uint32_t)sim_random_below(&random, 500),
                                     .tick_ns_max = 200,
                                     .processor_count = 2 };
    uint64_t latency_ns_max = 1000 + sim_random_below(&random, 1000000);
    struct plat_disk *disk = NULL;

    machine = (struct sim_machine){ .seed = life->seed,
                                    .resident_bytes = life->plan->scenario->resident_bytes,
                                    .faults = faults,
                                    .quiet = !life->plan->verbose };
    sim_fibres_start(sim_random_next(&random), &schedule);
    sim_machine_start(&machine);
    if (sim_disk_create(&disk, life->image, life->plan->block_count, record, faults, latency_ns_max,
                        sim_random_next(&random)) != OK)
        return NULL;
    return disk;
}

static bool
child_prepare(void *argument)
{
    const struct life *life = argument;
    struct plat_disk *disk = machine_on(life, NULL, NULL);

    return disk != NULL && life->plan->scenario->prepare(disk);
}

static bool
child_live(void *argument)
{
    const struct life *life = argument;
    struct sim_random random = { .state = life->seed ^ 0x6c697665ull };
    struct sim_faults faults = { .seed = life->seed,
                                 .only = life->plan->faults,
                                 .happened = &explorer.shared->faults };
    struct sim_record *record = explorer.records[life->depth];
    bool faulty = is_faulty(life);
    struct plat_disk *disk;

    chances_set(life->plan, &faults);
    disk = machine_on(life, record, faulty ? &faults : NULL);
    return disk != NULL &&
           life->plan->scenario->live(&(struct sim_life){ .disk = disk,
                                                          .model = explorer.models[life->depth],
                                                          .record = record,
                                                          .random = &random,
                                                          .snapshots = life->snapshots,
                                                          .faulty = faulty });
}

/* What a check found, and what reading showed before it. */
struct look {
    bool damaged;      /* damage is to be expected, but to be named */
    uint64_t lost;     /* pages that could not be read */
    uint64_t findings; /* of damage */
};

static void
finding_count(void *context, const struct store_finding *finding)
{
    struct look *look = context;

    if (!finding->damage || finding->block < VOLUME_FIRST_BLOCK)
        return; /* a cut may tear the superblock that was being written: it has a twin */
    look->findings++;
    if (!look->damaged)
        fprintf(stderr, "sim: check: %s\n", finding->what);
}

/*
 * The store holds what the models say that it must. The deepest that knows the generation counts,
 * as it is the newest. A generation of no model is one that failed, in any of the lives: a cut may
 * take away what a kill had left visible of those after it.
 */
static bool
models_agree(unsigned depth, struct store *store, uint64_t generation, struct look *look)
{
    for (unsigned i = depth + 1; i-- > 0;)
        if (sim_model_knows(explorer.models[i], generation))
            return sim_model_equals(explorer.models[i], store, generation,
                                    look->damaged ? &look->lost : NULL);
    for (unsigned i = depth + 1; i-- > 0;)
        if (sim_model_has_unnumbered(explorer.models[i], store))
            return true;
    fprintf(stderr, "sim: generation %" PRIu64 " is no instant that ever was\n", generation);
    return false;
}

/* A pinned generation holds what it held, by the deepest model that knows it. */
static bool
view_agrees(unsigned depth, struct store_view *view, uint64_t generation, struct look *look)
{
    for (unsigned i = depth + 1; i-- > 0;)
        if (sim_model_knows(explorer.models[i], generation))
            return sim_model_equals_view(explorer.models[i], view, generation,
                                         look->damaged ? &look->lost : NULL);
    return false;
}

/* All pins are as they must be. That of a commit that failed is seen only where it is the newest.
 */
static bool
pins_agree(unsigned depth, struct store *store, uint64_t opened, struct look *look)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(store, pins, STORE_PINS_MAX);
    bool agree = true;

    for (size_t i = 0; i < count && agree; i++) {
        uint64_t generation = pins[i].note.generation;
        struct store_view *view;

        if (pins[i].going || generation == opened)
            continue;
        agree = store_view_open(store, generation, &view) == OK;
        if (!agree)
            break;
        agree = view_agrees(depth, view, generation, look);
        store_view_close(view);
        if (!agree)
            fprintf(stderr, "sim: pinned generation %" PRIu64 " is not what it was\n", generation);
    }
    return agree;
}

/* The volume holds what it must, and is sound; or what is wrong with it is named. */
static bool
volume_sound(const struct life *life, struct store *store, uint64_t generation)
{
    struct look look = { .damaged = is_damaged() };
    err_t err;

    if (!models_agree(life->depth, store, generation, &look) ||
        !pins_agree(life->depth, store, generation, &look))
        return false;
    err = store_check(store, finding_count, NULL, &look);
    if (err != OK)
        return sim_trouble("check after the cut", err);
    if (look.lost > 0 && look.findings == 0) {
        fprintf(stderr, "sim: %" PRIu64 " pages are lost, and check finds no damage\n", look.lost);
        return false;
    }
    explorer.shared->refusals += look.lost > 0;
    return look.damaged || look.findings == 0;
}

/* Where the disk lied, nothing may be left that can be opened. */
static uint64_t
volume_refused(err_t err)
{
    if (!is_damaged() || (err != ERR_CORRUPT && err != ERR_FOREIGN))
        return sim_trouble("open after the cut", err);
    explorer.shared->refusals++;
    return REFUSED;
}

/*
 * Open what is left. Returns the generation that was found, which must be as it was; REFUSED;
 * or 0: it is not as it must be.
 */
static uint64_t
volume_look(const struct life *life)
{
    struct plat_disk *disk = machine_on(life, NULL, NULL);
    struct store_opened opened = { .generation = REFUSED };
    struct store *store = NULL;
    err_t err;

    if (disk == NULL)
        return 0;
    alarm(CHILD_SECONDS);
    err = store_open(disk, false, &store, &opened);
    if (err != OK)
        opened.generation = volume_refused(err);
    else if (!volume_sound(life, store, opened.generation))
        return 0;
    store_close(store);
    if (sim_disk_writes(disk) != 0) {
        fprintf(stderr, "sim: who opens a volume and checks it has written to it\n");
        return 0;
    }
    sim_disk_destroy(disk);
    return opened.generation;
}

/* `generation`: what volume_look() said. */
static bool
generation_allowed(const struct life *life, uint64_t generation)
{
    if (generation != 0 && generation < life->acknowledged)
        fprintf(stderr, "sim: opened generation %" PRIu64 ", but %" PRIu64 " was acknowledged\n",
                generation, life->acknowledged);
    return generation != 0 && generation >= life->acknowledged;
}

/* ---- exploring ---- */

static uint8_t *
image_private(uint64_t bytes)
{
    uint8_t *image = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return image == MAP_FAILED ? NULL : image;
}

static uint64_t
image_bytes(const struct life *life)
{
    return life->plan->block_count * PLAT_BLOCK_BYTES;
}

/* A disk that was looked at, and what was found there. */
struct sight {
    struct hash128 difference; /* from what is safe */
    uint64_t generation;
};

/* Along the record of a life. */
struct walk {
    struct life life;
    struct sim_replay replay;
    struct sim_undo undo;
    struct sight *sights; /* of disks on which the same is safe */
    size_t sight_count, sight_room;
    uint64_t sights_of; /* the number of changes that made it so */
};

/* The generation that was found on a disk like this one, or 0. */
static uint64_t
sight_find(struct walk *walk, struct hash128 difference)
{
    if (walk->sights_of != walk->replay.changes)
        walk->sight_count = 0;
    walk->sights_of = walk->replay.changes;
    for (size_t i = 0; i < walk->sight_count; i++)
        if (hash128_equal(walk->sights[i].difference, difference))
            return walk->sights[i].generation;
    return 0;
}

static void
sight_keep(struct walk *walk, struct hash128 difference, uint64_t generation)
{
    if (walk->sight_count == walk->sight_room) {
        walk->sight_room = walk->sight_room > 0 ? 2 * walk->sight_room : 64;
        walk->sights = realloc(walk->sights, walk->sight_room * sizeof walk->sights[0]);
        if (walk->sights == NULL)
            plat_panic("sim: no memory to remember what was seen");
    }
    walk->sights[walk->sight_count++] = (struct sight){ difference, generation };
    explorer.shared->sights++;
}

/* One cut, and the life that finds what it leaves. */
struct cut {
    struct life life; /* first: a child is given a life */
    struct walk *walk;
    enum sim_end end;
    bool deeper;
};

static bool walk_record(void *argument);

/* In a process of its own: what is left lives on, is recorded, and cut in turn. */
static bool
child_deeper(void *argument)
{
    const struct cut *cut = argument;
    const struct life *life = &cut->life;
    struct sim_random random = { .state = life->seed };
    struct sim_record *record = explorer.records[life->depth + 1];
    struct life next = *life;

    sim_record_clear(record);
    sim_undo_save(&cut->walk->undo, &cut->walk->replay, life->image);
    sim_replay_cut(&cut->walk->replay, cut->end, &random, life->image, record);
    if (!generation_allowed(life, volume_look(life)))
        return false;
    next.depth++;
    next.snapshots = 2;
    next.seed = life->seed * 31 + 7;
    sim_model_clear(explorer.models[next.depth]);
    alarm(0); /* children have alarms of their own */
    if (!sim_in_child(child_live, &next, CHILD_SECONDS)) {
        fprintf(stderr, "sim: it did not live on after the cut\n");
        return false;
    }
    if (cut->end == SIM_KILL) /* more is visible than is safe: that is in the record */
        sim_undo_restore(&cut->walk->undo, life->image);
    return walk_record(&next);
}

/* Here and now: the disk is afterwards what it was. */
static bool
cut_look(const struct cut *cut)
{
    struct walk *walk = cut->walk;
    struct sim_random random = { .state = cut->life.seed };
    struct hash128 difference;
    uint64_t generation;

    sim_undo_save(&walk->undo, &walk->replay, cut->life.image);
    sim_replay_cut(&walk->replay, cut->end, &random, cut->life.image, NULL);
    difference = sim_undo_difference(&walk->undo, cut->life.image);
    generation = sight_find(walk, difference);
    if (generation == 0) {
        generation = volume_look(&cut->life);
        sight_keep(walk, difference, generation);
    }
    sim_undo_restore(&walk->undo, cut->life.image);
    return generation_allowed(&cut->life, generation);
}

static void
path_note(unsigned depth, uint64_t at, enum sim_end end)
{
    struct sim_path *path = &explorer.shared->path;

    path->at[depth] = at;
    path->end[depth] = end;
    path->length = depth + 1;
}

static unsigned
depth_max(const struct sim_plan *plan)
{
    return plan->depth_max > 0 ? plan->depth_max : SIM_DEPTH_MAX;
}

static bool
cut_here(struct walk *walk, enum sim_end end)
{
    const struct life *life = &walk->life;
    uint64_t position = walk->replay.position;
    struct sim_random random = { .state = life->seed ^ (position * 0x9e3779b97f4a7c15ull) ^
                                          ((uint64_t)end << 56) };
    struct cut cut = { .life = *life, .walk = walk, .end = end };

    cut.life.seed = sim_random_next(&random);
    if (walk->replay.acknowledged > cut.life.acknowledged)
        cut.life.acknowledged = walk->replay.acknowledged;
    if (has_happened(SIM_FAULTS_THAT_FORGET))
        cut.life.acknowledged = 0;
    cut.deeper = life->depth + 1 < depth_max(life->plan) && !is_damaged() &&
                 sim_random_chance(&random, 1, DEEPER_ONE_IN);
    explorer.shared->cuts[life->depth]++;
    path_note(life->depth, position, end);
    if (cut.deeper ? sim_in_child(child_deeper, &cut, CHILD_SECONDS) : cut_look(&cut))
        return true;
    fprintf(stderr, "sim: depth %u, event %" PRIu64 " of %" PRIu64 ", %s\n", life->depth, position,
            walk->replay.record->event_count, sim_end_names[end]);
    return false;
}

static bool
cut_wanted(const struct walk *walk, struct sim_random *random, enum sim_end end)
{
    const struct sim_plan *plan = walk->life.plan;
    unsigned depth = walk->life.depth;
    uint64_t position = walk->replay.position, count = walk->replay.record->event_count;

    if (plan->only.length > 0)
        return depth < plan->only.length && plan->only.at[depth] == position &&
               plan->only.end[depth] == end;
    if (depth > 0)
        return sim_random_chance(random, DEEPER_POINTS, (uint32_t)(SIM_END_COUNT * (count + 1)));
    if (plan->cuts_max != 0 && explorer.shared->cuts[0] >= plan->cuts_max)
        return false;
    /* In three ways at each event: by chance, killed, and one of the other three in turn. */
    return plan->thorough || end == SIM_CUT || end == SIM_KILL ||
           end == SIM_CUT_NONE + position % 3;
}

/* So the first that fails is the easiest to understand. */
static const enum sim_end ends_plainest_first[SIM_END_COUNT] = { SIM_CUT_NONE, SIM_CUT_ALL,
                                                                 SIM_KILL, SIM_CUT_TORN, SIM_CUT };

/* Walk along the record of this life, which began where its image is, and cut. */
static bool
walk_record(void *argument)
{
    const struct life *life = argument;
    struct sim_random random = { .state = life->seed ^ 0x77616c6bull };
    struct walk walk = { .life = *life };
    bool passed = true;

    if (sim_replay_start(&walk.replay, explorer.records[life->depth], life->image) != OK)
        return sim_trouble("walk", ERR_NOMEM);
    do {
        for (unsigned i = 0; i < SIM_END_COUNT && passed; i++)
            if (cut_wanted(&walk, &random, ends_plainest_first[i]))
                passed = cut_here(&walk, ends_plainest_first[i]);
    } while (passed && sim_replay_step(&walk.replay));
    sim_replay_end(&walk.replay);
    return passed; /* its process ends soon: nothing more to give back */
}

void
sim_explore(const struct sim_plan *plan, struct sim_result *result)
{
    struct life life = { .plan = plan, .seed = plan->seed, .snapshots = plan->snapshots };
    uint8_t *shared = NULL;
    uint8_t *base = image_private(image_bytes(&life));

    *result = (struct sim_result){ 0 };
    *explorer.shared = (struct progress){ 0 };
    memset(sim_tally, 0, sizeof *sim_tally);
    sim_record_clear(explorer.records[0]);
    sim_model_clear(explorer.models[0]);
    if (base == NULL || sim_image_create(&shared, plan->block_count) != OK)
        return;
    life.image = shared;
    result->passed = sim_in_child(child_prepare, &life, CHILD_SECONDS);
    memcpy(base, shared, image_bytes(&life));
    result->passed = result->passed && sim_in_child(child_live, &life, CHILD_SECONDS);
    result->tally = *sim_tally;
    result->events = explorer.records[0]->event_count;
    life.image = base;
    result->passed = result->passed && sim_in_child(walk_record, &life, CHILD_SECONDS);
    result->path = explorer.shared->path;
    result->faults = explorer.shared->faults;
    result->refusals = explorer.shared->refusals;
    result->sights = explorer.shared->sights;
    for (unsigned i = 0; i < SIM_DEPTH_MAX; i++) {
        result->cuts += explorer.shared->cuts[i];
        result->cuts_by_depth[i] = explorer.shared->cuts[i];
    }
    munmap(shared, image_bytes(&life));
    munmap(base, image_bytes(&life));
}
