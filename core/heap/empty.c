/*
 * empty.c - moving what lives in a few sparse blocks to other blocks of their owner, in one stop of
 * the world.
 *
 * First everything is found and counted, and nothing is changed: what refers into the blocks, pages
 * to be written, objects that must not move. Only when there is credit for all of it, and no more
 * than a short stop allows, objects are copied; then their words and what refers to them; and the
 * blocks are free. The old copies are not touched, so that a reference is looked up by where its
 * object was.
 *
 * What may move: what was young once. C may not keep the address of such an object across a
 * safepoint, because it would have moved then. What was made in old space (classes, methods,
 * threads, stacks, symbols, the console's ring) has age 0, and stays; so does what somebody has
 * locked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/compact_priv.h"

#include "base/hash.h"
#include "base/memory.h"
#include "object/array.h"
#include "plat/machine.h"

#define PAGES_MAX       256u /* of slots, written in one stop */
#define PAGES_TABLE     (2 * PAGES_MAX)
#define PAGES_SPARE     16u          /* of credit: roots, descriptors, and what was not foreseen */
#define HOLE_PAGES      32u          /* that copies may fill */
#define YOUNG_BYTES_MAX (512u << 10) /* alive in the nursery */
#define STACK_WORDS_MAX (32u << 10)  /* of stacks */
#define COLD_PAGES_MAX  64u          /* that come in for one block */
#define BLOCK_WORDS     (HEAP_BLOCK_BYTES / 8)

/* ---- which objects move ---- */

/* Objects of the machine that are like those of programs. */
static bool
class_moves(uint32_t number)
{
    return !class_is_machines(number) || number == CLASS_STRING || number == CLASS_LONG ||
           number == CLASS_DOUBLE || (number >= CLASS_WORDS && number <= CLASS_DOUBLES);
}

static bool
object_moves(ref_t object)
{
    uint64_t header = obj_header(object);
    uint32_t class_number = header_class_number(header);

    if ((header & HEADER_MARK) == 0 || (header & HEADER_AGE_MASK) == 0 ||
        (header & HEADER_LOCK_MASK) != (uint64_t)LOCK_FREE << HEADER_LOCK_SHIFT)
        return false;
    return class_moves(class_number) && heap_shape_stands(class_number) &&
           heap_shape_of(class_number)->kind != KIND_STACK;
}

typedef bool object_fn(struct heap_sparse *sparse, ref_t object);

/* Ask of each object that lives in the block, until one says no. */
static bool
objects_each(struct heap_sparse *sparse, object_fn *ask)
{
    const uint64_t *bits = heap_compaction.cycle->marks.bits + sparse->block * HEAP_MARK_WORDS;

    for (unsigned i = 0; i < HEAP_MARK_WORDS; i++) {
        for (uint64_t left = bits[i]; left != 0; left &= left - 1) {
            ref_t object =
                heap_block_at(sparse->block) + 512ull * i + 8 * (uint64_t)__builtin_ctzll(left);

            if (!ask(sparse, object))
                return false;
        }
    }
    return true;
}

static bool
moves(struct heap_sparse *sparse, ref_t object)
{
    (void)sparse;
    return object_moves(object);
}

static uint32_t
descriptor(uint64_t block, size_t field)
{
    return pmem_load32(heap_descriptor_at(block) + field);
}

static bool
block_moves(struct heap_sparse *sparse)
{
    return descriptor(sparse->block, offsetof(struct heap_descriptor, kind)) == BLOCK_OLD &&
           descriptor(sparse->block, offsetof(struct heap_descriptor, application)) ==
               sparse->application &&
           objects_each(sparse, moves);
}

/* ---- what must be in memory ---- */

static struct {
    struct pmem_worker *worker;
    unsigned cold; /* pages that may still come in */
    err_t err;
} bringing;

static bool
bring(uint64_t address)
{
    while (bringing.err == OK && !pmem_resident(address)) {
        if (bringing.cold-- == 0)
            return false;
        bringing.err = pmem_page_in(bringing.worker, address);
        if (bringing.err == OK && heap_compact_is_unwanted())
            bringing.err = ERR_CANCELLED;
    }
    return bringing.err == OK;
}

