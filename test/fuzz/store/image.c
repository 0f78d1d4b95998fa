/*
 * image.c - summing a volume from below, and trying what can be done with it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fuzz/store/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "format/space.h"
#include "store/migrate.h"
#include "store/store_priv.h"

#define BLOCK        VOLUME_BLOCK_BYTES
#define COMMITS      3
#define COMMIT_PAGES 6

/* ---- making ---- */

void
image_super_put(struct image *image, const struct super *super)
{
    static _Alignas(BLOCK) uint8_t copies[SUPER_COPIES * BLOCK];

    super_encode(0, super, copies);
    for (unsigned copy = 0; copy < SUPER_COPIES; copy++)
        memcpy(test_disk_bytes(image->disk, copy), copies + (size_t)copy * BLOCK, BLOCK);
}

struct block_ref
image_bitmap_put(struct image *image, uint64_t index_block, uint64_t bitmap_block,
                 uint64_t used_end)
{
    uint8_t *bitmap = test_disk_bytes(image->disk, bitmap_block);
    struct index_node_disk *index = (void *)test_disk_bytes(image->disk, index_block);

    memset(bitmap, 0xff, BLOCK);
    for (uint64_t block = used_end; block < IMAGE_BLOCKS; block++)
        bitmap[block / 8] &= (uint8_t) ~(1u << block % 8);
    index->entries[0] =
        (struct index_entry_disk){ .block = le64_put(bitmap_block),
                                   .free = le32_put((uint32_t)(IMAGE_BLOCKS - used_end)) };
    return (struct block_ref){ .block = index_block, .count = 1 };
}

/* ---- summing ---- */

static bool
is_block(uint64_t block, uint64_t count)
{
    return count > 0 && count <= DELTA_BLOCKS_MAX && block_range_valid(block, count, IMAGE_BLOCKS);
}

/* True the first time: what lies there is a `kind` from now on. */
static bool
part_add(struct image *image, enum image_kind kind, uint64_t block)
{
    if (image->seen[block])
        return false;
    image->seen[block] = 1;
    if (image->part_count < IMAGE_PARTS_MAX)
        image->parts[image->part_count++] = (struct image_part){ .kind = kind, .block = block };
    return true;
}

static void
page_add(struct image *image, uint64_t page)
{
    if (page < SPACE_PAGES && image->page_count < IMAGE_PAGES_MAX)
        image->pages[image->page_count++] = page;
}

static uint32_t
blocks_sum(struct image *image, uint64_t block, uint64_t count)
{
    uint32_t crc = 0;

    for (uint64_t i = block; i < block + count; i++)
        crc = crc32c_extend(crc, test_disk_look(image->disk, i), BLOCK);
    return crc;
}

/* Write a checksum into a block, unless it stands there: most blocks are shared with other disks.
 */
static void
sum_put(struct image *image, uint64_t block, size_t offset, uint32_t crc)
{
    struct le32 disk = le32_put(crc);

    if (memcmp(test_disk_look(image->disk, block) + offset, &disk, sizeof disk) != 0)
        memcpy(test_disk_bytes(image->disk, block) + offset, &disk, sizeof disk);
}

typedef void sum_fn(struct image *image, uint64_t block);

/* What a reference at `offset` of `block` names is summed by `below`, and then it itself. */
static void
ref_sum(struct image *image, uint64_t block, size_t offset, enum image_kind kind, sum_fn *below)
{
    struct block_ref_disk disk;
    struct block_ref ref;

    memcpy(&disk, test_disk_look(image->disk, block) + offset, sizeof disk);
    ref = block_ref_get(&disk);
    if (!is_block(ref.block, ref.count))
        return;
    if (part_add(image, kind, ref.block))
        below(image, ref.block);
    sum_put(image, block, offset + offsetof(struct block_ref_disk, crc),
            blocks_sum(image, ref.block, ref.count));
}

static void
page_sum(struct image *image, uint64_t block, size_t crc_offset, uint64_t page, uint64_t to)
{
    page_add(image, page);
    if (!is_block(to, 1))
        return;
    part_add(image, IMAGE_PAGE, to);
    sum_put(image, block, crc_offset, blocks_sum(image, to, 1));
}

