/*
 * stream_priv.h - streams, for the files of this folder.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "format/stream.h"
#include "store/stream.h"

/* What a record of a stream says, with room for the page that may follow. */
struct stream_record {
    struct stream_record_disk header;
    uint8_t page[VOLUME_BLOCK_BYTES];
};

/* What is summed of a head and of a record: all that follows the checksum. */
#define STREAM_HEAD_SUMMED   (offsetof(struct stream_head_disk, crc) + sizeof(struct le32))
#define STREAM_RECORD_SUMMED sizeof(struct le32)

/* How many bytes a record of this kind has. */
static inline size_t
stream_record_bytes(uint32_t kind)
{
    return sizeof(struct stream_record_disk) + (kind == STREAM_PAGE ? VOLUME_BLOCK_BYTES : 0);
}

struct generation_id generation_id_get(const struct generation_id_disk *disk);
struct generation_id_disk generation_id_put(const struct generation_id *id);

/* The identity of what a view shows. */
struct generation_id view_id(const struct store_view *view);

/*
 * Read the next record, and verify it. `kind` is STREAM_PAGE or STREAM_ZERO with a page that is
 * higher than the one before; or STREAM_END, after as many records as the head says.
 *
 *   record  filled; `page` is zeroes for STREAM_ZERO
 *
 * Returns OK, or the stream's `err`.
 */
must_use err_t stream_next(struct stream *stream, struct stream_record *record);
