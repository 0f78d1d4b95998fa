/*
 * utf8.h - is this text? Bytes of UTF-8 that come piece by piece.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is at the beginning of a text. */
struct utf8_check {
    unsigned missing;  /* bytes of the character that has begun */
    uint8_t low, high; /* what the next of them may be */
    uint64_t good;     /* bytes of whole characters so far */
    unsigned begun;    /* bytes of the one that has begun */
};

/* The next bytes. False: they are no UTF-8, and `good` says from where on. */
bool utf8_check_add(struct utf8_check *check, const void *bytes, size_t count);

/* True if no character is cut off. */
bool utf8_check_end(const struct utf8_check *check);
