/*
 * message.c - errors and warnings: counted, located, laid out for a person.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lexer_priv.h"

#include "base/format.h"
#include "base/text.h"

#define TEXT_BYTES       400
#define LINE_BYTES_SHOWN 200
#define WARNINGS_MAX     100

/* The start and the length of the line around `offset`. */
static size_t
line_around(const struct lang_source *source, uint32_t offset, size_t *count)
{
    size_t start = offset < source->byte_count ? offset : source->byte_count;
    size_t end = start;

    while (start > 0 && source->text[start - 1] != '\n')
        start--;
    while (end < source->byte_count && source->text[end] != '\n')
        end++;
    if (end > start && source->text[end - 1] == '\r')
        end--;
    if (start == 0 && end >= 3 && __builtin_memcmp(source->text, "\xef\xbb\xbf", 3) == 0)
        start = 3; /* a mark that editors write and nobody sees */
    *count = end - start;
    return start;
}

/* Characters (not bytes) in a piece of UTF-8. */
static uint32_t
characters(const char *text, size_t byte_count)
{
    uint32_t count = 0;

    for (size_t i = 0; i < byte_count; i++) {
        if (((uint8_t)text[i] & 0xc0) != 0x80)
            count++;
    }
    return count;
}

static void
report(struct lang *lang, const struct file *file, struct place place, struct lang_message *message)
{
    const struct lang_source *source = &file->source;
    size_t start;
    size_t count;
    size_t inside;
    size_t width;

    message->path = source->path;
    message->line = place.line;
    message->width = 1;
    if (place.line != 0) {
        start = line_around(source, place.offset, &count);
        inside = place.offset > start ? place.offset - start : 0;
        if (inside > count)
            inside = count;
        width = place.length < count - inside ? place.length : count - inside;
        message->column = characters(source->text + start, inside) + 1;
        message->width = characters(source->text + start + inside, width);
        if (message->width == 0)
            message->width = 1;
        message->source_line = source->text + start;
        message->source_line_bytes = count;
    }
    if (lang->host->message != NULL)
        lang->host->message(lang->host->context, message);
}

void
lang_error(struct lang *lang, const struct file *file, struct place place, const char *hint,
           const char *text, ...)
{
    char buffer[TEXT_BYTES];
    struct lang_message message = { .severity = LANG_ERROR, .text = buffer, .hint = hint };
    va_list values;

    if (lang->stopped)
        return;
    va_start(values, text);
    (void)format_list(buffer, sizeof(buffer), text, values);
    va_end(values);
    report(lang, file, place, &message);
    if (lang->error_count == 0)
        lang->incomplete = file == lang->line && place.offset >= file->source.byte_count;
    lang->error_lines[lang->error_count++] = place.line;
    if (lang->error_count >= LANG_ERRORS_MAX)
        lang->stopped = true;
}

static bool
is_warned_about(const struct lang *lang, const struct file *file)
{
    if (lang->parses_only || file->faulty)
        return false;
    return lang->lints ? file->number == 1 : !file->library;
}

void
lang_warn(struct lang *lang, const struct file *file, struct place place, const char *hint,
          const char *text, ...)
{
    char buffer[TEXT_BYTES];
    struct lang_message message = { .severity = LANG_WARNING, .text = buffer, .hint = hint };
    va_list values;

    if (lang->stopped || !is_warned_about(lang, file) || ++lang->warning_count > WARNINGS_MAX)
        return;
    va_start(values, text);
    (void)format_list(buffer, sizeof(buffer), text, values);
    va_end(values);
    report(lang, file, place, &message);
}

/* A character of a line, as it is shown. */
struct shown {
    size_t length;    /* bytes */
    unsigned columns; /* on a terminal */
    bool replaced;    /* it is none, or would command the terminal */
};

