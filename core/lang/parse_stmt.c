/*
 * parse_stmt.c - statements.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/parse_priv.h"

struct stmt *
lang_stmt(struct parser *parser, enum stmt_kind kind, struct place place)
{
    struct stmt *stmt = lang_alloc(parser->lang, sizeof(*stmt));

    stmt->kind = (uint8_t)kind;
    stmt->place = place;
    stmt->end = place;
    return stmt;
}

/* True if a statement begins with this keyword; for what a line begins with. */
static bool
begins_statement(enum token_kind kind)
{
    switch (kind) {
    case T_THIS:
    case T_NEW:
    case T_NULL:
    case T_IN:
    case T_VOID:
    case T_ELSE:
    case T_CATCH:
    case T_EXTENDS:
    case T_IMPLEMENTS:
        return false;
    default:
        return kind >= T_FIRST_KEYWORD;
    }
}

/* How deep in braces and in other brackets the parser stands. */
struct nesting {
    unsigned braces;
    unsigned brackets;
};

static void
count_nesting(struct nesting *nesting, enum token_kind kind)
{
    if (kind == T_LBRACE)
        nesting->braces++;
    else if (kind == T_RBRACE && nesting->braces > 0)
        nesting->braces--;
    else if (kind == T_LPAREN || kind == T_LBRACKET)
        nesting->brackets++;
    else if ((kind == T_RPAREN || kind == T_RBRACKET) && nesting->brackets > 0)
        nesting->brackets--;
}

/* Is it over behind a token of that kind? In brackets only if it ends a line, as in no `for`. */
static bool
is_over(const struct parser *parser, enum token_kind kind, const struct nesting *nesting)
{
    bool more = lang_at(parser, T_ELSE) || lang_at(parser, T_CATCH) ||
                lang_at_name(parser, 0, parser->lang->names.finally);

    if (nesting->braces > 0 || more)
        return false;
    return (kind == T_SEMICOLON || kind == T_RBRACE) &&
           (nesting->brackets == 0 || lang_here(parser).line > lang_before(parser).line);
}

/* Skip to behind a `;`, to a `}`, or to a line that begins with a statement's keyword. */
static void
skip_broken(struct parser *parser, size_t start)
{
    struct nesting nesting = { 0 };
    enum token_kind kind;

    for (size_t i = start; i < parser->at; i++)
        count_nesting(&nesting, parser->tokens[i].kind);
    if (parser->at == start)
        count_nesting(&nesting, lang_take(parser)->kind);
    for (;;) {
        kind = lang_peek(parser, 0)->kind;
        if (kind == T_END || (kind == T_RBRACE && nesting.braces == 0))
            return;
        if (nesting.braces == 0 && begins_statement(kind) &&
            lang_here(parser).line > lang_before(parser).line)
            return;
        lang_take(parser);
        count_nesting(&nesting, kind);
        if (is_over(parser, kind, &nesting))
            return;
    }
}

bool
lang_recover(struct parser *parser, size_t start)
{
    bool panic = parser->panic;

    if (!panic && !parser->guessed)
        return false;
    parser->panic = false;
    parser->guessed = false;
    if (panic)
        skip_broken(parser, start);
    for (size_t i = start; i < parser->at; i++) {
        if (parser->tokens[i].kind == T_NAME)
            parser->tokens[i].symbol->doubtful = true;
    }
    return true;
}

/* True if `token` seems to begin a declaration. */
static bool
may_declare(const struct parser *parser, const struct token *token)
{
    return token->kind == T_VAR || token->kind == T_VOID ||
           (token->kind == T_NAME && (token->symbol == parser->lang->names.const_ ||
                                      token->symbol == parser->lang->names.any ||
                                      lang_is_primitive_name(parser, token->symbol)));
}

/* Of declarations the variable is kept; if only its value is broken, with its type. */
static void
mark_broken(struct parser *parser, struct stmt *stmt, size_t start)
{
    struct local *local = stmt->kind == STMT_DECLARE ? stmt->declare.local : NULL;

    if (local == NULL || local->name == parser->lang->names.empty) {
        stmt->loses = local != NULL || may_declare(parser, &parser->tokens[start]);
        stmt->kind = STMT_BROKEN;
        return;
    }
    if (stmt->declare.value == NULL)
        local->syntax = NULL;
    stmt->declare.value = NULL;
    local->broken = true;
    local->is_const = false;
}

