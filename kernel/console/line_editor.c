/*
 * line_editor.c - editing, and showing what was edited with as few bytes as
 * plain typing needs: a character at the end of the line is that character.
 *
 * A line that is longer than the terminal is wide is seen through a window that
 * moves with the cursor; so the terminal never wraps, and moving left by columns
 * is all that is ever needed of it (ECMA-48: CUB, EL).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "console/line_editor.h"

#include "base/assert.h"
#include "base/format.h"
#include "base/memory.h"

#define CONTROL(letter)   ((letter) - '@')
#define ESC               0x1b
#define DELETE            0x7f
#define DRAW_BYTES_MAX    (LINE_OUT_BYTES - 64) /* of the line itself, without the moving */
#define REPLACEMENT       "\xef\xbf\xbd"
#define REPLACEMENT_BYTES 3

/* ---- characters of the line ---- */

/* Columns of the character at a byte of the line, and how many bytes it has. */
static unsigned
columns_at(const struct line_editor *editor, size_t at, unsigned *bytes)
{
    *bytes = character_bytes(editor->bytes[at]);
    assert(*bytes > 0);
    assert(at + *bytes <= editor->count);
    if (editor->bytes[at] == '\t')
        return 1; /* it is shown as a blank */
    return character_columns(character_decode(editor->bytes + at, *bytes));
}

/* The place after the character at `at` and the marks that stand on it. */
static size_t
next_of(const struct line_editor *editor, size_t at)
{
    unsigned bytes;

    if (at == editor->count)
        return at;
    (void)columns_at(editor, at, &bytes);
    at += bytes;
    while (at < editor->count && columns_at(editor, at, &bytes) == 0)
        at += bytes;
    return at;
}

static size_t
before_of(const struct line_editor *editor, size_t at)
{
    unsigned bytes;

    while (at > 0) {
        do
            at--;
        while ((editor->bytes[at] & 0xc0) == 0x80);
        if (columns_at(editor, at, &bytes) > 0)
            break;
    }
    return at;
}

static bool
is_blank(const struct line_editor *editor, size_t at)
{
    return editor->bytes[at] == ' ' || editor->bytes[at] == '\t';
}

static size_t
word_before(const struct line_editor *editor, size_t at)
{
    while (at > 0 && is_blank(editor, before_of(editor, at)))
        at = before_of(editor, at);
    while (at > 0 && !is_blank(editor, before_of(editor, at)))
        at = before_of(editor, at);
    return at;
}

static size_t
word_after(const struct line_editor *editor, size_t at)
{
    while (at < editor->count && is_blank(editor, at))
        at = next_of(editor, at);
    while (at < editor->count && !is_blank(editor, at))
        at = next_of(editor, at);
    return at;
}

/* ---- editing ---- */

static enum line_event
move_to(struct line_editor *editor, size_t to)
{
    if (to == editor->cursor)
        return LINE_REFUSED;
    editor->appended = false;
    editor->cursor = to;
    return LINE_CHANGED;
}

/* Remove bytes; the cursor is at the place then. */
static enum line_event
cut(struct line_editor *editor, size_t from, size_t to)
{
    if (from == to)
        return LINE_REFUSED;
    editor->appended = false;
    memmove(editor->bytes + from, editor->bytes + to, editor->count - to);
    editor->count -= to - from;
    editor->cursor = from;
    if (editor->window > editor->cursor)
        editor->window = editor->cursor;
    return LINE_CHANGED;
}

static enum line_event
insert(struct line_editor *editor, const uint8_t *bytes, size_t count)
{
    if (count > LINE_BYTES_MAX - editor->count)
        return LINE_REFUSED;
    if (editor->cursor < editor->count)
        editor->appended = false;
    memmove(editor->bytes + editor->cursor + count, editor->bytes + editor->cursor,
            editor->count - editor->cursor);
    memcpy(editor->bytes + editor->cursor, bytes, count);
    editor->count += count;
    editor->cursor += count;
    return LINE_CHANGED;
}