static struct shown
shown_at(const char *at, size_t room)
{
    size_t good = lang_utf8_length(at, room);
    struct shown shown = { .length = good == 0 ? 1 : good, .columns = 1, .replaced = good == 0 };
    uint32_t character = (uint8_t)at[0];

    if (good > 1) {
        character &= 0xffu >> (good + 1);
        for (size_t i = 1; i < good; i++)
            character = character << 6 | ((uint8_t)at[i] & 0x3f);
    }
    if (character < 0x20 || (character >= 0x7f && character < 0xa0))
        shown.replaced = true;
    if (!shown.replaced)
        shown.columns = text_columns(character);
    return shown;
}

static err_t
append_columns(char letter, unsigned count, struct buffer *text)
{
    for (unsigned i = 0; i < count; i++)
        TRY(buffer_append_byte(text, (uint8_t)letter));
    return OK;
}

/*
 * Append a piece of a line, or as much white space. What cannot be shown is a question mark; a tab
 * stays a tab, so that the caret stands right.
 */
static err_t
append_piece(const char *piece, size_t count, bool blank, struct buffer *text)
{
    struct shown shown;

    for (size_t i = 0; i < count; i += shown.length) {
        shown = shown_at(piece + i, count - i);
        if (piece[i] == '\t')
            TRY(buffer_append_byte(text, '\t'));
        else if (blank)
            TRY(append_columns(' ', shown.columns, text));
        else if (shown.replaced)
            TRY(buffer_append_byte(text, '?'));
        else
            TRY(buffer_append(text, piece + i, shown.length));
    }
    return OK;
}

/* How many columns so many characters take, the first of which is there, or one column is thought
 * to be. */
static unsigned
columns_of(const char *piece, size_t byte_count, uint32_t character_count)
{
    unsigned columns = 0;
    struct shown shown;

    for (size_t i = 0; i < byte_count && character_count-- > 0; i += shown.length) {
        shown = shown_at(piece + i, byte_count - i);
        columns += shown.columns;
    }
    return columns > 0 ? columns : 1;
}

/* Where a character of UTF-8 begins, at `at` or before. */
static size_t
character_start(const char *line, size_t at)
{
    while (at > 0 && ((uint8_t)line[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* The line, or the part of a long one around the caret, which stands under it. */
static err_t
append_line(const struct lang_message *message, const char *bold, const char *plain,
            struct buffer *text)
{
    const char *line = message->source_line;
    size_t end = message->source_line_bytes;
    size_t start = 0;
    size_t caret = 0;

    for (uint32_t column = 1; column < message->column && caret < end; column++) {
        caret++;
        while (caret < end && ((uint8_t)line[caret] & 0xc0) == 0x80)
            caret++;
    }
    if (caret > LINE_BYTES_SHOWN / 2 && end > LINE_BYTES_SHOWN)
        start = character_start(line, caret - LINE_BYTES_SHOWN / 2);
    if (end - start > LINE_BYTES_SHOWN)
        end = character_start(line, start + LINE_BYTES_SHOWN);
    TRY(buffer_format(text, "    %s", start > 0 ? "..." : ""));
    TRY(append_piece(line + start, end - start, false, text));
    TRY(buffer_format(text, "%s\n    %s", end < message->source_line_bytes ? "..." : "",
                      start > 0 ? "   " : ""));
    TRY(append_piece(line + start, caret - start, true, text));
    TRY(buffer_format(text, "%s^", bold));
    TRY(append_columns('~', columns_of(line + caret, end - caret, message->width) - 1, text));
    return buffer_format(text, "%s\n", plain);
}

err_t
lang_message_format(const struct lang_message *message, bool colour, struct buffer *text)
{
    bool error = message->severity == LANG_ERROR;
    const char *bold = !colour ? "" : error ? "\033[1;31m" : "\033[1;35m";
    const char *plain = colour ? "\033[0m" : "";

    TRY(buffer_format(text, "%s:", message->path));
    if (message->line != 0)
        TRY(buffer_format(text, "%u:%u:", message->line, message->column));
    TRY(buffer_format(text, " %s%s:%s %s\n", bold, error ? "error" : "warning", plain,
                      message->text));
    if (message->source_line != NULL && message->source_line_bytes != 0)
        TRY(append_line(message, bold, plain, text));
    if (message->hint != NULL)
        TRY(buffer_format(text, "    %s\n", message->hint));
    return OK;
}
