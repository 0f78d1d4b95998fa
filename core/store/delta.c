/*
 * delta.c - the records of what each commit changed, and the chain they form.
 *
 * A record names the one before it with its checksum, and the superblock names
 * the newest: so all of them are known to be whole, in order and of this
 * volume before anything in them is believed. They lie in extents that are read
 * in one go.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/store_priv.h"

/* More would not be written between two folds, however short of space the volume is. */
#define CHAIN_RECORDS_MAX (1u << 20)

/* ---- writing ---- */

#define ITEM_BYTES sizeof(struct delta_page_disk)
static_assert(sizeof(struct dead_extent_disk) == ITEM_BYTES, "pages and dead extents alike");

static uint64_t
items_for(uint64_t blocks)
{
    return (blocks * VOLUME_BLOCK_BYTES - sizeof(struct delta_disk)) / ITEM_BYTES;
}

static uint64_t
blocks_for(uint64_t items)
{
    return (sizeof(struct delta_disk) + items * ITEM_BYTES + VOLUME_BLOCK_BYTES - 1) /
           VOLUME_BLOCK_BYTES;
}

/* See to it that the log's extent has room for a part with `wanted` blocks, or for a shorter one.
 */
static err_t
extent_provide(struct store *store, struct delta_log *log, uint64_t wanted)
{
    uint64_t ask = wanted > DELTA_EXTENT ? wanted : DELTA_EXTENT;
    uint64_t block, count;
    err_t err;

    if (log->extent_count - log->extent_used >= wanted)
        return OK;
    TRY(extent_list_reserve(&store->taken));
    TRY(extent_list_reserve(&log->extents));
    lock_acquire(&store->lock);
    if (store->blocks.free_open < 4 * DELTA_EXTENT + store_reserve_locked(store))
        ask = wanted;
    err = blocks_take_locked(&store->blocks, ask, false, &block, &count);
    lock_release(&store->lock);
    if (err != OK)
        return err;
    log->extent = block;
    log->extent_count = count;
    log->extent_used = 0;
    err = extent_list_add(&store->taken, block, count);
    if (err == OK)
        err = extent_list_add(&log->extents, block, count);
    return err;
}

static void
page_item_put(const struct page_change *change, uint8_t *item)
{
    uint64_t kept = (change->state & CHANGE_OLD_KEPT) != 0 ? DELTA_OLD_KEPT : 0;
    struct delta_page_disk disk = {
        .page = le32_put(change->page),
        .crc = le32_put(change->crc),
        .block = le64_put(change->block | (change->flags | kept) << VOLUME_BLOCK_BITS),
        .old = le64_put(change->old),
    };

    memcpy(item, &disk, sizeof disk);
}

static void
quarantine_item_put(const struct store *store, size_t index, uint8_t *item)
{
    const struct dead_extent *extent = &store->quarantined.items[index];
    struct dead_extent_disk disk = { .block = le64_put(extent->block),
                                     .generation = le64_put(extent->generation),
                                     .count = le32_put(extent->count) };

    memcpy(item, &disk, sizeof disk);
}

/* Write one part with items [from, from + count): pages first, then quarantined extents. */
static err_t
part_write(struct store *store, const struct store_note *note, struct delta_log *log, uint64_t part,
           uint64_t from, uint64_t count, bool last)
{
    uint64_t pages = store->pending.count, page_items = 0;
    uint32_t blocks = (uint32_t)blocks_for(count);
    struct delta_disk *header = (void *)store->record;
    uint8_t *item = store->record + sizeof *header;
    uint64_t block = log->extent + log->extent_used;

    assert(log->extent_used + blocks <= log->extent_count);
    memset(store->record, 0, (size_t)blocks * VOLUME_BLOCK_BYTES);
    for (uint64_t i = from; i < from + count; i++, item += ITEM_BYTES) {
        if (i < pages)
            page_item_put(&store->pending.items[i], item);
        else
            quarantine_item_put(store, i - pages, item);
        page_items += i < pages;
    }
    *header = (struct delta_disk){
        .magic = le32_put(DELTA_MAGIC),
        .flags = le32_put(last ? DELTA_LAST_PART : 0),
        .note = note_put(note),
        .part = le32_put((uint32_t)part),
        .page_count = le32_put((uint32_t)page_items),
        .dead_count = le32_put((uint32_t)(count - page_items)),
        .extent_count = le32_put((uint32_t)log->extent_count),
        .extent = le64_put(log->extent),
        .previous = block_ref_put(log->tail),
        .previous_extent = le64_put(log->tail.count > 0 ? log->tail_extent : 0),
    };
    memcpy(header->id, store->super.id, sizeof header->id);
    for (uint32_t i = 0; i < blocks; i++) {
        memcpy(writer_slot(&store->writer), store->record + (size_t)i * VOLUME_BLOCK_BYTES,
               VOLUME_BLOCK_BYTES);
        writer_push(&store->writer, block + i);
    }
    log->tail = (struct block_ref){
        .block = block,
        .crc = crc32c(store->record, (size_t)blocks * VOLUME_BLOCK_BYTES),
        .count = blocks,
    };
    log->tail_extent = log->extent;
    log->extent_used += blocks;
    log->blocks += blocks;
    return store->writer.err;
}

static uint64_t
items_total(const struct store *store)
{
    return store->pending.count + store->quarantined.count;
}

uint64_t
delta_blocks(const struct store *store)
{
    return blocks_for(items_total(store));
}

