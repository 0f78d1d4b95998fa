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

static TCase *
add(Suite *suite, const char *name, void (*setup)(void), const TTest *const *tests, size_t count)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, machine_stop_clean);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void
setup_one_worker(void)
{
    machine_options.workers = 1;
    machine_start();
}

/*
 * The most that the other thread made between two turns of this one; both share one worker. A slice
 * is 10 ms, and these take some 0.3 ms each; by polls alone 2,000 are made.
 */
START_TEST(a_slice_ends_though_few_instructions_take_it)
{
    ck_assert_int_eq(
        machine_status(
            "class work { boolean stop; int done;\n"
            "  void run() { while (!stop) { var a = new .internal.longs(200000);\n"
            "    a[0] = 1L; done++; } } }\n"
            "work w = new work(); .internal.thread t = spawn(fun () { w.run(); });\n"
            "while (w.done == 0) .internal.thread.yield();\n"
            "int most = 0;\n"
            "for (int i = 0; i < 10; i++) { int before = w.done; .internal.thread.yield();\n"
            "  if (w.done - before > most) most = w.done - before; }\n"
            "w.stop = true; t.join();\n"
            "exit(most <= 500 ? 7 : 1);\n"),
        7);
}
END_TEST

/* 64 looks are made until it hears of the interrupt, and these are as many as the arrays. */
START_TEST(what_an_instruction_does_is_counted)
{
    ck_assert_int_eq(
        machine_status(
            "int made = 0; try { .internal.thread.current().interrupt();\n"
            "  while (true) { var a = new .internal.longs(200000); a[0] = 1L; made++; } }\n"
            "catch (.internal.error.interrupt e) { exit(made < 100 ? 7 : 1); }\n"),
        7);
}
END_TEST

/* A snapshot is a reason to look at the clock. */
static void
setup_seldom_saved(void)
{
    machine_pmem.interval_ms = 100000;
    setup_one_worker();
}

static void
setup_little_memory(void)
{
    machine_pmem.resident_bytes_max = 6 << 20;
    setup_one_worker();
}

/* It waits for a page at nearly every step, and each time goes on as if nobody else were there. */
START_TEST(a_slice_ends_though_it_is_spent_with_waiting_for_pages)
{
    ck_assert_int_eq(
        machine_status("var a = new .internal.longs(2000000); boolean stop = false; int done = 0;\n"
                       "for (int i = 0; i < 2000000; i = i + 512) a[i] = 1L;\n"
                       "spawn(fun () { long sum = 0L;\n"
                       "  while (!stop) for (int i = 0; i < 2000000 && !stop; i = i + 512) {\n"
                       "    sum = sum + a[i]; done++; } });\n"
                       "while (done == 0) .internal.thread.yield();\n"
                       "for (int i = 0; i < 5; i++) .internal.thread.yield();\n"
                       "stop = true; exit(7);\n"),
        7);
}
END_TEST

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
    const TTest *const slices[] = {
        a_slice_ends_though_few_instructions_take_it,
        what_an_instruction_does_is_counted,
    };
    const TTest *const pages[] = { a_slice_ends_though_it_is_spent_with_waiting_for_pages };
    const TTest *const interrupts[] = {
        who_gives_way_all_the_time_hears_of_an_interrupt,
        an_interrupt_is_not_thrown_out_of_a_wait_that_does_not_have_its_monitor_back,
        an_interrupt_is_not_thrown_while_some_are_notified_and_others_are_not,
        an_interrupt_is_not_thrown_out_of_half_a_primitive,
    };
    Suite *suite = suite_create("sched");

    add(suite, "looks", machine_start, looks, sizeof looks / sizeof looks[0]);
    add(suite, "slices", setup_seldom_saved, slices, sizeof slices / sizeof slices[0]);
    add(suite, "pages", setup_little_memory, pages, 1);
    add(suite, "interrupts", setup_one_worker, interrupts,
        sizeof interrupts / sizeof interrupts[0]);
    return run(suite);
}
