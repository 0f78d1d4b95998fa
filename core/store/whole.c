/*
 * whole.c - is the newest generation there, all of it?
 *
 * A small commit is written at once: pages, record and superblock are under way together,
 * and one flush makes all of them safe. When the power goes before that, its superblock may be
 * there and a page of it not. So whoever opens it compares the record, by the checksum in the
 * superblock, and each page that the record names. If one is not what was written, the commit
 * was never acknowledged, and the generation before is the newest whole one: its blocks were not
 * written to.
 *
 * A superblock names the generation before it as sealed: that was committed before this one
 * began. What is sealed is not compared again: damage in it is damage, told by name when its page
 * is read, and costs no generation. One between a generation and what that calls sealed was
 * burnt, and is compared whatever came later. The flush that comes first at each opening sees
 * to it that what was found whole, or not, stays so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/store_priv.h"

/* Pages whose blocks lie behind each other: they are read in one go. */
struct page_row {
    uint64_t block;
    uint32_t count;
    uint32_t crcs[DELTA_BLOCKS_MAX];
};

/* Did a later one, when it began, still know an older one as the newest that was committed? */
static bool
is_burnt(const struct super_scan *scan, uint64_t generation)
{
    for (unsigned i = 0; i < SUPER_SLOTS; i++) {
        const struct super *later = &scan->supers[i];

        if (!scan->good[i])
            continue;
        if (later->sealed < generation && generation < later->note.generation) /* guard: burnt */
            return true;
    }
    return false;
}

bool
whole_is_doubtful(const struct super_scan *scan, const struct super *super)
{
    uint64_t generation = super->note.generation;

    return (super->flags & SUPER_FLAG_AT_ONCE) &&
           (generation > scan->sealed_max || is_burnt(scan, generation));
}

/* Read and compare what was gathered; the row is empty then. */
static err_t
row_compare(struct store *store, struct page_row *row)
{
    uint32_t count = row->count;

    row->count = 0;
    if (count == 0)
        return OK;
    if (!block_range_valid(row->block, count, store->super.block_count))
        return ERR_CORRUPT;
    TRY(volume_read(store->disk, row->block, count, store->record));
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *bytes = store->record + (size_t)i * VOLUME_BLOCK_BYTES;

        if (!crc_good(bytes, VOLUME_BLOCK_BYTES, row->crcs[i])) /* guard: crc-whole */
            return ERR_CORRUPT;
    }
    return OK;
}

static err_t
record_compare(struct store *store, const struct delta_disk *header, struct page_row *row)
{
    const struct delta_page_disk *pages = delta_pages(header);
    uint32_t count = le32_get(header->page_count);

    for (uint32_t i = 0; i < count; i++) {
        uint64_t block = le64_get(pages[i].block) & (VOLUME_BLOCKS_MAX - 1);

        if (block == 0)
            continue; /* a page of zeroes */
        if (block != row->block + row->count || row->count == DELTA_BLOCKS_MAX) {
            TRY(row_compare(store, row));
            row->block = block;
        }
        row->crcs[row->count++] = le32_get(pages[i].crc);
    }
    return OK;
}

err_t
whole_check(struct store *store, const struct delta_chain *chain)
{
    struct page_row row = { 0 };

    for (size_t i = 0; i < chain->count; i++) {
        const struct delta_disk *header = chain->records[i].header;

        if (le64_get(header->note.generation) != store->super.note.generation)
            break; /* newest first: the rest is of those before */
        TRY(record_compare(store, header, &row));
    }
    return row_compare(store, &row);
}
