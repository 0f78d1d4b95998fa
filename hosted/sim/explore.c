/*
 * explore.c - recording a run and cutting it everywhere.
 *
 * Each run and each check is a process of its own, because a cut leaves the
 * core in the middle of what it did. Images are private memory, so a child's
 * changes are its own; records, models and tallies are shared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/volume.h"
#include "sim/fibre.h"
#include "sim/machine.h"
#include "store/history.h"

#define EVENT_MAX     (1u << 20)
#define RECORD_BYTES  (8ull << 30)
#define CHILD_SECONDS 120
#define DEEPER_ONE_IN 24 /* cuts that go on to live */
#define DEEPER_POINTS 10 /* and are cut about so often in turn */

static struct {
    struct sim_record *records[SIM_DEPTH_MAX];
    struct sim_model *models[SIM_DEPTH_MAX];
    uint64_t *cuts; /* by depth; shared */
    uint64_t failed_at;
    enum sim_end failed_end;
} explorer;

static struct sim_record *marked_record; /* where acknowledgements are noted */

bool
sim_explore_start(void)
{
    for (unsigned i = 0; i < SIM_DEPTH_MAX; i++) {
        explorer.models[i] = sim_model_create();
        if (explorer.models[i] == NULL ||
            sim_record_create(&explorer.records[i], EVENT_MAX, RECORD_BYTES) != OK)
            return false;
    }
    explorer.cuts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sim_tally = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return explorer.cuts != MAP_FAILED && sim_tally != MAP_FAILED;
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

typedef bool life_fn(const struct life *life);

/* Run it in a child; true if it returned true. Memory but what is shared stays as it was. */
static bool
in_child(life_fn *function, const struct life *life)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(function(life) ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFSIGNALED(status))
        fprintf(stderr, "sim: ended by signal %d (%s)\n", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The simulated machine, in this process, with this life's luck. */
static struct plat_disk *
machine_on(const struct life *life, struct sim_record *record, bool faulty)
{
    static struct sim_machine machine;
    struct sim_random random = { .state = life->seed };
    struct sim_schedule schedule = { .switch_per_1024 =
                                         16 + (uint32_t)sim_random_below(&random, 500),
                                     .tick_ns_max = 200,
                                     .processor_count = 2 };
    struct sim_disk_faults faults = { .latency_ns_max = 1000 + sim_random_below(&random, 1000000) };
    struct plat_disk *disk = NULL;

    if (faulty) {
        faults.write_error = 3000;
        faults.flush_error = 20000;
        faults.no_space = 1000;
    }
    machine = (struct sim_machine){ .seed = life->seed,
                                    .resident_bytes = life->plan->scenario->resident_bytes,
                                    .quiet = !life->plan->verbose };
    sim_fibres_start(sim_random_next(&random), &schedule);
    sim_machine_start(&machine);
    if (sim_disk_create(&disk, life->image, life->plan->block_count, record, &faults,
                        sim_random_next(&random)) != OK)
        return NULL;
    return disk;
}

static bool
child_prepare(const struct life *life)
{
    struct plat_disk *disk = machine_on(life, NULL, false);

    return disk != NULL && life->plan->scenario->prepare(disk);
}

static void
acknowledge(uint64_t generation)
{
    sim_record_mark(marked_record, generation);
}

static bool
child_live(const struct life *life)
{
    struct sim_random random = { .state = life->seed ^ 0x6c697665ull };
    bool faulty = life->plan->faulty && life->depth == 0;
    struct plat_disk *disk = machine_on(life, explorer.records[life->depth], faulty);

    marked_record = explorer.records[life->depth];
    sim_model_committed = acknowledge;
    return disk != NULL && life->plan->scenario->live(disk, explorer.models[life->depth], &random,
                                                      life->snapshots, faulty);
}

static void
finding_print(void *context, const struct store_finding *finding)
{
    bool *sound = context;

    if (!finding->damage || finding->block < VOLUME_FIRST_BLOCK)
        return; /* a cut may tear the superblock that was being written: it has a twin */
    *sound = false;
    fprintf(stderr, "sim: check: %s\n", finding->what);
}

/*
 * The store holds what the models say that it must. The deepest that knows the generation counts,
 * as it is the newest. A generation of no model is one that failed, in any of the lives: a cut may
 * take away what a kill had left visible of those after it.
 */
static bool
models_agree(unsigned depth, struct store *store, uint64_t generation)
{
    for (unsigned i = depth + 1; i-- > 0;)
        if (sim_model_knows(explorer.models[i], generation))
            return sim_model_equals(explorer.models[i], store, generation);
    for (unsigned i = depth + 1; i-- > 0;)
        if (sim_model_has_unnumbered(explorer.models[i], store))
            return true;
    fprintf(stderr, "sim: generation %" PRIu64 " is no instant that ever was\n", generation);
    return false;
}

/* A pinned generation holds what it held, by the deepest model that knows it. */
static bool
view_agrees(unsigned depth, struct store_view *view, uint64_t generation)
{
    for (unsigned i = depth + 1; i-- > 0;)
        if (sim_model_knows(explorer.models[i], generation))
            return sim_model_equals_view(explorer.models[i], view, generation);
    return false;
}

/* All pins are as they must be. That of a commit that failed is seen only where it is the newest.
 */
static bool
pins_agree(unsigned depth, struct store *store, uint64_t opened)
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
        agree = view_agrees(depth, view, generation);
        store_view_close(view);
        if (!agree)
            fprintf(stderr, "sim: pinned generation %" PRIu64 " is not what it was\n", generation);
    }
    return agree;
}

