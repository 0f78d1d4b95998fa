/*
 * parse.c - files, classes, members, types; and what all of the parser uses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/parse_priv.h"

#include "format/module.h"

#define PARTS_MAX  16 /* of a name such as .phantom.text.builder */
#define ARRAYS_MAX 8  /* int[][] has two */

const struct token *
lang_peek(const struct parser *parser, size_t ahead)
{
    if (parser->lang->stopped || ahead > parser->last - parser->at)
        return &parser->tokens[parser->last];
    return &parser->tokens[parser->at + ahead];
}

bool
lang_at(const struct parser *parser, enum token_kind kind)
{
    return lang_peek(parser, 0)->kind == kind;
}

bool
lang_at_name(const struct parser *parser, size_t ahead, const struct symbol *name)
{
    const struct token *token = lang_peek(parser, ahead);

    return token->kind == T_NAME && token->symbol == name;
}

const struct token *
lang_take(struct parser *parser)
{
    const struct token *token = lang_peek(parser, 0);

    if (parser->at < parser->last)
        parser->at++;
    return token;
}

bool
lang_accept(struct parser *parser, enum token_kind kind)
{
    if (!lang_at(parser, kind))
        return false;
    lang_take(parser);
    return true;
}

struct place
lang_here(const struct parser *parser)
{
    return lang_peek(parser, 0)->place;
}

struct place
lang_before(const struct parser *parser)
{
    const struct place *before = &parser->tokens[parser->at == 0 ? 0 : parser->at - 1].place;

    return (struct place){
        .offset = before->offset + before->length,
        .line = before->line,
        .length = 1,
    };
}

/* True if the lexer has complained about this line: what follows from that is not worth a word. */
static bool
is_broken_line(const struct parser *parser, uint32_t line)
{
    for (uint32_t i = parser->first_error; i < parser->last_error; i++) {
        if (parser->lang->error_lines[i] == line)
            return true;
    }
    return false;
}

/* True if this line had an error already, and only a guess made the parser go on. */
static bool
follows_from_guess(const struct parser *parser, uint32_t line)
{
    const struct lang *lang = parser->lang;

    return parser->guessed && lang->error_count != 0 &&
           lang->error_lines[lang->error_count - 1] == line;
}

/* The word before is of another language: `not 1`. */
static const char *
habit_before(const struct parser *parser)
{
    const struct token *before = &parser->tokens[parser->at == 0 ? 0 : parser->at - 1];

    return before->kind == T_NAME ? lang_habit(before->symbol) : NULL;
}

void
lang_syntax_error(struct parser *parser, struct place place, const char *expected)
{
    lang_syntax_hint(parser, place, expected, NULL);
}

void
lang_syntax_hint(struct parser *parser, struct place place, const char *expected, const char *hint)
{
    const struct token *token = lang_peek(parser, 0);

    if (parser->panic)
        return;
    parser->panic = true;
    if (is_broken_line(parser, place.line) || is_broken_line(parser, token->place.line) ||
        follows_from_guess(parser, place.line))
        return;
    if (hint == NULL)
        hint = token->kind == T_NAME ? lang_habit(token->symbol) : habit_before(parser);
    if (token->kind == T_NAME)
        lang_error(parser->lang, parser->file, place, hint, "expected %s, found `%s`", expected,
                   token->symbol->text);
    else
        lang_error(parser->lang, parser->file, place, hint, "expected %s, found %s", expected,
                   lang_token_name(token->kind));
}

/* True if the parser may go on as if the missing token were there. */
static bool
may_be_missing(const struct parser *parser, enum token_kind kind)
{
    enum token_kind found = lang_peek(parser, 0)->kind;
    bool other_line = lang_here(parser).line > lang_before(parser).line;

    if (kind == T_SEMICOLON)
        return other_line || found == T_RBRACE || found == T_END;
    return kind == T_RPAREN && (found == T_LBRACE || found == T_SEMICOLON);
}

