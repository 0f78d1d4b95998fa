/*
 * message.c - errors and warnings: counted, located, laid out for a person.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lang_priv.h"

#include "base/format.h"

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
    lang->error_lines[lang->error_count++] = place.line;
    if (lang->error_count >= LANG_ERRORS_MAX)
        lang->stopped = true;
}

void
lang_warn(struct lang *lang, const struct file *file, struct place place, const char *hint,
          const char *text, ...)
{
    char buffer[TEXT_BYTES];
    struct lang_message message = { .severity = LANG_WARNING, .text = buffer, .hint = hint };
    va_list values;

    if (lang->stopped || file->library || file->faulty || ++lang->warning_count > WARNINGS_MAX)
        return;
    va_start(values, text);
    (void)format_list(buffer, sizeof(buffer), text, values);
    va_end(values);
    report(lang, file, place, &message);
}

/* The line, and under it the caret: tabs stay tabs, so that both align. */
static err_t
append_line(const struct lang_message *message, const char *bold, const char *plain,
            struct buffer *text)
{
    const char *line = message->source_line;
    size_t count = message->source_line_bytes;
    uint32_t column = 1;
    uint32_t width = message->width;

    if (count > LINE_BYTES_SHOWN && message->column > LINE_BYTES_SHOWN / 2)
        return OK; /* the caret would stand outside any window */
    if (count > LINE_BYTES_SHOWN) {
        count = LINE_BYTES_SHOWN;
        while (count > 0 && ((uint8_t)line[count] & 0xc0) == 0x80)
            count--;
    }
    TRY(buffer_append(text, "    ", 4));
    TRY(buffer_append(text, line, count));
    TRY(buffer_append(text, "\n    ", 5));
    for (size_t i = 0; i < count && column < message->column; i++) {
        if (((uint8_t)line[i] & 0xc0) == 0x80)
            continue;
        TRY(buffer_append_byte(text, line[i] == '\t' ? '\t' : ' '));
        column++;
    }
    if (width > LINE_BYTES_SHOWN)
        width = LINE_BYTES_SHOWN;
    TRY(buffer_format(text, "%s^", bold));
    for (uint32_t i = 1; i < width; i++)
        TRY(buffer_append_byte(text, '~'));
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
    if (message->source_line != NULL)
        TRY(append_line(message, bold, plain, text));
    if (message->hint != NULL)
        TRY(buffer_format(text, "    %s\n", message->hint));
    return OK;
}
