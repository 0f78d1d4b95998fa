/*
 * exhaustive.c - all scripts, all cuts, all subsets.
 *
 * The search is one child, which says in shared memory where it is: so who dies on the way
 * has told which disk it was. A disk is made from what is safe by applying pieces of what is
 * loose, and taken back afterwards; opening and checking it change nothing.
 *
 * A piece is a block of a loose write, or the whole write where there are more than ten blocks; of
 * few pieces each is also torn in two ways.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/exhaustive.h"

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
#include "sim/replay.h"
#include "sim/scenario.h"
#include "sim/script.h"

#define BLOCK_COUNT    STORE_BLOCKS_MIN
#define COMMITS_MAX    3
#define GROUPS         2u /* of one page, in leaves of their own: the first, the second, or both */
#define PIECES_MAX     10u
#define TORN_MAX       5u /* pieces that may also be torn: 4^5 disks are as many as 2^10 */
#define GOES_ON_ONE_IN 64u
#define LOOK_SECONDS   60
#define EVENT_MAX      (1u << 14)
#define RECORD_BYTES   (64ull << 20)
#define LATENCY_NS     1000

/* Where the search is, and how far it has come. */
struct place {
    uint64_t scripts, cuts, disks;
    struct sim_step steps[COMMITS_MAX];
    unsigned step_count;
    uint64_t event; /* the cut came after it */
    uint64_t code;  /* what became of each piece, the first in the lowest digit */
    unsigned radix;
};

enum fate {
    FATE_LOST,
    FATE_KEPT,
    FATE_FRONT, /* only the first half arrived */
    FATE_BACK,
};

static const char *const fate_names[] = {
    [FATE_LOST] = "lost",
    [FATE_KEPT] = "kept",
    [FATE_FRONT] = "front",
    [FATE_BACK] = "back",
};

/* A part of a loose write that lives or dies by itself. */
struct piece {
    uint64_t block;
    uint32_t block_count;
    uint64_t data; /* in the record */
    bool newest;   /* of the write that was submitted last */
};

static struct {
    const struct sim_exhaustive *options;
    unsigned length;     /* of the scripts that are searched; shorter ones were */
    struct place *place; /* shared */
    struct sim_record *record;
    struct sim_model *model;
    struct sim_record *next_record; /* of disks that go on */
    struct sim_model *next_model;
    uint8_t *fresh;  /* the volume as it was formatted */
    uint8_t *image;  /* the disk that scripts run on */
    uint8_t *walked; /* what is safe along a record */
    uint8_t *kept;   /* a copy of that */
    struct sim_undo undo;
} search;

/* ---- the machine ---- */

static struct plat_disk *
machine_on(uint8_t *image, struct sim_record *record)
{
    static struct sim_machine machine;
    const struct sim_schedule schedule = { .tick_ns_max = 200, .processor_count = 1 };
    struct plat_disk *disk = NULL;

    machine = (struct sim_machine){ .seed = 1, .quiet = !search.options->verbose };
    sim_fibres_start(1, &schedule);
    sim_machine_start(&machine);
    if (sim_disk_create(&disk, image, BLOCK_COUNT, record, NULL, LATENCY_NS, 1) != OK)
        plat_panic("sim: no memory for a disk");
    return disk;
}

/* What the record says was written is as in the fresh volume again. */
static void
image_refresh(uint8_t *image)
{
    for (uint64_t i = 0; i < search.record->event_count; i++) {
        const struct sim_event *event = &search.record->events[i];

        if (event->kind == SIM_WRITE_SUBMIT)
            memcpy(image + event->block * PLAT_BLOCK_BYTES,
                   search.fresh + event->block * PLAT_BLOCK_BYTES,
                   (size_t)event->block_count * PLAT_BLOCK_BYTES);
    }
}

/* ---- one disk ---- */

static void
finding_print(void *context, const struct store_finding *finding)
{
    bool *sound = context;

    if (!finding->damage || finding->block < VOLUME_FIRST_BLOCK)
        return; /* a torn superblock has a twin */
    *sound = false;
    fprintf(stderr, "sim: check: %s\n", finding->what);
}

/*
 * The volume opens at a generation that was begun, is equal to it, and sound. Returns its number,
 * or 0: it is not so.
 */
static uint64_t
volume_look(const struct sim_model *model)
{
    struct plat_disk *disk = machine_on(search.walked, NULL);
    struct store_opened opened;
    struct store *store = NULL;
    bool sound = true;
    err_t err = store_open(disk, false, &store, &opened);

    alarm(LOOK_SECONDS);
    if (err != OK)
        return sim_trouble("open", err);
    if (sim_disk_flushes(disk) == 0) { /* what it has shown would be gone after one more cut */
        fprintf(stderr, "sim: it was opened without a flush\n");
        return 0;
    }
    if (!sim_model_knows(model, opened.generation)) {
        fprintf(stderr, "sim: generation %" PRIu64 " was never begun\n", opened.generation);
        return 0;
    }
    if (!sim_model_equals(model, store, opened.generation, NULL))
        return 0;
    err = store_check(store, finding_print, NULL, &sound);
    if (err != OK)
        return sim_trouble("check", err);
    store_close(store);
    sim_disk_destroy(disk);
    return sound ? opened.generation : 0;
}

