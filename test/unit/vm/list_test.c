/*
 * list_test.c - pictures of threads and programs, while they run, and of what is damaged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

#define ROWS 64

static struct vm_thread_info threads[ROWS];
static struct vm_application_info applications[ROWS];

static size_t
list_threads(void)
{
    size_t count = 0;

    ck_assert_int_eq(vm_list_threads(threads, ROWS, &count), OK);
    ck_assert_uint_le(count, ROWS);
    return count;
}

/* Threads of which something is damaged: themselves, their stacks, or what they run. */
static unsigned
damaged_threads(void)
{
    size_t count = list_threads();
    unsigned damaged = 0;

    for (size_t i = 0; i < count; i++)
        damaged += strcmp(threads[i].method, "(damaged)") == 0 || threads[i].id == 0;
    return damaged;
}

static unsigned
damaged_applications(void)
{
    size_t count = 0;

    ck_assert_int_eq(vm_list_applications(applications, ROWS, &count), OK);
    if (count == 0)
        return 1; /* their table */
    return strcmp(applications[0].name, "(damaged)") == 0 || strcmp(applications[0].name, "?") == 0;
}

/* Each page of all in turn is not in memory, and damaged: the others are seen all the same. */
START_TEST(what_is_damaged_is_said_in_its_line)
{
    unsigned in_threads = 0, in_applications = 0;

    machine_install(
        "class deep { int f(int n) { if (n == 0) sleep(86400000L); return f(n - 1) + 1; } }\n"
        "for (int i = 0; i < 20; i++) spawn(fun () { new deep().f(200); }, \"sleeper\");\n"
        "class gate { synchronized void pass() { wait(this); } }\n"
        "gate g = new gate(); g.pass();\n");
    machine_await_threads(20, THREAD_SLEEPING);
    machine_await_threads(1, THREAD_WAITING);
    machine_stop_clean();
    machine_options.safe = true;
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        if (fake.committed.slots[i].page <= space_page_of(SPACE_HEAP))
            continue;
        fake.corrupt_page = fake.committed.slots[i].page;
        machine_start();
        in_threads += damaged_threads();
        ck_assert_uint_lt(damaged_threads(), 21 + 1);
        in_applications += damaged_applications();
        machine_stop(false);
        fake.corrupt_page = 0;
    }
    ck_assert_uint_ge(in_threads, 21); /* each has a page of its own, or shares one */
    ck_assert_uint_ge(in_applications, 1);
    machine_start();
    ck_assert_uint_eq(damaged_threads(), 0);
    ck_assert_uint_eq(list_threads(), 21);
    ck_assert_uint_eq(damaged_applications(), 0);
}
END_TEST

/* Its stack grows, is copied, and its frames change all the time. */
START_TEST(a_thread_is_seen_while_it_runs)
{
    uint64_t deadline = plat_monotonic_ns() + 60000000000ull;
    unsigned seen = 0;

    machine_install("class deep { int f(int n) { return n == 0 ? 0 : f(n - 1) + 1; } }\n"
                    "while (true) { for (int n = 0; n < 400; n++) new deep().f(n); }\n");
    while (seen < MACHINE_WORK(200, 50) && plat_monotonic_ns() < deadline) {
        ck_assert_uint_eq(list_threads(), 1);
        ck_assert_str_ne(threads[0].method, "(damaged)");
        seen += strcmp(threads[0].method, ".deep.f") == 0 && threads[0].line == 1;
    }
    ck_assert_uint_eq(seen, MACHINE_WORK(200, 50));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        what_is_damaged_is_said_in_its_line,
        a_thread_is_seen_while_it_runs,
    };

    return machine_tests("list", tests, sizeof tests / sizeof tests[0]);
}
