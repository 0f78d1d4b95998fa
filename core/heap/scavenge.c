/*
 * scavenge.c - emptying eden: what lives is copied, what died costs nothing.
 *
 * In the stopped world, from the roots: each young object that is met is
 * copied, to the other survivors or to old space, and its first word becomes
 * the new address (bit 0 of a header is 1, of an address 0). Copies whose words
 * were not looked at yet wait on a stack that has room for all the nursery can hold.
 *
 * It cannot fail half-way. The credit for all first writes it might make
 * was taken before (heap_scavenge_pages), and old space can give as many blocks
 * as it might ask for: a block that cannot be filled up is still three quarters full.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "base/memory.h"
#include "base/trace.h"
#include "plat/machine.h"

#define KEPT_BLOCKS     8  /* of old space, for what is alive in a nursery that mostly is not */
#define KEPT_ROOT_PAGES 32 /* roots that are remembered or listed, and some slack */

static struct {
    bool promote_all;
    unsigned to;          /* survivors that are copied to */
    uint64_t to_at;       /* next block of them */
    uint64_t stack_count; /* of heap.scan_stack */
    uint64_t kept_bytes;
    uint64_t stay_bytes; /* of them: what stays young at any age */
    uint64_t promoted_bytes;
    uint64_t turn;              /* of first survivals; by turns, an object stays young */
    struct heap_cursor *cursor; /* the last one used */
} scavenge;

/* ---- where copies go ---- */

static struct heap_cursor *
cursor_for(ref_t young)
{
    uint32_t application = heap.owners[heap_block_of(young)];

    if (scavenge.cursor == NULL || scavenge.cursor->application != application)
        scavenge.cursor = heap_cursor_of(application);
    return scavenge.cursor;
}

/* Room among the survivors, in a block of the same owner; 0 if there is none. */
static uint64_t
survivor_take(struct heap_cursor *cursor, uint64_t bytes)
{
    uint64_t at;

    if (bytes > cursor->young_limit - cursor->young_at) {
        if (scavenge.to_at == heap.survivor_from[scavenge.to] + heap.survivor_bytes)
            return 0;
        at = scavenge.to_at;
        scavenge.to_at += HEAP_BLOCK_BYTES;
        heap_block_own(heap_block_of(at), cursor->application);
        cursor->young_at = at;
        cursor->young_limit = at + HEAP_BLOCK_BYTES;
    }
    at = cursor->young_at;
    cursor->young_at += bytes;
    return at;
}

/* Room in old space, with the credit that was counted for it: its pages are there. */
uint64_t
heap_old_take(struct heap_cursor *cursor, uint64_t bytes)
{
    struct heap_taken taken;
    uint64_t at = heap_cursor_take(cursor, bytes, &taken);

    assert(at != 0); /* who counted saw to that */
    if (taken.block != HEAP_NO_BLOCK) {
        heap_block_describe(&taken);
        if (!taken.fresh) /* so that no page of it is read from the disk only to be overwritten */
            pmem_zero(heap_block_at(taken.block), HEAP_BLOCK_BYTES);
    }
    return at;
}

/* With another header. */
void
heap_object_copy(uint64_t to, uint64_t from, uint64_t bytes, uint64_t header)
{
    pmem_barrier(to);
    if (((to + bytes - 1) ^ to) >> PAGE_SHIFT != 0)
        pmem_barrier_range(to, bytes);
    atomic_store_explicit((_Atomic uint64_t *)to, header, memory_order_relaxed);
    for (uint64_t i = 8; i < bytes; i += 8)
        atomic_store_explicit((_Atomic uint64_t *)(to + i), pmem_load64(from + i),
                              memory_order_relaxed);
}

/* True for a young object that this scavenge has made: a slot may be met twice. */
static inline bool
is_copy(ref_t young)
{
    return young - heap.survivor_from[scavenge.to] < heap.survivor_bytes;
}

/* The header of an object that has survived once more. */
static uint64_t
header_aged(uint64_t header)
{
    uint64_t age = (header & HEADER_AGE_MASK) >> HEADER_AGE_SHIFT;

    if (age == HEAP_STAYS_AGE)
        return header;
    age++;
    if (age == 1 && heap.options.stay_bytes > 0 && scavenge.turn++ % 2 == 0)
        age = HEAP_STAYS_AGE;
    return (header & ~HEADER_AGE_MASK) | age << HEADER_AGE_SHIFT;
}

/*
 * Is an object with this header still young? Where it stays so, those that the roots name come
 * first: what a primitive has in its hands, and would miss after a move.
 */
static bool
is_kept(uint64_t header, uint64_t bytes)
{
    uint64_t age = (header & HEADER_AGE_MASK) >> HEADER_AGE_SHIFT;

    if (scavenge.promote_all || bytes > HEAP_SURVIVOR_BYTES_MAX)
        return false;
    if (age != HEAP_STAYS_AGE)
        return age < HEAP_PROMOTE_AGE;
    scavenge.stay_bytes += bytes;
    return scavenge.stay_bytes <= heap.options.stay_bytes;
}

