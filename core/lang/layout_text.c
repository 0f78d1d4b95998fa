/*
 * layout_text.c - writing tokens and comments into lines.
 *
 * Invariant: all of the source but white space is written, once and in order; `at` says how far.
 * A comment at the end of a line keeps its column as far as the code before it allows, so that
 * comments that stand under each other go on doing so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/layout_priv.h"

static void
append(struct layout *layout, const char *bytes, size_t count)
{
    if (count > 0 && buffer_append(&layout->text, bytes, count) != OK)
        lang_no_memory(layout->parser.lang);
}

static void
append_blanks(struct layout *layout, size_t count)
{
    while (count-- > 0)
        append(layout, " ", 1);
}

/* The column of a place that is not before the mark, to which that goes. */
static size_t
column_of(struct layout_mark *mark, const char *text, size_t offset)
{
    for (; mark->offset < offset; mark->offset++) {
        char c = text[mark->offset];

        if (c == '\n')
            mark->column = 0;
        else if (c == '\t')
            mark->column += LAYOUT_INDENT - mark->column % LAYOUT_INDENT;
        else if (((uint8_t)c & 0xc0) != 0x80)
            mark->column++;
    }
    return mark->column;
}

static size_t
source_column(struct layout *layout, size_t offset)
{
    return column_of(&layout->source_mark, layout->source, offset);
}

static size_t
text_column(struct layout *layout)
{
    return column_of(&layout->text_mark, (const char *)layout->text.bytes, layout->text.count);
}

/* Step over white space; returns how many lines end in it. */
static unsigned
skip_blanks(const char *source, size_t *at, size_t end)
{
    unsigned lines = 0;

    for (; *at < end && lang_is_blank(source[*at]); ++*at)
        lines += source[*at] == '\n';
    return lines;
}

/* Behind the comment that begins at `at`, without the end of its line. */
static size_t
comment_end(const char *source, size_t at, size_t end)
{
    size_t i = at + 2;

    if (source[at + 1] == '/') {
        while (i < end && source[i] != '\n')
            i++;
        return i;
    }
    while (i + 1 < end && (source[i] != '*' || source[i + 1] != '/'))
        i++;
    return i + 1 < end ? i + 2 : end;
}

/* `lines` line ends, but no more than one empty line; and the indentation of what comes from
 * `offset`. */
static void
begin_line(struct layout *layout, unsigned lines, unsigned level, size_t offset)
{
    size_t column = (size_t)level * LAYOUT_INDENT;

    if (layout->text.count > 0)
        append(layout, "\n\n", lines > 1 && !layout->opened ? 2 : 1);
    layout->level = level;
    layout->line_shift = (long)column - (long)source_column(layout, offset);
    append_blanks(layout, column);
}

/* A piece of the source that stays as it is. */
static void
append_verbatim(struct layout *layout, size_t start, size_t end)
{
    append(layout, layout->source + start, end - start);
    for (size_t i = start; i < end; i++) {
        if (layout->source[i] == '\n')
            layout->line_shift = 0;
    }
}

/* The lines of a comment; those behind the first move as it does. */
static void
append_comment(struct layout *layout, size_t start, size_t end)
{
    const char *source = layout->source;
    size_t from = source_column(layout, start);
    size_t to = text_column(layout);
    size_t line = start;

    for (;;) {
        size_t stop = line;
        size_t next;

        while (stop < end && source[stop] != '\n')
            stop++;
        next = stop;
        while (stop > line && lang_is_blank(source[stop - 1]))
            stop--;
        append(layout, source + line, stop - line);
        if (next == end)
            return;
        append(layout, "\n", 1);
        layout->line_shift = 0;
        for (line = next + 1; line < end && source[line] != '\n' && lang_is_blank(source[line]);
             line++) {
        }
        next = source_column(layout, line) + to;
        if (line < end && source[line] != '\n')
            append_blanks(layout, next > from ? next - from : 0);
    }
}

/* The blanks before a comment that ends the line. */
static void
append_distance(struct layout *layout, size_t blanks, size_t start)
{
    long want = (long)source_column(layout, start) + layout->line_shift;
    long have = (long)text_column(layout);

    append_blanks(layout, blanks > 1 && want > have ? (size_t)(want - have) : 1);
}

static bool
ends_line(const struct layout *layout, size_t at, size_t limit)
{
    return skip_blanks(layout->source, &at, limit) > 0 ||
           (at == limit && lang_at(&layout->parser, T_END));
}

