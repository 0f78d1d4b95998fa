/*
 * clone.c - copying a generation to a new volume, page by page.
 *
 * It goes in commits of bounded size. The page of the root comes with the last of them: should a
 * cut leave it half made, where that can be seen at all, whoever opens it is told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/clone.h"

#include "format/space.h"
#include "phantom/say.h"
#include "plat/machine.h"
#include "plat/memory.h"

#define COMMIT_PAGES 16384 /* 64 MiB */
#define ROOT_PAGE    space_page_of(SPACE_ROOT)

struct clone {
    struct store *to;
    struct store_view *view;
    uint8_t *buffer;     /* one page */
    uint64_t page;       /* where the next may be */
    bool wrapped;        /* the pages behind the root's are done */
    bool ended;          /* and those before it, and the root's */
    uint64_t pages_left; /* as far as is known */
};

/* The next page: those behind the root's come first, and the root's comes last. OK or ERR_END. */
static err_t
page_next(struct clone *clone, uint64_t *page)
{
    err_t err = store_view_next(clone->view, clone->page, clone->buffer, page);

    if (err == ERR_END && !clone->wrapped) {
        clone->wrapped = true;
        err = store_view_next(clone->view, 0, clone->buffer, page);
    }
    if (err == OK && clone->wrapped && *page > ROOT_PAGE)
        return ERR_END;
    return err;
}

/* Hand over the next `count` pages, if there are so many. */
static err_t
pages_copy(struct clone *clone, uint64_t count)
{
    for (; count > 0; count--) {
        uint64_t page;
        err_t err = page_next(clone, &page);

        clone->ended = err == ERR_END;
        if (err != OK)
            return clone->ended ? OK : err;
        TRY(store_view_read(clone->view, page, clone->buffer));
        TRY(store_commit_page(clone->to, page, clone->buffer));
        clone->page = page + 1;
        clone->pages_left -= clone->pages_left > 0;
    }
    return OK;
}

static err_t
commit_copy(struct clone *clone)
{
    struct store_note note = { .wall_ns = plat_wall_ns(),
                               .personal_ns = store_view_pin(clone->view).note.personal_ns,
                               .cause = STORE_CAUSE_NEW };
    uint64_t count = clone->pages_left + 1 < COMMIT_PAGES ? clone->pages_left + 1 : COMMIT_PAGES;
    err_t err;

    TRY(store_credit_take(clone->to, count)); /* what is left of it ends with the store */
    store_commit_begin(clone->to);
    err = pages_copy(clone, count);
    if (err == OK)
        return store_commit_finish(clone->to, &note);
    store_commit_abandon(clone->to);
    return err;
}

static err_t
all_copy(struct store *to, struct store_view *view)
{
    struct clone clone = { .to = to,
                           .view = view,
                           .buffer = plat_alloc(PAGE_BYTES),
                           .page = ROOT_PAGE + 1,
                           .pages_left = store_view_pin(view).pages_mapped };
    err_t err = clone.buffer != NULL ? OK : ERR_NOMEM;

    while (err == OK && !clone.ended)
        err = commit_copy(&clone);
    plat_free(clone.buffer, PAGE_BYTES);
    return err;
}

/* Into a new file. False after a message. */
static bool
file_fill(struct system *system, const struct system *source, struct store_view *view)
{
    struct store_stats stats;
    err_t err;

    store_stats_get(source->store, &stats);
    err = store_format(system->disk, stats.block_count);
    if (err == OK)
        err = store_open(system->disk, false, &system->store, &system->opened);
    if (err == OK)
        err = all_copy(system->store, view);
    if (err == ERR_CORRUPT)
        say_error("%s: the generation is damaged, so there is no clone of it; 'phantom check' says "
                  "more",
                  source->path);
    else if (err != OK)
        system_say_making(system, err, "cannot make the clone");
    return err == OK;
}

bool
clone_make(const struct system *source, struct store_view *view, const char *path)
{
    struct store_stats stats;
    struct system system;
    bool done;

    store_stats_get(source->store, &stats);
    done = system_disk_create(&system, path, stats.block_count * PLAT_BLOCK_BYTES) &&
           file_fill(&system, source, view) && system_keep(&system);
    system_close(&system);
    return done;
}
