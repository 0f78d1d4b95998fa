/*
 * layout_priv.h - what the three files that lay out a source share.
 *
 * layout.c goes along the tokens as the grammar has them and knows how deep each line stands;
 * layout_space.c knows what two neighbours are written with; layout_text.c writes, and takes
 * the comments along. Only white space is ever chosen: tokens and comments come from the source.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/parse_priv.h"

#define LAYOUT_INDENT 4 /* columns of a level, and of a tab */

/* What stands between a token and the one before it on its line. */
enum layout_gap {
    GAP_USUAL, /* layout_space.c knows */
    GAP_NONE,
    GAP_SPACE,
};

enum layout_break {
    BREAK_KEPT,   /* as the author has it */
    BREAK_JOINED, /* no line begins here, unless behind a comment */
    BREAK_FORCED, /* a line begins here */
};

/* How deep the comments on lines of their own stand that come before a token. */
enum layout_comments {
    COMMENTS_LEVEL,     /* as the token */
    COMMENTS_DEEPER,    /* they belong to what it ends */
    COMMENTS_BY_COLUMN, /* as deep as the author has them, the token or deeper */
};

/* How far the lines of a text were measured: a long line is gone along once. */
struct layout_mark {
    size_t offset;
    size_t column;
};

struct layout {
    struct parser parser; /* stands at the next token */
    const char *source;
    size_t at; /* up to here the source is written */
    struct layout_mark source_mark;

    struct buffer text;
    struct layout_mark text_mark;
    unsigned level;  /* of the line that is being written */
    long line_shift; /* how far it has moved to the right of where it was */

    enum token_kind before; /* the token that was written last */
    bool operand;           /* it ends an operand: what follows it is no prefix */
    bool tight;             /* what follows sticks to it */
    bool opened;            /* it opens something: no empty line follows */
    bool fresh;             /* nothing of the present statement is written */

    /* For the next token only. */
    enum layout_gap gap;
    enum layout_break line_break;
    enum layout_comments comments;
};

/* ---- layout_text.c ---- */

/* Step over a mark that editors write, and write a first line for the shell. */
void lang_layout_begin(struct layout *layout);

/* Write the next token, with the comments before it. If it begins a line, that has this level. */
void lang_layout_put(struct layout *layout, unsigned level);

/* Write the comments that are left, and end the last line. */
void lang_layout_end(struct layout *layout);

/* True if the next token begins a line. */
bool lang_layout_begins_line(const struct layout *layout);

/* ---- layout_space.c ---- */

/* True if a space stands between what was written last and this token. */
bool lang_layout_space(const struct layout *layout, const struct token *token);

/* Know what was written last. */
void lang_layout_note(struct layout *layout, const struct token *token);
