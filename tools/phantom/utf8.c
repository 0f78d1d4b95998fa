/*
 * utf8.c - is this text? As RFC 3629 has it: no overlong forms, no surrogates, nothing beyond
 * U+10FFFF.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/utf8.h"

/* The first byte of a character. */
static bool
first(struct utf8_check *check, uint8_t byte)
{
    check->low = 0x80;
    check->high = 0xbf;
    check->begun = 1;
    if (byte < 0x80) {
        check->missing = 0;
    } else if (byte >= 0xc2 && byte <= 0xdf) {
        check->missing = 1;
    } else if (byte >= 0xe0 && byte <= 0xef) {
        check->missing = 2;
        check->low = byte == 0xe0 ? 0xa0 : 0x80;
        check->high = byte == 0xed ? 0x9f : 0xbf;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
        check->missing = 3;
        check->low = byte == 0xf0 ? 0x90 : 0x80;
        check->high = byte == 0xf4 ? 0x8f : 0xbf;
    } else {
        return false;
    }
    return true;
}

static bool
next(struct utf8_check *check, uint8_t byte)
{
    if (byte < check->low || byte > check->high)
        return false;
    check->low = 0x80;
    check->high = 0xbf;
    check->missing--;
    check->begun++;
    return true;
}

bool
utf8_check_add(struct utf8_check *check, const void *bytes, size_t count)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < count; i++) {
        if (!(check->missing > 0 ? next(check, at[i]) : first(check, at[i])))
            return false;
        if (check->missing == 0) {
            check->good += check->begun;
            check->begun = 0;
        }
    }
    return true;
}

bool
utf8_check_end(const struct utf8_check *check)
{
    return check->missing == 0;
}
