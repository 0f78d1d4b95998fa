/*
 * main.c - the simulator's command line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/exhaustive.h"
#include "sim/explore.h"
#include "sim/idle.h"
#include "sim/races.h"
#include "sim/shrink.h"

static const struct sim_scenario *const scenarios[] = {
    &sim_scenario_space,   &sim_scenario_program, &sim_scenario_store,
    &sim_scenario_cleaner, &sim_scenario_broken,
};

#define WEATHER_SEEDS  3 /* neighbouring seeds have the same weather, and volumes of one size */
#define SCENARIO_COUNT (sizeof scenarios / sizeof scenarios[0])
#define IN_TURN        (SCENARIO_COUNT - 1) /* all but the one that must fail */

static const char usage[] =
    "sim - the core in one thread, with a virtual clock, a seeded scheduler and a faulty disk\n"
    "\n"
    "Usage: sim [OPTION ...]\n"
    "\n"
    "  --seed N       the first seed (default 1); a failing run is its seed\n"
    "  --runs N       how many seeds (default 1)\n"
    "  --cuts N       go on with new seeds until N cuts were made\n"
    "  --scenario S   space, program, store, cleaner, or idle (default: the seeds take turns)\n"
    "  --snapshots N  at least so many in the first run of a seed (default 40)\n"
    "  --at EVENT,..  cut only after this event of the first run, of the one after that cut, ...\n"
    "  --end HOW,...  and only so: cut, cut-none, cut-all, cut-torn, kill\n"
    "  --faults F,... in the first run these go wrong and nothing else: none, or fault@request\n"
    "  --shrink       make the first failure as short as it gets\n"
    "  --exhaustive N instead: all scripts of up to N commits (1 to 3), all their cuts, and all\n"
    "                 subsets of what was not flushed\n"
    "  --races N      instead: all sequences of up to N acts (1 to 4) of a program that meets the\n"
    "                 collector, each act at each point of a cycle; with --seed, fibres switch "
    "also\n"
    "                 where that says\n"
    "  --race CASE    only this one, as a failure names it\n"
    "  --part P/Q     of those only every Qth script or case, from the Pth (0 is the first)\n"
    "  --verbose      show the core's log\n"
    "\n"
    "A run is recorded once and then cut at every event of its record, in three ways; after\n"
    "each cut the volume must open at a committed generation, not older than the last\n"
    "acknowledged one, equal byte for byte to the model's copy, and sound.\n"
    "Status: 0 all passed, 1 something failed, 2 wrong usage.\n";

struct request {
    struct sim_plan plan;
    const char *scenario;
    uint64_t runs;
    uint64_t cuts;
    struct sim_fault_list faults; /* if plan.faults */
    bool shrink;
    struct sim_exhaustive exhaustive; /* commits: 0 if it is not asked for */
    struct sim_races races;           /* acts: 0 if it is not asked for */
};

struct total {
    uint64_t passed;
    uint64_t failed;
    uint64_t cuts;
    uint64_t by_depth[SIM_DEPTH_MAX];
    uint64_t sights;
};

static const struct sim_scenario *
scenario_find(const char *name, uint64_t seed)
{
    if (name == NULL)
        return scenarios[seed % IN_TURN];
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        if (strcmp(scenarios[i]->name, name) == 0)
            return scenarios[i];
    return NULL;
}

static int
end_find(const char *name)
{
    for (int i = 0; i < SIM_END_COUNT; i++)
        if (strcmp(sim_end_names[i], name) == 0)
            return i;
    return -1;
}

static bool
number_read(const char *text, uint64_t *number)
{
    char *end = NULL;

    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

/* Take the words of a list apart, which it changes; false if one is not liked, or too many. */
static bool
list_read(char *text, bool (*take)(struct sim_path *path, unsigned depth, const char *word),
          struct sim_path *path)
{
    unsigned depth = 0;

    for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ","))
        if (depth == SIM_DEPTH_MAX || !take(path, depth++, word))
            return false;
    if (path->length != 0 && path->length != depth)
        return false; /* as many ends as events */
    path->length = depth;
    return depth > 0;
}

/* "write-error@17,rot@204"; or "none" */
static bool
faults_read(char *text, struct sim_fault_list *list)
{
    list->count = 0;
    if (strcmp(text, "none") == 0)
        return true;
    for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
        struct sim_fault_at *fault = &list->faults[list->count];
        char *at = strchr(word, '@');
        unsigned kind = 0;

        if (at == NULL || list->count == SIM_FAULTS_MAX || !number_read(at + 1, &fault->at))
            return false;
        *at = '\0';
        while (kind < SIM_FAULT_COUNT && strcmp(sim_fault_names[kind], word) != 0)
            kind++;
        if (kind == SIM_FAULT_COUNT)
            return false;
        fault->fault = (enum sim_fault)kind;
        list->count++;
    }
    return list->count > 0;
}

