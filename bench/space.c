/*
 * space.c - a new space over a new volume, for the benchmarks that need one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"
#include "store/store.h"

struct store *
bench_space_up(struct plat_disk *disk, uint64_t block_count, const struct pmem_options *options)
{
    struct store *store = NULL;
    err_t err = store_format(disk, block_count);

    if (err == OK)
        err = store_open(disk, false, &store, NULL);
    if (err == OK)
        err = pmem_start(store, options);
    if (err != OK)
        bench_die("cannot bring up the space", err);
    return store;
}

void
bench_space_down(struct store *store)
{
    pmem_stop();
    store_close(store);
}
