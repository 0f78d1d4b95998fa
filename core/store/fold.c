/*
 * fold.c - the overlay and the commit's own pages go into the map, and the
 * records begin anew.
 *
 * A fold is part of a commit: it writes new map nodes for all pages that
 * changed since the last one, the bitmap groups that changed, the list of
 * blocks that wait, the older notes, and what changed of pins; the commit's
 * superblock names them. Its own pages are among them, so it needs no record, and
 * whoever opens its generation has none to read.
 *
 * Invariant: nothing that readers use changes here. What was written is taken
 * over by the commit when its superblock is safe, or undone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

/* ---- places ---- */

err_t
fold_block(struct store *store, uint64_t *block)
{
    TRY(extent_list_reserve(&store->fold.taken));
    TRY(blocks_run_next(&store->blocks, &store->fold.run, block));
    return extent_list_add(&store->fold.taken, *block, 1);
}

static err_t
fold_take(void *context, uint64_t *block)
{
    return fold_block(context, block);
}

err_t
fold_died(struct store *store, uint64_t block, uint64_t count)
{
    return extent_list_add(&store->fold.died, block, count);
}

static err_t
fold_died_one(void *context, uint64_t block)
{
    return fold_died(context, block, 1);
}

/* ---- the map ---- */

/* Sort keys by bytes of the page number, lowest first; `spare` is as large. */
static uint64_t *
keys_sort(uint64_t *keys, uint64_t *spare, size_t count)
{
    for (unsigned shift = 32; shift < 64; shift += 8) {
        size_t places[257] = { 0 };
        uint64_t *swap = keys;

        for (size_t i = 0; i < count; i++)
            places[(keys[i] >> shift & 255) + 1]++;
        for (unsigned i = 0; i < 256; i++)
            places[i + 1] += places[i];
        for (size_t i = 0; i < count; i++)
            spare[places[keys[i] >> shift & 255]++] = keys[i];
        keys = spare;
        spare = swap;
    }
    return keys;
}

/* Places count on from the overlay into the commit's own pages. */
static const struct page_change *
change_at(const struct store *store, size_t place)
{
    size_t overlay = store->overlay.count;

    return place < overlay ? &store->overlay.items[place] : &store->pending.items[place - overlay];
}

