/*
 * literals.c - numbers, characters and strings as the text writes them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lexer_priv.h"

#include "base/format.h"

static int
digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char
peek(const struct lexer *lexer, size_t ahead)
{
    return ahead < lexer->end - lexer->at ? lexer->text[lexer->at + ahead] : '\0';
}

static bool
is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

/* Read digits of a base; false if the value does not fit 64 bits. */
static bool
read_integer(struct lexer *lexer, unsigned base, uint64_t *value)
{
    bool fits = true;

    *value = 0;
    while ((unsigned)digit_value(peek(lexer, 0)) < base) {
        unsigned digit = (unsigned)digit_value(peek(lexer, 0));

        if (*value > (UINT64_MAX - digit) / base)
            fits = false;
        *value = *value * base + digit;
        lexer->at++;
    }
    return fits;
}

/* Step over ".5", "e10", "E-3" behind the digits; true if there was any of it. */
static bool
skip_fraction(struct lexer *lexer)
{
    bool found = false;
    size_t sign;

    if (peek(lexer, 0) == '.' && is_digit(peek(lexer, 1))) {
        found = true;
        lexer->at++;
        while (is_digit(peek(lexer, 0)))
            lexer->at++;
    }
    if (peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') {
        sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-';
        if (is_digit(peek(lexer, 1 + sign))) {
            found = true;
            lexer->at += 1 + sign;
            while (is_digit(peek(lexer, 0)))
                lexer->at++;
        }
    }
    return found;
}

/* The suffix and the range of an integer. */
static void
finish_integer(struct lexer *lexer, struct token *token, size_t start, bool fits)
{
    bool is_long = peek(lexer, 0) == 'L' || peek(lexer, 0) == 'l';
    uint64_t max = is_long ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT32_MAX + 1;

    if (!token->decimal)
        max = is_long ? UINT64_MAX : UINT32_MAX;
    if (is_long)
        lexer->at++;
    token->kind = is_long ? T_LONG : T_INT;
    if (fits && token->integer <= max)
        return;
    lang_error(lexer->lang, lexer->file, lang_lexer_place(lexer, start, lexer->line),
               is_long ? NULL : "a long has an L behind it: 5000000000L",
               "this number is too large for %s", is_long ? "a long" : "an int");
    token->integer = 0;
}

void
lang_lex_number(struct lexer *lexer, struct token *token)
{
    size_t start = lexer->at;
    unsigned base = 10;
    bool fits;
    float number;

    if (peek(lexer, 0) == '0' && (peek(lexer, 1) | 32) == 'x' && digit_value(peek(lexer, 2)) < 16) {
        base = 16;
        lexer->at += 2;
    } else if (peek(lexer, 0) == '0' && is_digit(peek(lexer, 1))) {
        base = 8;
    }
    token->decimal = base == 10;
    fits = read_integer(lexer, base, &token->integer);
    if (base == 10 &&
        (skip_fraction(lexer) || (peek(lexer, 0) | 32) == 'f' || (peek(lexer, 0) | 32) == 'd')) {
        token->kind = T_DOUBLE;
        if ((peek(lexer, 0) | 32) == 'f') {
            token->kind = T_FLOAT;
            (void)parse_float(lexer->text + start, lexer->at - start, &number);
            token->number = (double)number;
        } else {
            (void)parse_double(lexer->text + start, lexer->at - start, &token->number);
        }
        if ((peek(lexer, 0) | 32) == 'f' || (peek(lexer, 0) | 32) == 'd')
            lexer->at++;
    } else {
        finish_integer(lexer, token, start, fits);
    }
    if (is_word(peek(lexer, 0))) {
        while (is_word(peek(lexer, 0)))
            lexer->at++;
        lang_error(lexer->lang, lexer->file, lang_lexer_place(lexer, start, lexer->line),
                   base == 8 ? "a number that begins with 0 is octal: digits 0 to 7" : NULL,
                   "this is neither a number nor a name");
    }
}

