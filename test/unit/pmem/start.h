/*
 * start.h - starting and stopping the space in a test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "pmem/pmem.h"

#ifdef __SANITIZE_THREAD__
#define IN_PLACE true
#else
#define IN_PLACE false
#endif

/* The word `index` of page `page` of the heap. */
static inline uint64_t
at(uint64_t page, unsigned index)
{
    return SPACE_HEAP + page * PAGE_BYTES + index * 8ull;
}

static inline void
start(struct store *store, struct pmem_options options)
{
    options.faults_in_place = IN_PLACE;
    ck_assert_int_eq(pmem_start(store, &options), OK);
}

static inline struct pmem_worker *
join(struct pmem_worker *worker)
{
    *worker = (struct pmem_worker){ 0 };
    ck_assert_int_eq(pmem_worker_join(worker), OK);
    return worker;
}

/* Commit what is written now, as a worker that goes away for it. */
static inline err_t
commit(struct pmem_worker *worker)
{
    uint32_t epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    err_t err;

    pmem_worker_away(worker);
    err = pmem_snapshot_wait(epoch);
    pmem_worker_back(worker);
    ck_assert_int_eq(pmem_safepoint(worker), OK);
    return err;
}

static inline void
check_in_world(void *argument)
{
    (void)argument;
    pmem_check();
}

static inline int
run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
