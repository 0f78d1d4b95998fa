/*
 * faults.c - choosing what goes wrong.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/faults.h"

#include <stddef.h>

#include "sim/random.h"

const char *const sim_fault_names[SIM_FAULT_COUNT] = {
    [SIM_READ_ERROR] = "read-error",
    [SIM_READ_SHORT] = "read-short",
    [SIM_WRITE_ERROR] = "write-error",
    [SIM_NO_SPACE] = "no-space",
    [SIM_WRITE_LOST] = "write-lost",
    [SIM_WRITE_ELSEWHERE] = "write-elsewhere",
    [SIM_ROT] = "rot",
    [SIM_FLUSH_ERROR] = "flush-error",
    [SIM_FLUSH_LOST] = "flush-lost",
    [SIM_SLOW] = "slow",
    [SIM_NO_MEMORY] = "no-memory",
    [SIM_READ_ELSEWHERE] = "read-elsewhere",
};

uint64_t
sim_fault_number(const struct sim_faults *faults, uint64_t at)
{
    struct sim_random random = { .state = faults->seed ^ (at * 0x9e3779b97f4a7c15ull) };

    sim_random_next(&random);
    return sim_random_next(&random);
}

static enum sim_fault
told_pick(const struct sim_fault_list *list, unsigned of, uint64_t at)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->faults[i].at == at && (of & 1u << list->faults[i].fault) != 0)
            return list->faults[i].fault;
    return SIM_FAULT_COUNT;
}

static enum sim_fault
chance_pick(const struct sim_faults *faults, unsigned of, uint64_t at)
{
    struct sim_random random = { .state = faults->seed ^ (at * 0xd1342543de82ef95ull) };
    uint64_t roll = sim_random_below(&random, 1000000);

    for (unsigned fault = 0; fault < SIM_FAULT_COUNT; fault++) {
        if ((of & 1u << fault) == 0)
            continue;
        if (roll < faults->chances[fault])
            return (enum sim_fault)fault;
        roll -= faults->chances[fault];
    }
    return SIM_FAULT_COUNT;
}

enum sim_fault
sim_fault_pick(const struct sim_faults *faults, unsigned of, uint64_t at)
{
    struct sim_fault_list *happened;
    enum sim_fault fault;

    if (faults == NULL)
        return SIM_FAULT_COUNT;
    happened = faults->happened;
    if (happened != NULL && happened->count == SIM_FAULTS_MAX)
        return SIM_FAULT_COUNT;
    fault = faults->only != NULL ? told_pick(faults->only, of, at) : chance_pick(faults, of, at);
    if (fault != SIM_FAULT_COUNT && happened != NULL)
        happened->faults[happened->count++] = (struct sim_fault_at){ fault, at };
    return fault;
}
