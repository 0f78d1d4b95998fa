/*
 * heap_space.h - a space with a heap in it, for tests of what lies there: the real
 * core/pmem over the store in memory that its own tests use.
 *
 * The test is one worker. It holds what it wants to keep in handles, in the
 * root, or in the stack of a thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "format/module.h"
#include "heap/heap.h"
#include "object/array.h"
#include "unit/pmem/fake_store.h"
#include "unit/pmem/start.h"

#define CLASS_PAIR (CLASS_WELL_KNOWN_COUNT + 1) /* three words, then a raw id */
#define PAIR_BYTES 40
#define PAIR_WORDS 3

struct pair_object {
    uint64_t header;
    word_t slots[PAIR_WORDS];
    uint64_t id;
};

static struct pmem_worker space_worker;
static struct heap_local space_local;
static struct pmem_options space_pmem = { .on_demand_only = true };
static struct heap_options space_heap;

/* Bring up what is in the fake store. */
static inline void
space_start(void)
{
    start(&fake_store, space_pmem);
    if (fake.generation == 1)
        ck_assert_int_eq(heap_format(), OK);
    ck_assert_int_eq(heap_start(&space_heap), OK);
    join(&space_worker);
    heap_local_join(&space_local, &space_worker);
}

/* Take it down, as if killed: what is not committed is gone. */
static inline void
space_stop(void)
{
    heap_local_leave(&space_local);
    pmem_worker_leave(&space_worker);
    heap_stop();
    pmem_stop();
    fake_restart();
}

static inline void
space_safepoint(void)
{
    ck_assert_int_eq(pmem_safepoint(&space_worker), OK);
}

static inline void
space_restart(void)
{
    ck_assert_int_eq(commit(&space_worker), OK);
    space_stop();
    space_start();
}

static inline void
space_check_in_world(void *argument)
{
    (void)argument;
    heap_check();
}

static inline void
space_check(void)
{
    ck_assert_int_eq(pmem_world_do(&space_worker, space_check_in_world, NULL, 0), OK);
}

/* An object, whatever it takes; so every reference but those in roots is void afterwards. */
static inline ref_t
space_alloc(uint64_t bytes, uint32_t class_number)
{
    for (;;) {
        ref_t object;

        if (pmem_poll())
            space_safepoint();
        object = heap_alloc(&space_local, bytes, class_number);
        if (object != 0)
            return object;
        ck_assert_int_eq(heap_collect(&space_local, bytes), OK);
    }
}

static inline ref_t
space_alloc_old(uint64_t bytes, uint32_t class_number)
{
    for (;;) {
        ref_t object;

        if (pmem_poll())
            space_safepoint();
        object = heap_alloc_old(&space_local, bytes, class_number);
        if (object != 0)
            return object;
        ck_assert_int_eq(heap_collect(&space_local, bytes), OK);
    }
}

static inline ref_t
space_array(uint32_t class_number, enum object_kind kind, uint32_t length)
{
    ref_t array = space_alloc(array_bytes(kind, length), class_number);

    array_length_set(array, length);
    return array;
}

/* The class of pairs; the first class of a new space. */
static inline void
space_make_pair_class(void)
{
    ref_t class = space_alloc_old(sizeof(struct class_object), CLASS_CLASS);
    uint64_t run = class + offsetof(struct class_object, word_runs);

    SET_U32(class_object, class, number, CLASS_PAIR);
    SET_U32(class_object, class, kind, KIND_PLAIN);
    SET_U32(class_object, class, instance_bytes, PAIR_BYTES);
    SET_U32(class_object, class, word_run_count, 1);
    pmem_store32(run, offsetof(struct pair_object, slots));
    pmem_store32(run + 4, PAIR_WORDS);
    pmem_store64(SPACE_CLASS_TABLE + 8 * CLASS_PAIR, class);
    SET_U32(space_root, SPACE_ROOT, class_count, CLASS_PAIR + 1);
}

#define CLASS_WEAK_ONE (CLASS_PAIR + 1) /* a weak word, then a strong one */
#define WEAK_BYTES     24

struct weak_one {
    uint64_t header;
    word_t weak;
    word_t strong;
};

