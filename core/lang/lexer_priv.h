/*
 * lexer_priv.h - a text as a row of tokens.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/lang_priv.h"

/* TOKEN(NAME, how a message calls it) */
#define TOKENS(TOKEN)                                                                              \
    TOKEN(END, "the end of the file")                                                              \
    TOKEN(NAME, "a name")                                                                          \
    TOKEN(INT, "a number")                                                                         \
    TOKEN(LONG, "a number")                                                                        \
    TOKEN(FLOAT, "a number")                                                                       \
    TOKEN(DOUBLE, "a number")                                                                      \
    TOKEN(CHAR, "a character")                                                                     \
    TOKEN(STRING, "a string")                                                                      \
    TOKEN(STRING_BEGIN, "a string")                                                                \
    TOKEN(STRING_MIDDLE, "the rest of a string")                                                   \
    TOKEN(STRING_END, "the rest of a string")                                                      \
    TOKEN(LBRACE, "`{`")                                                                           \
    TOKEN(RBRACE, "`}`")                                                                           \
    TOKEN(LPAREN, "`(`")                                                                           \
    TOKEN(RPAREN, "`)`")                                                                           \
    TOKEN(LBRACKET, "`[`")                                                                         \
    TOKEN(RBRACKET, "`]`")                                                                         \
    TOKEN(SEMICOLON, "`;`")                                                                        \
    TOKEN(COMMA, "`,`")                                                                            \
    TOKEN(DOT, "`.`")                                                                              \
    TOKEN(RANGE, "`..`")                                                                           \
    TOKEN(RANGE_LESS, "`..<`")                                                                     \
    TOKEN(DOT_ASSIGN, "`.=`")                                                                      \
    TOKEN(COLON, "`:`")                                                                            \
    TOKEN(QUESTION, "`?`")                                                                         \
    TOKEN(AT, "`@`")                                                                               \
    TOKEN(NOT_ARROW, "`!->`")                                                                      \
    TOKEN(ARROW_NOT, "`->!`")                                                                      \
    TOKEN(BAD, "a character that means nothing")                                                   \
    TOKEN(ASSIGN, "`=`")                                                                           \
    TOKEN(ADD_ASSIGN, "`+=`")                                                                      \
    TOKEN(SUB_ASSIGN, "`-=`")                                                                      \
    TOKEN(MUL_ASSIGN, "`*=`")                                                                      \
    TOKEN(DIV_ASSIGN, "`/=`")                                                                      \
    TOKEN(REM_ASSIGN, "`%=`")                                                                      \
    TOKEN(AND_ASSIGN, "`&=`")                                                                      \
    TOKEN(OR_ASSIGN, "`|=`")                                                                       \
    TOKEN(XOR_ASSIGN, "`^=`")                                                                      \
    TOKEN(SHL_ASSIGN, "`<<=`")                                                                     \
    TOKEN(SHR_ASSIGN, "`>>=`")                                                                     \
    TOKEN(USHR_ASSIGN, "`>>>=`")                                                                   \
    TOKEN(INCREMENT, "`++`")                                                                       \
    TOKEN(DECREMENT, "`--`")                                                                       \
    TOKEN(PLUS, "`+`")                                                                             \
    TOKEN(MINUS, "`-`")                                                                            \
    TOKEN(STAR, "`*`")                                                                             \
    TOKEN(SLASH, "`/`")                                                                            \
    TOKEN(PERCENT, "`%`")                                                                          \
    TOKEN(AND, "`&`")                                                                              \
    TOKEN(OR, "`|`")                                                                               \
    TOKEN(XOR, "`^`")                                                                              \
    TOKEN(TILDE, "`~`")                                                                            \
    TOKEN(NOT, "`!`")                                                                              \
    TOKEN(AND_AND, "`&&`")                                                                         \
    TOKEN(OR_OR, "`||`")                                                                           \
    TOKEN(SHL, "`<<`")                                                                             \
    TOKEN(SHR, "`>>`")                                                                             \
    TOKEN(USHR, "`>>>`")                                                                           \
    TOKEN(EQUAL, "`==`")                                                                           \
    TOKEN(UNEQUAL, "`!=`")                                                                         \
    TOKEN(SAME, "`:==`")                                                                           \
    TOKEN(NOT_SAME, "`:!=`")                                                                       \
    TOKEN(LESS, "`<`")                                                                             \
    TOKEN(GREATER, "`>`")                                                                          \
    TOKEN(LESS_EQUAL, "`<=`")                                                                      \
    TOKEN(GREATER_EQUAL, "`>=`")

