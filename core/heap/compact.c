/*
 * compact.c - emptying sparse blocks, between cycles: which, and when.
 *
 * An old block with a few objects that live holds eight pages for them, and objects do not move. So
 * now and then what lives in some such blocks is moved to where others have room, and they are
 * free. That needs all references into them:
 *
 *   - Before a cycle blocks are chosen, by what the last one found; nobody fills them up any more.
 *   - Its marker notes where words are that refer into them, as the picture has them.
 *   - What was stored since lies on a page that was written since, and these are looked at, beside
 *     the programs, as long as many are left.
 *   - Then the world is stopped, for what was written in the running epoch, for what is young, and
 *     for C's own; all that was noted is changed, and a few blocks are free (empty.c).
 *
 * Where a note is there is still the word that was noted: the cycle's judge has freed what the
 * picture does not reach, and nothing of old space is freed from then on to the next cycle; but by
 * a collection in the stopped world, which makes all of this void. What is noted may be dead by
 * then, which does no harm.
 *
 * It ends at any time without a trace: when a cycle is wanted, when room is short, when the world
 * is too busy. Then the next cycle has another try.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/compact_priv.h"

#include "base/hash.h"
#include "plat/memory.h"
#include "pmem/still.h"

#define SPARSE_LINES    (HEAP_LINES_PER_BLOCK * 3 / 8) /* in use at most */
#define BLOCKS_AT_ONCE  64                             /* under the heap's lock */
#define SLOT_ROOM_LEAST 64u
#define GROUP_SLOTS_MAX 8192u
#define TRIES           4u   /* for one group, with a snapshot between them */
#define PAGES_GUESSED   128u /* of credit */
#define STACK_BIT       1ull

struct heap_compaction heap_compaction;

void
heap_compact_set(enum heap_compacting how)
{
    atomic_store(&heap.compact, how);
}

bool
heap_compact_is_unwanted(void)
{
    return atomic_load(&heap_compaction.is_void) || heap_cycle_is_called_off() || heap_wants_full();
}

void
heap_compact_void(void)
{
    atomic_store(&heap_compaction.is_void, true);
}

/* ---- its memory ---- */

static uint64_t
whole_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static uint64_t
index_bytes(void)
{
    return whole_pages(heap_compaction.block_room * sizeof heap_compaction.index[0]);
}

static uint64_t
heads_bytes(void)
{
    return whole_pages(heap_compaction.block_room * sizeof heap_compaction.heads[0]);
}

static uint64_t
born_bytes(void)
{
    return whole_pages(heap_compaction.block_room * (HEAP_BLOCK_BYTES / 64));
}

#define MOVED_BYTES (SPARSE_GROUP_MAX * (HEAP_BLOCK_BYTES / 8) * sizeof(uint64_t))

static bool
tables_open(uint64_t block_room)
{
    struct heap_compaction *all = &heap_compaction;

    all->block_room = block_room;
    all->index = plat_reserve(index_bytes());
    all->heads = plat_reserve(heads_bytes());
    all->born = plat_reserve(born_bytes());
    all->moved = plat_reserve(MOVED_BYTES);
    return all->index != NULL && all->heads != NULL && all->born != NULL && all->moved != NULL;
}

void
heap_compact_close(void)
{
    struct heap_compaction *all = &heap_compaction;

    assert(!all->on);
    for (uint32_t i = 0; i < all->count; i++)
        plat_free(all->sparse[i].slots, all->sparse[i].slot_room * sizeof(uint64_t));
    plat_release(all->index, index_bytes());
    plat_release((void *)all->heads, heads_bytes());
    plat_release((void *)all->born, born_bytes());
    plat_release(all->moved, MOVED_BYTES);
    all->index = NULL;
    all->heads = NULL;
    all->born = NULL;
    all->moved = NULL;
    all->count = 0;
    all->block_room = 0;
}

/* ---- choosing ---- */

