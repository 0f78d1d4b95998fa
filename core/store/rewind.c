/*
 * rewind.c - going back to a pinned generation.
 *
 * A commit like any other: the pages that differ are handed over as they were then. So what was
 * written after the pin dies, in the order of generations, as in every commit, and whatever pins
 * and lists say stays true; the new generation could not simply name the map of the pin, whose
 * blocks have died already. What differs is found by walking two maps together: where both name
 * the same block there is nothing to do. The present was pinned before, so its map has no records
 * on top.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

/* Commits in a row that bring nothing: blocks that died wait for as many as there are slots. */
#define VAIN_MAX (SUPER_SLOTS + 2)

struct rewind {
    struct store *store;
    struct store_view *view;
    bool counting;    /* pages are counted, not handed over yet */
    uint64_t pages;   /* that differ */
    uint64_t written; /* of these, and of the nodes above them: what takes a block */
    struct map_node_disk *now, *then; /* a node for each level */
    uint8_t *page;
};

static err_t
page_restore(struct rewind *rewind, uint64_t page, const struct map_entry *then)
{
    rewind->pages++;
    rewind->written += then->block != 0;
    if (rewind->counting)
        return OK;
    TRY(store_view_read(rewind->view, page, rewind->page));
    return store_commit_page(rewind->store, page, rewind->page);
}

static bool
same(const struct map_entry *a, const struct map_entry *b)
{
    return a->block == b->block && a->crc == b->crc && a->flags == b->flags;
}

/* The node that the entry names; nothing but zeroes if it names none. */
static err_t
node_get(struct store *store, const struct map_entry *entry, struct map_node_disk *node)
{
    if (!map_entry_valid(store, entry) || (entry->flags & MAP_FLAG_LOST) != 0)
        return ERR_CORRUPT;
    memset(node, 0, sizeof *node);
    return entry->block != 0 ? map_node_read(store, entry, node) : OK;
}

/* In the present damage is no trouble, as it is about to be replaced: all below it differs. */
static err_t
node_get_present(struct store *store, unsigned level, const struct map_entry *entry,
                 struct map_node_disk *node)
{
    err_t err = node_get(store, entry, node);

    if (err != ERR_CORRUPT || level > 0)
        return err;
    for (unsigned i = 0; i < MAP_WAYS; i++)
        node->entries[i] = map_entry_put((struct map_entry){ .flags = MAP_FLAG_LOST });
    return OK;
}

/* Restore what differs below two entries that name nodes of `level`. Depth: MAP_LEVELS. */
static err_t
difference_walk(struct rewind *rewind, unsigned level, struct map_entry now, struct map_entry then,
                uint64_t first)
{
    struct store *store = rewind->store;
    uint64_t pages = 1ull << level * MAP_WAYS_BITS;

    TRY(node_get_present(store, level, &now, &rewind->now[level]));
    TRY(node_get(store, &then, &rewind->then[level]));
    rewind->written++;
    for (unsigned i = 0; i < MAP_WAYS; i++) {
        struct map_entry below_now = map_entry_get(&rewind->now[level].entries[i]);
        struct map_entry below_then = map_entry_get(&rewind->then[level].entries[i]);
        uint64_t page = first + i * pages;

        if (same(&below_now, &below_then))
            continue;
        if (level > 0)
            TRY(difference_walk(rewind, level - 1, below_now, below_then, page));
        else
            TRY(page_restore(rewind, page, &below_then));
    }
    return OK;
}

static struct map_entry
root_of(struct block_ref map)
{
    return (struct map_entry){ .block = map.count > 0 ? map.block : 0, .crc = map.crc };
}

static err_t
differences(struct rewind *rewind, bool counting)
{
    struct map_entry now = root_of(rewind->store->map);
    struct map_entry then = root_of(view_map(rewind->view));

    rewind->counting = counting;
    rewind->pages = rewind->written = 0;
    if (same(&now, &then))
        return OK;
    return difference_walk(rewind, MAP_LEVELS - 1, now, then, 0);
}

