/*
 * frame_test.c - frames: stacks that grow, move, and leave memory; instructions
 * that wait for pages, and pages that never come.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

#define DEPTH     MACHINE_WORK("9000", "2000")
#define DIVES     MACHINE_WORK("20", "2")
#define NODES     MACHINE_WORK("400000", "100000") /* do not fit into the memory beside it */
#define MEMORY_MB MACHINE_WORK(16, 5)

START_TEST(a_growing_stack_keeps_both_areas)
{
    ck_assert_program("class d {\n"
                      "  long f(int n, string s, long l, any o) {\n"
                      "    int a = n * 3; string t = s; any p = o; long q = l + 1L;\n"
                      "    long below = n == 0 ? 0L : f(n - 1, s, q, p);\n"
                      "    if (a != n * 3 || t != s || p != o || q != l + 1L) exit(1);\n"
                      "    return below + 1L; } }\n"
                      "any o = new .internal.object();\n"
                      "for (int i = 0; i < 3; i++) if (new d().f(" DEPTH
                      ", \"word\", 5L, o) != " DEPTH "L + 1L) exit(2);\n");
}
END_TEST

START_TEST(stacks_grow_in_threads_of_their_own)
{
    ck_assert_program(
        "class d { int got; int f(int n) { if (n == 0) return 0; return f(n - 1) + 1; }\n"
        "  void run() { for (int i = 0; i < " DIVES "; i++) got = f(2000); } }\n"
        "d[] all = []; .internal.thread[] ts = [];\n"
        "for (int i = 0; i < 8; i++) { d x = new d(); all.add(x); ts.add(spawn(x)); }\n"
        "foreach (t in ts) t.join();\n"
        "foreach (x in all) if (x.got != 2000) exit(1);\n");
}
END_TEST

/* Its stack is made before the method has ever run. */
START_TEST(the_first_frame_of_a_thread_has_room_for_all_its_operands)
{
    ck_assert_int_eq(
        machine_assembled_status("entry .main\nclass .main extends .internal.object\n"
                                 "method <entry> ()v static locals 100 1 stack 100 200\n"
                                 "  ICONST8 13\n  INVOKESTATIC .internal.system exit (i)v\n"
                                 "  RETURN\nend\n"),
        13);
}
END_TEST

START_TEST(instructions_wait_for_pages_and_run_again)
{
    struct pmem_stats stats;

    /*
     * Memory for a small part of what lives: every walk over it pages. What touches a node first is
     * a test of identity, and the first instruction of its method.
     */
    machine_stop(true);
    machine_pmem.resident_bytes_max = MEMORY_MB << 20;
    machine_start();
    ck_assert_program("class node { node next; int v; string s; }\n"
                      "node head = null;\n"
                      "boolean same(any a, any b) { return a :== b; }\n"
                      "for (int i = 0; i < " NODES "; i++) { node n = new node(); n.v = i;\n"
                      "  n.s = \"text of \\{i}\"; n.next = head; head = n; }\n"
                      "for (int k = 0; k < 3; k++) {\n"
                      "  int at = " NODES " - 1; node p = head;\n"
                      "  while (p != null) { if (same(p, head) != (p.v == " NODES
                      " - 1)) exit(3);\n"
                      "    if (p.v != at || p.s != \"text of \\{at}\") exit(1);\n"
                      "    p.v = at; at--; p = p.next; }\n"
                      "  if (at != -1) exit(2); }\n");
    pmem_stats_get(&stats);
    ck_assert_uint_gt(stats.pages_evicted, 0);
    ck_assert_uint_gt(stats.pages_in, 0);
    machine_pmem.resident_bytes_max = 0;
}
END_TEST

/* The middle of the one large array of bytes. */
static uint64_t found_page;

static void
find_large_array(void *argument)
{
    uint64_t blocks = pmem_load64(SPACE_ROOT + offsetof(struct space_root, heap_blocks_used));

    (void)argument;
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t at = SPACE_HEAP + i * HEAP_BLOCK_BYTES;

        if (header_class_number(pmem_load64(at)) == CLASS_BYTES && pmem_load32(at + 8) == 400000)
            found_page = space_page_of(at + 200000);
    }
}

/* Restart the machine with a page of the large array damaged; the program ends with 12. */
static void
finish_with_a_damaged_array(uint32_t id)
{
    ck_assert_int_eq(pmem_world_do(NULL, find_large_array, NULL, 0), OK);
    ck_assert_uint_ne(found_page, 0);
    machine_stop(true);
    fake.corrupt_page = found_page + 1;
    machine_start();
    ck_assert_int_eq(machine_finish(id).status, 12);
    fake.corrupt_page = 0;
}