static unsigned
lines_used(uint64_t block)
{
    unsigned used = 0;

    for (unsigned i = 0; i < HEAP_LINE_WORDS; i++)
        used += (unsigned)__builtin_popcountll(heap.lines[block][i]);
    return used;
}

static bool
bit_get(const uint64_t *bits, uint64_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

/*
 * All blocks are looked at as a worker, because collections in the stopped world take no lock; some
 * at a time, from the last on: the first ones are filled up soonest.
 */
typedef void block_fn(uint64_t block, uint64_t *sum);

static void
recyclable_each(struct pmem_worker *worker, uint64_t block_count, block_fn *see, uint64_t *sum)
{
    for (uint64_t i = (block_count + BLOCKS_AT_ONCE - 1) / BLOCKS_AT_ONCE; i-- > 0;) {
        lock_acquire(&heap.lock);
        for (uint64_t left = heap.recycle_bits[i]; left != 0;) {
            unsigned last = 63 - (unsigned)__builtin_clzll(left);

            left &= ~(1ull << last);
            see(BLOCKS_AT_ONCE * i + last, sum);
        }
        lock_release(&heap.lock);
        if (pmem_poll())
            IGNORE(pmem_safepoint(worker), "nothing is written");
    }
}

static uint64_t
room_of(uint64_t block)
{
    return (HEAP_LINES_PER_BLOCK - lines_used(block)) * HEAP_LINE_BYTES;
}

static void
room_count(uint64_t block, uint64_t *room)
{
    *room += room_of(block);
}

/* Room in holes that will hardly be used before the next full collection. */
static uint64_t
holes_surplus(struct pmem_worker *worker, uint64_t block_count)
{
    uint64_t holes = 0, room;

    recyclable_each(worker, block_count, room_count, &holes);
    lock_acquire(&heap.lock);
    room = holes + (heap.free_count << HEAP_BLOCK_SHIFT);
    lock_release(&heap.lock);
    if (room <= heap_full_threshold())
        return 0;
    room -= heap_full_threshold();
    return room < holes ? room : holes;
}

static void
choose_one(uint64_t block, uint64_t *surplus)
{
    uint64_t room = room_of(block);

    if (lines_used(block) > SPARSE_LINES || *surplus < room || heap_compaction.count == SPARSE_MAX)
        return;
    *surplus -= room;
    heap_compaction.sparse[heap_compaction.count++] = (struct heap_sparse){ .block = block };
}

static void
choose(uint64_t block_count, bool all)
{
    struct pmem_worker worker = { 0 };
    uint64_t surplus = UINT64_MAX;

    if (pmem_worker_join(&worker) != OK)
        return;
    if (!all)
        surplus = holes_surplus(&worker, block_count);
    if (surplus > 0)
        recyclable_each(&worker, block_count, choose_one, &surplus);
    pmem_worker_leave(&worker);
}

/* Without memory none is chosen. */
void
heap_compact_choose(struct heap_cycle *cycle)
{
    uint64_t block_count = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);
    enum heap_compacting how = (enum heap_compacting)atomic_load(&heap.compact);

    heap_compaction.cycle = cycle;
    heap_compaction.count = 0;
    if (how == HEAP_COMPACT_NEVER || block_count > cycle->marks.block_room)
        return;
    choose(block_count, how == HEAP_COMPACT_ALL);
    if (heap_compaction.count == 0)
        return;
    if (!tables_open(cycle->marks.block_room)) {
        heap_compaction.count = 0;
        return;
    }
    for (uint32_t i = 0; i < heap_compaction.count; i++)
        heap_compaction.index[heap_compaction.sparse[i].block] = (uint16_t)(i + 1);
    for (uint32_t i = 0; i < 2 * SPARSE_STACKS_MAX; i++)
        heap_compaction.stacks[i] = 0;
    heap_compaction.stack_count = 0;
    heap_compaction.stacks_full = false;
    heap_compaction.in_stop = false;
    heap_compaction.emptied = 0;
    heap_compaction.moved_bytes = 0;
    atomic_store(&heap_compaction.crowded, false);
}