static bool
bring_shape(struct heap_sparse *sparse, ref_t object)
{
    (void)sparse;
    if (!bring(object) || (obj_header(object) & HEADER_MARK) == 0)
        return false;
    bringing.err = heap_shape_page_in(bringing.worker, header_class_number(obj_header(object)));
    if (bringing.err == OK && heap_compact_is_unwanted())
        bringing.err = ERR_CANCELLED;
    if (bringing.err == OK)
        (void)heap_shape_of(header_class_number(obj_header(object)));
    return bringing.err == OK;
}

err_t
heap_empty_prepare(struct pmem_worker *worker, struct heap_sparse *sparse, bool *movable)
{
    bool there = true;

    bringing.worker = worker;
    bringing.cold = COLD_PAGES_MAX;
    bringing.err = OK;
    for (uint64_t i = 0; there && i < HEAP_PAGES_PER_BLOCK; i++)
        there = bring(heap_block_at(sparse->block) + i * PAGE_BYTES);
    there = there && bring(heap_descriptor_at(sparse->block)) && objects_each(sparse, bring_shape);
    for (uint32_t i = 0; there && i < sparse->slot_count; i++)
        there = bring(sparse->slots[i]);
    *movable = there && block_moves(sparse);
    return bringing.err;
}

/* ---- what refers to them ---- */

static bool
in_group(word_t word)
{
    const struct heap_sparse *sparse = word_is_ref(word) ? heap_sparse_at(word) : NULL;

    return sparse != NULL && sparse->state == SPARSE_GROUP;
}

/* A slot that is a slot no more, because its object moves, or has: then its copy was looked at. */
static bool
has_moved(uint64_t slot)
{
    const struct heap_sparse *sparse = heap_sparse_at(slot);

    return sparse != NULL && (sparse->state == SPARSE_GROUP || sparse->state == SPARSE_EMPTIED);
}

typedef err_t slot_err_fn(uint64_t slot);

static err_t
stack_each(uint64_t stack, slot_err_fn *see, uint64_t *words)
{
    uint64_t from = stack + offsetof(struct stack_object, slots), top;

    TRY(heap_page_in(stack));
    TRY(heap_page_in(from));
    top = GET_U32(stack_object, stack, word_top);
    if (top > *words)
        return ERR_NOMEM;
    *words -= top;
    for (uint64_t at = from; at < from + 8 * top; at += 8) {
        TRY(heap_page_in(at));
        TRY(see(at));
    }
    return OK;
}

static err_t
root_each(slot_err_fn *see)
{
    for (unsigned i = 0; i < ROOT_WORD_COUNT; i++)
        TRY(see(SPACE_ROOT + ROOT_WORD_FIRST + 8ull * i));
    return OK;
}

/* Each word that was noted, and those of the root; not those that C holds. */
static err_t
slots_each(const struct heap_emptying *emptying, slot_err_fn *see)
{
    uint64_t words = STACK_WORDS_MAX;

    for (uint32_t i = 0; i < emptying->count; i++) {
        const struct heap_sparse *sparse = emptying->group[i];

        for (uint32_t n = 0; n < sparse->slot_count; n++) {
            if (!has_moved(sparse->slots[n])) /* guard: empty-moved-slot */
                TRY(see(sparse->slots[n]));
        }
    }
    for (uint32_t i = 0; i < 2 * SPARSE_STACKS_MAX; i++) {
        if (heap_compaction.stacks[i] != 0)
            TRY(stack_each(heap_compaction.stacks[i], see, &words));
    }
    TRY(root_each(see)); /* guard: empty-root */
    return OK;
}

/* ---- counting: nothing changes ---- */

static struct {
    uint64_t table[PAGES_TABLE]; /* pages that are to be written, a hash table; 0: free */
    uint32_t pages;
} counted;

static err_t
page_count(uint64_t page)
{
    uint64_t i = hash_mix(page) % PAGES_TABLE;

    if (heap_pages_unwritten(page, 1) == 0)
        return OK;
    while (counted.table[i] != 0 && counted.table[i] != page)
        i = (i + 1) % PAGES_TABLE;
    if (counted.table[i] == page)
        return OK;
    if (counted.pages == PAGES_MAX)
        return ERR_RANGE;
    counted.table[i] = page;
    counted.pages++;
    return OK;
}

/* A word to something that is not marked would be one that nobody can reach: then it stays. */
static bool
is_sound(word_t word)
{
    return !in_group(word) || heap_mark_get(&heap_compaction.cycle->marks, word);
}

