/*
 * layout.c - laying out a source: where lines begin, and how deep.
 *
 * The text was parsed before, so what comes here is a program; these functions go along its
 * tokens in the order of the grammar, and write each. A line break stays where its author has it,
 * but for a brace, `else`, `catch`, `finally` and the `while` of a `do`, which stand on the line
 * of what they go on with, and for a block of several lines, whose braces end and begin lines.
 * What goes on on another line stands one level deeper than the line it goes on from.
 *
 * Promise: the tokens of the result are those of the source, and so are its comments. It is
 * asserted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/layout_priv.h"

#include "base/assert.h"
#include "lang/class_priv.h"

static void lay_statement(struct layout *layout, unsigned level);

static bool
at(const struct layout *layout, enum token_kind kind)
{
    return lang_at(&layout->parser, kind);
}

static bool
at_attributes(const struct layout *layout)
{
    return at(layout, T_AT) || at(layout, T_ATTRIBUTE);
}

/* A statement or a member begins; returns the level of its line. */
static unsigned
begin(struct layout *layout, unsigned level)
{
    layout->operand = false;
    layout->tight = false;
    layout->fresh = true;
    return lang_layout_begins_line(layout) ? level : layout->level;
}

/* The next token of a statement of that level. */
static void
put_more(struct layout *layout, unsigned level)
{
    lang_layout_put(layout, layout->fresh ? level : level + 1);
}

/* The semicolon that ends one. */
static void
put_end(struct layout *layout, unsigned level)
{
    if (!layout->fresh)
        layout->line_break = BREAK_JOINED;
    put_more(layout, level);
}

/* ---- braces ---- */

/* True if an opening brace stands here whose closing one stands on another line. */
static bool
is_wide(const struct layout *layout)
{
    const struct parser *parser = &layout->parser;
    size_t end = lang_scan_pair(parser, 0, T_LBRACE, T_RBRACE);

    return end != 0 && lang_peek(parser, end - 1)->place.line != lang_here(parser).line;
}

/* Braces around items, which stand one level deeper. */
static void
lay_braces(struct layout *layout, unsigned level, void (*lay_item)(struct layout *, unsigned))
{
    bool wide = is_wide(layout);
    uint32_t line = 0;

    if (!layout->fresh)
        layout->line_break = BREAK_JOINED;
    lang_layout_put(layout, level);
    while (!at(layout, T_RBRACE) && !at(layout, T_END)) {
        if (wide && lang_here(&layout->parser).line != line)
            layout->line_break = BREAK_FORCED;
        line = lang_here(&layout->parser).line;
        lay_item(layout, level + 1);
    }
    layout->line_break = wide ? BREAK_FORCED : BREAK_KEPT;
    layout->comments = COMMENTS_DEEPER;
    layout->gap = GAP_SPACE;
    lang_layout_put(layout, level);
}

static void
lay_block(struct layout *layout, unsigned level)
{
    lay_braces(layout, level, lay_statement);
}

/* ---- expressions ---- */

/* What a walk over an expression has to know. */
struct run {
    enum token_kind end; /* it stops before this one */
    bool in_map;         /* a colon stands behind a key */
    unsigned choices;    /* `?` whose `:` is still to come */
};

static void lay_next(struct layout *layout, unsigned level, struct run *run);

static bool
is_over(const struct layout *layout, const struct run *run)
{
    return (at(layout, run->end) && run->choices == 0) || at(layout, T_END);
}

/* Brackets and what is in them: lines there stand one level deeper than the one that opens them. */
static void
lay_brackets(struct layout *layout, unsigned level)
{
    struct run run = {
        .end = at(layout, T_LPAREN)     ? T_RPAREN
               : at(layout, T_LBRACKET) ? T_RBRACKET
                                        : T_RBRACE,
        .in_map = at(layout, T_LBRACE),
    };
    unsigned outer;

    lang_layout_put(layout, level);
    outer = layout->level;
    layout->tight = true;
    while (!is_over(layout, &run))
        lay_next(layout, outer + 1, &run);
    layout->comments = COMMENTS_DEEPER;
    layout->gap = GAP_NONE;
    lang_layout_put(layout, outer);
}

