/*
 * hash.h - hashes of bytes, and a table from numbers to numbers.
 *
 * hash128() is keyed and fast; with a key that nobody knows, two different
 * pages get the same 128 bits with a chance that never matters. It is not for
 * what lies on disk: its result may change between releases.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

struct hash128 {
    uint64_t low;
    uint64_t high;
};

/* Any alignment; `key` is any number, best from plat_entropy. */
struct hash128 hash128(const void *bytes, size_t byte_count, uint64_t key);

static inline bool
hash128_equal(struct hash128 a, struct hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* A good mixer of one word: every bit of the result depends on every bit. */
static inline uint64_t
hash_mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    return x;
}

/*
 * An open-addressing table from 64-bit keys to 64-bit values. Every key but
 * HASH_NO_KEY may be used. Not locked. Zeroed memory is an empty table.
 */
#define HASH_NO_KEY UINT64_MAX

struct hash_slot {
    uint64_t key;
    uint64_t value;
};

struct hash_table {
    struct hash_slot *slots; /* NULL while empty and nothing was reserved */
    size_t slot_count;       /* a power of two, or 0 */
    size_t count;            /* keys in it */
};

static inline void
hash_table_init(struct hash_table *table)
{
    *table = (struct hash_table){ 0 };
}

void hash_table_free(struct hash_table *table);

/* See to it that `count` keys fit without further allocation. OK or ERR_NOMEM. */
must_use err_t hash_table_reserve(struct hash_table *table, size_t count);

/* True if the key is there; its value is filled in then. `value` may be NULL. Never allocates. */
bool hash_table_get(const struct hash_table *table, uint64_t key, uint64_t *value);

/* Set the key's value, new or not. OK; ERR_NOMEM and nothing has changed. */
must_use err_t hash_table_put(struct hash_table *table, uint64_t key, uint64_t value);

/* The same where room was reserved: cannot fail. */
void hash_table_put_reserved(struct hash_table *table, uint64_t key, uint64_t value);

/* Take a key out; true if it was there. Never allocates. */
bool hash_table_remove(struct hash_table *table, uint64_t key);

/* Take all keys out; keeps the memory. */
void hash_table_clear(struct hash_table *table);

/*
 * Walk over all keys in no order: start with *cursor = 0 and call until
 * false. The table must not change meanwhile.
 */
bool hash_table_next(const struct hash_table *table, size_t *cursor, uint64_t *key,
                     uint64_t *value);
