/*
 * blocks_index.c - the bitmap on disk: loading groups, and writing those
 * that changed to new places with the index above them.
 *
 * A fold first finds places for everything (which changes the bitmap, so it
 * goes on until nothing new has changed), then writes. What early pages hold
 * is left out: after a restart nobody knows of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/blocks_priv.h"

#include "base/memory.h"
#include "plat/memory.h"

#define LOG_MODULE "store"
#include "base/log.h"

#define GROUP_WORDS (GROUP_BLOCKS / 64)

static uint64_t
table_bytes(uint64_t count, uint64_t item_bytes)
{
    uint64_t bytes = count * item_bytes;

    return (bytes + VOLUME_BLOCK_BYTES - 1) & ~(uint64_t)(VOLUME_BLOCK_BYTES - 1);
}

static uint64_t
bitmap_bytes(const struct blocks *blocks)
{
    return blocks->group_count * VOLUME_BLOCK_BYTES;
}

static void
levels_init(struct blocks *blocks)
{
    size_t count = blocks->group_count;

    blocks->node_count = 0;
    blocks->level_count = 0;
    for (;;) {
        assert(blocks->level_count < INDEX_LEVELS_MAX);
        blocks->level_start[blocks->level_count] = blocks->node_count;
        blocks->level_nodes[blocks->level_count] = count;
        blocks->node_count += count;
        blocks->level_count++;
        if (count == 1 && blocks->level_count > 1)
            return;
        count = (count + INDEX_WAYS - 1) >> INDEX_WAYS_BITS;
    }
}

err_t
blocks_init(struct blocks *blocks, struct plat_disk *disk, struct lock *lock, uint64_t block_count)
{
    *blocks = (struct blocks){ .disk = disk, .lock = lock, .block_count = block_count };
    assert(block_count > VOLUME_FIRST_BLOCK);
    lock_init(&blocks->grow_lock, LOCK_RANK_STORE_GROW);
    blocks->group_count = (block_count + GROUP_BLOCKS - 1) / GROUP_BLOCKS;
    blocks->chunk_count = (block_count + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS;
    blocks->free_total = block_count - VOLUME_FIRST_BLOCK;
    levels_init(blocks);
    blocks->bits = plat_reserve(bitmap_bytes(blocks));
    blocks->ephemeral = plat_reserve(bitmap_bytes(blocks));
    blocks->loaded = plat_reserve(table_bytes(blocks->group_count, 1));
    blocks->dirty = plat_reserve(table_bytes(blocks->group_count, 1));
    blocks->chunk_free = plat_reserve(table_bytes(blocks->chunk_count, 2));
    blocks->nodes = plat_reserve(table_bytes(blocks->node_count, sizeof blocks->nodes[0]));
    blocks->scratch = plat_alloc(VOLUME_BLOCK_BYTES);
    if (blocks->bits == NULL || blocks->ephemeral == NULL || blocks->loaded == NULL ||
        blocks->dirty == NULL || blocks->chunk_free == NULL || blocks->nodes == NULL ||
        blocks->scratch == NULL) {
        blocks_destroy(blocks);
        return ERR_NOMEM;
    }
    memset(blocks->chunk_free, 0xff, blocks->chunk_count * sizeof blocks->chunk_free[0]);
    return OK;
}

void
blocks_destroy(struct blocks *blocks)
{
    plat_release(blocks->bits, bitmap_bytes(blocks));
    plat_release(blocks->ephemeral, bitmap_bytes(blocks));
    plat_release(blocks->loaded, table_bytes(blocks->group_count, 1));
    plat_release(blocks->dirty, table_bytes(blocks->group_count, 1));
    plat_release(blocks->chunk_free, table_bytes(blocks->chunk_count, 2));
    plat_release(blocks->nodes, table_bytes(blocks->node_count, sizeof blocks->nodes[0]));
    plat_free(blocks->scratch, VOLUME_BLOCK_BYTES);
    plat_free(blocks->dead.items, blocks->dead.room * sizeof blocks->dead.items[0]);
    *blocks = (struct blocks){ 0 };
}

/* Read an index node and take over what it says about the nodes below it. */
static err_t
node_load(struct blocks *blocks, unsigned level, size_t place)
{
    const struct index_node *node = &blocks->nodes[blocks->level_start[level] + place];
    const struct index_node_disk *disk = (const void *)blocks->scratch;
    size_t below = blocks->level_start[level - 1];

    if (node->block == 0)
        return OK;
    blocks->index_damaged = node->block;
    TRY(volume_read(blocks->disk, node->block, 1, blocks->scratch));
    if (!crc_good(blocks->scratch, VOLUME_BLOCK_BYTES, node->crc)) /* guard: crc-index */
        return ERR_CORRUPT;
    for (size_t i = 0; i < INDEX_WAYS; i++) {
        const struct index_entry_disk *entry = &disk->entries[i];
        size_t child = (place << INDEX_WAYS_BITS) + i;
        uint64_t block = le64_get(entry->block);

        if (block == 0)
            continue;
        if (child >= blocks->level_nodes[level - 1] ||
            !block_range_valid(block, 1, blocks->block_count) ||
            le32_get(entry->free) > GROUP_BLOCKS)
            return ERR_CORRUPT;
        blocks->nodes[below + child] = (struct index_node){ .block = block,
                                                            .crc = le32_get(entry->crc),
                                                            .free = le32_get(entry->free) };
    }
    blocks->index_damaged = 0;
    return OK;
}

