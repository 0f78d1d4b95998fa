/*
 * errand_test.c - errands: bytes go into the tree of names and come out again, beside programs and
 * without them, over restarts, and never halfway.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/errand.h"

#include <pthread.h>

#include "unit/vm/machine.h"

/* Holds a directory locked until it is stopped. */
#define HOLDER                                                                                     \
    "any held = .internal.directory.root().makeDirectory(\"held\");\n"                             \
    "synchronized (held) { sleep(1000000L); }\n"

static char said[1000];

/* One errand from its begin to its end. Bytes come out as text. */
static err_t
errand_do(const struct vm_order *order, const char *bytes, char *result, size_t result_max)
{
    struct vm_errand *errand;
    struct buffer trouble = { 0 };
    err_t err = vm_errand_begin(order, &errand);
    uint64_t count;

    said[0] = '\0';
    if (err != OK)
        return err;
    if (order->bytes > 0)
        err = vm_errand_write(errand, bytes, order->bytes);
    if (err == OK)
        err = vm_errand_run(errand, &trouble);
    if (err == OK && result != NULL) {
        count = vm_errand_result_bytes(errand);
        ck_assert_uint_lt(count, result_max);
        ck_assert_int_eq(vm_errand_read(errand, 0, result, count), OK);
        result[count] = '\0';
    }
    snprintf(said, sizeof said, "%.*s", (int)trouble.count, (const char *)trouble.bytes);
    vm_errand_end(errand);
    buffer_free(&trouble);
    return err;
}

static err_t
put(const char *path, const char *text)
{
    return errand_do(
        &(struct vm_order){ .act = "put", .path = path, .name = "", .bytes = strlen(text) }, text,
        NULL, 0);
}

#define ck_assert_got(expected, act_, path_)                                                       \
    do {                                                                                           \
        char got_[2000] = "";                                                                      \
        struct vm_order order_ = { .act = (act_), .path = (path_), .name = "" };                   \
                                                                                                   \
        ck_assert_int_eq(errand_do(&order_, NULL, got_, sizeof got_), OK);                         \
        ck_assert_str_eq(got_, (expected));                                                        \
    } while (0)

START_TEST(what_is_put_is_there_after_a_restart)
{
    ck_assert_int_eq(put("a/b", "content"), OK);
    machine_commit();
    machine_stop(false);
    machine_start();
    ck_assert_got("content", "get", "a/b");
    ck_assert_got("a/\n", "ls", "");
}
END_TEST

START_TEST(an_errand_is_done_beside_a_program_that_runs)
{
    machine_install("int n = 0; while (true) n++;\n");
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(put("a", "x"), OK);
    ck_assert_got("x", "get", "a");
    ck_assert_int_eq(vm_application_stop(1), OK);
}
END_TEST

START_TEST(why_it_was_not_done_is_said)
{
    struct vm_order order = { .act = "get", .path = "no/where", .name = "" };

    ck_assert_int_eq(errand_do(&order, NULL, NULL, 0), ERR_PROGRAM);
    ck_assert_str_eq(said, "there is no no in the tree of names");
    order.path = "\xff";
    ck_assert_int_eq(errand_do(&order, NULL, NULL, 0), ERR_RANGE);
    ck_assert_int_eq(put("..", "x"), ERR_PROGRAM);
    ck_assert_str_eq(said, "not a name in a directory: \"..\"");
    order = (struct vm_order){ .act = "put", .bytes = VM_ERRAND_BYTES_MAX + 1 };
    ck_assert_int_eq(errand_do(&order, NULL, NULL, 0), ERR_RANGE);
}
END_TEST

START_TEST(what_was_not_put_is_garbage)
{
    struct vm_order order = { .act = "put", .path = "a", .name = "", .bytes = 3000000 };
    struct heap_stats before, after;
    struct vm_errand *errand;

    ck_assert_int_eq(put("b", "x"), OK);
    ck_assert_program(".internal.system.gc();\n");
    heap_stats_get(&before);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(vm_errand_begin(&order, &errand), OK);
        ck_assert_int_eq(vm_errand_write(errand, "abc", 3), OK);
        vm_errand_end(errand);
    }
    ck_assert_program(".internal.system.gc();\n");
    heap_stats_get(&after);
    ck_assert_uint_lt(after.live_bytes, before.live_bytes + 1000000);
    ck_assert_got("b\n", "ls", "");
}
END_TEST

