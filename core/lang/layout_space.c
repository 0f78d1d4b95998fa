/*
 * layout_space.c - what two tokens on one line are written with: a space, or nothing.
 *
 * Invariant: two tokens that would be read as others if nothing stood between them get a space.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/layout_priv.h"

static bool
is_number(enum token_kind kind)
{
    return kind >= T_INT && kind <= T_DOUBLE;
}

/* `- -x` is no `--x`, and `5 .8()` no number with a point. */
static bool
would_merge(const struct layout *layout, enum token_kind kind)
{
    enum token_kind before = layout->before;

    return (before == T_MINUS && (kind == T_MINUS || kind == T_DECREMENT)) ||
           (before == T_PLUS && (kind == T_PLUS || kind == T_INCREMENT)) ||
           (is_number(before) && kind == T_DOT && is_number(lang_peek(&layout->parser, 1)->kind));
}

bool
lang_layout_space(const struct layout *layout, const struct token *token)
{
    enum token_kind kind = token->kind;

    if (would_merge(layout, kind))
        return true;
    switch (kind) {
    case T_SEMICOLON:
    case T_COMMA:
    case T_RPAREN:
    case T_RBRACKET:
    case T_RANGE:
    case T_RANGE_LESS:
        return false;
    case T_DOT:
    case T_LPAREN:
    case T_LBRACKET:
    case T_INCREMENT:
    case T_DECREMENT:
        return !layout->operand && !layout->tight;
    default:
        return !layout->tight;
    }
}

/* A function as a value: `fun (` ... `) {`. The parser stands behind the name. */
static bool
is_fun(const struct layout *layout, const struct token *token)
{
    const struct parser *parser = &layout->parser;
    size_t close;

    if (token->symbol != parser->lang->names.fun || !lang_at(parser, T_LPAREN))
        return false;
    close = lang_scan_pair(parser, 0, T_LPAREN, T_RPAREN);
    return close != 0 && lang_peek(parser, close)->kind == T_LBRACE;
}

static bool
ends_operand(const struct layout *layout, const struct token *token)
{
    switch (token->kind) {
    case T_NAME:
        return !(layout->operand && token->symbol == layout->parser.lang->names.instanceof) &&
               !is_fun(layout, token);
    case T_INT:
    case T_LONG:
    case T_FLOAT:
    case T_DOUBLE:
    case T_CHAR:
    case T_STRING:
    case T_STRING_BEGIN: /* and all the rest of that string */
    case T_RPAREN:
    case T_RBRACKET:
    case T_RBRACE:
    case T_THIS:
    case T_NULL:
        return true;
    case T_INCREMENT:
    case T_DECREMENT:
        return layout->operand;
    default:
        return token->kind >= T_FIRST_KEYWORD && layout->before == T_DOT; /* a name there */
    }
}

static bool
is_tight(const struct layout *layout, enum token_kind kind)
{
    switch (kind) {
    case T_LPAREN:
    case T_LBRACKET:
    case T_DOT:
    case T_RANGE:
    case T_RANGE_LESS:
    case T_AT:
    case T_NOT:
    case T_TILDE:
        return true;
    case T_PLUS:
    case T_MINUS:
    case T_INCREMENT:
    case T_DECREMENT:
    case T_STAR: /* before a class that is a value */
        return !layout->operand;
    default:
        return false;
    }
}

void
lang_layout_note(struct layout *layout, const struct token *token)
{
    bool tight = is_tight(layout, token->kind);

    layout->operand = ends_operand(layout, token);
    layout->tight = tight;
    layout->opened =
        token->kind == T_LBRACE || token->kind == T_LPAREN || token->kind == T_LBRACKET;
    layout->before = token->kind;
    layout->fresh = false;
}
