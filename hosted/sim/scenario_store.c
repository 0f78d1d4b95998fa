/*
 * scenario_store.c - a store by itself on the worst of disks: steps of all kinds, by chance,
 * in a volume so small that blocks are used again all the time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "sim/scenario.h"
#include "sim/script.h"

#define GROUP_PAGES 6u
#define ROUNDS_MAX  20000u

static bool
prepare(struct plat_disk *disk)
{
    err_t err = store_format(disk, plat_disk_block_count(disk));

    return err == OK ? true : sim_trouble("format", err);
}

/* A few groups; now and then many. */
static uint64_t
groups_pick(struct sim_random *random)
{
    unsigned count =
        1 + (unsigned)sim_random_below(random, sim_random_chance(random, 1, 8) ? 40 : 6);
    uint64_t groups = 0;

    for (unsigned i = 0; i < count; i++)
        groups |= 1ull << sim_random_below(random, SIM_GROUPS);
    return groups;
}

/* What is rare is expensive, or makes little of the rest. */
static enum sim_how
how_pick(struct sim_random *random)
{
    static const uint8_t weights[SIM_HOW_COUNT] = {
        [SIM_HOW_ONCE] = 20, [SIM_HOW_STOP] = 6, [SIM_HOW_CLEAR] = 4,
        [SIM_HOW_EARLY] = 8, [SIM_HOW_PIN] = 3,  [SIM_HOW_UNPIN] = 1,
        [SIM_HOW_FAIL] = 3,  [SIM_HOW_KILL] = 2, [SIM_HOW_REWIND] = 1,
    };
    unsigned total = 0, roll, how = 0;

    for (unsigned i = 0; i < SIM_HOW_COUNT; i++)
        total += weights[i];
    roll = (unsigned)sim_random_below(random, total);
    while (roll >= weights[how])
        roll -= weights[how++];
    return (enum sim_how)how;
}

/* On a faulty machine some steps would leave the model in doubt, or fail by themselves. */
static bool
how_fits(enum sim_how how, bool faulty)
{
    return !faulty || (how != SIM_HOW_FAIL && how != SIM_HOW_KILL && how != SIM_HOW_REWIND);
}

static bool
live(const struct sim_life *life)
{
    struct sim_script script = { .disk = life->disk,
                                 .model = life->model,
                                 .record = life->record,
                                 .group_pages = GROUP_PAGES,
                                 .faulty = life->faulty };
    const struct sim_step last = { .how = SIM_HOW_STOP };

    if (!sim_script_open(&script))
        return false;
    for (unsigned round = 0; script.commits < life->snapshots; round++) {
        struct sim_step step = { .groups = groups_pick(life->random),
                                 .how = how_pick(life->random) };

        if (how_fits(step.how, life->faulty) && !sim_script_step(&script, &step))
            return false;
        if (round == ROUNDS_MAX) {
            fprintf(stderr, "sim: commits do not succeed any more\n");
            return false;
        }
    }
    if (!sim_script_step(&script, &last))
        return false;
    sim_tally_take(script.store);
    sim_tally->rewinds = script.rewinds;
    sim_tally->commits = script.commits; /* also of stores that were killed */
    sim_script_close(&script);
    return true;
}

const struct sim_scenario sim_scenario_store = {
    .name = "store",
    .about = "a store by itself, on the worst of disks",
    .block_count = 3072,
    .block_count_min = 2048,
    .faults = ~0u,
    .prepare = prepare,
    .live = live,
};