/* Blocks of the group that exist and are not the slots'. */
static uint64_t
group_size(const struct blocks *blocks, uint64_t group)
{
    uint64_t end = (group + 1) * GROUP_BLOCKS;

    if (end > blocks->block_count)
        end = blocks->block_count;
    return end - group * GROUP_BLOCKS - (group == 0 ? VOLUME_FIRST_BLOCK : 0);
}

static uint32_t
group_free_on_disk(const struct blocks *blocks, uint64_t group)
{
    const struct index_node *node = &blocks->nodes[group];

    return node->block != 0 ? node->free : (uint32_t)group_size(blocks, group);
}

/* Read all nodes below the root. */
static err_t
index_read(struct blocks *blocks, struct block_ref root)
{
    if (root.count == 0)
        return OK;
    if (!block_range_valid(root.block, 1, blocks->block_count))
        return ERR_CORRUPT;
    blocks->nodes[blocks->node_count - 1].block = root.block;
    blocks->nodes[blocks->node_count - 1].crc = root.crc;
    for (unsigned level = blocks->level_count - 1; level > 0; level--) {
        for (size_t i = 0; i < blocks->level_nodes[level]; i++)
            TRY(node_load(blocks, level, i));
    }
    return OK;
}

err_t
blocks_load_index(struct blocks *blocks, struct block_ref root, uint64_t free)
{
    uint64_t sum = 0;

    TRY(index_read(blocks, root));
    for (uint64_t group = 0; group < blocks->group_count; group++)
        sum += group_free_on_disk(blocks, group);
    blocks->index_damaged = root.block;
    if (sum != free)
        return ERR_CORRUPT;
    blocks->index_damaged = 0;
    blocks->free_total = free;
    return OK;
}

void
blocks_forget_index(struct blocks *blocks)
{
    memset(blocks->nodes, 0, blocks->node_count * sizeof blocks->nodes[0]);
    blocks->free_total = blocks->block_count - VOLUME_FIRST_BLOCK;
}

static uint32_t
count_free(const uint64_t *words)
{
    uint32_t used = 0;

    for (size_t i = 0; i < GROUP_WORDS; i++)
        used += (uint32_t)__builtin_popcountll(words[i]);
    return (uint32_t)GROUP_BLOCKS - used;
}

/* The blocks of the slots, and those behind the end, are always in use. */
static void
mark_outside(const struct blocks *blocks, uint64_t group, uint64_t *words)
{
    uint64_t inside = blocks->block_count - group * GROUP_BLOCKS;

    if (group == 0)
        words[0] |= (1ull << VOLUME_FIRST_BLOCK) - 1;
    if (inside >= GROUP_BLOCKS)
        return;
    words[inside / 64] |= UINT64_MAX << inside % 64;
    for (size_t i = inside / 64 + 1; i < GROUP_WORDS; i++)
        words[i] = UINT64_MAX;
}

err_t
blocks_load_group(struct blocks *blocks, uint64_t group)
{
    const struct index_node *node = &blocks->nodes[group];
    uint64_t *words = (uint64_t *)blocks->scratch;
    bool damaged = false;

    assert(lock_is_held(&blocks->grow_lock));
    if (blocks->loaded[group])
        return OK;
    memset(words, 0, VOLUME_BLOCK_BYTES);
    if (node->block != 0) {
        TRY(volume_read(blocks->disk, node->block, 1, words));
        if (!crc_good(words, VOLUME_BLOCK_BYTES, node->crc)) /* guard: crc-bitmap */
            damaged = true;
    }
    if (damaged) {
        log_error("block %" PRIu64 ": bitmap of group %" PRIu64
                  " is damaged; its blocks count as full",
                  node->block, group);
        memset(words, 0xff, VOLUME_BLOCK_BYTES);
    }
    mark_outside(blocks, group, words);

    lock_acquire(blocks->lock);
    memcpy(blocks->bits + group * GROUP_WORDS, words, VOLUME_BLOCK_BYTES);
    blocks->free_total += count_free(words) - (uint64_t)group_free_on_disk(blocks, group);
    blocks->loaded[group] = 1;
    if (damaged) {
        blocks->dirty[group] = 1;
        blocks->dirty_count++;
    }
    lock_release(blocks->lock);
    return OK;
}

