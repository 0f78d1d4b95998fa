/*
 * alloc.c - memory for one object, when the few instructions of heap_alloc() do not find it.
 *
 * Every way in here either gives memory that is zero, or answers 0 and has
 * changed nothing that anyone can see. A block that was taken is never given
 * back: should its page have to be read first, and the instruction run again,
 * then it lies idle until the next full collection finds it empty.
 *
 * The first writes of a small object come out of the worker's usual credit, which is
 * raised a little when it is low; so nothing is lost when a fault leaves from here. Those
 * of a large object are counted and reserved, and used up at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "base/hash.h"
#include "object/array.h"

#define DESCRIPTION_PAGES 3  /* the table, the root */
#define CREDIT_OBJECT     16 /* more than a small object and its block's description take */
#define CREDIT_RAISE      32
#define OFTEN_STRETCH     32 /* tests: after so many that were made to collect first */
#define OFTEN_SPARED      16 /* so many are not, or a multiple of it */

/*
 * See to credit for one small object; false when the volume is full. What a worker needs to go on
 * is left to it, so that a program can be told; and then it may use that, to clean up.
 */
static bool
credit_small(struct pmem_worker *worker)
{
    uint32_t left = heap.reserve_open ? 0 : PMEM_WORKER_CREDIT / 2;

    return worker->credit >= left + CREDIT_OBJECT || pmem_reserve(worker, CREDIT_RAISE) == OK;
}

/* ---- tests: allocations that fail ---- */

void
heap_fail_allocation(uint64_t n)
{
    atomic_store(&heap.allocations, 0);
    atomic_store(&heap.fails_at, n);
}

static bool
counts(void)
{
    return heap.options.fail_every != 0 || heap.options.collect_often ||
           atomic_load_explicit(&heap.fails_at, memory_order_relaxed) != 0;
}

/*
 * Is this one of a program made to collect first? Then the instruction runs again, with all its
 * allocations: half of them are, by no pattern that it could keep step with, and after some a
 * stretch is spared, a long one now and then, so that one that makes many objects comes to its end,
 * too.
 */
static bool
collects_first(struct heap_local *local, uint64_t number)
{
    if (local->spared > 0) {
        local->spared--;
        return false;
    }
    if (hash_mix(number) % 2 == 0)
        return false;
    if (++local->made_to % OFTEN_STRETCH == 0) {
        uint32_t turn = local->made_to / OFTEN_STRETCH;

        local->spared = OFTEN_SPARED * (turn & -turn); /* 1, 2, 1, 4, 1, 2, 1, 8, ... */
    }
    return true;
}

/* Is one that programs make to find no room before a collection? */
static bool
is_made_to_collect(struct heap_local *local, uint64_t number)
{
    if (!local->is_programs)
        return false;
    if (heap.options.collect_often)
        return collects_first(local, number);
    return heap.options.fail_every != 0 && number % heap.options.fail_every == 0;
}

/* Is this one to find no room? */
static bool
is_to_fail(struct heap_local *local)
{
    uint64_t number, fails_at;

    if (!counts())
        return false;
    number = atomic_fetch_add(&heap.allocations, 1) + 1;
    fails_at = atomic_load(&heap.fails_at);
    if (number == fails_at) {
        atomic_store(&heap.fails_at, 0);
        local->fails = true;
    }
    return number == fails_at || is_made_to_collect(local, number);
}

/* ---- the nursery ---- */

/* Zero the next stretch of the worker's block; false without credit. */
static bool
local_extend(struct heap_local *local, uint64_t from)
{
    uint64_t bytes = HEAP_STEP_BYTES - from % HEAP_STEP_BYTES;

    if (!credit_small(local->worker))
        return false;
    pmem_zero(from, bytes);
    local->limit = from + bytes;
    return true;
}

static ref_t
young_alloc(struct heap_local *local, uint64_t bytes, uint32_t class_number)
{
    uint64_t at = local->at;

    while (bytes > local->limit - at) {
        if (local->limit % HEAP_BLOCK_BYTES == 0) {
            if (!credit_small(local->worker) ||
                !heap_limit_allows(local->application, HEAP_BLOCK_BYTES))
                return 0;
            at = heap_eden_take();
            if (at == 0)
                return 0;
            heap_block_own(heap_block_of(at), local->application);
            heap_limit_took(local->application, HEAP_BLOCK_BYTES);
            local->at = local->limit = at;
            if (!local_extend(local, at))
                return 0;
        } else if (!local_extend(local, local->limit)) {
            return 0;
        }
    }
    local->at = at + bytes;
    if (counts())
        local->limit = local->at; /* the next one comes here, too */
    pmem_store64(at, header_make(class_number));
    return at;
}

