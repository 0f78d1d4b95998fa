/*
 * string_test.c - text in its narrowest form: made, compared, hashed, and written out again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include "heap/text.h"

static void
setup(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 1 << 20 };
    space_start();
    space_alloc(16, CLASS_LONG); /* the nursery is there, with room for every string below */
}

static void
teardown(void)
{
    space_stop();
}

static ref_t
text(const char *utf8)
{
    ref_t string = heap_string_utf8(&space_local, utf8, strlen(utf8));

    ck_assert_uint_ne(string, 0);
    return string;
}

static void
check_out(ref_t string, const char *utf8)
{
    char buffer[200];
    size_t bytes = string_to_utf8(string, NULL, buffer, sizeof buffer);

    ck_assert_uint_eq(bytes, strlen(utf8));
    ck_assert_mem_eq(buffer, utf8, bytes);
    ck_assert_uint_eq(string_utf8_bytes(string), bytes);
    ck_assert(string_equal_utf8(string, utf8, strlen(utf8)));
}

START_TEST(text_takes_its_narrowest_form_and_comes_back)
{
    static const struct {
        const char *utf8;
        uint32_t units;
        bool utf16;
    } cases[] = {
        { "", 0, false },
        { "a", 1, false },
        { "12345678", 8, false },
        { "Gr\xc3\xbc\xc3\x9f"
          "e",
          5, false },
        { "\xc3\xbf", 1, false },
        { "\xc4\x80", 1, true },
        { "\xe2\x82\xac 5", 3, true },
        { "\xf0\x9f\x98\x80!", 3, true },
        { "\xef\xbf\xbf", 1, true },
        { "\xf4\x8f\xbf\xbf", 2, true },
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ref_t string = text(cases[i].utf8);

        ck_assert_uint_eq(array_length(string), cases[i].units);
        ck_assert_int_eq(string_is_utf16(string), cases[i].utf16);
        ck_assert_uint_eq(heap_class_of(string), CLASS_STRING);
        check_out(string, cases[i].utf8);
        ck_assert_uint_eq(heap_object_bytes(string) % 8, 0);
        ck_assert_uint_eq(string_hash_utf8(cases[i].utf8, strlen(cases[i].utf8)),
                          string_hash(string));
    }
}
END_TEST

START_TEST(what_is_not_utf8_is_refused)
{
    static const char *const bad[] = {
        "\x80",             /* a follower first */
        "\xc3",             /* cut */
        "\xe2\x82",         /* cut */
        "\xf0\x9f\x98",     /* cut */
        "\xc0\x80",         /* overlong */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xed\xbf\xbf",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond Unicode */
        "\xf5\x80\x80\x80",
        "\xff",
        "a\xc3(",
        "\xe2(\x82",
        "\xf0\x9f(\x80",
    };
    struct string_form form = { 77, true };

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(!string_measure_utf8(bad[i], strlen(bad[i]), &form));
        ck_assert(!string_equal_utf8(text("a"), bad[i], strlen(bad[i])));
    }
    ck_assert_uint_eq(form.units, 77);
    ck_assert(!string_measure_utf16(NULL, STRING_UNITS_MAX + 1ull, &form));
    ck_assert(!string_measure_latin1(NULL, STRING_UNITS_MAX + 1ull, &form));
}
END_TEST

START_TEST(equal_text_is_equal_from_wherever_it_came)
{
    static const uint8_t latin1[] = { 'G', 'r', 0xfc, 0xdf, 'e' };
    static const uint16_t utf16[] = { 'G', 'r', 0xfc, 0xdf, 'e' };
    ref_t a = text("Gr\xc3\xbc\xc3\x9f"
                   "e");
    ref_t b = heap_string_latin1(&space_local, latin1, 5);
    ref_t c = heap_string_utf16(&space_local, utf16, 5);

    ck_assert(!string_is_utf16(c));
    ck_assert(string_equal(a, b));
    ck_assert(string_equal(b, c));
    ck_assert(string_equal(a, a));
    ck_assert_uint_eq(string_hash(a), string_hash(c));
    ck_assert(!string_equal(a, text("Gr\xc3\xbc\xc3\x9f"
                                    "f")));
    ck_assert(!string_equal(a, text("Gr\xc3\xbc\xc3\x9f")));
    ck_assert(!string_equal(text("ab"),
                            heap_string_utf16(&space_local, (const uint16_t[]){ 'a', 0x162 }, 2)));
    ck_assert(string_equal(text(""), text("")));
    ck_assert(!string_equal_utf8(a, "Gr", 2));
    ck_assert(!string_equal_utf8(text("Gr"), "Gro", 3));
}
END_TEST

