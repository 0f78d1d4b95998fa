/*
 * shape.c - how large an object is and where its words lie.
 *
 * Shapes are copied out of the class objects on first use, because a
 * collection asks for one for every object it meets. A class that objects exist
 * of never changes its shape. Classes that C knows by struct have their shapes
 * here, so that a collection may come before the class library is loaded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"

#include "format/module.h"
#include "object/array.h"
#include "object/string.h"

struct known_shape {
    uint8_t kind;
    uint16_t bytes;
    uint8_t offset; /* of the only run of words */
    uint8_t count;
};

#define WORDS_OF(type, first, behind)                                                              \
    sizeof(struct type), offsetof(struct type, first),                                             \
        (offsetof(struct type, behind) - offsetof(struct type, first)) / sizeof(word_t)

static const struct known_shape known_shapes[CLASS_WELL_KNOWN_COUNT] = {
    [CLASS_CLASS] = { KIND_PLAIN, WORDS_OF(class_object, name, number) },
    [CLASS_FIELD] = { KIND_PLAIN, WORDS_OF(field_object, name, offset) },
    [CLASS_METHOD] = { KIND_PLAIN, WORDS_OF(method_object, name, number) },
    [CLASS_THREAD] = { KIND_PLAIN, WORDS_OF(thread_object, stack, id) },
    [CLASS_APPLICATION] = { KIND_PLAIN, WORDS_OF(application_object, name, started_ns) },
    [CLASS_CHANNEL] = { KIND_PLAIN, WORDS_OF(channel_object, ring, appended) },
    [CLASS_LONG] = { KIND_PLAIN, sizeof(struct box_object), 0, 0 },
    [CLASS_DOUBLE] = { KIND_PLAIN, sizeof(struct box_object), 0, 0 },
    [CLASS_STRING] = { KIND_STRING, 0, 0, 0 },
    [CLASS_WORDS] = { KIND_WORDS, 0, 0, 0 },
    [CLASS_BOOLEANS] = { KIND_RAW8, 0, 0, 0 },
    [CLASS_BYTES] = { KIND_RAW8, 0, 0, 0 },
    [CLASS_SHORTS] = { KIND_RAW16, 0, 0, 0 },
    [CLASS_CHARS] = { KIND_RAW16, 0, 0, 0 },
    [CLASS_INTS] = { KIND_RAW32, 0, 0, 0 },
    [CLASS_LONGS] = { KIND_RAW64, 0, 0, 0 },
    [CLASS_FLOATS] = { KIND_RAW32, 0, 0, 0 },
    [CLASS_DOUBLES] = { KIND_RAW64, 0, 0, 0 },
    [CLASS_STACK] = { KIND_STACK, 0, 0, 0 },
};

/* True if C knows the shape, all of it. */
static bool
shape_known(uint32_t class_number, struct heap_shape *shape)
{
    const struct known_shape *known;

    if (class_number >= CLASS_WELL_KNOWN_COUNT)
        return false;
    known = &known_shapes[class_number];
    if (known->kind == KIND_PLAIN && known->bytes == 0)
        return false;
    shape->kind = known->kind;
    shape->bytes = known->bytes;
    shape->run_count = known->count != 0;
    shape->runs[0].offset = known->offset;
    shape->runs[0].count = known->count;
    return true;
}

const char *
heap_shape_trouble(ref_t class)
{
    uint32_t kind = GET_U32(class_object, class, kind);
    uint32_t bytes = GET_U32(class_object, class, instance_bytes);
    uint32_t run_count = GET_U32(class_object, class, word_run_count);

    if (kind > KIND_STACK)
        return "its objects are of no known kind";
    if (bytes % 8 != 0 || (kind == KIND_PLAIN && bytes < OBJECT_HEADER_BYTES))
        return "its objects have an impossible size";
    if (run_count > HEAP_RUNS_MAX)
        return "its objects have too many runs of words";
    for (unsigned i = 0; i < run_count; i++) {
        uint64_t run = class + offsetof(struct class_object, word_runs) + 8ull * i;
        uint32_t offset = pmem_load32(run), count = pmem_load32(run + 4);

        if (count > 0 &&
            (offset % 8 != 0 || offset < OBJECT_HEADER_BYTES || offset + 8ull * count > bytes))
            return "words of its objects lie outside them";
    }
    return NULL;
}