static void
node_sum(struct image *image, uint64_t block, unsigned level, uint64_t first)
{
    for (unsigned i = 0; i < MAP_WAYS; i++) {
        size_t offset = i * sizeof(struct map_entry_disk);
        uint64_t page = first + ((uint64_t)i << level * MAP_WAYS_BITS);
        const struct map_node_disk *node = (const void *)test_disk_look(image->disk, block);
        struct map_entry entry = map_entry_get(&node->entries[i]);

        if (entry.block == 0)
            continue;
        if (level == 0) {
            page_sum(image, block, offset + 12, page, entry.block);
        } else if (is_block(entry.block, 1)) {
            if (part_add(image, IMAGE_NODE, entry.block))
                node_sum(image, entry.block, level - 1, page);
            sum_put(image, block, offset + 12, blocks_sum(image, entry.block, 1));
        }
    }
}

static void
root_sum(struct image *image, uint64_t block)
{
    node_sum(image, block, MAP_LEVELS - 1, 0);
}

/* A volume of IMAGE_BLOCKS has one bitmap block, so the index has one level. */
static void
index_sum(struct image *image, uint64_t block)
{
    for (unsigned i = 0; i < INDEX_WAYS; i++) {
        size_t offset = i * sizeof(struct index_entry_disk);
        const struct index_node_disk *node = (const void *)test_disk_look(image->disk, block);
        uint64_t bitmap = le64_get(node->entries[i].block);

        if (!is_block(bitmap, 1))
            continue;
        part_add(image, IMAGE_BITMAP, bitmap);
        sum_put(image, block, offset + offsetof(struct index_entry_disk, crc),
                blocks_sum(image, bitmap, 1));
    }
}

static void
waiting_sum(struct image *image, uint64_t block)
{
    ref_sum(image, block, offsetof(struct chain_disk, next), IMAGE_WAITING, waiting_sum);
}

static void
notes_sum(struct image *image, uint64_t block)
{
    ref_sum(image, block, offsetof(struct chain_disk, next), IMAGE_NOTES, notes_sum);
}

static void
kept_sum(struct image *image, uint64_t block)
{
    ref_sum(image, block, offsetof(struct chain_disk, next), IMAGE_KEPT, kept_sum);
}

static void
pins_sum(struct image *image, uint64_t block)
{
    for (size_t i = 0; i < CHAIN_PINS_MAX; i++) {
        size_t offset = offsetof(struct chain_disk, items) + i * sizeof(struct pin_disk);

        ref_sum(image, block, offset + offsetof(struct pin_disk, map), IMAGE_NODE, root_sum);
        ref_sum(image, block, offset + offsetof(struct pin_disk, dead), IMAGE_KEPT, kept_sum);
    }
    ref_sum(image, block, offsetof(struct chain_disk, next), IMAGE_PINS, pins_sum);
}

/* Of a record's pages those in its first block are summed; there are rarely more. */
static void
record_sum(struct image *image, uint64_t block)
{
    const size_t item_bytes = sizeof(struct delta_page_disk);
    const struct delta_disk *header = (const void *)test_disk_look(image->disk, block);
    uint64_t count = le32_get(header->page_count);

    if (count > (BLOCK - sizeof *header) / item_bytes)
        count = (BLOCK - sizeof *header) / item_bytes;
    for (uint64_t i = 0; i < count; i++) {
        size_t offset = sizeof(struct delta_disk) + i * item_bytes;
        struct delta_page_disk item;

        memcpy(&item, test_disk_look(image->disk, block) + offset, sizeof item);
        page_sum(image, block, offset + offsetof(struct delta_page_disk, crc), le32_get(item.page),
                 le64_get(item.block) & (VOLUME_BLOCKS_MAX - 1));
    }
    ref_sum(image, block, offsetof(struct delta_disk, previous), IMAGE_RECORD, record_sum);
}

static void
super_sum(struct image *image, uint64_t block)
{
    const size_t crc_offset = offsetof(struct super_disk, crc);

    ref_sum(image, block, offsetof(struct super_disk, map), IMAGE_NODE, root_sum);
    ref_sum(image, block, offsetof(struct super_disk, bitmap), IMAGE_INDEX, index_sum);
    ref_sum(image, block, offsetof(struct super_disk, waiting), IMAGE_WAITING, waiting_sum);
    ref_sum(image, block, offsetof(struct super_disk, notes), IMAGE_NOTES, notes_sum);
    ref_sum(image, block, offsetof(struct super_disk, pins), IMAGE_PINS, pins_sum);
    ref_sum(image, block, offsetof(struct super_disk, delta), IMAGE_RECORD, record_sum);
    sum_put(image, block, crc_offset, crc32c(test_disk_look(image->disk, block), crc_offset));
}