bool
lang_expect(struct parser *parser, enum token_kind kind, const char *where)
{
    bool missing;
    struct place place;

    if (parser->panic)
        return false;
    if (lang_accept(parser, kind))
        return true;
    if (kind == T_SEMICOLON && lang_at(parser, T_END) && parser->file == parser->lang->line &&
        parser->method != NULL)
        return true; /* behind the last statement that was typed */
    missing = may_be_missing(parser, kind);
    if (kind == T_RBRACE && lang_at(parser, T_END))
        parser->file->broken = true;
    place = missing ? lang_before(parser) : lang_here(parser);
    lang_syntax_error(parser, place,
                      lang_text(parser->lang, "%s %s", lang_token_name(kind), where));
    if (missing)
        parser->panic = false;
    if (missing && kind != T_SEMICOLON)
        parser->guessed = true;
    return missing;
}

struct symbol *
lang_expect_name(struct parser *parser, const char *what, struct place *place)
{
    const struct token *token = lang_peek(parser, 0);
    bool behind_dot = parser->at > 0 && parser->tokens[parser->at - 1].kind == T_DOT;

    if (place != NULL)
        *place = token->place;
    if (!parser->panic &&
        (token->kind == T_NAME || (behind_dot && token->kind >= T_FIRST_KEYWORD))) {
        lang_take(parser);
        return token->symbol;
    }
    if (token->kind >= T_FIRST_KEYWORD && !parser->panic) {
        parser->panic = true;
        lang_error(parser->lang, parser->file, token->place, "choose another name",
                   "expected %s, and `%s` is a keyword", what, token->symbol->text);
    }
    lang_syntax_error(parser, token->place, what);
    return parser->lang->names.empty;
}

bool
lang_enter(struct parser *parser)
{
    if (parser->depth < parser->lang->depth_max) {
        parser->depth++;
        return true;
    }
    if (!parser->panic)
        lang_error(parser->lang, parser->file, lang_here(parser), "move a part of it to a method",
                   "this is nested more than %u levels deep", parser->lang->depth_max);
    parser->panic = true;
    parser->lang->stopped = true; /* nothing sensible can follow */
    return false;
}

void
lang_leave(struct parser *parser)
{
    parser->depth--;
}

size_t
lang_scan_pair(const struct parser *parser, size_t ahead, enum token_kind open,
               enum token_kind close)
{
    unsigned depth = 0;

    for (size_t i = ahead;; i++) {
        enum token_kind kind = lang_peek(parser, i)->kind;

        if (kind == T_END)
            return 0;
        if (kind == open)
            depth++;
        if (kind == close && --depth == 0)
            return i + 1;
    }
}

/* name or .name.name; the count of tokens, or 0 */
static size_t
scan_path(const struct parser *parser, size_t ahead)
{
    size_t i = ahead;

    if (lang_peek(parser, i)->kind == T_DOT)
        i++;
    if (lang_peek(parser, i)->kind != T_NAME)
        return 0;
    i++;
    while (lang_peek(parser, i)->kind == T_DOT &&
           (lang_peek(parser, i + 1)->kind == T_NAME ||
            lang_peek(parser, i + 1)->kind >= T_FIRST_KEYWORD ||
            lang_peek(parser, i + 1)->kind == T_STRING))
        i += 2;
    return i - ahead;
}

size_t
lang_scan_type(const struct parser *parser, size_t ahead)
{
    size_t count;
    size_t inner;

    if (lang_peek(parser, ahead)->kind == T_VOID)
        return 1;
    count = scan_path(parser, ahead);
    if (count == 0 || lang_peek(parser, ahead + count)->kind != T_LBRACKET)
        return count;
    while (lang_peek(parser, ahead + count)->kind == T_LBRACKET &&
           lang_peek(parser, ahead + count + 1)->kind == T_RBRACKET)
        count += 2;
    if (lang_peek(parser, ahead + count - 1)->kind == T_RBRACKET)
        return count;
    inner = scan_path(parser, ahead + count + 1);
    if (inner != 0 && lang_peek(parser, ahead + count + 1 + inner)->kind == T_RBRACKET)
        return count + inner + 2;
    return count;
}

