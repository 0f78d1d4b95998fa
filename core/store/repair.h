/*
 * repair.h - what can be done about damage, what it costs, and doing it.
 *
 * What is written twice, or can be found out from the rest, is written anew: superblocks, what
 * tells of free space, lists. Where the newest generation itself is damaged, or cannot be opened, a
 * new one is made that holds what the newest undamaged one holds: an older slot's, or one that is
 * pinned. What was damaged stays readable as far as it is, as a pin, wherever there is a place for
 * that. So each step is a commit, and a cut in between costs nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/store.h"

enum store_repair_step {
    STORE_REPAIR_NOTHING, /* the newest generation is whole, and so is what it needs */
    STORE_REPAIR_LISTS,   /* it is whole; something is to be written anew, and nothing is lost */
    STORE_REPAIR_BACK,    /* it is damaged, and `to` is to be gone back to */
    STORE_REPAIR_NOWHERE, /* it is damaged, or nothing is in it, and so it is with all others */
};

struct store_repair {
    enum store_repair_step step;
    bool opens;               /* the newest generation can be opened */
    struct store_note newest; /* only the number, if it cannot */
    uint64_t damages;         /* of its pages, or of nodes that lead to them */
    uint64_t lists;       /* of what can be written anew; there may be blocks to give back, too */
    uint64_t past;        /* of generations that are kept, alone */
    struct store_note to; /* the newest undamaged generation; number 0: there is none */
    bool pinned;          /* it is a pinned one, not an older slot's */
    uint64_t pages;       /* that would be as they were then; 0 where that is not known */
};

/*
 * Look at all of a volume over which no store is open, and find out what to do. Writes nothing.
 *
 *   finding   as for store_check, of the newest generation that can be opened; may be NULL
 *   progress  may be NULL
 *   repair    filled on OK
 *
 * Returns OK, whatever is found; or what store_open returns if no generation at all can be read.
 */
must_use err_t store_repair_plan(struct plat_disk *disk, store_finding_fn *finding,
                                 store_progress_fn *progress, void *context,
                                 struct store_repair *repair);

/*
 * Do what was planned. The disk was not written to since.
 *
 *   note  wall time is the caller's; on OK generation is that of the new newest one
 *   kept  filled on OK: the generation as which the damaged one is pinned now; 0: it is not
 *
 * Returns OK; ERR_NOSPACE (there is no room for the pages that differ), ERR_IO, ERR_NOMEM,
 * ERR_READ_ONLY, ERR_CORRUPT (there is more damage than before): what was not done can be tried
 * again.
 */
must_use err_t store_repair_do(struct plat_disk *disk, const struct store_repair *repair,
                               struct store_note *note, uint64_t *kept);