/* ---- old space ---- */

/* May old space grow by so much, or is it time for a collection? */
static bool
old_may_grow(uint64_t bytes)
{
    uint64_t grown = atomic_load_explicit(&heap.old_bytes, memory_order_relaxed);
    uint64_t limit = heap.options.limit_bytes;

    if (heap_wants_stopped() || heap_cycle_is_outrun() || heap_huge_must_ask(bytes))
        return false;
    return limit == 0 || heap.bytes_live + grown + bytes <= limit;
}

/*
 * Old space has grown. The root is told each time, so that lives too short for a collection come
 * to one together; with others who do the same it may be told a little less.
 */
void
heap_old_grown(uint64_t bytes)
{
    uint64_t before = atomic_fetch_add_explicit(&heap.old_bytes, bytes, memory_order_relaxed);

    pmem_store64(heap_root_at(HEAP_ROOT_OLD_BYTES), before + bytes);
    if (before + bytes >= heap_full_threshold())
        heap_cycle_ask();
}

/*
 * A huge object takes credit as it is filled: it may never be. But when as much came in huge
 * objects as was alive, who wants one more shall hear at once that there is no room, or have room
 * made for all of it, and not find that out page by page. After that the next may come unasked.
 */
bool
heap_huge_must_ask(uint64_t bytes)
{
    return bytes > HEAP_FILLED_BYTES_MAX &&
           atomic_load_explicit(&heap.unasked, memory_order_relaxed) >=
               atomic_load_explicit(&heap.unasked_max, memory_order_relaxed);
}

/* It was asked for, or a collection in the stopped world has said what is alive. */
void
heap_huge_asked(void)
{
    atomic_store_explicit(&heap.unasked, 0, memory_order_relaxed);
    atomic_store_explicit(&heap.unasked_max, heap_full_threshold(), memory_order_relaxed);
}

/* First writes that its allocation may take, so that heap_collect can tell what is out of reach. */
uint64_t
heap_wanted_pages(uint64_t bytes)
{
    if (bytes <= HEAP_LARGE_BYTES)
        return CREDIT_RAISE;
    if (bytes > HEAP_FILLED_BYTES_MAX && !heap_huge_must_ask(bytes))
        return DESCRIPTION_PAGES;
    return bytes / PAGE_BYTES + 1 + DESCRIPTION_PAGES;
}

/*
 * Who allocates an object may fill it without asking for credit, so all its pages are written
 * here. A huge one nobody fills between two safepoints: in blocks that are zero already it
 * costs nothing where it is not touched.
 */
static bool
touches_all(const struct heap_taken *taken, uint64_t bytes)
{
    return !taken->fresh || bytes <= HEAP_FILLED_BYTES_MAX;
}

/* Credit for all that is written as it is allocated, so many `pages`; false without. */
static bool
large_reserve(struct heap_local *local, uint64_t bytes, const struct heap_taken *taken,
              uint64_t *pages)
{
    *pages = DESCRIPTION_PAGES;
    if (touches_all(taken, bytes))
        *pages += heap_pages_unwritten(heap_block_at(taken->block), bytes);
    return pmem_reserve(local->worker, *pages) == OK;
}

/* They were not touched: those that were zero still are. */
static void
large_give(const struct heap_taken *taken)
{
    lock_acquire(&heap.lock);
    if (!taken->fresh)
        heap_blocks_give(taken->block, taken->block_count);
    for (uint64_t i = 0; taken->fresh && i < taken->block_count; i++)
        heap_blocks_give_zero(taken->block + i);
    lock_release(&heap.lock);
}

/* Blocks for it, used ones only if `used`, with credit for so many `pages`; false without. */
static bool
large_try(struct heap_local *local, uint64_t bytes, bool used, struct heap_taken *taken,
          uint64_t *pages)
{
    lock_acquire(&heap.lock);
    taken->fresh = true;
    taken->block = used ? heap_blocks_take(taken->block_count, &taken->fresh)
                        : heap_blocks_take_new(taken->block_count);
    lock_release(&heap.lock);
    if (taken->block == HEAP_NO_BLOCK)
        return false;
    if (large_reserve(local, bytes, taken, pages))
        return true;
    large_give(taken);
    return false;
}