static word_t
forward(word_t word)
{
    const struct heap_shape *shape;
    struct heap_cursor *cursor;
    uint64_t header, bytes;
    uint64_t to = 0;

    if (!word_is_young(word) || is_copy(word))
        return word;
    header = pmem_load64(word);
    if ((header & HEADER_MARK) == 0)
        return header;
    shape = heap_shape_of(header_class_number(header));
    bytes = heap_shape_bytes(shape, word, header);
    header = header_aged(header);
    cursor = cursor_for(word);
    if (is_kept(header, bytes))
        to = survivor_take(cursor, bytes);
    if (to != 0) {
        scavenge.kept_bytes += bytes;
    } else {
        to = heap_old_take(cursor, bytes);
        scavenge.promoted_bytes += bytes;
    }
    heap_object_copy(to, word, bytes, header);
    if (unlikely(heap.compacting) && !ref_is_young(to)) /* guard: empty-promoted */
        heap_compact_born(to);
    pmem_store64(word, to);
    if (heap_shape_has_words(shape)) {
        assert(scavenge.stack_count < heap.scan_max);
        heap.scan_stack[scavenge.stack_count++] = to;
    }
    return to;
}

/* Look at the words of a copy; its pages are open for writing already. */
static void
scan(ref_t object)
{
    const struct heap_shape *shape = heap_shape_of(header_class_number(obj_header(object)));
    bool old = !ref_is_young(object);
    uint64_t from, to;

    for (unsigned i = 0; heap_shape_run(shape, object, i, &from, &to); i++) {
        for (uint64_t at = from; at < to; at += 8) {
            word_t word = pmem_load64(at);

            if (!word_is_young(word))
                continue;
            word = forward(word);
            atomic_store_explicit((_Atomic uint64_t *)at, word, memory_order_relaxed);
            if (old && word_is_young(word)) /* guard: promote-remember */
                heap_remember(at);
        }
    }
}

/* ---- how much it may write ---- */

/* Under the lock, because a first guess is made while others allocate. */
uint64_t
heap_cursor_pages(void)
{
    uint64_t pages = 0;

    lock_acquire(&heap.lock);
    for (unsigned i = 0; i < HEAP_CURSOR_COUNT; i++) {
        const struct heap_cursor *cursor = &heap.cursors[i];

        if (cursor->used)
            pages += heap_pages_unwritten(cursor->at, cursor->limit - cursor->at) +
                     heap_pages_unwritten(cursor->wide_at, cursor->wide_limit - cursor->wide_at);
    }
    lock_release(&heap.lock);
    return pages;
}

static uint32_t
owner_of(uint64_t block)
{
    return atomic_load_explicit(&heap.owners[block], memory_order_relaxed);
}

/* How many runs of blocks of one owner are in use in [from, to): no fewer than owners. */
static uint64_t
owner_runs(uint64_t from, uint64_t to)
{
    uint64_t runs = 0;

    for (uint64_t block = heap_block_of(from); block < heap_block_of(to); block++)
        runs += block == heap_block_of(from) || owner_of(block) != owner_of(block - 1);
    return runs;
}

/* Whole blocks of old space that it may fill, at most: each cursor leaves two unfinished. */
static uint64_t
blocks_max(uint64_t bytes)
{
    uint64_t runs = 1 + owner_runs(heap.eden_from, heap.eden_to - heap_eden_left()) +
                    owner_runs(heap.survivor_from[heap.survivor_now], heap.survivor_used_to);

    if (runs > HEAP_CURSOR_COUNT)
        runs = HEAP_CURSOR_COUNT;
    return bytes / HEAP_FILL_BYTES + 1 + 2 * runs;
}

/* Whatever is in the nursery may be alive. */
struct heap_plan
heap_plan_worst(void)
{
    return (struct heap_plan){ .objects = UINT64_MAX,
                               .bytes = heap_nursery_used(),
                               .hole_pages = HEAP_HOLE_PAGES_MAX };
}

/* ---- counting what is alive, without writing ---- */

static struct heap_plan *counted;

static word_t
count_word(word_t word)
{
    uint64_t header = word_is_young(word) ? pmem_load64(word) : 0;
    uint64_t i = (word - nursery_from) / 8;
    const struct heap_shape *shape;

    if (header == 0 || (heap.young_bits[i / 64] >> (i % 64) & 1) != 0)
        return word;
    heap.young_bits[i / 64] |= 1ull << (i % 64);
    shape = heap_shape_of(header_class_number(header));
    counted->objects++;
    counted->bytes += heap_shape_bytes(shape, word, header);
    if (heap_shape_has_words(shape)) {
        assert(scavenge.stack_count < heap.scan_max);
        heap.scan_stack[scavenge.stack_count++] = word;
    }
    return word;
}

