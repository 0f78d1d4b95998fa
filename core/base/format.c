/*
 * format.c - format(): integers and texts. What it does not know it prints
 * as it stands, so that a wrong format is seen and does no harm.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"

#include <stdbool.h>

#include "base/assert.h"

/* Where the text goes; `count` also counts what no longer fits. */
struct sink {
    char *buffer;
    size_t room; /* without the ending zero */
    size_t count;
};

struct spec {
    bool left, zero, plus, space, hash;
    int width;
    int precision; /* -1: none */
    char length;   /* 'l' for all that have 64 bits, 'h', 'b' for hh, 0 */
};

static void
put(struct sink *sink, char c)
{
    if (sink->count < sink->room)
        sink->buffer[sink->count] = c;
    sink->count++;
}

static void
put_many(struct sink *sink, char c, int count)
{
    for (; count > 0; count--)
        put(sink, c);
}

static void
put_text(struct sink *sink, const struct spec *spec, const char *text)
{
    int length = 0;

    if (text == NULL)
        text = "(null)";
    while ((spec->precision < 0 || length < spec->precision) && text[length] != 0)
        length++;
    if (!spec->left)
        put_many(sink, ' ', spec->width - length);
    for (int i = 0; i < length; i++)
        put(sink, text[i]);
    if (spec->left)
        put_many(sink, ' ', spec->width - length);
}

/* The last digit, which is taken away. Division by a number that is known is several times faster.
 */
static unsigned
take_digit(uint64_t *rest, unsigned base)
{
    uint64_t value = *rest;

    if (base == 10) {
        *rest = value / 10;
        return (unsigned)(value % 10);
    }
    *rest = base == 16 ? value / 16 : value / 8;
    return (unsigned)(base == 16 ? value % 16 : value % 8);
}

size_t
format_long(char text[FORMAT_LONG_BYTES], int64_t value)
{
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t length = value < 0, at;

    for (uint64_t left = rest; left != 0; left /= 10)
        length++;
    length += rest == 0;
    at = length;
    do
        text[--at] = (char)('0' + take_digit(&rest, 10));
    while (rest != 0);
    if (value < 0)
        text[0] = '-';
    return length;
}

static void
put_number(struct sink *sink, const struct spec *spec, uint64_t value, bool negative, unsigned base,
           bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    int length = 0, zeros, prefix;
    char sign = negative ? '-' : spec->plus ? '+' : spec->space ? ' ' : 0;
    bool marked = spec->hash && base == 16 && value != 0;

    for (uint64_t rest = value; rest != 0;)
        text[length++] = digits[take_digit(&rest, base)];
    if (value == 0 && spec->precision != 0)
        text[length++] = '0';
    zeros = spec->precision > length ? spec->precision - length : 0;
    if (spec->hash && base == 8 && zeros == 0 && (value != 0 || length == 0))
        zeros = 1;
    prefix = (sign != 0) + (marked ? 2 : 0);
    if (spec->zero && !spec->left && spec->precision < 0 && spec->width > prefix + length)
        zeros = spec->width - prefix - length;
    if (!spec->left)
        put_many(sink, ' ', spec->width - prefix - zeros - length);
    if (sign != 0)
        put(sink, sign);
    if (marked) {
        put(sink, '0');
        put(sink, upper ? 'X' : 'x');
    }
    put_many(sink, '0', zeros);
    for (int i = length; i > 0; i--)
        put(sink, text[i - 1]);
    if (spec->left)
        put_many(sink, ' ', spec->width - prefix - zeros - length);
}

static const char *
read_number(const char *at, int *number)
{
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (*number < 100000)
            *number = *number * 10 + (*at - '0');
    }
    return at;
}

static const char *
read_flags(const char *at, struct spec *spec)
{
    for (;; at++) {
        switch (*at) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->hash = true;
            break;
        default:
            return at;
        }
    }
}

