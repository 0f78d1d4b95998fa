/*
 * sched_test.c - a worker looks around as often as it should.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static uint64_t
scavenges(void)
{
    struct heap_stats stats;

    heap_stats_get(&stats);
    return stats.scavenges;
}

/* Scavenges while a program polls 2,000 times, in a call and a back edge, with something young. */
static uint64_t
scavenges_of_2000_polls(void)
{
    uint64_t before = scavenges();

    ck_assert_int_eq(machine_assembled_status(
                         "entry .main\nclass .main extends .internal.object\n"
                         "method call ()v static locals 0 0 stack 0 0\n  NOP\n  RETURN\nend\n"
                         "method <entry> ()v static locals 1 1 stack 1 1\n"
                         "  ICONST 1000\n  ISTORE 0\n"
                         "loop:\n  NEW .internal.object\n  WSTORE 0\n"
                         "  INVOKESTATIC .main call ()v\n"
                         "  IINC 0 -1\n  ILOAD 0\n  IFNE loop\n  RETURN\nend\n"),
                     0);
    return scavenges() - before;
}

static void
restart_with(struct vm_options options)
{
    machine_stop(true);
    machine_options = options;
    machine_start();
}

START_TEST(where_it_is_asked_for_the_nursery_moves_at_each_back_edge_and_each_call)
{
    restart_with((struct vm_options){ .workers = 2, .heap = { .move_always = true } });
    ck_assert_uint_ge(scavenges_of_2000_polls(), 2000);
}
END_TEST

START_TEST(a_checked_build_does_that_unasked_and_no_other_does)
{
    uint64_t count = scavenges_of_2000_polls();

#if defined(CHECKED) && CHECKED
    ck_assert_uint_ge(count, 2000);
#else
    ck_assert_uint_lt(count, 10);
#endif
}
END_TEST

START_TEST(where_it_is_asked_for_a_worker_waits_for_a_snapshot_at_each_nth_poll)
{
    uint64_t before;

    restart_with((struct vm_options){ .workers = 2, .snapshot_polls = 100 });
    before = fake.generation;
    (void)scavenges_of_2000_polls();
    ck_assert_uint_ge(fake.generation - before, 20);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        where_it_is_asked_for_a_worker_waits_for_a_snapshot_at_each_nth_poll,
        where_it_is_asked_for_the_nursery_moves_at_each_back_edge_and_each_call,
        a_checked_build_does_that_unasked_and_no_other_does,
    };

    return machine_tests("sched", tests, sizeof tests / sizeof tests[0]);
}
