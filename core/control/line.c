/*
 * line.c - questions and answers over a serial line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/line.h"

#include "base/format.h"

#define ANSWER_BYTES_MAX (1ull << 48)

bool
control_line_take(struct control_line *line, uint8_t byte)
{
    bool fits = !line->too_long;

    if (byte != '\n') {
        line->too_long = line->count == sizeof line->bytes - 1;
        if (!line->too_long)
            line->bytes[line->count++] = (char)byte;
        return false;
    }
    line->bytes[line->count] = '\0';
    line->count = 0;
    line->too_long = false;
    return fits;
}

/* Digits, up to a character that follows them; `text` moves behind that. */
static bool
number_read(const char **text, char follows, uint64_t max, uint64_t *number)
{
    const char *digit = *text;
    uint64_t value = 0;

    while (*digit >= '0' && *digit <= '9' && value <= max)
        value = 10 * value + (uint64_t)(*digit++ - '0');
    if (digit == *text || value > max || *digit != follows)
        return false;
    *text = digit + 1;
    *number = value;
    return true;
}

bool
control_question_read(const char *text, uint32_t *number, const char **request)
{
    const char *at = text + 1;
    uint64_t value;

    if (text[0] != '?' || !number_read(&at, ' ', UINT32_MAX, &value) || value == 0)
        return false;
    *number = (uint32_t)value;
    *request = at;
    return true;
}

bool
control_head_read(const char *text, struct control_head *head)
{
    const char *at = text + 1;
    uint64_t number, status, byte_count;

    if (text[0] != '!' || !number_read(&at, ' ', UINT32_MAX, &number) ||
        !number_read(&at, ' ', ANSWER_GONE, &status) ||
        !number_read(&at, '\0', ANSWER_BYTES_MAX, &byte_count))
        return false;
    *head = (struct control_head){ (uint32_t)number, (enum answer_status)status, byte_count };
    return true;
}

size_t
control_question_write(char text[CONTROL_LINE_BYTES], uint32_t number, const char *request)
{
    return format(text, CONTROL_LINE_BYTES, "?%u %s\n", number, request);
}

size_t
control_head_write(char text[CONTROL_HEAD_BYTES], const struct control_head *head)
{
    return format(text, CONTROL_HEAD_BYTES, "!%u %u %" PRIu64 "\n", head->number,
                  (unsigned)head->status, head->byte_count);
}
