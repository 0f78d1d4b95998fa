/*
 * census.c - counting what lives in a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/census.h"

#include <stdlib.h>

#include "phantom/say.h"
#include "phantom/system.h"

bool
census_take(struct census *census, uint32_t application)
{
    size_t count = 0;
    struct vm_application_info *rows;
    bool done;

    *census = (struct census){ 0 };
    if (vm_list_applications(NULL, 0, &count) != OK)
        return false;
    rows = calloc(count + 1, sizeof *rows);
    done = rows != NULL && vm_list_applications(rows, count, &count) == OK;
    for (size_t i = 0; done && i < count; i++) {
        census->programs += rows[i].state == APPLICATION_RUNNING;
        if (rows[i].state == APPLICATION_RUNNING)
            census->threads += rows[i].thread_count;
        if (rows[i].id == application)
            census->status = rows[i].status;
    }
    free(rows);
    return done;
}

/* Look without running anything. False after a message. */
static bool
census_look(struct census *census, const char *path)
{
    struct system_options look = {
        .path = path, .read_only = true, .pmem = { .on_demand_only = true }, .vm = { .safe = true }
    };
    struct system system;
    bool done;

    if (!system_open(&system, &look))
        return false;
    done = system_start(&system, &look) && census_take(census, 0);
    system_stop(&system, false);
    system_close(&system);
    return done;
}

bool
census_vacant(const char *path, const char *verb)
{
    struct census census;

    if (!census_look(&census, path))
        return false;
    if (census.programs == 0)
        return true;
    say_error("%s: %zu program%s in it already; go on with 'phantom %s %s', or start another "
              "beside it with --again",
              path, census.programs, census.programs == 1 ? " is" : "s are", verb, path);
    return false;
}