START_TEST(a_damaged_page_is_an_exception_where_it_is_touched)
{
    uint32_t id = machine_install(
        "class keep { static .internal.binary b = new .internal.binary(400000); }\n"
        "for (int i = 0; i < 400000; i++) keep.b[i] = 7;\n"
        "sleep(600L);\n"
        "int sum = 0; int caught = 0;\n"
        "for (int i = 0; i < 400000; i++) {\n"
        "  try { sum += keep.b[i]; } catch (.internal.error.damage e) { caught++; } }\n"
        "if (caught != 4096) exit(1); if (sum != (400000 - 4096) * 7) exit(2); exit(12);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    finish_with_a_damaged_array(id);
}
END_TEST

/* Also right behind the lock that a thread waited for, and that others still wait for. */
START_TEST(a_damaged_page_is_an_exception_behind_a_lock)
{
    uint32_t id = machine_install(
        "class keep { static .internal.binary b = new .internal.binary(400000); }\n"
        "for (int i = 0; i < 400000; i++) keep.b[i] = 7;\n"
        "any l = new .internal.object(); int caught = 0; int sum = 0; any[] all = [];\n"
        "synchronized (l) { for (int i = 0; i < 3; i++) all.add(spawn(fun () {\n"
        "    try { synchronized (l) { sum += keep.b[199990]; } }\n"
        "    catch (.internal.error.damage e) { caught++; } }));\n"
        "  sleep(600L); }\n"
        "foreach (t in all) t.join(); exit(caught == 3 ? 12 : 1);\n");

    machine_await_threads(3, THREAD_WAITING);
    finish_with_a_damaged_array(id);
}
END_TEST

static uint64_t stack_page;

static void
find_stack(void *argument)
{
    ref_t thread = pmem_load64(SPACE_THREAD_TABLE);

    (void)argument;
    stack_page = space_page_of(GET_WORD(thread_object, thread, stack) + PAGE_BYTES);
}

START_TEST(a_thread_whose_stack_is_damaged_ends_and_its_application_fails)
{
    uint32_t id =
        machine_install("class d { int f(int n) { if (n == 0) { sleep(600L); return 0; }\n"
                        "  return f(n - 1) + 1; } }\n"
                        "exit(new d().f(3000));\n");
    struct vm_application_info info;

    machine_await_threads(1, THREAD_SLEEPING);
    ck_assert_int_eq(pmem_world_do(NULL, find_stack, NULL, 0), OK);
    machine_stop(true);
    fake.corrupt_page = stack_page + 1;
    machine_start();
    info = machine_finish(id);
    ck_assert_int_eq(info.status, 1);
    ck_assert_int_eq(info.state, APPLICATION_FAILED);
    fake.corrupt_page = 0;
}
END_TEST

static void
find_running_frame(void *argument)
{
    ref_t thread = pmem_load64(SPACE_THREAD_TABLE);
    uint64_t slots = GET_WORD(thread_object, thread, stack) + sizeof(struct stack_object);

    (void)argument;
    stack_page = space_page_of(slots + 8 * (uint64_t)GET_U32(thread_object, thread, frame_word));
}

/* It does not even come as far as to wait for the disk. */
START_TEST(a_thread_whose_frame_the_disk_does_not_give_can_be_stopped)
{
    uint32_t id =
        machine_install("class d { int f(int n) { if (n == 0) { sleep(600L); return 0; }\n"
                        "  return f(n - 1) + 1; } }\n"
                        "exit(new d().f(3000));\n");

    machine_await_threads(1, THREAD_SLEEPING);
    ck_assert_int_eq(pmem_world_do(NULL, find_running_frame, NULL, 0), OK);
    machine_stop(true);
    fake.silent_page = stack_page + 1;
    machine_start();
    while (fake.silences == 0)
        usleep(1000);
    ck_assert_int_eq(vm_application_stop(id), OK);
    ck_assert_uint_eq(machine_finish(id).thread_count, 0);
    fake.silent_page = 0;
}
END_TEST

START_TEST(a_full_volume_throttles_and_never_stops_the_machine)
{
    uint32_t id =
        machine_install("class node { node next; string s; }\n"
                        "class keep { static node head; }\n"
                        "int i = 0;\n"
                        "try { while (true) { node n = new node(); n.s = \"text of \\{i}\";\n"
                        "  n.next = keep.head; keep.head = n; i++; } }\n"
                        "catch (.internal.error.space e) { keep.head = null; exit(13); }\n"
                        "catch (.internal.error.memory e) { keep.head = null; exit(13); }\n");
    struct vm_application_info info;

    fake.fills = true;
    fake.credit = 3000;
    usleep(3000000);
    fake.credit = 1000000; /* somebody made room, or the program gave up before */
    fake.fills = false;
    info = machine_application(id);
    if (info.state == APPLICATION_RUNNING && info.thread_count > 0)
        ck_assert_int_eq(vm_application_stop(id), OK);
    else
        ck_assert_int_eq(info.status, 13);
}
END_TEST

int
main(void)
{
    /* Under ThreadSanitizer faults are served in place: no instruction is run again. */
    const TTest *const in_place[] = {
        a_growing_stack_keeps_both_areas,
        stacks_grow_in_threads_of_their_own,
        the_first_frame_of_a_thread_has_room_for_all_its_operands,
        a_full_volume_throttles_and_never_stops_the_machine,
    };
    const TTest *const tests[] = {
        a_growing_stack_keeps_both_areas,
        stacks_grow_in_threads_of_their_own,
        the_first_frame_of_a_thread_has_room_for_all_its_operands,
        instructions_wait_for_pages_and_run_again,
        a_damaged_page_is_an_exception_where_it_is_touched,
        a_damaged_page_is_an_exception_behind_a_lock,
        a_thread_whose_stack_is_damaged_ends_and_its_application_fails,
        a_thread_whose_frame_the_disk_does_not_give_can_be_stopped,
        a_full_volume_throttles_and_never_stops_the_machine,
    };

    if (IN_PLACE)
        return machine_tests("frame", in_place, sizeof in_place / sizeof in_place[0]);
    return machine_tests("frame", tests, sizeof tests / sizeof tests[0]);
}