bool
lang_is_primitive_name(const struct parser *parser, const struct symbol *name)
{
    const struct lang_names *names = &parser->lang->names;

    return name == names->boolean || name == names->bool_ || name == names->char_ ||
           name == names->int_ || name == names->long_ || name == names->float_ ||
           name == names->double_;
}

struct symbol *
lang_expect_part(struct parser *parser, const char *what, struct place *place)
{
    const struct token *token = lang_peek(parser, 0);

    if (token->kind == T_STRING && lang_is_name(token->text) && !parser->panic) {
        *place = token->place;
        lang_take(parser);
        return lang_symbol(parser->lang, token->text->bytes, token->text->byte_count);
    }
    return lang_expect_name(parser, what, place);
}

struct path *
lang_parse_path(struct parser *parser)
{
    struct path *path = lang_alloc(parser->lang, sizeof(*path));
    struct path_part **end = &path->parts;
    unsigned count = 0;
    struct place last;

    path->place = lang_here(parser);
    path->absolute = lang_accept(parser, T_DOT);
    do {
        struct path_part *part = lang_alloc(parser->lang, sizeof(*part));

        part->symbol = lang_expect_part(parser, "the name of a class or a package", &part->place);
        *end = part;
        end = &part->next;
        last = part->place;
        if (++count > PARTS_MAX)
            lang_syntax_error(parser, last, "a name of fewer parts");
    } while (!parser->panic && lang_accept(parser, T_DOT));
    if (last.offset + last.length > path->place.offset)
        path->place.length = last.offset + last.length - path->place.offset;
    return path;
}

/* [] ... or [C] or [*c] behind the name of a type */
static void
parse_elements(struct parser *parser, struct type_syntax *syntax)
{
    enum token_kind inside;

    while (lang_at(parser, T_LBRACKET) && lang_peek(parser, 1)->kind == T_RBRACKET) {
        lang_take(parser);
        lang_take(parser);
        if (++syntax->arrays == ARRAYS_MAX)
            lang_syntax_error(parser, syntax->place, "fewer dimensions");
    }
    inside = lang_peek(parser, 1)->kind;
    if (syntax->arrays != 0 || !lang_at(parser, T_LBRACKET) ||
        (inside != T_NAME && inside != T_DOT && inside != T_STAR))
        return;
    lang_take(parser);
    if (lang_accept(parser, T_STAR)) {
        lang_parse_class_value(parser);
        syntax->computed = true;
    } else {
        syntax->container = lang_parse_path(parser);
    }
    lang_expect(parser, T_RBRACKET, "behind the class of the container");
}

struct type_syntax *
lang_parse_type(struct parser *parser)
{
    struct type_syntax *syntax = lang_alloc(parser->lang, sizeof(*syntax));

    lang_accept(parser, T_STATIC);
    syntax->place = lang_here(parser);
    if (lang_accept(parser, T_VOID)) {
        syntax->is_void = true;
        return syntax;
    }
    if (lang_accept(parser, T_STAR)) {
        lang_parse_class_value(parser);
        syntax->computed = true;
    } else if (lang_at(parser, T_NAME) || lang_at(parser, T_DOT)) {
        syntax->path = lang_parse_path(parser);
        syntax->place = syntax->path->place;
    } else {
        lang_syntax_error(parser, syntax->place, "a type");
        return syntax;
    }
    parse_elements(parser, syntax);
    return syntax;
}