/* True if the parentheses that begin here can hold nothing but a type. */
static bool
holds_type(const struct parser *parser)
{
    size_t close = lang_scan_pair(parser, 0, T_LPAREN, T_RPAREN);

    return lang_is_primitive_name(parser, lang_peek(parser, 1)->symbol) ||
           lang_peek(parser, close - 2)->kind == T_RBRACKET;
}

/*
 * A parenthesis. Behind a cast stands a space; `(a) (b)` may be a cast or a call, and its author
 * says which.
 */
static void
lay_parenthesis(struct layout *layout, unsigned level)
{
    bool cast = !layout->operand && lang_at_cast(&layout->parser);
    bool sure = cast && holds_type(&layout->parser);

    lay_brackets(layout, level);
    if (cast && !sure && at(layout, T_LPAREN))
        cast = lang_here(&layout->parser).offset > layout->at;
    layout->operand = !cast;
}

/* { ("@" | "attribute") attr { "," attr } } */
static void
lay_attributes(struct layout *layout, unsigned level)
{
    struct parser probe = layout->parser;
    uint16_t flags = 0;

    lang_parse_attributes(&probe, &flags, NULL);
    while (layout->parser.at < probe.at && !at(layout, T_END)) {
        switch (lang_peek(&layout->parser, 0)->kind) {
        case T_LPAREN:
            lay_brackets(layout, level);
            break;
        case T_PLUS:
        case T_STAR:
        case T_NOT:
        case T_NOT_ARROW:
        case T_ARROW_NOT:
            layout->gap = GAP_NONE;
            put_more(layout, level);
            layout->tight = false;
            break;
        default:
            put_more(layout, level);
        }
    }
    layout->operand = false;
}

/* new T, or new *(class) : T, to what stands before the arguments */
static void
lay_new(struct layout *layout, unsigned level)
{
    size_t count;

    lang_layout_put(layout, level);
    if (!at(layout, T_STAR))
        return;
    lang_layout_put(layout, level);
    if (!at(layout, T_LPAREN))
        return; /* the name of a variable that holds a class */
    lay_brackets(layout, level);
    if (!at(layout, T_COLON))
        return;
    lang_layout_put(layout, level);
    for (count = lang_scan_type(&layout->parser, 0); count > 0; count--)
        lang_layout_put(layout, level);
    layout->operand = false;
}

static void
lay_colon(struct layout *layout, unsigned level, struct run *run)
{
    if (run->choices > 0)
        run->choices--;
    else if (run->in_map)
        layout->gap = GAP_NONE;
    lang_layout_put(layout, level);
}

/* A token of an expression, or all that it opens. */
static void
lay_next(struct layout *layout, unsigned level, struct run *run)
{
    bool is_name = layout->before == T_DOT;

    switch (lang_peek(&layout->parser, 0)->kind) {
    case T_LPAREN:
        lay_parenthesis(layout, level);
        break;
    case T_LBRACKET:
        lay_brackets(layout, level);
        break;
    case T_LBRACE:
        if (layout->before == T_RPAREN)
            lay_block(layout, layout->level); /* of a function */
        else
            lay_brackets(layout, level);
        break;
    case T_AT:
    case T_ATTRIBUTE:
        if (is_name)
            lang_layout_put(layout, level);
        else
            lay_attributes(layout, level);
        break;
    case T_NEW:
        if (is_name)
            lang_layout_put(layout, level);
        else
            lay_new(layout, level);
        break;
    case T_COLON:
        lay_colon(layout, level, run);
        break;
    case T_QUESTION:
        run->choices++;
        /* fall through */
    default:
        lang_layout_put(layout, level);
    }
}

