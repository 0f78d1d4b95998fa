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

static void
add(Suite *suite, const char *name, void (*setup)(void), const TTest *const *tests, size_t count)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, machine_stop_clean);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
}

static void
setup_one_worker(void)
{
    machine_options.workers = 1;
    machine_start();
}

/* It begins a slice at each turn, so it never comes to the end of one. */
START_TEST(who_gives_way_all_the_time_hears_of_an_interrupt)
{
    ck_assert_int_eq(machine_status("boolean caught = false;\n"
                                    "any t = spawn(fun () {\n"
                                    "  try { while (true) .internal.thread.yield(); }\n"
                                    "  catch (.internal.error.interrupt e) { caught = true; } });\n"
                                    ".internal.thread.yield(); t.interrupt();\n"
                                    "for (int i = 0; i < 1000 && !caught; i++)\n"
                                    "  .internal.thread.yield();\n"
                                    "exit(caught ? 7 : 1);\n"),
                     7);
}
END_TEST

/* It was notified, and comes back to the monitor, which is held, again and again. */
START_TEST(an_interrupt_is_not_thrown_out_of_a_wait_that_does_not_have_its_monitor_back)
{
    ck_assert_int_eq(
        machine_status(
            "any l = new .internal.object(); boolean waits = false; int what = 0;\n"
            "any t = spawn(fun () { synchronized (l) { waits = true;\n"
            "  try { wait(l); while (true) { } }\n"
            "  catch (.internal.error.interrupt e) {\n"
            "    try { notify(l); what = 7; }\n"
            "    catch (.internal.error.state s) { what = 1; } } } });\n"
            "while (!waits) .internal.thread.yield();\n"
            "synchronized (l) { notify(l);\n"
            "  for (int i = 0; i < 500; i++) { t.interrupt(); .internal.thread.yield(); } "
            "}\n"
            "t.join(); exit(what);\n"),
        7);
}
END_TEST

/* That takes a turn for each eight of them. */
START_TEST(an_interrupt_is_not_thrown_while_some_are_notified_and_others_are_not)
{
    ck_assert_int_eq(
        machine_status(
            "any l = new .internal.object(); int waits = 0; int woken = 0;\n"
            "for (int i = 0; i < 1000; i++)\n"
            "  spawn(fun () { synchronized (l) { waits++; wait(l); woken++; } });\n"
            "while (waits < 1000) .internal.thread.yield();\n"
            "any t = spawn(fun () { synchronized (l) { try {\n"
            "    .internal.thread.current().interrupt(); notifyAll(l); while (true) { } }\n"
            "  catch (.internal.error.interrupt e) { } } });\n"
            "t.join();\n"
            "for (int i = 0; i < 5000; i++) .internal.thread.yield();\n"
            "exit(woken == 1000 ? 7 : 1);\n"),
        7);
}
END_TEST

/* More pieces than there are polls until it hears of it; nobody else wants the worker. */
START_TEST(an_interrupt_is_not_thrown_out_of_half_a_primitive)
{
    char text[512];

    snprintf(text, sizeof text,
             "int n = %d; var a = new .internal.bytes(n); a[n - 1] = 7;\n"
             "try { .internal.thread.current().interrupt();\n"
             "  .internal.system.clearArray(a, 0, n); while (true) { } }\n"
             "catch (.internal.error.interrupt e) { exit(a[n - 1] == 0 ? 7 : 1); }\n",
             MACHINE_WORK(24000000, 2400000));
    ck_assert_int_eq(machine_status(text), 7);
}
END_TEST

int
main(void)
{
    const TTest *const looks[] = {
        where_it_is_asked_for_a_worker_waits_for_a_snapshot_at_each_nth_poll,
        where_it_is_asked_for_the_nursery_moves_at_each_back_edge_and_each_call,
        a_checked_build_does_that_unasked_and_no_other_does,
    };
    const TTest *const interrupts[] = {
        who_gives_way_all_the_time_hears_of_an_interrupt,
        an_interrupt_is_not_thrown_out_of_a_wait_that_does_not_have_its_monitor_back,
        an_interrupt_is_not_thrown_while_some_are_notified_and_others_are_not,
        an_interrupt_is_not_thrown_out_of_half_a_primitive,
    };
    Suite *suite = suite_create("sched");

    add(suite, "looks", machine_start, looks, sizeof looks / sizeof looks[0]);
    add(suite, "interrupts", setup_one_worker, interrupts,
        sizeof interrupts / sizeof interrupts[0]);
    return run(suite);
}