/* Keys of the same page keep their order: what the commit says comes after the overlay. */
static err_t
keys_make(struct store *store)
{
    struct fold *fold = &store->fold;
    size_t count = store->overlay.count + store->pending.count;
    uint64_t *sorted;

    assert(count <= UINT32_MAX);
    fold->key_count = count;
    if (count == 0)
        return OK;
    fold->keys = plat_alloc(2 * count * sizeof fold->keys[0]);
    if (fold->keys == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        fold->keys[i] = (uint64_t)change_at(store, i)->page << 32 | i;
    sorted = keys_sort(fold->keys, fold->keys + count, count);
    assert(sorted == fold->keys); /* an even number of passes */
    return OK;
}

/*
 * The node of `level` above a page as it is; damage makes each of its entries one that is known to
 * be lost. One that was given up leads to nothing.
 */
static err_t
node_get(struct store *store, unsigned level, uint64_t page, const struct map_entry *entry,
         struct map_node_disk *node)
{
    err_t err = OK;

    memset(node, 0, sizeof *node);
    if (hash_table_get(&store->given_up, map_node_key(page, level + 1), NULL))
        return OK;
    if (entry->block != 0)
        err = map_node_read(store, entry, node);
    if (err == OK && (entry->flags & MAP_FLAG_LOST) == 0)
        return OK;
    if (err != OK && err != ERR_CORRUPT)
        return err;
    if (err == ERR_CORRUPT)
        log_error("block %" PRIu64 ": a node of the page map is damaged; what it named is lost",
                  entry->block);
    for (unsigned i = 0; i < MAP_WAYS; i++)
        node->entries[i] = map_entry_put((struct map_entry){ .flags = MAP_FLAG_LOST });
    return OK;
}

static err_t
node_put(struct store *store, const struct map_node_disk *node, struct map_entry *entry)
{
    struct fold *fold = &store->fold;
    uint8_t *slot;

    *entry = (struct map_entry){ 0 };
    if (bytes_are_zero(node, sizeof *node))
        return OK;
    TRY(fold_block(store, &entry->block));
    slot = writer_slot(&store->writer);
    memcpy(slot, node, sizeof *node);
    entry->crc = crc32c(slot, VOLUME_BLOCK_BYTES);
    entry->birth = fold->generation;
    map_node_keep(store, entry, slot);
    writer_push(&store->writer, entry->block);
    fold->nodes_written++;
    return store->writer.err;
}

static struct map_entry_disk
leaf_entry(const struct store *store, size_t place)
{
    const struct page_change *change = change_at(store, place);
    bool own = place >= store->overlay.count;

    if (change->block == 0)
        return (struct map_entry_disk){ 0 };
    return map_entry_put((struct map_entry){ .block = change->block,
                                             .birth = own ? store->fold.generation : change->birth,
                                             .crc = change->crc });
}

/* What `entry` named dies with this fold: a node of the map or, as of the last fold, a page. */
static err_t
entry_replaced(struct store *store, struct map_entry entry, bool node)
{
    if (entry.block == 0)
        return OK;
    if (store->fold.history != NULL)
        return history_fold_replaced(store, entry.block, entry.birth, node);
    return node ? fold_died(store, entry.block, 1) : OK;
}

/*
 * Apply keys [from, to), which all lie below `entry`, a node of `level`; the
 * node's new place is the new entry. Depth: MAP_LEVELS.
 */
static err_t
node_fold(struct store *store, unsigned level, struct map_entry *entry, size_t from, size_t to)
{
    struct fold *fold = &store->fold;
    struct map_node_disk *node = &fold->nodes[level];
    struct map_entry old = *entry;

    TRY(node_get(store, level, fold->keys[from] >> 32, &old, node));
    while (from < to) {
        uint64_t page = fold->keys[from] >> 32;
        unsigned way = (unsigned)(page >> level * MAP_WAYS_BITS) & (MAP_WAYS - 1);
        size_t end = from + 1;

        if (level == 0) {
            TRY(entry_replaced(store, map_entry_get(&node->entries[way]), false));
            node->entries[way] = leaf_entry(store, (uint32_t)fold->keys[from]);
        } else {
            uint64_t last = page | ((1ull << level * MAP_WAYS_BITS) - 1);
            struct map_entry child = map_entry_get(&node->entries[way]);

            while (end < to && fold->keys[end] >> 32 <= last)
                end++;
            if (!map_entry_valid(store, &child))
                child = (struct map_entry){ .flags = MAP_FLAG_LOST };
            TRY(node_fold(store, level - 1, &child, from, end));
            node->entries[way] = map_entry_put(child);
        }
        from = end;
    }
    TRY(entry_replaced(store, old, true));
    map_node_retire(store, &old);
    return node_put(store, node, entry);
}

static err_t
map_fold(struct store *store)
{
    struct fold *fold = &store->fold;
    struct map_entry root = { .block = store->map.count > 0 ? store->map.block : 0,
                              .birth = store->super.map_birth,
                              .crc = store->map.crc };

    TRY(keys_make(store));
    fold->map = store->map;
    fold->map_birth = store->super.map_birth;
    if (fold->key_count == 0)
        return OK;
    fold->nodes = plat_alloc(MAP_LEVELS * sizeof fold->nodes[0]);
    if (fold->nodes == NULL)
        return ERR_NOMEM;
    TRY(node_fold(store, MAP_LEVELS - 1, &root, 0, fold->key_count));
    fold->map =
        (struct block_ref){ .block = root.block, .crc = root.crc, .count = root.block != 0 };
    fold->map_birth = root.birth;
    return OK;
}

/* ---- bitmap, waiting list, notes ---- */

uint64_t
chain_links(uint64_t items, size_t item_bytes)
{
    uint64_t link_max = CHAIN_BYTES / item_bytes;

    return (items + link_max - 1) / link_max;
}

/* With the commit's own, which is not in the ring yet. */
static size_t
notes_kept(const struct store *store)
{
    return store->note_count < NOTES_MAX ? store->note_count + 1 : NOTES_MAX;
}

static size_t
dead_waiting(const struct store *store)
{
    return store->blocks.dead.end - store->blocks.dead.head + store->fold.died.count;
}

err_t
chain_place(struct store *store, struct extent_list *list, uint64_t links, bool *found)
{
    for (uint64_t have = extent_list_blocks(list); have < links; have++) {
        uint64_t block;

        TRY(fold_block(store, &block));
        TRY(extent_list_add(list, block, 1));
        *found = true;
    }
    return OK;
}

/* All that the fold leaves behind, but bitmap blocks: those die as they are placed. */
static err_t
old_places_died(struct store *store)
{
    const struct extent_list *lists[] = { &store->waiting_blocks, &store->notes_blocks,
                                          &store->log.extents, &store->history.blocks };
    const struct page_set *own = &store->pending;

    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        for (size_t i = 0; i < lists[l]->count; i++)
            TRY(fold_died(store, lists[l]->items[i].block, lists[l]->items[i].count));
    }
    for (size_t i = 0; i < own->count; i++) {
        if (own->items[i].old != 0 && (own->items[i].state & CHANGE_OLD_KEPT) == 0)
            TRY(fold_died(store, own->items[i].old, 1));
    }
    return OK;
}

/* Placing changes the bitmap and may lengthen the list, so it is done until nothing new is found.
 */
