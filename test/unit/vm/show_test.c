/*
 * show_test.c - what a person sees of the variables in a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/machine.h"

#define ROOM (64u << 10)

static char text[ROOM + 1];
static bool missing;

/* What is shown. */
static const char *
shown(const char *pattern, size_t room)
{
    size_t bytes = 0;

    ck_assert_int_eq(vm_show(pattern, text, room, &bytes, &missing), OK);
    ck_assert_uint_le(bytes, room);
    text[bytes] = '\0';
    return text;
}

static void
program_run(const char *program)
{
    ck_assert_int_eq(machine_status(program), 0);
}

START_TEST(values_are_shown_as_the_language_writes_them)
{
    program_run("class tally { static int total = 5; static string label = \"a "
                "\\\"b\\\"\\t\\\\\\n\\u0085\"; }\n"
                "class point { int x; double y; boolean on; char c; string name; point other; }\n"
                "class place extends point { long more; }\n"
                "var n = -17;\n"
                "long big = 9007199254740993L;\n"
                "long huge = -9223372036854775807L;\n"
                "var x = 1.5;\n"
                "double tiny = 1e-300;\n"
                "float f = 2.5f;\n"
                "char letter = 'q';\n"
                "boolean yes = true;\n"
                "string s = \"h\\u00e9\\u4e00\";\n"
                "any box = 9007199254740993L * 1000;\n"
                "any some = 'x';\n"
                "var list = [1, 2.5, \"three\", null, true, 'c'];\n"
                "var none = [];\n"
                "var raw = new .internal.chars(2);\n"
                "var bits = new .internal.bytes(3); bits[1] = -1;\n"
                "var m = {\"one\": 1, \"gone\": 2, \"three\": [3]}; m.remove(\"gone\");\n"
                "var q = new .internal.container.queue(3);\n"
                "q.put(1); q.put(2); q.take(); q.put(3); q.put(4);\n"
                "var c = new channel(2); c.send(\"in\");\n"
                "var d = new deque(); d.add(1); d.addFirst(0);\n"
                "var once = new .internal.container.set(); once.add(\"k\");\n"
                "var p = new place(); p.y = 0.5; p.c = '\\''; p.more = 7L;\n"
                "var f2 = fun (a) { return a; };\n"
                "tally.total = tally.total + 1; tally.label = tally.label;\n");
    ck_assert_str_eq(
        shown(NULL, ROOM),
        "1 test.ph\n"
        "    tally.total = 6\n"
        "    tally.label = \"a \\\"b\\\"\\t\\\\\\n\\u0085\"\n"
        "    n = -17\n"
        "    big = 9007199254740993\n"
        "    huge = -9223372036854775807\n"
        "    x = 1.5\n"
        "    tiny = 1.0E-300\n"
        "    f = 2.5\n"
        "    letter = 'q'\n"
        "    yes = true\n"
        "    s = \"h\u00e9\u4e00\"\n"
        "    box = 9007199254740993000\n"
        "    some = 'x'\n"
        "    list = [1, 2.5, \"three\", null, true, 'c']\n"
        "    none = []\n"
        "    raw = ['\\u0000', '\\u0000']\n"
        "    bits = [0, -1, 0]\n"
        "    m = {\"one\": 1, \"three\": [3]}\n"
        "    q = [2, 3, 4]\n"
        "    c = [\"in\"]\n"
        "    d = [0, 1]\n"
        "    once = {\"k\"}\n"
        "    p = place{x: 0, y: 0.5, on: false, c: '\\'', name: null, other: null, more: 7}\n"
        "    f2 = fun\n");
    ck_assert(!missing);
}
END_TEST

START_TEST(a_pattern_chooses_and_shows_in_full)
{
    program_run("class tally { static int total = 5; }\n"
                "var list = [];\n"
                "for (int i = 0; i < 50; i++) list.add(i);\n"
                "var limit = 3;\n"
                "print(tally.total);\n");
    ck_assert_str_eq(shown("t*l", ROOM), "1 test.ph\n    tally.total = 5\n");
    ck_assert_str_eq(shown("tally.t?tal", ROOM), "1 test.ph\n    tally.total = 5\n");
    ck_assert_str_eq(shown("l?mit", ROOM), "1 test.ph\n    limit = 3\n");
    ck_assert_str_eq(shown("limits", ROOM), "");
    ck_assert_str_eq(shown("", ROOM), "");
    ck_assert_ptr_nonnull(strstr(shown("l*", ROOM), "48, 49]\n    limit = 3\n"));
    ck_assert_ptr_nonnull(strstr(shown(NULL, ROOM), "6, 7, ... 42 more]\n"));
    ck_assert_ptr_nonnull(strstr(shown("*", ROOM), "tally.total = 5\n"));
}
END_TEST