static void
shape_of_class(ref_t class, struct heap_shape *shape)
{
    assert(heap_shape_trouble(class) == NULL);
    shape->kind = (uint16_t)GET_U32(class_object, class, kind);
    shape->bytes = GET_U32(class_object, class, instance_bytes);
    shape->run_count = (uint16_t)GET_U32(class_object, class, word_run_count);
    shape->weak = (GET_U32(class_object, class, flags) & CLASS_WEAK) != 0 && shape->run_count > 0;
    for (unsigned i = 0; i < shape->run_count; i++) {
        uint64_t run = class + offsetof(struct class_object, word_runs) + 8ull * i;

        shape->runs[i].offset = pmem_load32(run);
        shape->runs[i].count = pmem_load32(run + 4);
    }
}

bool
heap_shape_stands(uint32_t class_number)
{
    return atomic_load_explicit(&heap.shapes[class_number].ready, memory_order_acquire) != 0;
}

bool
heap_shape_needs_class(uint32_t class_number)
{
    struct heap_shape shape;

    return !shape_known(class_number, &shape);
}

static const struct heap_shape *
shape_fill(uint32_t class_number)
{
    struct heap_shape *entry = &heap.shapes[class_number];
    struct heap_shape shape = { 0 };
    bool known = shape_known(class_number, &shape);
    ref_t class = 0;

    /* A class of the library may add fields to what C knows of it; then it is the class that
     * counts. */
    if (!known || shape.kind == KIND_PLAIN)
        class = pmem_load64(SPACE_CLASS_TABLE + 8ull * class_number);
    if (class != 0 && (!known || GET_U32(class_object, class, instance_bytes) > shape.bytes))
        shape_of_class(class, &shape);
    else
        assert(known); /* else an object of a class that was never loaded */

    lock_acquire(&heap.lock);
    if (atomic_load_explicit(&entry->ready, memory_order_relaxed) == 0) {
        entry->bytes = shape.bytes;
        entry->kind = shape.kind;
        entry->run_count = shape.run_count;
        entry->weak = shape.weak;
        for (unsigned i = 0; i < shape.run_count; i++)
            entry->runs[i] = shape.runs[i];
        atomic_store_explicit(&entry->ready, 1, memory_order_release);
    }
    lock_release(&heap.lock);
    return entry;
}

static err_t
page_in(struct pmem_worker *worker, uint64_t address)
{
    return pmem_resident(address) ? OK : pmem_page_in(worker, address);
}

err_t
heap_shape_page_in(struct pmem_worker *worker, uint32_t class_number)
{
    uint64_t place = SPACE_CLASS_TABLE + 8ull * class_number;
    ref_t class;

    if (heap_shape_stands(class_number))
        return OK;
    TRY(page_in(worker, place));
    class = pmem_load64(place);
    if (class == 0)
        return OK;
    TRY(page_in(worker, class));
    return page_in(worker, class + sizeof(struct class_object) - 1);
}

const struct heap_shape *
heap_shape_of(uint32_t class_number)
{
    const struct heap_shape *shape = &heap.shapes[class_number];

    assert(class_number < CLASS_NUMBER_MAX);
    if (likely(atomic_load_explicit(&shape->ready, memory_order_acquire) != 0))
        return shape;
    return shape_fill(class_number);
}

uint64_t
heap_shape_bytes(const struct heap_shape *shape, ref_t object, uint64_t header)
{
    switch ((enum object_kind)shape->kind) {
    case KIND_PLAIN:
        return shape->bytes;
    case KIND_STRING:
        return string_object_bytes(
            (struct string_form){ array_length(object), (header & HEADER_UTF16) != 0 });
    case KIND_STACK:
        return offsetof(struct stack_object, slots) +
               8ull * GET_U32(stack_object, object, slot_count);
    default:
        return array_bytes((enum object_kind)shape->kind, array_length(object));
    }
}

uint64_t
heap_object_bytes(ref_t object)
{
    uint64_t header = obj_header(object);

    return heap_shape_bytes(heap_shape_of(header_class_number(header)), object, header);
}