void
image_sum(struct image *image)
{
    image->part_count = image->page_count = 0;
    memset(image->seen, 0, sizeof image->seen);
    for (uint64_t place = 0; place < SUPER_SLOTS * SUPER_COPIES; place++) {
        if (bytes_are_zero(test_disk_look(image->disk, place), SUPER_BYTES))
            continue;
        part_add(image, IMAGE_SUPER, place);
        super_sum(image, place);
    }
}

/* ---- trying ---- */

static _Alignas(BLOCK) uint8_t buffer[BLOCK];

static unsigned damages;

static void
finding(void *context, const struct store_finding *one)
{
    (void)context;
    damages += one->damage;
}

static unsigned
pages_refused(struct image *image, struct store *store)
{
    unsigned refused = 0;

    for (size_t i = 0; i < image->page_count; i++) {
        err_t err = store_page_read(store, image->pages[i], buffer);

        assert(err == OK || err == ERR_CORRUPT);
        refused += err != OK;
    }
    return refused;
}

/* How much of pinned generations cannot be read. */
static unsigned
pins_refused(struct image *image, struct store *store)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(store, pins, STORE_PINS_MAX);
    unsigned refused = 0;

    for (size_t p = 0; p < count; p++) {
        struct store_view *view;
        uint64_t page;
        err_t err = OK;

        if (store_view_open(store, pins[p].note.generation, &view) != OK)
            continue;
        for (size_t i = 0; i < image->page_count; i++)
            refused += store_view_read(view, image->pages[i], buffer) != OK;
        for (unsigned i = 0; i < IMAGE_PAGES_MAX && err == OK; i++)
            err = store_view_next(view, i == 0 ? 0 : page + 1, buffer, &page);
        refused += err == ERR_CORRUPT;
        store_view_close(view);
    }
    return refused;
}

/* Look at all of it. False if it does not open. */
static bool
look(struct image *image)
{
    struct store_note notes[NOTES_MAX];
    struct store_opened opened;
    struct store *store;
    size_t note_count;
    unsigned refused;

    if (store_open(image->disk, true, &store, &opened) != OK)
        return false;
    refused = pages_refused(image, store) + pins_refused(image, store);
    assert(store_log_read(store, notes, NOTES_MAX, &note_count) == OK);
    assert(note_count <= NOTES_MAX);
    damages = 0;
    assert(store_check(store, finding, NULL, NULL) == OK);
    assert(damages > 0 || refused == 0);
    assert(damages > 0 || !opened.repaired);
    store_close(store);
    return true;
}

/* The page that a commit writes: known ones, one that the map may not know, the last of all. */
static uint64_t
commit_page_number(const struct image *image, unsigned commit, unsigned i)
{
    if (i == 0)
        return SPACE_PAGES - 1;
    if (i == 1 || image->page_count == 0)
        return 1000 + i;
    return image->pages[(commit * COMMIT_PAGES + i) % image->page_count];
}

static void
page_fill(uint64_t page, uint64_t generation)
{
    memset(buffer, 0x5a, sizeof buffer);
    memcpy(buffer, &page, sizeof page);
    memcpy(buffer + sizeof page, &generation, sizeof generation);
}

/* True if the page was handed over in this commit already. */
static bool
is_repeated(const struct image *image, unsigned commit, unsigned i)
{
    for (unsigned before = 0; before < i; before++) {
        if (commit_page_number(image, commit, before) == commit_page_number(image, commit, i))
            return true;
    }
    return false;
}

static void
early_write(struct image *image, struct store *store, unsigned commit)
{
    uint64_t generation = store_generation_running(store);
    uint64_t page = commit_page_number(image, commit, 0);

    if (store_credit_take(store, 1) != OK)
        return;
    page_fill(page, generation);
    if (store_page_write_early(store, generation, page, buffer) != OK)
        store_credit_give(store, 1);
}

/* One commit. OK, or why there was none. `note` is filled on OK. */
static err_t
commit_once(struct image *image, struct store *store, unsigned commit, struct store_note *note)
{
    uint64_t generation = store_generation_running(store);
    err_t err = store_credit_take(store, COMMIT_PAGES);

    *note = (struct store_note){ .cause = commit == 1 ? STORE_CAUSE_STOP : STORE_CAUSE_INTERVAL };
    if (err != OK)
        return err;
    store_commit_begin(store);
    for (unsigned i = 0; i < COMMIT_PAGES && err == OK; i++) {
        if (is_repeated(image, commit, i))
            continue;
        page_fill(commit_page_number(image, commit, i), generation);
        err = store_commit_page(store, commit_page_number(image, commit, i), buffer);
    }
    if (err == OK)
        return store_commit_finish(store, note);
    store_commit_abandon(store);
    return err;
}

