/*
 * pins.h - a volume with a model and pinned generations, for tests of history.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>

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
