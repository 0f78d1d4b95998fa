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

/* The most that the other thread did between two turns of this one; both share one worker. */
static const char slices[] =
    "class work { boolean stop; int done; %s }\n"
    "work w = new work(); .internal.thread t = spawn(fun () { w.run(); });\n"
    "while (w.done == 0) .internal.thread.yield();\n"
    "int most = 0;\n"
    "for (int i = 0; i < 10; i++) { int before = w.done; .internal.thread.yield();\n"
    "  if (w.done - before > most) most = w.done - before; }\n"
    "w.stop = true; t.join();\n"
    "exit(most <= 1500 ? 7 : 1);\n";

static void
setup_one_worker(void)
{
    machine_options.workers = 1;
    machine_start();
}

/* A slice is 10 ms, and these take 0.03 ms and more each; polls alone would let 4,000 of them by.
 */
START_TEST(a_slice_ends_though_few_instructions_take_it)
{
    static const char *const heavy[] = {
        "void run() { while (!stop) { var a = new .internal.longs(200000); a[0] = 1L; done++; } }",
        "void run() { string x = \"x\"; while (x.length() < 200000) x = x + x;\n"
        "  while (!stop) { string s = x + x; if (s.length() > 0) done++; } }",
    };
    char text[1024];

    snprintf(text, sizeof text, slices, heavy[_i]);
    ck_assert_int_eq(machine_status(text), 7);
}
END_TEST

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

int
main(void)
{
    Suite *suite = suite_create("sched");
    TCase *looks = tcase_create("looks"), *slices_of = tcase_create("slices");
    TCase *pages = tcase_create("pages");

    tcase_set_timeout(looks, 120);
    tcase_add_checked_fixture(looks, machine_start, machine_stop_clean);
    tcase_add_test(looks, where_it_is_asked_for_a_worker_waits_for_a_snapshot_at_each_nth_poll);
    tcase_add_test(looks, where_it_is_asked_for_the_nursery_moves_at_each_back_edge_and_each_call);
    tcase_add_test(looks, a_checked_build_does_that_unasked_and_no_other_does);
    tcase_set_timeout(slices_of, 120);
    tcase_add_checked_fixture(slices_of, setup_one_worker, machine_stop_clean);
    tcase_add_loop_test(slices_of, a_slice_ends_though_few_instructions_take_it, 0, 2);
    tcase_set_timeout(pages, 120);
    tcase_add_checked_fixture(pages, setup_little_memory, machine_stop_clean);
    tcase_add_test(pages, a_slice_ends_though_it_is_spent_with_waiting_for_pages);
    suite_add_tcase(suite, looks);
    suite_add_tcase(suite, slices_of);
    suite_add_tcase(suite, pages);
    return run(suite);
}
