/*
 * object.h - the header that every object begins with, and the only ways to
 * store into an object.
 *
 *    63        42 41            11 10   7 6    5 4     0
 *   +------------+----------------+------+------+-------+
 *   |   class    | identity hash  | age  | lock | flags |
 *   +------------+----------------+------+------+-------+
 *
 * Bit 0 is always 1. While a scavenge runs, the first word of an object that
 * has moved is its new address instead, of which bit 0 is 0.
 *
 *   class  class number, index of SPACE_CLASS_TABLE
 *   hash   0 until somebody asks; the monitor's number while the lock says INFLATED
 *   age    scavenges survived
 *
 * Arrays and strings continue with u32 length (elements or units) and u32 of
 * their own (a string's hash, 0 when not yet known), and then the elements.
 *
 * Every store goes through obj_store_word (word slots: write barrier and
 * remembered set) or obj_store_raw* (raw bytes: write barrier only). There is
 * no other way to write to the heap but at allocation, in frames of the
 * running thread, and inside the collector.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object/word.h"
#include "pmem/pmem.h"

#define HEADER_MARK        1ull  /* this is a header, not a forwarding address */
#define HEADER_UTF16       2ull  /* of a string: two bytes a unit, not Latin-1 */
#define HEADER_IMMUTABLE   4ull  /* stores throw */
#define HEADER_SPARE_FLAGS 24ull /* zero */
#define HEADER_LOCK_SHIFT  5
#define HEADER_LOCK_MASK   (3ull << HEADER_LOCK_SHIFT)
#define HEADER_AGE_SHIFT   7
#define HEADER_AGE_MASK    (15ull << HEADER_AGE_SHIFT)
#define HEADER_HASH_SHIFT  11
#define HEADER_HASH_MASK   (0x7fffffffull << HEADER_HASH_SHIFT)
#define HEADER_CLASS_SHIFT 42

enum header_lock {
    LOCK_FREE,     /* nobody holds it */
    LOCK_THIN,     /* held; the owner has it on its lock stack */
    LOCK_INFLATED, /* the hash field is the number of a monitor in the space */
};

#define OBJECT_HEADER_BYTES 8
#define ARRAY_HEADER_BYTES  16

/* How an object of a class is laid out behind its header. */
enum object_kind {
    KIND_PLAIN,  /* fields; the class says which are words */
    KIND_STRING, /* Latin-1 or UTF-16 units */
    KIND_WORDS,  /* array of words */
    KIND_RAW8,   /* arrays of raw elements: byte, boolean */
    KIND_RAW16,  /* short, char */
    KIND_RAW32,  /* int, float */
    KIND_RAW64,  /* long, double */
    KIND_STACK,  /* a thread's stack: words up to word_top, then raw (struct stack_object) */
};

static inline uint64_t
obj_header(ref_t object)
{
    return pmem_load64(object);
}

static inline uint32_t
header_class_number(uint64_t header)
{
    return (uint32_t)(header >> HEADER_CLASS_SHIFT);
}

static inline uint64_t
header_make(uint32_t class_number)
{
    return ((uint64_t)class_number << HEADER_CLASS_SHIFT) | HEADER_MARK;
}

/* Elements of an array, units of a string. */
static inline uint32_t
array_length(ref_t array)
{
    return pmem_load32(array + 8);
}

static inline word_t
obj_load_word(ref_t object, uint64_t offset)
{
    return pmem_load64(object + offset);
}

/*
 * Where new objects live: [nursery_from, nursery_to). Outside it an object is
 * old. Volatile; changes only while the world stands still.
 */
extern uint64_t nursery_from;
extern uint64_t nursery_to;

static inline bool
word_is_young(word_t word)
{
    return word - nursery_from < nursery_to - nursery_from && word_is_ref(word);
}

static inline bool
ref_is_young(ref_t object)
{
    return object - nursery_from < nursery_to - nursery_from;
}

/*
 * The slow half of obj_store_word: remember that the old object's slot at this
 * address holds a young reference. Cannot fail: room was taken at the safepoint.
 */
void heap_remember(uint64_t slot_address);

/*
 * Store a word into a word slot of an old or young object, or of the space's root
 * (object SPACE_ROOT). Not for stacks: their threads are listed by heap_thread_ran.
 */
static inline void
obj_store_word(ref_t object, uint64_t offset, word_t value)
{
    uint64_t slot = object + offset;

    pmem_barrier(slot);
    if (word_is_young(value) && !ref_is_young(object))
        heap_remember(slot);
    atomic_store_explicit((_Atomic uint64_t *)slot, value, memory_order_relaxed);
}

static inline void
obj_store_raw64(ref_t object, uint64_t offset, uint64_t value)
{
    pmem_store64(object + offset, value);
}

static inline void
obj_store_raw32(ref_t object, uint64_t offset, uint32_t value)
{
    pmem_store32(object + offset, value);
}

static inline void
obj_store_raw16(ref_t object, uint64_t offset, uint16_t value)
{
    pmem_barrier(object + offset);
    atomic_store_explicit((_Atomic uint16_t *)(object + offset), value, memory_order_relaxed);
}

static inline void
obj_store_raw8(ref_t object, uint64_t offset, uint8_t value)
{
    pmem_barrier(object + offset);
    atomic_store_explicit((_Atomic uint8_t *)(object + offset), value, memory_order_relaxed);
}

/*
 * Change an object's header if it still is *expected; false, and *expected is
 * what it was found to be, if not. For lock bits and identity hash.
 */
static inline bool
obj_header_cas(ref_t object, uint64_t *expected, uint64_t desired)
{
    pmem_barrier(object);
    return atomic_compare_exchange_strong_explicit((_Atomic uint64_t *)object, expected, desired,
                                                   memory_order_acq_rel, memory_order_acquire);
}

#define IDENTITY_HASH_MAX 0x7fffffffu

/* A new identity hash, 1 to IDENTITY_HASH_MAX: the volume's own counter, mixed. */
uint32_t obj_hash_make(void);

/*
 * The object's identity hash, 1 to IDENTITY_HASH_MAX; given on the first ask and the
 * same ever after. The header's lock must not be LOCK_INFLATED: then the hash is
 * with the monitor.
 */
uint32_t obj_identity_hash(ref_t object);

/*
 * The value of a word that is a long or a double, immediate or box. The caller
 * knows its class.
 */
int64_t word_long_value(word_t word);
uint64_t word_double_bits(word_t word);

/* True if both words are the same object: the same word, or equal boxes of one class. */
bool word_same(word_t a, word_t b);