/* The class of weak objects, after that of pairs. */
static inline void
space_make_weak_class(void)
{
    ref_t class = space_alloc_old(sizeof(struct class_object), CLASS_CLASS);
    uint64_t run = class + offsetof(struct class_object, word_runs);

    SET_U32(class_object, class, number, CLASS_WEAK_ONE);
    SET_U32(class_object, class, kind, KIND_PLAIN);
    SET_U32(class_object, class, flags, CLASS_WEAK);
    SET_U32(class_object, class, instance_bytes, WEAK_BYTES);
    SET_U32(class_object, class, word_run_count, 1);
    pmem_store32(run, offsetof(struct weak_one, weak));
    pmem_store32(run + 4, 2);
    pmem_store64(SPACE_CLASS_TABLE + 8 * CLASS_WEAK_ONE, class);
    SET_U32(space_root, SPACE_ROOT, class_count, CLASS_WEAK_ONE + 1);
}

static inline ref_t
space_pair(uint64_t id)
{
    ref_t pair = space_alloc(PAIR_BYTES, CLASS_PAIR);

    SET_U64(pair_object, pair, id, id);
    return pair;
}

static inline void
pair_set(ref_t pair, unsigned i, word_t word)
{
    obj_store_word(pair, offsetof(struct pair_object, slots) + 8ull * i, word);
}

static inline word_t
pair_get(ref_t pair, unsigned i)
{
    return obj_load_word(pair, offsetof(struct pair_object, slots) + 8ull * i);
}

static inline uint64_t
pair_id(ref_t pair)
{
    return GET_U64(pair_object, pair, id);
}

/* A thread with a stack of so many slots, in the thread table. */
static inline ref_t
space_thread(uint32_t slot, uint32_t slot_count)
{
    ref_t thread = space_alloc_old(sizeof(struct thread_object), CLASS_THREAD);
    ref_t stack;

    SET_U32(thread_object, thread, slot, slot);
    pmem_store64(SPACE_THREAD_TABLE + 8ull * slot, thread);
    if (GET_U32(space_root, SPACE_ROOT, thread_slot_count) <= slot)
        SET_U32(space_root, SPACE_ROOT, thread_slot_count, slot + 1);
    stack = space_alloc_old(offsetof(struct stack_object, slots) + 8ull * slot_count, CLASS_STACK);
    SET_U32(stack_object, stack, slot_count, slot_count);
    thread = pmem_load64(SPACE_THREAD_TABLE + 8ull * slot);
    SET_WORD(thread_object, thread, stack, stack);
    return thread;
}

static inline void
stack_push(ref_t stack, word_t word)
{
    uint32_t top = GET_U32(stack_object, stack, word_top);

    pmem_store64(stack + offsetof(struct stack_object, slots) + 8ull * top, word);
    SET_U32(stack_object, stack, word_top, top + 1);
}

static inline word_t
stack_at(ref_t stack, uint32_t i)
{
    return pmem_load64(stack + offsetof(struct stack_object, slots) + 8ull * i);
}

static inline void
space_scavenge(void)
{
    bool always = space_heap.move_always;

    ck_assert(always); /* else heap_collect may find that there is no need */
    ck_assert_int_eq(heap_collect(&space_local, 0), OK);
}

/* A ring of `count` pairs, reached by the handle. */
static inline void
ring_make(struct heap_handle *handle, unsigned count, uint64_t id)
{
    struct heap_handle first;

    heap_handle_open(&first, space_pair(id));
    handle->word = first.word;
    for (unsigned i = 1; i < count; i++) {
        ref_t pair = space_pair(id + i);

        pair_set(pair, 0, handle->word);
        handle->word = pair;
    }
    pair_set(first.word, 0, handle->word);
    heap_handle_close(&first);
}

static inline void
ring_check(const struct heap_handle *handle, unsigned count, uint64_t id)
{
    word_t at = handle->word;

    for (unsigned i = count; i-- > 0; at = pair_get(at, 0))
        ck_assert_uint_eq(pair_id(at), id + i);
    ck_assert_uint_eq(at, handle->word);
}