/* One attribute: [~] name {operator}, and ours: name(argument). */
static void
parse_attribute(struct parser *parser, uint16_t *flags, struct symbol **primitive)
{
    const struct lang_names *names = &parser->lang->names;
    struct symbol *name;

    lang_accept(parser, T_TILDE);
    lang_accept(parser, T_DOT);
    if (lang_peek(parser, 0)->kind >= T_FIRST_KEYWORD)
        name = lang_take(parser)->symbol;
    else
        name = lang_expect_name(parser, "the name of an attribute", NULL);
    while (lang_accept(parser, T_DOT))
        name = lang_expect_name(parser, "the name of an attribute", NULL);
    if (name == names->const_)
        *flags |= MEMBER_FINAL;
    if (name == names->abstract)
        *flags |= METHOD_ABSTRACT;
    if (name == names->private_)
        *flags |= MEMBER_PRIVATE;
    if (name == names->primitive && primitive != NULL) {
        lang_expect(parser, T_LPAREN, "behind `primitive`");
        *primitive = lang_expect_name(parser, "the name of a primitive", NULL);
        lang_expect(parser, T_RPAREN, "behind the name of the primitive");
    } else if (lang_at(parser, T_LPAREN)) {
        for (size_t i = lang_scan_pair(parser, 0, T_LPAREN, T_RPAREN); i > 0; i--)
            lang_take(parser);
    }
    while (lang_accept(parser, T_PLUS) || lang_accept(parser, T_STAR) ||
           lang_accept(parser, T_NOT) || lang_accept(parser, T_NOT_ARROW) ||
           lang_accept(parser, T_ARROW_NOT)) {
    }
}

/* { ("@" | "attribute") attr { "," attr } }; `primitive` may be NULL */
void
lang_parse_attributes(struct parser *parser, uint16_t *flags, struct symbol **primitive)
{
    while (!parser->panic && (lang_at(parser, T_AT) || lang_at(parser, T_ATTRIBUTE))) {
        lang_take(parser);
        do {
            parse_attribute(parser, flags, primitive);
        } while (!parser->panic && lang_at(parser, T_COMMA) &&
                 lang_peek(parser, 1)->kind != T_VAR && lang_take(parser) != NULL);
    }
}

/* A name without a type in front of it. */
static bool
at_bare_argument(const struct parser *parser)
{
    enum token_kind behind = lang_peek(parser, 1)->kind;

    return lang_at(parser, T_NAME) &&
           (behind == T_COMMA || behind == T_RPAREN || behind == T_COLON);
}

/* "(" arg, ... ")"; a name alone is an untyped argument. */
struct local *
lang_parse_arguments(struct parser *parser, struct method *method)
{
    struct local *first = NULL;
    struct local **end = &first;

    lang_expect(parser, T_LPAREN, "before the arguments");
    while (!lang_at(parser, T_RPAREN) && !parser->panic) {
        struct local *local = lang_alloc(parser->lang, sizeof(*local));
        uint16_t flags = 0;

        local->is_argument = true;
        if (!lang_accept(parser, T_VAR) && !at_bare_argument(parser)) {
            local->syntax = lang_parse_type(parser);
            lang_parse_attributes(parser, &flags, NULL);
        }
        local->name = lang_expect_name(parser, "the name of an argument", &local->place);
        if (local->syntax == NULL && !parser->panic && lang_accept(parser, T_COLON))
            local->syntax = lang_parse_type(parser);
        lang_parse_attributes(parser, &flags, NULL);
        local->is_const = (flags & MEMBER_FINAL) != 0;
        *end = local;
        end = &local->next;
        method->argument_count++;
        if (!lang_accept(parser, T_COMMA))
            break;
    }
    lang_expect(parser, T_RPAREN, "behind the arguments");
    if (method->argument_count > LANG_ARGUMENTS_MAX)
        lang_error(parser->lang, parser->file, method->place, NULL,
                   "a method has at most %u arguments", LANG_ARGUMENTS_MAX);
    return first;
}