static const char *
read_length(const char *at, struct spec *spec)
{
    switch (*at) {
    case 'h':
        spec->length = at[1] == 'h' ? 'b' : 'h';
        return at + (at[1] == 'h' ? 2 : 1);
    case 'l':
        spec->length = 'l';
        return at + (at[1] == 'l' ? 2 : 1);
    case 'z':
    case 't':
    case 'j':
        spec->length = 'l';
        return at + 1;
    default:
        return at;
    }
}

static_assert(sizeof(long) == 8 && sizeof(long long) == 8 && sizeof(size_t) == 8,
              "every length but none, h and hh has 64 bits");

static void
put_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
    if (spec->length == 'h')
        value = (short)value;
    else if (spec->length == 'b')
        value = (signed char)value;
    put_number(sink, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, 10, false);
}

static void
put_unsigned(struct sink *sink, const struct spec *spec, uint64_t value, char kind)
{
    struct spec plain = *spec;

    plain.plus = false;
    plain.space = false;
    if (spec->length == 'h')
        value = (unsigned short)value;
    else if (spec->length == 'b')
        value = (unsigned char)value;
    put_number(sink, &plain, value, false, kind == 'u' ? 10 : kind == 'o' ? 8 : 16, kind == 'X');
}

static void
put_char(struct sink *sink, const struct spec *spec, char c)
{
    if (!spec->left)
        put_many(sink, ' ', spec->width - 1);
    put(sink, c);
    if (spec->left)
        put_many(sink, ' ', spec->width - 1);
}

/* `at` is behind the % sign. Returns where the text goes on. */
static const char *
put_value(struct sink *sink, const char *at, va_list *values)
{
    const char *start = at;
    struct spec spec = { .precision = -1 };

    at = read_flags(at, &spec);
    if (*at == '*') {
        spec.width = va_arg(*values, int);
        if (spec.width < 0) {
            spec.left = true;
            spec.width = -spec.width;
        }
        at++;
    } else {
        at = read_number(at, &spec.width);
    }
    if (*at == '.') {
        at++;
        if (*at == '*') {
            spec.precision = va_arg(*values, int);
            at++;
        } else {
            at = read_number(at, &spec.precision);
        }
    }
    at = read_length(at, &spec);
    switch (*at) {
    case 'd':
    case 'i':
        put_signed(sink, &spec, spec.length == 'l' ? va_arg(*values, long) : va_arg(*values, int));
        return at + 1;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_unsigned(
            sink, &spec,
            spec.length == 'l' ? va_arg(*values, unsigned long) : va_arg(*values, unsigned), *at);
        return at + 1;
    case 'c':
        put_char(sink, &spec, (char)va_arg(*values, int));
        return at + 1;
    case 's':
        put_text(sink, &spec, va_arg(*values, const char *));
        return at + 1;
    case 'p':
        spec.hash = true;
        put_number(sink, &spec, (uintptr_t)va_arg(*values, void *), false, 16, false);
        return at + 1;
    case '%':
        put(sink, '%');
        return at + 1;
    default:
        put(sink, '%');
        return start;
    }
}

size_t
format_list(char *buffer, size_t buffer_bytes, const char *text, va_list values)
{
    struct sink sink = { .buffer = buffer, .room = buffer_bytes > 0 ? buffer_bytes - 1 : 0 };
    va_list copy;

    va_copy(copy, values);
    while (*text != 0) {
        if (*text == '%')
            text = put_value(&sink, text + 1, &copy);
        else
            put(&sink, *text++);
    }
    va_end(copy);
    if (buffer_bytes > 0)
        buffer[sink.count < sink.room ? sink.count : sink.room] = 0;
    return sink.count;
}

size_t
format(char *buffer, size_t buffer_bytes, const char *text, ...)
{
    va_list values;
    size_t count;

    va_start(values, text);
    count = format_list(buffer, buffer_bytes, text, values);
    va_end(values);
    return count;
}