START_TEST(what_lies_within_itself_or_too_deep_or_is_long_has_an_end)
{
    program_run(
        "class node { node next; any what; }\n"
        "var loop = new node(); loop.next = loop;\n"
        "var list = [1, null]; list.add(list);\n"
        "var m = {\"a\": 1}; m[\"me\"] = m;\n"
        "node chain = null;\n"
        "for (int i = 0; i < 100000; i++) { var n = new node(); n.next = chain; chain = n; }\n"
        "any wide = [];\n"
        "for (int i = 0; i < 1000; i++) wide.add([wide, wide, wide, wide, wide]);\n"
        "string s = \"x\";\n"
        "for (int i = 0; i < 16; i++) s = s + s;\n"
        "var many = new ints(100000);\n");
    shown(NULL, ROOM);
    ck_assert_ptr_nonnull(strstr(text, "loop = node{next: node(see above), what: null}\n"));
    ck_assert_ptr_nonnull(strstr(text, "list = [1, null, array(see above)]\n"));
    ck_assert_ptr_nonnull(strstr(text, "m = {\"a\": 1, \"me\": map(see above)}\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "chain = node{next: node{next: node{...}, what: null}, what"));
    ck_assert_ptr_nonnull(strstr(text, "xxx\"... (65536 characters)\n"));
    ck_assert_ptr_nonnull(strstr(text, "many = [0, 0, 0, 0, 0, 0, 0, 0, ... 99992 more]\n"));
    ck_assert_uint_lt(strlen(text), 2000);
    ck_assert_ptr_nonnull(strstr(shown("wide", ROOM), " ...\n"));
    ck_assert_uint_lt(strlen(text), 20000);
}
END_TEST

START_TEST(with_little_room_lines_are_whole_and_what_is_missing_is_known)
{
    char all[ROOM + 1];
    size_t whole;

    program_run("var a = 1; var b = \"\\u4e00\\u4e00\"; var c = [1, 2, 3]; var d = {1: 2};\n");
    whole = strlen(strcpy(all, shown(NULL, ROOM)));
    for (size_t room = 0; room < whole + 8; room++) {
        memset(text, '#', sizeof text);
        shown(NULL, room);
        ck_assert(missing || strcmp(text, all) == 0 || strstr(text, " ...") != NULL);
        ck_assert_int_eq(text[room + 1], '#');
    }
}
END_TEST

START_TEST(a_program_that_was_removed_is_shown_no_more_and_others_are)
{
    uint32_t first = machine_install("var a = 1; sleep(86400000L);\n");

    machine_await_threads(1, THREAD_SLEEPING);
    machine_install("var b = 2; sleep(86400000L);\n");
    machine_await_threads(2, THREAD_SLEEPING);
    ck_assert_str_eq(shown(NULL, ROOM), "1 test.ph\n    a = 1\n\n2 test.ph\n    b = 2\n");
    ck_assert_str_eq(shown("b", ROOM), "2 test.ph\n    b = 2\n");
    ck_assert_int_eq(vm_application_remove(first), OK);
    ck_assert_str_eq(shown(NULL, ROOM), "2 test.ph\n    b = 2\n");
}
END_TEST

/* A page of an array that is not in memory, and damaged. */
START_TEST(damage_is_said_in_its_place)
{
    unsigned damaged = 0;

    program_run("var a = 1; var many = new ints(100000); var s = \"text\"; many[5] = 7;\n");
    machine_stop_clean();
    machine_options.safe = true;
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        if (fake.committed.slots[i].page <= space_page_of(SPACE_HEAP))
            continue;
        fake.corrupt_page = fake.committed.slots[i].page;
        machine_start();
        shown(NULL, ROOM);
        damaged += strstr(text, "damaged") != NULL || strstr(text, "?") != NULL;
        machine_stop(false);
        fake.corrupt_page = 0;
    }
    ck_assert_uint_ge(damaged, 2);
    machine_start();
    ck_assert_ptr_nonnull(strstr(shown(NULL, ROOM), "many = [0, 0, 0, 0, 0, 7, 0, 0, ... "));
}
END_TEST

START_TEST(looking_writes_nothing)
{
    struct pmem_stats before, after;

    program_run("var a = 1; var list = [1, 2, 3]; var m = {\"a\": 1};\n");
    machine_commit();
    pmem_stats_get(&before);
    for (unsigned i = 0; i < 20; i++)
        shown(i % 2 ? "*" : NULL, ROOM);
    pmem_stats_get(&after);
    ck_assert_uint_eq(after.first_writes, before.first_writes);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        values_are_shown_as_the_language_writes_them,
        a_pattern_chooses_and_shows_in_full,
        what_lies_within_itself_or_too_deep_or_is_long_has_an_end,
        with_little_room_lines_are_whole_and_what_is_missing_is_known,
        a_program_that_was_removed_is_shown_no_more_and_others_are,
        damage_is_said_in_its_place,
        looking_writes_nothing,
    };

    return machine_tests("vm/show", tests, sizeof tests / sizeof tests[0]);
}
