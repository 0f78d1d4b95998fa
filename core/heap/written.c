/*
 * written.c - looking for words that refer into chosen blocks, on pages that were written since the
 * instant of the cycle's picture.
 *
 * The table of last first writes says which these are. It knows epochs, so of a page that was
 * written in the running one nobody can say whether it was looked at before or after. Pages of
 * closed epochs are looked at beside the programs: who stores there later makes it one of the
 * running epoch. Those are looked at in the stopped world, and are few right after a snapshot.
 *
 * What lies on a page: objects that the cycle has marked, and such as were born since. What is
 * neither is dead, or free. Nothing of both goes away before the compaction is over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/compact_priv.h"

#include "object/array.h"
#include "pmem/still.h"

#define PAGES_MAX      16384u /* looked at beside the programs, each time; more, and it is given up */
#define PAGES_AT_ONCE  16u
#define PAGES_STOPPED  256u /* looked at in the stopped world */
#define TABLE_AT_ONCE  16384u
#define WORDS_PER_PAGE (PAGE_BYTES / 8 / 64) /* of bits */

/* The page comes in. A worker may stop meanwhile; then what it knew may be void. */
static err_t
bring(struct pmem_worker *worker, uint64_t address)
{
    while (!pmem_resident(address)) {
        TRY(pmem_page_in(worker, address));
        if (worker != NULL && heap_compact_is_unwanted())
            return ERR_CANCELLED;
    }
    return OK;
}

static err_t
shape_bring(struct pmem_worker *worker, uint32_t class_number)
{
    if (heap_shape_stands(class_number))
        return OK;
    TRY(heap_shape_page_in(worker, class_number));
    return worker != NULL && heap_compact_is_unwanted() ? ERR_CANCELLED : OK;
}

static inline uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t
sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Of a stack any slot is taken for a word: which it is only the stopped world knows, where all of
 * it is looked at again.
 */
static void
stack_look(ref_t stack, uint64_t from, uint64_t to)
{
    for (uint64_t at = later(stack + offsetof(struct stack_object, slots), from); at < to; at += 8)
        heap_compact_note(pmem_load64(at), stack | 1);
}

/* Of an object what lies in [from, to). */
static err_t
object_look(struct pmem_worker *worker, ref_t object, uint64_t from, uint64_t to)
{
    const struct heap_shape *shape;
    uint64_t header, first, end;

    TRY(bring(worker, object));
    header = obj_header(object);
    assert(header & HEADER_MARK);
    TRY(shape_bring(worker, header_class_number(header)));
    shape = heap_shape_of(header_class_number(header));
    if (shape->kind != KIND_PLAIN)
        TRY(bring(worker, object + ARRAY_HEADER_BYTES - 1));
    to = sooner(to, object + heap_shape_bytes(shape, object, header));
    if (shape->kind == KIND_STACK) {
        stack_look(object, from, to);
        return OK;
    }
    for (unsigned i = 0; heap_shape_run(shape, object, i, &first, &end); i++) {
        end = sooner(end, to);
        for (uint64_t at = later(first, from); at < end; at += 8)
            heap_compact_note(pmem_load64(at), at);
    }
    return OK;
}

/* The last object that begins before the page, and may reach into it; or 0. */
static ref_t
object_before(uint64_t page)
{
    uint64_t block = heap_block_of(page), i = (page - SPACE_HEAP) / 512;
    uint64_t least = (heap_block_at(block) - SPACE_HEAP) / 512;
    uint32_t behind = atomic_load_explicit(&heap_compaction.heads[block], memory_order_relaxed);

    if (behind != 0) /* guard: empty-large */
        return heap_block_at(block - behind);
    while (i-- > least) {
        uint64_t bits = heap_starts_word(i);

        if (bits != 0)
            return SPACE_HEAP + 512 * i + 8 * (63 - (uint64_t)__builtin_clzll(bits));
    }
    return 0;
}

static bool
is_there(ref_t object)
{
    uint64_t i = (object - SPACE_HEAP) / 8;

    return heap_starts_word(i / 64) >> (i % 64) & 1;
}

static err_t
page_look(struct pmem_worker *worker, uint64_t page)
{
    ref_t before;

    if (heap_block_of(page) >= heap_compaction.block_room)
        return ERR_CANCELLED;
    TRY(bring(worker, page));
    before = object_before(page);
    if (before != 0 && is_there(before)) /* guard: empty-before */
        TRY(object_look(worker, before, page, page + PAGE_BYTES));
    for (unsigned n = 0; n < WORDS_PER_PAGE; n++) {
        for (uint64_t left = heap_starts_word((page - SPACE_HEAP) / 512 + n); left != 0;
             left &= left - 1)
            TRY(object_look(worker, page + 512ull * n + 8 * (uint64_t)__builtin_ctzll(left), page,
                            page + PAGE_BYTES));
    }
    return OK;
}

/* ---- beside the programs ---- */

static bool
is_later(uint32_t epoch, uint32_t than)
{
    return (int32_t)(epoch - than) > 0;
}

static bool
is_due(uint64_t page)
{
    uint32_t written =
        atomic_load_explicit(&pmem_written_of[space_page_of(page)], memory_order_relaxed);

    return written != 0 && is_later(written, heap_compaction.since) &&
           is_later(heap_compaction.running, written) && !ref_is_young(page);
}

/* Let others run. ERR_CANCELLED: it is to end. */
static err_t
breathe(struct pmem_worker *worker)
{
    heap_cycle_rest(worker);
    return heap_compact_is_unwanted() ? ERR_CANCELLED : OK;
}

err_t
heap_written_look(struct pmem_worker *worker)
{
    uint64_t end = heap_block_at(atomic_load_explicit(&heap.blocks_used, memory_order_relaxed));
    uint64_t looked = 0, passed = 0;

    heap_compaction.running = pmem_epoch_now;
    for (uint64_t page = SPACE_HEAP; page < end; page += PAGE_BYTES) {
        if (++passed % TABLE_AT_ONCE == 0)
            TRY(breathe(worker));
        if (!is_due(page))
            continue;
        if (++looked > PAGES_MAX || atomic_load(&heap_compaction.crowded))
            return ERR_CANCELLED;
        TRY(page_look(worker, page));
        if (looked % PAGES_AT_ONCE == 0)
            TRY(breathe(worker));
    }
    heap_compaction.since = heap_compaction.running - 1;
    return OK;
}

/* ---- in the stopped world ---- */

static struct {
    uint64_t pages[PAGES_STOPPED];
    uint32_t count; /* may be more than that */
} last;

static void
last_note(void *unused, uint64_t page)
{
    (void)unused;
    if (page < SPACE_HEAP || ref_is_young(page))
        return;
    if (last.count < PAGES_STOPPED)
        last.pages[last.count] = page;
    last.count++;
}

err_t
heap_written_look_last(void)
{
    last.count = 0;
    pmem_written_each(last_note, NULL); /* guard: empty-last */
    if (atomic_load(&heap_compaction.crowded))
        return ERR_CANCELLED;
    if (last.count > PAGES_STOPPED)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < last.count; i++)
        TRY(page_look(NULL, last.pages[i]));
    return OK;
}
