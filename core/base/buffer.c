/*
 * buffer.c - a row of bytes that doubles when it must grow.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/buffer.h"

#include <stdarg.h>

#include "base/assert.h"
#include "base/format.h"
#include "base/memory.h"
#include "plat/memory.h"

#define BUFFER_ROOM_MIN 256

void
buffer_free(struct buffer *buffer)
{
    if (buffer == NULL)
        return;
    plat_free(buffer->bytes, buffer->room);
    buffer_init(buffer);
}

err_t
buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t room = buffer->room > 0 ? buffer->room : BUFFER_ROOM_MIN;
    uint8_t *bytes;

    assert(buffer->count <= buffer->room);
    if (more <= buffer->room - buffer->count)
        return OK;
    if (more > SIZE_MAX / 4 - buffer->count)
        return ERR_NOMEM;
    while (room - buffer->count < more)
        room *= 2;
    bytes = plat_alloc(room);
    if (bytes == NULL)
        return ERR_NOMEM;
    if (buffer->count > 0)
        memcpy(bytes, buffer->bytes, buffer->count);
    plat_free(buffer->bytes, buffer->room);
    buffer->bytes = bytes;
    buffer->room = room;
    return OK;
}

err_t
buffer_append(struct buffer *buffer, const void *bytes, size_t byte_count)
{
    if (byte_count == 0)
        return OK;
    TRY(buffer_reserve(buffer, byte_count));
    if (bytes != NULL)
        memcpy(buffer->bytes + buffer->count, bytes, byte_count);
    else
        memset(buffer->bytes + buffer->count, 0, byte_count);
    buffer->count += byte_count;
    return OK;
}

err_t
buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    return buffer_append(buffer, &byte, 1);
}

err_t
buffer_format(struct buffer *buffer, const char *text, ...)
{
    va_list values;
    size_t count;

    va_start(values, text);
    count = format_list(NULL, 0, text, values);
    va_end(values);
    TRY(buffer_reserve(buffer, count + 1));
    va_start(values, text);
    format_list((char *)buffer->bytes + buffer->count, count + 1, text, values);
    va_end(values);
    buffer->count += count;
    return OK;
}

err_t
buffer_terminate(struct buffer *buffer)
{
    TRY(buffer_reserve(buffer, 1));
    buffer->bytes[buffer->count] = 0;
    return OK;
}
