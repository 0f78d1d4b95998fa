/*
 * buffer_test.c - a buffer grows, formats, and survives a lack of memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/buffer.h"

#include <check.h>
#include <string.h>

#include "support/memory.h"
#include "support/suite.h"

START_TEST(what_is_appended_lies_behind_each_other)
{
    struct buffer buffer = { 0 };

    for (unsigned i = 0; i < 2000; i++)
        ck_assert_int_eq(buffer_append_byte(&buffer, (uint8_t)i), OK);
    ck_assert_int_eq(buffer_append(&buffer, NULL, 10), OK);
    ck_assert_int_eq(buffer_append(&buffer, "xyz", 0), OK);
    ck_assert_uint_eq(buffer.count, 2010);
    for (unsigned i = 0; i < 2000; i++)
        ck_assert_uint_eq(buffer.bytes[i], (uint8_t)i);
    ck_assert_uint_eq(buffer.bytes[2009], 0);
    buffer_clear(&buffer);
    ck_assert_int_eq(buffer_format(&buffer, "%s-%d", "a", 5), OK);
    ck_assert_int_eq(buffer_terminate(&buffer), OK);
    ck_assert_str_eq((char *)buffer.bytes, "a-5");
    ck_assert_uint_eq(buffer.count, 3);
    buffer_free(&buffer);
    ck_assert_ptr_null(buffer.bytes);
    buffer_free(NULL);
}
END_TEST

START_TEST(an_append_without_memory_changes_nothing)
{
    struct buffer buffer = { 0 };
    char text[300];

    memset(text, 'x', sizeof text);
    ck_assert_int_eq(buffer_append(&buffer, text, 200), OK);
    test_memory_fail(1);
    ck_assert_int_eq(buffer_append(&buffer, text, 300), ERR_NOMEM);
    test_memory_fail(1);
    ck_assert_int_eq(buffer_format(&buffer, "%300d", 1), ERR_NOMEM);
    ck_assert_uint_eq(buffer.count, 200);
    ck_assert_int_eq(memcmp(buffer.bytes, text, 200), 0);
    ck_assert_int_eq(buffer_reserve(&buffer, SIZE_MAX - 5), ERR_NOMEM);
    buffer_free(&buffer);
}
END_TEST

UNIT_TESTS("base/buffer", what_is_appended_lies_behind_each_other,
           an_append_without_memory_changes_nothing)