/* N hexadecimal digits, or -1. */
static int32_t
read_hex(struct lexer *lexer, unsigned count)
{
    int32_t value = 0;

    for (unsigned i = 0; i < count; i++) {
        if (digit_value(peek(lexer, 0)) > 15)
            return -1;
        value = value * 16 + digit_value(peek(lexer, 0));
        lexer->at++;
    }
    return value;
}

/* \uHHHH, where two halves of a surrogate pair make one code point. */
static int32_t
read_unicode(struct lexer *lexer)
{
    int32_t high = read_hex(lexer, 4);
    int32_t low;

    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || peek(lexer, 0) != '\\' || peek(lexer, 1) != 'u')
        return -2;
    lexer->at += 2;
    low = read_hex(lexer, 4);
    if (low < 0xdc00 || low > 0xdfff)
        return -2;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* What stands behind a backslash, which was read; a code point, or 0xfffd after a message. */
static int32_t
read_escape(struct lexer *lexer)
{
    static const char letters[] = "nrtb0\"\\'{";
    static const char values[] = "\n\r\t\b\0\"\\'{";
    size_t start = lexer->at - 1;
    char letter = peek(lexer, 0);
    int32_t value = -1;

    for (unsigned i = 0; i + 1 < sizeof(letters); i++) {
        if (letters[i] == letter) {
            lexer->at++;
            return values[i];
        }
    }
    if (lexer->at < lexer->end && letter != '\n')
        lexer->at++;
    if (letter == 'x')
        value = read_hex(lexer, 2);
    else if (letter == 'u')
        value = read_unicode(lexer);
    if (value >= 0)
        return value;
    lang_error(
        lexer->lang, lexer->file, lang_lexer_place(lexer, start, lexer->line),
        "there are \\n \\r \\t \\b \\0 \\\" \\' \\\\ \\xHH \\uHHHH and, in strings, \\{expression}",
        value == -2 ? "half of a surrogate pair is no character" : "unknown escape sequence");
    return 0xfffd;
}

