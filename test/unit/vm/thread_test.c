/*
 * thread_test.c - threads begin, sleep, join, take turns, end; and are seen.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

START_TEST(a_joiner_waits_for_the_end)
{
    ck_assert_program(
        "class w { int done; void run() { sleep(30L); done = 1; } }\n"
        "w x = new w(); .internal.thread t = spawn(x);\n"
        "if (!t.isAlive()) exit(1); t.join(); if (x.done != 1 || t.isAlive()) exit(2);\n"
        "t.join(); if (!t.join(1L)) exit(3);\n"
        "w y = new w(); .internal.thread u = spawn(y);\n"
        "if (u.join(1L)) exit(4); u.join();\n");
}
END_TEST

START_TEST(sleepers_wake_in_the_order_of_their_times)
{
    ck_assert_program(
        "class log { string text = \"\"; synchronized void add(string s) { text = text + s; } }\n"
        "class s { log l; string n; long ms; void s(log a, string b, long c) { l = a; n = b; ms = "
        "c; }\n"
        "  void run() { sleep(ms); l.add(n); } }\n"
        "log l = new log(); .internal.thread[] all = [];\n"
        "all.add(spawn(new s(l, \"c\", 300L))); all.add(spawn(new s(l, \"a\", 60L)));\n"
        "all.add(spawn(new s(l, \"b\", 180L)));\n"
        "foreach (t in all) t.join();\n"
        "if (l.text != \"abc\") exit(1);\n");
}
END_TEST

START_TEST(threads_that_compute_take_turns)
{
    /* More spinners than workers: each must run, or the one that ends them never does. */
    ck_assert_program("class flag { int up; }\n"
                      "class spinner { flag f; void spinner(flag x) { f = x; }\n"
                      "  void run() { while (f.up < 5) { } } }\n"
                      "class riser { flag f; void riser(flag x) { f = x; }\n"
                      "  void run() { for (int i = 0; i < 5; i++) { f.up++; } } }\n"
                      "flag f = new flag(); .internal.thread[] all = [];\n"
                      "for (int i = 0; i < 6; i++) all.add(spawn(new spinner(f)));\n"
                      "all.add(spawn(new riser(f)));\n"
                      "foreach (t in all) t.join();\n");
}
END_TEST

START_TEST(thousands_of_threads_are_parked_cheaply)
{
    ck_assert_program(
        "class gate { boolean open; int through;\n"
        "  synchronized void pass() { while (!open) wait(this); through++; } }\n"
        "class walker { gate g; void walker(gate x) { g = x; } void run() { g.pass(); } }\n"
        "gate g = new gate(); .internal.thread[] all = [];\n"
        "for (int i = 0; i < 3000; i++) all.add(spawn(new walker(g)));\n"
        "synchronized (g) { g.open = true; notifyAll(g); }\n"
        "foreach (t in all) t.join();\n"
        "if (g.through != 3000) exit(1);\n");
}
END_TEST

