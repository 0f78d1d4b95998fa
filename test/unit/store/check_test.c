/*
 * check_test.c - damage is told with all that it touches: pages of the space, and generations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <string.h>

#include "support/suite.h"
#include "unit/store/pins.h"

#define CHANGED 5 /* the page of the model that each generation may change */

static struct store_finding newest;
static unsigned damages;

static void
damage_keep(void *context, const struct store_finding *finding)
{
    (void)context;
    if (!finding->damage)
        return;
    newest = *finding;
    damages++;
}

/* The one damage that a check finds. */
static const struct store_finding *
damage(struct model *model)
{
    damages = 0;
    ck_assert_int_eq(store_check(model->store, damage_keep, NULL, NULL), OK);
    ck_assert_uint_eq(damages, 1);
    return &newest;
}

static void
expect(struct model *model, uint64_t block, uint64_t first, uint64_t last)
{
    const struct store_finding *found;

    test_disk_flip(model->disk, block, 77);
    found = damage(model);
    ck_assert_uint_eq(found->block, block);
    ck_assert_msg(found->page == model_page(CHANGED), "%s", found->what);
    ck_assert_uint_eq(found->page_count, 1);
    ck_assert_uint_eq(found->first, first);
    ck_assert_uint_eq(found->last, last);
    ck_assert_ptr_nonnull(strstr(found->what, "; in generation"));
    test_disk_flip(model->disk, block, 77);
}

START_TEST(damage_is_told_with_the_generations_that_it_touches)
{
    struct model *model = model_create(BLOCKS);
    uint64_t written, pinned, rewritten;
    struct map_entry before, after;

    written = change(model, CHANGED);
    before = entry_of(model, CHANGED);
    change(model, CHANGED + 1);
    expect(model, before.block, written, model->committed);
    pinned = pin(model, 0);
    expect(model, before.block, written, pinned);
    rewritten = change(model, CHANGED);
    after = entry_of(model, CHANGED);
    for (unsigned round = 0; round < 3; round++) {
        expect(model, before.block, written, pinned);
        expect(model, after.block, rewritten, model->committed);
        change(model, CHANGED + 1);
        if (round == 0)
            ck_assert_int_eq(model_open(model, false), OK);
        if (round == 1)
            pin(model, 0); /* folds: what died is in a list from now on */
    }
    model_free(model);
}
END_TEST

START_TEST(a_damaged_node_is_told_with_the_pages_that_it_leads_to)
{
    struct model *model = model_create(BLOCKS);
    const struct store_finding *found;
    struct block_ref root;

    change(model, CHANGED);
    pin(model, 0);
    root = model->store->map;
    test_disk_flip(model->disk, root.block, 77);
    found = damage(model);
    ck_assert_uint_eq(found->block, root.block);
    ck_assert_uint_eq(found->page, 0);
    ck_assert_uint_eq(found->page_count, 1ull << 32);
    ck_assert_uint_eq(found->first, model->committed);
    ck_assert_uint_eq(found->last, model->committed);
    model_free(model);
}
END_TEST

UNIT_TESTS("store/check", damage_is_told_with_the_generations_that_it_touches,
           a_damaged_node_is_told_with_the_pages_that_it_leads_to)