static err_t
slot_count(uint64_t slot)
{
    word_t word;

    TRY(heap_page_in(slot));
    word = pmem_load64(slot);
    if (!in_group(word))
        return OK;
    if (!is_sound(word)) {
        heap_sparse_at(word)->state = SPARSE_LEFT;
        return ERR_NOT_FOUND;
    }
    return page_count(slot & ~(PAGE_BYTES - 1));
}

static uint64_t
group_bytes(const struct heap_emptying *emptying)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < emptying->count; i++)
        bytes += heap_compaction.cycle->block_bytes[emptying->group[i]->block];
    return bytes;
}

/* First writes, at most, that are not those of slots. Each block may have a page of descriptors. */
static uint64_t
other_pages(const struct heap_emptying *emptying)
{
    uint64_t blocks = group_bytes(emptying) / HEAP_FILL_BYTES + 3;

    return PAGES_SPARE + emptying->count + heap_cursor_pages() + HOLE_PAGES +
           blocks * (HEAP_PAGES_PER_BLOCK + 1);
}

/* What is young, or C's, and refers to what moves. */
static void
young_see(uint64_t slot)
{
    heap_compact_note(pmem_load64(slot), slot);
}

static err_t
handles_count(void)
{
    for (const struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next) {
        if (!is_sound(handle->word))
            return ERR_CANCELLED;
    }
    return OK;
}

static err_t
all_find(void)
{
    err_t err;

    heap_compaction.in_stop = true;
    err = heap_written_look_last();
    if (err == OK && !heap_young_slots(young_see, YOUNG_BYTES_MAX)) /* guard: empty-young */
        err = ERR_NOMEM;
    heap_compaction.in_stop = false;
    return err;
}

/* Is it still as it was when it was chosen, with all that was found now? */
static err_t
group_check(struct heap_emptying *emptying)
{
    for (uint32_t i = 0; i < emptying->count; i++) {
        struct heap_sparse *sparse = emptying->group[i];

        if (sparse->state != SPARSE_GROUP)
            return ERR_NOT_FOUND; /* too much refers to it */
        sparse->place = i;
        if (!block_moves(sparse)) {
            sparse->state = SPARSE_LEFT;
            return ERR_NOT_FOUND;
        }
    }
    return OK;
}

static err_t
all_count(struct heap_emptying *emptying)
{
    memset(counted.table, 0, sizeof counted.table);
    counted.pages = 0;
    TRY(group_check(emptying));
    TRY(slots_each(emptying, slot_count));
    TRY(handles_count());
    if (counted.pages + other_pages(emptying) <= emptying->pages)
        return OK;
    emptying->pages = counted.pages + other_pages(emptying);
    return ERR_NOT_FOUND;
}

/* ---- moving: nothing fails ---- */

static uint64_t *
moved_at(const struct heap_sparse *sparse, uint64_t address)
{
    return &heap_compaction.moved[sparse->place * BLOCK_WORDS + address % HEAP_BLOCK_BYTES / 8];
}

static word_t
forward(word_t word)
{
    return in_group(word) ? *moved_at(heap_sparse_at(word), word) : word;
}

static bool
object_copy(struct heap_sparse *sparse, ref_t object)
{
    uint64_t bytes = heap_object_bytes(object);
    uint64_t to = heap_old_take(heap_cursor_of(sparse->application), bytes);

    if (to % HEAP_BLOCK_BYTES == 0)
        heap_limit_took(sparse->application, HEAP_BLOCK_BYTES); /* it may be a new block */
    heap_object_copy(to, object, bytes, obj_header(object));
    heap_compact_born(to);
    *moved_at(sparse, object) = to;
    heap_compaction.moved_bytes += bytes;
    return true;
}

/* The words of a copy; its pages are open for writing. */
static bool
copy_scan(struct heap_sparse *sparse, ref_t object)
{
    ref_t copy = *moved_at(sparse, object);
    const struct heap_shape *shape = heap_shape_of(header_class_number(obj_header(copy)));
    uint64_t from, to;

    for (unsigned i = 0; heap_shape_run(shape, copy, i, &from, &to); i++) {
        for (uint64_t at = from; at < to; at += 8) {
            word_t word = pmem_load64(at);

            if (in_group(word)) /* guard: empty-inside */
                pmem_store64(at, forward(word));
            if (word_is_young(word)) /* guard: empty-remember */
                heap_remember(at);
        }
    }
    return true;
}

static err_t
slot_forward(uint64_t slot)
{
    word_t word = pmem_load64(slot);

    if (in_group(word))
        pmem_store64(slot, forward(word));
    return OK;
}