/* Collect the bytes of a character; what is none becomes U+FFFD. */
static enum line_event
character_key(struct line_editor *editor, uint8_t key)
{
    enum line_event event = LINE_NOTHING;
    unsigned bytes;

    if (editor->partial_count > 0 && (key & 0xc0) != 0x80) {
        editor->partial_count = 0; /* it was cut short */
        event = insert(editor, (const uint8_t *)REPLACEMENT, REPLACEMENT_BYTES);
    }
    editor->partial[editor->partial_count++] = key;
    bytes = character_bytes(editor->partial[0]);
    if (bytes > editor->partial_count)
        return event;
    editor->partial_count = 0;
    if (bytes == 0 || character_decode(editor->partial, bytes) == UINT32_MAX)
        return insert(editor, (const uint8_t *)REPLACEMENT, REPLACEMENT_BYTES);
    return insert(editor, editor->partial, bytes);
}

static enum line_event
control_key(struct line_editor *editor, uint8_t key)
{
    size_t cursor = editor->cursor;

    switch (key) {
    case CONTROL('A'):
        return move_to(editor, 0);
    case CONTROL('B'):
        return move_to(editor, before_of(editor, cursor));
    case CONTROL('D'):
        return editor->count == 0 ? LINE_END : cut(editor, cursor, next_of(editor, cursor));
    case CONTROL('E'):
        return move_to(editor, editor->count);
    case CONTROL('F'):
        return move_to(editor, next_of(editor, cursor));
    case CONTROL('H'):
    case DELETE:
        return cut(editor, before_of(editor, cursor), cursor);
    case CONTROL('I'):
        return insert(editor, &key, 1);
    case CONTROL('K'):
        return cut(editor, cursor, editor->count);
    case CONTROL('L'):
        return LINE_CHANGED;
    case CONTROL('U'):
        return cut(editor, 0, editor->count);
    case CONTROL('W'):
        return cut(editor, word_before(editor, cursor), cursor);
    default:
        return LINE_NOTHING;
    }
}

/* The last byte of ESC [ numbers LETTER, or of ESC O LETTER. */
static enum line_event
sequence_end(struct line_editor *editor, uint8_t letter)
{
    bool by_words = editor->number_count > 1 && editor->numbers[1] == 5; /* with Ctrl */
    size_t cursor = editor->cursor;

    if (letter == '~') {
        switch (editor->numbers[0]) {
        case 1:
        case 7:
            return move_to(editor, 0);
        case 3:
            return cut(editor, cursor, next_of(editor, cursor));
        case 4:
        case 8:
            return move_to(editor, editor->count);
        default:
            return LINE_NOTHING;
        }
    }
    switch (letter) {
    case 'C':
        return move_to(editor, by_words ? word_after(editor, cursor) : next_of(editor, cursor));
    case 'D':
        return move_to(editor, by_words ? word_before(editor, cursor) : before_of(editor, cursor));
    case 'F':
        return move_to(editor, editor->count);
    case 'H':
        return move_to(editor, 0);
    default:
        return LINE_NOTHING;
    }
}

static enum line_event
escape_key(struct line_editor *editor, uint8_t key)
{
    enum line_escape state = editor->escape;

    editor->escape = LINE_PLAIN;
    if (state == LINE_ESCAPE && (key == '[' || key == 'O')) {
        editor->escape = key == '[' ? LINE_CSI : LINE_SS3;
        memset(editor->numbers, 0, sizeof(editor->numbers));
        editor->number_count = 1;
        return LINE_NOTHING;
    }
    if (state == LINE_ESCAPE && key == 'b')
        return move_to(editor, word_before(editor, editor->cursor));
    if (state == LINE_ESCAPE && key == 'f')
        return move_to(editor, word_after(editor, editor->cursor));
    if (state == LINE_ESCAPE || key < ' ')
        return LINE_NOTHING;
    if (state == LINE_CSI && key < '@') {
        unsigned *number = &editor->numbers[editor->number_count - 1];

        editor->escape = LINE_CSI;
        if (key == ';' && editor->number_count < 2)
            editor->number_count++;
        else if (key >= '0' && key <= '9' && *number < 1000)
            *number = *number * 10 + (key - '0');
        return LINE_NOTHING;
    }
    return sequence_end(editor, key);
}

enum line_event
line_editor_key(struct line_editor *editor, uint8_t key)
{
    bool after_return = editor->after_return;

    editor->after_return = false;
    if (key == ESC) {
        editor->escape = LINE_ESCAPE;
        return LINE_NOTHING;
    }
    if (editor->escape != LINE_PLAIN)
        return escape_key(editor, key);
    if (key == '\n' && after_return)
        return LINE_NOTHING;
    if (key == '\r' || key == '\n') {
        editor->after_return = key == '\r';
        return LINE_DONE;
    }
    if (key < ' ' || key == DELETE) {
        editor->partial_count = 0;
        return control_key(editor, key);
    }
    return character_key(editor, key);
}