/* Thread, stack, and its share of what they wait for: 100,000 of them in less than 200 MiB. */
START_TEST(a_parked_thread_takes_little_more_than_a_kilobyte)
{
    uint64_t before, bytes, deadline = plat_monotonic_ns() + 60000000000ull;
    uint32_t id = machine_install(
        "class gate { boolean open; synchronized void pass() { while (!open) wait(this); } }\n"
        "gate g = new gate(); sleep(300L);\n"
        "for (int i = 0; i < 4000; i++) spawn(fun () { g.pass(); });\n"
        "sleep(1000000L);\n");

    before = machine_application(id).heap_bytes;
    while (machine_application(id).thread_count < 4001 && plat_monotonic_ns() < deadline)
        usleep(10000);
    ck_assert_uint_eq(machine_application(id).thread_count, 4001);
    bytes = machine_application(id).heap_bytes - before;
    ck_assert_uint_gt(bytes, 4000ull * 500);
    ck_assert_uint_le(bytes, 4000ull * 1300);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(exit_ends_all_threads_of_the_application_and_no_other)
{
    uint32_t other = machine_install("sleep(400L); exit(9);\n");
    uint32_t id = machine_install("class s { void run() { while (true) { } } }\n"
                                  "class z { void run() { sleep(1000000L); } }\n"
                                  "spawn(new s()); spawn(new z()); sleep(50L); exit(7);\n");

    ck_assert_int_eq(machine_finish(id).status, 7);
    ck_assert_int_eq(machine_application(id).state, APPLICATION_ENDED);
    ck_assert_uint_eq(machine_application(id).thread_count, 0);
    ck_assert_int_eq(machine_application(other).status, 9);
}
END_TEST

START_TEST(a_thread_is_interrupted_wherever_it_waits)
{
    ck_assert_program(
        "class lock { boolean held; }\n"
        "int caught = 0; var l = new lock();\n"
        "void stop(any t, int wanted) {\n"
        "  sleep(10L); t.interrupt(); t.join(); if (caught != wanted) exit(wanted); }\n"
        "any sleeper = spawn(fun () { try { sleep(1000000L); }\n"
        "  catch (.internal.error.interrupt e) { caught++; } });\n"
        "stop(sleeper, 1);\n"
        "any joiner = spawn(fun () { .internal.thread self = .internal.thread.current();\n"
        "  try { self.join(); } catch (.internal.error.interrupt e) { caught++; } });\n"
        "stop(joiner, 2);\n"
        "any waiter = spawn(fun () { try { synchronized (l) { l.held = true; while (true) wait(l); "
        "} }\n"
        "  catch (.internal.error.interrupt e) { caught++; } });\n"
        "stop(waiter, 3); synchronized (l) { l.held = false; }\n"
        "any committer = spawn(fun () { try { while (true) .internal.snapshot.commit(); }\n"
        "  catch (.internal.error.interrupt e) { caught++; } });\n"
        "stop(committer, 4);\n");
}
END_TEST

#define A_WAITER                                                                                   \
    "class lock { boolean held; } var l = new lock(); int came = 0, caught = 0;\n"                 \
    "any t = spawn(fun () { synchronized (l) { l.held = true;\n"                                   \
    "  try { wait(l); came++; sleep(1000000L); }\n"                                                \
    "  catch (.internal.error.interrupt e) { caught++; notifyAll(l); } } });\n"                    \
    "boolean waits() { synchronized (l) { return l.held; } }\n"                                    \
    "while (!waits()) .internal.thread.yield();\n"

START_TEST(a_wait_that_is_interrupted_throws_with_the_monitor_held)
{
    ck_assert_program(A_WAITER "t.interrupt(); t.join(); if (came != 0 || caught != 1) exit(1);\n");
}
END_TEST

START_TEST(who_was_notified_before_it_was_interrupted_has_not_lost_that)
{
    ck_assert_program(A_WAITER "synchronized (l) { notify(l); t.interrupt(); }\n"
                               "t.join(); if (came != 1 || caught != 1) exit(1);\n");
}
END_TEST

START_TEST(a_thread_is_interrupted_in_the_middle_of_a_loop)
{
    ck_assert_program(
        "boolean begun = false; int caught = 0;\n"
        "any t = spawn(fun () { try { while (true) { begun = true; } }\n"
        "  catch (.internal.error.interrupt e) { caught++; } });\n"
        "while (!begun) .internal.thread.yield();\n"
        "t.interrupt(); t.join(); if (caught != 1) exit(1);\n"
        "t.interrupt();\n"
        ".internal.thread.current().interrupt();\n"
        "if (!.internal.thread.interrupted() || .internal.thread.interrupted()) exit(2);\n"
        "sleep(1L);\n");
}
END_TEST

START_TEST(an_interrupt_that_nobody_catches_ends_the_thread_and_frees_its_locks)
{
    ck_assert_program(
        "class lock { boolean held; } var l = new lock(); int caught = 0;\n"
        "any t = spawn(fun () { try { synchronized (l) { l.held = true; while (true) { } } }\n"
        "  finally { caught++; } });\n"
        "while (!l.held) .internal.thread.yield();\n"
        "t.interrupt(); synchronized (l) { } t.join(); if (caught != 1) exit(1); exit(0);\n");
}
END_TEST

START_TEST(a_picture_of_the_threads_says_where_they_are)
{
    static struct vm_thread_info rows[16];
    size_t count = 0;
    uint32_t id = machine_install("class a { void run() { stay(); }\n"
                                  "  void stay() {\n"
                                  "    sleep(1000000L); } }\n"
                                  "spawn(new a(), \"stayer\"); sleep(1000000L);\n");
    bool found = false;

    machine_await_threads(2, THREAD_SLEEPING);
    ck_assert_int_eq(vm_list_threads(rows, 16, &count), OK);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(rows[i].application, id);
        ck_assert_uint_gt(rows[i].wake_in_ns, 900000000000ull);
        if (strcmp(rows[i].name, "stayer") == 0)
            found = true;
    }
    ck_assert(found);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(an_application_can_be_removed)
{
    size_t count = 7;
    uint32_t id = machine_install("while (true) { }\n");

    ck_assert_int_eq(vm_application_remove(id), OK);
    ck_assert_int_eq(vm_list_applications(NULL, 0, &count), OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(vm_wait(plat_monotonic_ns() + 1000000000), VM_ALL_ENDED);
    ck_assert_uint_gt(machine_install("exit(3);\n"), id);
}
END_TEST

START_TEST(nobody_waits_for_the_end_of_a_program_when_the_machine_is_about_to_stop)
{
    uint32_t first = machine_install("while (true) { }\n");
    uint32_t second = machine_install("while (true) { }\n");
    size_t count = 7;

    vm_call_off();
    ck_assert_int_eq(vm_application_stop(first), ERR_CANCELLED);
    ck_assert_int_eq(vm_application_remove(second), ERR_CANCELLED);
    ck_assert_int_eq(machine_finish(first).state, APPLICATION_STOPPED);
    ck_assert_int_eq(vm_list_applications(NULL, 0, &count), OK);
    ck_assert_uint_eq(count, 1);
    machine_stop(true);
    machine_start();
    ck_assert_int_eq(vm_application_stop(machine_install("while (true) { }\n")), OK);
}
END_TEST

static void *
wait_and_call_off(void *unused)
{
    ck_assert_int_eq(vm_wait(PLAT_NO_DEADLINE), VM_ALL_ENDED);
    vm_call_off();
    return unused;
}

START_TEST(a_machine_that_stops_for_want_of_programs_does_so_when_the_last_was_seen_to_end)
{
    uint32_t id = machine_install("while (true) { }\n");
    pthread_t waiter;

    pthread_create(&waiter, NULL, wait_and_call_off, NULL);
    ck_assert_int_eq(vm_application_remove(id), OK);
    pthread_join(waiter, NULL);
}
END_TEST

/*
 * To tell its hundred threads at once that it is over would take more than was left. Wherever the
 * program is told that there is no room, it is inside the try block of a caller, and fills on.
 * Until it is stopped what is written takes room for ever; then a page that is written again, no
 * more.
 */
START_TEST(a_program_stopped_for_want_of_room_ends_without_any)
{
    struct vm_application_info info;
    uint32_t id =
        machine_install("class z { void run() { sleep(1000000L); } }\n"
                        "for (int i = 0; i < 100; i++) spawn(new z());\n"
                        "sleep(300L);\n"
                        "class node { node next; string s; }\n"
                        "class filler {\n"
                        "  node head;\n"
                        "  void fill(int deaf) {\n"
                        "    while (true) try { if (deaf > 0) fill(deaf - 1);\n"
                        "      while (true) { node n = new node();\n"
                        "        n.s = \"a text of this node\"; n.next = head; head = n; } }\n"
                        "    catch (.internal.error.space e) { }\n"
                        "  }\n"
                        "}\n"
                        "(new filler()).fill(200);\n");

    machine_await_threads(101, THREAD_SLEEPING);
    fake.fills = true;
    fake.credit = 500;
    do {
        usleep(1000);
        info = machine_application(id);
    } while (info.state == APPLICATION_RUNNING); /* however slow it is: the test has a time limit */
    ck_assert_int_eq(info.state, APPLICATION_FAILED);
    fake.fills = false;
    ck_assert_uint_eq(machine_finish(id).thread_count, 0);
    fake.credit = 1000000;
    while (pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)) != OK)
        continue; /* one that was begun before there was room */
}
END_TEST

