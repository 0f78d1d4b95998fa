/*
 * session_test.c - bytes between a person who attaches and a thread of the shell.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/session.h"

#include "prim/session_priv.h"
#include "unit/vm/machine.h"
#include "vm/attach.h"

static struct session *
open_session(bool person)
{
    struct session *session = NULL;

    ck_assert_int_eq(session_open(person, &session), OK);
    return session;
}

static void
type(struct session *session, const char *text)
{
    ck_assert_int_eq(session_input(session, text, strlen(text)), OK);
}

static const char *
peek(const struct session *session, bool keys)
{
    static char text[64];
    bool ended;
    size_t count =
        session_peek(session_number(session), keys, (uint8_t *)text, sizeof text - 1, &ended);

    text[count] = '\0';
    return text;
}

START_TEST(input_comes_in_lines_or_as_it_was_typed)
{
    struct session *session = open_session(true);
    uint32_t number = session_number(session);

    type(session, "one\ntw");
    ck_assert_str_eq(peek(session, false), "one\n");
    ck_assert_str_eq(peek(session, true), "one\ntw");
    session_take(number, 4);
    ck_assert_str_eq(peek(session, false), "");
    ck_assert_str_eq(peek(session, true), "tw");
    session_input_end(session, false);
    ck_assert_str_eq(peek(session, false), "tw"); /* the last line has no end */
    ck_assert(session_is_there(number));
    session_close(session);
    ck_assert(!session_is_there(number));
}
END_TEST

START_TEST(how_wide_the_terminal_is_is_known_as_soon_as_it_is_told)
{
    struct session *session = open_session(true);
    uint32_t number = session_number(session);

    ck_assert_uint_eq(session_columns(number), 0);
    session_resize(session, 132);
    ck_assert_uint_eq(session_columns(number), 132);
    session_close(session);
    ck_assert_uint_eq(session_columns(number), 0);
}
END_TEST

START_TEST(a_line_that_is_too_long_comes_in_pieces)
{
    struct session *session = open_session(false);
    char line[64];

    memset(line, 'x', sizeof line);
    ck_assert_int_eq(session_input(session, line, sizeof line), OK);
    ck_assert_uint_eq(strlen(peek(session, false)), 63);
    session_close(session);
}
END_TEST

START_TEST(nobody_types_without_end)
{
    static char much[1 << 19];
    struct session *session = open_session(false);

    ck_assert_int_eq(session_input(session, much, sizeof much), OK);
    ck_assert_int_eq(session_input(session, much, sizeof much), OK);
    ck_assert_int_eq(session_input(session, "x", 1), ERR_NOMEM);
    session_close(session);
}
END_TEST

START_TEST(what_is_shown_and_how_input_comes_keep_their_order)
{
    struct session *session = open_session(true);
    uint32_t number = session_number(session);
    char bytes[64];
    size_t count;

    ck_assert_int_eq(session_put(number, "ab", 2), SESSION_TAKEN);
    session_choose(number, true);
    session_choose(number, true);
    ck_assert_int_eq(session_put(number, "c", 1), SESSION_TAKEN);
    session_choose(number, false);
    ck_assert_int_eq(session_output(session, bytes, 1, &count), SESSION_OUTPUT);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(session_output(session, bytes, 64, &count), SESSION_OUTPUT);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(bytes[0], 'b');
    ck_assert_int_eq(session_output(session, bytes, 64, &count), SESSION_KEYS);
    ck_assert_int_eq(session_output(session, bytes, 64, &count), SESSION_OUTPUT);
    ck_assert_int_eq(bytes[0], 'c');
    ck_assert_int_eq(session_output(session, bytes, 64, &count), SESSION_LINES);
    session_leave(number);
    ck_assert_int_eq(session_output(session, bytes, 64, &count), SESSION_LEFT);
    ck_assert_int_eq(session_put(number, "d", 1), SESSION_GONE);
    session_close(session);
}
END_TEST

START_TEST(who_prints_more_than_is_taken_waits)
{
    static char much[60000];
    struct session *session = open_session(false);
    uint32_t number = session_number(session);
    size_t count, all = 0;

    ck_assert_int_eq(session_put(number, much, sizeof much), SESSION_TAKEN);
    ck_assert_int_eq(session_put(number, much, 10000), SESSION_FULL);
    while (all < sizeof much) {
        ck_assert_int_eq(session_output(session, much, 4096, &count), SESSION_OUTPUT);
        all += count;
    }
    ck_assert_int_eq(session_put(number, much, 10000), SESSION_TAKEN);
    session_close(session);
}
END_TEST

