/*
 * say.c - messages for people.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

static bool
is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* One line, whatever names are in it: they neither end it nor command the terminal. */
static void
say_list(const char *prefix, const char *text, va_list values)
{
    char line[SAY_LINE_BYTES];

    vsnprintf(line, sizeof line, text, values);
    for (char *at = line; *at != '\0'; at++) {
        if (is_control(*at))
            *at = '?';
    }
    fprintf(stderr, "phantom: %s%s\n", prefix, line);
}

void
say_error(const char *text, ...)
{
    va_list values;

    va_start(values, text);
    say_list("error: ", text, values);
    va_end(values);
}

void
say_warning(const char *text, ...)
{
    va_list values;

    va_start(values, text);
    say_list("warning: ", text, values);
    va_end(values);
}

void
say(const char *text, ...)
{
    va_list values;

    va_start(values, text);
    say_list("", text, values);
    va_end(values);
}

bool
say_colour(FILE *to)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(fileno(to)) && (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

/* A letter, a digit, a byte of UTF-8, or what means nothing to a shell. */
static bool
is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80 || strchr("/._-+,:@%=", c) != NULL;
}

/* As bash reads it: within $'', with control characters as \x0a. */
static const char *
word_escape(const char *word, char buffer[SAY_WORD_BYTES])
{
    size_t length = (size_t)snprintf(buffer, SAY_WORD_BYTES, "$'%s", word[0] == '-' ? "./" : "");

    for (const char *at = word; *at != '\0'; at++) {
        if (length + 6 > SAY_WORD_BYTES)
            return word;
        if (is_control(*at))
            length += (size_t)snprintf(buffer + length, SAY_WORD_BYTES - length, "\\x%02x",
                                       (unsigned)*at);
        else if (*at == '\'' || *at == '\\')
            length += (size_t)snprintf(buffer + length, SAY_WORD_BYTES - length, "\\%c", *at);
        else
            buffer[length++] = *at;
    }
    memcpy(buffer + length, "'", 2);
    return buffer;
}

static bool
has_control(const char *word)
{
    while (*word != '\0' && !is_control(*word))
        word++;
    return *word != '\0';
}

const char *
say_word(const char *word, char buffer[SAY_WORD_BYTES])
{
    const char *at = word;
    size_t length = 0;
    size_t plain = 0;

    if (has_control(word))
        return word_escape(word, buffer);
    while (word[plain] != '\0' && is_plain(word[plain]))
        plain++;
    if (word[plain] == '\0' && plain > 0 && word[0] != '-')
        return word;
    if (word[0] == '-') { /* else it would be an option */
        memcpy(buffer, "./", 2);
        length = 2;
    }
    buffer[length++] = '\'';
    for (; *at != '\0'; at++) {
        if (length + 6 > SAY_WORD_BYTES)
            return word;
        if (*at == '\'') {
            memcpy(buffer + length, "'\\'", 3);
            length += 3;
        }
        buffer[length++] = *at;
    }
    buffer[length++] = '\'';
    buffer[length] = '\0';
    return buffer;
}

const char *
say_time(uint64_t wall_ns, char buffer[SAY_TIME_BYTES])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    char when[32] = "?";
    struct tm local;

    if (localtime_r(&seconds, &local) != NULL)
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    snprintf(buffer, SAY_TIME_BYTES, "%s.%03u", when, (unsigned)(wall_ns / NS_PER_MS % 1000));
    return buffer;
}
