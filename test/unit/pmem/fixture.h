/*
 * fixture.h - a space over the store in memory, and one worker, for each test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fake_store.h"
#include "start.h"

static struct pmem_worker worker;
static bool strict;

static inline void
setup_with(struct pmem_options options)
{
    options.on_demand_only = true;
    options.strict = strict;
    start(&fake_store, options);
    join(&worker);
}

/* Nothing is written when a test ends, so no credit may be left. */
static inline void
teardown(void)
{
    ck_assert_int_eq(commit(&worker), OK);
    ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
    pmem_worker_leave(&worker);
    pmem_stop();
    ck_assert_int_eq(fake.credit_out, 0);
    fake_restart();
}
