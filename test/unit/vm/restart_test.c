/*
 * restart_test.c - threads of the run before go on, each once, whether it is their turn, or
 * somebody wakes them first, or a new one gets a slot beside them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

/* The program, killed once it has so many threads, and started again. */
static uint32_t
restarted(const char *text, uint32_t threads)
{
    uint64_t deadline = plat_monotonic_ns() + 60000000000ull;
    uint32_t id = machine_install(text);

    while (machine_application(id).thread_count < threads && plat_monotonic_ns() < deadline)
        usleep(5000);
    usleep(50000);
    machine_commit();
    machine_stop(false);
    machine_start();
    return id;
}

START_TEST(who_waits_sleeps_or_runs_goes_on_once_though_all_are_woken_at_once)
{
    char text[2048];
    uint32_t id;

    snprintf(
        text, sizeof text,
        "class gate { boolean open; int through;\n"
        "  synchronized void pass() { while (!open) wait(this); through++; }\n"
        "  synchronized void add() { through++; } }\n"
        "gate g = new gate(); int each = %d; boolean go = false; .internal.thread[] all = [];\n"
        "for (int i = 0; i < each; i++) {\n"
        "  all.add(spawn(fun () { g.pass(); }));\n"
        "  all.add(spawn(fun () { sleep(1500L); g.add(); }));\n"
        "  all.add(spawn(fun () { while (!go) .internal.thread.yield(); g.add(); })); }\n"
        "sleep(1200L); go = true;\n"
        "synchronized (g) { g.open = true; notifyAll(g); }\n"
        "for (int i = 0; i < each; i++) all.add(spawn(fun () { g.add(); }));\n"
        "foreach (t in all) t.join();\n"
        "exit(g.through == 4 * each ? 7 : 1);\n",
        MACHINE_WORK(1000, 60));
    id = restarted(text, 3 * MACHINE_WORK(1000, 60) + 1);
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

/* More who never rest than there are workers: the others get their turn all the same. */
START_TEST(who_never_rests_does_not_keep_the_others_from_going_on)
{
    char text[1024];
    uint32_t id;

    snprintf(
        text, sizeof text,
        "boolean go = false; int ended = 0; class lock { } lock l = new lock();\n"
        "for (int i = 0; i < 4; i++) spawn(fun () { while (!go) { } });\n"
        "for (int i = 0; i < %d; i++)\n"
        "  spawn(fun () { sleep(1000L); synchronized (l) { ended++; if (ended == %d) go = true; "
        "} });\n"
        "while (!go) sleep(10L);\nexit(7);\n",
        MACHINE_WORK(1000, 60), MACHINE_WORK(1000, 60));
    id = restarted(text, MACHINE_WORK(1000, 60) + 5);
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

START_TEST(a_program_is_stopped_while_its_threads_are_on_their_way)
{
    char text[512];
    uint32_t id;

    snprintf(text, sizeof text,
             "for (int i = 0; i < %d; i++) spawn(fun () { sleep(1000000L); });\n"
             "while (true) { }\n",
             MACHINE_WORK(3000, 100));
    id = restarted(text, MACHINE_WORK(3000, 100) + 1);
    ck_assert_int_eq(vm_application_stop(id), OK);
    ck_assert_uint_eq(machine_finish(id).thread_count, 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        who_waits_sleeps_or_runs_goes_on_once_though_all_are_woken_at_once,
        who_never_rests_does_not_keep_the_others_from_going_on,
        a_program_is_stopped_while_its_threads_are_on_their_way,
    };

    return machine_tests("restart", tests, sizeof tests / sizeof tests[0]);
}
