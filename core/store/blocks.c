/*
 * blocks.c - giving blocks out and taking them back.
 *
 * Invariants
 *   1. A block is given out only if its bit was 0 in a loaded group of an open chunk.
 *   2. A bit goes back to 0 only when no superblock that may be found in any slot
 *      leads to the block: it was never named (give_back), or it waited in
 *      the queue of the dead until super_floor() passed its generation.
 *   3. free_open is the number of 0 bits in open chunks, and chunk_free its parts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/blocks_priv.h"

#include "base/memory.h"
#include "plat/memory.h"

#define CHUNK_CLOSED  0xffffu
#define CHUNKS_LOOKED 64 /* after so many the best run so far is good enough */
#define GROUP_CHUNKS  (GROUP_BLOCKS / CHUNK_BLOCKS)

static_assert(CHUNK_BLOCKS < CHUNK_CLOSED, "a free count fits");
static_assert(GROUP_BLOCKS % CHUNK_BLOCKS == 0, "a chunk lies in one group");

static inline uint64_t
minimum(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- bits ---- */

static inline bool
bit_get(const uint64_t *bits, uint64_t block)
{
    return bits[block / 64] >> block % 64 & 1;
}

static inline void
bit_set(uint64_t *bits, uint64_t block, bool value)
{
    uint64_t mask = 1ull << block % 64;

    bits[block / 64] = value ? bits[block / 64] | mask : bits[block / 64] & ~mask;
}

/* The first block in [from, to) whose bit is `value`, or `to`. */
static uint64_t
bit_find(const uint64_t *bits, uint64_t from, uint64_t to, bool value)
{
    while (from < to) {
        uint64_t word = value ? bits[from / 64] : ~bits[from / 64];

        word >>= from % 64;
        if (word != 0)
            return minimum(from + (uint64_t)__builtin_ctzll(word), to);
        from = (from / 64 + 1) * 64;
    }
    return to;
}

/* Change all bits in [from, to), a word at a time. */
static void
bits_set(uint64_t *bits, uint64_t from, uint64_t to, bool value)
{
    for (uint64_t next; from < to; from = next) {
        uint64_t mask = ~0ull << from % 64;

        next = (from / 64 + 1) * 64;
        if (to < next)
            mask &= ~0ull >> (next - to);
        bits[from / 64] = value ? bits[from / 64] | mask : bits[from / 64] & ~mask;
    }
}

/* ---- what counts them ---- */

static inline uint64_t
chunk_end(const struct blocks *blocks, uint64_t chunk)
{
    return minimum((chunk + 1) * CHUNK_BLOCKS, blocks->block_count);
}

static void
mark_dirty(struct blocks *blocks, uint64_t group)
{
    assert_slow(blocks->loaded[group]);
    blocks->dirty_count += !blocks->dirty[group];
    blocks->dirty[group] = 1;
}

/* Change the bits of blocks of one chunk, and all that counts them. */
static void
chunk_set_used(struct blocks *blocks, uint64_t from, uint64_t to, bool used)
{
    uint64_t chunk = from / CHUNK_BLOCKS;
    uint64_t change = used ? from - to : to - from; /* of what is free */

    assert(from >= VOLUME_FIRST_BLOCK);
    assert(to <= chunk_end(blocks, chunk)); /* which is at most that of the volume */
    assert(blocks->loaded[from / GROUP_BLOCKS]);
    assert(bit_find(blocks->bits, from, to, used) == to);
    bits_set(blocks->bits, from, to, used);
    mark_dirty(blocks, from / GROUP_BLOCKS);
    blocks->free_total += change;
    if (blocks->chunk_free[chunk] != CHUNK_CLOSED) {
        blocks->chunk_free[chunk] = (uint16_t)(blocks->chunk_free[chunk] + change);
        blocks->free_open += change;
    }
}

static void
range_set_used(struct blocks *blocks, uint64_t from, uint64_t to, bool used)
{
    for (uint64_t end; from < to; from = end) {
        end = minimum(to, chunk_end(blocks, from / CHUNK_BLOCKS));
        chunk_set_used(blocks, from, end, used);
    }
}

void
blocks_set_ephemeral_locked(struct blocks *blocks, uint64_t block, bool ephemeral)
{
    if (bit_get(blocks->ephemeral, block) == ephemeral)
        return;
    assert(bit_get(blocks->bits, block));
    bit_set(blocks->ephemeral, block, ephemeral);
    blocks->ephemeral_count += ephemeral ? 1 : (uint64_t)-1;
    mark_dirty(blocks, block / GROUP_BLOCKS);
}

/* ---- finding runs ---- */

struct run {
    uint64_t block;
    uint64_t count;
};

/* Better `best` with the runs in [from, to); stop at one that is long enough. */
static void
runs_search(const struct blocks *blocks, uint64_t from, uint64_t to, uint64_t want,
            struct run *best)
{
    while (from < to && best->count < want) {
        uint64_t start = bit_find(blocks->bits, from, to, false);
        uint64_t end = bit_find(blocks->bits, start, minimum(to, start + want), true);

        if (end - start > best->count)
            *best = (struct run){ start, end - start };
        from = end + (end == start);
    }
}

static struct run
run_find(const struct blocks *blocks, uint64_t want)
{
    uint64_t first = blocks->cursor / CHUNK_BLOCKS;
    struct run best = { 0, 0 };

    for (uint64_t i = 0; i <= blocks->chunk_count && best.count < want; i++) {
        uint64_t chunk = (first + i) % blocks->chunk_count;
        uint64_t from = chunk * CHUNK_BLOCKS, to = chunk_end(blocks, chunk);

        if (i > CHUNKS_LOOKED && best.count > 0)
            break;
        if (blocks->chunk_free[chunk] == CHUNK_CLOSED || blocks->chunk_free[chunk] == 0)
            continue;
        if (i == 0)
            from = blocks->cursor;
        runs_search(blocks, from, to, want, &best);
    }
    return best;
}

err_t
blocks_take_locked(struct blocks *blocks, uint64_t want, bool ephemeral, uint64_t *block,
                   uint64_t *count)
{
    struct run run;

    assert(want > 0);
    if (blocks->free_open == 0)
        return ERR_NOSPACE;
    run = run_find(blocks, want);
    assert(run.count > 0);
    range_set_used(blocks, run.block, run.block + run.count, true);
    for (uint64_t i = 0; ephemeral && i < run.count; i++)
        blocks_set_ephemeral_locked(blocks, run.block + i, true);
    blocks->cursor = run.block + run.count < blocks->block_count ? run.block + run.count : 0;
    *block = run.block;
    *count = run.count;
    return OK;
}

void
blocks_give_back_locked(struct blocks *blocks, uint64_t block, uint64_t count)
{
    uint64_t end = block + count;

    for (uint64_t i = block; (i = bit_find(blocks->ephemeral, i, end, true)) < end;)
        blocks_set_ephemeral_locked(blocks, i, false);
    range_set_used(blocks, block, end, false);
}

err_t
blocks_run_next(struct blocks *blocks, struct block_run *run, uint64_t *block)
{
    uint64_t start, count;
    err_t err = OK;

    if (run->next == run->end) {
        lock_acquire(blocks->lock);
        err = blocks_take_locked(blocks, run->want, run->ephemeral, &start, &count);
        if (err == OK) {
            run->next = start;
            run->end = start + count;
        }
        lock_release(blocks->lock);
    }
    if (err == OK)
        *block = run->next++;
    return err;
}

void
blocks_run_close(struct blocks *blocks, struct block_run *run)
{
    lock_acquire(blocks->lock);
    blocks_give_back_locked(blocks, run->next, run->end - run->next);
    if (blocks->cursor == run->end && run->next < run->end)
        blocks->cursor = run->next;
    run->next = run->end = 0;
    lock_release(blocks->lock);
}

/* ---- opening chunks ---- */

static void
chunk_open_locked(struct blocks *blocks, uint64_t chunk)
{
    uint64_t from = chunk * CHUNK_BLOCKS, to = chunk_end(blocks, chunk);
    unsigned used = 0;

    assert(blocks->chunk_free[chunk] == CHUNK_CLOSED);
    for (uint64_t i = from; i < to; i += 64) {
        uint64_t word = blocks->bits[i / 64];

        if (to - i < 64)
            word &= (1ull << (to - i)) - 1;
        used += (unsigned)__builtin_popcountll(word);
    }
    blocks->chunk_free[chunk] = (uint16_t)(to - from - used);
    blocks->free_open += blocks->chunk_free[chunk];
}

/* True if opening the chunk would bring something. grow_lock is held. */
static bool
chunk_is_wanted(struct blocks *blocks, uint64_t chunk)
{
    uint64_t group = chunk / GROUP_CHUNKS;
    const struct index_node *node = &blocks->nodes[group];
    uint64_t end = chunk_end(blocks, chunk);
    bool wanted = false;

    lock_acquire(blocks->lock);
    if (blocks->chunk_free[chunk] == CHUNK_CLOSED) {
        if (blocks->loaded[group])
            wanted = bit_find(blocks->bits, chunk * CHUNK_BLOCKS, end, false) != end;
        else
            wanted = node->block == 0 || node->free > 0;
    }
    lock_release(blocks->lock);
    return wanted;
}

/*
 * Let the disk make room for what is free in a chunk that is closed: nothing of it is given out
 * meanwhile, and what comes back was written once.
 */
static err_t
chunk_reserve(struct blocks *blocks, uint64_t chunk)
{
    uint64_t at = chunk * CHUNK_BLOCKS, end = chunk_end(blocks, chunk);

    for (;;) {
        struct run free;

        lock_acquire(blocks->lock);
        free.block = bit_find(blocks->bits, at, end, false);
        at = bit_find(blocks->bits, free.block, end, true);
        lock_release(blocks->lock);
        free.count = at - free.block;
        if (free.count == 0)
            return OK;
        TRY(plat_disk_reserve(blocks->disk, free.block, free.count)); /* guard: reserve-disk */
    }
}

static err_t
chunk_open(struct blocks *blocks, uint64_t chunk)
{
    TRY(blocks_load_group(blocks, chunk / GROUP_CHUNKS));
    if (!chunk_is_wanted(blocks, chunk))
        return OK;
    TRY(chunk_reserve(blocks, chunk));
    lock_acquire(blocks->lock);
    chunk_open_locked(blocks, chunk);
    lock_release(blocks->lock);
    return OK;
}

static bool
has_open(struct blocks *blocks, uint64_t wanted)
{
    bool has;

    lock_acquire(blocks->lock);
    has = blocks->free_open >= wanted;
    lock_release(blocks->lock);
    return has;
}

err_t
blocks_grow(struct blocks *blocks, uint64_t wanted)
{
    err_t err = OK;

    lock_acquire(&blocks->grow_lock);
    while (err == OK && !has_open(blocks, wanted)) {
        if (blocks->grow_hint == blocks->chunk_count) {
            err = ERR_NOSPACE;
            break;
        }
        if (chunk_is_wanted(blocks, blocks->grow_hint))
            err = chunk_open(blocks, blocks->grow_hint);
        if (err == OK)
            blocks->grow_hint++;
    }
    lock_release(&blocks->grow_lock);
    return err;
}

/* ---- the dead ---- */

err_t
blocks_dead_reserve(struct blocks *blocks, size_t more)
{
    struct dead_queue *dead = &blocks->dead, old = *dead;
    struct dead_extent *items;
    size_t room = 256, waiting;

    if (more <= dead->room - dead->end)
        return OK;
    while (room < 2 * (dead->end - dead->head + more))
        room *= 2;
    items = plat_alloc(room * sizeof items[0]);
    if (items == NULL)
        return ERR_NOMEM;
    lock_acquire(blocks->lock);
    old = *dead;
    waiting = dead->end - dead->head;
    if (waiting > 0)
        memcpy(items, dead->items + dead->head, waiting * sizeof items[0]);
    *dead = (struct dead_queue){ .items = items, .end = waiting, .room = room };
    lock_release(blocks->lock);
    plat_free(old.items, old.room * sizeof items[0]);
    return OK;
}

void
blocks_dead_add_locked(struct blocks *blocks, uint64_t block, uint64_t count, uint64_t generation)
{
    struct dead_queue *dead = &blocks->dead;
    struct dead_extent *last = dead->end > dead->head ? &dead->items[dead->end - 1] : NULL;
    struct dead_extent next = { block, generation, (uint32_t)count };

    assert(block_range_valid(block, count, blocks->block_count));
    assert(count <= EXTENT_BLOCKS_MAX);
    if (last != NULL && generation < last->generation)
        next.generation = last->generation; /* to wait longer is always safe */
    blocks->dead_blocks += count;
    if (dead_extent_joins(last, &next)) {
        last->count += next.count;
        return;
    }
    assert(dead->end < dead->room);
    dead->items[dead->end++] = next;
}

/* The extent is free now; its groups are loaded. */
static void
extent_free_locked(struct blocks *blocks, const struct dead_extent *extent)
{
    uint64_t first = extent->block / CHUNK_BLOCKS;
    uint64_t end = extent->block + extent->count;

    /* The list came from the disk: what is free already is let be. */
    for (uint64_t from = extent->block, to; from < end; from = to) {
        from = bit_find(blocks->bits, from, end, true);
        to = bit_find(blocks->bits, from, end, false);
        blocks_give_back_locked(blocks, from, to - from);
    }
    if (first < blocks->grow_hint && blocks->chunk_free[first] == CHUNK_CLOSED)
        blocks->grow_hint = first;
}

err_t
blocks_dead_drain(struct blocks *blocks, uint64_t floor)
{
    err_t err = OK;

    lock_acquire(&blocks->grow_lock);
    for (;;) {
        struct dead_extent extent = { .count = 0 };

        lock_acquire(blocks->lock);
        if (blocks->dead.head < blocks->dead.end)
            extent = blocks->dead.items[blocks->dead.head];
        lock_release(blocks->lock);
        if (extent.count == 0)
            break;
        if (extent.generation > floor) /* guard: reuse-early */
            break;
        for (uint64_t group = extent.block / GROUP_BLOCKS;
             group <= (extent.block + extent.count - 1) / GROUP_BLOCKS && err == OK; group++)
            err = blocks_load_group(blocks, group);
        if (err != OK)
            break;
        lock_acquire(blocks->lock);
        assert(blocks->dead.items[blocks->dead.head].count == extent.count);
        blocks->dead.head++;
        blocks->dead_blocks -= extent.count;
        extent_free_locked(blocks, &extent);
        lock_release(blocks->lock);
    }
    lock_release(&blocks->grow_lock);
    return err;
}

void
blocks_check_locked(const struct blocks *blocks)
{
    uint64_t open = 0;

    assert(lock_is_held(blocks->lock));
    for (uint64_t chunk = 0; chunk < blocks->chunk_count; chunk++) {
        uint64_t free = 0;

        if (blocks->chunk_free[chunk] == CHUNK_CLOSED)
            continue;
        assert(blocks->loaded[chunk / GROUP_CHUNKS]);
        for (uint64_t i = chunk * CHUNK_BLOCKS; i < chunk_end(blocks, chunk); i++)
            free += !bit_get(blocks->bits, i);
        assert(free == blocks->chunk_free[chunk]);
        open += free;
    }
    assert(open == blocks->free_open);
    assert(blocks->free_open <= blocks->free_total);
    assert(blocks->dead.head <= blocks->dead.end);
}
