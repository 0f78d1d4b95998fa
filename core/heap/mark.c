/*
 * mark.c - finding all that is reachable, without writing to the space.
 *
 * In the stopped world: from the root's words, the class,
 * method and thread tables and the handles, depth first. An object's mark is a bit
 * outside the space, and so are the lines that it covers.
 *
 * Pages that are not resident are read as they are met. One that cannot be read
 * ends the cycle: what it refers to is unknown, so nothing may be freed.
 *
 * When there is no memory for the stack the object is left out: it is marked,
 * and its words were not looked at. Then all marked objects are looked at
 * again, until a round leaves nothing out. Each round marks something, so there is an end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/mark_stack_priv.h"

#include "object/array.h"
#include "plat/memory.h"

struct marker {
    struct heap_marks *marks;
    struct mark_stack stack;
    struct mark_stack *weak; /* objects whose first word was not followed */
    bool left_out;
    bool counting; /* nothing new is to be found */
    uint64_t page; /* known to be resident */
};

static uint64_t
bits_bytes(const struct heap_marks *marks)
{
    return (marks->block_room * (HEAP_BLOCK_BYTES / 64) + PAGE_BYTES) & ~(PAGE_BYTES - 1);
}

static uint64_t
lines_bytes(const struct heap_marks *marks)
{
    return (marks->block_room * sizeof marks->lines[0] + PAGE_BYTES) & ~(PAGE_BYTES - 1);
}

err_t
heap_marks_open(struct heap_marks *marks, uint64_t block_room)
{
    *marks = (struct heap_marks){ .block_count = block_room, .block_room = block_room };
    marks->bits = plat_reserve(bits_bytes(marks));
    marks->lines = plat_reserve(lines_bytes(marks));
    if (marks->bits != NULL && marks->lines != NULL)
        return OK;
    heap_marks_close(marks);
    return ERR_NOMEM;
}

void
heap_marks_close(struct heap_marks *marks)
{
    plat_release(marks->bits, bits_bytes(marks));
    plat_release(marks->lines, lines_bytes(marks));
    marks->bits = NULL;
    marks->lines = NULL;
}

/* ---- marking ---- */

err_t
heap_page_in(uint64_t address)
{
    return pmem_resident(address) ? OK : pmem_page_in(NULL, address);
}

static inline err_t
see_page(struct marker *marker, uint64_t address)
{
    if (likely(address >> PAGE_SHIFT == marker->page))
        return OK;
    TRY(heap_page_in(address));
    marker->page = address >> PAGE_SHIFT;
    return OK;
}

static inline void
mark_word(struct marker *marker, word_t word)
{
    if (!word_is_ref(word))
        return;
    assert(word >= SPACE_HEAP);
    assert(heap_block_of(word) < marker->marks->block_count);
    if (heap_mark_set(marker->marks, word) && !mark_push(&marker->stack, word))
        marker->left_out = true;
}

void
heap_mark_lines(struct heap_marks *marks, ref_t object, uint64_t bytes)
{
    uint64_t block = heap_block_of(object);
    uint64_t first = object % HEAP_BLOCK_BYTES / HEAP_LINE_BYTES;
    uint64_t last = (object % HEAP_BLOCK_BYTES + bytes - 1) / HEAP_LINE_BYTES;

    if (bytes > HEAP_LARGE_BYTES)
        last = first; /* its block counts as a whole */
    for (uint64_t line = first; line <= last; line++)
        marks->lines[block][line / 64] |= 1ull << (line % 64);
}

static err_t
mark_slots(struct marker *marker, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += 8) {
        TRY(see_page(marker, at));
        mark_word(marker, pmem_load64(at));
    }
    return OK;
}

/* Look at an object that is marked. */
static err_t
look_at(struct marker *marker, ref_t object, bool first_time)
{
    const struct heap_shape *shape;
    uint64_t header, bytes, from, to;

    TRY(see_page(marker, object));
    header = obj_header(object);
    assert(header & HEADER_MARK);
    TRY(heap_shape_page_in(NULL, header_class_number(header)));
    shape = heap_shape_of(header_class_number(header));
    if (shape->kind != KIND_PLAIN) {
        TRY(heap_page_in(object + ARRAY_HEADER_BYTES - 1));
        if (shape->kind == KIND_STACK)
            TRY(heap_page_in(object + ARRAY_HEADER_BYTES));
    }
    if (first_time) {
        bytes = heap_shape_bytes(shape, object, header);
        marker->marks->bytes_live += bytes;
        heap_mark_lines(marker->marks, object, bytes);
    }
    for (unsigned i = 0; !marker->counting && heap_shape_run(shape, object, i, &from, &to); i++) {
        if (i == 0 && shape->weak && mark_push(marker->weak, object))
            from += 8;
        TRY(mark_slots(marker, from, to));
    }
    return OK;
}

