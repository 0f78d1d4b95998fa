/*
 * races.c - all cases, each in a process of its own.
 *
 * Each begins with a copy of the same volume, whatever other cases did, so it can be repeated
 * alone. From each beginning a first case has no acts, and says what points the collector comes by.
 *
 * A case is written as its beginning and its acts, each with the number of its point:
 * "held-old-old get@5 drop@9".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/races.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/child.h"
#include "sim/disk.h"
#include "sim/machine.h"
#include "sim/race_world.h"
#include "sim/scenario.h"

#define CASE_SECONDS 60

/* By bits of enum race_start: is T held, its age, that of the weak references; are blocks sparse.
 */
static const char *const start_names[RACE_STARTS] = {
    "loose-old-old",           "held-old-old",           "loose-young-old",
    "held-young-old",          "loose-old-young",        "held-old-young",
    "loose-young-young",       "held-young-young",       "loose-old-old-sparse",
    "held-old-old-sparse",     "loose-young-old-sparse", "held-young-old-sparse",
    "loose-old-young-sparse",  "held-old-young-sparse",  "loose-young-young-sparse",
    "held-young-young-sparse",
};

struct race_case {
    unsigned start;
    unsigned count;
    struct race_step steps[SIM_RACES_MAX];
};

/* In memory that outlives who dies on the way. */
struct shared {
    struct race_case now;
    struct race_road road;
    uint64_t cases, sequences;
    bool failed;
};

static struct {
    const struct sim_races *options;
    struct shared *shared;
    uint8_t *image; /* each child has a copy of its own */
    unsigned length;
    uint64_t number;
} search;

/* ---- cases as text ---- */

static void
case_print(const struct race_case *race, char *text, size_t bytes)
{
    size_t used = (size_t)snprintf(text, bytes, "%s", start_names[race->start]);

    for (unsigned i = 0; i < race->count && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, " %s@%u",
                                 sim_race_act_names[race->steps[i].act], race->steps[i].point);
}

static int
name_find(const char *const *names, unsigned count, const char *name, size_t bytes)
{
    for (unsigned i = 0; i < count; i++) {
        if (strlen(names[i]) == bytes && memcmp(names[i], name, bytes) == 0)
            return (int)i;
    }
    return -1;
}

static bool
step_read(const char *word, size_t bytes, struct race_case *race)
{
    const char *at = memchr(word, '@', bytes);
    struct race_step *step = &race->steps[race->count];
    char *end = NULL;
    int act;

    if (at == NULL || race->count == SIM_RACES_MAX)
        return false;
    act = name_find(sim_race_act_names, RACE_ACT_COUNT, word, (size_t)(at - word));
    step->act = (enum race_act)act;
    step->point = (unsigned)strtoul(at + 1, &end, 10);
    race->count++;
    return act >= 0 && end == word + bytes && end > at + 1 &&
           (race->count == 1 || step[-1].point <= step->point);
}

static bool
case_read(const char *text, struct race_case *race)
{
    size_t bytes = strcspn(text, " ");
    int start = name_find(start_names, RACE_STARTS, text, bytes);

    *race = (struct race_case){ .start = (unsigned)start };
    if (start < 0)
        return false;
    for (text += bytes; *text == ' '; text += bytes) {
        bytes = strcspn(++text, " ");
        if (!step_read(text, bytes, race))
            return false;
    }
    return true;
}

bool
sim_race_is_known(const char *text)
{
    struct race_case race;

    return case_read(text, &race);
}

/* ---- running ---- */

static bool
child_case(void *argument)
{
    const struct race_case *race = argument;
    struct race_road *road = race->count == 0 ? &search.shared->road : NULL;

    return sim_race_world_open(search.image, race->start, search.options->seed, true,
                               search.options->verbose) &&
           sim_race_world_run(race->steps, race->count, road);
}

static bool
case_run(struct race_case *race)
{
    char text[128];

    search.shared->now = *race;
    search.shared->cases++;
    if (sim_in_child(child_case, race, CASE_SECONDS))
        return true;
    case_print(race, text, sizeof text);
    search.shared->failed = true;
    printf("failed: %s\nrepeat it with: sim --race '%s'", text, text);
    if (search.options->seed != 0)
        printf(" --seed %" PRIu64, search.options->seed);
    printf("\n");
    return false;
}