/* What stands behind it on its line is broken; perhaps it was not meant to end there. */
static void
doubt(struct stmt *stmt)
{
    switch (stmt->kind) {
    case STMT_EXPR:
    case STMT_RETURN:
    case STMT_THROW:
        stmt->kind = STMT_BROKEN;
        break;
    case STMT_DECLARE:
        stmt->declare.value = NULL;
        stmt->declare.local->broken = true;
        if (stmt->declare.field != NULL) {
            stmt->declare.field->value = NULL;
            stmt->declare.field->broken = true;
        }
        break;
    default:
        break;
    }
}

struct stmt **
lang_parse_item(struct parser *parser, struct stmt **end)
{
    size_t start = parser->at;
    bool follows = parser->previous != NULL && parser->previous_end == start &&
                   lang_here(parser).line == lang_before(parser).line;
    struct stmt *before = follows ? parser->previous : NULL;
    bool guessed = parser->guessed;
    struct stmt *last;

    parser->guessed = false;
    *end = lang_parse_statement(parser);
    for (last = *end; last->next != NULL; last = last->next)
        before = last;
    if (lang_recover(parser, start)) {
        mark_broken(parser, last, start);
        if (before != NULL)
            doubt(before);
    }
    parser->guessed = guessed;
    parser->previous = last;
    parser->previous_end = parser->at;
    return &last->next;
}

/* The statement that another one governs; a declaration gets a block of its own. */
static struct stmt *
parse_body(struct parser *parser)
{
    struct stmt *body = lang_parse_statement(parser);
    struct stmt *block;

    if (body->kind == STMT_EMPTY && !parser->panic)
        lang_warn(parser->lang, parser->file, body->place, "write {} if nothing is to be done",
                  "this `;` is the whole body");
    if (body->kind != STMT_DECLARE)
        return body;
    block = lang_stmt(parser, STMT_BLOCK, body->place);
    block->body = body;
    return block;
}

/* Statements up to the closing brace, which is taken. */
struct stmt *
lang_parse_block(struct parser *parser)
{
    struct stmt *block = lang_stmt(parser, STMT_BLOCK, lang_here(parser));
    struct stmt **end = &block->body;
    bool in_switch = parser->in_switch;

    if (!lang_expect(parser, T_LBRACE, "at the start of a block"))
        return block;
    parser->in_switch = false;
    while (!lang_at(parser, T_RBRACE) && !lang_at(parser, T_END))
        end = lang_parse_item(parser, end);
    parser->in_switch = in_switch;
    block->end = lang_here(parser);
    lang_expect(parser, T_RBRACE, "at the end of a block");
    return block;
}

/* Behind the opening parenthesis. */
static struct expr *
parse_condition(struct parser *parser)
{
    struct expr *expr = lang_parse_expr(parser);

    lang_expect(parser, T_RPAREN, "behind the condition");
    return expr;
}

static struct stmt *
parse_if(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_IF, lang_here(parser));

    lang_take(parser);
    lang_expect(parser, T_LPAREN, "behind `if`");
    stmt->branch.condition = parse_condition(parser);
    if (parser->panic)
        return stmt;
    stmt->branch.then = parse_body(parser);
    if (!parser->panic && lang_accept(parser, T_ELSE))
        stmt->branch.other = parse_body(parser);
    return stmt;
}

static struct stmt *
parse_while(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_WHILE, lang_here(parser));

    lang_take(parser);
    lang_expect(parser, T_LPAREN, "behind `while`");
    stmt->branch.condition = parse_condition(parser);
    if (!parser->panic)
        stmt->branch.then = lang_parse_statement(parser);
    return stmt;
}

/* do S1 while (e);   or   do S1 while (e) S2 */
static struct stmt *
parse_do(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_DO, lang_here(parser));
    struct place behind;

    lang_take(parser);
    stmt->branch.then = lang_parse_statement(parser);
    if (!lang_expect(parser, T_WHILE, "behind the body of `do`"))
        return stmt;
    lang_expect(parser, T_LPAREN, "behind `while`");
    stmt->branch.condition = parse_condition(parser);
    if (parser->panic || lang_accept(parser, T_SEMICOLON))
        return stmt;
    behind = lang_before(parser);
    if (lang_at(parser, T_RBRACE) || lang_at(parser, T_END)) {
        lang_syntax_error(parser, behind, "`;` behind `while (...)`");
        return stmt;
    }
    if (lang_here(parser).line != behind.line)
        lang_warn(parser->lang, parser->file, lang_here(parser),
                  "put a `;` behind `while (...)` if it is not meant to be",
                  "this statement is part of the `do` loop above it");
    stmt->branch.other = parse_body(parser);
    return stmt;
}