/* ---- growing ---- */

/* What the index said of the groups that there were. Levels that come above it are all new. */
static void
nodes_take_over(struct blocks *blocks, const struct blocks *before)
{
    assert(blocks->level_count >= before->level_count);
    for (unsigned level = 0; level < before->level_count; level++)
        memcpy(&blocks->nodes[blocks->level_start[level]],
               &before->nodes[before->level_start[level]],
               before->level_nodes[level] * sizeof blocks->nodes[0]);
}

/*
 * Behind the old end its bits say "in use". The group is dirty in any case, so that the fold writes
 * all nodes above it, the new root among them.
 */
static err_t
end_open(struct blocks *blocks, uint64_t from)
{
    uint64_t group = (from - 1) / GROUP_BLOCKS, to = (group + 1) * GROUP_BLOCKS;
    bool written = blocks->nodes[group].block != 0;

    if (to > blocks->block_count)
        to = blocks->block_count;
    TRY(blocks_load_group(blocks, group));
    if (blocks->dirty[group])
        return ERR_CORRUPT; /* it was found damaged */
    lock_acquire(blocks->lock);
    for (uint64_t i = from; i < to; i++)
        blocks->bits[i / 64] &= ~(1ull << i % 64);
    if (written)
        blocks->free_total += to - from;
    blocks->dirty[group] = 1;
    blocks->dirty_count++;
    lock_release(blocks->lock);
    return OK;
}

err_t
blocks_extend(struct blocks *blocks, uint64_t block_count)
{
    struct blocks before = *blocks;
    uint64_t from = before.block_count;
    uint64_t tail = before.group_count * GROUP_BLOCKS; /* where the last group ends */
    err_t err;

    assert(block_count > from);
    err = blocks_init(blocks, before.disk, before.lock, block_count);
    if (err != OK) {
        *blocks = before;
        return err;
    }
    nodes_take_over(blocks, &before);
    blocks->free_total = before.free_total + block_count - from;
    if (blocks->nodes[before.group_count - 1].block != 0)
        blocks->free_total -= (tail < block_count ? tail : block_count) - from;
    blocks_destroy(&before);
    lock_acquire(&blocks->grow_lock);
    err = end_open(blocks, from);
    lock_release(&blocks->grow_lock);
    return err;
}

/* Mark [from, to), which lies in one loaded group. */
static void
mark_used_locked(struct blocks *blocks, uint64_t from, uint64_t to)
{
    uint64_t group = from / GROUP_BLOCKS, marked = 0;

    for (uint64_t i = from; i < to; i++) {
        uint64_t mask = 1ull << i % 64;

        marked += (blocks->bits[i / 64] & mask) == 0;
        blocks->bits[i / 64] |= mask;
    }
    blocks->free_total -= marked;
    if (marked > 0 && !blocks->dirty[group]) {
        blocks->dirty[group] = 1;
        blocks->dirty_count++;
    }
}

err_t
blocks_mark_used(struct blocks *blocks, uint64_t block, uint64_t count)
{
    err_t err = OK;

    if (!block_range_valid(block, count, blocks->block_count))
        return ERR_CORRUPT;
    lock_acquire(&blocks->grow_lock);
    for (uint64_t from = block; from < block + count && err == OK;) {
        uint64_t group = from / GROUP_BLOCKS, to = (group + 1) * GROUP_BLOCKS;

        if (to > block + count)
            to = block + count;
        err = blocks_load_group(blocks, group);
        lock_acquire(blocks->lock);
        if (err == OK)
            mark_used_locked(blocks, from, to);
        lock_release(blocks->lock);
        from = to;
    }
    lock_release(&blocks->grow_lock);
    return err;
}

/* ---- the fold ---- */

static err_t
node_place(struct index_node *node, const struct blocks_placer *placer)
{
    TRY(placer->take(placer->context, &node->fresh));
    return node->block != 0 ? placer->died(placer->context, node->block) : OK;
}

