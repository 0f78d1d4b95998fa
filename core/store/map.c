/*
 * map.c - from a page to its block: a radix tree on disk, its nodes cached in
 * memory.
 *
 * Invariant: a node in the cache is the one that was written with its
 * checksum to its block. The way down the tree names block and checksum, so a
 * frame that was kept too long is never taken for what now lies in its block.
 *
 * A lookup allocates nothing: a node that is missing is read into a buffer of
 * the caller's and copied into a frame that was there from the start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

#define CACHE_BYTES ((uint64_t)CACHE_FRAMES * VOLUME_BLOCK_BYTES)

err_t
cache_init(struct node_cache *cache)
{
    err_t err;

    *cache = (struct node_cache){ 0 };
    cache->nodes = plat_reserve(CACHE_BYTES);
    cache->frames = plat_alloc(CACHE_FRAMES * sizeof cache->frames[0]);
    err = hash_table_reserve(&cache->places, CACHE_FRAMES + 1);
    if (cache->nodes == NULL || cache->frames == NULL || err != OK) {
        cache_destroy(cache);
        return ERR_NOMEM;
    }
    return OK;
}

void
cache_destroy(struct node_cache *cache)
{
    plat_release(cache->nodes, CACHE_BYTES);
    plat_free(cache->frames, CACHE_FRAMES * sizeof cache->frames[0]);
    hash_table_free(&cache->places);
    *cache = (struct node_cache){ 0 };
}

static const struct map_node_disk *
cache_find(struct node_cache *cache, const struct map_entry *entry)
{
    uint64_t place;

    if (!hash_table_get(&cache->places, entry->block, &place))
        return NULL;
    if (cache->frames[place].crc != entry->crc)
        return NULL;
    cache->frames[place].referenced = true;
    return &cache->nodes[place];
}

/* A frame for a new node: one never used, or the first that was not looked at for a round. */
static size_t
cache_take_frame(struct node_cache *cache)
{
    if (cache->used < CACHE_FRAMES)
        return cache->used++;
    for (;;) {
        size_t place = cache->hand;

        cache->hand = (cache->hand + 1) % CACHE_FRAMES;
        if (!cache->frames[place].referenced) {
            hash_table_remove(&cache->places, cache->frames[place].block);
            return place;
        }
        cache->frames[place].referenced = false;
    }
}

static void
cache_insert(struct node_cache *cache, const struct map_entry *entry, const void *node)
{
    uint64_t place;

    if (!hash_table_get(&cache->places, entry->block, &place)) {
        place = cache_take_frame(cache);
        hash_table_put_reserved(&cache->places, entry->block, place);
    }
    memcpy(&cache->nodes[place], node, sizeof cache->nodes[place]);
    cache->frames[place] =
        (struct cache_frame){ .block = entry->block, .crc = entry->crc, .referenced = true };
}

/* Its successor is on the way: its frame is the next to be taken, unless readers come by again. */
void
map_node_retire(struct store *store, const struct map_entry *entry)
{
    uint64_t place;

    lock_acquire(&store->lock);
    if (hash_table_get(&store->cache.places, entry->block, &place))
        store->cache.frames[place].referenced = false;
    lock_release(&store->lock);
}

bool
map_entry_valid(const struct store *store, const struct map_entry *entry)
{
    if (entry->block == 0)
        return (entry->flags & ~(uint32_t)MAP_FLAG_LOST) == 0;
    return entry->flags == 0 && block_range_valid(entry->block, 1, store->super.block_count);
}

static inline unsigned
way_of(uint64_t page, unsigned level)
{
    return (unsigned)(page >> level * MAP_WAYS_BITS) & (MAP_WAYS - 1);
}

bool
map_find_level_locked(struct store *store, struct block_ref root, uint64_t page,
                      struct map_entry *entry, unsigned *found_level)
{
    *entry = (struct map_entry){ .block = root.count > 0 ? root.block : 0, .crc = root.crc };
    for (unsigned level = MAP_LEVELS; level-- > 0;) {
        const struct map_node_disk *node;

        *found_level = level + 1;
        if (entry->block == 0)
            return true;
        node = cache_find(&store->cache, entry);
        if (node == NULL)
            return false;
        *entry = map_entry_get(&node->entries[way_of(page, level)]);
        if (!map_entry_valid(store, entry))
            *entry = (struct map_entry){ .flags = MAP_FLAG_LOST };
    }
    *found_level = 0;
    return true;
}

bool
map_find_locked(struct store *store, struct block_ref root, uint64_t page, struct map_entry *entry)
{
    unsigned level;

    return map_find_level_locked(store, root, page, entry, &level);
}

void
map_node_keep(struct store *store, const struct map_entry *entry, const void *node)
{
    lock_acquire(&store->lock);
    cache_insert(&store->cache, entry, node);
    lock_release(&store->lock);
}

err_t
map_node_read(struct store *store, const struct map_entry *entry, void *node)
{
    const struct map_node_disk *cached;

    lock_acquire(&store->lock);
    cached = cache_find(&store->cache, entry);
    if (cached != NULL)
        memcpy(node, cached, sizeof *cached);
    lock_release(&store->lock);
    if (cached != NULL)
        return OK;
    TRY(volume_read(store->disk, entry->block, 1, node));
    if (!crc_good(node, VOLUME_BLOCK_BYTES, entry->crc)) /* guard: crc-node */
        return ERR_CORRUPT;
    map_node_keep(store, entry, node);
    return OK;
}

err_t
map_find_level(struct store *store, struct block_ref root, uint64_t page, void *node,
               struct map_entry *entry, unsigned *level)
{
    for (;;) {
        bool found;

        lock_acquire(&store->lock);
        found = map_find_level_locked(store, root, page, entry, level);
        lock_release(&store->lock);
        if (found)
            return OK;
        TRY(map_node_read(store, entry, node));
    }
}

err_t
map_lookup(struct store *store, uint64_t page, struct map_entry *entry)
{
    const struct page_change *change = page_set_find(&store->overlay, page);
    unsigned level;

    if (change != NULL) {
        *entry = (struct map_entry){ .block = change->block,
                                     .birth = change->birth,
                                     .crc = change->crc,
                                     .flags = change->flags };
        return OK;
    }
    return map_find_level(store, store->map, page, store->scratch, entry, &level);
}
