/*
 * parse_priv.h - what the files of the parser share.
 *
 * A syntax error is reported once; then `panic` is set, everything returns
 * quickly, and the nearest list of statements or members skips to a place where
 * it can go on. Every such list makes sure that it consumes something.
 *
 * What was skipped is marked, so that the rest can be checked without a word about
 * what follows from it: statements become BROKEN, members and classes `broken` or
 * `vague`, and the names in it doubtful. Where braces do not match, nobody knows what
 * belongs where, and nothing of the file is checked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/ast_priv.h"

struct parser {
    struct lang *lang;
    struct file *file;
    const struct token *tokens;
    size_t at;
    size_t last; /* index of END */
    unsigned depth;
    bool panic;
    bool guessed; /* went on as if a missing token were there: what was read may mean something else
                   */
    bool skip_bodies;
    struct class *class;   /* whose members are read, or NULL */
    struct method *method; /* whose body is read, or NULL */
    struct stmt *previous; /* of a list; it ends before the token `previous_end` */
    size_t previous_end;
    bool in_switch;
    uint32_t first_error; /* of those that the lexer reported */
    uint32_t last_error;
};

/* Parse a file into classes. Errors are reported. `brief_main` names the class of top-level code.
 */
void lang_parse(struct lang *lang, struct file *file);

/* Tokens. `ahead` counts from the current one; beyond the end there is END. */
const struct token *lang_peek(const struct parser *parser, size_t ahead);
bool lang_at(const struct parser *parser, enum token_kind kind);
bool lang_at_name(const struct parser *parser, size_t ahead, const struct symbol *name);
bool lang_accept(struct parser *parser, enum token_kind kind);
const struct token *lang_take(struct parser *parser);
struct place lang_here(const struct parser *parser);
struct place lang_before(const struct parser *parser); /* behind the token before */

/* Take that token, or complain: "expected X `where`, found Y". */
bool lang_expect(struct parser *parser, enum token_kind kind, const char *where);
struct symbol *lang_expect_name(struct parser *parser, const char *what, struct place *place);
/* A part of a name with dots: a string too. */
struct symbol *lang_expect_part(struct parser *parser, const char *what, struct place *place);
void lang_syntax_error(struct parser *parser, struct place place, const char *expected);
void lang_syntax_hint(struct parser *parser, struct place place, const char *expected,
                      const char *hint);

/* Count nesting; false, with a message, where it is too deep. */
bool lang_enter(struct parser *parser);
void lang_leave(struct parser *parser);

/* How many tokens from `ahead` on look like a type, or 0. */
size_t lang_scan_type(const struct parser *parser, size_t ahead);
/* The distance from an opening parenthesis or brace to behind its closing one, or 0. */
size_t lang_scan_pair(const struct parser *parser, size_t ahead, enum token_kind open,
                      enum token_kind close);
bool lang_is_primitive_name(const struct parser *parser, const struct symbol *name);

/* True if `(` begins what looks like a cast: a type in parentheses before an operand. */
bool lang_at_cast(const struct parser *parser);

/* True if a function begins here: type name "(" args ")" and a body. */
bool lang_at_function(const struct parser *parser);

/* Words that change what follows: public static private abstract const final synchronized. */
uint16_t lang_parse_modifiers(struct parser *parser);

struct path *lang_parse_path(struct parser *parser);
struct type_syntax *lang_parse_type(struct parser *parser);
void lang_parse_attributes(struct parser *parser, uint16_t *flags, struct symbol **primitive);
struct local *lang_parse_arguments(struct parser *parser, struct method *method);

struct expr *lang_parse_expr(struct parser *parser);
/* Step over the expression behind the * of a type that is computed. */
void lang_parse_class_value(struct parser *parser);
struct expr *lang_expr(struct parser *parser, enum expr_kind kind, struct place place);

struct stmt *lang_parse_block(struct parser *parser);
struct stmt *lang_parse_statement(struct parser *parser);
struct stmt *lang_stmt(struct parser *parser, enum stmt_kind kind, struct place place);

/*
 * Behind what began at token `start`: if there was a syntax error in it, skip to where
 * the next can begin, and return true.
 */
bool lang_recover(struct parser *parser, size_t start);

/* A statement of a list, at the list's end; returns the new end. Recovers. */
struct stmt **lang_parse_item(struct parser *parser, struct stmt **end);

/* Make a class and make it known to its file. */
struct class *lang_class_create(struct lang *lang, struct file *file, struct symbol *name,
                                struct symbol *brief, struct place place);
struct method *lang_method_create(struct lang *lang, struct class *class, struct symbol *name,
                                  struct place place);
struct field *lang_field_create(struct lang *lang, struct class *class, struct symbol *name,
                                struct place place);
struct class *lang_main_class(struct lang *lang, struct file *file);

/* The file is what a person typed. */
void lang_begin_line(struct lang *lang, struct file *file);
