/*
 * crc32c_test.c - the checksum against its definition, bit by bit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/crc32c.h"

#include <check.h>
#include <string.h>

#include "support/suite.h"

static _Alignas(8) uint8_t bytes[4 * 4096 + 32], copy[4096];

/* RFC 3720, B.4: polynomial 0x1edc6f41, bits reflected. */
static uint32_t
by_definition(const uint8_t *at, size_t count)
{
    uint32_t crc = UINT32_MAX;

    for (; count > 0; at++, count--) {
        crc ^= *at;
        for (unsigned i = 0; i < 8; i++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

static void
fill(uint32_t seed)
{
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

START_TEST(the_vectors_of_the_rfc_hold)
{
    uint8_t vector[32];

    ck_assert_uint_eq(crc32c("123456789", 9), 0xe3069283u);
    memset(vector, 0, 32);
    ck_assert_uint_eq(crc32c(vector, 32), 0x8a9136aau);
    memset(vector, 0xff, 32);
    ck_assert_uint_eq(crc32c(vector, 32), 0x62a8ab43u);
    for (unsigned i = 0; i < 32; i++)
        vector[i] = (uint8_t)i;
    ck_assert_uint_eq(crc32c(vector, 32), 0x46dd794eu);
}
END_TEST

START_TEST(every_length_and_alignment_agrees_with_the_definition)
{
    fill(7);
    for (size_t offset = 0; offset < 9; offset++) {
        for (size_t count = 0; count < 70; count++)
            ck_assert_uint_eq(crc32c(bytes + offset, count), by_definition(bytes + offset, count));
    }
    for (size_t count = 4090; count < 4110; count++)
        ck_assert_uint_eq(crc32c(bytes + 3, count), by_definition(bytes + 3, count));
    ck_assert_uint_eq(crc32c(bytes, 3 * 4096 + 5), by_definition(bytes, 3 * 4096 + 5));
}
END_TEST

START_TEST(a_sum_can_be_made_in_pieces)
{
    fill(9);
    for (size_t cut = 0; cut < 9000; cut += 613)
        ck_assert_uint_eq(crc32c_extend(crc32c(bytes, cut), bytes + cut, 9000 - cut),
                          crc32c(bytes, 9000));
}
END_TEST

START_TEST(a_page_is_copied_summed_and_seen_to_be_zero)
{
    bool zero;

    fill(11);
    ck_assert_uint_eq(crc32c_copy_page(copy, bytes, &zero), by_definition(bytes, 4096));
    ck_assert(!zero);
    ck_assert_int_eq(memcmp(copy, bytes, 4096), 0);
    memset(bytes, 0, 4096);
    ck_assert_uint_eq(crc32c_copy_page(copy, bytes, &zero), by_definition(bytes, 4096));
    ck_assert(zero);
    for (unsigned i = 0; i < 4096; i += 511) {
        bytes[i] = 1;
        crc32c_copy_page(copy, bytes, &zero);
        ck_assert(!zero);
        bytes[i] = 0;
    }
}
END_TEST

START_TEST(each_flipped_bit_of_a_page_changes_the_sum)
{
    uint32_t whole;

    fill(13);
    whole = crc32c(bytes, 4096);
    for (unsigned bit = 0; bit < 8 * 4096; bit += 5) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(crc32c(bytes, 4096), whole);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}
END_TEST

UNIT_TESTS("base/crc32c", the_vectors_of_the_rfc_hold,
           every_length_and_alignment_agrees_with_the_definition, a_sum_can_be_made_in_pieces,
           a_page_is_copied_summed_and_seen_to_be_zero, each_flipped_bit_of_a_page_changes_the_sum)
