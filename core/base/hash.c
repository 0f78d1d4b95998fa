/*
 * hash.c - a keyed 128-bit hash of four multiplying lanes, and an
 * open-addressing table with linear probing.
 *
 * Invariant of the table: on the way from a key's home slot to the slot where
 * it lies there is no empty one. At most 3/4 of the slots are in use.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/hash.h"

#include "base/assert.h"
#include "base/memory.h"
#include "plat/memory.h"

#define HASH_SLOTS_MIN 16

static const uint64_t primes[4] = { 0x9e3779b185ebca87ull, 0xc2b2ae3d27d4eb4full,
                                    0x165667b19e3779f9ull, 0x27d4eb2f165667c5ull };

static inline uint64_t
load64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

/* The full product of two words, folded: no bit of either is lost for all values of the other. */
static inline uint64_t
fold_multiply(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Each lane adds what it folds to what it had, so one zero factor does not
 * wipe out a lane; and each word goes, unmultiplied, into the neighbour lane.
 */
static void
absorb(uint64_t lanes[4], const uint64_t secret[4], const uint8_t *bytes)
{
    uint64_t a = load64(bytes), b = load64(bytes + 8);
    uint64_t c = load64(bytes + 16), d = load64(bytes + 24);

    lanes[0] = fold_multiply(lanes[0] ^ a, secret[0] ^ b) + c;
    lanes[1] = fold_multiply(lanes[1] ^ c, secret[1] ^ d) + a;
    lanes[2] = fold_multiply(lanes[2] + b, secret[2] ^ a) ^ d;
    lanes[3] = fold_multiply(lanes[3] + d, secret[3] ^ c) ^ b;
}

struct hash128
hash128(const void *bytes, size_t byte_count, uint64_t key)
{
    const uint8_t *at = bytes;
    size_t left = byte_count;
    uint64_t lanes[4], secret[4];
    uint8_t tail[32] = { 0 };

    for (unsigned i = 0; i < 4; i++) {
        secret[i] = hash_mix(key + primes[i]) | 1;
        lanes[i] = hash_mix(key ^ primes[3 - i]) + byte_count;
    }
    for (; left >= 32; at += 32, left -= 32)
        absorb(lanes, secret, at);
    if (left > 0) {
        memcpy(tail, at, left);
        absorb(lanes, secret, tail);
    }
    for (unsigned i = 0; i < 4; i++)
        lanes[i] = hash_mix(lanes[i] + primes[i]);
    return (struct hash128){
        .low = hash_mix(lanes[0] + fold_multiply(lanes[1] ^ primes[0], lanes[2] ^ primes[1])),
        .high = hash_mix(lanes[3] + fold_multiply(lanes[2] ^ primes[2], lanes[0] ^ primes[3]) +
                         lanes[1]),
    };
}

void
hash_table_free(struct hash_table *table)
{
    if (table == NULL)
        return;
    plat_free(table->slots, table->slot_count * sizeof table->slots[0]);
    hash_table_init(table);
}

static inline size_t
home_of(const struct hash_table *table, uint64_t key)
{
    return hash_mix(key) & (table->slot_count - 1);
}

/* The slot of the key, or the empty one where it would go. */
static size_t
slot_find(const struct hash_table *table, uint64_t key)
{
    size_t slot = home_of(table, key);

    while (table->slots[slot].key != key && table->slots[slot].key != HASH_NO_KEY)
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

err_t
hash_table_reserve(struct hash_table *table, size_t count)
{
    struct hash_table bigger = { .slot_count = HASH_SLOTS_MIN };

    if (count <= table->slot_count / 4 * 3)
        return OK;
    if (count > SIZE_MAX / 64)
        return ERR_NOMEM;
    while (count > bigger.slot_count / 4 * 3)
        bigger.slot_count *= 2;
    bigger.slots = plat_alloc(bigger.slot_count * sizeof bigger.slots[0]);
    if (bigger.slots == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < bigger.slot_count; i++)
        bigger.slots[i].key = HASH_NO_KEY;
    for (size_t i = 0; i < table->slot_count; i++) {
        if (table->slots[i].key != HASH_NO_KEY)
            bigger.slots[slot_find(&bigger, table->slots[i].key)] = table->slots[i];
    }
    bigger.count = table->count;
    hash_table_free(table);
    *table = bigger;
    return OK;
}

bool
hash_table_get(const struct hash_table *table, uint64_t key, uint64_t *value)
{
    size_t slot;

    assert_slow(key != HASH_NO_KEY);
    if (table->count == 0)
        return false;
    slot = slot_find(table, key);
    if (table->slots[slot].key == HASH_NO_KEY)
        return false;
    if (value != NULL)
        *value = table->slots[slot].value;
    return true;
}

err_t
hash_table_put(struct hash_table *table, uint64_t key, uint64_t value)
{
    if (table->count + 1 > table->slot_count / 4 * 3 && !hash_table_get(table, key, NULL))
        TRY(hash_table_reserve(table, table->count + 1));
    hash_table_put_reserved(table, key, value);
    return OK;
}

void
hash_table_put_reserved(struct hash_table *table, uint64_t key, uint64_t value)
{
    size_t slot;

    assert(key != HASH_NO_KEY);
    assert(table->slot_count > 0);
    slot = slot_find(table, key);
    if (table->slots[slot].key == HASH_NO_KEY) {
        assert(table->count + 1 <= table->slot_count / 4 * 3);
        table->slots[slot].key = key;
        table->count++;
    }
    table->slots[slot].value = value;
}

bool
hash_table_remove(struct hash_table *table, uint64_t key)
{
    size_t mask = table->slot_count - 1;
    size_t hole;

    if (!hash_table_get(table, key, NULL))
        return false;
    hole = slot_find(table, key);
    /* Keys behind the hole move up when their home is not between the hole and them. */
    for (size_t i = (hole + 1) & mask; table->slots[i].key != HASH_NO_KEY; i = (i + 1) & mask) {
        size_t home = home_of(table, table->slots[i].key);

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole].key = HASH_NO_KEY;
    table->count--;
    return true;
}

void
hash_table_clear(struct hash_table *table)
{
    if (table->count == 0)
        return;
    for (size_t i = 0; i < table->slot_count; i++)
        table->slots[i].key = HASH_NO_KEY;
    table->count = 0;
}

bool
hash_table_next(const struct hash_table *table, size_t *cursor, uint64_t *key, uint64_t *value)
{
    while (*cursor < table->slot_count) {
        const struct hash_slot *slot = &table->slots[(*cursor)++];

        if (slot->key != HASH_NO_KEY) {
            *key = slot->key;
            *value = slot->value;
            return true;
        }
    }
    return false;
}
