/*
 * line_editor.h - a line that a person types: keys in, bytes for the terminal
 * out. Nothing here reads or writes a device or takes a lock.
 *
 * Keys: characters (UTF-8); left, right, home, end (also C-b C-f C-a C-e); by
 * words with Ctrl-left, Ctrl-right, Alt-b, Alt-f; backspace, delete; C-u the
 * whole line, C-k to its end, C-w the word before; C-l draw again; Enter;
 * C-d at an empty line: the end of input, else delete.
 *
 * Invariants: the line is whole characters of well-formed UTF-8, the cursor
 * stands between two of them, and not before a mark that belongs to the one
 * before. The terminal's cursor stands `shown_cursor` columns right of where the
 * line begins, and `shown_end` columns there are ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/character.h"

#define LINE_BYTES_MAX   4096
#define LINE_OUT_BYTES   2048 /* the most that one line_editor_... writes to `out` */
#define LINE_COLUMNS_MAX 400

enum line_event {
    LINE_NOTHING, /* the key was part of something longer, or meant nothing */
    LINE_CHANGED, /* call line_editor_draw() */
    LINE_REFUSED, /* there was nothing to do, or no room: ring the bell */
    LINE_DONE,    /* a line is complete: `bytes`, `count`; call line_editor_begin() */
    LINE_END,     /* the end of input */
};

enum line_escape {
    LINE_PLAIN,
    LINE_ESCAPE, /* ESC */
    LINE_CSI,    /* ESC [, and numbers */
    LINE_SS3,    /* ESC O */
};

struct line_editor {
    uint8_t bytes[LINE_BYTES_MAX];
    size_t count;
    size_t cursor; /* a byte of the line */

    enum line_escape escape;
    unsigned numbers[2]; /* of an escape sequence */
    unsigned number_count;
    uint8_t partial[CHARACTER_BYTES_MAX]; /* the begin of a character */
    unsigned partial_count;
    bool after_return; /* a newline that follows belongs to it */

    size_t window;      /* first byte that is shown */
    size_t shown_count; /* and the first after it that is not */
    unsigned shown_cursor, shown_end;
    bool appended; /* since it was shown, nothing but characters at its end have come */
};

/* Begin an empty line, where the terminal's cursor is. Also for the first one. */
void line_editor_begin(struct line_editor *editor);

/* Take one byte of input. */
enum line_event line_editor_key(struct line_editor *editor, uint8_t key);

/*
 * Bring the terminal up to date.
 *
 *   columns  that the line may use, from where it begins; 4 to LINE_COLUMNS_MAX
 *   out      room for LINE_OUT_BYTES
 *
 * Returns how many bytes it wrote.
 */
size_t line_editor_draw(struct line_editor *editor, unsigned columns, uint8_t *out);

/* Take the line off the terminal, so that something else can be shown there. */
size_t line_editor_hide(struct line_editor *editor, uint8_t *out);

/* Go to the line after it, when it is complete. */
size_t line_editor_leave(struct line_editor *editor, uint8_t *out);