/* The volume opens where it must, holds what it must, and is sound. */
static bool
child_check(const struct life *life)
{
    struct plat_disk *disk = machine_on(life, NULL, false);
    struct store_opened opened;
    struct store *store = NULL;
    bool sound = true;
    err_t err;

    if (disk == NULL)
        return false;
    err = store_open(disk, false, &store, &opened);
    if (err != OK)
        return sim_trouble("open after the cut", err);
    if (opened.generation < life->acknowledged) {
        fprintf(stderr, "sim: opened generation %" PRIu64 ", but %" PRIu64 " was acknowledged\n",
                opened.generation, life->acknowledged);
        return false;
    }
    if (!models_agree(life->depth, store, opened.generation) ||
        !pins_agree(life->depth, store, opened.generation))
        return false;
    err = store_check(store, finding_print, NULL, &sound);
    if (err != OK)
        return sim_trouble("check after the cut", err);
    store_close(store);
    return sound;
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

static bool explore_record(const struct life *life, uint8_t *base);

/*
 * Live on from the image of a cut, and cut that in turn.
 *
 *   base  what of the image is safe; where the next record begins
 */
static bool
explore_deeper(const struct life *life, uint8_t *base)
{
    struct life next = *life;

    next.depth++;
    next.snapshots = 2;
    next.seed = life->seed * 31 + 7;
    sim_model_clear(explorer.models[next.depth]);
    if (!in_child(child_live, &next)) {
        fprintf(stderr, "sim: it did not live on after the cut\n");
        return false;
    }
    return explore_record(&next, base);
}

/* One cut, in a child of its own, so that the walk's image stays as it is. */
struct cut {
    struct life life; /* first: a child is given a life */
    const struct sim_replay *replay;
    enum sim_end end;
    bool deeper;
};

static bool
child_cut(const struct life *life)
{
    const struct cut *cut = (const struct cut *)life;
    struct sim_random random = { .state = life->seed };
    struct sim_record *next = cut->deeper ? explorer.records[life->depth + 1] : NULL;
    uint8_t *base = life->image;

    alarm(0); /* its children have alarms of their own */
    if (next != NULL)
        sim_record_clear(next);
    if (next != NULL && cut->end == SIM_KILL) { /* what is visible then is more than what is safe */
        base = image_private(image_bytes(life));
        if (base == NULL)
            return sim_trouble("copy the image", ERR_NOMEM);
        memcpy(base, life->image, image_bytes(life));
    }
    sim_replay_cut(cut->replay, cut->end, &random, life->image, next);
    if (next == NULL) { /* nothing comes after the check, so it needs no process of its own */
        alarm(CHILD_SECONDS);
        return child_check(life);
    }
    return in_child(child_check, life) && explore_deeper(life, base);
}

static bool
cut_here(const struct life *life, const struct sim_replay *replay, enum sim_end end)
{
    struct sim_random random = { .state = life->seed ^ (replay->position * 0x9e3779b97f4a7c15ull) ^
                                          ((uint64_t)end << 56) };
    struct cut cut = { .life = *life, .replay = replay, .end = end };

    cut.life.seed = sim_random_next(&random);
    cut.life.image = replay->image;
    if (replay->acknowledged > cut.life.acknowledged)
        cut.life.acknowledged = replay->acknowledged;
    cut.deeper = life->depth + 1 < SIM_DEPTH_MAX && sim_random_chance(&random, 1, DEEPER_ONE_IN);
    explorer.cuts[life->depth]++;
    if (in_child(child_cut, &cut.life))
        return true;
    fprintf(stderr, "sim: depth %u, event %" PRIu64 " of %" PRIu64 ", %s\n", life->depth,
            replay->position, replay->record->event_count, sim_end_names[end]);
    explorer.failed_at = replay->position;
    explorer.failed_end = end;
    return false;
}

static bool
cut_wanted(const struct life *life, const struct sim_replay *replay, struct sim_random *random,
           enum sim_end end)
{
    const struct sim_plan *plan = life->plan;
    uint64_t count = replay->record->event_count;

    if (life->depth > 0)
        return sim_random_chance(random, DEEPER_POINTS, (uint32_t)(SIM_END_COUNT * (count + 1)));
    if (plan->only_at != UINT64_MAX && plan->only_at != replay->position)
        return false;
    if (plan->only_end >= 0)
        return plan->only_end == (int)end;
    if (plan->cuts_max != 0 && explorer.cuts[0] >= plan->cuts_max)
        return false;
    /* In three ways at each event: by chance, killed, and one of the other three in turn. */
    return end == SIM_CUT || end == SIM_KILL || end == SIM_CUT_NONE + replay->position % 3;
}

/* Walk along the record of this depth, from `base`, and cut. */
static bool
explore_record(const struct life *life, uint8_t *base)
{
    struct sim_random random = { .state = life->seed ^ 0x77616c6bull };
    struct sim_replay replay;
    bool passed = true;

    if (sim_replay_start(&replay, explorer.records[life->depth], base) != OK)
        return sim_trouble("walk", ERR_NOMEM);
    do {
        for (int end = 0; end < SIM_END_COUNT && passed; end++)
            if (cut_wanted(life, &replay, &random, (enum sim_end)end))
                passed = cut_here(life, &replay, (enum sim_end)end);
    } while (passed && sim_replay_step(&replay));
    sim_replay_end(&replay);
    return passed;
}

void
sim_explore(const struct sim_plan *plan, struct sim_result *result)
{
    struct life life = { .plan = plan, .seed = plan->seed, .snapshots = plan->snapshots };
    uint8_t *shared = NULL;
    uint8_t *base = image_private(image_bytes(&life));

    *result = (struct sim_result){ 0 };
    memset(explorer.cuts, 0, SIM_DEPTH_MAX * sizeof *explorer.cuts);
    explorer.failed_at = UINT64_MAX;
    memset(sim_tally, 0, sizeof *sim_tally);
    sim_record_clear(explorer.records[0]);
    sim_model_clear(explorer.models[0]);
    if (base == NULL || sim_image_create(&shared, plan->block_count) != OK)
        return;
    life.image = shared;
    result->passed = in_child(child_prepare, &life);
    memcpy(base, shared, image_bytes(&life));
    result->passed = result->passed && in_child(child_live, &life);
    result->tally = *sim_tally;
    result->events = explorer.records[0]->event_count;
    result->passed = result->passed && explore_record(&life, base);
    result->failed_at = explorer.failed_at;
    result->failed_end = explorer.failed_end;
    for (unsigned i = 0; i < SIM_DEPTH_MAX; i++) {
        result->cuts += explorer.cuts[i];
        result->cuts_by_depth[i] = explorer.cuts[i];
    }
    munmap(shared, image_bytes(&life));
    munmap(base, image_bytes(&life));
}