static void
block_free(struct heap_sparse *sparse)
{
    uint64_t at = heap_descriptor_at(sparse->block);

    pmem_store64(at, BLOCK_FREE);
    pmem_store64(at + 8, 0);
    heap_forget_slots(heap_block_at(sparse->block), HEAP_BLOCK_BYTES); /* guard: empty-forget */
}

static void
all_move(struct heap_emptying *emptying)
{
    heap.hole_pages_left = HOLE_PAGES;
    heap_cursors_ready();
    for (uint32_t i = 0; i < emptying->count; i++)
        (void)objects_each(emptying->group[i], object_copy);
    heap.hole_pages_left = UINT64_MAX;
    for (uint32_t i = 0; i < emptying->count; i++)
        (void)objects_each(emptying->group[i], copy_scan);
    if (slots_each(emptying, slot_forward) != OK)
        panic("heap: what was found before sparse blocks were emptied is not there any more");
    for (struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next)
        handle->word = forward(handle->word); /* guard: empty-handles */
    for (uint32_t i = 0; i < emptying->count; i++)
        block_free(emptying->group[i]);
    for (uint32_t i = 0; i < emptying->count; i++)
        emptying->group[i]->state = SPARSE_EMPTIED;
    heap_compaction.emptied += emptying->count;
}

/* ---- all of it ---- */

static void
prove_weak(const struct mark_stack *weak)
{
    for (const struct mark_chunk *chunk = weak->top; chunk != NULL; chunk = chunk->below) {
        for (uint64_t i = 0; i < chunk->count; i++) {
            if (has_moved(pmem_load64(chunk->objects[i] + OBJECT_HEADER_BYTES)))
                panic("heap: a weak word leads into a block that was emptied");
        }
    }
}

/* Tests: nothing leads there any more. What cannot be read proves nothing. */
static void
prove(const struct heap_emptying *emptying)
{
    struct mark_stack weak = { 0 };
    struct heap_marks now;

    if (heap_marks_open(&now, heap.blocks_used) != OK)
        return;
    if (heap_mark(&now, &weak) == OK) {
        for (uint32_t i = 0; i < emptying->count; i++) {
            const uint64_t *bits = now.bits + emptying->group[i]->block * HEAP_MARK_WORDS;

            for (unsigned n = 0; n < HEAP_MARK_WORDS; n++) {
                if (bits[n] != 0)
                    panic("heap: block %llu was emptied, and something leads there",
                          (unsigned long long)emptying->group[i]->block);
            }
        }
    }
    prove_weak(&weak);
    heap_mark_stack_free(&weak);
    heap_marks_close(&now);
}

static void
stats_count(const struct heap_emptying *emptying, uint64_t from_ns)
{
    struct heap_cycle_stats *stats = &heap.stats.cycles;
    uint64_t took_ns = plat_monotonic_ns() - from_ns;

    stats->blocks_emptied += emptying->count;
    stats->bytes_moved += group_bytes(emptying);
    if (took_ns > stats->empty_ns_max)
        stats->empty_ns_max = took_ns;
    heap_stop_took(from_ns);
}

/* Can it be now? */
static err_t
is_time(void)
{
    if (heap_compact_is_unwanted() || heap_compaction.stacks_full)
        return ERR_CANCELLED;
    if (heap_compaction.running != pmem_epoch_now) /* guard: empty-epoch */
        return ERR_NOT_FOUND;
    return OK;
}

void
heap_empty(void *argument)
{
    struct heap_emptying *emptying = argument;
    uint32_t slot_counts[SPARSE_GROUP_MAX] = { 0 };
    uint64_t from_ns = plat_monotonic_ns();

    for (uint32_t i = 0; i < emptying->count; i++)
        slot_counts[i] = emptying->group[i]->slot_count;
    emptying->err = is_time();
    if (emptying->err == OK)
        emptying->err = all_find();
    if (emptying->err == OK)
        emptying->err = all_count(emptying);
    if (emptying->err == OK) {
        all_move(emptying);
        stats_count(emptying, from_ns);
        if (heap.options.prove_cycles)
            prove(emptying);
        if (heap.options.check_always)
            heap_check();
        return;
    }
    for (uint32_t i = 0; i < emptying->count; i++)
        emptying->group[i]->slot_count = slot_counts[i]; /* what is young moves */
    heap_stop_took(from_ns);
}
