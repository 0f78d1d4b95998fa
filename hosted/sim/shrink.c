/*
 * shrink.c - leaving out what a failure does not need, one thing after the other.
 *
 * A smaller plan is another run: it counts if it fails, in whatever way. That of a plan that
 * fails is kept; so what is left at the end has failed, just so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/shrink.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct shrinking {
    struct sim_plan *plan;
    struct sim_result *result;
};

/* Take the smaller plan if it fails, too. */
static bool
smaller_take(struct shrinking *shrinking, const struct sim_plan *smaller)
{
    struct sim_result result;

    sim_explore(smaller, &result);
    if (result.passed)
        return false;
    *shrinking->plan = *smaller;
    *shrinking->result = result;
    return true;
}

/* The faults that happened, instead of those that chance would bring. */
static void
faults_name(struct shrinking *shrinking, struct sim_fault_list *faults)
{
    struct sim_plan named = *shrinking->plan;

    if (named.weather == SIM_FAIR && named.faults == NULL)
        return;
    *faults = shrinking->result->faults;
    named.faults = faults;
    smaller_take(shrinking, &named);
}

static bool
snapshots_fewer(struct shrinking *shrinking, unsigned count)
{
    struct sim_plan fewer = *shrinking->plan;

    fewer.snapshots = count;
    return smaller_take(shrinking, &fewer);
}

/* By leaps, and then one by one between the last two. */
static void
snapshots_shrink(struct shrinking *shrinking)
{
    unsigned few = 0, count = 1;

    while (count < shrinking->plan->snapshots && !snapshots_fewer(shrinking, count)) {
        few = count;
        count += (count + 1) / 2;
    }
    while (few + 1 < shrinking->plan->snapshots && !snapshots_fewer(shrinking, few + 1))
        few++;
}

/* One fault after the other is left out; the list is the plan's own. */
static void
faults_shrink(struct shrinking *shrinking, struct sim_fault_list *faults)
{
    if (shrinking->plan->faults == NULL)
        return;
    *faults = shrinking->result->faults; /* what a shorter run has not reached is not needed */
    for (unsigned i = faults->count; i-- > 0;) {
        struct sim_fault_list all = *faults;

        faults->faults[i] = faults->faults[--faults->count];
        if (!smaller_take(shrinking, shrinking->plan))
            *faults = all;
    }
}

static void
depth_shrink(struct shrinking *shrinking)
{
    for (unsigned depth = 1; depth < shrinking->result->path.length; depth++) {
        struct sim_plan flatter = *shrinking->plan;

        flatter.depth_max = depth;
        if (smaller_take(shrinking, &flatter))
            return;
    }
}

/* Nothing but the cut that failed. */
static void
path_fix(struct shrinking *shrinking)
{
    struct sim_plan fixed = *shrinking->plan;

    fixed.only = shrinking->result->path;
    smaller_take(shrinking, &fixed);
}

void
sim_shrink(struct sim_plan *plan, struct sim_result *result, struct sim_fault_list *faults)
{
    struct shrinking shrinking = { .plan = plan, .result = result };
    int out = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fflush(NULL);
    dup2(null, STDERR_FILENO); /* each run that fails says so, at length */
    plan->thorough = true;
    plan->cuts_max = 0;
    faults_name(&shrinking, faults);
    snapshots_shrink(&shrinking);
    faults_shrink(&shrinking, faults);
    depth_shrink(&shrinking);
    path_fix(&shrinking);
    fflush(NULL);
    dup2(out, STDERR_FILENO);
    close(out);
    close(null);
}