static_assert(BLOCKS_AT_ONCE == 64, "a word of bits");
static_assert(SPARSE_MAX < UINT16_MAX, "a place fits the index");

static void
gone(struct heap_sparse *sparse)
{
    sparse->state = SPARSE_GONE;
    heap_compaction.index[sparse->block] = 0;
}

/* Somebody may fill what is left of an open hole. */
static void
hole_gone(uint64_t at, uint64_t limit)
{
    struct heap_sparse *sparse = at < limit ? heap_sparse_at(at) : NULL;

    if (sparse != NULL)
        gone(sparse);
}

/* In the stopped world, at the instant. */
void
heap_compact_begin(void)
{
    struct heap_compaction *all = &heap_compaction;

    atomic_store(&all->is_void, false);
    if (all->count == 0)
        return;
    for (unsigned i = 0; i < HEAP_CURSOR_COUNT; i++) {
        const struct heap_cursor *cursor = &heap.cursors[i];

        if (cursor->used) { /* guard: empty-hole */
            hole_gone(cursor->at, cursor->limit);
            hole_gone(cursor->wide_at, cursor->wide_limit);
        }
    }
    for (uint32_t i = 0; i < all->count; i++) {
        uint64_t block = all->sparse[i].block;

        if (all->sparse[i].state != SPARSE_CHOSEN)
            continue;
        if (!bit_get(heap.recycle_bits, block))
            gone(&all->sparse[i]);
        heap.recycle_bits[block / 64] &= ~(1ull << (block % 64));
        all->sparse[i].application = heap.owners[block];
    }
    all->since = pmem_epoch_now;
    all->on = true;
    heap.compacting = true;
}

/* It may be filled up again. */
static void
give_back(const struct heap_sparse *sparse)
{
    heap_cursors_leave(sparse->block);
    heap.owners[sparse->block] = sparse->application;
    heap.recycle_bits[sparse->block / 64] |= 1ull << (sparse->block % 64);
}

void
heap_compact_end(void)
{
    struct heap_compaction *all = &heap_compaction;

    if (!all->on)
        return;
    all->on = false;
    heap.compacting = false;
    for (uint32_t i = 0; i < all->count && !atomic_load(&all->is_void); i++) {
        if (all->sparse[i].state == SPARSE_EMPTIED)
            heap_blocks_give(all->sparse[i].block, 1);
        else if (all->sparse[i].state != SPARSE_GONE)
            give_back(&all->sparse[i]);
    }
    if (all->emptied > 0)
        heap_surplus_find();
}

/* ---- what is told ---- */

void
heap_compact_born(ref_t object)
{
    uint64_t i = (object - SPACE_HEAP) / 8;

    if (heap_block_of(object) >= heap_compaction.block_room) {
        atomic_store_explicit(&heap_compaction.crowded, true, memory_order_relaxed);
        return;
    }
    /* Release: who sees it sees the header. */
    (void)atomic_fetch_or_explicit(&heap_compaction.born[i / 64], 1ull << (i % 64),
                                   memory_order_release);
}

void
heap_compact_large(uint64_t block, uint64_t count)
{
    for (uint64_t i = 1; i < count && block + i < heap_compaction.block_room; i++)
        atomic_store_explicit(&heap_compaction.heads[block + i], (uint32_t)i, memory_order_relaxed);
}

bool
heap_compact_keeps(uint64_t block)
{
    return heap.compacting && heap_compaction.index[block] != 0;
}

void
heap_compact_gone(uint64_t block)
{
    if (heap_compact_keeps(block))
        gone(&heap_compaction.sparse[heap_compaction.index[block] - 1]);
}

void
heap_compact_leave(uint64_t block)
{
    struct heap_sparse *sparse = heap_sparse_at(heap_block_at(block));

    if (sparse != NULL && sparse->state == SPARSE_CHOSEN)
        sparse->state = SPARSE_LEFT;
}

