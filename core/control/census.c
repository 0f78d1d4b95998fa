/*
 * census.c - counting what lives in a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/census.h"

#include <stdbool.h>

#include "control/rows_priv.h"
#include "format/space.h"
#include "store/store.h"
#include "vm/vm.h"

err_t
census_take(struct census *census, uint32_t application)
{
    const struct vm_application_info *info;
    struct rows rows;
    bool all;

    *census = (struct census){ 0 };
    TRY(rows_take(&rows, rows_applications, sizeof *info));
    info = rows.first;
    for (size_t i = 0; rows.missing == 0 && i < rows.count; i++) {
        if (info[i].state == APPLICATION_RUNNING) {
            census->programs++;
            census->threads += info[i].thread_count;
        }
        if (info[i].id == application)
            census->status = info[i].status;
    }
    all = rows.missing == 0;
    rows_free(&rows);
    return all ? OK : ERR_NOMEM;
}

struct vm_volume
census_volume(void *store)
{
    struct store_stats stats;

    store_stats_get(store, &stats);
    return (struct vm_volume){
        .bytes = stats.block_count * PAGE_BYTES,
        .free_bytes = stats.blocks_free * PAGE_BYTES,
    };
}
