/*
 * object_test.c - identity hashes, headers that several threads change, boxes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include <stdio.h>

#include "heap/text.h"

static void
setup(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 1 << 20 };
    space_start();
    space_make_pair_class();
    space_pair(0);
}

static void
teardown(void)
{
    space_stop();
}

START_TEST(hashes_spread_and_a_volume_repeats_them)
{
    uint32_t first[64];
    uint32_t low = 0;

    for (unsigned i = 0; i < 64; i++) {
        first[i] = obj_identity_hash(space_pair(i));
        ck_assert_uint_ge(first[i], 1);
        ck_assert_uint_le(first[i], IDENTITY_HASH_MAX);
        low |= 1u << first[i] % 32;
    }
    ck_assert_int_ge(__builtin_popcount(low), 20);
    pmem_store64(SPACE_ROOT + offsetof(struct space_root, hash_count), 0);
    for (unsigned i = 0; i < 64; i++)
        ck_assert_uint_eq(obj_hash_make(), first[i]);
}
END_TEST

START_TEST(a_hash_leaves_the_rest_of_the_header_alone)
{
    ref_t pair = space_pair(1);
    uint64_t header =
        obj_header(pair) | (uint64_t)LOCK_THIN << HEADER_LOCK_SHIFT | HEADER_IMMUTABLE;
    uint32_t hash;

    obj_store_raw64(pair, 0, header);
    hash = obj_identity_hash(pair);
    ck_assert_uint_eq(obj_header(pair), header | (uint64_t)hash << HEADER_HASH_SHIFT);
    ck_assert_uint_eq(obj_identity_hash(pair), hash);
}
END_TEST

START_TEST(the_hash_of_an_inflated_object_is_not_in_its_header)
{
    ref_t pair = space_pair(1);

    obj_store_raw64(pair, 0, obj_header(pair) | (uint64_t)LOCK_INFLATED << HEADER_LOCK_SHIFT);
    obj_identity_hash(pair);
}
END_TEST

START_TEST(a_header_changes_only_from_what_it_was)
{
    ref_t pair = space_pair(1);
    uint64_t seen = obj_header(pair);
    uint64_t wrong = seen ^ HEADER_IMMUTABLE;

    ck_assert(!obj_header_cas(pair, &wrong, 0));
    ck_assert_uint_eq(wrong, seen);
    ck_assert(obj_header_cas(pair, &wrong, seen | HEADER_IMMUTABLE));
    ck_assert_uint_eq(obj_header(pair), seen | HEADER_IMMUTABLE);
}
END_TEST

static uint64_t
bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

START_TEST(numbers_that_are_no_immediates_are_boxes_and_equal_by_value)
{
    word_t a = heap_word_from_long(&space_local, INT64_MIN);
    word_t b = heap_word_from_long(&space_local, INT64_MIN);
    word_t c = heap_word_from_double(&space_local, bits_of(1e300));
    word_t d = heap_word_from_double(&space_local, bits_of(1e300));

    ck_assert(word_is_ref(a));
    ck_assert_uint_eq(heap_class_of(a), CLASS_LONG);
    ck_assert_uint_eq(heap_class_of(c), CLASS_DOUBLE);
    ck_assert_int_eq(word_long_value(a), INT64_MIN);
    ck_assert_uint_eq(word_double_bits(c), bits_of(1e300));
    ck_assert(word_same(a, b));
    ck_assert(word_same(c, d));
    ck_assert(!word_same(a, c));
    ck_assert(!word_same(a, heap_word_from_long(&space_local, INT64_MAX)));
    ck_assert(!word_same(space_pair(1), space_pair(1)));
    ck_assert(!word_same(a, WORD_NULL));
    ck_assert(word_same(WORD_NULL, WORD_NULL));
    ck_assert_uint_eq(heap_word_from_long(&space_local, -5), word_from_long(-5));
    ck_assert_int_eq(word_long_value(word_from_long(-5)), -5);
    ck_assert_uint_eq(word_double_bits(heap_word_from_double(&space_local, bits_of(-0.5))),
                      bits_of(-0.5));
    ck_assert(!word_same(word_from_int(5), word_from_long(5)));
}
END_TEST

START_TEST(symbols_are_the_same_word_for_the_same_text)
{
    char name[20];
    ref_t first[3000];

    for (unsigned i = 0; i < 3000; i++) {
        int bytes = snprintf(name, sizeof name, "name%u", i);

        if (pmem_poll())
            space_safepoint();
        ck_assert_uint_eq(symbol_find(name, (size_t)bytes), 0);
        first[i] = symbol_intern(&space_local, name, (size_t)bytes);
        ck_assert_uint_ne(first[i], 0);
        ck_assert(!ref_is_young(first[i]));
    }
    ck_assert_int_eq(heap_collect_full(&space_local), OK);
    space_pair(0);
    for (unsigned i = 0; i < 3000; i++) {
        int bytes = snprintf(name, sizeof name, "name%u", i);
        ref_t string = heap_string_utf8(&space_local, name, (size_t)bytes);

        ck_assert(string_equal(first[i], string));
        ck_assert_uint_eq(symbol_intern(&space_local, name, (size_t)bytes), first[i]);
        ck_assert_uint_eq(symbol_find(name, (size_t)bytes), first[i]);
        ck_assert_uint_eq(symbol_of_string(&space_local, string), first[i]);
    }
    ck_assert_uint_eq(GET_U32(space_root, SPACE_ROOT, symbol_count), 3000);
    ck_assert_uint_eq(symbol_find("", 0), 0);
    ck_assert_uint_ne(symbol_intern(&space_local, "", 0), 0);
    ck_assert_uint_eq(symbol_intern(&space_local, "", 0), symbol_find("", 0));
    ck_assert_uint_ne(symbol_intern(&space_local, "\xe2\x82\xac", 3), 0);
    ck_assert(string_is_utf16(symbol_find("\xe2\x82\xac", 3)));
    space_check();
}
END_TEST

START_TEST(symbols_outlive_the_machine)
{
    ref_t symbol = symbol_intern(&space_local, "here", 4);

    space_restart();
    ck_assert_uint_eq(symbol_find("here", 4), symbol);
    ck_assert_uint_eq(symbol_intern(&space_local, "here", 4), symbol);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("object");
    TCase *tcase = tcase_create("object");

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, hashes_spread_and_a_volume_repeats_them);
    tcase_add_test(tcase, a_hash_leaves_the_rest_of_the_header_alone);
    tcase_add_test_raise_signal(tcase, the_hash_of_an_inflated_object_is_not_in_its_header, 6);
    tcase_add_test(tcase, a_header_changes_only_from_what_it_was);
    tcase_add_test(tcase, numbers_that_are_no_immediates_are_boxes_and_equal_by_value);
    tcase_add_test(tcase, symbols_are_the_same_word_for_the_same_text);
    tcase_add_test(tcase, symbols_outlive_the_machine);
    return run(suite);
}