static bool
at_take(struct sim_path *path, unsigned depth, const char *word)
{
    return number_read(word, &path->at[depth]);
}

static bool
end_take(struct sim_path *path, unsigned depth, const char *word)
{
    int end = end_find(word);

    path->end[depth] = end < 0 ? SIM_CUT : (enum sim_end)end;
    return end >= 0;
}

static bool
part_read(const char *text, struct request *request)
{
    unsigned part, parts;

    if (sscanf(text, "%u/%u", &part, &parts) != 2 || part >= parts)
        return false;
    request->exhaustive.part = request->races.part = part;
    request->exhaustive.parts = request->races.parts = parts;
    return true;
}

static bool
races_read(const char *text, struct sim_races *races)
{
    uint64_t number = 0;

    races->acts = number_read(text, &number) && number <= SIM_RACES_MAX ? (unsigned)number : 0;
    return races->acts > 0;
}

static bool
option_take(struct request *request, int option, char *value)
{
    uint64_t number = 0;

    switch (option) {
    case 's':
        return number_read(value, &request->plan.seed) && number_read(value, &request->races.seed);
    case 'r':
        return number_read(value, &request->runs);
    case 'c':
        return number_read(value, &request->cuts);
    case 'n':
        request->scenario = value;
        return strcmp(value, "idle") == 0 || scenario_find(value, 0) != NULL;
    case 'k':
        request->plan.snapshots = number_read(value, &number) ? (unsigned)number : 0;
        return request->plan.snapshots > 0;
    case 'a':
        return list_read(value, at_take, &request->plan.only);
    case 'e':
        return list_read(value, end_take, &request->plan.only);
    case 'f':
        request->plan.faults = &request->faults;
        return faults_read(value, &request->faults);
    case 'i':
        request->shrink = true;
        return true;
    case 'x':
        request->exhaustive.commits = number_read(value, &number) ? (unsigned)number : 0;
        return request->exhaustive.commits >= 1 && request->exhaustive.commits <= 3;
    case 'p':
        return part_read(value, request);
    case 'w':
        return races_read(value, &request->races);
    case 'o':
        request->races.acts = 1;
        request->races.only = value;
        return sim_race_is_known(value);
    case 'v':
        request->plan.verbose = request->races.verbose = request->exhaustive.verbose = true;
        return true;
    default:
        return false;
    }
}