/* One more commit, and it opens at that one. The disk is afterwards what it was. */
static bool
volume_goes_on(void)
{
    const struct sim_step step = { .groups = (1u << GROUPS) - 1, .how = SIM_HOW_ONCE };
    struct sim_script script = { .record = search.next_record,
                                 .model = search.next_model,
                                 .group_pages = 1 };
    bool passed;

    memcpy(search.kept, search.walked, BLOCK_COUNT * PLAT_BLOCK_BYTES);
    sim_record_clear(search.next_record);
    sim_model_clear(search.next_model);
    script.disk = machine_on(search.walked, search.next_record);
    passed = sim_script_open(&script) && sim_script_step(&script, &step);
    if (!passed)
        return false;
    sim_script_close(&script);
    sim_disk_destroy(script.disk);
    passed = volume_look(search.next_model) == sim_model_newest(search.next_model);
    memcpy(search.walked, search.kept, BLOCK_COUNT * PLAT_BLOCK_BYTES);
    return passed;
}

/* ---- one cut ---- */

static size_t
pieces_split(const struct sim_replay *replay, bool whole_writes, struct piece *pieces)
{
    size_t count = 0;

    for (uint64_t i = 0; i < replay->loose_count; i++) {
        uint64_t at = replay->loose[i].at;
        const struct sim_event *submit = &replay->record->events[at];
        uint32_t step = whole_writes ? submit->block_count : 1;

        for (uint32_t n = 0; n < submit->block_count; n += step) {
            if (sim_replay_is_settled(replay, at, submit->block + n))
                continue;
            if (count < PIECES_MAX)
                pieces[count] = (struct piece){ .block = submit->block + n,
                                                .block_count = step,
                                                .data = submit->data + n * PLAT_BLOCK_BYTES,
                                                .newest = at + 1 == replay->position };
            count++;
        }
    }
    return count;
}

static void
piece_apply(const struct piece *piece, enum fate fate)
{
    size_t bytes = (size_t)piece->block_count * PLAT_BLOCK_BYTES;
    size_t from = fate == FATE_BACK ? bytes / 2 : 0;
    size_t to = fate == FATE_FRONT ? bytes / 2 : bytes;

    if (fate != FATE_LOST)
        memcpy(search.walked + piece->block * PLAT_BLOCK_BYTES + from,
               search.record->data + piece->data + from, to - from);
}

/* What the code says of each piece; true if some of the newest write is there. */
static bool
pieces_apply(const struct piece *pieces, size_t count, uint64_t code, unsigned radix)
{
    bool newest = false;

    for (size_t i = 0; i < count; i++, code /= radix) {
        enum fate fate = (enum fate)(code % radix);

        piece_apply(&pieces[i], fate);
        newest = newest || (pieces[i].newest && fate != FATE_LOST);
    }
    return newest;
}

static bool
disk_look(uint64_t acknowledged)
{
    uint64_t generation = volume_look(search.model);

    if (generation != 0 && generation < acknowledged)
        fprintf(stderr, "sim: opened generation %" PRIu64 ", but %" PRIu64 " was acknowledged\n",
                generation, acknowledged);
    if (generation == 0 || generation < acknowledged)
        return false;
    return search.place->disks++ % GOES_ON_ONE_IN != 0 || volume_goes_on();
}

/*
 * All disks that a cut may leave here. Those without any of the newest write were there
 * before, unless more was acknowledged since.
 */
static bool
cut_everything(const struct sim_replay *replay, bool all)
{
    struct piece pieces[PIECES_MAX];
    size_t count = pieces_split(replay, false, pieces);
    struct place *place = search.place;
    uint64_t codes = 1;
    bool passed = true;

    if (count > PIECES_MAX)
        count = pieces_split(replay, true, pieces);
    if (count > PIECES_MAX)
        plat_panic("sim: more is loose than can be searched");
    place->event = replay->position;
    place->radix = count <= TORN_MAX ? 4 : 2;
    for (size_t i = 0; i < count; i++)
        codes *= place->radix;
    place->cuts++;
    for (uint64_t code = 0; code < codes && passed; code++) {
        place->code = code;
        sim_undo_save(&search.undo, replay, search.walked);
        if (pieces_apply(pieces, count, code, place->radix) || all)
            passed = disk_look(replay->acknowledged);
        sim_undo_restore(&search.undo, search.walked);
    }
    return passed;
}

/* ---- one script ---- */

/* Returns the event at which its last step began, or UINT64_MAX after a message. */
static uint64_t
script_run(const struct place *place)
{
    struct sim_script script = { .disk = machine_on(search.image, search.record),
                                 .record = search.record,
                                 .model = search.model,
                                 .group_pages = 1 };
    uint64_t from = 0;
    bool passed = sim_script_open(&script);

    for (unsigned i = 0; i < place->step_count && passed; i++) {
        from = search.record->event_count;
        passed = sim_script_step(&script, &place->steps[i]);
    }
    if (!passed)
        return UINT64_MAX;
    sim_script_close(&script);
    sim_disk_destroy(script.disk);
    return from;
}