static void
blocks_check(struct store *store)
{
    lock_acquire(&store->lock);
    blocks_check_locked(&store->blocks);
    lock_release(&store->lock);
}

/* What the commit wrote is there. */
static void
commit_verify(struct image *image, struct store *store, unsigned commit, uint64_t generation)
{
    static _Alignas(BLOCK) uint8_t read[BLOCK];

    for (unsigned i = 0; i < COMMIT_PAGES; i++) {
        uint64_t page = commit_page_number(image, commit, i);

        assert(store_page_read(store, page, read) == OK);
        page_fill(page, generation);
        assert(memcmp(read, buffer, BLOCK) == 0);
    }
}

/* The power goes: what was acknowledged opens. */
static void
reopen_verify(struct image *image, unsigned commit, uint64_t generation)
{
    struct store_opened opened;
    struct store *store;

    test_disk_cut(image->disk, TEST_CUT_DROP, 0);
    assert(store_open(image->disk, false, &store, &opened) == OK);
    assert(opened.generation == generation);
    commit_verify(image, store, commit, generation);
    store_close(store);
}

/* The oldest pin that can be had, or 0. */
static uint64_t
pin_oldest(struct store *store)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(store, pins, STORE_PINS_MAX);

    for (size_t i = 0; i < count; i++) {
        if (!pins[i].going)
            return pins[i].note.generation;
    }
    return 0;
}

/* In one commit a generation is pinned, in the next one is let go of. */
static void
history_ask(struct store *store, unsigned commit)
{
    if (commit == 0)
        store_pin_ask(store);
    else if (commit == 1)
        IGNORE(store_unpin(store, pin_oldest(store)), "there may be none");
}

/* All that could be read of the pin is there now. */
static void
rewind_verify(struct image *image, struct store *store, struct store_view *view)
{
    static _Alignas(BLOCK) uint8_t read[BLOCK];

    for (size_t i = 0; i < image->page_count; i++) {
        if (store_view_read(view, image->pages[i], buffer) != OK)
            continue;
        assert(store_page_read(store, image->pages[i], read) == OK);
        assert(memcmp(read, buffer, BLOCK) == 0);
    }
}

static void
go_back(struct image *image)
{
    struct store_note note = { .wall_ns = 1 };
    struct store_opened opened;
    struct store_view *view;
    struct store *store;
    uint64_t kept;
    err_t err;

    assert(store_open(image->disk, false, &store, &opened) == OK);
    if (store_view_open(store, pin_oldest(store), &view) == OK) {
        err = store_rewind(store, store_view_pin(view).note.generation, &note, &kept);
        if (err == OK)
            rewind_verify(image, store, view);
        store_view_close(view);
        blocks_check(store);
        store_close(store);
        if (err != OK)
            return;
        test_disk_cut(image->disk, TEST_CUT_DROP, 0);
        assert(store_open(image->disk, true, &store, &opened) == OK);
        assert(opened.generation == note.generation);
    }
    store_close(store);
}

static void
change(struct image *image)
{
    struct store *store;
    uint64_t generation = 0;
    unsigned newest = 0;

    if (store_open(image->disk, false, &store, NULL) != OK)
        return;
    for (unsigned commit = 0; commit < COMMITS; commit++) {
        struct store_note note;

        history_ask(store, commit);
        early_write(image, store, commit);
        if (commit_once(image, store, commit, &note) == OK) {
            generation = note.generation;
            newest = commit;
            commit_verify(image, store, commit, generation);
        }
        blocks_check(store);
    }
    pages_refused(image, store);
    store_close(store);
    if (generation != 0) {
        reopen_verify(image, newest, generation);
        go_back(image);
    }
}

/* One of an older version comes here, or is refused. */
static void
bring_here(struct image *image)
{
    struct store_note note = { .wall_ns = 1 };
    struct store_opened opened;

    if (store_version(image->disk) >= SUPER_VERSION)
        return;
    if (store_migrate(image->disk, true, &note, &opened) != OK)
        return;
    test_disk_cut(image->disk, TEST_CUT_DROP, 0);
    assert(store_version(image->disk) == SUPER_VERSION);
}

void
image_try(struct image *image)
{
    bring_here(image);
    if (look(image))
        change(image);
}
