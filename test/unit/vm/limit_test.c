/*
 * limit_test.c - a program over its memory is told so and no other is; one over its time waits;
 * what was said holds for later runs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

#define MIB ((uint64_t)1 << 20)

static void
set_all(struct vm_limits *limits, void *context)
{
    *limits = *(const struct vm_limits *)context;
}

static err_t
limit(uint32_t id, uint64_t bytes, uint32_t percent)
{
    struct vm_limits limits = { bytes, percent };

    return vm_application_limit(id, set_all, &limits);
}

/* It keeps so many KiB, 1 KiB a piece, or as many as it gets, once it was told to begin. */
#define KEEPER                                                                                     \
    "class node { node next; any row; void node(node n) { next = n; row = new "                    \
    ".internal.words(128); } }\n"                                                                  \
    "node head = null; int kept = 0; sleep(300L);\n"                                               \
    "void keep(int most) { try { while (kept < most) { head = new node(head); kept++; } }\n"       \
    "  catch (.internal.error.memory e) { head = null; } }\n"

/* What the last scavenge has moved to old space is looked at with the next allocation. */
#define PROMOTED_BYTES (256 * 1024u)

START_TEST(who_wants_more_memory_than_it_may_have_is_told_so_and_nobody_else_is)
{
    uint32_t limited =
        machine_install(KEEPER "keep(50000); exit(kept < 50000 ? kept / 1024 : 99);\n");
    uint32_t other = machine_install(KEEPER "keep(10000); exit(kept == 10000 ? 7 : 1);\n");

    ck_assert_int_eq(limit(limited, 8 * MIB, 0), OK);
    ck_assert_int_eq(machine_finish(limited).status, 7);
    ck_assert_int_eq(machine_application(other).status, 7);
    ck_assert_uint_le(machine_application(limited).heap_bytes, 8 * MIB + PROMOTED_BYTES);
    ck_assert_uint_eq(machine_application(limited).limits.memory_bytes, 8 * MIB);
}
END_TEST

START_TEST(garbage_does_not_count_nor_do_large_objects_that_are_gone)
{
    uint32_t id = machine_install(
        "sleep(200L); long sum = 0L;\n"
        "for (int i = 0; i < 100; i++) { any big = new .internal.words(100000); sum++;\n"
        "  for (int k = 0; k < 3000; k++) { any small = new .internal.words(16); } }\n"
        "exit((int) sum);\n");

    ck_assert_int_eq(limit(id, 4 * MIB, 0), OK);
    ck_assert_int_eq(machine_finish(id).status, 100);
}
END_TEST

START_TEST(one_that_is_told_may_let_go_and_go_on)
{
    uint32_t id = machine_install(KEEPER "for (int i = 0; i < 3; i++) { kept = 0; keep(50000); }\n"
                                         "int first = kept; kept = 0; keep(1000);\n"
                                         "exit(first < 50000 && kept == 1000 ? 7 : 1);\n");

    ck_assert_int_eq(limit(id, 8 * MIB, 0), OK);
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

START_TEST(what_was_said_holds_after_a_kill_until_it_is_lifted)
{
    uint32_t id = machine_install("sleep(1000L);\n" KEEPER "keep(20000); exit(kept < 20000);\n");

    ck_assert_int_eq(limit(id, 8 * MIB, 50), OK);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_uint_eq(machine_application(id).limits.memory_bytes, 8 * MIB);
    ck_assert_uint_eq(machine_application(id).limits.cpu_percent, 50);
    ck_assert_int_eq(machine_finish(id).status, 1);
    id = machine_install(KEEPER "keep(20000); exit(kept < 20000);\n");
    ck_assert_int_eq(limit(id, 8 * MIB, 0), OK);
    ck_assert_int_eq(limit(id, 0, 0), OK);
    ck_assert_int_eq(machine_finish(id).status, 0);
}
END_TEST

/* Processor time of the program's threads that have not ended. */
static uint64_t
cpu_ns(uint32_t id)
{
    static struct vm_thread_info rows[64];
    uint64_t sum = 0;
    size_t count;

    ck_assert_int_eq(vm_list_threads(rows, 64, &count), OK);
    for (size_t i = 0; i < count; i++)
        sum += rows[i].application == id ? rows[i].cpu_ns : 0;
    return sum;
}

#define SPINNERS                                                                                   \
    "class s { void run() { while (true) { } } } spawn(new s()); spawn(new s()); while (true) { "  \
    "}\n"

START_TEST(a_program_gets_its_share_of_time_and_no_more)
{
    uint32_t limited = machine_install(SPINNERS), other = machine_install(SPINNERS);
    uint64_t from_ns, used, others;

    ck_assert_int_eq(limit(limited, 0, 10), OK);
    usleep(200000);
    from_ns = plat_monotonic_ns();
    used = cpu_ns(limited);
    others = cpu_ns(other);
    usleep(2000000);
    used = cpu_ns(limited) - used;
    others = cpu_ns(other) - others;
    ck_assert_uint_gt(used, 0);
    ck_assert_uint_le(used, (used + others) / 100 * 15); /* however many processors there are now */
    ck_assert_uint_gt(others, used);
    /* And once it is lifted it gets more. */
    ck_assert_int_eq(limit(limited, 0, 0), OK);
    from_ns = cpu_ns(limited);
    usleep(1000000);
    ck_assert_uint_gt(cpu_ns(limited) - from_ns, used);
    ck_assert_int_eq(vm_application_stop(limited), OK);
    ck_assert_int_eq(vm_application_stop(other), OK);
}
END_TEST

START_TEST(who_waits_for_the_next_period_is_stopped_like_anybody)
{
    uint32_t id = machine_install(SPINNERS);
    uint64_t from_ns;

    usleep(100000);
    ck_assert_int_eq(limit(id, 0, 1), OK);
    usleep(300000);
    from_ns = plat_monotonic_ns();
    ck_assert_int_eq(vm_application_stop(id), OK);
    ck_assert_uint_lt(plat_monotonic_ns() - from_ns, 5000000000u);
}
END_TEST

START_TEST(limits_are_for_programs_that_there_are)
{
    uint32_t id = machine_install("sleep(1000000L);\n");

    ck_assert_int_eq(limit(id + 1, MIB, 0), ERR_NOT_FOUND);
    ck_assert_int_eq(limit(0, MIB, 0), ERR_NOT_FOUND);
    ck_assert_int_eq(vm_application_remove(id), OK);
    ck_assert_int_eq(limit(id, MIB, 0), ERR_NOT_FOUND);
    for (uint32_t i = 1; i <= 256; i++)
        ck_assert_int_eq(heap_limit_set(1000 + i, MIB), OK);
    ck_assert_int_eq(heap_limit_set(2000, MIB), ERR_RANGE);
    ck_assert_int_eq(heap_limit_set(1001, 0), OK);
    ck_assert_int_eq(heap_limit_set(2000, MIB), OK);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        who_wants_more_memory_than_it_may_have_is_told_so_and_nobody_else_is,
        garbage_does_not_count_nor_do_large_objects_that_are_gone,
        one_that_is_told_may_let_go_and_go_on,
        what_was_said_holds_after_a_kill_until_it_is_lifted,
        a_program_gets_its_share_of_time_and_no_more,
        who_waits_for_the_next_period_is_stopped_like_anybody,
        limits_are_for_programs_that_there_are,
    };

    return machine_tests("limit", tests, sizeof tests / sizeof tests[0]);
}