START_TEST(the_hash_is_the_one_that_the_world_knows)
{
    ref_t string = text("hello");

    ck_assert_uint_eq(string_hash(string), 99162322);
    ck_assert_uint_eq(pmem_load32(string + STRING_HASH_OFFSET), 99162322);
    ck_assert_uint_eq(string_hash(string), 99162322);
    ck_assert_uint_eq(string_hash(text("")), 0);
    ck_assert_uint_eq(string_hash(text("\xe2\x82\xac")), 0x20ac);
}
END_TEST

START_TEST(strings_are_ordered_by_units)
{
    ck_assert_int_lt(string_compare(text("abc"), text("abd")), 0);
    ck_assert_int_gt(string_compare(text("b"), text("abd")), 0);
    ck_assert_int_eq(string_compare(text("same"), text("same")), 0);
    ck_assert_int_lt(string_compare(text("ab"), text("abc")), 0);
    ck_assert_int_gt(string_compare(text("abc"), text("")), 0);
    ck_assert_int_gt(string_compare(text("\xe2\x82\xac"), text("\xc3\xbf")), 0);
}
END_TEST

START_TEST(halves_of_pairs_are_replaced_when_written)
{
    static const uint16_t units[] = { 0xd83d, 'a', 0xde00, 0xd83d, 0xde00, 0xd83d };
    ref_t string = heap_string_utf16(&space_local, units, 6);

    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(string_unit(string, i), units[i]);
    ck_assert_uint_eq(string_utf8_bytes(string), 3 + 1 + 3 + 4 + 3);
    {
        char buffer[20];

        ck_assert_uint_eq(string_to_utf8(string, NULL, buffer, 20), 14);
        ck_assert_mem_eq(buffer,
                         "\xef\xbf\xbd"
                         "a\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd",
                         14);
    }
}
END_TEST

START_TEST(a_long_string_is_written_in_pieces_of_whole_characters)
{
    ref_t string = text("a\xe2\x82\xac\xf0\x9f\x98\x80z");
    char all[20];
    size_t bytes = 0;
    uint32_t at = 0;
    unsigned pieces = 0;

    while (at < array_length(string)) {
        char piece[5];
        size_t part = string_to_utf8(string, &at, piece, 5);

        ck_assert_uint_gt(part, 0);
        memcpy(all + bytes, piece, part);
        bytes += part;
        pieces++;
    }
    ck_assert_uint_eq(pieces, 2);
    ck_assert_uint_eq(bytes, 9);
    ck_assert_mem_eq(all, "a\xe2\x82\xac\xf0\x9f\x98\x80z", 9);
    at = 0;
    ck_assert_uint_eq(string_to_utf8(string, &at, all, 0), 0);
    ck_assert_uint_eq(at, 0);
}
END_TEST

START_TEST(parts_and_joins_are_narrow_when_they_can_be)
{
    ref_t wide = text("abc\xe2\x82\xac"
                      "def");
    ref_t part = heap_string_part(&space_local, wide, 0, 3);
    ref_t join = heap_string_join(&space_local, part, heap_string_part(&space_local, wide, 4, 3));

    check_out(part, "abc");
    ck_assert(!string_is_utf16(part));
    check_out(join, "abcdef");
    ck_assert(!string_is_utf16(join));
    join = heap_string_join(&space_local, part, wide);
    check_out(join, "abcabc\xe2\x82\xac"
                    "def");
    ck_assert(string_is_utf16(join));
    check_out(heap_string_part(&space_local, join, 5, 2), "c\xe2\x82\xac");
    check_out(heap_string_part(&space_local, join, 2, 0), "");
    check_out(heap_string_part(&space_local, part, 1, 2), "bc");
}
END_TEST

START_TEST(units_are_set_one_by_one)
{
    ref_t narrow = heap_string(&space_local, (struct string_form){ 3, false });
    ref_t wide = heap_string(&space_local, (struct string_form){ 2, true });

    for (unsigned i = 0; i < 3; i++)
        string_fill_unit(narrow, i, (uint16_t)('x' + i));
    string_fill_unit(wide, 0, 0x20ac);
    string_fill_unit(wide, 1, '!');
    check_out(narrow, "xyz");
    check_out(wide, "\xe2\x82\xac!");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("string");
    TCase *tcase = tcase_create("string");

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, text_takes_its_narrowest_form_and_comes_back);
    tcase_add_test(tcase, what_is_not_utf8_is_refused);
    tcase_add_test(tcase, equal_text_is_equal_from_wherever_it_came);
    tcase_add_test(tcase, the_hash_is_the_one_that_the_world_knows);
    tcase_add_test(tcase, strings_are_ordered_by_units);
    tcase_add_test(tcase, halves_of_pairs_are_replaced_when_written);
    tcase_add_test(tcase, a_long_string_is_written_in_pieces_of_whole_characters);
    tcase_add_test(tcase, parts_and_joins_are_narrow_when_they_can_be);
    tcase_add_test(tcase, units_are_set_one_by_one);
    return run(suite);
}