/* Cut where the disks that a cut may leave become others: a write was submitted, or one
 * acknowledged. */
static bool
script_search(void)
{
    struct sim_replay replay;
    uint64_t from;
    bool passed = true;

    sim_record_clear(search.record);
    sim_model_clear(search.model);
    from = script_run(search.place);
    if (from == UINT64_MAX || sim_replay_start(&replay, search.record, search.walked) != OK)
        return false;
    while (passed && sim_replay_step(&replay)) {
        const struct sim_event *event = &search.record->events[replay.position - 1];

        if (replay.position > from && (event->kind == SIM_WRITE_SUBMIT || event->kind == SIM_MARK))
            passed = cut_everything(&replay, event->kind == SIM_MARK);
    }
    sim_replay_end(&replay);
    image_refresh(search.image);
    image_refresh(search.walked);
    search.place->scripts++;
    return passed;
}

/* ---- all scripts ---- */

/* Some differ in nothing: where there is nothing to change, or nothing to go back to. */
static bool
step_fits(const struct sim_step *step, const struct place *place)
{
    bool pinned = false;

    if (step->how != SIM_HOW_REWIND)
        return step->groups != 0;
    for (unsigned i = 0; i < place->step_count; i++)
        pinned =
            (pinned || place->steps[i].how == SIM_HOW_PIN) && place->steps[i].how != SIM_HOW_UNPIN;
    return pinned && step->groups == 0;
}

/* Search all scripts that begin like this one and have the length. Depth: COMMITS_MAX. */
static bool
scripts_search(uint64_t *number)
{
    struct place *place = search.place;
    const struct sim_exhaustive *options = search.options;

    if (place->step_count == search.length)
        return (*number)++ % options->parts != options->part || script_search();
    for (unsigned how = 0; how < SIM_HOW_COUNT; how++) {
        for (uint64_t groups = 0; groups < 1u << GROUPS; groups++) {
            struct sim_step step = { .groups = groups, .how = (enum sim_how)how };

            if (!step_fits(&step, place))
                continue;
            place->steps[place->step_count++] = step;
            if (!scripts_search(number))
                return false;
            place->step_count--;
        }
    }
    return true;
}

static bool
memory_get(void)
{
    search.place =
        mmap(NULL, sizeof *search.place, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    search.model = sim_model_create();
    search.next_model = sim_model_create();
    return search.place != MAP_FAILED && search.model != NULL && search.next_model != NULL &&
           sim_record_create(&search.record, EVENT_MAX, RECORD_BYTES) == OK &&
           sim_record_create(&search.next_record, EVENT_MAX, RECORD_BYTES) == OK &&
           sim_image_create(&search.fresh, BLOCK_COUNT) == OK &&
           sim_image_create(&search.image, BLOCK_COUNT) == OK &&
           sim_image_create(&search.walked, BLOCK_COUNT) == OK &&
           sim_image_create(&search.kept, BLOCK_COUNT) == OK;
}

static bool
child_search(void *unused)
{
    struct plat_disk *disk = machine_on(search.fresh, NULL);
    uint64_t number = 0;

    (void)unused;
    if (store_format(disk, BLOCK_COUNT) != OK)
        return false;
    sim_disk_destroy(disk);
    memcpy(search.image, search.fresh, BLOCK_COUNT * PLAT_BLOCK_BYTES);
    memcpy(search.walked, search.fresh, BLOCK_COUNT * PLAT_BLOCK_BYTES);
    for (search.length = 1; search.length <= search.options->commits; search.length++)
        if (!scripts_search(&number))
            return false;
    return true;
}

static void
place_print(const struct place *place)
{
    uint64_t code = place->code;

    printf("failed:");
    for (unsigned i = 0; i < place->step_count; i++)
        printf("%s %s of groups %#" PRIx64, i == 0 ? "" : ",", sim_how_names[place->steps[i].how],
               place->steps[i].groups);
    printf("; cut after event %" PRIu64 "; loose pieces, oldest first:", place->event);
    for (; code != 0; code /= place->radix)
        printf(" %s", fate_names[code % place->radix]);
    printf("\n");
}

bool
sim_exhaustive(const struct sim_exhaustive *options)
{
    bool passed;

    search.options = options;
    if (!memory_get())
        return sim_trouble("get memory", ERR_NOMEM);
    sim_memory_keep();
    passed = sim_in_child(child_search, NULL, 0);
    if (!passed)
        place_print(search.place);
    printf("%" PRIu64 " scripts of up to %u commits, %" PRIu64 " cuts, %" PRIu64
           " disks opened and checked\n",
           search.place->scripts, options->commits, search.place->cuts, search.place->disks);
    printf("%d passed, %d failed\n", passed, !passed);
    return passed;
}
