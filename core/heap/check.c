/*
 * check.c - the heap walker: every invariant of the heap, asserted.
 *
 * Walks all that is reachable, young and old, in the stopped world. A word is
 * good if it is null, an immediate, or the start of an object of a known class
 * that lies where objects may lie and overlaps no other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "plat/memory.h"

struct check_chunk {
    struct check_chunk *below;
    uint64_t count;
    ref_t objects[8190];
};

static struct {
    struct heap_marks marks;
    struct check_chunk *top;
} check;

static void
push(ref_t object)
{
    struct check_chunk *chunk = check.top;

    if (chunk == NULL || chunk->count == sizeof chunk->objects / sizeof chunk->objects[0]) {
        chunk = plat_alloc(sizeof *chunk);
        assert(chunk != NULL);
        chunk->count = 0;
        chunk->below = check.top;
        check.top = chunk;
    }
    chunk->objects[chunk->count++] = object;
}

static ref_t
pop(void)
{
    struct check_chunk *chunk = check.top;

    while (chunk != NULL && chunk->count == 0) {
        check.top = chunk->below;
        plat_free(chunk, sizeof *chunk);
        chunk = check.top;
    }
    return chunk == NULL ? 0 : chunk->objects[--chunk->count];
}

static uint64_t
object_bytes(ref_t object)
{
    uint64_t header = obj_header(object);

    return heap_shape_bytes(heap_shape_of(header_class_number(header)), object, header);
}

static uint32_t
descriptor(uint64_t block, size_t field)
{
    return pmem_load32(heap_descriptor_at(block) + field);
}

/* Where an object may lie: by the block table, the nursery, and the free lines. */
static void
check_place(ref_t object, uint64_t bytes)
{
    uint64_t block = heap_block_of(object);
    uint32_t kind = descriptor(block, offsetof(struct heap_descriptor, kind));
    uint64_t first = object % HEAP_BLOCK_BYTES / HEAP_LINE_BYTES;
    uint64_t last = (object % HEAP_BLOCK_BYTES + bytes - 1) / HEAP_LINE_BYTES;

    assert((heap.free_bits[block / 64] >> (block % 64) & 1) ==
           0); /* else it lies in a free block */
    if (kind == BLOCK_LARGE) {
        assert(object == heap_block_at(block));
        assert(bytes > HEAP_LARGE_BYTES);
        assert(bytes <= (uint64_t)descriptor(block, offsetof(struct heap_descriptor, block_count))
                            << HEAP_BLOCK_SHIFT);
        return;
    }
    assert(bytes <= HEAP_LARGE_BYTES);
    assert(last < HEAP_LINES_PER_BLOCK); /* else it runs over the end of its block */
    if (ref_is_young(object)) {
        assert(kind == BLOCK_NURSERY);
        assert(heap_young_is_in_use(object));
        return;
    }
    /* Before the first allocation after a start the nursery of the run before is old already. */
    assert(kind == BLOCK_OLD || (kind == BLOCK_NURSERY && !heap_nursery_is_open()));
    if ((heap.recycle_bits[block / 64] >> (block % 64) & 1) != 0) {
        for (uint64_t line = first; line <= last; line++) /* else it lies in a free line */
            assert(heap.lines[block][line / 64] >> (line % 64) & 1);
    }
}

static void
check_word(word_t word)
{
    uint64_t header;

    if (!word_is_ref(word))
        return;
    assert(word >= SPACE_HEAP);
    assert(heap_block_of(word) < heap.blocks_used);
    if (!heap_mark_set(&check.marks, word))
        return;
    header = obj_header(word);
    assert(header & HEADER_MARK); /* else it is no object */
    assert((header & HEADER_SPARE_FLAGS) == 0);
    assert(header_class_number(header) != CLASS_NONE);
    check_place(word, object_bytes(word));
    push(word);
}

static void
check_slots(uint64_t from, uint64_t to, bool remembers)
{
    for (uint64_t at = from; at < to; at += 8) {
        word_t word = pmem_load64(at);

        check_word(word);
        if (remembers && word_is_young(word))
            assert(heap_is_remembered(at)); /* else an old slot was stored to without its barrier */
    }
}

static void
check_object(ref_t object)
{
    const struct heap_shape *shape = heap_shape_of(header_class_number(obj_header(object)));
    bool remembers = !ref_is_young(object) && shape->kind != KIND_STACK;
    uint64_t from, to;

    if (shape->kind == KIND_STACK)
        assert((uint64_t)GET_U32(stack_object, object, word_top) +
                   GET_U32(stack_object, object, raw_top) <=
               GET_U32(stack_object, object, slot_count));
    for (unsigned i = 0; heap_shape_run(shape, object, i, &from, &to); i++)
        check_slots(from, to, remembers);
}

static void
check_thread(uint32_t slot)
{
    ref_t thread = heap_thread_at(slot);
    ref_t stack;
    bool young = false;

    if (thread == 0)
        return;
    assert(GET_U32(thread_object, thread, slot) == slot);
    assert(!ref_is_young(thread));
    stack = GET_WORD(thread_object, thread, stack);
    if (stack == 0)
        return;
    assert(!ref_is_young(stack));
    for (uint32_t i = 0; i < GET_U32(stack_object, stack, word_top); i++)
        young |=
            word_is_young(pmem_load64(stack + offsetof(struct stack_object, slots) + 8ull * i));
    assert(!young || heap_thread_is_listed(slot));
}

/* No object begins inside another. */
static void
check_overlaps(void)
{
    uint64_t words = check.marks.block_count * (HEAP_BLOCK_BYTES / 8 / 64);
    uint64_t end = 0;

    for (uint64_t i = 0; i < words; i++) {
        for (uint64_t left = check.marks.bits[i]; left != 0; left &= left - 1) {
            uint64_t at = SPACE_HEAP + (i * 64 + (uint64_t)__builtin_ctzll(left)) * 8;

            assert(at >= end);
            end = at + object_bytes(at);
        }
    }
}

static uint32_t
root_count(size_t offset)
{
    return pmem_load32(SPACE_ROOT + offset);
}

void
heap_check(void)
{
    uint32_t classes = root_count(offsetof(struct space_root, class_count));
    uint32_t methods = root_count(offsetof(struct space_root, method_count));
    uint32_t threads = root_count(offsetof(struct space_root, thread_slot_count));
    ref_t object;

    assert(pmem_load64(SPACE_ROOT + offsetof(struct space_root, magic)) == SPACE_ROOT_MAGIC);
    assert(heap_marks_open(&check.marks) == OK);
    for (struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next)
        check_word(handle->word);
    check_slots(SPACE_ROOT + ROOT_WORD_FIRST, SPACE_ROOT + ROOT_WORD_FIRST + 8 * ROOT_WORD_COUNT,
                true);
    check_slots(SPACE_CLASS_TABLE, SPACE_CLASS_TABLE + 8ull * classes, true);
    check_slots(SPACE_METHOD_TABLE, SPACE_METHOD_TABLE + 8ull * methods, true);
    check_slots(SPACE_THREAD_TABLE, SPACE_THREAD_TABLE + 8ull * threads, true);
    while ((object = pop()) != 0)
        check_object(object);
    for (uint32_t slot = 0; slot < threads; slot++)
        check_thread(slot);
    check_overlaps();
    heap_marks_close(&check.marks);
}
