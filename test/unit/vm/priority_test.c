/*
 * priority_test.c - who is more urgent runs first, nobody starves, and who waits for a lock lends
 * his priority to the one that holds it. One worker: so the order is the queue's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

static void
start_with_one_worker(void)
{
    machine_options.workers = 1;
    machine_start();
}

START_TEST(a_priority_is_asked_for_set_and_inherited_from_who_spawns)
{
    ck_assert_program(".internal.thread me = .internal.thread.current(); int seen = 9;\n"
                      "if (me.priority() != 0) exit(1);\n"
                      "me.setPriority(-2); if (me.priority() != -2) exit(2);\n"
                      "spawn(fun () { seen = .internal.thread.current().priority(); }).join();\n"
                      "if (seen != -2) exit(3); me.setPriority(2); me.setPriority(0);\n"
                      "try { me.setPriority(3); exit(4); } catch (.internal.error.argument e) {}\n"
                      "try { me.setPriority(-3); exit(5); } catch (.internal.error.argument e) {}\n"
                      "if (me.priority() != 0) exit(6);\n");
}
END_TEST

START_TEST(who_is_more_urgent_runs_first)
{
    ck_assert_program("string order = \"\"; .internal.thread[] all = [];\n"
                      "void start(string name, int priority) {\n"
                      "  .internal.thread t = spawn(fun () { order = order + name; });\n"
                      "  t.setPriority(priority); all.add(t); }\n"
                      ".internal.thread.current().setPriority(2);\n"
                      "start(\"c\", 0); start(\"e\", -2); start(\"d\", -1); start(\"b\", 1);\n"
                      "foreach (t in all) t.join();\n"
                      "if (order != \"bcde\") { println(order); exit(1); }\n");
}
END_TEST

START_TEST(who_is_least_urgent_still_gets_a_turn)
{
    ck_assert_program("boolean done = false; .internal.thread[] all = [];\n"
                      "for (int i = 0; i < 3; i++) {\n"
                      "  .internal.thread t = spawn(fun () { while (!done) "
                      ".internal.thread.yield(); });\n"
                      "  t.setPriority(2); all.add(t); }\n"
                      ".internal.thread low = spawn(fun () { done = true; });\n"
                      "low.setPriority(-2); foreach (t in all) t.join(); low.join();\n");
}
END_TEST

/*
 * A low one holds a lock that a high one wants, while others in between never rest. Their number of
 * turns says how long the high one waited: it is served as if the low one were high. The locks are
 * threads, because they do not move: where an object went the holder would find out only later.
 */
START_TEST(who_waits_for_a_lock_lends_his_priority_to_who_holds_it)
{
    ck_assert_program(
        "any l = spawn(fun () { }); any m = spawn(fun () { });\n"
        "boolean held = false; boolean got = false; int turns = 0;\n"
        "boolean begun = false;\n"
        ".internal.thread me = .internal.thread.current(); me.setPriority(2);\n"
        ".internal.thread low = spawn(fun () { synchronized (l) { held = true;\n"
        "    while (!begun) .internal.thread.yield();\n"
        "    for (int i = 0; i < 10; i++) .internal.thread.yield(); } });\n"
        "low.setPriority(-2); while (!held) sleep(1L);\n"
        /* The one in the middle holds m, and waits for l: what is lent goes on to the low one. */
        ".internal.thread middle = spawn(fun () { synchronized (m) { synchronized (l) { } } });\n"
        "middle.setPriority(-1); sleep(20L);\n"
        ".internal.thread[] busy = [];\n"
        "for (int i = 0; i < 3; i++) { .internal.thread t = spawn(fun () {\n"
        "    while (!got) { turns++; .internal.thread.yield(); } });\n"
        "  t.setPriority(1); busy.add(t); }\n"
        "begun = true; synchronized (m) { got = true; }\n"
        "int waited = turns; foreach (t in busy) t.join(); low.join(); middle.join();\n"
        "if (waited > 8) { println(\"turns of others: \\{waited}\"); exit(1); }\n");
}
END_TEST

/* A lock, of a statement and of the class library: its type, how it is taken, and let go. */
static const struct kind {
    const char *type, *take, *leave;
} kinds[] = {
    { ".internal.object", "synchronized (l) {", "}" },
    { ".internal.mutex", "{ l.lock();", "l.unlock(); }" },
};

#define KINDS (int)(sizeof kinds / sizeof kinds[0])