START_TEST(nobody_runs_where_programs_stand_still)
{
    uint32_t id = machine_install("int n = 0; while (true) n++;\n");
    struct vm_application_info info;
    uint64_t personal;

    machine_stop(true);
    machine_options.paused = true;
    machine_start();
    personal = vm_personal_ns();
    ck_assert_int_eq(put("a", "x"), OK);
    ck_assert_got("x", "get", "a");
    info = machine_application(id);
    ck_assert_uint_eq(info.thread_count, 1);
    for (int i = 0; i < 100; i++) {
        struct vm_thread_info rows[4];
        size_t count;

        ck_assert_int_eq(vm_list_threads(rows, 4, &count), OK);
        ck_assert_uint_eq(count, 1);
        ck_assert_uint_eq(rows[0].cpu_ns, 0);
        usleep(1000);
    }
    ck_assert_uint_eq(vm_personal_ns(), personal);
    machine_stop(true);
    machine_options.paused = false;
    machine_start();
    ck_assert_got("x", "get", "a");
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(who_stands_still_lets_go_of_a_lock_and_does_no_more)
{
    uint32_t id =
        machine_install("any held = .internal.directory.root().makeDirectory(\"held\");\n"
                        "class busy { void run() { int n = 0; while (true) {\n"
                        "  synchronized (held) { for (int i = 0; i < 1000; i++) n++; } } } };\n"
                        "for (int i = 0; i < 4; i++) spawn(new busy());\n"
                        "sleep(86400000L);\n");
    struct vm_thread_info rows[8];
    uint64_t before = 0;
    size_t count;

    machine_await_threads(1, THREAD_SLEEPING);
    for (int i = 0; i < 10; i++) {
        machine_options.paused = false;
        machine_stop(true);
        machine_options.paused = true;
        machine_start();
        ck_assert_int_eq(put("held/x", "content"), OK);
        usleep(10000);
        for (int round = 0; round < 2; round++) {
            uint64_t cpu_ns = 0;

            ck_assert_int_eq(vm_list_threads(rows, 8, &count), OK);
            ck_assert_uint_eq(count, 5);
            for (size_t k = 0; k < count; k++)
                cpu_ns += rows[k].cpu_ns;
            ck_assert(round == 0 || cpu_ns == before);
            before = cpu_ns;
            usleep(10000);
        }
        machine_stop(true);
        machine_options.paused = false;
        machine_start();
        usleep(10000);
    }
    ck_assert_int_eq(vm_application_stop(id), OK);
}
END_TEST

START_TEST(nothing_is_done_where_nothing_runs)
{
    machine_stop(true);
    machine_options.safe = true;
    machine_start();
    ck_assert_int_eq(put("a", "x"), ERR_UNSUPPORTED);
    machine_stop(true);
    machine_options.safe = false;
    machine_start();
    ck_assert_got("", "ls", "");
}
END_TEST

static err_t put_answer;

static void *
put_main(void *argument)
{
    (void)argument;
    put_answer = put("held/x", "content");
    return NULL;
}

/* An errand waits for a lock, in a thread of its own, and a snapshot has that. */
static pthread_t
errand_waits(uint32_t *id)
{
    pthread_t thread;

    *id = machine_install(HOLDER);
    machine_await_threads(1, THREAD_SLEEPING);
    ck_assert_int_eq(pthread_create(&thread, NULL, put_main, NULL), 0);
    machine_await_threads(1, THREAD_WAITING);
    machine_commit();
    return thread;
}

START_TEST(who_waits_is_told_when_the_machine_stops_and_it_is_not_done)
{
    uint32_t id;
    pthread_t thread = errand_waits(&id);

    vm_call_off();
    pthread_join(thread, NULL);
    ck_assert_int_eq(put_answer, ERR_CANCELLED);
    ck_assert_int_eq(vm_application_stop(id), ERR_CANCELLED);
    usleep(100000);
    machine_stop(true);
    machine_start();
    ck_assert_got("", "ls", "held");
}
END_TEST

START_TEST(an_errand_that_nobody_waits_for_any_more_is_not_done)
{
    uint32_t id;
    pthread_t thread = errand_waits(&id);

    vm_call_off();
    pthread_join(thread, NULL);
    machine_stop(false); /* killed: the errand is as the snapshot has it, and its owner is gone */
    machine_start();
    ck_assert_int_eq(vm_application_stop(id), OK);
    ck_assert_got("", "ls", "held");
    ck_assert_int_eq(put("held/x", "later"), OK);
    usleep(100000);
    ck_assert_got("later", "get", "held/x");
}
END_TEST

START_TEST(an_errand_waits_for_a_lock)
{
    uint32_t id;
    pthread_t thread = errand_waits(&id);

    ck_assert_int_eq(vm_application_stop(id), OK);
    pthread_join(thread, NULL);
    ck_assert_int_eq(put_answer, OK);
    ck_assert_got("content", "get", "held/x");
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        what_is_put_is_there_after_a_restart,
        an_errand_is_done_beside_a_program_that_runs,
        why_it_was_not_done_is_said,
        what_was_not_put_is_garbage,
        nobody_runs_where_programs_stand_still,
        who_stands_still_lets_go_of_a_lock_and_does_no_more,
        nothing_is_done_where_nothing_runs,
        who_waits_is_told_when_the_machine_stops_and_it_is_not_done,
        an_errand_that_nobody_waits_for_any_more_is_not_done,
        an_errand_waits_for_a_lock,
    };

    return machine_tests("errand", tests, sizeof tests / sizeof tests[0]);
}
