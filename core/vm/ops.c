/*
 * ops.c - the slow roads of instructions on objects: allocation, casts, stores
 * into arrays of objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/array.h"
#include "vm/worker_priv.h"

#define DIMENSIONS_MAX 255

static void
throw_no_cast(struct vm_worker *worker, word_t object, const struct class_mirror *wanted)
{
    struct class_mirror *class = mirror_of_class(word_class_number(object));

    if (class == NULL)
        call_no_memory(worker);
    else
        exception_throw_class(worker, VM_ERROR_CAST, class, "is not a ",
                              GET_WORD(class_object, wanted->class, name));
}

/* ---- new objects ---- */

ref_t
ops_make_object(struct vm_worker *worker, struct class_mirror *class)
{
    ref_t object;

    if ((class->flags & (CLASS_ABSTRACT | CLASS_INTERFACE)) != 0) {
        exception_throw_class(worker, VM_ERROR_NO_METHOD, class, "is abstract", WORD_NULL);
        return WORD_NULL;
    }
    if (!sched_credit(worker, 24))
        return WORD_NULL;
    object = heap_alloc(&worker->heap, class->instance_bytes, class->number);
    if (object == WORD_NULL)
        sched_collect(worker, class->instance_bytes);
    return object;
}

void
ops_new_of(struct vm_worker *worker, struct class_mirror *class)
{
    ref_t object = ops_make_object(worker, class);

    if (object == WORD_NULL)
        return;
    *worker->word_top++ = object;
    worker->pc += 3;
}

void
ops_new(struct vm_worker *worker)
{
    struct class_mirror *class = mirror_of_class(header_class_number(worker->pc[1]));

    if (class == NULL)
        call_no_memory(worker);
    else
        ops_new_of(worker, class);
}

static bool
check_length(struct vm_worker *worker, int32_t length)
{
    if (length < 0)
        exception_throw(worker, VM_ERROR_ARGUMENT, "an array cannot have %d elements", (int)length);
    return length >= 0;
}

void
ops_new_array(struct vm_worker *worker)
{
    const struct class_mirror *class = (const struct class_mirror *)(uintptr_t)worker->pc[1];
    int32_t length = (int32_t)worker->raw_top[0];
    ref_t array;

    if (!check_length(worker, length) || !sched_credit(worker, 24))
        return;
    array = heap_alloc_array(&worker->heap, class->number, class->kind, (uint32_t)length);
    if (array == WORD_NULL) {
        sched_collect(worker, array_bytes(class->kind, (uint32_t)length));
        return;
    }
    worker->raw_top++;
    *worker->word_top++ = array;
    worker->pc += 3;
}

/* An array of the class with all below it, of lengths lengths[0], lengths[-1], ... 0: collect. */
static ref_t
make_nested(struct vm_worker *worker, const struct class_mirror *class, const uint64_t *lengths,
            unsigned dimensions)
{
    uint32_t length = (uint32_t)lengths[0];
    ref_t array = heap_alloc_array(&worker->heap, class->number, class->kind, length);

    for (uint32_t i = 0; array != WORD_NULL && dimensions > 1 && i < length; i++) {
        ref_t inner = make_nested(worker, class->element, lengths - 1, dimensions - 1);

        if (inner == WORD_NULL)
            return WORD_NULL;
        array_store_word(array, i, inner);
    }
    return array;
}

/*
 * The outermost array waits in prim_word while it is filled, so that it may take more than the
 * nursery holds; prim_raw counts its elements that are there.
 */