static void
append_code_point(struct lexer *lexer, int32_t point)
{
    uint8_t bytes[4];
    size_t count;

    if (point < 0x80) {
        bytes[0] = (uint8_t)point;
        count = 1;
    } else if (point < 0x800) {
        bytes[0] = (uint8_t)(0xc0 | point >> 6);
        bytes[1] = (uint8_t)(0x80 | (point & 0x3f));
        count = 2;
    } else if (point < 0x10000) {
        bytes[0] = (uint8_t)(0xe0 | point >> 12);
        bytes[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (uint8_t)(0x80 | (point & 0x3f));
        count = 3;
    } else {
        bytes[0] = (uint8_t)(0xf0 | point >> 18);
        bytes[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
        bytes[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        bytes[3] = (uint8_t)(0x80 | (point & 0x3f));
        count = 4;
    }
    if (buffer_append(&lexer->scratch, bytes, count) != OK)
        lang_no_memory(lexer->lang);
}

/* What the scratch buffer holds, as a text of the compilation. */
static struct text *
scratch_text(struct lexer *lexer)
{
    struct text *text = lang_alloc(lexer->lang, sizeof(*text));
    char *bytes = lang_alloc_large(lexer->lang, lexer->scratch.count + 1);

    if (bytes != NULL && lexer->scratch.count != 0) {
        __builtin_memcpy(bytes, lexer->scratch.bytes, lexer->scratch.count);
        text->byte_count = (uint32_t)lexer->scratch.count;
    }
    text->bytes = bytes;
    return text;
}

/* Plain characters up to the next quote, backslash or line. */
static void
copy_plain(struct lexer *lexer)
{
    size_t start = lexer->at;

    while (lexer->at < lexer->end && lexer->text[lexer->at] != '"' &&
           lexer->text[lexer->at] != '\\') {
        if (lexer->text[lexer->at] == '\n')
            lexer->line++;
        lexer->at++;
    }
    if (buffer_append(&lexer->scratch, lexer->text + start, lexer->at - start) != OK)
        lang_no_memory(lexer->lang);
}

/*
 * A string, or the piece of one that ends at an interpolation. At the opening
 * quote if it is the first piece, else behind the brace that ended the expression.
 */
void
lang_lex_string(struct lexer *lexer, struct token *token, bool first)
{
    size_t start = lexer->at;
    uint32_t line = lexer->line;

    buffer_clear(&lexer->scratch);
    if (first)
        lexer->at++;
    for (;;) {
        if (lexer->at >= lexer->end || lexer->lang->stopped) {
            lang_error(lexer->lang, lexer->file,
                       (struct place){ .offset = (uint32_t)start, .line = line, .length = 1 },
                       "a string ends with \"", "this string has no end");
            lexer->lang->incomplete = lexer->lang->error_count == 1;
            lexer->lang->stopped = true; /* nothing sensible can follow */
            token->kind = first ? T_STRING : T_STRING_END;
            break;
        }
        if (lexer->text[lexer->at] == '"') {
            lexer->at++;
            token->kind = first ? T_STRING : T_STRING_END;
            break;
        }
        if (lexer->text[lexer->at] != '\\') {
            copy_plain(lexer);
            continue;
        }
        lexer->at++;
        if (peek(lexer, 0) == '{' && lexer->inside == EXPRESSIONS_MAX && !lexer->lang->stopped) {
            lang_error(lexer->lang, lexer->file, lang_lexer_place(lexer, start, line), NULL,
                       "expressions in strings stand in each other more than %u deep",
                       EXPRESSIONS_MAX);
            lexer->lang->stopped = true; /* nothing sensible can follow */
        }
        if (peek(lexer, 0) == '{' && lexer->inside < EXPRESSIONS_MAX) {
            lexer->at++;
            lexer->braces[lexer->inside++] = 0;
            token->kind = first ? T_STRING_BEGIN : T_STRING_MIDDLE;
            break;
        }
        append_code_point(lexer, read_escape(lexer));
    }
    token->text = scratch_text(lexer);
}

/* One character of UTF-8, which is known to be well formed. */
static int32_t
read_code_point(struct lexer *lexer)
{
    uint8_t byte = (uint8_t)lexer->text[lexer->at++];
    int32_t point = byte;

    if (byte < 0x80)
        return point;
    point = byte < 0xe0 ? byte & 0x1f : byte < 0xf0 ? byte & 0x0f : byte & 0x07;
    while (((uint8_t)peek(lexer, 0) & 0xc0) == 0x80)
        point = point << 6 | (lexer->text[lexer->at++] & 0x3f);
    return point;
}

void
lang_lex_char(struct lexer *lexer, struct token *token)
{
    size_t start = lexer->at++;
    int32_t point = 0;
    const char *trouble = NULL;

    token->kind = T_CHAR;
    if (peek(lexer, 0) == '\'' || peek(lexer, 0) == '\n' || lexer->at >= lexer->end) {
        trouble = "a character is missing here";
    } else if (peek(lexer, 0) == '\\') {
        lexer->at++;
        point = read_escape(lexer);
    } else {
        point = read_code_point(lexer);
    }
    if (peek(lexer, 0) == '\'') {
        lexer->at++;
    } else if (trouble == NULL) {
        trouble = "this character has no closing '";
        while (lexer->at < lexer->end && peek(lexer, 0) != '\n' && peek(lexer, 0) != '\'')
            lexer->at++;
        if (peek(lexer, 0) == '\'')
            lexer->at++;
    }
    if (trouble == NULL && point > 0xffff)
        trouble = "this character needs two units: write it as a string";
    if (trouble != NULL)
        lang_error(lexer->lang, lexer->file, lang_lexer_place(lexer, start, lexer->line),
                   "'x' is one character, \"text\" is a string", "%s", trouble);
    token->integer = trouble == NULL ? (uint64_t)point : 0;
}
