/*
 * lexer.c - the text of a file as tokens.
 *
 * The whole file is turned into tokens at once, so that the parser can look as
 * far ahead as it needs. A string with \{expressions} in it becomes a first
 * piece, tokens, a middle piece, tokens, a last piece.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lexer_priv.h"

#include "base/assert.h"
#include "base/memory.h"

static const char *const token_names[T_COUNT] = {
#define TOKEN(name, text) [T_##name] = text,
    TOKENS(TOKEN)
#undef TOKEN
#define KEYWORD(name, text) [T_##name] = "`" text "`",
        KEYWORDS(KEYWORD)
#undef KEYWORD
};

const char *
lang_token_name(enum token_kind kind)
{
    assert(kind < T_COUNT);
    return token_names[kind];
}

struct place
lang_lexer_place(const struct lexer *lexer, size_t start, uint32_t line)
{
    return (struct place){
        .offset = (uint32_t)start,
        .line = line,
        .length = (uint32_t)(lexer->at > start ? lexer->at - start : 1),
    };
}

static void
complain(struct lexer *lexer, size_t start, const char *hint, const char *text)
{
    lang_error(lexer->lang, lexer->file, lang_lexer_place(lexer, start, lexer->line), hint, "%s",
               text);
}

size_t
lang_utf8_length(const char *at, size_t room)
{
    const uint8_t *text = (const uint8_t *)at;
    size_t count = text[0] < 0x80   ? 1
                   : text[0] < 0xc2 ? 0
                   : text[0] < 0xe0 ? 2
                   : text[0] < 0xf0 ? 3
                   : text[0] < 0xf5 ? 4
                                    : 0;

    if (count > room)
        return 0;
    for (size_t i = 1; i < count; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return count;
}

/* The text is UTF-8 without zeroes; else says where it is not. */
static bool
check_text(struct lang *lang, const struct file *file)
{
    const char *text = file->source.text;
    size_t end = file->source.byte_count;
    uint32_t line = 1;
    size_t count;

    for (size_t at = 0; at < end; at += count) {
        struct place place = { .offset = (uint32_t)at, .line = line, .length = 1 };

        count = 1;
        if (text[at] == '\n') {
            line++;
        } else if (text[at] == '\r' && (at + 1 == end || text[at + 1] != '\n')) {
            lang_error(lang, file, place, "save the file with LF or CR LF at the end of each line",
                       "a carriage return alone ends no line");
            return false;
        } else if (text[at] == 0) {
            lang_error(lang, file, place, NULL, "the text contains a zero byte");
            return false;
        } else if ((uint8_t)text[at] >= 0x80) {
            count = lang_utf8_length(text + at, end - at);
            if (count == 0) {
                lang_error(lang, file, place, "save the file as UTF-8", "the text is not UTF-8");
                return false;
            }
        }
    }
    return true;
}

