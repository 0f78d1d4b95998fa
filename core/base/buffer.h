/*
 * buffer.h - a row of bytes that grows, in volatile memory.
 *
 * Zeroed memory is an empty buffer. A failed append changes nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

struct buffer {
    uint8_t *bytes; /* NULL while nothing was reserved */
    size_t count;   /* bytes in use */
    size_t room;    /* bytes there are */
};

static inline void
buffer_init(struct buffer *buffer)
{
    *buffer = (struct buffer){ 0 };
}

void buffer_free(struct buffer *buffer);

/* Forget the contents, keep the memory. */
static inline void
buffer_clear(struct buffer *buffer)
{
    buffer->count = 0;
}

/* See to it that `more` bytes can be appended without allocation. OK or ERR_NOMEM. */
must_use err_t buffer_reserve(struct buffer *buffer, size_t more);

/* Append bytes (`bytes` may be NULL: zeroes). OK or ERR_NOMEM. */
must_use err_t buffer_append(struct buffer *buffer, const void *bytes, size_t byte_count);
must_use err_t buffer_append_byte(struct buffer *buffer, uint8_t byte);

/* Append text without its zero, as format() makes it. OK or ERR_NOMEM. */
must_use __attribute__((format(printf, 2, 3))) err_t buffer_format(struct buffer *buffer,
                                                                   const char *text, ...);

/* See to it that a zero follows the contents, not counted. OK or ERR_NOMEM. */
must_use err_t buffer_terminate(struct buffer *buffer);
