/*
 * rebuild.c - going on where what tells of free space, or of older generations, is damaged.
 *
 * Nothing in the index of the bitmap is known there alone: in use, as of the fold, is what the
 * map leads to, what was waiting, and the lists themselves. So an index that is damaged is
 * forgotten and found out anew, by reading each node of the map once; the next commit folds, and
 * writes all of it. Of a damaged list the part before the damage is taken; blocks
 * that only the rest named stay out of use, and generations are no longer told of.
 *
 * Invariant: no page and no generation is given up for any of this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

static err_t
row_flush(struct store *store, const struct block_row *row)
{
    return row->count > 0 ? blocks_mark_used(&store->blocks, row->block, row->count) : OK;
}

err_t
block_row_add(struct store *store, struct block_row *row, uint64_t block)
{
    if (row->count > 0 && block == row->block + row->count) {
        row->count++;
        return OK;
    }
    TRY(row_flush(store, row));
    *row = (struct block_row){ .block = block, .count = 1 };
    return OK;
}

err_t
block_row_end(struct store *store, struct block_row *row)
{
    TRY(row_flush(store, row));
    *row = (struct block_row){ 0 };
    return OK;
}

/* Mark what is below `entry`, a node of `level`. Depth: MAP_LEVELS. */
static err_t
node_mark(struct store *store, struct block_row *row, unsigned level, struct map_entry entry,
          struct map_node_disk *nodes)
{
    struct map_node_disk *node = &nodes[level];
    err_t err;

    if (entry.block == 0 || !map_entry_valid(store, &entry))
        return OK;
    TRY(block_row_add(store, row, entry.block));
    err = map_node_read(store, &entry, node);
    if (err == ERR_CORRUPT) {
        log_error("block %" PRIu64 ": a node of the page map is damaged; what it named is lost",
                  entry.block);
        return OK;
    }
    TRY(err);
    for (unsigned i = 0; i < MAP_WAYS; i++) {
        struct map_entry below = map_entry_get(&node->entries[i]);

        if (level > 0)
            TRY(node_mark(store, row, level - 1, below, nodes));
        else if (below.block != 0 && map_entry_valid(store, &below))
            TRY(block_row_add(store, row, below.block));
    }
    return OK;
}

static err_t
map_mark(struct store *store, struct block_ref map)
{
    const size_t bytes = MAP_LEVELS * sizeof(struct map_node_disk);
    struct map_entry root = { .block = map.count > 0 ? map.block : 0, .crc = map.crc };
    struct map_node_disk *nodes = plat_alloc(bytes);
    struct block_row row = { 0 };
    err_t err = nodes != NULL ? OK : ERR_NOMEM;

    if (err == OK)
        err = node_mark(store, &row, MAP_LEVELS - 1, root, nodes);
    if (err == OK)
        err = block_row_end(store, &row);
    plat_free(nodes, bytes);
    return err;
}

err_t
rebuild_index(struct store *store)
{
    blocks_forget_index(&store->blocks);
    store->rebuilt = store->repaired = true;
    return map_mark(store, store->map);
}

static err_t
list_mark(struct store *store, const struct extent_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(blocks_mark_used(&store->blocks, list->items[i].block, list->items[i].count));
    return OK;
}

static err_t
link_mark(void *context, uint64_t block, const struct chain_disk *link)
{
    struct store *store = context;

    TRY(blocks_mark_used(&store->blocks, block, 1));
    for (uint32_t i = 0; i < le32_get(link->item_count); i++) {
        struct dead_extent_disk item;

        memcpy(&item, link->items + i * sizeof item, sizeof item);
        TRY(blocks_mark_used(&store->blocks, le64_get(item.block), le32_get(item.count)));
    }
    return OK;
}

/* What died after a pin is in its list; should that be damaged, what it reaches is in its map. */
static err_t
pins_mark(struct store *store)
{
    const struct history *history = &store->history;

    for (size_t i = 0; i < history->count; i++) {
        const struct pin *pin = &history->pins[i];
        err_t err = history_list_walk(store, pin, link_mark, store);
        bool damaged;

        TRY(rebuild_list_check(store, err, "what died after a pinned generation", &damaged));
        if (!pin->going)
            TRY(map_mark(store, pin->map));
    }
    return list_mark(store, &history->blocks);
}

err_t
rebuild_lists(struct store *store, const struct extent_list *waiting)
{
    if (!store->rebuilt)
        return OK;
    TRY(list_mark(store, waiting));
    TRY(list_mark(store, &store->waiting_blocks));
    TRY(list_mark(store, &store->notes_blocks));
    return pins_mark(store);
}

err_t
rebuild_list_check(struct store *store, err_t err, const char *what, bool *damaged)
{
    if (err != ERR_CORRUPT && err != ERR_IO)
        return err;
    log_error("the list of %s is damaged (%s); what is left of it counts", what, err_text(err));
    store->repaired = *damaged = true;
    return OK;
}