/* A program about a lock `l`, in which @ takes it and $ lets it go. */
static const char *
about(const struct kind *kind, const char *text)
{
    static char program[4096];
    size_t used =
        (size_t)snprintf(program, sizeof program, "%s l = new %s();\n", kind->type, kind->type);

    for (; *text != '\0' && used + 32 < sizeof program; text++) {
        const char *put = *text == '@' ? kind->take : kind->leave;

        if (*text == '@' || *text == '$')
            used += (size_t)snprintf(program + used, sizeof program - used, "%s", put);
        else
            program[used++] = *text;
    }
    program[used] = '\0';
    return program;
}

START_TEST(what_was_lent_ends_with_the_lock)
{
    ck_assert_program(about(&kinds[_i],
                            "boolean held = false; string order = \"\";\n"
                            ".internal.thread me = .internal.thread.current();\n"
                            ".internal.thread low = spawn(fun () { @ held = true;\n"
                            "    for (int i = 0; i < 5; i++) .internal.thread.yield(); $\n"
                            "    .internal.thread.yield(); order = order + \"low\"; });\n"
                            "low.setPriority(-2); while (!held) .internal.thread.yield();\n"
                            "me.setPriority(2); @ $\n"
                            ".internal.thread t = spawn(fun () { order = order + \"usual\"; });\n"
                            "t.setPriority(0); t.join(); low.join();\n"
                            "if (order != \"usuallow\") { println(order); exit(1); }\n"));
}
END_TEST

START_TEST(priorities_and_what_is_lent_outlive_a_restart)
{
    uint32_t id = machine_install(
        about(&kinds[_i],
              "boolean held = false; boolean got = false; int turns = 0;\n"
              ".internal.thread low = spawn(fun () { @ held = true;\n"
              "    sleep(300L); while (turns < 10) .internal.thread.yield();\n"
              "    for (int i = 0; i < 100; i++) .internal.thread.yield(); $ });\n"
              "low.setPriority(-2); while (!held) sleep(1L);\n"
              ".internal.thread high = spawn(fun () { @ got = true; $ });\n"
              "high.setPriority(2); sleep(150L);\n"
              ".internal.thread[] busy = [];\n"
              "for (int i = 0; i < 3; i++) { .internal.thread t = spawn(fun () { sleep(300L);\n"
              "    while (!got) { turns++; .internal.thread.yield(); } });\n"
              "  t.setPriority(1); busy.add(t); }\n"
              "foreach (t in busy) t.join();\n"
              "exit(low.priority() == -2 && high.priority() == 2 && turns < 200 ? 7 : 1);\n"));

    machine_await_threads(1, THREAD_WAITING);
    machine_await_threads(2, THREAD_SLEEPING);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

/* As by the statement, but that a mutex moves, and then its holder finds out by himself. */
START_TEST(who_waits_for_a_mutex_lends_his_priority_too)
{
    ck_assert_program(
        ".internal.mutex l = new .internal.mutex(); boolean held = false; boolean got = false;\n"
        "int turns = 0; boolean begun = false;\n"
        ".internal.thread me = .internal.thread.current(); me.setPriority(2);\n"
        ".internal.thread low = spawn(fun () { l.lock(); held = true;\n"
        "    while (!begun) .internal.thread.yield();\n"
        "    for (int i = 0; i < 10; i++) .internal.thread.yield(); l.unlock(); });\n"
        "low.setPriority(-2); while (!held) sleep(1L);\n"
        ".internal.thread[] busy = [];\n"
        "for (int i = 0; i < 3; i++) { .internal.thread t = spawn(fun () {\n"
        "    while (!got) { turns++; .internal.thread.yield(); } });\n"
        "  t.setPriority(1); busy.add(t); }\n"
        "begun = true; l.lock(); got = true; l.unlock();\n"
        "int waited = turns; foreach (t in busy) t.join(); low.join();\n"
        "if (waited > 40) { println(\"turns of others: \\{waited}\"); exit(1); }\n");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_priority_is_asked_for_set_and_inherited_from_who_spawns,
        who_is_more_urgent_runs_first,
        who_is_least_urgent_still_gets_a_turn,
        who_waits_for_a_lock_lends_his_priority_to_who_holds_it,
        who_waits_for_a_mutex_lends_his_priority_too,
    };
    Suite *suite = suite_create("priority");
    TCase *tcase = tcase_create("priority");

    tcase_set_timeout(tcase, 120);
    tcase_add_unchecked_fixture(tcase, machine_prepare, NULL);
    tcase_add_checked_fixture(tcase, start_with_one_worker, machine_stop_clean);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, what_was_lent_ends_with_the_lock, 0, KINDS);
    tcase_add_loop_test(tcase, priorities_and_what_is_lent_outlive_a_restart, 0, KINDS);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
