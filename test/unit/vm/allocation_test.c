/*
 * allocation_test.c - any allocation may find no memory: the program is told so, or never hears of
 * it because a collection helps, and the heap is whole whenever it is looked at.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

#define NTHS MACHINE_WORK(400, 40)

/* What takes memory: objects, strings, boxes, arrays, monitors, stacks, threads, exceptions. */
#define WORK                                                                                       \
    "class node { node next; string s; void node(node n, string t) { next = n; s = t; } }\n"       \
    "int deep(int n) { return n == 0 ? 0 : deep(n - 1) + 1; }\n"                                   \
    "int work() {\n"                                                                               \
    "  node head = null; int sum = 0;\n"                                                           \
    "  for (int i = 0; i < 20; i++) { head = new node(head, \"number \\{i} of twenty\"); }\n"      \
    "  any[] row = []; for (int i = 0; i < 20; i++) { row.add(1000000000000000000L + i); }\n"      \
    "  foreach (v in row) sum += v.hashCode() == 0 ? 0 : 1;\n"                                     \
    "  any big = new .internal.words(3000); sum += deep(300);\n"                                   \
    "  try { throw new .internal.error.state(\"thrown\"); } catch (.internal.error.state e) {\n"   \
    "    sum += e.toString().length() > 0 ? 1 : 0; }\n"                                            \
    "  int done = 0; .internal.thread t = spawn(fun () { synchronized (head) { done = 1; } });\n"  \
    "  synchronized (head) { .internal.thread.yield(); } t.join();\n"                              \
    "  while (head != null) { sum += head.s.length() > 10 ? 1 : 0; head = head.next; }\n"          \
    "  return sum + done; }\n"

static void
restart_with(struct heap_options heap)
{
    machine_stop(true);
    machine_options.heap = heap;
    machine_start();
}

START_TEST(whichever_allocation_fails_the_program_is_told_and_goes_on)
{
    unsigned told = 0;

    restart_with((struct heap_options){ .nursery_bytes = 256 << 10, .check_always = true });
    for (uint64_t n = 1; n <= NTHS; n += MACHINE_WORK(3, 7)) {
        uint32_t id = machine_install(
            WORK "int first = -1; sleep(2L);\n"
                 "try { first = work(); } catch (.internal.error.memory e) { first = 1000; }\n"
                 ".internal.system.gc();\n"
                 "if (first != 1000 && first != 342) exit(1);\n"
                 "if (work() != 342) exit(2);\n"
                 "exit(first == 1000 ? 7 : 0);\n");
        struct vm_application_info info;

        heap_fail_allocation(n);
        info = machine_finish(id);
        heap_fail_allocation(0);
        /* Or it is the thread that it started, which does not catch that: then this is said. */
        if (info.error[0] == '\0') {
            ck_assert_msg(info.status == 0 || info.status == 7, "%u: %d", (unsigned)n, info.status);
            told += info.status == 7;
        }
        ck_assert_int_eq(vm_application_remove(id), OK);
    }
    ck_assert_uint_ge(told, MACHINE_WORK(10, 1));
}
END_TEST

START_TEST(an_allocation_that_needs_a_collection_first_is_not_noticed)
{
    /* More than one instruction takes: what fails is run again from its beginning. */
    for (uint64_t every = 9; every < MACHINE_WORK(70, 20); every += MACHINE_WORK(4, 6)) {
        restart_with((struct heap_options){
            .nursery_bytes = 256 << 10, .check_always = true, .fail_every = every });
        ck_assert_int_eq(machine_status(WORK "exit(work() == 342 ? 7 : 1);\n"), 7);
    }
}
END_TEST

/* Nothing of a program that could not be put in is left. */
START_TEST(whichever_allocation_of_an_installation_fails_nothing_is_left)
{
    static const char text[] = WORK "exit(work() == 342 ? 7 : 1);\n";
    struct buffer module = machine_compile(text);
    struct vm_program program = { .name = "test.ph",
                                  .module = module.bytes,
                                  .module_bytes = module.count };
    unsigned refused = 0;

    for (uint64_t n = 1; n < 2000; n += 1 + n / MACHINE_WORK(8, 2)) {
        uint32_t id = 0;
        size_t count = 0;
        err_t err;

        heap_fail_allocation(n);
        err = vm_install(&program, &id, machine_report, NULL);
        heap_fail_allocation(0);
        if (err == OK) {
            machine_finish(id);
            ck_assert_int_eq(vm_application_remove(id), OK);
            continue;
        }
        ck_assert_int_eq(err, ERR_NOMEM);
        ck_assert_int_eq(vm_list_applications(NULL, 0, &count), OK);
        ck_assert_uint_eq(count, 0);
        refused++;
    }
    ck_assert_uint_gt(refused, 5);
    ck_assert_int_eq(machine_status(text), 7);
    buffer_free(&module);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        whichever_allocation_fails_the_program_is_told_and_goes_on,
        an_allocation_that_needs_a_collection_first_is_not_noticed,
        whichever_allocation_of_an_installation_fails_nothing_is_left,
    };

    return machine_tests("allocation", tests, sizeof tests / sizeof tests[0]);
}