/* And each of its words is seen, unless it is NULL who sees. False: it is more than `bytes_max`. */
static bool
live_walk(struct heap_plan *plan, heap_slot_fn *see, uint64_t bytes_max)
{
    uint64_t from, to;

    memset(heap.young_bits, 0, (nursery_to - nursery_from) / 64);
    scavenge.stack_count = 0;
    counted = plan;
    heap_roots_forward(count_word);
    while (scavenge.stack_count > 0 && plan->bytes <= bytes_max) {
        ref_t object = heap.scan_stack[--scavenge.stack_count];
        const struct heap_shape *shape = heap_shape_of(header_class_number(obj_header(object)));

        for (unsigned i = 0; heap_shape_run(shape, object, i, &from, &to); i++) {
            for (uint64_t at = from; at < to; at += 8) {
                count_word(pmem_load64(at));
                if (see != NULL)
                    see(at);
            }
        }
    }
    return plan->bytes <= bytes_max;
}

/* In the stopped world: what is alive in the nursery, to the byte. */
struct heap_plan
heap_plan_exact(void)
{
    struct heap_plan plan = { .hole_pages = HEAP_HOLE_PAGES_FEW };

    (void)live_walk(&plan, NULL, UINT64_MAX);
    return plan;
}

bool
heap_young_slots(heap_slot_fn *see, uint64_t bytes_max)
{
    struct heap_plan plan = { 0 };

    return live_walk(&plan, see, bytes_max);
}

static inline uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * How many first writes a scavenge of what is planned for may make. Each block may
 * have its descriptor on a page of its own.
 */
uint64_t
heap_scavenge_pages(const struct heap_plan *plan)
{
    uint64_t pages = heap_nursery_pages() + heap_roots_pages() + heap_cursor_pages();
    uint64_t from = heap.survivor_from[heap.survivor_now];
    uint64_t to = heap.survivor_from[1 - heap.survivor_now];
    uint64_t moved;

    if (heap_nursery_used() == 0)
        return pages;
    moved = heap_pages_unwritten(heap.eden_from, heap.eden_to - heap_eden_left() - heap.eden_from) +
            heap_pages_unwritten(from, heap.survivor_used_to - from);
    pages += least(moved, plan->objects); /* forwarding addresses */
    pages += heap_pages_unwritten(to, heap.survivor_bytes);
    /* Each block that is opened takes at least one object. */
    return pages + plan->hole_pages +
           least(blocks_max(plan->bytes), plan->objects) * (HEAP_PAGES_PER_BLOCK + 1);
}

/*
 * Credit that is kept so that a scavenge which finds little alive can always be done: all of the
 * nursery was written in an epoch before, and a few blocks are opened.
 */
uint64_t
heap_kept_pages(void)
{
    uint64_t descriptors = 2 * heap_nursery_blocks() * sizeof(struct heap_descriptor) / PAGE_BYTES;
    uint64_t nursery = heap_nursery_blocks() * HEAP_PAGES_PER_BLOCK;

    return nursery + descriptors + HEAP_HOLE_PAGES_FEW + KEPT_BLOCKS * (HEAP_PAGES_PER_BLOCK + 1) +
           KEPT_ROOT_PAGES;
}

/* ---- all of it ---- */

static void
begin(bool promote_all, const struct heap_plan *plan)
{
    scavenge.promote_all = promote_all;
    scavenge.to = 1 - heap.survivor_now;
    scavenge.to_at = heap.survivor_from[scavenge.to];
    scavenge.stack_count = 0;
    scavenge.kept_bytes = 0;
    scavenge.stay_bytes = 0;
    scavenge.promoted_bytes = 0;
    scavenge.cursor = NULL;
    heap.hole_pages_left = plan->hole_pages;
    heap_cursors_ready();
}

static void
end(void)
{
    heap.hole_pages_left = UINT64_MAX;
    heap_eden_adapt(heap_nursery_used(), scavenge.kept_bytes + scavenge.promoted_bytes);
    heap.survivor_now = scavenge.to;
    heap.survivor_used_to = scavenge.to_at;
    heap_reserve_keep();
    atomic_store_explicit(&heap.eden_at, heap.eden_from, memory_order_relaxed);
    for (struct heap_local *local = heap.locals; local != NULL; local = local->next)
        local->at = local->limit = 0;
    heap_old_grown(scavenge.promoted_bytes);
    heap.stats.promoted_bytes += scavenge.promoted_bytes;
}

/*
 * In the stopped world, with credit for heap_scavenge_pages() of this plan.
 *
 *   promote_all  nothing is young afterwards
 */
void
heap_scavenge(bool promote_all, const struct heap_plan *plan)
{
    uint64_t from_ns = plat_monotonic_ns();
    uint64_t took_ns;

    if (heap_nursery_used() == 0)
        return;
    begin(promote_all, plan);
    heap_roots_forward(forward);
    while (scavenge.stack_count > 0)
        scan(heap.scan_stack[--scavenge.stack_count]);
    end();
    took_ns = plat_monotonic_ns() - from_ns;
    heap.stats.scavenges++;
    if (took_ns > heap.stats.scavenge_ns_max)
        heap.stats.scavenge_ns_max = took_ns;
    trace(SCAVENGE, scavenge.kept_bytes, scavenge.promoted_bytes);
}