err_t
delta_write(struct store *store, const struct store_note *note, struct delta_log *log)
{
    uint64_t total = items_total(store), done = 0, part = 0;

    do {
        uint64_t wanted = blocks_for(total - done), room, count;

        if (wanted > DELTA_BLOCKS_MAX)
            wanted = DELTA_BLOCKS_MAX;
        TRY(extent_provide(store, log, wanted));
        room = log->extent_count - log->extent_used;
        if (room > wanted)
            room = wanted;
        count = items_for(room);
        if (count > total - done)
            count = total - done;
        TRY(part_write(store, note, log, part, done, count, done + count == total));
        done += count;
        part++;
    } while (done < total);
    log->records++;
    return OK;
}

/* ---- reading ---- */

/* A piece of an extent that was read in one go. */
struct delta_buffer {
    uint64_t block;
    uint64_t count;
    uint8_t *bytes;
    struct delta_buffer *next;
};

void
delta_chain_free(struct delta_chain *chain)
{
    while (chain->buffers != NULL) {
        struct delta_buffer *buffer = chain->buffers;

        chain->buffers = buffer->next;
        plat_free(buffer->bytes, (size_t)buffer->count * VOLUME_BLOCK_BYTES);
        plat_free(buffer, sizeof *buffer);
    }
    plat_free(chain->records, chain->room * sizeof chain->records[0]);
    *chain = (struct delta_chain){ 0 };
}

/* Read blocks [from, end) into memory, unless they are there. */
static err_t
chain_fetch(struct plat_disk *disk, struct delta_chain *chain, uint64_t from, uint64_t end)
{
    struct delta_buffer *buffer = chain->buffers;
    uint64_t count = end - from;

    if (buffer != NULL && from >= buffer->block && end <= buffer->block + buffer->count)
        return OK;
    buffer = plat_alloc(sizeof *buffer);
    if (buffer == NULL)
        return ERR_NOMEM;
    *buffer = (struct delta_buffer){ .block = from, .count = count, .next = chain->buffers };
    buffer->bytes = plat_alloc((size_t)count * VOLUME_BLOCK_BYTES);
    if (buffer->bytes == NULL) {
        plat_free(buffer, sizeof *buffer);
        return ERR_NOMEM;
    }
    chain->buffers = buffer;
    return volume_read(disk, from, (uint32_t)count, buffer->bytes);
}

static err_t
chain_push(struct delta_chain *chain, const struct delta_record *record)
{
    if (chain->count == chain->room) {
        size_t room = chain->room > 0 ? 2 * chain->room : 512;
        struct delta_record *records = plat_alloc(room * sizeof records[0]);

        if (records == NULL)
            return ERR_NOMEM;
        if (chain->count > 0)
            memcpy(records, chain->records, chain->count * sizeof records[0]);
        plat_free(chain->records, chain->room * sizeof records[0]);
        chain->records = records;
        chain->room = room;
    }
    chain->records[chain->count++] = *record;
    return OK;
}

/* A record whose checksum is good: does it make sense where it stands? `later` may be NULL. */
static bool
record_valid(const struct super *super, const struct delta_record *record, uint64_t extent,
             const struct delta_disk *later)
{
    const struct delta_disk *header = record->header;
    uint64_t items = (uint64_t)le32_get(header->page_count) + le32_get(header->dead_count);
    uint64_t generation = le64_get(header->note.generation), part = le32_get(header->part);
    uint32_t extent_count = le32_get(header->extent_count);
    bool last = le32_get(header->flags) == DELTA_LAST_PART;

    if (le32_get(header->magic) != DELTA_MAGIC || le32_get(header->flags) > DELTA_LAST_PART ||
        memcmp(header->id, super->id, sizeof super->id) != 0)
        return false;
    if (le64_get(header->extent) != extent ||
        !block_range_valid(extent, extent_count, super->block_count) ||
        extent_count > EXTENT_BLOCKS_MAX ||
        record->block + record->block_count > extent + extent_count)
        return false;
    if (items > items_for(record->block_count))
        return false;
    if (later == NULL)
        return last && generation == super->note.generation;
    if (le32_get(later->part) > 0)
        return !last && part + 1 == le32_get(later->part) &&
               generation == le64_get(later->note.generation);
    return last && generation < le64_get(later->note.generation);
}

err_t
delta_chain_read(struct plat_disk *disk, const struct super *super, struct delta_chain *chain)
{
    struct block_ref ref = super->delta;
    uint64_t extent = super->delta_extent;
    const struct delta_disk *later = NULL;

    *chain = (struct delta_chain){ 0 };
    while (ref.count > 0) {
        struct delta_record record = { .block = ref.block, .block_count = ref.count };
        size_t bytes = (size_t)ref.count * VOLUME_BLOCK_BYTES;

        if (!block_range_valid(ref.block, ref.count, super->block_count) ||
            ref.count > DELTA_BLOCKS_MAX || extent < VOLUME_FIRST_BLOCK || extent > ref.block ||
            ref.block - extent > 2 * DELTA_BLOCKS_MAX || chain->count == CHAIN_RECORDS_MAX)
            return ERR_CORRUPT;
        TRY(chain_fetch(disk, chain, extent, ref.block + ref.count));
        record.header = (const void *)(chain->buffers->bytes +
                                       (ref.block - chain->buffers->block) * VOLUME_BLOCK_BYTES);
        if (!crc_good(record.header, bytes, ref.crc)) /* guard: crc-record */
            return ERR_CORRUPT;
        if (!record_valid(super, &record, extent, later))
            return ERR_CORRUPT;
        TRY(chain_push(chain, &record));
        later = record.header;
        ref = block_ref_get(&later->previous);
        extent = le64_get(later->previous_extent);
    }
    if (later != NULL && le32_get(later->part) != 0)
        return ERR_CORRUPT;
    return OK;
}