err_t
blocks_fold_place(struct blocks *blocks, const struct blocks_placer *placer, bool *found)
{
    *found = false;
    for (uint64_t group = 0; group < blocks->group_count; group++) {
        bool dirty;
        size_t place = group;

        lock_acquire(blocks->lock);
        dirty = blocks->dirty[group];
        lock_release(blocks->lock);
        if (!dirty || blocks->nodes[group].fresh != 0)
            continue;
        *found = true;
        for (unsigned level = 0; level < blocks->level_count; level++) {
            struct index_node *node = &blocks->nodes[blocks->level_start[level] + place];

            if (node->fresh == 0)
                TRY(node_place(node, placer));
            place >>= INDEX_WAYS_BITS;
        }
    }
    return OK;
}

static void
group_write(struct blocks *blocks, struct writer *writer, uint64_t group)
{
    struct index_node *node = &blocks->nodes[group];
    uint64_t *slot = (uint64_t *)writer_slot(writer);
    const uint64_t *bits = blocks->bits + group * GROUP_WORDS;
    const uint64_t *ephemeral = blocks->ephemeral + group * GROUP_WORDS;

    lock_acquire(blocks->lock);
    for (size_t i = 0; i < GROUP_WORDS; i++)
        slot[i] = bits[i] & ~ephemeral[i];
    blocks->dirty_count -= blocks->dirty[group];
    blocks->dirty[group] = 0;
    lock_release(blocks->lock);
    node->fresh_free = count_free(slot);
    node->fresh_crc = crc32c(slot, VOLUME_BLOCK_BYTES);
    writer_push(writer, node->fresh);
}

static void
node_write(struct blocks *blocks, struct writer *writer, unsigned level, size_t place)
{
    struct index_node *node = &blocks->nodes[blocks->level_start[level] + place];
    struct index_node_disk *slot = (void *)writer_slot(writer);
    size_t first = place << INDEX_WAYS_BITS;

    memset(slot, 0, sizeof *slot);
    for (size_t i = 0; i < INDEX_WAYS && first + i < blocks->level_nodes[level - 1]; i++) {
        const struct index_node *child = &blocks->nodes[blocks->level_start[level - 1] + first + i];
        bool fresh = child->fresh != 0;

        slot->entries[i] = (struct index_entry_disk){
            .block = le64_put(fresh ? child->fresh : child->block),
            .crc = le32_put(fresh ? child->fresh_crc : child->crc),
            .free = le32_put(fresh ? child->fresh_free : child->free),
        };
    }
    node->fresh_free = 0;
    node->fresh_crc = crc32c(slot, sizeof *slot);
    writer_push(writer, node->fresh);
}

err_t
blocks_fold_write(struct blocks *blocks, struct writer *writer, struct block_ref *root,
                  uint64_t *free)
{
    const struct index_node *top = &blocks->nodes[blocks->node_count - 1];

    assert(lock_is_held(&blocks->grow_lock));
    *free = 0;
    for (uint64_t group = 0; group < blocks->group_count; group++) {
        if (blocks->nodes[group].fresh != 0)
            group_write(blocks, writer, group);
        *free += blocks->nodes[group].fresh != 0 ? blocks->nodes[group].fresh_free
                                                 : group_free_on_disk(blocks, group);
    }
    for (unsigned level = 1; level < blocks->level_count; level++) {
        for (size_t i = 0; i < blocks->level_nodes[level]; i++) {
            if (blocks->nodes[blocks->level_start[level] + i].fresh != 0)
                node_write(blocks, writer, level, i);
        }
    }
    if (top->fresh != 0)
        *root = (struct block_ref){ .block = top->fresh, .crc = top->fresh_crc, .count = 1 };
    else
        *root =
            (struct block_ref){ .block = top->block, .crc = top->crc, .count = top->block != 0 };
    return writer->err;
}

void
blocks_fold_done(struct blocks *blocks)
{
    lock_acquire(&blocks->grow_lock);
    lock_acquire(blocks->lock);
    for (size_t i = 0; i < blocks->node_count; i++) {
        struct index_node *node = &blocks->nodes[i];

        if (node->fresh != 0)
            *node = (struct index_node){ .block = node->fresh,
                                         .crc = node->fresh_crc,
                                         .free = node->fresh_free };
    }
    lock_release(blocks->lock);
    lock_release(&blocks->grow_lock);
}

void
blocks_fold_undo(struct blocks *blocks)
{
    lock_acquire(&blocks->grow_lock);
    lock_acquire(blocks->lock);
    for (size_t i = 0; i < blocks->node_count; i++) {
        if (i < blocks->group_count && blocks->nodes[i].fresh != 0) {
            blocks->dirty_count += !blocks->dirty[i];
            blocks->dirty[i] = 1;
        }
        blocks->nodes[i].fresh = 0;
    }
    lock_release(blocks->lock);
    lock_release(&blocks->grow_lock);
}
