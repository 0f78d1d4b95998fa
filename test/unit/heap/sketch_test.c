/*
 * sketch_test.c - marks and references in few bytes come back as they were.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/summary_priv.h"

#include <stdlib.h>
#include <string.h>

#include "support/memory.h"
#include "support/suite.h"

static uint64_t marks[HEAP_MARK_WORDS], back[HEAP_MARK_WORDS];
static uint8_t packed[HEAP_MARK_WORDS * 8];

static uint32_t
pack(void)
{
    uint32_t bytes = heap_marks_pack(marks, packed);

    memset(back, 0xa5, sizeof back);
    heap_marks_unpack(packed, bytes, back);
    ck_assert_mem_eq(marks, back, sizeof marks);
    return bytes;
}

static void
mark(unsigned i)
{
    marks[i / 64] |= 1ull << (i % 64);
}

START_TEST(marks_of_objects_of_one_size_take_few_bytes)
{
    ck_assert_uint_eq(pack(), 0);
    mark(0);
    ck_assert_uint_le(pack(), 2);
    for (unsigned i = 0; i < HEAP_MARK_WORDS * 64; i += 4)
        mark(i);
    ck_assert_uint_le(pack(), 8);
    memset(marks, 0, sizeof marks);
    mark(HEAP_MARK_WORDS * 64 - 1);
    ck_assert_uint_le(pack(), 4);
}
END_TEST

START_TEST(any_marks_come_back_and_never_take_more_than_their_bits)
{
    for (unsigned round = 0; round < 2000; round++) {
        unsigned step = 1 + round % 40;

        memset(marks, 0, sizeof marks);
        for (unsigned i = (unsigned)rand() % step; i < HEAP_MARK_WORDS * 64;
             i += 1 + (unsigned)rand() % step)
            mark(i);
        ck_assert_uint_le(pack(), sizeof marks);
    }
}
END_TEST

static struct heap_sketch sketch;

static uint64_t
place(unsigned i)
{
    return SPACE_HEAP + 8 * (i % 3 == 0 ? (uint64_t)i * 40503 * 2654435761u % (1ull << 40) : i);
}

/* All that was told comes back, in order; what was told just before need not. */
static unsigned
told_back(unsigned count)
{
    struct heap_edges edges = { .at = sketch.edges, .end = sketch.edges + sketch.edge_bytes };
    uint64_t word, block;
    unsigned i = 0;

    while (heap_edge_next(&edges, &word, &block)) {
        ck_assert((word == 0) != (block == 0));
        for (; i < count && (word != 0 ? place(i) != word : i % 7 != 0 || i != block); i++)
            continue;
        ck_assert_uint_lt(i, count);
    }
    return i;
}

START_TEST(references_come_back)
{
    heap_sketch_begin(&sketch, NULL, UINT64_MAX);
    for (unsigned i = 1; i < 5000; i++) {
        if (i % 7 == 0)
            heap_sketch_block(&sketch, i);
        else
            heap_sketch_word(&sketch, place(i));
    }
    ck_assert(sketch.on);
    ck_assert_uint_eq(told_back(5000), 4999);
    heap_sketch_free(&sketch);
}
END_TEST

START_TEST(neighbours_take_few_bytes)
{
    heap_sketch_begin(&sketch, NULL, UINT64_MAX);
    for (unsigned i = 0; i < 1000; i++) {
        heap_sketch_word(&sketch, SPACE_HEAP + (1 << 20) + 32 * i);
        heap_sketch_block(&sketch, 1000 + i % 4);
    }
    ck_assert_uint_le(sketch.edge_bytes, 1020);
    heap_sketch_free(&sketch);
}
END_TEST

START_TEST(a_sketch_without_room_or_memory_says_so)
{
    heap_sketch_begin(&sketch, NULL, 100);
    for (unsigned i = 0; i < 5000; i++)
        heap_sketch_word(&sketch, place(i));
    ck_assert(!sketch.on);
    ck_assert_uint_le(sketch.edge_bytes, 1024);
    heap_sketch_free(&sketch);
    heap_sketch_begin(&sketch, NULL, UINT64_MAX);
    test_memory_fail(1);
    heap_sketch_word(&sketch, place(1));
    ck_assert(!sketch.on);
    heap_sketch_free(&sketch);
}
END_TEST

UNIT_TESTS("heap/sketch", marks_of_objects_of_one_size_take_few_bytes,
           any_marks_come_back_and_never_take_more_than_their_bits, references_come_back,
           neighbours_take_few_bytes, a_sketch_without_room_or_memory_says_so)