static err_t
all_place(struct store *store)
{
    const struct blocks_placer placer = { fold_take, fold_died_one, store };
    struct fold *fold = &store->fold;
    uint64_t before;
    bool found = true;

    TRY(old_places_died(store));
    while (found) {
        before = extent_list_blocks(&fold->taken);
        TRY(blocks_fold_place(&store->blocks, &placer, &found));
        TRY(chain_place(store, &fold->waiting_blocks,
                        chain_links(dead_waiting(store), sizeof(struct dead_extent_disk)), &found));
        TRY(chain_place(store, &fold->notes_blocks,
                        chain_links(notes_kept(store), sizeof(struct note_disk)), &found));
        TRY(history_fold_place(store, &found));
        found = found || extent_list_blocks(&fold->taken) != before;
    }
    return OK;
}

static void
dead_item_put(const struct store *store, const void *context, size_t index, uint8_t *item)
{
    const struct dead_queue *dead = &store->blocks.dead;
    size_t queued = dead->end - dead->head;
    const struct dead_extent *extent;
    uint64_t generation;
    struct dead_extent_disk disk;

    (void)context;
    if (index < queued) {
        extent = &dead->items[dead->head + index];
        generation = extent->generation;
    } else {
        extent = &store->fold.died.items[index - queued];
        generation = store->fold.generation;
    }
    disk = (struct dead_extent_disk){ .block = le64_put(extent->block),
                                      .generation = le64_put(generation),
                                      .count = le32_put(extent->count) };
    memcpy(item, &disk, sizeof disk);
}

static void
note_item_put(const struct store *store, const void *context, size_t index, uint8_t *item)
{
    uint64_t place = store->note_count + 1 - notes_kept(store) + index;
    struct note_disk disk =
        note_put(place == store->note_count ? store->fold.note : &store->notes[place % NOTES_MAX]);

    (void)context;
    memcpy(item, &disk, sizeof disk);
}

/* The last link is written first, so that each can name the one after it. */
err_t
chain_write(struct store *store, const struct extent_list *places, size_t items, size_t item_bytes,
            chain_item_fn *put, const void *context, struct block_ref *first)
{
    size_t link_max = CHAIN_BYTES / item_bytes, left = items;

    for (size_t e = places->count; e-- > 0;) {
        for (size_t i = places->items[e].count; i-- > 0;) {
            struct chain_disk *link = (void *)writer_slot(&store->writer);
            uint64_t block = places->items[e].block + i;
            size_t count = left < link_max ? left : link_max;

            left -= count;
            memset(link, 0, sizeof *link);
            link->next = block_ref_put(*first);
            link->item_count = le32_put((uint32_t)count);
            for (size_t n = 0; n < count; n++)
                put(store, context, left + n, link->items + n * item_bytes);
            *first = (struct block_ref){ block, crc32c(link, sizeof *link), 1 };
            writer_push(&store->writer, block);
        }
    }
    assert(left == 0);
    return store->writer.err;
}

err_t
fold_run(struct store *store, const struct store_note *note)
{
    struct fold *fold = &store->fold;
    err_t err;

    assert(!fold->active);
    *fold = (struct fold){
        .active = true, .generation = note->generation, .note = note, .run = { .want = RUN_BLOCKS }
    };
    TRY(history_fold_begin(store));
    TRY(map_fold(store));
    TRY(history_fold_settle(store));

    lock_acquire(&store->blocks.grow_lock);
    err = all_place(store);
    if (err == OK) {
        blocks_run_close(&store->blocks, &fold->run);
        err = blocks_fold_write(&store->blocks, &store->writer, &fold->bitmap, &fold->free);
    }
    if (err == OK)
        err = chain_write(store, &fold->waiting_blocks, dead_waiting(store),
                          sizeof(struct dead_extent_disk), dead_item_put, NULL, &fold->waiting);
    if (err == OK)
        err = chain_write(store, &fold->notes_blocks, notes_kept(store), sizeof(struct note_disk),
                          note_item_put, NULL, &fold->notes);
    if (err == OK)
        err = history_fold_write(store);
    lock_release(&store->blocks.grow_lock);
    return err;
}

void
fold_free(struct store *store)
{
    struct fold *fold = &store->fold;

    extent_list_free(&fold->taken);
    extent_list_free(&fold->died);
    extent_list_free(&fold->waiting_blocks);
    extent_list_free(&fold->notes_blocks);
    history_fold_free(store);
    plat_free(fold->keys, 2 * fold->key_count * sizeof fold->keys[0]);
    plat_free(fold->nodes, MAP_LEVELS * sizeof fold->nodes[0]);
    *fold = (struct fold){ 0 };
}

/* `give_back`: no superblock names the fold, and nothing of it is under way. */
void
fold_undo(struct store *store, bool give_back)
{
    struct fold *fold = &store->fold;

    blocks_run_close(&store->blocks, &fold->run);
    blocks_fold_undo(&store->blocks);
    if (give_back) {
        lock_acquire(&store->lock);
        for (size_t i = 0; i < fold->taken.count; i++)
            blocks_give_back_locked(&store->blocks, fold->taken.items[i].block,
                                    fold->taken.items[i].count);
        lock_release(&store->lock);
        fold_free(store);
    }
}
