/*
 * stream.c - reading the records of a stream; nothing is believed before it is verified.
 *
 * Each record has a checksum of itself and that of the record before, so the checksum of the last
 * one stands for all of them: one that is missing, repeated, in another order or from another
 * stream is found where it should be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "format/space.h"
#include "store/store_priv.h"
#include "store/stream_priv.h"

struct generation_id
generation_id_get(const struct generation_id_disk *disk)
{
    return (struct generation_id){ .generation = le64_get(disk->generation),
                                   .wall_ns = le64_get(disk->wall_ns),
                                   .map_crc = le32_get(disk->map_crc) };
}

struct generation_id_disk
generation_id_put(const struct generation_id *id)
{
    return (struct generation_id_disk){ .generation = le64_put(id->generation),
                                        .wall_ns = le64_put(id->wall_ns),
                                        .map_crc = le32_put(id->map_crc) };
}

struct generation_id
view_id(const struct store_view *view)
{
    struct store_note note = store_view_pin(view).note;

    return (struct generation_id){ .generation = note.generation,
                                   .wall_ns = note.wall_ns,
                                   .map_crc = view_map(view).crc };
}

/* ---- the head ---- */

static err_t
head_test(const struct stream_head_disk *head)
{
    const uint8_t *summed = (const uint8_t *)head + STREAM_HEAD_SUMMED;
    size_t summed_bytes = sizeof *head - STREAM_HEAD_SUMMED;
    uint64_t blocks = le64_get(head->block_count);
    uint64_t from = le64_get(head->from.generation), to = le64_get(head->to.generation);
    uint64_t records = le64_get(head->record_count);
    uint32_t crc = le32_get(head->crc);

    if (memcmp(head->magic, STREAM_MAGIC, sizeof head->magic) != 0)
        return ERR_FOREIGN;
    if (le32_get(head->version) != STREAM_VERSION)
        return ERR_VERSION;
    if (!crc_good(summed, summed_bytes, crc)) /* guard: crc-stream-head */
        return ERR_CORRUPT;
    if (le64_get(head->space_base) != SPACE_BASE || le64_get(head->space_bytes) != SPACE_BYTES)
        return ERR_VERSION;
    if (blocks < STORE_BLOCKS_MIN || blocks >= VOLUME_BLOCKS_MAX || to == 0 || from > to ||
        (from == to && records > 0) || records > SPACE_PAGES ||
        le64_get(head->written_count) > (records + 1) * (MAP_LEVELS + 1))
        return ERR_CORRUPT;
    return OK;
}

err_t
stream_begin(struct stream *stream, stream_read_fn *read, void *context)
{
    struct stream_head_disk head;
    err_t err;

    *stream = (struct stream){ .read = read, .context = context };
    err = read(context, &head, sizeof head);
    if (err == OK)
        err = head_test(&head);
    stream->err = err;
    if (err != OK)
        return err;
    memcpy(stream->id, head.id, sizeof stream->id);
    stream->block_count = le64_get(head.block_count);
    stream->from = generation_id_get(&head.from);
    stream->to = generation_id_get(&head.to);
    stream->personal_ns = le64_get(head.personal_ns);
    stream->record_count = le64_get(head.record_count);
    stream->written = le64_get(head.written_count);
    stream->crc = le32_get(head.crc);
    return OK;
}

/* ---- records ---- */

/* Is this the record that comes next? */
static err_t
record_test(const struct stream *stream, const struct stream_record *record)
{
    const struct stream_record_disk *header = &record->header;
    uint32_t kind = le32_get(header->kind), crc = le32_get(header->crc);
    uint64_t page = le32_get(header->page);
    const uint8_t *summed = (const uint8_t *)header + STREAM_RECORD_SUMMED;
    size_t summed_bytes = stream_record_bytes(kind) - STREAM_RECORD_SUMMED;

    if (!crc_good(summed, summed_bytes, crc)) /* guard: crc-stream-record */
        return ERR_CORRUPT;
    if (le32_get(header->before) != stream->crc || le64_get(header->index) != stream->records)
        return ERR_CORRUPT;
    if (kind == STREAM_END)
        return stream->records == stream->record_count && page == 0 ? OK : ERR_CORRUPT;
    if (stream->records == stream->record_count || page < stream->page_next || page >= SPACE_PAGES)
        return ERR_CORRUPT;
    return OK;
}

static err_t
record_read(const struct stream *stream, struct stream_record *record)
{
    uint32_t kind;

    TRY(stream->read(stream->context, &record->header, sizeof record->header));
    kind = le32_get(record->header.kind);
    if (kind != STREAM_PAGE && kind != STREAM_ZERO && kind != STREAM_END)
        return ERR_CORRUPT;
    if (kind == STREAM_PAGE)
        TRY(stream->read(stream->context, record->page, sizeof record->page));
    else
        memset(record->page, 0, sizeof record->page);
    return record_test(stream, record);
}

err_t
stream_next(struct stream *stream, struct stream_record *record)
{
    stream->err = record_read(stream, record);
    if (stream->err != OK)
        return stream->err;
    stream->crc = le32_get(record->header.crc);
    if (le32_get(record->header.kind) != STREAM_END) {
        stream->page_next = le32_get(record->header.page) + 1ull;
        stream->records++;
    }
    return OK;
}