/* What is left of a statement up to a token of that kind, which is not taken. */
static void
lay_until(struct layout *layout, unsigned level, enum token_kind end)
{
    struct run run = { .end = end };

    while (!is_over(layout, &run))
        lay_next(layout, layout->fresh ? level : level + 1, &run);
}

/* ---- statements ---- */

/* What a statement governs; true if it is a block. */
static bool
lay_body(struct layout *layout, unsigned level)
{
    bool is_block = at(layout, T_LBRACE);

    if (is_block)
        lay_block(layout, level);
    else
        lay_statement(layout, level + 1);
    return is_block;
}

/* The word of a statement and what stands in parentheses behind it. */
static void
lay_head(struct layout *layout, unsigned level)
{
    lang_layout_put(layout, level);
    layout->operand = false;
    if (at(layout, T_LPAREN))
        lay_brackets(layout, level + 1);
}

/* A word that goes on with a statement stands behind the brace of what is before it. */
static void
go_on(struct layout *layout, bool behind_block)
{
    if (behind_block)
        layout->line_break = BREAK_JOINED;
    layout->gap = GAP_SPACE;
}

static void
lay_if(struct layout *layout, unsigned level)
{
    bool is_block;

    lay_head(layout, level);
    is_block = lay_body(layout, level);
    if (!at(layout, T_ELSE))
        return;
    go_on(layout, is_block);
    lang_layout_put(layout, level);
    lay_body(layout, level);
}

/* do S1 while (e);   or   do S1 while (e) S2 */
static void
lay_do(struct layout *layout, unsigned level)
{
    bool is_block;

    lang_layout_put(layout, level);
    is_block = lay_body(layout, level);
    go_on(layout, is_block);
    lay_head(layout, level);
    if (at(layout, T_SEMICOLON))
        put_end(layout, level);
    else
        lay_body(layout, level);
}

static void
lay_try(struct layout *layout, unsigned level)
{
    bool is_block;

    lang_layout_put(layout, level);
    is_block = lay_body(layout, level);
    while (at(layout, T_CATCH)) {
        go_on(layout, is_block);
        lay_head(layout, level);
        is_block = lay_body(layout, level);
    }
    if (!lang_at_name(&layout->parser, 0, layout->parser.lang->names.finally))
        return;
    go_on(layout, is_block);
    lang_layout_put(layout, level);
    lay_block(layout, level);
}

/* A label, or a statement behind one, which stands a level deeper. */
static void
lay_choice(struct layout *layout, unsigned level)
{
    if (!at(layout, T_CASE) && !at(layout, T_DEFAULT)) {
        lay_statement(layout, level + 1);
        return;
    }
    level = begin(layout, level);
    layout->comments = COMMENTS_BY_COLUMN;
    lang_layout_put(layout, level);
    lay_until(layout, level, T_COLON);
    layout->gap = GAP_NONE;
    lang_layout_put(layout, level + 1);
}

static void
lay_simple(struct layout *layout, unsigned level)
{
    const struct parser *parser = &layout->parser;
    enum token_kind behind = lang_peek(parser, 1)->kind;

    if (lang_at_name(parser, 0, parser->lang->names.const_) &&
        (behind == T_NAME || behind == T_VAR || behind == T_DOT)) {
        put_more(layout, level);
        layout->operand = false;
    }
    lay_until(layout, level, T_SEMICOLON);
    put_end(layout, level);
}

/* Statements that begin with a word that is no keyword. */
static bool
lay_contextual(struct layout *layout, unsigned level)
{
    const struct parser *parser = &layout->parser;
    const struct lang_names *names = &parser->lang->names;
    size_t close;

    if (!at(layout, T_NAME) || lang_peek(parser, 1)->kind != T_LPAREN)
        return false;
    if (lang_at_name(parser, 0, names->synchronized)) {
        close = lang_scan_pair(parser, 1, T_LPAREN, T_RPAREN);
        if (close == 0 || lang_peek(parser, close)->kind != T_LBRACE)
            return false;
    } else if (!lang_at_name(parser, 0, names->for_)) {
        return false;
    }
    lay_head(layout, level);
    lay_body(layout, level);
    return true;
}

