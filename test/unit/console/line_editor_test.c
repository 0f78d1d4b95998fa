/*
 * line_editor_test.c - what a person types, what comes of it, and what the
 * terminal shows meanwhile: a small terminal is played here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "console/line_editor.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define COLUMNS 40
#define EMPTY   ' '

/* One row of a terminal, a character in each column; of wide ones the second is WIDE_REST. */
#define WIDE_REST UINT32_MAX

struct terminal {
    uint32_t cells[COLUMNS];
    unsigned cursor;
    unsigned rows; /* newlines seen */
};

static struct line_editor editor;
static struct terminal terminal;
static uint8_t out[LINE_OUT_BYTES];

static void
terminal_clear(void)
{
    for (unsigned i = 0; i < COLUMNS; i++)
        terminal.cells[i] = EMPTY;
    terminal.cursor = 0;
}

/* One sequence ESC [ number LETTER; how many bytes it has. */
static size_t
terminal_sequence(const uint8_t *bytes)
{
    char *end;
    unsigned number = (unsigned)strtoul((const char *)bytes + 2, &end, 10);

    ck_assert_int_eq(bytes[1], '[');
    switch (*end) {
    case 'C':
        terminal.cursor += number;
        break;
    case 'D':
        ck_assert_uint_le(number, terminal.cursor);
        terminal.cursor -= number;
        break;
    case 'K':
        for (unsigned i = terminal.cursor; i < COLUMNS; i++)
            terminal.cells[i] = EMPTY;
        break;
    default:
        ck_abort_msg("the terminal does not know ESC [ %c", *end);
    }
    ck_assert_uint_lt(terminal.cursor, COLUMNS);
    return (size_t)((const uint8_t *)end + 1 - bytes);
}

static void
terminal_feed(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count;) {
        unsigned size = character_bytes(bytes[i]);
        uint32_t character = character_decode(bytes + i, size);

        if (bytes[i] == 0x1b) {
            i += terminal_sequence(bytes + i);
            continue;
        }
        i += size;
        if (character == '\b') {
            ck_assert_uint_gt(terminal.cursor, 0);
            terminal.cursor--;
        } else if (character == '\r') {
            terminal.cursor = 0;
        } else if (character == '\n') {
            terminal.rows++;
            terminal_clear();
        } else {
            ck_assert_uint_ge(character, ' ');
            if (character_columns(character) == 0)
                continue;
            terminal.cells[terminal.cursor++] = character;
            if (character_columns(character) == 2)
                terminal.cells[terminal.cursor++] = WIDE_REST;
            ck_assert_uint_lt(terminal.cursor, COLUMNS); /* it never comes to wrapping */
        }
    }
}

/* The terminal must show a part of the line that holds the cursor, and the cursor in it. */
static void
terminal_check(void)
{
    unsigned column = 0;
    size_t at = editor.window;

    while (at < editor.count && column + 2 < COLUMNS) {
        unsigned size = character_bytes(editor.bytes[at]);
        uint32_t character = character_decode(editor.bytes + at, size);

        if (at == editor.cursor)
            ck_assert_uint_eq(terminal.cursor, column);
        if (character_columns(character) > 0)
            ck_assert_uint_eq(terminal.cells[column], character == '\t' ? ' ' : character);
        column += character_columns(character);
        at += size;
    }
    if (editor.cursor == editor.count && at == editor.count)
        ck_assert_uint_eq(terminal.cursor, column);
    if (column + 2 < COLUMNS) {
        for (; column < COLUMNS; column++)
            ck_assert_uint_eq(terminal.cells[column], EMPTY);
    }
}

static void
begin(void)
{
    memset(&editor, 0, sizeof(editor));
    terminal_clear();
    line_editor_begin(&editor);
}

static void
leave(void)
{
    terminal_feed(out, line_editor_leave(&editor, out));
    line_editor_begin(&editor);
}

/* Type; the last event comes back. */
static enum line_event
type_bytes(const char *keys, size_t count)
{
    enum line_event event = LINE_NOTHING;

    for (size_t i = 0; i < count; i++) {
        event = line_editor_key(&editor, (uint8_t)keys[i]);
        if (event == LINE_CHANGED) {
            terminal_feed(out, line_editor_draw(&editor, COLUMNS, out));
            terminal_check();
        }
    }
    return event;
}

