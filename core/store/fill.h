/*
 * fill.h - putting all pages of a generation into a new volume.
 *
 * It goes in commits of bounded size. The page of the space's root comes with the last of them,
 * whenever it was handed over: whoever opens the volume before finds that making it was cut off.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/store.h"

struct fill {
    struct store *store;
    uint64_t pages_left; /* as far as is known */
    uint64_t personal_ns;
    uint64_t commit_left; /* pages that the commit under way still takes */
    bool open;            /* a commit is under way */
    bool rooted;          /* the root's page is in `root` */
    uint8_t *root;
};

/*
 * Begin to fill a volume that holds no page yet.
 *
 *   page_count   how many pages will come, as far as is known
 *   personal_ns  of the generation that is copied
 *
 * Returns OK, or ERR_EXISTS (it holds pages), ERR_NOMEM. In every case fill_close() follows.
 */
must_use err_t fill_begin(struct fill *fill, struct store *store, uint64_t page_count,
                          uint64_t personal_ns);

/* A page; each comes once. Returns OK, or what commits return: then the volume is of no use. */
must_use err_t fill_page(struct fill *fill, uint64_t page, const void *bytes);

/*
 * Make it whole: the last commit.
 *
 *   note  cause and wall time are the caller's; the rest is filled on OK
 */
must_use err_t fill_end(struct fill *fill, struct store_note *note);

/* Let go of it, however far it is; what is under way is given up. */
void fill_close(struct fill *fill);