START_TEST(who_cannot_press_keys_is_not_told_of_them)
{
    struct session *session = open_session(false);
    char bytes[8];
    size_t count;

    session_choose(session_number(session), true);
    ck_assert(!session_is_person(session_number(session)));
    session_input_end(session, true);
    ck_assert_int_eq(session_output(session, bytes, sizeof bytes, &count), SESSION_OVER);
    session_close(session);
}
END_TEST

START_TEST(breaks_are_counted)
{
    struct session *session = open_session(true);
    uint32_t number = session_number(session);

    ck_assert_uint_eq(session_breaks(number), 0);
    session_break(session);
    session_break(session);
    ck_assert_uint_eq(session_breaks(number), 2);
    ck_assert_uint_eq(session_breaks_taken(number), 0);
    session_breaks_take(number);
    session_break(session);
    ck_assert_uint_eq(session_breaks_taken(number), 2);
    session_close(session);
}
END_TEST

/* The console's: the second Ctrl-C comes between two waits. */
START_TEST(a_break_that_comes_while_nobody_waits_is_heard_by_who_waits_next)
{
    uint32_t id = machine_install(".internal.console.awaitBreak(); sleep(500L);\n"
                                  ".internal.console.awaitBreak(); exit(7);\n");

    machine_await_threads(1, THREAD_WAITING);
    ck_assert(vm_break());
    machine_await_threads(1, THREAD_SLEEPING);
    ck_assert(vm_break());
    ck_assert(!vm_break()); /* nobody has taken notice of that one yet */
    ck_assert_int_eq(machine_finish(id).status, 7);
}
END_TEST

/* A person who has attached to a shell. */
static struct session *
attach(void)
{
    struct buffer module = machine_compile("new .phantom.shell.shell().stay();\n");
    struct vm_program program = { .name = VM_SHELL_NAME,
                                  .module = module.bytes,
                                  .module_bytes = module.count };
    struct session *session = open_session(true);
    uint32_t application;

    ck_assert_int_eq(vm_install(&program, &application, machine_report, NULL), OK);
    buffer_free(&module);
    ck_assert_int_eq(vm_attach(session_number(session)), OK);
    return session;
}

/* What is shown, up to a letter. */
static void
await_shown(struct session *session, char letter)
{
    char bytes[256];
    size_t count;

    do
        ck_assert_int_le(session_output(session, bytes, sizeof bytes, &count), SESSION_LINES);
    while (memchr(bytes, letter, count) == NULL);
}

/* Each key right when the one before is shown: the thread is just about to wait for it. */
START_TEST(no_key_is_missed_whenever_it_comes)
{
    struct session *session = attach();

    await_shown(session, '>');
    for (int i = 0; i < MACHINE_WORK(30000, 1000); i++) {
        char key[] = { (char)('a' + i % 26), '\0' };
        uint64_t end = plat_monotonic_ns() + (uint64_t)(i % 500) * 100;

        while (plat_monotonic_ns() < end)
            continue;
        type(session, key);
        await_shown(session, key[0]);
        if (i % 26 == 25)
            type(session, "\x15");
    }
    session_input_end(session, true);
    session_close(session);
}
END_TEST

START_TEST(without_a_shell_nobody_talks)
{
    struct session *session = open_session(true);

    ck_assert_int_eq(vm_attach(session_number(session)), ERR_NOT_FOUND);
    session_close(session);
}
END_TEST

START_TEST(a_machine_that_stops_has_no_sessions)
{
    struct session *session = open_session(true);
    char bytes[8];
    size_t count;

    machine_stop(true);
    ck_assert_int_eq(session_output(session, bytes, sizeof bytes, &count), SESSION_OVER);
    machine_start();
    session_close(session);
    session_close(open_session(true));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        input_comes_in_lines_or_as_it_was_typed,
        how_wide_the_terminal_is_is_known_as_soon_as_it_is_told,
        a_line_that_is_too_long_comes_in_pieces,
        nobody_types_without_end,
        what_is_shown_and_how_input_comes_keep_their_order,
        who_prints_more_than_is_taken_waits,
        who_cannot_press_keys_is_not_told_of_them,
        breaks_are_counted,
        a_break_that_comes_while_nobody_waits_is_heard_by_who_waits_next,
        no_key_is_missed_whenever_it_comes,
        without_a_shell_nobody_talks,
        a_machine_that_stops_has_no_sessions,
    };

    return machine_tests("session", tests, sizeof tests / sizeof tests[0]);
}
