/*
 * monitor_test.c - one at a time, waiting, notifying, hashes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/array.h"
#include "unit/vm/machine.h"

#define BUMPER                                                                                     \
    "class counter { int n; synchronized void inc() { n++; } int get() { return n; } }\n"          \
    "class bumper { counter c; void bumper(counter x) { c = x; }\n"                                \
    "  void run() { for (int i = 0; i < 20000; i++) c.inc(); } }\n"

START_TEST(only_one_thread_at_a_time_is_inside)
{
    ck_assert_program(BUMPER "counter c = new counter();\n"
                             ".internal.thread[] all = [];\n"
                             "for (int i = 0; i < 6; i++) all.add(spawn(new bumper(c)));\n"
                             "foreach (t in all) t.join();\n"
                             "if (c.get() != 120000) exit(1);\n");
}
END_TEST

START_TEST(a_monitor_may_be_entered_again_by_its_holder)
{
    ck_assert_program("class a { int n; synchronized int f(int k) { n++;\n"
                      "  if (k > 0) return f(k - 1) + 1; return 0; } }\n"
                      "a o = new a(); if (o.f(100) != 100 || o.n != 101) exit(1);\n"
                      "synchronized (o) { synchronized (o) { o.f(3); } o.f(2); }\n"
                      "any five = 5; try { synchronized (five) { exit(2); } }\n"
                      "catch (.internal.error.argument e) {}\n"
                      "any none = null; try { synchronized (none) { exit(3); } }\n"
                      "catch (.internal.error.null e) {}\n");
}
END_TEST

START_TEST(waiting_lets_go_and_notifying_wakes)
{
    ck_assert_program("class box { int full; int got;\n"
                      "  synchronized void put(int v) { while (full != 0) wait(this); full = v;\n"
                      "    notifyAll(this); }\n"
                      "  synchronized int take() { while (full == 0) wait(this); int v = full;\n"
                      "    full = 0; notifyAll(this); return v; } }\n"
                      "class taker { box b; long sum; void taker(box x) { b = x; }\n"
                      "  void run() { for (int i = 0; i < 500; i++) sum += (long) b.take(); } }\n"
                      "box b = new box(); taker x = new taker(b); taker y = new taker(b);\n"
                      ".internal.thread s = spawn(x); .internal.thread t = spawn(y);\n"
                      "for (int i = 1; i <= 1000; i++) b.put(i);\n"
                      "s.join(); t.join();\n"
                      "if (x.sum + y.sum != 500500L) exit(1);\n");
}
END_TEST

START_TEST(a_wait_ends_by_itself_when_its_time_is_over)
{
    ck_assert_program("any o = new .internal.object(); long before = nanos();\n"
                      "synchronized (o) { wait(o, 50L); }\n"
                      "if (nanos() - before < 50000000L) exit(1);\n"
                      "try { wait(o, 1L); exit(2); } catch (.internal.error.state e) {}\n"
                      "try { notify(o); exit(3); } catch (.internal.error.state e) {}\n");
}
END_TEST

START_TEST(an_identity_hash_stays_with_a_lock_in_between)
{
    ck_assert_program(
        BUMPER
        "counter c = new counter(); int h = c.hashCode();\n"
        "counter d = new counter();\n"
        ".internal.thread s = spawn(new bumper(c)); .internal.thread t = spawn(new bumper(c));\n"
        "for (int i = 0; i < 2000; i++) { c.inc(); if (c.hashCode() != h) exit(1); }\n"
        "s.join(); t.join(); if (c.hashCode() != h) exit(2);\n"
        "if (d.hashCode() == h) exit(3);\n");
}
END_TEST

START_TEST(queues_of_a_monitor_live_in_the_space)
{
    uint32_t id = machine_install(
        "class gate { boolean open; int through;\n"
        "  synchronized void pass() { while (!open) wait(this); through++; } }\n"
        "class walker { gate g; void walker(gate x) { g = x; } void run() { g.pass(); } }\n"
        "gate g = new gate(); .internal.thread[] all = [];\n"
        "for (int i = 0; i < 5; i++) all.add(spawn(new walker(g)));\n"
        "sleep(700L);\n"
        "synchronized (g) { g.open = true; notifyAll(g); }\n"
        "foreach (t in all) t.join();\n"
        "exit(g.through);\n");

    machine_await_threads(5, THREAD_WAITING);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 5);
}
END_TEST

START_TEST(who_is_killed_lets_go_of_what_it_held)
{
    uint32_t first = machine_install(
        "class shelf { static any it = new .internal.object(); }\n"
        "class holder { void run() { synchronized (shelf.it) { sleep(1000000L); } } }\n"
        "class other { void run() { synchronized (shelf.it) { } } }\n"
        "spawn(new holder()); sleep(20L); spawn(new other()); sleep(1000000L);\n");

    machine_await_threads(1, THREAD_WAITING);
    ck_assert_int_eq(vm_application_stop(first), OK);
    ck_assert_int_eq(machine_finish(first).state, APPLICATION_STOPPED);
    ck_assert_int_eq(vm_application_stop(99), ERR_NOT_FOUND);
}
END_TEST

static void
setup_one_worker(void)
{
    machine_options.workers = 1;
    machine_start();
}

/* The first is let in, and is over before it comes. */
START_TEST(who_was_let_in_and_does_not_come_lets_the_next_one_in)
{
    ck_assert_int_eq(
        machine_status("any l = new .internal.object(); boolean got = false;\n"
                       ".internal.thread first; .internal.thread second;\n"
                       "synchronized (l) {\n"
                       "  first = spawn(fun () { synchronized (l) { sleep(1000000L); } });\n"
                       "  while (first.state() != \"waiting\") .internal.thread.yield();\n"
                       "  second = spawn(fun () { synchronized (l) { got = true; } });\n"
                       "  while (second.state() != \"waiting\") .internal.thread.yield(); }\n"
                       "first.stop();\n"
                       "for (int i = 0; i < 1000 && !got; i++) .internal.thread.yield();\n"
                       "exit(got ? 7 : 1);\n"),
        7);
}
END_TEST