static bool
options_take(struct request *request, int argc, char **argv)
{
    static const struct option options[] = {
        { "seed", required_argument, NULL, 's' },
        { "runs", required_argument, NULL, 'r' },
        { "cuts", required_argument, NULL, 'c' },
        { "scenario", required_argument, NULL, 'n' },
        { "snapshots", required_argument, NULL, 'k' },
        { "at", required_argument, NULL, 'a' },
        { "end", required_argument, NULL, 'e' },
        { "faults", required_argument, NULL, 'f' },
        { "shrink", no_argument, NULL, 'i' },
        { "exhaustive", required_argument, NULL, 'x' },
        { "races", required_argument, NULL, 'w' },
        { "race", required_argument, NULL, 'o' },
        { "part", required_argument, NULL, 'p' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (!option_take(request, option, optarg)) {
            fprintf(stderr, "sim: wrong usage; see sim --help\n");
            return false;
        }
    }
    return optind == argc;
}

static double
seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
repeat_print(const struct sim_plan *plan, const struct sim_result *result)
{
    printf("repeat it with: sim --scenario %s --seed %" PRIu64 " --snapshots %u",
           plan->scenario->name, plan->seed, plan->snapshots);
    for (unsigned i = 0; i < result->path.length; i++)
        printf("%s%" PRIu64, i == 0 ? " --at " : ",", result->path.at[i]);
    for (unsigned i = 0; i < result->path.length; i++)
        printf("%s%s", i == 0 ? " --end " : ",", sim_end_names[result->path.end[i]]);
    if (plan->faults != NULL && plan->faults->count == 0)
        printf(" --faults none");
    for (unsigned i = 0; plan->faults != NULL && i < plan->faults->count; i++)
        printf("%s%s@%" PRIu64, i == 0 ? " --faults " : ",",
               sim_fault_names[plan->faults->faults[i].fault], plan->faults->faults[i].at);
    printf("\n");
}

static void
total_add(struct total *total, const struct sim_plan *plan, const struct sim_result *result)
{
    total->passed += result->passed;
    total->failed += !result->passed;
    total->cuts += result->cuts;
    total->sights += result->sights;
    for (unsigned i = 0; i < SIM_DEPTH_MAX; i++)
        total->by_depth[i] += result->cuts_by_depth[i];
    printf("seed %" PRIu64 " %s, %s weather: %u faults, %" PRIu64 " events, %" PRIu64
           " snapshots, %" PRIu64 " folds, %" PRIu64 " pins, %" PRIu64 " collections (%" PRIu64
           " full), %" PRIu64 " pages evicted, %" PRIu64 " switches, %" PRIu64 " rewinds: %" PRIu64
           " cuts, %" PRIu64 " with losses that were named, %s\n",
           plan->seed, plan->scenario->name, sim_weather_names[plan->weather], result->faults.count,
           result->events, result->tally.commits, result->tally.folds, result->tally.pins,
           result->tally.collections, result->tally.full_collections, result->tally.evicted,
           result->tally.switches, result->tally.rewinds, result->cuts, result->refusals,
           result->passed ? "ok" : "FAILED");
    if (!result->passed)
        repeat_print(plan, result);
    fflush(stdout);
}

static void
shrink(struct sim_plan *plan, struct sim_result *result)
{
    struct sim_fault_list faults;

    sim_shrink(plan, result, &faults);
    printf(
        "the shortest that fails: %u snapshots, %u faults, %u cuts, the last after event %" PRIu64
        "\n",
        plan->snapshots, plan->faults != NULL ? plan->faults->count : 0, result->path.length,
        result->path.length > 0 ? result->path.at[result->path.length - 1] : 0);
    repeat_print(plan, result);
}

/* A seed has a weather of its own; for who can live with all of it, it is bad every other time. */
static enum sim_weather
weather_of(const struct sim_scenario *scenario, uint64_t seed)
{
    static const enum sim_weather bad[] = { SIM_LYING, SIM_FAILING, SIM_FAIR, SIM_FAIR };

    if ((scenario->faults & SIM_FAULTS_THAT_DAMAGE) == 0)
        return seed % 5 == 0 ? SIM_FAILING : SIM_FAIR;
    return bad[seed / WEATHER_SEEDS % 4];
}

/* In a small volume space gets short. */
static uint64_t
block_count_of(const struct sim_scenario *scenario, uint64_t seed)
{
    return seed / WEATHER_SEEDS % 3 == 0 ? scenario->block_count_min : scenario->block_count;
}

static void
runs_make(struct request *request, struct total *total)
{
    struct sim_plan plan = request->plan;
    uint64_t last = plan.seed + request->runs - 1;

    for (;; plan.seed++) {
        struct sim_result result;

        if (request->cuts != 0 ? total->cuts >= request->cuts : plan.seed > last)
            return;
        plan.scenario = scenario_find(request->scenario, plan.seed);
        plan.weather = weather_of(plan.scenario, plan.seed);
        plan.block_count = block_count_of(plan.scenario, plan.seed);
        plan.cuts_max = request->cuts == 0 ? 0 : request->cuts - total->cuts;
        sim_explore(&plan, &result);
        total_add(total, &plan, &result);
        if (!result.passed && request->shrink)
            shrink(&plan, &result);
        if (!result.passed)
            return;
    }
}

int
main(int argc, char **argv)
{
    struct request request = { .plan = { .seed = 1, .snapshots = 40 },
                               .runs = 1,
                               .exhaustive = { .parts = 1 },
                               .races = { .parts = 1 } };
    struct total total = { 0 };
    double start = seconds_now();

    if (!options_take(&request, argc, argv))
        return 2;
    if (request.scenario != NULL && strcmp(request.scenario, "idle") == 0)
        return sim_idle(request.plan.seed) ? 0 : 1;
    if (request.exhaustive.commits > 0)
        return sim_exhaustive(&request.exhaustive) ? 0 : 1;
    if (request.races.acts > 0)
        return sim_races(&request.races) ? 0 : 1;
    if (!sim_explore_start()) {
        fprintf(stderr, "sim: no memory\n");
        return 1;
    }
    runs_make(&request, &total);
    printf("%" PRIu64 " cuts in %.0f s: %" PRIu64 " in a first run, %" PRIu64
           " after a recovery, %" PRIu64 " after two; %" PRIu64 " different disks\n",
           total.cuts, seconds_now() - start, total.by_depth[0], total.by_depth[1],
           total.by_depth[2], total.sights);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", total.passed, total.failed);
    return total.failed == 0 && total.passed > 0 ? 0 : 1;
}