static bool
fill_outer(struct vm_worker *worker, const struct class_mirror *class, const uint64_t *lengths,
           unsigned dimensions)
{
    ref_t thread = worker->thread;
    uint32_t length = (uint32_t)lengths[0];
    uint64_t done = GET_U64(thread_object, thread, prim_raw), begun = done;

    for (; done < length; done++) {
        ref_t inner;

        if (worker->pmem.credit < 24)
            break;
        inner = make_nested(worker, class->element, lengths - 1, dimensions - 1);
        if (inner == WORD_NULL)
            break;
        array_store_word(GET_WORD(thread_object, thread, prim_word), (uint32_t)done, inner);
    }
    SET_U64(thread_object, thread, prim_raw, done);
    if (done == length)
        return true;
    if (worker->pmem.credit < 24)
        sched_safepoint(worker);
    else if (done == begun && GET_U64(thread_object, thread, prim_raw2) == done + 1)
        exception_throw_prepared(worker, ERR_NOMEM); /* a collection did not help */
    else {
        SET_U64(thread_object, thread, prim_raw2, done + 1);
        sched_collect(worker, 8 * lengths[-1]);
    }
    return false;
}

void
ops_multi_array(struct vm_worker *worker)
{
    const struct class_mirror *class = (const struct class_mirror *)(uintptr_t)worker->pc[1];
    unsigned dimensions = (unsigned)worker->pc[2];
    const uint64_t *lengths = worker->raw_top + dimensions - 1;
    ref_t thread = worker->thread, array;

    for (unsigned i = 0; i < dimensions; i++) {
        if (!check_length(worker, (int32_t)lengths[-(int)i]))
            return;
    }
    if (!sched_credit(worker, 24))
        return;
    if (GET_WORD(thread_object, thread, prim_word) == WORD_NULL) {
        array = make_nested(worker, class, lengths, 1);
        if (array == WORD_NULL) {
            sched_collect(worker, array_bytes(class->kind, (uint32_t)lengths[0]));
            return;
        }
        SET_WORD(thread_object, thread, prim_word, array);
    }
    if (dimensions > 1 && !fill_outer(worker, class, lengths, dimensions))
        return;
    array = GET_WORD(thread_object, thread, prim_word);
    thread_progress_clear(thread);
    worker->raw_top += dimensions;
    *worker->word_top++ = array;
    worker->pc += 4;
}

/* ---- classes ---- */

static bool
is_a(word_t object, const struct class_mirror *wanted)
{
    struct class_mirror *class = mirror_of_class(word_class_number(object));

    return class != NULL && mirror_is_subclass(class, wanted);
}

/* The next object of this class passes at once. */
static void
remember(struct vm_worker *worker, word_t object)
{
    if (word_tag(object) == TAG_REF)
        __atomic_store_n(&worker->pc[2], word_class_number(object), __ATOMIC_RELAXED);
}

void
ops_check_cast(struct vm_worker *worker)
{
    const struct class_mirror *wanted = (const struct class_mirror *)(uintptr_t)worker->pc[1];
    word_t object = worker->word_top[-1];

    if (!is_a(object, wanted)) {
        throw_no_cast(worker, object, wanted);
        return;
    }
    remember(worker, object);
    worker->pc += 3;
}

void
ops_instance_of(struct vm_worker *worker)
{
    const struct class_mirror *wanted = (const struct class_mirror *)(uintptr_t)worker->pc[1];
    word_t object = worker->word_top[-1];
    bool is = is_a(object, wanted);

    if (is)
        remember(worker, object);
    worker->word_top--;
    *--worker->raw_top = is;
    worker->pc += 3;
}

void
ops_store_check(struct vm_worker *worker)
{
    word_t value = worker->word_top[-1], array = worker->word_top[-2];
    uint32_t class_number = word_class_number(array);
    struct class_mirror *class = mirror_of_class(class_number);

    if (class == NULL) {
        call_no_memory(worker);
        return;
    }
    if (class->element != NULL && !is_a(value, class->element)) {
        throw_no_cast(worker, value, class->element);
        return;
    }
    if (word_tag(value) == TAG_REF) {
        worker->store_pair = (uint64_t)class_number << 32 | word_class_number(value);
        return; /* run again, it passes now */
    }
    if (!sched_credit(worker, 16))
        return;
    array_store_word(array, (uint32_t)worker->raw_top[0], value);
    worker->word_top -= 2;
    worker->raw_top++;
    worker->pc++;
}