/* The names behind a type or `var`: name [: type] [= value] { , name [= value] } */
static struct stmt *
parse_declarators(struct parser *parser, struct type_syntax *syntax, bool is_const)
{
    struct stmt *first = NULL;
    struct stmt **end = &first;

    do {
        struct stmt *stmt = lang_stmt(parser, STMT_DECLARE, lang_here(parser));
        struct local *local = lang_alloc(parser->lang, sizeof(*local));
        uint16_t flags = 0;

        local->name = lang_expect_name(parser, "the name of a variable", &local->place);
        local->syntax = syntax;
        if (syntax == NULL && lang_accept(parser, T_COLON))
            local->syntax = lang_parse_type(parser);
        lang_parse_attributes(parser, &flags, NULL);
        local->is_const = is_const;
        if (!parser->panic && lang_accept(parser, T_ASSIGN))
            stmt->declare.value = lang_parse_expr(parser);
        stmt->declare.local = local;
        *end = stmt;
        end = &stmt->next;
    } while (!parser->panic && lang_accept(parser, T_COMMA));
    return first;
}

/* Without its semicolon. NULL if no declaration stands here. */
static struct stmt *
parse_declaration(struct parser *parser)
{
    bool is_const = false;
    size_t count;

    if (lang_at_name(parser, 0, parser->lang->names.const_) &&
        (lang_peek(parser, 1)->kind == T_NAME || lang_peek(parser, 1)->kind == T_VAR ||
         lang_peek(parser, 1)->kind == T_DOT)) {
        is_const = true;
        lang_take(parser);
        if (lang_peek(parser, 1)->kind == T_ASSIGN)
            return parse_declarators(parser, NULL, true);
    }
    if (lang_accept(parser, T_VAR))
        return parse_declarators(parser, NULL, is_const);
    count = lang_scan_type(parser, 0);
    if (count != 0 && lang_peek(parser, count)->kind >= T_FIRST_KEYWORD &&
        (lang_peek(parser, count + 1)->kind == T_ASSIGN ||
         lang_peek(parser, count + 1)->kind == T_SEMICOLON))
        return parse_declarators(parser, lang_parse_type(parser), is_const); /* says what it is */
    if (count == 0 || lang_peek(parser, count)->kind != T_NAME)
        return NULL;
    if (lang_at_name(parser, count, parser->lang->names.instanceof))
        return NULL;
    return parse_declarators(parser, lang_parse_type(parser), is_const);
}

static struct stmt *
expression_statement(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_EXPR, lang_here(parser));

    stmt->value = lang_parse_expr(parser);
    return stmt;
}

static struct stmt *
parse_for(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_FOR, lang_here(parser));
    struct expr **end = &stmt->branch.step;

    lang_take(parser);
    lang_take(parser);
    if (!lang_at(parser, T_SEMICOLON)) {
        stmt->branch.init = parse_declaration(parser);
        if (stmt->branch.init == NULL)
            stmt->branch.init = expression_statement(parser);
    }
    if (lang_at(parser, T_COLON) || lang_at(parser, T_IN))
        lang_syntax_hint(parser, lang_here(parser), "`;` behind the start of `for`",
                         "foreach (x in list) walks over a list");
    lang_expect(parser, T_SEMICOLON, "behind the start of `for`");
    if (!lang_at(parser, T_SEMICOLON))
        stmt->branch.condition = lang_parse_expr(parser);
    lang_expect(parser, T_SEMICOLON, "behind the condition of `for`");
    while (!lang_at(parser, T_RPAREN) && !parser->panic) {
        *end = lang_parse_expr(parser);
        end = &(*end)->next;
        if (!lang_accept(parser, T_COMMA))
            break;
    }
    lang_expect(parser, T_RPAREN, "behind the head of `for`");
    if (!parser->panic)
        stmt->branch.then = lang_parse_statement(parser);
    return stmt;
}