/* Take all credit that is left, and what is kept for whoever makes room, but for what workers have.
 */
static void
take_all_credit(struct pmem_worker *taker)
{
    ck_assert_int_eq(pmem_worker_join(taker), OK);
    fake.fills = true;
    fake.credit = 0;
    while (pmem_reserve_kept(taker, 1) == OK)
        continue;
}

START_TEST(a_program_ends_itself_with_the_credit_that_its_worker_has)
{
    struct pmem_worker taker = { 0 };
    uint32_t id = machine_install("sleep(300L); exit(13);\n");
    struct vm_application_info info;

    machine_await_threads(1, THREAD_SLEEPING);
    take_all_credit(&taker);
    pmem_worker_away(&taker);
    info = machine_finish(id);
    pmem_worker_back(&taker);
    fake.fills = false;
    fake.credit = 1000000;
    pmem_worker_leave(&taker);
    ck_assert_int_eq(info.status, 13);
}
END_TEST

/* What a collection takes is kept for it; to say that it was done takes what the worker has. */
START_TEST(a_full_volume_is_collected_when_its_program_asks)
{
    uint32_t id = machine_install("sleep(300L); gc(); exit(13);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    fake.fills = true;
    fake.credit = 0;
    ck_assert_int_eq(machine_finish(id).status, 13);
    fake.fills = false;
    fake.credit = 1000000;
}
END_TEST

/*
 * A class is initialised for the first time after a restart: its statics lie on pages that were
 * never looked at, and each first store to one of them has to wait for it.
 */
#define STATICS 1200u

START_TEST(statics_are_set_once_though_their_pages_come_in_meanwhile)
{
    size_t room = 256 * STATICS + 1024, used = 0;
    char *text = malloc(room);
    uint32_t id;

    used += (size_t)snprintf(text, room, "class many { static int one() { return 1; }\n");
    for (unsigned i = 0; i < STATICS; i++)
        used += (size_t)snprintf(text + used, room - used, "static int i%u = one() + %u;\n", i, i);
    for (unsigned i = 0; i < STATICS; i++)
        used +=
            (size_t)snprintf(text + used, room - used, "static string s%u = \"\\{%u}\";\n", i, i);
    used += (size_t)snprintf(text + used, room - used, "}\nsleep(200L); boolean good = true;\n");
    for (unsigned i = 0; i < STATICS; i += 7)
        used += (size_t)snprintf(text + used, room - used,
                                 "good = good && many.i%u == %u && many.s%u == \"%u\";\n", i, i + 1,
                                 i, i);
    snprintf(text + used, room - used, "exit(good ? 3 : 4);\n");
    id = machine_install(text);
    free(text);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_joiner_waits_for_the_end,
        sleepers_wake_in_the_order_of_their_times,
        threads_that_compute_take_turns,
        thousands_of_threads_are_parked_cheaply,
        a_parked_thread_takes_little_more_than_a_kilobyte,
        exit_ends_all_threads_of_the_application_and_no_other,
        a_thread_is_interrupted_wherever_it_waits,
        a_wait_that_is_interrupted_throws_with_the_monitor_held,
        who_was_notified_before_it_was_interrupted_has_not_lost_that,
        a_thread_is_interrupted_in_the_middle_of_a_loop,
        an_interrupt_that_nobody_catches_ends_the_thread_and_frees_its_locks,
        a_picture_of_the_threads_says_where_they_are,
        an_application_can_be_removed,
        nobody_waits_for_the_end_of_a_program_when_the_machine_is_about_to_stop,
        a_machine_that_stops_for_want_of_programs_does_so_when_the_last_was_seen_to_end,
        a_program_stopped_for_want_of_room_ends_without_any,
        a_program_ends_itself_with_the_credit_that_its_worker_has,
        a_full_volume_is_collected_when_its_program_asks,
        statics_are_set_once_though_their_pages_come_in_meanwhile,
    };

    return machine_tests("thread", tests, sizeof tests / sizeof tests[0]);
}
