/*
 * alloc_test.c - an allocation that leaves for a page is run again, and counts once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap_priv.h"
#include "support/heap_space.h"

/* The space is there as the heap has left it, and nothing of it is resident. */
static void
all_evict(void)
{
    ck_assert_int_eq(commit(&space_worker), OK);
    pmem_worker_leave(&space_worker);
    pmem_stop();
    fake_restart();
    start(&fake_store, space_pmem);
    join(&space_worker);
}

/* In a function of its own, see pmem.h. */
static __attribute__((noinline)) ref_t
instruction(void)
{
    return heap_alloc_old(&space_local, PAIR_BYTES, CLASS_PAIR);
}

/* The object; or 0: it was left for a page, which has come in meanwhile. */
static __attribute__((noinline)) ref_t
attempt(void)
{
    void *place[5];
    ref_t object;

    if (__builtin_setjmp(place)) {
        space_worker.restart = NULL;
        ck_assert_int_eq(pmem_page_in(&space_worker, space_worker.fault_address), OK);
        return 0;
    }
    space_worker.restart = place;
    object = instruction();
    space_worker.restart = NULL;
    return object;
}

START_TEST(an_old_object_counts_once_however_often_its_instruction_is_run)
{
    uint64_t before;
    ref_t object;

    space_make_pair_class();
    space_alloc_old(PAIR_BYTES, CLASS_PAIR);
    all_evict();
    before = atomic_load(&heap.old_bytes);
    while ((object = attempt()) == 0)
        ;
    ck_assert_uint_eq(header_class_number(pmem_load64(object)), CLASS_PAIR);
    ck_assert_uint_eq(atomic_load(&heap.old_bytes), before + PAIR_BYTES);
    ck_assert_uint_eq(pmem_load64(heap_root_at(HEAP_ROOT_OLD_BYTES)), before + PAIR_BYTES);
}
END_TEST

/* So many objects, all of them or none. */
static bool
many(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (heap_alloc(&space_local, PAIR_BYTES, CLASS_PAIR) == 0)
            return false;
    }
    return true;
}

START_TEST(who_collects_before_nearly_every_allocation_comes_to_an_end)
{
    static const unsigned counts[] = { 1, 2, 3, 10, 200, 2000 };
    unsigned collections = 0;

    space_heap = (struct heap_options){ .collect_often = true };
    space_restart();
    space_make_pair_class();
    space_local.is_programs = true;
    for (unsigned i = 0; i < 1000; i++) {
        while (!many(1)) {
            ck_assert_int_eq(heap_collect(&space_local, PAIR_BYTES), OK);
            collections++;
        }
    }
    ck_assert_uint_gt(collections, 200);
    ck_assert_uint_gt(heap.stats.scavenges, 200);
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (collections = 0; !many(counts[i]); collections++)
            ck_assert_int_eq(heap_collect(&space_local, PAIR_BYTES), OK);
        ck_assert_uint_lt(collections, 40000);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("alloc");
    TCase *tcase = tcase_create("alloc");

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, space_start, space_stop);
    tcase_add_test(tcase, an_old_object_counts_once_however_often_its_instruction_is_run);
    tcase_add_test(tcase, who_collects_before_nearly_every_allocation_comes_to_an_end);
    return run(suite);
}
