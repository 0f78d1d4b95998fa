/*
 * thread_test.c - threads as programs see and direct them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

START_TEST(a_thread_says_what_it_does)
{
    ck_assert_program(
        "boolean go = false; boolean turn = true;\n"
        "any s = spawn(fun () { sleep(600000); });\n"
        "any w = spawn(fun () { synchronized (s) { while (!go) wait(s); } });\n"
        "any r = spawn(fun () { while (turn) { } });\n"
        "while (s.state() != \"sleeping\" || w.state() != \"waiting\") sleep(1);\n"
        "if (r.state() != \"runnable\") exit(1);\n"
        "if (.internal.thread.current().state() != \"runnable\") exit(2);\n"
        "turn = false; r.join(); if (r.state() != \"ended\") exit(3);\n"
        "s.stop(); synchronized (s) { go = true; notifyAll(s); } w.join(); s.join();\n"
        "if (s.state() != \"ended\" || w.state() != \"ended\") exit(4);\n");
}
END_TEST

START_TEST(a_stopped_thread_does_nothing_more)
{
    ck_assert_program("int done = 0; any lock = new .internal.object();\n"
                      "any t = spawn(fun () {\n"
                      "  try { synchronized (lock) { done++; sleep(600000); done++; } }\n"
                      "  catch (e) { done += 10; } finally { done += 100; } });\n"
                      "while (done == 0) sleep(1);\n"
                      "t.stop(); t.join(); if (done != 1) exit(1);\n"
                      "synchronized (lock) { done++; }\n"
                      "t.stop(); t.interrupt(); if (t.isAlive()) exit(2);\n");
}
END_TEST

START_TEST(threads_are_stopped_wherever_they_are)
{
    ck_assert_program(
        "int[] none = []; any lock = new .internal.object(); .phantom.channel c = new "
        ".phantom.channel();\n"
        "any[] all = [spawn(fun () { while (true) { } }), spawn(fun () { c.receive(); }),\n"
        "  spawn(fun () { while (true) sleep(1); }), spawn(fun () { while (true) "
        ".internal.thread.yield(); }),\n"
        "  spawn(fun () { .internal.thread.current().stop(); exit(1); }),\n"
        "  spawn(fun () { synchronized (lock) { } }),\n"
        "  spawn(fun () { while (true) \"ab\".repeat(100000).toUpper(); }),\n"
        "  spawn(fun () { while (true) .internal.snapshot.commit(); }),\n"
        "  spawn(fun () { .internal.machine.awaitRestart(.internal.machine.run()); })];\n"
        "sleep(3); synchronized (lock) { foreach (t in all) t.stop(); }\n"
        "foreach (t in all) if (!t.join(20000L)) exit(2);\n"
        "any j = spawn(fun () { all[0].join(); }); j.join();\n");
}
END_TEST

/* The first to begin sleeps; whoever begins after it does not. */
#define SLOW                                                                                       \
    "class tries { static int n; }\n"                                                              \
    "class slow { static int x = begin();\n"                                                       \
    "  static int begin() { tries.n++; if (tries.n == 1) sleep(600000); return 40; } }\n"

START_TEST(who_waits_for_the_static_fields_of_a_stopped_thread_makes_them)
{
    ck_assert_program(
        SLOW "int got = 0;\n"
             "any t = spawn(fun () { return slow.x; });\n"
             "while (t.state() != \"sleeping\") sleep(1);\n"
             "any w = spawn(fun () { got = slow.x; }); any v = spawn(fun () { return slow.x; });\n"
             "while (w.state() != \"waiting\" || v.state() != \"waiting\") sleep(1);\n"
             "t.stop(); w.join(); v.join(); t.join();\n"
             "if (got != 40 || slow.x != 40 || tries.n != 2) exit(1);\n");
}
END_TEST

START_TEST(an_interrupt_does_not_spoil_the_class_whose_static_fields_are_being_made)
{
    ck_assert_program(
        SLOW "class above { static int y = slow.x + 1; }\n"
             "int caught = 0;\n"
             "any t = spawn(fun () { try { return above.y; }\n"
             "  catch (.internal.error.interrupt e) { caught++; } });\n"
             "while (t.state() != \"sleeping\") sleep(1);\n"
             "any w = spawn(fun () { return above.y; });\n"
             "while (w.state() != \"waiting\") sleep(1);\n"
             "t.interrupt(); t.join(); w.join();\n"
             "if (caught != 1 || above.y != 41 || slow.x != 40 || tries.n != 2) exit(1);\n");
}
END_TEST

START_TEST(neither_does_want_of_room)
{
    ck_assert_program(
        "class tries { static int n; }\n"
        "class deep { static int x = begin();\n"
        "  static int down(int i) { return down(i + 1) + 1; }\n"
        "  static int begin() { tries.n++; if (tries.n == 1) down(0); return 40; } }\n"
        "int caught = 0;\n"
        "try { exit(deep.x); } catch (.internal.error.stack_overflow e) { caught++; }\n"
        "if (caught != 1 || deep.x != 40 || tries.n != 2) exit(1);\n");
}
END_TEST

