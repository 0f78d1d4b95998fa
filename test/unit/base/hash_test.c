/*
 * hash_test.c - the table against a plain array, the hash against its own kind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/hash.h"

#include <check.h>
#include <string.h>

#include "support/memory.h"
#include "support/suite.h"

#define KEYS 500

START_TEST(the_table_holds_what_an_array_would)
{
    struct hash_table table = { 0 };
    uint64_t values[KEYS], state = 12345;
    bool there[KEYS] = { false };
    size_t count = 0;

    for (unsigned i = 0; i < 40000; i++) {
        uint64_t key, value;

        state = state * 6364136223846793005ull + 1442695040888963407ull;
        key = state >> 33;
        key %= KEYS;
        if (state >> 60 < 9) {
            ck_assert_int_eq(hash_table_put(&table, key * 4096, i), OK);
            count += !there[key];
            there[key] = true;
            values[key] = i;
        } else {
            ck_assert(hash_table_remove(&table, key * 4096) == there[key]);
            count -= there[key];
            there[key] = false;
        }
        key = i % KEYS;
        ck_assert(hash_table_get(&table, key * 4096, &value) == there[key]);
        if (there[key])
            ck_assert_uint_eq(value, values[key]);
        ck_assert_uint_eq(table.count, count);
    }
    hash_table_free(&table);
}
END_TEST

START_TEST(a_walk_sees_each_key_once)
{
    struct hash_table table = { 0 };
    bool seen[KEYS] = { false };
    size_t cursor = 0, count = 0;
    uint64_t key, value;

    ck_assert(!hash_table_next(&table, &cursor, &key, &value));
    for (unsigned i = 0; i < KEYS; i++)
        ck_assert_int_eq(hash_table_put(&table, i, i * 3), OK);
    for (cursor = 0; hash_table_next(&table, &cursor, &key, &value); count++) {
        ck_assert(!seen[key]);
        seen[key] = true;
        ck_assert_uint_eq(value, key * 3);
    }
    ck_assert_uint_eq(count, KEYS);
    hash_table_clear(&table);
    ck_assert(!hash_table_get(&table, 3, NULL));
    hash_table_free(&table);
}
END_TEST

START_TEST(a_table_without_memory_says_so_and_keeps_what_it_has)
{
    struct hash_table table = { 0 };
    unsigned kept = 0;
    err_t err = OK;

    ck_assert_int_eq(hash_table_put(&table, 0, 0), OK);
    test_memory_fail(1);
    while (err == OK) {
        err = hash_table_put(&table, ++kept, 7);
        ck_assert_uint_lt(kept, 1000);
    }
    ck_assert_int_eq(err, ERR_NOMEM);
    for (unsigned i = 1; i < kept; i++)
        ck_assert(hash_table_get(&table, i, NULL));
    ck_assert(!hash_table_get(&table, kept, NULL));
    ck_assert_int_eq(hash_table_put(&table, kept, 7), OK);
    hash_table_free(&table);
}
END_TEST

START_TEST(reserved_room_needs_no_memory)
{
    struct hash_table table = { 0 };

    ck_assert_int_eq(hash_table_reserve(&table, 1000), OK);
    test_memory_fail(1);
    for (unsigned i = 0; i < 1000; i++)
        hash_table_put_reserved(&table, i, i);
    test_memory_fail(0);
    ck_assert_uint_eq(table.count, 1000);
    hash_table_free(&table);
}
END_TEST

START_TEST(each_bit_of_a_page_and_of_the_key_changes_about_half_the_hash)
{
    static uint8_t page[4096];
    struct hash128 whole = hash128(page, sizeof page, 1);
    unsigned least = 128, most = 0;

    for (unsigned bit = 0; bit < 8 * sizeof page; bit += 3) {
        struct hash128 other;
        unsigned differ;

        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
        other = hash128(page, sizeof page, 1);
        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert(!hash128_equal(whole, other));
        differ = (unsigned)__builtin_popcountll(whole.low ^ other.low) +
                 (unsigned)__builtin_popcountll(whole.high ^ other.high);
        least = differ < least ? differ : least;
        most = differ > most ? differ : most;
    }
    ck_assert_uint_gt(least, 35);
    ck_assert_uint_lt(most, 93);
    ck_assert(!hash128_equal(whole, hash128(page, sizeof page, 2)));
    ck_assert(!hash128_equal(whole, hash128(page, sizeof page - 1, 1)));
    ck_assert(hash128_equal(whole, hash128(page, sizeof page, 1)));
}
END_TEST

UNIT_TESTS("base/hash", the_table_holds_what_an_array_would, a_walk_sees_each_key_once,
           a_table_without_memory_says_so_and_keeps_what_it_has, reserved_room_needs_no_memory,
           each_bit_of_a_page_and_of_the_key_changes_about_half_the_hash)