/*
 * Look at everything on the stack. What comes off it first waits in a short queue,
 * while its header is fetched from memory.
 */
static err_t
drain(struct marker *marker)
{
    ref_t ahead[MARK_AHEAD];
    unsigned first = 0;
    unsigned count = 0;

    for (;;) {
        ref_t next = count < MARK_AHEAD ? mark_pop(&marker->stack) : 0;

        if (next != 0) {
            __builtin_prefetch((const void *)next);
            ahead[(first + count++) % MARK_AHEAD] = next;
            continue;
        }
        if (count == 0)
            return OK;
        next = ahead[first];
        first = (first + 1) % MARK_AHEAD;
        count--;
        TRY(look_at(marker, next, true));
    }
}

/* ---- what it starts from ---- */

static err_t
mark_table(struct marker *marker, uint64_t table, uint32_t count)
{
    TRY(mark_slots(marker, table, table + 8ull * count));
    return drain(marker);
}

static uint32_t
root_count(size_t offset)
{
    return pmem_load32(SPACE_ROOT + offset);
}

static err_t
mark_roots(struct marker *marker)
{
    for (struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next)
        mark_word(marker, handle->word);
    TRY(mark_table(marker, SPACE_ROOT + ROOT_WORD_FIRST, ROOT_WORD_COUNT));
    TRY(mark_table(marker, SPACE_CLASS_TABLE,
                   root_count(offsetof(struct space_root, class_count))));
    TRY(mark_table(marker, SPACE_METHOD_TABLE,
                   root_count(offsetof(struct space_root, method_count))));
    return mark_table(marker, SPACE_THREAD_TABLE,
                      root_count(offsetof(struct space_root, thread_slot_count)));
}

/*
 * Look again at all that is marked. What was left out has no lines yet; lines and
 * bytes of the others are counted a second time, so they are counted anew at the end.
 */
static err_t
look_again(struct marker *marker)
{
    uint64_t words = marker->marks->block_count * (HEAP_BLOCK_BYTES / 8 / 64);

    for (uint64_t i = 0; i < words; i++) {
        for (uint64_t left = marker->marks->bits[i]; left != 0; left &= left - 1) {
            uint64_t at = SPACE_HEAP + (i * 64 + (uint64_t)__builtin_ctzll(left)) * 8;

            TRY(look_at(marker, at, false));
            TRY(drain(marker));
        }
    }
    return OK;
}

static err_t
count_anew(struct marker *marker)
{
    uint64_t words = marker->marks->block_count * (HEAP_BLOCK_BYTES / 8 / 64);

    marker->counting = true;
    marker->marks->bytes_live = 0;
    for (uint64_t i = 0; i < words; i++) {
        for (uint64_t left = marker->marks->bits[i]; left != 0; left &= left - 1)
            TRY(look_at(marker, SPACE_HEAP + (i * 64 + (uint64_t)__builtin_ctzll(left)) * 8, true));
    }
    return OK;
}

/* What is on the stack, and all that it leads to. */
static err_t
mark_rest(struct marker *marker)
{
    bool again = false;
    err_t err = drain(marker);

    while (err == OK && marker->left_out) {
        marker->left_out = false;
        again = true;
        err = look_again(marker);
    }
    return err == OK && again ? count_anew(marker) : err;
}

err_t
heap_mark(struct heap_marks *marks, struct mark_stack *weak)
{
    struct marker marker = { .marks = marks, .weak = weak, .page = UINT64_MAX };
    err_t err;

    err = mark_roots(&marker);
    if (err == OK)
        err = mark_rest(&marker);
    heap_mark_stack_free(&marker.stack);
    return err;
}

err_t
heap_mark_more(struct heap_marks *marks, struct mark_stack *weak, word_t word)
{
    struct marker marker = { .marks = marks, .weak = weak, .page = UINT64_MAX };
    err_t err;

    mark_word(&marker, word);
    err = mark_rest(&marker);
    heap_mark_stack_free(&marker.stack);
    return err;
}
