/*
 * array_test.c - arrays: element sizes, classes, copies that overlap and copies that are
 * remembered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

static void
setup(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 1 << 20, .move_always = true };
    space_start();
    space_make_pair_class();
    space_pair(0);
}

static void
teardown(void)
{
    space_check();
    space_stop();
}

START_TEST(each_type_has_its_class_and_each_class_its_kind)
{
    static const struct {
        char type;
        uint32_t class_number;
        enum object_kind kind;
        unsigned bytes;
    } cases[] = {
        { 'z', CLASS_BOOLEANS, KIND_RAW8, 1 }, { 'b', CLASS_BYTES, KIND_RAW8, 1 },
        { 's', CLASS_SHORTS, KIND_RAW16, 2 },  { 'c', CLASS_CHARS, KIND_RAW16, 2 },
        { 'i', CLASS_INTS, KIND_RAW32, 4 },    { 'f', CLASS_FLOATS, KIND_RAW32, 4 },
        { 'l', CLASS_LONGS, KIND_RAW64, 8 },   { 'd', CLASS_DOUBLES, KIND_RAW64, 8 },
        { 'w', CLASS_WORDS, KIND_WORDS, 8 },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ref_t array;

        ck_assert_int_eq(array_class_of_type(cases[i].type), cases[i].class_number);
        ck_assert_int_eq(array_kind_of_class(cases[i].class_number), cases[i].kind);
        ck_assert_uint_eq(1u << array_shift(cases[i].kind), cases[i].bytes);
        ck_assert_uint_eq(array_bytes(cases[i].kind, 3), (16 + 3 * cases[i].bytes + 7) / 8 * 8);
        array = heap_alloc_array(&space_local, cases[i].class_number, cases[i].kind, 5);
        ck_assert_uint_eq(array_length(array), 5);
        ck_assert_uint_eq(heap_object_bytes(array), array_bytes(cases[i].kind, 5));
        ck_assert_uint_eq(array_at(array, cases[i].kind, 2), array + 16 + 2 * cases[i].bytes);
    }
    ck_assert_int_eq(array_class_of_type('L'), CLASS_NONE);
    ck_assert_int_eq(array_kind_of_class(CLASS_STRING), KIND_PLAIN);
}
END_TEST

START_TEST(the_class_of_an_immediate_is_known)
{
    ck_assert_uint_eq(heap_class_of(word_from_int(4)), CLASS_INT);
    ck_assert_uint_eq(heap_class_of(word_from_long(4)), CLASS_LONG);
    ck_assert_uint_eq(heap_class_of(word_from_float_bits(4)), CLASS_FLOAT);
    ck_assert_uint_eq(heap_class_of(word_from_double_bits(0)), CLASS_DOUBLE);
    ck_assert_uint_eq(heap_class_of(word_from_char(4)), CLASS_CHAR);
    ck_assert_uint_eq(heap_class_of(word_from_code_point(4)), CLASS_CODE_POINT);
    ck_assert_uint_eq(heap_class_of(word_from_boolean(true)), CLASS_BOOLEAN);
    ck_assert_uint_eq(heap_class_of(space_pair(1)), CLASS_PAIR);
}
END_TEST

static void
check_overlap(ref_t array, uint32_t to, uint32_t from, uint32_t count)
{
    word_t model[100];

    for (uint32_t i = 0; i < 100; i++) {
        model[i] = word_from_int((int32_t)(i * 3));
        array_store_word(array, i, model[i]);
    }
    memmove(model + to, model + from, count * sizeof model[0]);
    array_copy(array, to, array, from, count, KIND_WORDS);
    for (uint32_t i = 0; i < 100; i++)
        ck_assert_uint_eq(array_load_word(array, i), model[i]);
}

START_TEST(a_copy_within_an_array_is_as_if_through_another)
{
    ref_t young = heap_alloc_array(&space_local, CLASS_WORDS, KIND_WORDS, 100);
    ref_t old = space_alloc_old(array_bytes(KIND_WORDS, 100), CLASS_WORDS);

    array_length_set(old, 100);
    ck_assert(ref_is_young(young));
    for (uint32_t to = 0; to < 60; to += 7) {
        for (uint32_t from = 0; from < 60; from += 9) {
            check_overlap(young, to, from, 40);
            check_overlap(old, to, from, 40);
        }
    }
    check_overlap(old, 10, 20, 0);
    check_overlap(old, 0, 0, 100);
}
END_TEST

START_TEST(a_copy_into_an_old_array_is_remembered)
{
    struct heap_handle old;
    ref_t young;

    heap_handle_open(&old, space_alloc_old(array_bytes(KIND_WORDS, 10), CLASS_WORDS));
    array_length_set(old.word, 10);
    young = heap_alloc_array(&space_local, CLASS_WORDS, KIND_WORDS, 10);
    for (uint32_t i = 0; i < 10; i++)
        array_store_word(young, i, space_pair(i));
    array_copy(old.word, 2, young, 0, 8, KIND_WORDS);
    array_copy(old.word, 1, old.word, 2, 8, KIND_WORDS);
    space_check();
    space_scavenge();
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq(pair_id(array_load_word(old.word, i + 1)), i);
    heap_handle_close(&old);
}
END_TEST

START_TEST(raw_elements_are_copied_whatever_their_size)
{
    static const struct {
        uint32_t class_number;
        enum object_kind kind;
    } kinds[] = { { CLASS_BYTES, KIND_RAW8 },
                  { CLASS_CHARS, KIND_RAW16 },
                  { CLASS_INTS, KIND_RAW32 },
                  { CLASS_LONGS, KIND_RAW64 } };

    for (unsigned k = 0; k < 4; k++) {
        ref_t from = heap_alloc_array(&space_local, kinds[k].class_number, kinds[k].kind, 50);
        ref_t to = heap_alloc_array(&space_local, kinds[k].class_number, kinds[k].kind, 50);
        uint64_t size = 1ull << array_shift(kinds[k].kind);

        for (uint64_t i = 0; i < 50 * size; i++)
            obj_store_raw8(from, 16 + i, (uint8_t)(i * 5 + k));
        array_copy(to, 3, from, 7, 40, kinds[k].kind);
        for (uint64_t i = 0; i < 50 * size; i++) {
            uint8_t expected = 0;

            if (i >= 3 * size && i < 43 * size)
                expected = (uint8_t)((i + 4 * size) * 5 + k);
            ck_assert_uint_eq(*(uint8_t *)(to + 16 + i), expected);
        }
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("array");
    TCase *tcase = tcase_create("array");

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, each_type_has_its_class_and_each_class_its_kind);
    tcase_add_test(tcase, the_class_of_an_immediate_is_known);
    tcase_add_test(tcase, a_copy_within_an_array_is_as_if_through_another);
    tcase_add_test(tcase, a_copy_into_an_old_array_is_remembered);
    tcase_add_test(tcase, raw_elements_are_copied_whatever_their_size);
    return run(suite);
}