/* ---- no room ---- */

/*
 * It comes back from its wait when another holds the monitor, and to queue for that wants one of
 * those objects of which none is left: the next allocation is to be that.
 */
START_TEST(who_waits_is_told_of_no_memory_only_with_the_monitor_held)
{
    uint32_t id = machine_install(
        "any l = new .internal.object(); any k = new .internal.object(); int what = 0;\n"
        ".internal.thread t = spawn(fun () { synchronized (l) { try { wait(l, 1500L); what = 7; }\n"
        "  catch (.internal.error.memory e) { try { notify(l); what = 8; }\n"
        "    catch (.internal.error.state s) { what = 1; } } } });\n"
        "while (t.state() != \"sleeping\") .internal.thread.yield();\n"
        "synchronized (l) {\n"
        "  .internal.thread u = spawn(fun () { synchronized (k) { wait(k); } });\n"
        "  while (u.state() != \"waiting\") .internal.thread.yield();\n"
        "  sleep(2500L); u.stop(); }\n"
        "t.join(); exit(what);\n");

    machine_await_threads(1, THREAD_WAITING);
    machine_await_threads(2, THREAD_SLEEPING);
    heap_fail_allocation(1);
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

/* ---- damage ---- */

static uint64_t found_page;

/* Monitors lie among the threads, where those that first waited for one were made. */
static bool
has_monitor(uint64_t page)
{
    ref_t table = pmem_load64(SPACE_ROOT + offsetof(struct space_root, monitors));
    uint32_t count = pmem_load32(SPACE_ROOT + offsetof(struct space_root, monitor_count));

    for (uint32_t i = 0; i < count; i++) {
        ref_t monitor = array_load_word(table, i);

        if (space_page_of(monitor) == page ||
            space_page_of(monitor + sizeof(struct monitor_object) - 1) == page)
            return true;
    }
    return false;
}

/* One in the middle of the queue, and nothing on its page that all wait for. */
static void
find_thread(void *argument)
{
    uint64_t slot = 100;

    (void)argument;
    do {
        ck_assert_uint_gt(slot, 50);
        found_page = space_page_of(pmem_load64(SPACE_THREAD_TABLE + 8 * slot--));
    } while (has_monitor(found_page));
}

static void
find_monitor(void *argument)
{
    ref_t table = pmem_load64(SPACE_ROOT + offsetof(struct space_root, monitors));

    (void)argument;
    found_page = space_page_of(array_load_word(table, 0));
}

/* Restart the machine with the page that `find` finds damaged, and wait for the end of the program.
 */
static struct vm_application_info
finish_damaged(uint32_t id, enum thread_state state, void (*find)(void *argument))
{
    uint64_t deadline = plat_monotonic_ns() + 60000000000ull;

    machine_await_threads(200, state);
    ck_assert_int_eq(pmem_world_do(NULL, find, NULL, 0), OK);
    machine_stop(true);
    fake.corrupt_page = found_page + 1;
    machine_start();
    while (machine_application(id).state == APPLICATION_RUNNING && plat_monotonic_ns() < deadline)
        usleep(1000);
    return machine_application(id);
}

#define WAITERS                                                                                    \
    "int got = 0; any l = new .internal.object();\n"                                               \
    "void wait_for(int n) { for (int i = 0; i < 6000 && got < n; i++) sleep(5L); }\n"              \
    "void begin(any wants) { for (int i = 0; i < 200; i++) spawn(wants); sleep(1500L); }\n"

/*
 * Those behind it in the queue can no longer be found by it, about a hundred; and one who waits
 * knows its place. With the page up to forty are lost, as there may be lock stacks on it, too.
 */
START_TEST(a_damaged_thread_does_not_keep_others_out_of_a_monitor)
{
    static const char *const programs[] = {
        WAITERS "synchronized (l) { begin(fun () { synchronized (l) { got++; } }); }\n"
                "wait_for(140); exit(got >= 140 ? 7 : 1);\n",
        WAITERS "begin(fun () { synchronized (l) { wait(l); got++; } });\n"
                "synchronized (l) { notifyAll(l); } wait_for(140); exit(got >= 140 ? 7 : 1);\n",
        WAITERS "begin(fun () { synchronized (l) { wait(l, 1800L); got++; } });\n"
                "wait_for(140); exit(got >= 140 ? 7 : 1);\n",
        WAITERS ".internal.thread.current().setPriority(1);\n"
                "synchronized (l) { begin(fun () { synchronized (l) { got++; } }); }\n"
                "wait_for(140); exit(got >= 140 ? 7 : 1);\n",
    };
    uint32_t id = machine_install(programs[_i]);

    ck_assert_int_eq(
        finish_damaged(id, _i == 2 ? THREAD_SLEEPING : THREAD_WAITING, find_thread).status, 7);
    fake.corrupt_page = 0;
}
END_TEST

START_TEST(a_damaged_monitor_is_an_exception_where_it_is_left)
{
    uint32_t id = machine_install(
        WAITERS "try { synchronized (l) { begin(fun () { synchronized (l) { got++; } }); } }\n"
                "catch (.internal.error.damage e) { exit(7); }\n");

    ck_assert_int_eq(finish_damaged(id, THREAD_WAITING, find_monitor).status, 7);
    fake.corrupt_page = 0;
}
END_TEST

static uint32_t monitor_count, table_length;

/* A page that has nothing but entries of the table. */
static void
find_table(void *argument)
{
    ref_t table = pmem_load64(SPACE_ROOT + offsetof(struct space_root, monitors));

    (void)argument;
    monitor_count = pmem_load32(SPACE_ROOT + offsetof(struct space_root, monitor_count));
    table_length = table != WORD_NULL ? array_length(table) : 0;
    found_page = space_page_of(table) + 1;
}

/* As many monitors as there is room for, and then one more. */
START_TEST(a_damaged_table_of_monitors_is_an_exception_when_it_should_grow)
{
    uint64_t deadline = plat_monotonic_ns() + 60000000000ull;
    uint32_t id =
        machine_install("class own { void run() { synchronized (this) { wait(this); } } }\n"
                        "long life = .internal.machine.run();\n"
                        "for (int i = 0; i < 1024; i++) spawn(new own());\n"
                        ".internal.machine.awaitRestart(life);\n"
                        "own q = new own();\n"
                        "try { synchronized (q) { wait(q, 10L); } exit(1); }\n"
                        "catch (.internal.error.damage e) { exit(7); }\n");

    do {
        usleep(2000);
        ck_assert_int_eq(pmem_world_do(NULL, find_table, NULL, 0), OK);
    } while (monitor_count < 1024 && plat_monotonic_ns() < deadline);
    ck_assert_uint_eq(monitor_count, 1024);
    ck_assert_uint_eq(table_length, 1024);
    machine_await_threads(200, THREAD_WAITING);
    machine_stop(true);
    fake.corrupt_page = found_page + 1;
    machine_start();
    while (machine_application(id).state == APPLICATION_RUNNING && plat_monotonic_ns() < deadline)
        usleep(1000);
    ck_assert_int_eq(machine_application(id).status, 7);
    fake.corrupt_page = 0;
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        only_one_thread_at_a_time_is_inside,           a_monitor_may_be_entered_again_by_its_holder,
        waiting_lets_go_and_notifying_wakes,           a_wait_ends_by_itself_when_its_time_is_over,
        an_identity_hash_stays_with_a_lock_in_between, queues_of_a_monitor_live_in_the_space,
        who_is_killed_lets_go_of_what_it_held,
    };
    Suite *suite = suite_create("monitor");
    TCase *all = tcase_create("monitor"), *turns = tcase_create("turns");

    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, machine_start, machine_stop_clean);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(all, tests[i]);
    tcase_set_timeout(turns, 120);
    tcase_add_checked_fixture(turns, setup_one_worker, machine_stop_clean);
    tcase_add_test(turns, who_was_let_in_and_does_not_come_lets_the_next_one_in);
    tcase_add_test(turns, who_waits_is_told_of_no_memory_only_with_the_monitor_held);
#ifndef __SANITIZE_THREAD__ /* it keeps a stack of its own, which a longjmp leaves behind */
    tcase_add_loop_test(all, a_damaged_thread_does_not_keep_others_out_of_a_monitor, 0, 4);
    tcase_add_test(all, a_damaged_monitor_is_an_exception_where_it_is_left);
    tcase_add_test(turns, a_damaged_table_of_monitors_is_an_exception_when_it_should_grow);
#else
    (void)a_damaged_table_of_monitors_is_an_exception_when_it_should_grow;
    (void)a_damaged_thread_does_not_keep_others_out_of_a_monitor;
    (void)a_damaged_monitor_is_an_exception_where_it_is_left;
#endif
    suite_add_tcase(suite, all);
    suite_add_tcase(suite, turns);
    return run(suite);
}
