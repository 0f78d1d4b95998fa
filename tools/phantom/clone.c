/*
 * clone.c - copying a generation to a new volume, page by page.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/clone.h"

#include "format/space.h"
#include "phantom/say.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "store/fill.h"

static err_t
pages_copy(struct fill *fill, struct store_view *view, uint8_t *buffer)
{
    uint64_t page = 0;
    err_t err;

    while ((err = store_view_next(view, page, buffer, &page)) == OK) {
        TRY(store_view_read(view, page, buffer));
        TRY(fill_page(fill, page, buffer));
        page++;
    }
    return err == ERR_END ? OK : err;
}

static err_t
all_copy(struct store *to, struct store_view *view)
{
    struct store_note note = { .wall_ns = plat_wall_ns(), .cause = STORE_CAUSE_NEW };
    struct store_pin pin = store_view_pin(view);
    uint8_t *buffer = plat_alloc(PAGE_BYTES);
    struct fill fill;
    err_t err = fill_begin(&fill, to, pin.pages_mapped, pin.note.personal_ns);

    if (err == OK && buffer == NULL)
        err = ERR_NOMEM;
    if (err == OK)
        err = pages_copy(&fill, view, buffer);
    if (err == OK)
        err = fill_end(&fill, &note);
    fill_close(&fill);
    plat_free(buffer, PAGE_BYTES);
    return err;
}

/* Into an empty store. False after a message. */
static bool
store_fill(struct system *system, const struct system *source, struct store_view *view)
{
    err_t err = all_copy(system->store, view);

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
    uint64_t bytes;
    bool done;

    store_stats_get(source->store, &stats);
    bytes = stats.block_count * PLAT_BLOCK_BYTES;
    done = system_disk_create(&system, path, bytes) && system_store_create(&system, &bytes) &&
           store_fill(&system, source, view) && system_keep(&system);
    system_close(&system);
    return done;
}
