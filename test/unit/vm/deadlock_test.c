/*
 * deadlock_test.c - who waits for whom is told, and who does so for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static struct vm_thread_info rows[64];
static size_t row_count;

static struct vm_thread_info *
named(const char *name)
{
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    ck_abort_msg("there is no thread %s", name);
}

/* Run a program until so many of its threads wait, and look. */
static uint32_t
look(const char *text, unsigned waiting)
{
    uint32_t id = machine_install(text);

    machine_await_threads(waiting, THREAD_WAITING);
    ck_assert_int_eq(vm_list_threads(rows, 64, &row_count), OK);
    return id;
}

#define FORKS                                                                                      \
    "class fork { } fork left = new fork(); fork right = new fork(); int taken = 0;\n"             \
    "class eater { fork a; fork b; void eater(fork x, fork y) { a = x; b = y; }\n"                 \
    "  void run() { synchronized (a) { taken++; while (taken < 2) .internal.thread.yield();\n"     \
    "    synchronized (b) { } } } }\n"

START_TEST(two_that_want_each_others_monitor_are_a_deadlock)
{
    uint32_t id = look(FORKS "spawn(new eater(left, right), \"a\"); spawn(new eater(right, left), "
                             "\"b\"); spawn(fun () { while (taken < 2) .internal.thread.yield();\n"
                             "  synchronized (left) { } }, \"c\");\n"
                             "sleep(1000000L);\n",
                       3);

    ck_assert_uint_eq(named("a")->deadlock, 1);
    ck_assert_uint_eq(named("b")->deadlock, 1);
    ck_assert_uint_eq(named("a")->held_by, named("b")->id);
    ck_assert_uint_eq(named("b")->held_by, named("a")->id);
    ck_assert_uint_ne(named("a")->monitor, 0);
    ck_assert_uint_ne(named("a")->monitor, named("b")->monitor);
    ck_assert_str_eq(named("a")->waiting, ".fork");
    ck_assert_uint_eq(named("a")->line, 4);
    /* Who waits for one of them is not part of it. */
    ck_assert_uint_eq(named("c")->held_by, named("a")->id);
    ck_assert_uint_eq(named("c")->deadlock, 0);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(so_are_joins_mutexes_and_monitors_in_one_cycle)
{
    uint32_t id =
        look("class o { } o x = new o(); int ready = 0;\n"
             ".internal.mutex m = new .internal.mutex(); any[] all = [null, null, null];\n"
             "void meet() { ready++; while (ready < 3) .internal.thread.yield(); }\n"
             "all[0] = spawn(fun () { meet(); while (all[1] == null) .internal.thread.yield();\n"
             "  m.lock(); }, \"wants mutex\");\n"
             "all[1] = spawn(fun () { m.lock(); meet(); synchronized (x) { } }, \"wants x\");\n"
             "all[2] = spawn(fun () { synchronized (x) { meet(); all[0].join(); } }, \"joins\");\n"
             "sleep(1000000L);\n",
             3);

    ck_assert_uint_eq(named("wants mutex")->held_by, named("wants x")->id);
    ck_assert_uint_eq(named("wants x")->held_by, named("joins")->id);
    ck_assert_uint_eq(named("joins")->held_by, named("wants mutex")->id);
    ck_assert_uint_eq(named("wants mutex")->deadlock, 1);
    ck_assert_uint_eq(named("wants x")->deadlock, 1);
    ck_assert_uint_eq(named("joins")->deadlock, 1);
    ck_assert_uint_eq(named("main")->deadlock, 0);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(each_deadlock_has_its_number_and_who_joins_itself_is_one)
{
    uint32_t id = look(FORKS "spawn(new eater(left, right), \"a\"); spawn(new eater(right, left), "
                             "\"b\");\nspawn(fun () { any me = .internal.thread.current(); "
                             "me.join(); }, \"self\");\nsleep(1000000L);\n",
                       3);

    ck_assert_uint_eq(named("self")->held_by, named("self")->id);
    ck_assert_uint_ne(named("self")->deadlock, 0);
    ck_assert_uint_ne(named("self")->deadlock, named("a")->deadlock);
    ck_assert_uint_eq(named("a")->deadlock, named("b")->deadlock);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(who_waits_for_somebody_that_runs_or_for_a_time_is_in_none)
{
    uint32_t id = look("class o { } o x = new o(); boolean held = false;\n"
                       "spawn(fun () { synchronized (x) { held = true; while (true) { } } }, "
                       "\"runs\");\nwhile (!held) .internal.thread.yield();\n"
                       "spawn(fun () { synchronized (x) { } }, \"waits\");\n"
                       "spawn(fun () { any me = .internal.thread.current(); me.join(1000000L); }, "
                       "\"timed\");\nsleep(1000000L);\n",
                       1);

    ck_assert_uint_eq(named("waits")->held_by, named("runs")->id);
    for (size_t i = 0; i < row_count; i++)
        ck_assert_uint_eq(rows[i].deadlock, 0);
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        two_that_want_each_others_monitor_are_a_deadlock,
        so_are_joins_mutexes_and_monitors_in_one_cycle,
        each_deadlock_has_its_number_and_who_joins_itself_is_one,
        who_waits_for_somebody_that_runs_or_for_a_time_is_in_none,
    };

    return machine_tests("deadlock", tests, sizeof tests / sizeof tests[0]);
}