static bool
is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool
is_name_part(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

bool
lang_is_name(const struct text *text)
{
    if (text->byte_count == 0 || text->byte_count > LANG_NAME_BYTES_MAX ||
        !is_name_start(text->bytes[0]))
        return false;
    for (uint32_t i = 1; i < text->byte_count; i++) {
        if (!is_name_part(text->bytes[i]))
            return false;
    }
    return true;
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* True if the word that ends before `end` is this one. */
static bool
is_word_before(const char *text, size_t end, const char *word)
{
    size_t count = text_length(word);

    return end >= count && __builtin_memcmp(text + end - count, word, count) == 0 &&
           (end == count || !is_name_part(text[end - count - 1]));
}

static bool
is_word_behind(const char *text, size_t at, size_t end, const char *word)
{
    size_t count = text_length(word);

    return end - at >= count && __builtin_memcmp(text + at, word, count) == 0;
}

/* class or interface, and a package that may stand there, before `at` */
static bool
class_ends_before(const char *text, size_t at)
{
    size_t end;

    while (at > 0 && (is_name_part(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '"'))
        at--;
    end = at;
    while (end > 0 && is_space(text[end - 1]))
        end--;
    return end < at &&
           (is_word_before(text, end, "class") || is_word_before(text, end, "interface"));
}

/* What may stand behind the name of a class */
static bool
class_goes_on_at(const char *text, size_t at, size_t end)
{
    static const char *const words[] = { "{", "@", "attribute", "extends", "implements", "/" };

    while (at < end && (is_space(text[at]) || text[at] == '"'))
        at++;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (is_word_behind(text, at, end, words[i]))
            return true;
    }
    return at == end; /* a syntax error, which has to be said */
}

bool
lang_declares(const struct lang_source *source, const struct symbol *name)
{
    const char *text = source->text;
    size_t count = name->byte_count;

    for (size_t i = 0; i + count <= source->byte_count; i++) {
        if (text[i] == name->text[0] && __builtin_memcmp(text + i, name->text, count) == 0 &&
            (i == 0 || !is_name_part(text[i - 1])) && class_ends_before(text, i) &&
            class_goes_on_at(text, i + count, source->byte_count))
            return true;
    }
    return false;
}

/* Step over a comment that begins here; false if none does. */
static bool
skip_comment(struct lexer *lexer)
{
    const char *text = lexer->text;
    size_t start = lexer->at;
    uint32_t line = lexer->line;

    if (lexer->end - start < 2 || text[start] != '/')
        return false;
    if (text[start + 1] == '/') {
        while (lexer->at < lexer->end && text[lexer->at] != '\n')
            lexer->at++;
        return true;
    }
    if (text[start + 1] != '*')
        return false;
    for (lexer->at += 2; lexer->at + 1 < lexer->end; lexer->at++) {
        if (text[lexer->at] == '*' && text[lexer->at + 1] == '/') {
            lexer->at += 2;
            return true;
        }
        if (text[lexer->at] == '\n')
            lexer->line++;
    }
    lexer->at = lexer->end;
    lang_error(lexer->lang, lexer->file,
               (struct place){ .offset = (uint32_t)start, .line = line, .length = 2 },
               "a comment ends with */", "this comment has no end");
    lexer->lang->incomplete = lexer->lang->error_count == 1;
    lexer->lang->stopped = true; /* nothing sensible can follow */
    return true;
}

static void
skip_space(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        char c = lexer->text[lexer->at];

        if (c == '\n')
            lexer->line++;
        if (lang_is_blank(c))
            lexer->at++;
        else if (!skip_comment(lexer))
            return;
    }
}

static void
lex_name(struct lexer *lexer, struct token *token)
{
    size_t start = lexer->at;
    size_t count;

    while (lexer->at < lexer->end && is_name_part(lexer->text[lexer->at]))
        lexer->at++;
    count = lexer->at - start;
    if (count > LANG_NAME_BYTES_MAX) {
        complain(lexer, start, NULL, "a name has at most 255 characters");
        count = LANG_NAME_BYTES_MAX;
    }
    token->kind = T_NAME;
    token->symbol = lang_symbol(lexer->lang, lexer->text + start, count);
    if (token->symbol->id > lexer->last_keyword)
        return;
    for (size_t i = 0; i < KEYWORD_COUNT; i++) {
        if (token->symbol == lexer->keywords[i])
            token->kind = (uint8_t)(T_FIRST_KEYWORD + i);
    }
}

/* Operators, longest first where one begins another. */
#define OPERATOR(text, kind)                                                                       \
    {                                                                                              \
        text, sizeof(text) - 1, kind                                                               \
    }

static const struct {
    char text[5];
    uint8_t count;
    uint8_t kind;
} operators[] = {
    OPERATOR(">>>=", T_USHR_ASSIGN),
    OPERATOR("!->", T_NOT_ARROW),
    OPERATOR("->!", T_ARROW_NOT),
    OPERATOR(":==", T_SAME),
    OPERATOR(":!=", T_NOT_SAME),
    OPERATOR("<<=", T_SHL_ASSIGN),
    OPERATOR(">>=", T_SHR_ASSIGN),
    OPERATOR(">>>", T_USHR),
    OPERATOR("..<", T_RANGE_LESS),
    OPERATOR("..", T_RANGE),
    OPERATOR(".=", T_DOT_ASSIGN),
    OPERATOR("==", T_EQUAL),
    OPERATOR("!=", T_UNEQUAL),
    OPERATOR("<=", T_LESS_EQUAL),
    OPERATOR(">=", T_GREATER_EQUAL),
    OPERATOR("<<", T_SHL),
    OPERATOR(">>", T_SHR),
    OPERATOR("&&", T_AND_AND),
    OPERATOR("||", T_OR_OR),
    OPERATOR("++", T_INCREMENT),
    OPERATOR("--", T_DECREMENT),
    OPERATOR("+=", T_ADD_ASSIGN),
    OPERATOR("-=", T_SUB_ASSIGN),
    OPERATOR("*=", T_MUL_ASSIGN),
    OPERATOR("/=", T_DIV_ASSIGN),
    OPERATOR("%=", T_REM_ASSIGN),
    OPERATOR("&=", T_AND_ASSIGN),
    OPERATOR("|=", T_OR_ASSIGN),
    OPERATOR("^=", T_XOR_ASSIGN),
    OPERATOR("{", T_LBRACE),
    OPERATOR("}", T_RBRACE),
    OPERATOR("(", T_LPAREN),
    OPERATOR(")", T_RPAREN),
    OPERATOR("[", T_LBRACKET),
    OPERATOR("]", T_RBRACKET),
    OPERATOR(";", T_SEMICOLON),
    OPERATOR(",", T_COMMA),
    OPERATOR(".", T_DOT),
    OPERATOR(":", T_COLON),
    OPERATOR("?", T_QUESTION),
    OPERATOR("@", T_AT),
    OPERATOR("=", T_ASSIGN),
    OPERATOR("+", T_PLUS),
    OPERATOR("-", T_MINUS),
    OPERATOR("*", T_STAR),
    OPERATOR("/", T_SLASH),
    OPERATOR("%", T_PERCENT),
    OPERATOR("&", T_AND),
    OPERATOR("|", T_OR),
    OPERATOR("^", T_XOR),
    OPERATOR("~", T_TILDE),
    OPERATOR("!", T_NOT),
    OPERATOR("<", T_LESS),
    OPERATOR(">", T_GREATER),
};

static bool
lex_operator(struct lexer *lexer, struct token *token)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t count = operators[i].count;

        if (operators[i].text[0] != lexer->text[lexer->at] || lexer->end - lexer->at < count ||
            __builtin_memcmp(operators[i].text, lexer->text + lexer->at, count) != 0)
            continue;
        lexer->at += count;
        token->kind = operators[i].kind;
        return true;
    }
    return false;
}

