/*
 * sketch.c - where the objects of a block are and what they refer to, in few bytes.
 *
 * Objects that were made together lie together, and refer to each other or to their neighbours. So
 * marks are kept as distances between the beginnings of objects and how often each repeats, and
 * references as distances from the one before, in groups of seven bits. What would not become
 * smaller is kept as it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/summary_priv.h"

#include "base/memory.h"
#include "plat/memory.h"

#define NUMBER_BYTES_MAX 10
#define EDGE_ROOM_LEAST  1024u
#define MARK_BYTES_MAX   (HEAP_MARK_WORDS * 8)
#define RECENT           (sizeof((struct heap_sketch){ 0 }.recent) / sizeof(uint64_t))

/* ---- numbers: seven bits in a byte, the lowest first; the highest bit says that more follow ----
 */

static uint8_t *
number_put(uint8_t *at, uint64_t number)
{
    while (number >= 0x80) {
        *at++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *at++ = (uint8_t)number;
    return at;
}

static uint64_t
number_get(const uint8_t **at)
{
    uint64_t number = 0;
    unsigned shift = 0;

    do
        number |= (uint64_t)(**at & 0x7f) << shift;
    while (shift += 7, (*(*at)++ & 0x80) != 0);
    return number;
}

/* ---- edges: twice the distance, and one more if it is one of blocks ---- */

bool
heap_edge_next(struct heap_edges *edges, word_t *word, uint64_t *block)
{
    uint64_t number, way;

    if (edges->at == edges->end)
        return false;
    number = number_get(&edges->at);
    way = number >> 2 ^ (0 - (number >> 1 & 1));
    *word = *block = 0;
    if ((number & 1) != 0)
        *block = edges->last_block += way;
    else
        *word = (edges->last_word += way) * 8 + SPACE_HEAP;
    return true;
}

void
heap_sketch_begin(struct heap_sketch *sketch, const struct heap_summary *known, uint64_t bytes_max)
{
    struct heap_edges edges;
    uint64_t word, block;

    sketch->on = true;
    sketch->page_count = HEAP_PAGES_PER_BLOCK;
    sketch->last_word = sketch->last_block = 0;
    sketch->edge_bytes = 0;
    sketch->edge_bytes_max = bytes_max;
    memset(sketch->recent, 0xff, sizeof sketch->recent);
    if (known == NULL)
        return;
    sketch->page_count = known->page_count;
    edges = heap_summary_edges(known);
    while (heap_edge_next(&edges, &word, &block)) {
        if (word != 0)
            heap_sketch_word(sketch, word);
        else
            heap_sketch_block(sketch, block);
    }
}

static bool
edges_grow(struct heap_sketch *sketch)
{
    uint64_t room = sketch->edge_room == 0 ? EDGE_ROOM_LEAST : sketch->edge_room * 2;
    uint8_t *edges = sketch->edge_bytes < sketch->edge_bytes_max ? plat_alloc(room) : NULL;

    if (edges == NULL)
        return false;
    if (sketch->edges != NULL)
        memcpy(edges, sketch->edges, sketch->edge_bytes);
    plat_free(sketch->edges, sketch->edge_room);
    sketch->edges = edges;
    sketch->edge_room = room;
    return true;
}

/* Small numbers for small distances, whichever way. */
static uint64_t
folded(int64_t way)
{
    return way < 0 ? ~((uint64_t)way << 1) : (uint64_t)way << 1;
}

/* `index` of a word or a block, which is as far from `*last`. */
static void
tell(struct heap_sketch *sketch, uint64_t index, uint64_t *last, unsigned is_block)
{
    uint64_t *recent = &sketch->recent[(index * 2 + is_block) % RECENT];
    int64_t way = (int64_t)(index - *last);

    if (!sketch->on || *recent == index)
        return;
    if (sketch->edge_room - sketch->edge_bytes < NUMBER_BYTES_MAX && !edges_grow(sketch)) {
        sketch->on = false;
        return;
    }
    *recent = index;
    *last = index;
    sketch->edge_bytes =
        (uint64_t)(number_put(sketch->edges + sketch->edge_bytes, folded(way) << 1 | is_block) -
                   sketch->edges);
}

void
heap_sketch_word(struct heap_sketch *sketch, word_t word)
{
    tell(sketch, (word - SPACE_HEAP) / 8, &sketch->last_word, 0);
}

void
heap_sketch_block(struct heap_sketch *sketch, uint64_t block)
{
    tell(sketch, block, &sketch->last_block, 1);
}

void
heap_sketch_free(struct heap_sketch *sketch)
{
    plat_free(sketch->edges, sketch->edge_room);
    *sketch = (struct heap_sketch){ 0 };
}

/* ---- marks ---- */

/* The first mark from `i` on; the number of all bits if there is none. */
static unsigned
mark_next(const uint64_t marks[HEAP_MARK_WORDS], unsigned i)
{
    while (i < HEAP_MARK_WORDS * 64) {
        uint64_t left = marks[i / 64] >> (i % 64);

        if (left != 0)
            return i + (unsigned)__builtin_ctzll(left);
        i = (i / 64 + 1) * 64;
    }
    return i;
}

uint32_t
heap_marks_pack(const uint64_t marks[HEAP_MARK_WORDS], uint8_t *bytes)
{
    uint8_t *at = bytes;
    unsigned before = 0;

    for (unsigned i = mark_next(marks, 0); i < HEAP_MARK_WORDS * 64;) {
        unsigned way = i - before, times = 0;

        for (; i < HEAP_MARK_WORDS * 64 && i - before == way; i = mark_next(marks, i + 1)) {
            before = i;
            times++;
        }
        if (at + 2 * NUMBER_BYTES_MAX > bytes + MARK_BYTES_MAX) {
            memcpy(bytes, marks, MARK_BYTES_MAX);
            return MARK_BYTES_MAX;
        }
        at = number_put(number_put(at, way), times);
    }
    return (uint32_t)(at - bytes);
}

void
heap_marks_unpack(const uint8_t *bytes, uint32_t byte_count, uint64_t marks[HEAP_MARK_WORDS])
{
    const uint8_t *at = bytes;
    uint64_t i = 0;

    if (byte_count == MARK_BYTES_MAX) {
        memcpy(marks, bytes, MARK_BYTES_MAX);
        return;
    }
    memset(marks, 0, MARK_BYTES_MAX);
    while (at < bytes + byte_count) {
        uint64_t way = number_get(&at);

        for (uint64_t times = number_get(&at); times > 0; times--) {
            i += way;
            marks[i / 64] |= 1ull << (i % 64);
        }
    }
}
