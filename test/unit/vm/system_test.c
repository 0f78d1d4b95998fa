/*
 * system_test.c - the whole: a program is compiled, loaded, run, snapshot, killed,
 * and goes on in the middle of its line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

#define OFF_US 300000

/* Runs for about two seconds, in a loop with a call, an untyped value, and a string. */
#define LONG_LOOP                                                                                  \
    "class sum { long total; any last; string text = \"\"; int f(int i) { return i * 2; }\n"       \
    "  void go() { for (int i = 0; i < 1500; i++) { total += (long) f(i); last = i;\n"             \
    "    if (i % 100 == 0) text = text + i + \",\"; sleep(1L); } } }\n"                            \
    "sum s = new sum(); s.go();\n"                                                                 \
    "if (s.total != 2248500L) exit(1);\n"                                                          \
    "if (s.last != 1499) exit(2);\n"                                                               \
    "if (s.text != \"0,100,200,300,400,500,600,700,800,900,1000,1100,1200,1300,1400,\") "          \
    "exit(3);\n"                                                                                   \
    "exit(42);\n"

START_TEST(a_program_goes_on_after_each_of_many_kills)
{
    uint32_t id = machine_install(LONG_LOOP);

    machine_commit();
    for (int i = 0; i < 10; i++) {
        usleep(20000 + 17000 * (unsigned)i % 90000);
        machine_stop(i % 3 == 0);
        machine_start();
    }
    ck_assert_int_eq(machine_finish(id).status, 42);
}
END_TEST

#define FIB_OF MACHINE_WORK("31", "27")
#define FIB_IS MACHINE_WORK("1346269", "196418")

START_TEST(a_computation_goes_on_in_the_middle)
{
    uint32_t id = machine_install("class f { int fib(int n) { if (n < 2) return n;\n"
                                  "  return fib(n - 1) + fib(n - 2); } }\n"
                                  "if (new f().fib(" FIB_OF ") != " FIB_IS ") exit(1);\n"
                                  "exit(5);\n");

    for (int i = 0; i < 6; i++) {
        usleep(15000);
        machine_commit();
        machine_stop(false);
        machine_start();
    }
    ck_assert_int_eq(machine_finish(id).status, 5);
}
END_TEST

START_TEST(deep_frames_are_there_again)
{
    uint32_t id =
        machine_install("class d { int down(int n) { if (n == 0) { sleep(300L); return 0; }\n"
                        "  return down(n - 1) + 1; } }\n"
                        "if (new d().down(20000) != 20000) exit(1); exit(6);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    machine_stop(true);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 6);
}
END_TEST

START_TEST(an_exception_is_caught_by_a_handler_from_before_the_restart)
{
    uint32_t id =
        machine_install("class d { void f(int n) { if (n == 0) { sleep(200L); throw \"up\"; }\n"
                        "  f(n - 1); } }\n"
                        "try { new d().f(500); exit(1); } catch (string s) {\n"
                        "  if (s != \"up\") exit(2); exit(8); }\n");

    machine_await_threads(1, THREAD_SLEEPING);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 8);
}
END_TEST

START_TEST(a_static_initialisation_goes_on_after_a_restart)
{
    uint32_t id = machine_install("class slow { static int n = make();\n"
                                  "  static int make() { sleep(200L); return 11; } }\n"
                                  "class user { int got; void run() { got = slow.n; } }\n"
                                  "user a = new user(); .internal.thread t = spawn(a);\n"
                                  "user b = new user(); .internal.thread u = spawn(b);\n"
                                  "t.join(); u.join(); exit(a.got + b.got);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    machine_await_threads(2, THREAD_WAITING);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 22);
}
END_TEST

START_TEST(personal_time_stands_still_while_the_machine_is_off)
{
    uint64_t before, after, from_ns;

    machine_install("sleep(100000L);\n");
    machine_await_threads(1, THREAD_SLEEPING);
    from_ns = plat_monotonic_ns();
    before = vm_personal_ns();
    machine_stop(true);
    usleep(OFF_US);
    machine_start();
    after = vm_personal_ns();
    ck_assert_uint_ge(after, before);
    ck_assert_uint_le(after - before + 1000ull * OFF_US, plat_monotonic_ns() - from_ns);
}
END_TEST

START_TEST(a_space_without_a_machine_is_refused)
{
    machine_stop(true);
    fake_clear(&fake.committed);
    start(&fake_store, machine_pmem);
    ck_assert_int_eq(vm_start(&machine_options), ERR_FOREIGN);
    pmem_stop();
    fake_restart();
    fake.generation = 1;
    machine_start();
}
END_TEST

START_TEST(a_program_that_is_refused_leaves_nothing)
{
    struct vm_program program = { .name = "x.ph", .module = "nonsense", .module_bytes = 8 };
    uint32_t application = 77;
    size_t count = 9;

    ck_assert_int_eq(vm_install(&program, &application, machine_report, NULL), ERR_FOREIGN);
    ck_assert_uint_eq(application, 77);
    ck_assert_int_eq(vm_list_applications(NULL, 0, &count), OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(vm_wait(PLAT_NO_DEADLINE), VM_ALL_ENDED);
}
END_TEST

START_TEST(a_safe_start_runs_nothing)
{
    uint32_t id = machine_install("sleep(1000000L);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    machine_stop(true);
    machine_options.safe = true;
    machine_start();
    ck_assert_int_eq(machine_application(id).state, APPLICATION_RUNNING);
    ck_assert_int_eq(vm_wait(plat_monotonic_ns() + 50000000), VM_DEADLINE);
    vm_interrupt();
    ck_assert_int_eq(vm_wait(PLAT_NO_DEADLINE), VM_INTERRUPTED);
    machine_stop(false);
    machine_options.safe = false;
    machine_start();
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(an_idle_machine_writes_nothing)
{
    uint64_t before;

    machine_install("string s = readln(); any o = new .internal.object();\n"
                    "synchronized (o) { wait(o); }\n");
    machine_await_threads(1, THREAD_WAITING);
    usleep(200000);
    before = fake.pages_committed;
    usleep(400000);
    ck_assert_uint_eq(fake.pages_committed, before);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_program_goes_on_after_each_of_many_kills,
        a_computation_goes_on_in_the_middle,
        deep_frames_are_there_again,
        an_exception_is_caught_by_a_handler_from_before_the_restart,
        a_static_initialisation_goes_on_after_a_restart,
        personal_time_stands_still_while_the_machine_is_off,
        a_space_without_a_machine_is_refused,
        a_program_that_is_refused_leaves_nothing,
        a_safe_start_runs_nothing,
        an_idle_machine_writes_nothing,
    };

    return machine_tests("system", tests, sizeof tests / sizeof tests[0]);
}