/* KEYWORD(NAME, text) */
#define KEYWORDS(KEYWORD)                                                                          \
    KEYWORD(ATTRIBUTE, "attribute")                                                                \
    KEYWORD(PACKAGE, "package")                                                                    \
    KEYWORD(IMPORT, "import")                                                                      \
    KEYWORD(CLASS, "class")                                                                        \
    KEYWORD(INTERFACE, "interface")                                                                \
    KEYWORD(PUBLIC, "public")                                                                      \
    KEYWORD(STATIC, "static")                                                                      \
    KEYWORD(EXTENDS, "extends")                                                                    \
    KEYWORD(IMPLEMENTS, "implements")                                                              \
    KEYWORD(IF, "if")                                                                              \
    KEYWORD(ELSE, "else")                                                                          \
    KEYWORD(WHILE, "while")                                                                        \
    KEYWORD(DO, "do")                                                                              \
    KEYWORD(FOREACH, "foreach")                                                                    \
    KEYWORD(IN, "in")                                                                              \
    KEYWORD(RETURN, "return")                                                                      \
    KEYWORD(SWITCH, "switch")                                                                      \
    KEYWORD(CASE, "case")                                                                          \
    KEYWORD(DEFAULT, "default")                                                                    \
    KEYWORD(BREAK, "break")                                                                        \
    KEYWORD(CONTINUE, "continue")                                                                  \
    KEYWORD(TRY, "try")                                                                            \
    KEYWORD(CATCH, "catch")                                                                        \
    KEYWORD(THROW, "throw")                                                                        \
    KEYWORD(VAR, "var")                                                                            \
    KEYWORD(VOID, "void")                                                                          \
    KEYWORD(NULL, "null")                                                                          \
    KEYWORD(NEW, "new")                                                                            \
    KEYWORD(THIS, "this")

enum token_kind {
#define TOKEN(name, text) T_##name,
    TOKENS(TOKEN)
#undef TOKEN
#define KEYWORD(name, text) T_##name,
    KEYWORDS(KEYWORD)
#undef KEYWORD
        T_COUNT,
};

#define T_FIRST_KEYWORD T_ATTRIBUTE
#define KEYWORD_COUNT   (T_COUNT - T_FIRST_KEYWORD)

struct text {
    uint32_t byte_count;
    const char *bytes; /* UTF-8 */
};

struct token {
    uint8_t kind; /* enum token_kind */
    bool decimal; /* an INT or LONG in base ten */
    struct place place;
    union {
        struct symbol *symbol; /* NAME and keywords */
        struct text *text;     /* strings */
        uint64_t integer;      /* INT, LONG, CHAR */
        double number;         /* FLOAT, DOUBLE */
    };
};

/*
 * Turn a text into tokens; the last is END. Errors are reported and stepped over.
 *
 *   tokens  empty; filled with struct token; free it in any case
 */
void lang_lex(struct lang *lang, const struct file *file, struct buffer *tokens);

/* True for what could be a name, be it a keyword. */
bool lang_is_name(const struct text *text);

/*
 * True if a class or an interface of that name, in whatever package, is declared in a text. It
 * takes what a comment or a string may say for a declaration, too.
 */
bool lang_declares(const struct lang_source *source, const struct symbol *name);

/* What to write instead of a word of another language, for the hint of a message; or NULL. */
const char *lang_habit(const struct symbol *word);

/* How many bytes a well-formed character of UTF-8 at `at` has, or 0; `room` is at least 1. */
size_t lang_utf8_length(const char *at, size_t room);

/* White space between tokens. */
static inline bool
lang_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* How a message calls a token: "`(`", "`while`", "a name". */
const char *lang_token_name(enum token_kind kind);

/* Private to the lexer: literals.c */
#define EXPRESSIONS_MAX 16 /* in strings in expressions in strings ... */

struct lexer {
    struct lang *lang;
    const struct file *file;
    const char *text;
    size_t end;
    size_t at;
    uint32_t line;
    struct buffer *tokens;
    uint32_t braces[EXPRESSIONS_MAX]; /* open braces inside each \{ } that is open */
    unsigned inside;                  /* how many of those */
    struct buffer scratch;
    struct symbol *keywords[KEYWORD_COUNT];
    uint32_t last_keyword; /* the highest id among them */
};

struct place lang_lexer_place(const struct lexer *lexer, size_t start, uint32_t line);
void lang_lex_number(struct lexer *lexer, struct token *token);
void lang_lex_string(struct lexer *lexer, struct token *token, bool first);
void lang_lex_char(struct lexer *lexer, struct token *token);
