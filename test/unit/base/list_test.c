/*
 * list_test.c - links inside elements.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/list.h"

#include <check.h>

#include "support/suite.h"

struct item {
    int value;
    struct list link;
};

static struct item items[5] = {
    { .value = 0 }, { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 }
};
static struct list head, other;

static int
order(struct list *list)
{
    int digits = 0;

    list_for_each (link, list)
        digits = digits * 10 + list_entry(link, struct item, link)->value;
    return digits;
}

START_TEST(elements_come_out_in_order_from_both_ends)
{
    list_init(&head);
    ck_assert(list_is_empty(&head));
    ck_assert_ptr_null(list_pop_front(&head));
    ck_assert_ptr_null(list_pop_back(&head));
    list_push_back(&head, &items[2].link);
    list_push_back(&head, &items[3].link);
    list_push_front(&head, &items[1].link);
    ck_assert_int_eq(order(&head), 123);
    ck_assert(list_is_linked(&items[3].link));
    ck_assert_ptr_eq(list_pop_back(&head), &items[3].link);
    ck_assert(!list_is_linked(&items[3].link));
    ck_assert_ptr_eq(list_pop_front(&head), &items[1].link);
    ck_assert_int_eq(order(&head), 2);
}
END_TEST

START_TEST(elements_may_be_removed_during_a_walk)
{
    list_init(&head);
    for (unsigned i = 1; i < 5; i++)
        list_push_back(&head, &items[i].link);
    list_for_each_safe (link, &head) {
        if (list_entry(link, struct item, link)->value % 2 == 0)
            list_remove(link);
    }
    ck_assert_int_eq(order(&head), 13);
}
END_TEST

START_TEST(a_splice_moves_all)
{
    list_init(&head);
    list_init(&other);
    list_splice(&head, &other);
    ck_assert(list_is_empty(&head));
    list_push_back(&head, &items[1].link);
    list_push_back(&other, &items[2].link);
    list_push_back(&other, &items[3].link);
    list_splice(&head, &other);
    ck_assert_int_eq(order(&head), 123);
    ck_assert(list_is_empty(&other));
    ck_assert_ptr_eq(list_pop_back(&head), &items[3].link);
}
END_TEST

UNIT_TESTS("base/list", elements_come_out_in_order_from_both_ends,
           elements_may_be_removed_during_a_walk, a_splice_moves_all)