/* ---- showing ---- */

struct output {
    uint8_t *bytes;
    size_t count;
};

static void
put(struct output *out, const void *bytes, size_t count)
{
    assert(count <= LINE_OUT_BYTES - out->count);
    memcpy(out->bytes + out->count, bytes, count);
    out->count += count;
}

static void
put_left(struct output *out, unsigned columns)
{
    char text[16];

    if (columns > 0)
        put(out, text, format(text, sizeof(text), columns == 1 ? "\b" : "\x1b[%uD", columns));
}

/* Columns of a part of the line. */
static unsigned
columns_between(const struct line_editor *editor, size_t from, size_t to)
{
    unsigned columns = 0;
    unsigned bytes;

    for (size_t at = from; at < to; at += bytes)
        columns += columns_at(editor, at, &bytes);
    return columns;
}

/* Move the window so that the cursor is in it, seldom and far rather than often. */
static void
window_move(struct line_editor *editor, unsigned columns)
{
    if (editor->window > editor->cursor)
        editor->window = editor->cursor;
    if (columns_between(editor, editor->window, editor->cursor) < columns)
        return;
    while (columns_between(editor, editor->window, editor->cursor) > columns / 2)
        editor->window = next_of(editor, editor->window);
}

/* Put characters from `at` on, as many as fit; returns the first that did not. */
static size_t
put_characters(const struct line_editor *editor, size_t at, unsigned columns, unsigned *end,
               struct output *out)
{
    while (at < editor->count) {
        unsigned bytes;
        unsigned wide = columns_at(editor, at, &bytes);

        if (*end + wide >= columns || out->count + bytes > DRAW_BYTES_MAX)
            break;
        put(out, editor->bytes[at] == '\t' ? (const uint8_t *)" " : editor->bytes + at, bytes);
        *end += wide;
        at += bytes;
    }
    return at;
}

/* All of the line that is new stands at its end, and fits. */
static bool
draw_appended(struct line_editor *editor, unsigned columns, struct output *out)
{
    unsigned end = editor->shown_end;
    size_t shown = editor->shown_count;

    if (!editor->appended || columns_between(editor, editor->window, editor->count) >= columns)
        return false;
    editor->shown_count = put_characters(editor, shown, columns, &end, out);
    editor->shown_cursor = end;
    editor->shown_end = end;
    return true;
}

size_t
line_editor_draw(struct line_editor *editor, unsigned columns, uint8_t *out)
{
    struct output to = { out, 0 };
    unsigned cursor, end = 0;

    assert(columns >= 4);
    assert(columns <= LINE_COLUMNS_MAX);
    if (draw_appended(editor, columns, &to))
        return to.count;
    window_move(editor, columns);
    cursor = columns_between(editor, editor->window, editor->cursor);
    put_left(&to, editor->shown_cursor);
    editor->shown_count = put_characters(editor, editor->window, columns, &end, &to);
    if (editor->shown_end > end)
        put(&to, "\x1b[K", 3);
    if (cursor > end)
        cursor = end; /* so many marks that not all were shown */
    put_left(&to, end - cursor);
    editor->shown_cursor = cursor;
    editor->shown_end = end;
    editor->appended = editor->cursor == editor->count && editor->shown_count == editor->count;
    return to.count;
}

size_t
line_editor_hide(struct line_editor *editor, uint8_t *out)
{
    struct output to = { out, 0 };

    put_left(&to, editor->shown_cursor);
    if (editor->shown_end > 0)
        put(&to, "\x1b[K", 3);
    editor->shown_cursor = 0;
    editor->shown_end = 0;
    editor->appended = false;
    return to.count;
}

void
line_editor_begin(struct line_editor *editor)
{
    editor->count = 0;
    editor->cursor = 0;
    editor->window = 0;
    editor->partial_count = 0;
    editor->escape = LINE_PLAIN;
    editor->shown_cursor = 0;
    editor->shown_end = 0;
    editor->shown_count = 0;
    editor->appended = true;
}

size_t
line_editor_leave(struct line_editor *editor, uint8_t *out)
{
    struct output to = { out, 0 };
    char text[16];

    if (editor->shown_end > editor->shown_cursor)
        put(&to, text,
            format(text, sizeof(text), "\x1b[%uC", editor->shown_end - editor->shown_cursor));
    put(&to, "\r\n", 2);
    return to.count;
}
