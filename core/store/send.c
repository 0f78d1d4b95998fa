/*
 * send.c - writing a stream.
 *
 * Pages whose blocks lie behind each other are read in one go. What differs is counted first, by
 * the page maps alone, so that the head can say how much is to come, and who receives it can see to
 * its room before anything else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "format/space.h"
#include "plat/memory.h"
#include "store/difference_priv.h"
#include "store/store_priv.h"
#include "store/stream_priv.h"

#define ROW_MAX   64 /* pages that are read at a time */
#define ROW_BYTES ((size_t)ROW_MAX * VOLUME_BLOCK_BYTES)

/* Pages whose blocks lie behind each other; they are still to be sent. */
struct page_row {
    uint64_t block;
    uint32_t count;
    uint64_t pages[ROW_MAX];
    uint32_t crcs[ROW_MAX];
};

struct sender {
    struct store_view *from, *to;
    stream_write_fn *write;
    void *context;
    struct stream_record *record;
    struct page_row row;
    uint8_t *buffer;       /* ROW_MAX pages */
    uint64_t record_count; /* what the head says */
    uint64_t written;      /* of these pages, and of the nodes above them: what takes a block */
    uint64_t records;      /* written so far */
    uint32_t crc;          /* of the last one */
    uint64_t bytes;
};

static err_t
bytes_send(struct sender *sender, const void *bytes, size_t byte_count)
{
    sender->bytes += byte_count;
    return sender->write(sender->context, bytes, byte_count);
}

static err_t
head_send(struct sender *sender)
{
    struct store *store = view_store(sender->to);
    struct generation_id to = view_id(sender->to), from = { 0 };
    struct stream_head_disk head = {
        .magic = STREAM_MAGIC,
        .version = le32_put(STREAM_VERSION),
        .space_base = le64_put(SPACE_BASE),
        .space_bytes = le64_put(SPACE_BYTES),
        .block_count = le64_put(store->super.block_count),
        .record_count = le64_put(sender->record_count),
        .to = generation_id_put(&to),
        .personal_ns = le64_put(store_view_pin(sender->to).note.personal_ns),
        .written_count = le64_put(sender->written),
    };

    if (sender->from != NULL)
        from = view_id(sender->from);
    head.from = generation_id_put(&from);
    memcpy(head.id, store->super.id, sizeof head.id);
    sender->crc =
        crc32c((const uint8_t *)&head + STREAM_HEAD_SUMMED, sizeof head - STREAM_HEAD_SUMMED);
    head.crc = le32_put(sender->crc);
    return bytes_send(sender, &head, sizeof head);
}

/* The page is there already, if this kind of record has one. */
static err_t
record_send(struct sender *sender, enum stream_kind kind, uint64_t page)
{
    struct stream_record *record = sender->record;

    record->header = (struct stream_record_disk){ .before = le32_put(sender->crc),
                                                  .index = le64_put(sender->records),
                                                  .page = le32_put((uint32_t)page),
                                                  .kind = le32_put(kind) };
    sender->crc = crc32c((const uint8_t *)record + STREAM_RECORD_SUMMED,
                         stream_record_bytes(kind) - STREAM_RECORD_SUMMED);
    record->header.crc = le32_put(sender->crc);
    return bytes_send(sender, record, stream_record_bytes(kind));
}

static err_t
page_count(void *context, uint64_t page, const struct map_entry *to)
{
    struct sender *sender = context;

    (void)page;
    sender->record_count++;
    sender->written += to->block != 0;
    return OK;
}

static err_t
page_send(struct sender *sender, uint64_t page, const void *contents)
{
    bool zero = bytes_are_zero(contents, VOLUME_BLOCK_BYTES);

    memcpy(sender->record->page, contents, VOLUME_BLOCK_BYTES);
    TRY(record_send(sender, zero ? STREAM_ZERO : STREAM_PAGE, page));
    sender->records++;
    return OK;
}

/* A page of a row; one that does not match is read again by itself, which tells what is wrong. */
static err_t
row_page_send(struct sender *sender, uint32_t at, bool there)
{
    const struct page_row *row = &sender->row;
    uint8_t *contents = sender->buffer + (size_t)at * VOLUME_BLOCK_BYTES;
    uint32_t crc = row->crcs[at];

    if (!there || !crc_good(contents, VOLUME_BLOCK_BYTES, crc)) /* guard: crc-send */
        TRY(store_view_read(sender->to, row->pages[at], contents));
    return page_send(sender, row->pages[at], contents);
}

/* Read and send what was gathered; the row is empty then. */
static err_t
row_send(struct sender *sender)
{
    struct page_row *row = &sender->row;
    uint32_t count = row->count;
    bool there;

    if (count == 0)
        return OK;
    there = volume_read(view_store(sender->to)->disk, row->block, count, sender->buffer) == OK;
    for (uint32_t i = 0; i < count; i++)
        TRY(row_page_send(sender, i, there));
    row->count = 0;
    return OK;
}

/* A page without a block has no place in a row. */
static err_t
blockless_send(struct sender *sender, uint64_t page)
{
    TRY(row_send(sender));
    TRY(store_view_read(sender->to, page, sender->buffer));
    return page_send(sender, page, sender->buffer);
}

static err_t
page_add(void *context, uint64_t page, const struct map_entry *to)
{
    struct sender *sender = context;
    struct page_row *row = &sender->row;

    if (to->block == 0 || !map_entry_valid(view_store(sender->to), to))
        return blockless_send(sender, page);
    if (to->block != row->block + row->count || row->count == ROW_MAX) {
        TRY(row_send(sender));
        row->block = to->block;
    }
    row->pages[row->count] = page;
    row->crcs[row->count++] = to->crc;
    return OK;
}

static err_t
all_send(struct sender *sender)
{
    struct store *store = view_store(sender->to);
    struct block_ref from = sender->from != NULL ? view_map(sender->from) : (struct block_ref){ 0 };
    struct block_ref to = view_map(sender->to);
    uint64_t nodes = 0;

    TRY(difference_walk(store, from, to, page_count, sender, &nodes));
    sender->written += nodes;
    TRY(head_send(sender));
    TRY(difference_walk(store, from, to, page_add, sender, NULL));
    TRY(row_send(sender));
    assert(sender->records == sender->record_count);
    return record_send(sender, STREAM_END, 0);
}

err_t
stream_send(struct store_view *from, struct store_view *to, stream_write_fn *write, void *context,
            struct stream_tally *tally)
{
    struct sender sender = { .from = from,
                             .to = to,
                             .write = write,
                             .context = context,
                             .record = plat_alloc(sizeof *sender.record),
                             .buffer = plat_alloc(ROW_BYTES) };
    err_t err = sender.record != NULL && sender.buffer != NULL ? OK : ERR_NOMEM;

    if (err == OK)
        err = all_send(&sender);
    if (err == OK)
        *tally = (struct stream_tally){ .pages = sender.records, .bytes = sender.bytes };
    plat_free(sender.record, sizeof *sender.record);
    plat_free(sender.buffer, ROW_BYTES);
    return err;
}
