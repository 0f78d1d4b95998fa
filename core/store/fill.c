/*
 * fill.c - putting all pages of a generation into a new volume.
 *
 * What credit is left over when something fails ends with the store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/fill.h"

#include "base/assert.h"
#include "base/memory.h"
#include "format/space.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "store/history_priv.h"

#define COMMIT_PAGES 16384 /* 64 MiB */
#define ROOT_PAGE    space_page_of(SPACE_ROOT)

err_t
fill_begin(struct fill *fill, struct store *store, uint64_t page_count, uint64_t personal_ns)
{
    struct store_stats stats;

    *fill = (struct fill){ .store = store,
                           .pages_left = page_count,
                           .personal_ns = personal_ns,
                           .root = plat_alloc(PAGE_BYTES) };
    store_stats_get(store, &stats);
    if (stats.pages_mapped > 0)
        return ERR_EXISTS;
    return fill->root != NULL ? OK : ERR_NOMEM;
}

/*
 * Credit for the pages of the next commit. It is for more blocks than they take in the end, so
 * where a volume that was nearly full is nearly full again commits get smaller; and at last there
 * may be room only when what died has waited.
 */
static err_t
credit_take(struct fill *fill, uint64_t *pages)
{
    err_t err = store_credit_take(fill->store, *pages);

    while (err == ERR_NOSPACE && *pages > 1) {
        *pages /= 2;
        err = store_credit_take(fill->store, *pages);
    }
    return err == ERR_NOSPACE ? history_credit_take(fill->store, plat_wall_ns(), *pages) : err;
}

static err_t
commit_open(struct fill *fill)
{
    uint64_t pages = fill->pages_left < COMMIT_PAGES ? fill->pages_left : COMMIT_PAGES;

    if (pages == 0)
        pages = 1; /* there are more than was known, or the root's is the only one */
    TRY(credit_take(fill, &pages));
    store_commit_begin(fill->store);
    fill->open = true;
    fill->commit_left = pages;
    return OK;
}

static err_t
commit_close(struct fill *fill, struct store_note *note)
{
    note->personal_ns = fill->personal_ns;
    fill->open = false;
    return store_commit_finish(fill->store, note);
}

static err_t
page_hand_over(struct fill *fill, uint64_t page, const void *bytes)
{
    if (!fill->open)
        TRY(commit_open(fill));
    TRY(store_commit_page(fill->store, page, bytes));
    fill->commit_left--;
    fill->pages_left -= fill->pages_left > 0;
    return OK;
}

err_t
fill_page(struct fill *fill, uint64_t page, const void *bytes)
{
    struct store_note note = { .wall_ns = plat_wall_ns(), .cause = STORE_CAUSE_NEW };

    if (page == ROOT_PAGE) {
        assert(!fill->rooted);
        memcpy(fill->root, bytes, PAGE_BYTES);
        fill->rooted = true;
        return OK;
    }
    TRY(page_hand_over(fill, page, bytes));
    return fill->commit_left == 0 ? commit_close(fill, &note) : OK;
}

err_t
fill_end(struct fill *fill, struct store_note *note)
{
    if (fill->rooted)
        TRY(page_hand_over(fill, ROOT_PAGE, fill->root));
    if (!fill->open)
        TRY(commit_open(fill));
    return commit_close(fill, note);
}

void
fill_close(struct fill *fill)
{
    if (fill->open)
        store_commit_abandon(fill->store);
    fill->open = false;
    plat_free(fill->root, PAGE_BYTES);
    fill->root = NULL;
}