/* Without credit to zero blocks that were used, all at once, a huge object has new ones. */
static bool
large_take(struct heap_local *local, uint64_t bytes, struct heap_taken *taken, uint64_t *pages)
{
    uint64_t count = (bytes + HEAP_BLOCK_BYTES - 1) >> HEAP_BLOCK_SHIFT;

    *taken = (struct heap_taken){ .kind = BLOCK_LARGE,
                                  .application = local->application,
                                  .block_count = (uint32_t)count };
    if (large_try(local, bytes, true, taken, pages))
        return true;
    return bytes > HEAP_FILLED_BYTES_MAX && !taken->fresh &&
           large_try(local, bytes, false, taken, pages);
}

static ref_t
large_alloc(struct heap_local *local, uint64_t bytes, uint32_t class_number)
{
    void **restart = local->worker->restart;
    struct heap_taken taken;
    uint64_t at, pages, used;

    if (!large_take(local, bytes, &taken, &pages))
        return 0;
    at = heap_block_at(taken.block);
    used = local->worker->credit;
    local->worker->restart = NULL; /* nothing is read here but a page of the block table */
    heap_block_describe(&taken);
    heap_limit_took(local->application, (uint64_t)taken.block_count << HEAP_BLOCK_SHIFT);
    if (unlikely(heap.compacting))
        heap_compact_large(taken.block, taken.block_count);
    if (touches_all(&taken, bytes))
        pmem_zero(at, bytes);
    pmem_store64(at, header_make(class_number));
    if (unlikely(heap.compacting)) /* guard: empty-born-large */
        heap_compact_born(at);
    heap_old_grown(bytes);
    local->large_bytes += bytes;
    if (bytes > HEAP_FILLED_BYTES_MAX)
        atomic_fetch_add_explicit(&heap.unasked, bytes, memory_order_relaxed);
    local->worker->restart = restart;
    used -= local->worker->credit;
    if (used < pages)
        pmem_unreserve(local->worker, pages - used);
    return at;
}

static ref_t
small_alloc(struct heap_local *local, uint64_t bytes, uint32_t class_number)
{
    void **restart = local->worker->restart;
    struct heap_taken taken;
    uint64_t at;

    if (!credit_small(local->worker))
        return 0;
    lock_acquire(&heap.lock);
    at = heap_cursor_take(heap_cursor_of(local->application), bytes, &taken);
    lock_release(&heap.lock);
    if (at == 0)
        return 0;
    if (taken.block != HEAP_NO_BLOCK) {
        local->worker->restart = NULL; /* a block in use must not be described as free */
        heap_block_describe(&taken);
        local->worker->restart = restart;
        heap_limit_took(local->application, HEAP_BLOCK_BYTES);
    }
    pmem_zero(at, bytes);
    pmem_store64(at, header_make(class_number));
    if (unlikely(heap.compacting)) /* guard: empty-born */
        heap_compact_born(at);
    local->worker->restart = NULL; /* it is there: it must not be made, and counted, once more */
    heap_old_grown(bytes);
    local->worker->restart = restart;
    return at;
}

ref_t
heap_alloc_old(struct heap_local *local, uint64_t bytes, uint32_t class_number)
{
    uint64_t rounded = (bytes + 7) & ~7ull;

    assert(rounded >= OBJECT_HEADER_BYTES);
    if (is_to_fail(local))
        return 0;
    if (!old_may_grow(rounded) || !heap_limit_allows(local->application, rounded))
        return 0;
    if (rounded > HEAP_LARGE_BYTES)
        return large_alloc(local, rounded, class_number);
    return small_alloc(local, rounded, class_number);
}

/* ---- what everybody calls ---- */

ref_t
heap_alloc_slow(struct heap_local *local, uint64_t bytes, uint32_t class_number)
{
    uint64_t rounded = (bytes + 7) & ~7ull;

    assert(bytes <= 1ull << 40);
    assert(rounded >= OBJECT_HEADER_BYTES);
    assert(class_number < CLASS_NUMBER_MAX);
    if (rounded > HEAP_LARGE_BYTES)
        return heap_alloc_old(local, bytes, class_number);
    if (is_to_fail(local))
        return 0;
    return young_alloc(local, rounded, class_number);
}

ref_t
heap_alloc_array(struct heap_local *local, uint32_t class_number, enum object_kind kind,
                 uint32_t length)
{
    ref_t array = heap_alloc(local, array_bytes(kind, length), class_number);

    if (array != 0)
        array_length_set(array, length);
    return array;
}