static void
lay_statement(struct layout *layout, unsigned level)
{
    level = begin(layout, level);
    switch (lang_peek(&layout->parser, 0)->kind) {
    case T_LBRACE:
        lay_block(layout, level);
        break;
    case T_IF:
        lay_if(layout, level);
        break;
    case T_WHILE:
    case T_FOREACH:
        lay_head(layout, level);
        lay_body(layout, level);
        break;
    case T_DO:
        lay_do(layout, level);
        break;
    case T_SWITCH:
        lay_head(layout, level);
        lay_braces(layout, level, lay_choice);
        break;
    case T_TRY:
        lay_try(layout, level);
        break;
    default:
        if (!lay_contextual(layout, level))
            lay_simple(layout, level);
    }
}

/* ---- classes and files ---- */

/* Up to a token: words in front of a declaration, and its type. */
static void
lay_words(struct layout *layout, unsigned level, size_t end)
{
    while (layout->parser.at < end && !at(layout, T_END)) {
        if (at_attributes(layout))
            lay_attributes(layout, level);
        else
            put_more(layout, level);
    }
}

static void
lay_modifiers(struct layout *layout, unsigned level)
{
    struct parser probe = layout->parser;

    (void)lang_parse_modifiers(&probe);
    lay_words(layout, level, probe.at);
    layout->operand = false; /* `private .a.b c` */
}

/* Where the arguments of the method begin whose type stands here; 0 if it is a field. */
static size_t
find_arguments(const struct layout *layout)
{
    struct parser probe = layout->parser;
    uint16_t flags = 0;

    if (!lang_accept(&probe, T_VAR) &&
        !(lang_at(&probe, T_NAME) && lang_peek(&probe, 1)->kind == T_LPAREN))
        (void)lang_parse_type(&probe);
    lang_parse_attributes(&probe, &flags, NULL);
    lang_take(&probe);
    return lang_at(&probe, T_LPAREN) ? probe.at : 0;
}

static void
lay_method(struct layout *layout, unsigned level, size_t arguments)
{
    lay_words(layout, level, arguments);
    lay_brackets(layout, level + 1);
    if (at(layout, T_LBRACKET)) {
        layout->gap = GAP_SPACE;
        lay_brackets(layout, level + 1);
    }
    if (at_attributes(layout))
        lay_attributes(layout, level);
    if (at(layout, T_LBRACE))
        lay_block(layout, level);
    else
        put_end(layout, level);
}

static void
lay_member(struct layout *layout, unsigned level)
{
    size_t arguments;

    level = begin(layout, level);
    if (at_attributes(layout))
        lay_attributes(layout, level);
    lay_modifiers(layout, level);
    if (at(layout, T_RBRACE))
        return; /* attributes of nothing */
    arguments = at(layout, T_SEMICOLON) ? 0 : find_arguments(layout);
    if (arguments != 0)
        lay_method(layout, level, arguments);
    else
        lay_simple(layout, level);
}

static void
lay_class(struct layout *layout, unsigned level)
{
    lay_modifiers(layout, level);
    while (!at(layout, T_LBRACE) && !at(layout, T_END)) {
        if (at_attributes(layout))
            lay_attributes(layout, level);
        else
            put_more(layout, level);
    }
    lay_braces(layout, level, lay_member);
    if (at(layout, T_SEMICOLON))
        put_end(layout, level);
}

static void
lay_top(struct layout *layout)
{
    struct parser probe = layout->parser;
    unsigned level = begin(layout, 0);

    (void)lang_parse_modifiers(&probe);
    if (at_attributes(layout)) {
        lay_attributes(layout, level);
        if (at(layout, T_SEMICOLON))
            lang_layout_put(layout, level);
    } else if (lang_at(&probe, T_CLASS) || lang_at(&probe, T_INTERFACE)) {
        lay_class(layout, level);
    } else if (lang_at_function(&probe)) {
        lay_modifiers(layout, level);
        lay_method(layout, level, find_arguments(layout));
    } else {
        lay_statement(layout, level);
    }
}

