/*
 * machine_test.c - what programs learn of the machine, and of its restarts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static struct vm_volume
some_volume(void *context)
{
    return (struct vm_volume){ .bytes = *(uint64_t *)context, .free_bytes = 1000 };
}

START_TEST(a_program_learns_what_it_runs_on)
{
    static uint64_t bytes = 5000000000ull;
    char text[1024];

    machine_stop(true);
    machine_options.machine = (struct vm_machine){
        .kind = "tested", .version = "1.2", .volume = some_volume, .context = &bytes
    };
    machine_start();
    snprintf(text, sizeof text,
             "if (machine.kind() != \"tested\" || machine.version() != \"1.2\") exit(1);\n"
             "if (machine.volume() != 5000000000L || machine.volumeFree() != 1000L) exit(2);\n"
             "if (machine.processors() != %u || machine.memory() < 1000000L) exit(3);\n"
             "long was = machine.uptime(); sleep(3);\n"
             "if (machine.uptime() < was + 3000000L || was > nanos()) exit(4);\n"
             "snapshot.commit(); if (machine.generation() != snapshot.generation()) exit(5);\n"
             "if (machine.run() != machine.run() || machine.run() < 0L) exit(6);\n",
             plat_processor_count());
    ck_assert_int_eq(machine_status(text), 0);
}
END_TEST

START_TEST(a_machine_that_says_nothing_is_unknown)
{
    machine_stop(true);
    machine_options.machine = (struct vm_machine){ 0 };
    machine_start();
    ck_assert_int_eq(machine_status("if (machine.kind() != \"unknown\") exit(1);\n"
                                    "if (machine.version() != \"unknown\") exit(2);\n"
                                    "if (machine.volume() != 0L) exit(3);\n"),
                     0);
}
END_TEST

/*
 * Waiters who check themselves: nobody is told twice of one run. The program ends well once each of
 * them knows the run that is, and `restarts` times were told.
 */
static const char waiters[] =
    "int ready = 0; longs known = new longs(3); ints told = new ints(3);\n"
    "void watch(int i) {\n"
    "  known[i] = machine.run(); ready++;\n"
    "  while (true) {\n"
    "    long now = machine.awaitRestart(known[i]);\n"
    "    if (now == known[i]) exit(20);\n"
    "    known[i] = now; told[i] = told[i] + 1;\n"
    "  }\n"
    "}\n"
    "foreach (i in 0..2) { spawn(fun () { watch(i); }); while (ready <= i) sleep(1); }\n"
    "boolean all(int times) {\n"
    "  foreach (i in 0..2) if (known[i] != machine.run() || told[i] != times) return false;\n"
    "  return true;\n"
    "}\n";

static uint32_t
install_waiters(const char *end)
{
    char text[4096];
    uint32_t id;

    snprintf(text, sizeof text, "%s%s", waiters, end);
    id = machine_install(text);
    machine_await_threads(3, THREAD_WAITING);
    machine_commit();
    return id;
}

/* They were told, which happens beside the programs, and wait again. */
static void
await_told(unsigned waiters_count)
{
    while (vm_is_restarting())
        usleep(1000);
    machine_await_threads(waiters_count, THREAD_WAITING);
}

START_TEST(each_waiter_is_told_once_of_each_restart)
{
    uint32_t id = install_waiters("while (!all(5)) sleep(1); sleep(20); exit(all(5) ? 3 : 4);\n");

    for (unsigned i = 0; i < 5; i++) {
        machine_stop(i % 2 == 0);
        machine_start();
        if (i == 4)
            break; /* the program ends soon */
        await_told(3);
        machine_commit();
    }
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

/* What was not committed has not happened: so it happens again, and is one restart to them. */
START_TEST(a_kill_before_anything_was_safe_is_told_as_one)
{
    uint32_t id;

    machine_stop(true);
    machine_pmem.on_demand_only = true;
    machine_start();
    id = install_waiters("while (!all(1)) sleep(1); sleep(20); exit(all(1) ? 3 : 4);\n");
    for (unsigned i = 0; i < 5; i++) {
        machine_stop(false);
        machine_start();
    }
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

/* It runs nobody: for the waiters there was one restart, the last. */
START_TEST(a_machine_that_only_looks_tells_nobody)
{
    uint32_t id = install_waiters("while (!all(1)) sleep(1); sleep(20); exit(all(1) ? 3 : 4);\n");

    machine_stop(false);
    machine_options.safe = true; /* nobody runs */
    for (unsigned i = 0; i < 3; i++) {
        machine_start();
        machine_commit();
        machine_stop(true);
    }
    machine_options.safe = false;
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

/* At any moment: before they wait, while they wait, when they are woken, while they react. */
START_TEST(restarts_at_any_moment_are_told_once)
{
    uint32_t id =
        install_waiters("int calm = 0; while (calm < 40) { sleep(1); "
                        "calm = known[0] == machine.run() && known[1] == machine.run() && "
                        "known[2] == machine.run() && told[0] > 0 ? calm + 1 : 0; }\n"
                        "exit(3);\n");

    for (unsigned i = 0; i < MACHINE_WORK(30, 8); i++) {
        if (vm_wait(plat_monotonic_ns() + (i % 7) * 300000ull) == VM_ALL_ENDED)
            break;
        if (i % 3 != 0)
            machine_commit();
        machine_stop(false);
        machine_start();
    }
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

START_TEST(a_waiter_can_be_interrupted_and_ended)
{
    ck_assert_int_eq(
        machine_status(
            "int caught = 0;\n"
            "any t = spawn(fun () { try { machine.awaitRestart(machine.run()); }\n"
            "  catch (.internal.error.interrupt e) { caught++; } });\n"
            "sleep(2); t.interrupt(); t.join(); if (caught != 1) exit(1);\n"
            "if (machine.awaitRestart(-1L) != machine.run()) exit(2);\n"
            "spawn(fun () { machine.awaitRestart(machine.run()); }); sleep(2); exit(3);\n"),
        3);
}
END_TEST

START_TEST(a_listener_is_called_once_after_each_restart)
{
    uint32_t id =
        machine_install("int heard = 0; any t = machine.onRestart(fun () { heard++; });\n"
                        "any other = machine.onRestart(fun () { });\n"
                        "while (heard < 3) sleep(1); sleep(20);\n"
                        "t.interrupt(); other.interrupt(); t.join(); other.join(); exit(heard);\n");

    machine_await_threads(2, THREAD_WAITING);
    machine_commit();
    for (unsigned i = 0; i < 3; i++) {
        machine_stop(false);
        machine_start();
        if (i == 2)
            break; /* the program ends soon */
        await_told(2);
        machine_commit();
    }
    ck_assert_int_eq(machine_finish(id).status, 3);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_program_learns_what_it_runs_on,         a_machine_that_says_nothing_is_unknown,
        each_waiter_is_told_once_of_each_restart, a_kill_before_anything_was_safe_is_told_as_one,
        a_machine_that_only_looks_tells_nobody,   restarts_at_any_moment_are_told_once,
        a_waiter_can_be_interrupted_and_ended,    a_listener_is_called_once_after_each_restart,
    };

    return machine_tests("machine", tests, sizeof tests / sizeof tests[0]);
}
