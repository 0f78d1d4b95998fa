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

/* The pages on which threads lie, in order. */
static uint64_t thread_pages[4096];
static unsigned thread_page_count;

static int
page_compare(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static void
find_thread_pages(void *argument)
{
    (void)argument;
    thread_page_count = 0;
    for (uint64_t slot = 0; slot < sizeof thread_pages / sizeof thread_pages[0]; slot++) {
        uint64_t thread = pmem_load64(SPACE_THREAD_TABLE + 8 * slot);

        if (thread != 0)
            thread_pages[thread_page_count++] = space_page_of(thread);
    }
    qsort(thread_pages, thread_page_count, sizeof thread_pages[0], page_compare);
}

static bool
is_thread_page(uint64_t page)
{
    return bsearch(&page, thread_pages, thread_page_count, sizeof thread_pages[0], page_compare) !=
           NULL;
}

/* Threads that sleep, and a first one that goes on at once; killed and started again. */
static uint32_t
cold(const char *rest)
{
    uint32_t threads = MACHINE_WORK(3000, 300), id;
    char text[512];

    snprintf(text, sizeof text,
             "for (int i = 0; i < %u; i++) spawn(fun () { sleep(1000000L); });\n"
             ".internal.machine.awaitRestart(.internal.machine.run());\n%s",
             (unsigned)threads, rest);
    id = machine_install(text);
    while (machine_application(id).thread_count <= threads)
        usleep(5000);
    usleep(100000);
    ck_assert_int_eq(pmem_world_do(NULL, find_thread_pages, NULL, 0), OK);
    machine_commit();
    machine_stop(false);
    fake.watched = is_thread_page;
    machine_start();
    return id;
}

/* Some of their pages may come in where the world waits, such as those of threads just woken. */
static void
assert_nobody_waited(void)
{
    fake.watched = NULL;
    ck_assert_uint_gt(thread_page_count, MACHINE_WORK(3000, 300));
    ck_assert_uint_le(fake.waited, 10);
}

START_TEST(the_world_does_not_wait_while_a_program_ends_whose_threads_are_on_the_disk)
{
    uint32_t id = cold("exit(7);\n");

    ck_assert_int_eq(machine_finish(id).status, 7);
    ck_assert_uint_eq(machine_application(id).thread_count, 0);
    assert_nobody_waited();
}
END_TEST

START_TEST(the_world_does_not_wait_while_such_a_program_is_stopped)
{
    uint32_t id = cold("while (true) { }\n");

    ck_assert_int_eq(vm_application_stop(id), OK);
    assert_nobody_waited();
    ck_assert_uint_eq(machine_application(id).thread_count, 0);
}
END_TEST

static uint64_t thread_page;

static void
find_thread(void *argument)
{
    (void)argument;
    thread_page = space_page_of(pmem_load64(SPACE_THREAD_TABLE + 8ull * 100));
}

/* The others sleep on, and end when they are told to; nobody has to read what is damaged. */
START_TEST(a_thread_that_is_damaged_does_not_keep_the_others_from_going_on)
{
    uint64_t deadline = plat_monotonic_ns() + 30000000000ull;
    uint32_t id =
        machine_install("for (int i = 0; i < 200; i++) spawn(fun () { sleep(1000000L); });\n"
                        "sleep(1000000L);\n");

    machine_await_threads(201, THREAD_SLEEPING);
    ck_assert_int_eq(pmem_world_do(NULL, find_thread, NULL, 0), OK);
    machine_stop(true);
    fake.corrupt_page = thread_page + 1;
    machine_start();
    usleep(300000);
    ck_assert_int_eq(machine_application(id).state, APPLICATION_RUNNING);
    ck_assert_int_eq(vm_application_stop(id), OK); /* that page is no better yet */
    while (machine_application(id).thread_count >= 20 && plat_monotonic_ns() < deadline)
        usleep(1000);
    ck_assert_uint_gt(machine_application(id).thread_count, 0); /* those that were damaged */
    ck_assert_uint_lt(machine_application(id).thread_count, 20);
    fake.corrupt_page = 0;
}
END_TEST

/* The page of one thread is damaged, and a program is stopped before anybody has come to it. */
START_TEST(whoever_goes_along_all_threads_passes_one_that_is_damaged)
{
    struct vm_thread_info rows[300];
    size_t count = 0;
    uint32_t id = machine_install(
        "for (int i = 0; i < 200; i++) spawn(fun () { sleep(1000000L); });\nsleep(1000000L);\n");

    machine_await_threads(201, THREAD_SLEEPING);
    ck_assert_int_eq(pmem_world_do(NULL, find_thread, NULL, 0), OK);
    machine_stop(true);
    fake.corrupt_page = thread_page + 1;
    machine_start();
    ck_assert_int_eq(vm_list_threads(rows, 300, &count), OK);
    ck_assert_uint_gt(count, 180);
    ck_assert_int_eq(vm_application_stop(id), OK);
    fake.corrupt_page = 0;
}
END_TEST

/* Nobody could be told that there is no room: so it says so at once, and changes nothing. */
START_TEST(without_any_room_a_machine_with_threads_does_not_start)
{
    struct pmem_stats stats;
    int64_t credit;
    uint32_t id = machine_install("sleep(500L); exit(7);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    machine_stop(true);
    credit = fake.credit;
    fake.credit = 0;
    start(&fake_store, machine_pmem);
    ck_assert_int_eq(vm_start(&machine_options), ERR_NOSPACE);
    pmem_stats_get(&stats);
    ck_assert_uint_eq(stats.pages_dirty, 0);
    fake.credit = credit;
    ck_assert_int_eq(vm_start(&machine_options), OK);
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        who_waits_sleeps_or_runs_goes_on_once_though_all_are_woken_at_once,
        who_never_rests_does_not_keep_the_others_from_going_on,
        a_program_is_stopped_while_its_threads_are_on_their_way,
        the_world_does_not_wait_while_a_program_ends_whose_threads_are_on_the_disk,
        the_world_does_not_wait_while_such_a_program_is_stopped,
        a_thread_that_is_damaged_does_not_keep_the_others_from_going_on,
        whoever_goes_along_all_threads_passes_one_that_is_damaged,
        without_any_room_a_machine_with_threads_does_not_start,
    };

    return machine_tests("restart", tests, sizeof tests / sizeof tests[0]);
}