static struct stmt *
parse_foreach(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_FOREACH, lang_here(parser));
    struct local *local = lang_alloc(parser->lang, sizeof(*local));
    size_t count;

    lang_take(parser);
    lang_expect(parser, T_LPAREN, "behind `foreach`");
    count = lang_scan_type(parser, 0);
    if (!lang_accept(parser, T_VAR) && count != 0 && lang_peek(parser, count)->kind == T_NAME)
        local->syntax = lang_parse_type(parser);
    local->name = lang_expect_name(parser, "the name of a variable", &local->place);
    if (!parser->panic && lang_accept(parser, T_COLON))
        local->syntax = lang_parse_type(parser);
    stmt->each.local = local;
    stmt->each.syntax = local->syntax;
    lang_expect(parser, T_IN, "behind the variable of `foreach`");
    stmt->each.over = lang_parse_expr(parser);
    if (!parser->panic && (lang_at(parser, T_RANGE) || lang_at(parser, T_RANGE_LESS))) {
        stmt->exclusive = lang_take(parser)->kind == T_RANGE_LESS;
        stmt->each.limit = lang_parse_expr(parser);
    }
    lang_expect(parser, T_RPAREN, "behind the head of `foreach`");
    if (!parser->panic)
        stmt->each.body = parse_body(parser);
    return stmt;
}

static struct stmt *
parse_label(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_CASE, lang_here(parser));

    if (!parser->in_switch) {
        lang_syntax_error(parser, stmt->place, "a statement; a label stands in a switch");
        return stmt;
    }
    if (lang_take(parser)->kind == T_CASE)
        stmt->label.value = lang_parse_expr(parser);
    lang_expect(parser, T_COLON, "behind a label of `switch`");
    return stmt;
}

static struct stmt *
parse_switch(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_SWITCH, lang_here(parser));
    struct stmt **end = &stmt->choose.body;
    bool in_switch = parser->in_switch;

    lang_take(parser);
    lang_expect(parser, T_LPAREN, "behind `switch`");
    stmt->choose.value = lang_parse_expr(parser);
    lang_expect(parser, T_RPAREN, "behind the value of `switch`");
    if (!lang_expect(parser, T_LBRACE, "at the start of the labels"))
        return stmt;
    while (!lang_at(parser, T_RBRACE) && !lang_at(parser, T_END)) {
        parser->in_switch = true;
        end = lang_parse_item(parser, end);
    }
    parser->in_switch = in_switch;
    stmt->end = lang_here(parser);
    lang_expect(parser, T_RBRACE, "at the end of `switch`");
    return stmt;
}

static struct catch_clause *
parse_catch(struct parser *parser)
{
    struct catch_clause *clause = lang_alloc(parser->lang, sizeof(*clause));
    struct local *local = lang_alloc(parser->lang, sizeof(*local));
    size_t count;

    lang_take(parser);
    lang_expect(parser, T_LPAREN, "behind `catch`");
    lang_accept(parser, T_VAR);
    count = lang_scan_type(parser, 0);
    if (count != 0 && lang_peek(parser, count)->kind == T_NAME)
        clause->syntax = lang_parse_type(parser);
    local->name = lang_expect_name(parser, "the name of the caught object", &local->place);
    if (clause->syntax == NULL && !parser->panic && lang_accept(parser, T_COLON))
        clause->syntax = lang_parse_type(parser);
    local->used = true;
    clause->local = local;
    lang_expect(parser, T_RPAREN, "behind the caught object");
    if (!parser->panic)
        clause->body = parse_body(parser);
    return clause;
}

static struct stmt *
parse_try(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_TRY, lang_here(parser));
    struct catch_clause **end = &stmt->attempt.catches;

    lang_take(parser);
    stmt->attempt.body = parse_body(parser);
    while (!parser->panic && lang_at(parser, T_CATCH)) {
        *end = parse_catch(parser);
        end = &(*end)->next;
    }
    if (!parser->panic && lang_at_name(parser, 0, parser->lang->names.finally)) {
        lang_take(parser);
        stmt->attempt.finally = lang_parse_block(parser);
    }
    if (!parser->panic && stmt->attempt.catches == NULL && stmt->attempt.finally == NULL)
        lang_syntax_error(parser, lang_here(parser), "`catch` or `finally` behind `try`");
    return stmt;
}

/* return e; throw e; break; continue; without the semicolon */
static struct stmt *
parse_jump(struct parser *parser)
{
    const struct token *token = lang_take(parser);
    enum stmt_kind kind = token->kind == T_BREAK      ? STMT_BREAK
                          : token->kind == T_CONTINUE ? STMT_CONTINUE
                          : token->kind == T_RETURN   ? STMT_RETURN
                                                      : STMT_THROW;
    struct stmt *stmt = lang_stmt(parser, kind, token->place);

    if (kind == STMT_THROW ||
        (kind == STMT_RETURN && !lang_at(parser, T_SEMICOLON) && !lang_at(parser, T_RBRACE)))
        stmt->value = lang_parse_expr(parser);
    return stmt;
}