static enum line_event
type(const char *keys)
{
    return type_bytes(keys, strlen(keys));
}

static void
holds(const char *text)
{
    ck_assert_uint_eq(editor.count, strlen(text));
    ck_assert_mem_eq(editor.bytes, text, editor.count);
}

START_TEST(plain_typing_is_echoed_byte_by_byte)
{
    begin();
    ck_assert_int_eq(line_editor_key(&editor, 'h'), LINE_CHANGED);
    ck_assert_uint_eq(line_editor_draw(&editor, COLUMNS, out), 1);
    ck_assert_int_eq(out[0], 'h');
    ck_assert_int_eq(line_editor_key(&editor, 'i'), LINE_CHANGED);
    ck_assert_uint_eq(line_editor_draw(&editor, COLUMNS, out), 1);
    ck_assert_int_eq(out[0], 'i');
    ck_assert_int_eq(line_editor_key(&editor, '\r'), LINE_DONE);
    ck_assert_uint_eq(line_editor_leave(&editor, out), 2);
    ck_assert_mem_eq(out, "\r\n", 2);
    holds("hi");
}
END_TEST

START_TEST(keys_edit_the_line)
{
    static const struct {
        const char *keys, *line;
    } rows[] = {
        { "abc", "abc" },
        { "abc\b", "ab" },
        { "abc\x7f\x7f\x7f\x7f", "" },
        { "ac\x1b[Db", "abc" },
        { "bc\x01"
          "a",
          "abc" },
        { "bc\x1b[Ha\x1b[Fd", "abcd" },
        { "bc\x1bOHa\x1bOFd", "abcd" },
        { "bc\x1b[1~a\x1b[4~d", "abcd" },
        { "abc\x1b[D\x1b[D\x1b[3~", "ac" },
        { "abc\x01\x04", "bc" },
        { "abc\x02\x0b", "ab" },
        { "abc\x15x", "x" },
        { "one two  three\x17", "one two  " },
        { "one two  three\x17\x17", "one " },
        { "one two\x1b[1;5Dx", "one xtwo" },
        { "one two\x01\x1b[1;5Cx", "onex two" },
        { "one two\x1b"
          "bx\x1b"
          "fy",
          "one xtwoy" },
        { "a\x1b[99;99;99mb", "ab" },
        { "a\x1b[15~b\x1b[Zc\x1bxd", "abcd" },
        { "a\x07\x0e\x1f"
          "b",
          "ab" },
        { "a\tb\x1b[D\bc", "acb" },
        { "\xc3\xa4\xe4\xb8\xad\b", "\xc3\xa4" },
        { "e\xcc\x81x\b\b", "" },             /* a mark goes with its letter */
        { "e\xcc\x81\x1b[Dx", "xe\xcc\x81" }, /* and is not stepped into */
        { "e\xcc\x81x\x1b[H\x1b[Cy", "e\xcc\x81yx" },
        { "e\xcc\x81x\x1b[H\x1b[3~", "x" },
        { "\xf0\x9f\x98\x80\x1b[D\xe4\xb8\xad", "\xe4\xb8\xad\xf0\x9f\x98\x80" },
        { "a\xff"
          "b",
          "a\xef\xbf\xbd"
          "b" },
        { "a\xc3"
          "b",
          "a\xef\xbf\xbd"
          "b" },
        { "\xed\xa0\x80", "\xef\xbf\xbd" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        (void)type(rows[i].keys);
        ck_assert_msg(editor.count == strlen(rows[i].line) &&
                          memcmp(editor.bytes, rows[i].line, editor.count) == 0,
                      "row %zu: '%.*s'", i, (int)editor.count, editor.bytes);
    }
}
END_TEST

START_TEST(return_and_newline_together_are_one_end_of_line)
{
    begin();
    ck_assert_int_eq(type("a\r"), LINE_DONE);
    leave();
    ck_assert_int_eq(type("\n"), LINE_NOTHING);
    ck_assert_int_eq(type("b\n"), LINE_DONE);
    holds("b");
    leave();
    ck_assert_int_eq(type("\n"), LINE_DONE);
    holds("");
}
END_TEST

START_TEST(control_d_ends_the_input_only_at_an_empty_line)
{
    begin();
    ck_assert_int_eq(type("a\x04"), LINE_REFUSED);
    ck_assert_int_eq(type("\x7f\x04"), LINE_END);
}
END_TEST

START_TEST(a_full_line_takes_no_more)
{
    begin();
    for (unsigned i = 0; i < LINE_BYTES_MAX; i++)
        ck_assert_int_eq(type("x"), LINE_CHANGED);
    ck_assert_int_eq(type("x"), LINE_REFUSED);
    ck_assert_int_eq(type("\b\xc3\xa4"), LINE_REFUSED);
    ck_assert_uint_eq(editor.count, LINE_BYTES_MAX - 1);
    ck_assert_int_eq(type("y\r"), LINE_DONE);
    ck_assert_uint_eq(editor.count, LINE_BYTES_MAX);
}
END_TEST

START_TEST(a_long_line_is_seen_through_a_window)
{
    begin();
    for (unsigned i = 0; i < 100; i++)
        (void)type_bytes(&"0123456789"[i % 10], 1);
    ck_assert_uint_gt(editor.window, 0);
    (void)type("\x01");
    ck_assert_uint_eq(editor.window, 0);
    ck_assert_uint_eq(terminal.cursor, 0);
    ck_assert_uint_eq(terminal.cells[0], '0');
    (void)type("\x05");
    ck_assert_uint_eq(terminal.cells[terminal.cursor - 1], '9');
}
END_TEST

START_TEST(a_hidden_line_leaves_nothing_and_comes_back)
{
    begin();
    (void)type("hello\x1b[D");
    terminal_feed(out, line_editor_hide(&editor, out));
    ck_assert_uint_eq(terminal.cursor, 0);
    for (unsigned i = 0; i < COLUMNS; i++)
        ck_assert_uint_eq(terminal.cells[i], EMPTY);
    terminal_feed(out, line_editor_draw(&editor, COLUMNS, out));
    terminal_check();
    ck_assert_uint_eq(terminal.cursor, 4);
    terminal_feed(out, line_editor_leave(&editor, out));
    ck_assert_uint_eq(terminal.rows, 1);
}
END_TEST

START_TEST(whatever_is_typed_the_terminal_shows_the_line)
{
    static const char *const keys[] = {
        "a",
        "b",
        " ",
        "\xc3\xa4",
        "\xe4\xb8\xad",
        "\xcc\x81",
        "\x1b[D",
        "\x1b[C",
        "\x1b[H",
        "\x1b[F",
        "\x7f",
        "\x1b[3~",
        "\x17",
        "\x0b",
        "\x1b[1;5D",
        "\x1b[1;5C",
        "\t",
        "long words ",
        "\xff",
        "\xe2",
        "\xcc\x81\xcc\x81",
        "\x0c",
        "x",
        "yz",
    };
    uint64_t state = 3;

    begin();
    for (unsigned i = 0; i < 6000; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        (void)type(keys[(state >> 33) % (sizeof keys / sizeof keys[0])]);
        if ((state >> 40) % 50 == 0)
            terminal_feed(out, line_editor_hide(&editor, out));
        if ((state >> 40) % 50 == 0)
            terminal_feed(out, line_editor_draw(&editor, COLUMNS, out));
        if ((state >> 40) % 400 == 1)
            (void)type("\x15");
        ck_assert_uint_le(editor.cursor, editor.count);
    }
}
END_TEST

UNIT_TESTS("console/line_editor", plain_typing_is_echoed_byte_by_byte, keys_edit_the_line,
           return_and_newline_together_are_one_end_of_line,
           control_d_ends_the_input_only_at_an_empty_line, a_full_line_takes_no_more,
           a_long_line_is_seen_through_a_window, a_hidden_line_leaves_nothing_and_comes_back,
           whatever_is_typed_the_terminal_shows_the_line)