/* A brace may end the expression in a string; true if it did, and the string went on. */
static bool
lex_brace(struct lexer *lexer, struct token *token)
{
    if (lexer->inside == 0)
        return false;
    if (lexer->text[lexer->at] == '{')
        lexer->braces[lexer->inside - 1]++;
    if (lexer->text[lexer->at] != '}' || lexer->braces[lexer->inside - 1]-- != 0)
        return false;
    lexer->inside--;
    lexer->at++;
    lang_lex_string(lexer, token, false);
    return true;
}

static void
lex_token(struct lexer *lexer)
{
    struct token token = { .kind = T_END };
    size_t start = lexer->at;
    uint32_t line = lexer->line;
    char c = lexer->text[start];
    size_t count;

    if (is_name_start(c)) {
        lex_name(lexer, &token);
    } else if (c >= '0' && c <= '9') {
        lang_lex_number(lexer, &token);
    } else if (c == '"') {
        lang_lex_string(lexer, &token, true);
    } else if (c == '\'') {
        lang_lex_char(lexer, &token);
    } else if (!lex_brace(lexer, &token) && !lex_operator(lexer, &token)) {
        count = lang_utf8_length(lexer->text + start, lexer->end - start);
        lexer->at += count == 0 ? 1 : count;
        complain(lexer, start, "names have the letters a to z, digits, _ and $",
                 "this character means nothing here");
        token.kind = T_BAD;
    }
    token.place = lang_lexer_place(lexer, start, line);
    if (buffer_append(lexer->tokens, &token, sizeof(token)) != OK)
        lang_no_memory(lexer->lang);
}

/* Know the keywords, before any name of a text is met: so their numbers are low. */
static void
intern_keywords(struct lexer *lexer)
{
    static const struct {
        const char *text;
        size_t count;
    } texts[] = {
#define KEYWORD(name, text) { text, sizeof(text) - 1 },
        KEYWORDS(KEYWORD)
#undef KEYWORD
    };

    for (size_t i = 0; i < KEYWORD_COUNT; i++) {
        lexer->keywords[i] = lang_symbol(lexer->lang, texts[i].text, texts[i].count);
        if (lexer->keywords[i]->id > lexer->last_keyword)
            lexer->last_keyword = lexer->keywords[i]->id;
    }
}

void
lang_lex(struct lang *lang, const struct file *file, struct buffer *tokens)
{
    struct lexer lexer = {
        .lang = lang,
        .file = file,
        .text = file->source.text,
        .end = file->source.byte_count,
        .line = 1,
        .tokens = tokens,
    };
    struct token end = { .kind = T_END };

    if (lexer.end > LANG_SOURCE_BYTES_MAX) {
        lang_error(lang, file, (struct place){ 0 }, NULL, "the text has more than %u bytes",
                   LANG_SOURCE_BYTES_MAX);
        lexer.end = 0;
    } else if (!check_text(lang, file)) {
        lexer.end = 0;
    }
    if (lexer.end >= 3 && __builtin_memcmp(lexer.text, "\xef\xbb\xbf", 3) == 0)
        lexer.at = 3;
    if (lexer.end - lexer.at >= 2 && lexer.text[lexer.at] == '#' &&
        lexer.text[lexer.at + 1] == '!') {
        while (lexer.at < lexer.end && lexer.text[lexer.at] != '\n')
            lexer.at++;
    }
    intern_keywords(&lexer);
    for (skip_space(&lexer); lexer.at < lexer.end && !lang->stopped; skip_space(&lexer))
        lex_token(&lexer);
    if (lexer.inside != 0)
        complain(&lexer, lexer.at, "it ends with }", "an expression in a string has no end");
    end.place = (struct place){ .offset = (uint32_t)lexer.end, .line = lexer.line, .length = 1 };
    if (buffer_append(tokens, &end, sizeof(end)) != OK)
        lang_no_memory(lang);
    buffer_free(&lexer.scratch);
}
