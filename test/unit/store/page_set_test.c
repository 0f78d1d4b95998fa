/*
 * page_set_test.c - sets of changed pages, growing and fixed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>

#include "store/page_set_priv.h"
#include "support/memory.h"
#include "support/suite.h"

static struct lock lock;

static void
holds(const struct page_set *set, uint32_t count, uint32_t step)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct page_change *change = page_set_find(set, (uint64_t)i * step);

        ck_assert_ptr_nonnull(change);
        ck_assert_uint_eq(change->block, i + 1);
        if (step > 1)
            ck_assert_ptr_null(page_set_find(set, (uint64_t)i * step + 1));
    }
}

static void
fill(struct page_set *set, uint32_t count, uint32_t step)
{
    for (uint32_t i = 0; i < count; i++) {
        struct page_change change = { .page = i * step, .block = i + 1 };

        ck_assert_int_eq(page_set_reserve(set, 1, &lock), OK);
        page_set_add(set, &change);
    }
}

START_TEST(what_was_added_is_found_through_growth_and_clearing)
{
    struct page_set set = { 0 };

    lock_init(&lock, LOCK_RANK_STORE);
    ck_assert_ptr_null(page_set_find(&set, 0));
    for (uint32_t step = 1; step < 5000; step = step * 7 + 1) {
        fill(&set, 3000, step);
        holds(&set, 3000, step);
        page_set_clear(&set, &lock);
        for (size_t i = 0; i < set.slot_count; i++)
            ck_assert_uint_eq(set.slots[i].place, 0);
    }
    page_set_free(&set);
}
END_TEST

START_TEST(a_fixed_set_is_full_when_it_is_full)
{
    struct page_set set;

    lock_init(&lock, LOCK_RANK_STORE);
    ck_assert_int_eq(page_set_create_fixed(&set, 1000), OK);
    fill(&set, 1000, 257);
    holds(&set, 1000, 257);
    ck_assert_int_eq(page_set_reserve(&set, 1, &lock), ERR_NOSPACE);
    page_set_clear(&set, &lock);
    ck_assert_int_eq(page_set_reserve(&set, 1000, &lock), OK);
    page_set_free(&set);
}
END_TEST

START_TEST(growth_without_memory_changes_nothing)
{
    struct page_set set = { 0 };

    lock_init(&lock, LOCK_RANK_STORE);
    fill(&set, 256, 3);
    for (unsigned n = 1; n <= 2; n++) {
        test_memory_fail(n);
        ck_assert_int_eq(page_set_reserve(&set, 1, &lock), ERR_NOMEM);
        holds(&set, 256, 3);
    }
    test_memory_fail(0);
    page_set_free(&set);
}
END_TEST

UNIT_TESTS("store/page_set", what_was_added_is_found_through_growth_and_clearing,
           a_fixed_set_is_full_when_it_is_full, growth_without_memory_changes_nothing)
