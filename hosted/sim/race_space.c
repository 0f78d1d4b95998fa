/*
 * race_space.c - objects for those who race.
 * * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/race_priv.h"

#include "plat/machine.h"

ref_t
race_roots(void)
{
    return GET_WORD(space_root, SPACE_ROOT, out_of_memory);
}

ref_t
race_alloc(uint64_t bytes, uint32_t class_number, bool old)
{
    for (unsigned i = 0; i < 64; i++) {
        ref_t object;

        if (pmem_poll())
            race_must("come to a safepoint", pmem_safepoint(&race.worker));
        object = old ? heap_alloc_old(&race.local, bytes, class_number)
                     : heap_alloc(&race.local, bytes, class_number);
        if (object != 0)
            return object;
        race_must("collect", heap_collect(&race.local, bytes));
    }
    plat_panic("sim: no memory after 64 collections");
}

void
race_age(ref_t object)
{
    pmem_store64(object, obj_header(object) | 1ull << HEADER_AGE_SHIFT);
}

ref_t
race_node_make(uint64_t id, bool old)
{
    ref_t node = race_alloc(sizeof(struct node_object), CLASS_NODE, old);

    SET_U64(node_object, node, id, id);
    if (old)
        race_age(node);
    return node;
}

word_t
race_node_get(ref_t node, unsigned slot)
{
    return obj_load_word(node, offsetof(struct node_object, slots) + 8ull * slot);
}

void
race_node_set(ref_t node, unsigned slot, word_t word)
{
    obj_store_word(node, offsetof(struct node_object, slots) + 8ull * slot, word);
}

ref_t
race_array_make(enum object_kind kind, uint32_t class_number, uint32_t length)
{
    ref_t array = race_alloc(array_bytes(kind, length), class_number, true);

    array_length_set(array, length);
    return array;
}

word_t
race_root_get(unsigned i)
{
    return array_load_word(race_roots(), i);
}

void
race_root_set(unsigned i, word_t word)
{
    array_store_word(race_roots(), i, word);
}

uint64_t
race_ledger_at(unsigned i)
{
    return array_at(race_root_get(AT_LEDGER), KIND_RAW64, i);
}

/* What it refers to, without asking for it. */
word_t
race_weak_look(unsigned i)
{
    return pmem_load64(race_root_get(AT_WEAK + i) + offsetof(struct weak_object, weak));
}

void
race_class_make(uint32_t number, uint32_t flags, uint32_t bytes, uint32_t words)
{
    ref_t class = race_alloc(sizeof(struct class_object), CLASS_CLASS, true);
    uint64_t run = class + offsetof(struct class_object, word_runs);

    SET_U32(class_object, class, number, number);
    SET_U32(class_object, class, kind, KIND_PLAIN);
    SET_U32(class_object, class, flags, flags);
    SET_U32(class_object, class, instance_bytes, bytes);
    SET_U32(class_object, class, word_run_count, 1);
    pmem_store32(run, OBJECT_HEADER_BYTES);
    pmem_store32(run + 4, words);
    pmem_store64(SPACE_CLASS_TABLE + 8ull * number, class);
    SET_U32(space_root, SPACE_ROOT, class_count, number + 1);
}

ref_t
race_raw_make(uint32_t length)
{
    ref_t raw = race_array_make(KIND_RAW64, CLASS_LONGS, length);

    for (uint32_t i = 0; i < length; i++)
        pmem_store64(array_at(raw, KIND_RAW64, i), i);
    return raw;
}
