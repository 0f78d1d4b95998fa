/*
 * signature.c - the texts that say types.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/signature.h"

#include "base/assert.h"

/* Bytes that end a name or would make a text ambiguous. */
static bool
is_name_byte(char c)
{
    return (unsigned char)c > ' ' && c != '[' && c != ';' && c != '(' && c != ')' && c != 0x7f;
}

bool
class_name_valid(const char *text, size_t bytes)
{
    if (bytes < 2 || text[0] != '.' || text[bytes - 1] == '.')
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (!is_name_byte(text[i]) || (text[i] == '.' && i + 1 < bytes && text[i + 1] == '.'))
            return false;
    }
    return true;
}

static bool
is_raw_type(char c)
{
    return c == 'z' || c == 'b' || c == 's' || c == 'c' || c == 'i' || c == 'l' || c == 'f' ||
           c == 'd';
}

size_t
type_length(const char *text, size_t bytes)
{
    size_t at = 0, name;

    while (at < bytes && text[at] == '[')
        at++;
    if (at > TYPE_DIMENSIONS_MAX || at == bytes)
        return 0;
    if (text[at] == 'w' || is_raw_type(text[at]))
        return at + 1;
    if (text[at] != 'L')
        return 0;
    name = ++at;
    while (at < bytes && text[at] != ';')
        at++;
    return at < bytes && class_name_valid(text + name, at - name) ? at + 1 : 0;
}

bool
class_type_valid(const char *text, size_t bytes)
{
    if (bytes > 0 && text[0] == '[')
        return type_length(text, bytes) == bytes;
    return class_name_valid(text, bytes);
}

bool
signature_valid(const char *text, size_t bytes)
{
    size_t at = 1, length;
    unsigned count = 0;

    if (bytes < 3 || bytes >= SIGNATURE_BYTES_MAX || text[0] != '(')
        return false;
    while (at < bytes && text[at] != ')') {
        length = type_length(text + at, bytes - at);
        if (length == 0 || ++count > SIGNATURE_ARGUMENTS_MAX)
            return false;
        at += length;
    }
    if (at >= bytes)
        return false;
    at++;
    if (bytes - at == 1 && text[at] == 'v')
        return true;
    length = type_length(text + at, bytes - at);
    return length > 0 && at + length == bytes;
}

char
type_area(char type)
{
    switch (type) {
    case 'z':
    case 'b':
    case 's':
    case 'c':
    case 'i':
        return 'i';
    case 'l':
    case 'f':
    case 'd':
    case 'v':
        return type;
    default:
        return 'w';
    }
}

unsigned
type_bytes(char type)
{
    switch (type) {
    case 'z':
    case 'b':
        return 1;
    case 's':
    case 'c':
        return 2;
    case 'i':
    case 'f':
        return 4;
    default:
        return 8;
    }
}

struct signature_walk
signature_begin(const char *text, size_t bytes)
{
    assert_slow(signature_valid(text, bytes));
    return (struct signature_walk){ .at = text + 1, .end = text + bytes };
}

bool
signature_next(struct signature_walk *walk)
{
    bool is_argument = *walk->at != ')';

    if (!is_argument)
        walk->at++;
    walk->type = walk->at;
    walk->type_bytes = is_argument ? type_length(walk->at, (size_t)(walk->end - walk->at))
                                   : (size_t)(walk->end - walk->at);
    walk->at += walk->type_bytes;
    return is_argument;
}

void
signature_count(const char *text, size_t bytes, unsigned *words, unsigned *raws)
{
    struct signature_walk walk = signature_begin(text, bytes);

    *words = 0;
    *raws = 0;
    while (signature_next(&walk)) {
        if (type_area(walk.type[0]) == 'w')
            ++*words;
        else
            ++*raws;
    }
}

size_t
signature_arguments_bytes(const char *text, size_t bytes)
{
    struct signature_walk walk = signature_begin(text, bytes);

    while (signature_next(&walk))
        continue;
    return (size_t)(walk.type - text);
}