START_TEST(a_thread_says_where_it_is)
{
    ck_assert_program("void inner() { sleep(600000); }\n"
                      "void outer() {\n"
                      "  inner();\n"
                      "}\n"
                      "any t = spawn(fun () { outer(); });\n"
                      "while (t.state() != \"sleeping\") sleep(1);\n"
                      "string[] where = t.trace();\n"
                      "if (!where[0].startsWith(\".internal.system.sleep\") && "
                      "!where[0].startsWith(\".main.test.inner \")) exit(1);\n"
                      "if (where.indexOf(\".main.test.outer (test.ph:3)\") < 0) exit(2);\n"
                      "if (!where.last().startsWith(\".internal.thread.enter\")) exit(3);\n"
                      "string[] mine = .internal.thread.current().trace();\n"
                      "if (!mine[0].startsWith(\".internal.thread.trace\")) exit(4);\n"
                      "t.stop(); t.join(); if (!t.trace().isEmpty()) exit(5);\n"
                      "boolean turn = true; any r = spawn(fun () { while (turn) { } });\n"
                      "while (r.trace().size() < 2) sleep(1); turn = false; r.join();\n");
}
END_TEST

START_TEST(a_deep_trace_is_cut)
{
    ck_assert_program(
        "int deep(int n) { if (n == 0) { sleep(600000); return 0; } return 1 + deep(n - 1); }\n"
        "any t = spawn(fun () { deep(5000); });\n"
        "while (t.state() != \"sleeping\") sleep(1);\n"
        "string[] where = t.trace(); if (where.size() < 100 || where.size() > 5002) exit(1);\n"
        "if (!where.last().endsWith(\")\")) exit(2); t.stop(); t.join();\n");
}
END_TEST

START_TEST(a_mutex_is_let_go_of_by_whoever_ends)
{
    ck_assert_program(".internal.mutex m = new .internal.mutex(); boolean held = false;\n"
                      ".internal.thread t = spawn(fun () { m.lock(); held = true;\n"
                      "  sleep(1000000L); });\n"
                      "while (!held) .internal.thread.yield();\n"
                      "if (m.tryLock() || m.tryLock(5L) || m.isMine()) exit(1);\n"
                      "t.stop(); m.lock(); if (!m.isMine()) exit(2);\n"
                      "if (!m.tryLock() || m.release() != 2 || m.isMine()) exit(3);\n"
                      "spawn(fun () { m.lock(); }).join(); if (!m.tryLock()) exit(4);\n");
}
END_TEST

START_TEST(who_waits_for_a_mutex_can_be_interrupted)
{
    ck_assert_program(
        ".internal.mutex m = new .internal.mutex(); int caught = 0;\n"
        "any waiter(any take) { return spawn(fun () { try { take.call(); }\n"
        "  catch (.internal.error.interrupt e) { caught++; } }); }\n"
        "m.lock();\n"
        "foreach (take in [fun () { m.lock(); }, fun () { m.tryLock(1000000L); }]) {\n"
        "  any t = waiter(take); while (t.state() != \"waiting\" && t.state() != \"sleeping\") "
        "sleep(1L);\n"
        "  t.interrupt(); t.join(); }\n"
        "if (caught != 2) exit(1); m.unlock();\n"
        "spawn(fun () { m.lock(); m.unlock(); }).join();\n");
}
END_TEST

START_TEST(who_waits_for_a_mutex_waits_on_after_a_kill)
{
    uint32_t id = machine_install(".internal.mutex m = new .internal.mutex(); int[] got = [];\n"
                                  "m.lock(); m.lock(); any[] all = [];\n"
                                  "for (int i = 0; i < 3; i++) all.add(spawn(fun () { m.lock(); "
                                  "got.add(1); m.unlock(); }));\n"
                                  "all.add(spawn(fun () { if (!m.tryLock(300L)) got.add(10); }));\n"
                                  "sleep(600L); if (!m.isMine()) exit(2); m.unlock();\n"
                                  "if (got.size() != 1 || got[0] != 10) exit(3);\n"
                                  "m.unlock(); foreach (t in all) t.join(); exit(got.size());\n");

    machine_await_threads(3, THREAD_WAITING);
    machine_await_threads(2, THREAD_SLEEPING);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 4);
}
END_TEST

START_TEST(what_is_no_thread_is_refused)
{
    ck_assert_program(
        "any m(string n) { return .internal.thread.method(n); } int caught = 0;\n"
        "foreach (n in [\"stop\", \"state\", \"trace\"]) {\n"
        "  try { m(n).call(\"x\", []); } catch (.internal.error.cast e) { caught++; }\n"
        "  try { m(n).call(null, []); } catch (.internal.error.null e) { caught++; } }\n"
        "if (caught != 6) exit(1);\n");
}
END_TEST

/* Stops, traces and states of threads of a program that is killed again and again. */
START_TEST(directing_threads_outlives_kills)
{
    uint32_t id =
        machine_install("for (int i = 0; i < 60; i++) {\n"
                        "  any t = spawn(fun () { sleep(600000); });\n"
                        "  while (t.trace().isEmpty() || t.state() != \"sleeping\") sleep(1);\n"
                        "  t.stop(); t.join(); if (t.state() != \"ended\") exit(1); }\n"
                        "exit(3);\n");

    ck_assert_int_eq(machine_finish_by_restarts(id).status, 3);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_thread_says_what_it_does,
        a_stopped_thread_does_nothing_more,
        threads_are_stopped_wherever_they_are,
        who_waits_for_the_static_fields_of_a_stopped_thread_makes_them,
        an_interrupt_does_not_spoil_the_class_whose_static_fields_are_being_made,
        neither_does_want_of_room,
        a_thread_says_where_it_is,
        a_deep_trace_is_cut,
        a_mutex_is_let_go_of_by_whoever_ends,
        who_waits_for_a_mutex_can_be_interrupted,
        who_waits_for_a_mutex_waits_on_after_a_kill,
        what_is_no_thread_is_refused,
        directing_threads_outlives_kills,
    };

    return machine_tests("thread", tests, sizeof tests / sizeof tests[0]);
}