static void
lay_file(struct layout *layout)
{
    uint32_t line = 0;

    lang_layout_begin(layout);
    while (!at(layout, T_END)) {
        if (line != 0 && lang_here(&layout->parser).line != line)
            layout->line_break = BREAK_FORCED;
        line = lang_here(&layout->parser).line;
        lay_top(layout);
    }
    lang_layout_end(layout);
}

/* ---- the promise ---- */

/* What a text says without its white space: its next character, or -1. */
static int
next_black(const struct lang_source *source, size_t *at)
{
    while (*at < source->byte_count) {
        char c = source->text[(*at)++];

        if (!lang_is_blank(c))
            return (uint8_t)c;
    }
    return -1;
}

static bool
says_the_same(const struct lang_source *a, const struct lang_source *b)
{
    size_t a_at = a->byte_count >= 3 && __builtin_memcmp(a->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t b_at = 0;
    int c;

    do {
        c = next_black(a, &a_at);
        if (c != next_black(b, &b_at))
            return false;
    } while (c >= 0);
    return true;
}

static bool
is_same_token(const struct lang_source *a, const struct token *a_token, const struct lang_source *b,
              const struct token *b_token)
{
    return a_token->kind == b_token->kind &&
           (a_token->kind == T_END ||
            (a_token->place.length == b_token->place.length &&
             __builtin_memcmp(a->text + a_token->place.offset, b->text + b_token->place.offset,
                              a_token->place.length) == 0));
}

/* True if the result is read as the source is. */
static bool
is_faithful(struct layout *layout, const struct file *file, const struct buffer *tokens)
{
    struct lang *lang = layout->parser.lang;
    struct file result = *file;
    struct buffer others = { 0 };
    const struct token *a = (const struct token *)tokens->bytes;
    const struct token *b;
    bool same;

    result.source.text = (const char *)layout->text.bytes;
    result.source.byte_count = layout->text.count;
    lang_lex(lang, &result, &others);
    b = (const struct token *)others.bytes;
    same = others.count == tokens->count && says_the_same(&file->source, &result.source);
    for (size_t i = 0; same && i < tokens->count / sizeof(*a); i++)
        same = is_same_token(&file->source, &a[i], &result.source, &b[i]);
    buffer_free(&others);
    return same || lang->stopped;
}

static void
lay_tokens(struct lang *lang, struct file *file, struct buffer *text)
{
    struct buffer tokens = { 0 };
    struct layout layout = {
        .parser = { .lang = lang, .file = file },
        .source = file->source.text,
        .before = T_END,
    };

    lang_lex(lang, file, &tokens);
    if (!lang->stopped) {
        layout.parser.tokens = (const struct token *)tokens.bytes;
        layout.parser.last = tokens.count / sizeof(struct token) - 1;
        lay_file(&layout);
        assert(is_faithful(&layout, file, &tokens));
    }
    buffer_free(&tokens);
    *text = layout.text;
}

err_t
lang_layout(const struct lang_host *host, const struct lang_source *source, struct buffer *text)
{
    struct lang lang;
    struct buffer result = { 0 };
    struct file *file;
    err_t err;

    err = lang_begin(&lang, host);
    if (err != OK)
        goto out;
    lang.parses_only = true;
    file = lang_load(&lang, source, false);
    if (file->faulty)
        err = ERR_PROGRAM;
    else
        lay_tokens(&lang, file, &result);
    if (lang.no_memory)
        err = ERR_NOMEM;
    if (err == OK) {
        *text = result;
        result = (struct buffer){ 0 };
    }
out:
    buffer_free(&result);
    lang_end(&lang);
    return err;
}