/* ---- all of them ---- */

/* Does the last act do something behind those before it? What needs a hand needs it filled. */
static bool
sequence_fits(const struct race_case *race)
{
    enum race_act last = race->steps[race->count - 1].act;
    bool filled = false;

    for (unsigned i = 0; i + 1 < race->count; i++) {
        enum race_act act = race->steps[i].act;

        filled = (filled || act == RACE_GET || act == RACE_YOUNG) && act != RACE_FORGET &&
                 act != RACE_KILL;
    }
    if (last == RACE_DROP)
        return (race->start & RACE_HELD) != 0;
    return filled || (last != RACE_KEEP && last != RACE_FORGET && last != RACE_RENEW);
}

/* With these acts, at all points from that of act `i - 1` on. */
static bool
points_search(struct race_case *race, unsigned i)
{
    if (i == race->count)
        return search.number++ % search.options->parts != search.options->part || case_run(race);
    for (unsigned point = i == 0 ? 0 : race->steps[i - 1].point; point < search.shared->road.count;
         point++) {
        race->steps[i].point = point;
        if (!points_search(race, i + 1))
            return false;
    }
    return true;
}

/* All sequences of the length that begin like this one. */
static bool
acts_search(struct race_case *race)
{
    if (race->count == search.length) {
        search.shared->sequences++;
        return points_search(race, 0);
    }
    for (unsigned act = 0; act < RACE_ACT_COUNT; act++) {
        race->steps[race->count++] = (struct race_step){ .act = (enum race_act)act };
        if (sequence_fits(race) && !acts_search(race))
            return false;
        race->count--;
    }
    return true;
}

static void
road_print(unsigned start)
{
    const struct race_road *road = &search.shared->road;

    printf("%s:", start_names[start]);
    for (unsigned i = 0; i < road->count; i++)
        printf(" %u %s", i, sim_race_point_names[road->points[i]]);
    printf("\n");
}

/* From one beginning. */
static bool
start_search(unsigned start)
{
    struct race_case race = { .start = start };

    search.shared->road.count = 0;
    if (!case_run(&race))
        return false;
    if (search.options->verbose)
        road_print(start);
    for (search.length = 1; search.length <= search.options->acts; search.length++) {
        if (!acts_search(&race))
            return false;
    }
    return true;
}

static bool
only_run(const char *text)
{
    struct race_case race;

    return case_read(text, &race) && case_run(&race);
}

static bool
child_make(void *image)
{
    return sim_race_world_make(image);
}

static bool
volume_make(void)
{
    size_t bytes = (size_t)RACE_BLOCK_COUNT * PLAT_BLOCK_BYTES;
    uint8_t *made;
    bool done;

    search.image = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (search.image == MAP_FAILED || sim_image_create(&made, RACE_BLOCK_COUNT) != OK)
        return sim_trouble("get memory", ERR_NOMEM);
    done = sim_in_child(child_make, made, CASE_SECONDS);
    for (size_t at = 0; at < bytes; at += PLAT_BLOCK_BYTES) {
        static const uint8_t zero[PLAT_BLOCK_BYTES];

        if (memcmp(made + at, zero, PLAT_BLOCK_BYTES) != 0)
            memcpy(search.image + at, made + at, PLAT_BLOCK_BYTES);
    }
    munmap(made, bytes);
    return done;
}

bool
sim_races(const struct sim_races *options)
{
    bool passed = true;

    search.options = options;
    search.shared = mmap(NULL, sizeof *search.shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (search.shared == MAP_FAILED)
        return sim_trouble("get memory", ERR_NOMEM);
    sim_memory_keep();
    if (!volume_make())
        return false;
    if (options->only != NULL)
        passed = only_run(options->only);
    for (unsigned start = 0; start < RACE_STARTS && options->only == NULL && passed; start++)
        passed = start_search(start);
    printf("%" PRIu64 " cases of %" PRIu64 " sequences of acts\n", search.shared->cases,
           search.shared->sequences);
    printf("%d passed, %d failed\n", passed, !passed);
    return passed;
}
