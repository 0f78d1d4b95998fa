/*
 * early.c - pages of the running epoch that are written before its commit,
 * because their memory is needed.
 *
 * Invariant: no committed superblock names the block of an early page. Its bit
 * is ephemeral, so that after a restart the block is free again. A burnt
 * generation may name it: then the block is not given to anybody else
 * before the next restart.
 *
 * A flush that failed may have lost what was written before it, for ever and
 * without a word. So early pages that are older than a failed commit are
 * read again and written to other blocks by the next one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

enum {
    EARLY_JOINED = 1,  /* its block is part of the commit under way */
    EARLY_SUSPECT = 2, /* a flush has failed since it was written */
};

static struct page_set *
early_closed(struct store *store)
{
    return &store->early[store->early_running ^ 1];
}

static err_t
early_block(struct store *store, uint64_t *block)
{
    err_t err = blocks_run_next(&store->blocks, &store->early_run, block);

    if (err != ERR_NOSPACE)
        return err;
    TRY(blocks_grow(&store->blocks, EARLY_RUN_BLOCKS));
    return blocks_run_next(&store->blocks, &store->early_run, block);
}

uint64_t
store_generation_running(struct store *store)
{
    uint64_t generation;

    lock_acquire(&store->lock);
    generation = store->generation_next;
    lock_release(&store->lock);
    return generation;
}

/* The page's newest contents lie in `change`; an older early block of it is free. */
static void
early_enter_locked(struct store *store, const struct page_change *change)
{
    struct page_set *running = &store->early[store->early_running];
    struct page_change *known = page_set_find(running, change->page);

    if (store->credit_pages > 0)
        store->credit_pages--;
    store->stats.pages_written++;
    if (known == NULL) {
        page_set_add(running, change);
        return;
    }
    if (known->block != 0 && known->birth == 0)
        blocks_give_back_locked(&store->blocks, known->block, 1);
    *known = *change;
}

static bool
early_has_room_locked(const struct store *store)
{
    return store->early[0].count + store->early[1].count < EARLY_PAGES_MAX;
}

static err_t
early_write(struct store *store, uint64_t generation, uint64_t page, const void *bytes)
{
    struct page_change change = { .page = (uint32_t)page };
    bool zero, room;
    err_t err;

    lock_acquire(&store->lock);
    room = early_has_room_locked(store);
    lock_release(&store->lock);
    if (!room)
        return ERR_NOSPACE;
    change.crc = crc32c_copy_page(store->early_buffer, bytes, &zero);
    if (zero) {
        change.crc = 0;
        change.flags = MAP_FLAG_ZERO;
    } else {
        TRY(early_block(store, &change.block));
        err = volume_write(store->disk, change.block, 1, store->early_buffer);
        if (err != OK)
            return err; /* the block stays out of use until the next restart */
    }
    lock_acquire(&store->lock);
    store->stats.blocks_written += !zero;
    if (store->generation_next == generation) {
        early_enter_locked(store, &change);
        err = OK;
    } else {
        if (!zero)
            blocks_give_back_locked(&store->blocks, change.block, 1);
        err = ERR_CANCELLED;
    }
    lock_release(&store->lock);
    return err;
}

err_t
store_page_write_early(struct store *store, uint64_t generation, uint64_t page, const void *bytes)
{
    err_t err;

    assert(!store->read_only);
    assert(page < SPACE_PAGES);
    lock_acquire(&store->early_lock);
    err = early_write(store, generation, page, bytes);
    lock_release(&store->early_lock);
    return err;
}

struct map_entry
entry_before(struct store *store, uint64_t page, bool *known)
{
    struct map_entry entry = { 0 };
    err_t err = map_lookup(store, page, &entry);

    *known = err == OK;
    if (err == OK)
        return entry;
    log_warn("page %#" PRIx64 ": its older block is not known and stays out of use (%s)", page,
             err_text(err));
    return (struct map_entry){ .flags = MAP_FLAG_LOST };
}

/*
 * Write a page that a failed flush may have lost to another block. If it is
 * lost already, what is written does not match the checksum it had: whoever
 * reads it is told.
 */
static err_t
early_rewrite(struct store *store, struct page_change *change)
{
    uint8_t *slot = writer_slot(&store->writer);

    if (volume_read(store->disk, change->block, 1, slot) != OK) {
        log_error("page %#x: block %" PRIu64 ", which a failed flush may have lost, cannot be read",
                  change->page, change->block);
        return OK; /* it stays where it is */
    }
    TRY(commit_block(store, &change->block));
    writer_push(&store->writer, change->block);
    return store->writer.err;
}

static err_t
early_join_one(struct store *store, struct page_change *item)
{
    struct page_change change = *item;
    struct map_entry old;
    bool known;

    old = entry_before(store, item->page, &known);
    change.old = old.block;
    if (old.block != 0 && history_keeps(store, old.birth)) /* guard: keep-old-early */
        change.state = CHANGE_OLD_KEPT;
    hold_note(store, item->page, &old);
    store->news[item->page % NEWS_SLOTS].key = 0;
    if (item->block != 0 && (item->state & EARLY_SUSPECT) != 0) /* guard: early-suspect */
        TRY(early_rewrite(store, &change));
    lock_acquire(&store->lock);
    if (change.block == item->block) {
        item->state |= EARLY_JOINED;
        if (item->block != 0)
            blocks_set_ephemeral_locked(&store->blocks, item->block, false);
    }
    page_set_add(&store->pending, &change);
    lock_release(&store->lock);
    return OK;
}

err_t
early_join(struct store *store)
{
    struct page_set *closed = early_closed(store);

    TRY(page_set_reserve(&store->pending, closed->count, &store->lock));
    for (size_t i = 0; i < closed->count; i++) {
        if (page_set_find(&store->pending, closed->items[i].page) == NULL)
            TRY(early_join_one(store, &closed->items[i]));
    }
    return OK;
}

void
early_forget(struct store *store)
{
    struct page_set *closed = early_closed(store);

    lock_acquire(&store->lock);
    store->early_closed = false;
    for (size_t i = 0; i < closed->count; i++) {
        const struct page_change *item = &closed->items[i];

        if ((item->state & EARLY_JOINED) == 0 && item->block != 0 && item->birth == 0)
            blocks_give_back_locked(&store->blocks, item->block, 1);
    }
    lock_release(&store->lock);
    page_set_clear(closed, &store->lock);
}

void
early_carry_over(struct store *store)
{
    struct page_set *closed = early_closed(store);
    struct page_set *running = &store->early[store->early_running];

    lock_acquire(&store->lock);
    for (size_t i = 0; i < running->count; i++)
        running->items[i].state |= EARLY_SUSPECT;
    for (size_t i = 0; i < closed->count; i++) {
        struct page_change item = closed->items[i];

        if (item.block != 0)
            blocks_set_ephemeral_locked(&store->blocks, item.block, true);
        if ((item.state & EARLY_JOINED) != 0) /* guard: early-burnt */
            item.birth = store->generation;   /* which is burnt, and may name it */
        item.state = EARLY_SUSPECT;
        if (page_set_find(running, item.page) == NULL)
            page_set_add(running, &item);
        else if (item.block != 0 && item.birth == 0)
            blocks_give_back_locked(&store->blocks, item.block, 1);
    }
    store->early_closed = false;
    lock_release(&store->lock);
    page_set_clear(closed, &store->lock);
}