/* What pins that are going still keep: each fold works off a part of it. */
static uint64_t
going_blocks(const struct store *store)
{
    const struct history *history = &store->history;
    uint64_t blocks = 0;

    for (size_t i = 0; i < history->count; i++)
        blocks += history->pins[i].going ? history->pins[i].dead_blocks : 0;
    return blocks;
}

/*
 * Pin the present as the newest generation; its records are in the map then. In a table that is
 * full there is a place when the oldest has gone.
 */
static err_t
present_pin(struct store *store, uint64_t wall_ns, struct store_view **kept)
{
    struct store_note note = { .wall_ns = wall_ns };

    store_pin_ask(store);
    for (unsigned vain = 0; vain < VAIN_MAX; vain++) {
        uint64_t before = going_blocks(store);

        TRY(store_history_commit(store, STORE_CAUSE_PIN, &note));
        if (store->history.newest == note.generation)
            return store_view_open(store, note.generation, kept);
        if (going_blocks(store) < before)
            vain = 0;
    }
    return ERR_NOSPACE;
}

/* What the commit takes, as credit: two blocks and more for a page of it. Zeroes only take records.
 */
static uint64_t
credit_wanted(const struct rewind *rewind)
{
    uint64_t records = rewind->pages * sizeof(struct delta_page_disk) / VOLUME_BLOCK_BYTES;

    return (rewind->written + records) / 2 + 1;
}

/* Where there is no credit older pins let go of what they keep. */
static err_t
credit_get(struct store *store, uint64_t wall_ns, uint64_t pages)
{
    struct store_note note = { .wall_ns = wall_ns };
    uint64_t most = store->blocks.free_total;
    err_t err = store_credit_take(store, pages);

    for (unsigned vain = 0; err == ERR_NOSPACE && vain < VAIN_MAX; vain++) {
        TRY(store_history_commit(store, STORE_CAUSE_SPACE, &note));
        err = store_credit_take(store, pages);
        if (store->blocks.free_total > most) {
            most = store->blocks.free_total;
            vain = 0;
        }
    }
    return err;
}

static err_t
go_back(struct rewind *rewind, struct store_note *note)
{
    struct store *store = rewind->store;
    uint64_t pages, used = 0;
    err_t err;

    TRY(differences(rewind, true));
    pages = credit_wanted(rewind);
    TRY(credit_get(store, note->wall_ns, pages));
    note->personal_ns = store_view_pin(rewind->view).note.personal_ns;
    note->cause = STORE_CAUSE_REWIND;
    store_commit_begin(store);
    err = differences(rewind, false);
    if (err == OK)
        err = store_commit_finish(store, note);
    else
        store_commit_abandon(store);
    if (err == OK)
        used = store->handed < pages ? store->handed : pages;
    store_credit_give(store, pages - used);
    return err;
}

err_t
store_rewind(struct store *store, uint64_t generation, struct store_note *note, uint64_t *kept)
{
    const size_t bytes = (2 * MAP_LEVELS + 1) * VOLUME_BLOCK_BYTES;
    struct rewind rewind = { .store = store, .now = plat_alloc(bytes) };
    struct store_view *present = NULL;
    err_t err = rewind.now != NULL ? OK : ERR_NOMEM;

    if (err == OK && store->read_only)
        err = ERR_READ_ONLY;
    if (err == OK)
        err = store_view_open(store, generation, &rewind.view);
    if (err == OK)
        err = present_pin(store, note->wall_ns, &present);
    if (err == OK) {
        rewind.then = rewind.now + MAP_LEVELS;
        rewind.page = (uint8_t *)(rewind.then + MAP_LEVELS);
        err = go_back(&rewind, note);
    }
    if (err == OK)
        *kept = store_view_pin(present).note.generation;
    store_view_close(present);
    store_view_close(rewind.view);
    plat_free(rewind.now, bytes);
    return err;
}
