/*
 * pins.h - a volume with a model and pinned generations, for tests of history.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>
#include <string.h>

#include "store/store_priv.h"
#include "support/disk.h"
#include "support/volume.h"

#define BLOCKS 2048
#define PAGE   4096

static inline struct store_stats
stats_of(struct model *model)
{
    struct store_stats stats;

    store_stats_get(model->store, &stats);
    return stats;
}

/* Pins, those that are going among them. */
static inline size_t
pin_count(struct model *model)
{
    struct store_pin pins[STORE_PINS_MAX];

    return store_pins_get(model->store, pins, STORE_PINS_MAX);
}

static inline struct store_pin
pin_at(struct model *model, size_t place)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(model->store, pins, STORE_PINS_MAX);

    ck_assert_uint_lt(place, count);
    return pins[place];
}

static inline void
commits(struct model *model, unsigned count, unsigned pages)
{
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(model_commit(model, pages, STORE_CAUSE_INTERVAL), OK);
}

/* Commit, and pin what was committed. */
static inline uint64_t
pin(struct model *model, unsigned pages)
{
    store_pin_ask(model->store);
    commits(model, 1, pages);
    return model->committed;
}

/* Commit one page with new contents; the generation that it makes. */
static inline uint64_t
change(struct model *model, unsigned page)
{
    bool pages[MODEL_PAGES] = { false };

    pages[page] = true;
    model_change(model, page, false);
    ck_assert_int_eq(model_commit_pages(model, pages, STORE_CAUSE_INTERVAL), OK);
    return model->committed;
}

/* Where a page of the model lies that has a block. */
static inline struct map_entry
entry_of(struct model *model, unsigned page)
{
    struct map_entry entry;

    ck_assert_int_eq(map_lookup(model->store, model_page(page), &entry), OK);
    ck_assert_uint_ne(entry.block, 0);
    return entry;
}

/* The node that leads to a page, `level` nodes above the leaf. */
static inline struct map_entry
node_of(struct model *model, unsigned page, unsigned level)
{
    _Alignas(PAGE) static struct map_node_disk node;
    struct map_entry entry = { .block = model->store->map.block, .crc = model->store->map.crc };

    for (unsigned at = MAP_LEVELS - 1; at > level; at--) {
        ck_assert_int_eq(map_node_read(model->store, &entry, &node), OK);
        entry =
            map_entry_get(&node.entries[model_page(page) >> at * MAP_WAYS_BITS & (MAP_WAYS - 1)]);
    }
    return entry;
}

/* Commit pages of others until there is room for `left` pages and no more; how many they were. */
static inline uint64_t
fill(struct model *model, uint64_t left)
{
    static _Alignas(PAGE) uint8_t page_bytes[PAGE];
    uint64_t first = 3ull << 24, page = first;

    ck_assert_int_eq(store_credit_take(model->store, left), OK);
    while (store_credit_take(model->store, 8) == OK) {
        struct store_note note = { .cause = STORE_CAUSE_INTERVAL };

        store_commit_begin(model->store);
        for (uint64_t i = 0; i < 8; i++, page++) {
            memcpy(page_bytes, &page, sizeof page);
            ck_assert_int_eq(store_commit_page(model->store, page, page_bytes), OK);
        }
        ck_assert_int_eq(store_commit_finish(model->store, &note), OK);
    }
    store_credit_give(model->store, left);
    return page - first;
}

/* All is as it must be, nothing is used twice, and nothing is used by nothing. */
static inline void
sound(struct model *model)
{
    ck_assert(model_matches(model, model->committed));
    ck_assert(model_pins_match(model));
    ck_assert_uint_eq(model_check(model, NULL), 0);
}

static inline void
sound_after_restart(struct model *model)
{
    ck_assert_int_eq(model_open(model, false), OK);
    ck_assert_uint_eq(model->opened.generation, model->committed);
    ck_assert(!model->opened.repaired);
    sound(model);
}