static bool
slots_grow(struct heap_sparse *sparse)
{
    uint32_t room = sparse->slot_room == 0 ? SLOT_ROOM_LEAST : 2 * sparse->slot_room;
    uint64_t *slots = room <= SPARSE_SLOTS_MAX ? plat_alloc(room * sizeof *slots) : NULL;

    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < sparse->slot_count; i++)
        slots[i] = sparse->slots[i];
    plat_free(sparse->slots, sparse->slot_room * sizeof *slots);
    sparse->slots = slots;
    sparse->slot_room = room;
    return true;
}

static void
stack_note(uint64_t stack)
{
    struct heap_compaction *all = &heap_compaction;
    uint64_t i = hash_mix(stack) % (2 * SPARSE_STACKS_MAX);

    while (all->stacks[i] != 0 && all->stacks[i] != stack)
        i = (i + 1) % (2 * SPARSE_STACKS_MAX);
    if (all->stacks[i] == stack)
        return;
    if (all->stack_count == SPARSE_STACKS_MAX) {
        all->stacks_full = true;
        return;
    }
    all->stacks[i] = stack;
    all->stack_count++;
}

void
heap_compact_note(word_t word, uint64_t slot)
{
    struct heap_sparse *sparse = word_is_ref(word) ? heap_sparse_at(word) : NULL;

    if (sparse == NULL || slot == 0)
        return;
    if (sparse->state != SPARSE_GROUP &&
        (sparse->state != SPARSE_CHOSEN || heap_compaction.in_stop))
        return;
    if ((slot & STACK_BIT) != 0) {
        stack_note(slot & ~STACK_BIT);
        return;
    }
    /* What was young has moved since; what lies in the block moves with it. */
    if ((ref_is_young(slot) && !heap_compaction.in_stop) || heap_sparse_at(slot) == sparse)
        return;
    if (sparse->slot_count == sparse->slot_room && !slots_grow(sparse))
        sparse->state = SPARSE_LEFT;
    else
        sparse->slots[sparse->slot_count++] = slot;
}

/* ---- the road of a compaction ---- */

static uint64_t
bytes_alive(const struct heap_sparse *sparse)
{
    return heap_compaction.cycle->block_bytes[sparse->block];
}

/* Does it pay: fewer blocks are filled than are emptied? */
static bool
pays(const struct heap_emptying *emptying)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < emptying->count; i++)
        bytes += bytes_alive(emptying->group[i]);
    return atomic_load(&heap.compact) == HEAP_COMPACT_ALL ||
           bytes / HEAP_FILL_BYTES + 1 < emptying->count;
}

static void
group_leave(struct heap_emptying *emptying, enum sparse_state to)
{
    for (uint32_t i = 0; i < emptying->count; i++) {
        if (emptying->group[i]->state == SPARSE_GROUP)
            emptying->group[i]->state = to;
    }
    emptying->count = 0;
}

/* A few that are chosen, of one application; false if there are none. */
static bool
group_choose(struct heap_emptying *emptying)
{
    struct heap_compaction *all = &heap_compaction;
    uint64_t bytes = 0, slots = 0;

    emptying->count = 0;
    for (uint32_t i = 0; i < all->count && emptying->count < SPARSE_GROUP_MAX; i++) {
        struct heap_sparse *sparse = &all->sparse[i];

        if (sparse->state != SPARSE_CHOSEN ||
            (emptying->count > 0 && sparse->application != emptying->group[0]->application))
            continue;
        if (emptying->count > 0 && (bytes + bytes_alive(sparse) > SPARSE_BYTES_MAX ||
                                    slots + sparse->slot_count > GROUP_SLOTS_MAX))
            continue;
        bytes += bytes_alive(sparse);
        slots += sparse->slot_count;
        sparse->state = SPARSE_GROUP;
        emptying->group[emptying->count++] = sparse;
    }
    return emptying->count > 0;
}