/* A comment; `blanks` bytes of white space with `lines` line ends stand before it. */
static void
put_comment(struct layout *layout, size_t blanks, unsigned lines, unsigned level, size_t limit)
{
    size_t start = layout->at;
    size_t end = comment_end(layout->source, start, limit);

    if (lines > 0 || layout->text.count == 0)
        begin_line(layout, lines, level, start);
    else if (ends_line(layout, end, limit))
        append_distance(layout, blanks, start);
    else if (!layout->tight)
        append_blanks(layout, 1);
    append_comment(layout, start, end);
    layout->opened = false;
    layout->at = end;
}

/* The level of a comment at `at` on a line of its own, before a token of that level and column. */
static unsigned
comment_level(struct layout *layout, unsigned level, size_t token_column)
{
    switch (layout->comments) {
    case COMMENTS_DEEPER:
        return level + 1;
    case COMMENTS_BY_COLUMN:
        return level + (source_column(layout, layout->at) > token_column);
    default:
        return level;
    }
}

/* The comments before a token at `limit`; returns how many lines end behind the last. */
static unsigned
put_comments(struct layout *layout, size_t limit, unsigned level, bool *any)
{
    struct layout_mark ahead = layout->source_mark;
    size_t column = column_of(&ahead, layout->source, limit);
    size_t start = layout->at;
    unsigned lines = skip_blanks(layout->source, &layout->at, limit);

    *any = false;
    while (layout->at < limit) {
        put_comment(layout, layout->at - start, lines, comment_level(layout, level, column), limit);
        *any = true;
        start = layout->at;
        lines = skip_blanks(layout->source, &layout->at, limit);
    }
    return lines;
}

bool
lang_layout_begins_line(const struct layout *layout)
{
    size_t limit = lang_here(&layout->parser).offset;
    size_t at = layout->at;
    unsigned lines = skip_blanks(layout->source, &at, limit);

    while (at < limit) {
        at = comment_end(layout->source, at, limit);
        lines += skip_blanks(layout->source, &at, limit);
    }
    return lines > 0 || layout->line_break == BREAK_FORCED || layout->text.count == 0;
}

/* Take a token, or all tokens of a string with expressions; returns where it ends in the source. */
static size_t
take_whole(struct layout *layout)
{
    const struct token *token;
    unsigned open = 0;

    do {
        token = lang_take(&layout->parser);
        open += token->kind == T_STRING_BEGIN;
        open -= token->kind == T_STRING_END;
    } while (open > 0 && token->kind != T_END);
    return token->place.offset + token->place.length;
}

static bool
wants_space(const struct layout *layout, const struct token *token, bool behind_comment)
{
    if (layout->gap != GAP_USUAL)
        return layout->gap == GAP_SPACE;
    if (behind_comment)
        return token->kind != T_COMMA && token->kind != T_SEMICOLON && token->kind != T_RPAREN &&
               token->kind != T_RBRACKET;
    return lang_layout_space(layout, token);
}

void
lang_layout_put(struct layout *layout, unsigned level)
{
    const struct token *token = lang_peek(&layout->parser, 0);
    size_t start = token->place.offset;
    bool comments;
    unsigned lines = put_comments(layout, start, level, &comments);
    bool closes = token->kind == T_RBRACE || token->kind == T_RPAREN || token->kind == T_RBRACKET;

    if (layout->line_break == BREAK_JOINED && !comments)
        lines = 0;
    if (layout->line_break == BREAK_FORCED && lines == 0)
        lines = 1;
    if (lines > 0 || layout->text.count == 0)
        begin_line(layout, closes ? 1 : lines, level, start);
    else if (wants_space(layout, token, comments))
        append_blanks(layout, 1);
    layout->at = take_whole(layout);
    append_verbatim(layout, start, layout->at);
    (void)source_column(layout, layout->at); /* once, and not for each comment that follows */
    lang_layout_note(layout, token);
    layout->gap = GAP_USUAL;
    layout->line_break = BREAK_KEPT;
    layout->comments = COMMENTS_LEVEL;
}

void
lang_layout_begin(struct layout *layout)
{
    size_t end = layout->parser.tokens[layout->parser.last].place.offset;
    size_t stop;

    if (end >= 3 && __builtin_memcmp(layout->source, "\xef\xbb\xbf", 3) == 0)
        layout->at = 3;
    if (end - layout->at < 2 || layout->source[layout->at] != '#' ||
        layout->source[layout->at + 1] != '!')
        return;
    for (stop = layout->at; stop < end && layout->source[stop] != '\n'; stop++) {
    }
    append_comment(layout, layout->at, stop);
    layout->at = stop;
}

void
lang_layout_end(struct layout *layout)
{
    bool comments;

    (void)put_comments(layout, lang_here(&layout->parser).offset, 0, &comments);
    if (layout->text.count > 0)
        append(layout, "\n", 1);
}