/* True if something stands behind name(...) that cannot go on with a call. */
static bool
governs(const struct parser *parser)
{
    size_t close = lang_scan_pair(parser, 1, T_LPAREN, T_RPAREN);
    enum token_kind behind = lang_peek(parser, close)->kind;

    return close != 0 && (behind == T_LBRACE || behind == T_NAME || behind >= T_FIRST_KEYWORD);
}

static struct stmt *
parse_synchronized(struct parser *parser)
{
    struct stmt *stmt = lang_stmt(parser, STMT_SYNCHRONIZED, lang_here(parser));

    lang_take(parser);
    lang_take(parser);
    stmt->lock.object = parse_condition(parser);
    if (!parser->panic)
        stmt->lock.body = lang_parse_block(parser);
    return stmt;
}

/* A statement that begins with one of the words that are no keywords, or NULL. */
static struct stmt *
parse_contextual(struct parser *parser)
{
    const struct lang_names *names = &parser->lang->names;

    if (lang_peek(parser, 0)->kind != T_NAME || lang_peek(parser, 1)->kind != T_LPAREN)
        return NULL;
    if (lang_at_name(parser, 0, names->for_))
        return parse_for(parser);
    if (lang_at_name(parser, 0, names->synchronized) && governs(parser))
        return parse_synchronized(parser);
    return NULL;
}

/* What looks like a function where none can be declared, or one of another language; or like a map.
 */
static const char *
statement_habit(const struct parser *parser, const struct stmt *stmt)
{
    if (stmt->kind == STMT_DECLARE && lang_at(parser, T_LPAREN))
        return "a function in a block is a value: var f = fun (x) { ... };";
    if (stmt->kind == STMT_EXPR && stmt->value->kind == EXPR_CALL && lang_at(parser, T_LBRACE) &&
        lang_here(parser).line == lang_before(parser).line)
        return "a function begins with its type, such as void f() { ... }";
    if (stmt->kind == STMT_EXPR && lang_at(parser, T_COLON) &&
        (stmt->value->kind == EXPR_STRING || stmt->value->kind == EXPR_INT))
        return "where a statement begins, { begins a block; a map there stands in parentheses";
    if (stmt->kind == STMT_EXPR && lang_at(parser, T_COLON) && stmt->value->kind == EXPR_NAME)
        return "a variable is declared with `var`, or with its type";
    return NULL;
}

/* Statements that end in a semicolon. */
static struct stmt *
parse_simple(struct parser *parser)
{
    struct stmt *stmt;
    const char *hint;

    switch (lang_peek(parser, 0)->kind) {
    case T_BREAK:
    case T_CONTINUE:
    case T_RETURN:
    case T_THROW:
        stmt = parse_jump(parser);
        break;
    default:
        stmt = parse_declaration(parser);
        if (stmt == NULL)
            stmt = expression_statement(parser);
    }
    hint = statement_habit(parser, stmt);
    if (hint != NULL)
        lang_syntax_hint(parser, lang_here(parser), "`;` at the end of the statement", hint);
    else
        lang_expect(parser, T_SEMICOLON, "at the end of the statement");
    return stmt;
}

static struct stmt *
parse_any(struct parser *parser)
{
    const struct token *token = lang_peek(parser, 0);
    struct stmt *stmt;

    switch (token->kind) {
    case T_LBRACE:
        return lang_parse_block(parser);
    case T_SEMICOLON:
        lang_take(parser);
        return lang_stmt(parser, STMT_EMPTY, token->place);
    case T_IF:
        return parse_if(parser);
    case T_WHILE:
        return parse_while(parser);
    case T_DO:
        return parse_do(parser);
    case T_FOREACH:
        return parse_foreach(parser);
    case T_SWITCH:
        return parse_switch(parser);
    case T_CASE:
    case T_DEFAULT:
        return parse_label(parser);
    case T_TRY:
        return parse_try(parser);
    default:
        stmt = parse_contextual(parser);
        return stmt != NULL ? stmt : parse_simple(parser);
    }
}

struct stmt *
lang_parse_statement(struct parser *parser)
{
    bool in_switch = parser->in_switch;
    struct stmt *stmt;

    if (parser->panic || !lang_enter(parser))
        return lang_stmt(parser, STMT_EMPTY, lang_here(parser));
    if (!lang_at(parser, T_CASE) && !lang_at(parser, T_DEFAULT))
        parser->in_switch = false;
    stmt = parse_any(parser);
    parser->in_switch = in_switch;
    lang_leave(parser);
    return stmt;
}