/* Those that stay as they are are none of it any more. */
static void
group_tidy(struct heap_emptying *emptying)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < emptying->count; i++) {
        if (emptying->group[i]->state == SPARSE_GROUP)
            emptying->group[kept++] = emptying->group[i];
    }
    emptying->count = kept;
}

static err_t
group_prepare(struct heap_emptying *emptying, struct pmem_worker *worker)
{
    for (uint32_t i = 0; i < emptying->count; i++) {
        bool movable = false;

        TRY(heap_empty_prepare(worker, emptying->group[i], &movable));
        if (!movable)
            emptying->group[i]->state = SPARSE_LEFT;
    }
    group_tidy(emptying);
    return OK;
}

static void
nothing(void *unused)
{
    (void)unused;
}

/* Be away until the running epoch has closed. */
static err_t
epoch_await(struct pmem_worker *worker)
{
    err_t err;

    pmem_worker_away(worker);
    pmem_still_begin(nothing, NULL);
    err = heap_cycle_is_called_off() ? ERR_CANCELLED : pmem_still_wait_instant();
    pmem_still_end();
    pmem_worker_back(worker);
    IGNORE(pmem_safepoint(worker), "without credit nothing is moved");
    return err;
}

/* Never more than half of the credit that is left. */
static err_t
empty_try(struct heap_emptying *emptying, struct pmem_worker *worker)
{
    if (pmem_credit_possible() / 2 < emptying->pages)
        return ERR_NOSPACE;
    TRY(heap_roots_page_in(worker));
    if (heap_compact_is_unwanted())
        return ERR_CANCELLED;
    TRY(heap_written_look(worker));
    group_tidy(emptying);
    if (emptying->count == 0)
        return OK;
    heap_at_point(HEAP_POINT_EMPTY, heap_block_at(emptying->group[0]->block));
    TRY(pmem_world_do(worker, heap_empty, emptying, emptying->pages));
    return emptying->err;
}

/* What is known of them is not true any more. */
static void
group_forget(const struct heap_emptying *emptying)
{
    for (uint32_t i = 0; i < emptying->count; i++) {
        if (emptying->group[i]->state == SPARSE_EMPTIED)
            heap_summary_forget(emptying->group[i]->block);
    }
}

/* So much refers to them that it is too much for one stop: half as many, or none. */
static void
group_halve(struct heap_emptying *emptying)
{
    uint32_t half = emptying->count / 2;

    for (uint32_t i = half; i < emptying->count; i++)
        emptying->group[i]->state = half > 0 ? SPARSE_CHOSEN : SPARSE_LEFT;
    emptying->count = half;
}

/* OK: it was emptied, or left alone. */
static err_t
group_empty(struct heap_emptying *emptying, struct pmem_worker *worker)
{
    err_t err = OK;

    for (unsigned i = 0; i < TRIES && err == OK; i++) {
        if (heap_compact_is_unwanted())
            return ERR_CANCELLED;
        TRY(group_prepare(emptying, worker));
        if (emptying->count == 0 || !pays(emptying)) {
            group_leave(emptying, SPARSE_LEFT);
            return OK;
        }
        err = empty_try(emptying, worker);
        group_forget(emptying);
        if (err == OK)
            return OK;
        if (err == ERR_NOMEM) {
            err = epoch_await(worker);
        } else if (err == ERR_RANGE) {
            group_halve(emptying);
            i = 0; /* as often as there are halves */
            err = OK;
        } else if (err == ERR_NOT_FOUND) {
            err = OK; /* look again */
        }
    }
    return err == OK ? ERR_CANCELLED : err;
}

void
heap_compact(void)
{
    struct heap_emptying emptying = { .pages = PAGES_GUESSED };
    struct pmem_worker worker = { 0 };
    err_t err = OK;

    if (!heap_compaction.on || pmem_worker_join(&worker) != OK)
        return;
    while (err == OK && group_choose(&emptying))
        err = group_empty(&emptying, &worker);
    pmem_worker_leave(&worker);
    heap_compaction.cycle->blocks_emptied = heap_compaction.emptied;
}
