/*
 * check_history.c - verifying pinned generations and their lists.
 *
 * From the newest pin to the oldest: its list is marked, then its map is walked, beside that of
 * the present. What the pin reaches the present has in the same place, or it is in the list of the
 * pin or of a newer one; what is in its list the pin must reach. So each block that history keeps
 * is in one list, and letting go of pins, in any order, frees neither too much nor too little.
 *
 * A node that the present's map leads to was verified with all below it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "plat/memory.h"
#include "store/check_priv.h"

#define LOG_MODULE "store"
#include "base/log.h"

#define PRESENT_BYTES (MAP_LEVELS * VOLUME_BLOCK_BYTES)

/* ---- lists ---- */

static err_t
link_check(void *context, uint64_t block, const struct chain_disk *link)
{
    struct check *check = context;
    uint64_t generation = check->pin->note.generation;

    check_use(check, block, 1, CHECK_NO_PAGE, "the list of a pinned generation");
    for (uint32_t i = 0; i < le32_get(link->item_count); i++) {
        struct dead_extent_disk item;
        uint64_t first;

        memcpy(&item, link->items + i * sizeof item, sizeof item);
        first = le64_get(item.block);
        check_use(check, first, le32_get(item.count), CHECK_NO_PAGE, "history");
        for (uint64_t n = first; n < first + le32_get(item.count); n++)
            check_mark(&check->kept, n);
        if (le64_get(item.generation) > generation)
            check_report(check, true, first, CHECK_NO_PAGE,
                         "block %" PRIu64 ": in the list of generation %" PRIu64
                         ", but written after it",
                         first, generation);
    }
    return OK;
}

/* What is in a list is there because the pin reaches it. */
static err_t
link_compare(void *context, uint64_t block, const struct chain_disk *link)
{
    struct check *check = context;

    (void)block;
    for (uint32_t i = 0; i < le32_get(link->item_count); i++) {
        struct dead_extent_disk item;
        uint64_t first, unreached = 0;

        memcpy(&item, link->items + i * sizeof item, sizeof item);
        first = le64_get(item.block);
        for (uint64_t n = first; n < first + le32_get(item.count); n++)
            unreached += !check_marked(&check->reached, n);
        if (unreached > 0)
            check_report(check, false, first, CHECK_NO_PAGE,
                         "%" PRIu64 " blocks from %" PRIu64 " are kept for generation %" PRIu64
                         ", which does not use them",
                         unreached, first, check->pin->note.generation);
    }
    return OK;
}

static void
list_check(struct check *check)
{
    const struct pin *pin = check->pin;
    err_t err = history_list_walk(check->store, pin, link_check, check);

    if (err == OK)
        return;
    check_report(check, true, pin->dead.block, CHECK_NO_PAGE,
                 "block %" PRIu64 ": the list of what died after generation %" PRIu64
                 " cannot be read to its end: %s",
                 pin->dead.block, pin->note.generation, err_text(err));
    check->list_damaged = check->cannot_tell = true;
}

/* ---- maps ---- */

static void
unlisted_add(struct check *check, uint64_t block, uint64_t birth)
{
    uint64_t generation = check->pin->note.generation;

    if (birth == 0 || birth > generation)
        birth = generation; /* it is not known when it was written, but that it was by then */
    if (check->collect && !check->list_damaged)
        IGNORE(history_unlisted_add(check->store, generation, block, birth),
               "without memory it is told of again");
}

/*
 * The pin leads to a block; true if the present does not.
 *
 *   now  what the present has in this place, as of the fold; NULL: that is not known
 */
static bool
block_reach(struct check *check, const struct map_entry *entry, const struct map_entry *now,
            uint64_t page)
{
    uint64_t block = entry->block;

    if (!check_marked(&check->seen, block)) {
        unlisted_add(check, block, entry->birth);
        if (!check->list_damaged)
            check_report(check, true, block, page,
                         "block %" PRIu64 ": generation %" PRIu64
                         " uses it, and no list of history says so",
                         block, check->pin->note.generation);
        check_mark(&check->seen, block);
        check_mark(&check->kept, block);
    }
    if (check_marked(&check->kept, block)) {
        check_mark(&check->reached, block);
        return true;
    }
    if (now != NULL && now->block != block)
        check_report(check, true, block, page,
                     "block %" PRIu64 ": generation %" PRIu64
                     " uses it, and so does something else",
                     block, check->pin->note.generation);
    return false;
}

static struct check_touch
touch_of_pin(const struct check *check, uint64_t page, uint64_t page_count, uint64_t birth)
{
    return (struct check_touch){
        .page = page, .page_count = page_count, .first = birth, .last = check->pin->note.generation
    };
}

static void
page_check(struct check *check, uint64_t page, const struct map_entry *entry,
           const struct map_entry *now)
{
    const struct check_touch touch = touch_of_pin(check, page, 1, entry->birth);

    if (!block_reach(check, entry, now, page) || check_marked(&check->read, entry->block))
        return;
    check_mark(&check->read, entry->block);
    check_page_later(check, entry->block, entry->crc, &touch);
}

/* The node that the present has in a place: zeroes if it has none, NULL if that is not known. */
static const struct map_node_disk *
present_node(struct check *check, unsigned level, const struct map_entry *now)
{
    struct map_node_disk *node = (void *)(check->present + (size_t)level * VOLUME_BLOCK_BYTES);

    if (now == NULL || !map_entry_valid(check->store, now))
        return NULL;
    memset(node, 0, sizeof *node);
    return now->block == 0 || map_node_read(check->store, now, node) == OK ? node : NULL;
}

/* What the pin has, and beside it what the present has in the same place. Depth: MAP_LEVELS. */
static void
node_check(struct check *check, unsigned level, const struct map_entry *entry,
           const struct map_entry *now, uint64_t first)
{
    struct map_node_disk *node = (void *)(check->node + (size_t)level * VOLUME_BLOCK_BYTES);
    uint64_t pages = 1ull << level * MAP_WAYS_BITS; /* below one entry of this node */
    struct check_touch touch = touch_of_pin(check, first, MAP_WAYS * pages, entry->birth);
    const struct map_node_disk *present;

    if (!block_reach(check, entry, now, first) ||
        !check_node(check, entry, &touch, node, "page map of a pinned generation"))
        return;
    present = present_node(check, level, now);
    for (unsigned i = 0; i < MAP_WAYS; i++) {
        struct map_entry child = map_entry_get(&node->entries[i]);
        struct map_entry beside = { 0 };
        uint64_t page = first + i * pages;

        if (present != NULL)
            beside = map_entry_get(&present->entries[i]);
        touch = touch_of_pin(check, page, pages, child.birth);
        if (check_entry_lost(check, entry->block, &child, &touch))
            continue;
        if (child.block != 0 && level == 0)
            page_check(check, page, &child, present != NULL ? &beside : NULL);
        else if (child.block != 0)
            node_check(check, level - 1, &child, present != NULL ? &beside : NULL, page);
    }
}

static struct map_entry
root_of(struct block_ref map)
{
    return (struct map_entry){ .block = map.count > 0 ? map.block : 0, .crc = map.crc };
}

static void
pin_check(struct check *check, const struct pin *pin)
{
    struct map_entry root = root_of(pin->map), now = root_of(check->store->map);

    check->pin = pin;
    list_check(check);
    if (pin->going)
        return;
    memset(check->reached.words, 0, check->reached.bytes);
    if (root.block != 0)
        node_check(check, MAP_LEVELS - 1, &root, &now, 0);
    check_pages_end(check);
    if (!check->cannot_tell)
        IGNORE(history_list_walk(check->store, pin, link_compare, check), "it was read before");
}

/* What is made here is let go of by room_free(), all or a part of it. */
static err_t
room_create(struct check *check)
{
    uint64_t block_count = check->store->super.block_count;

    TRY(check_marks_create(&check->kept, block_count));
    TRY(check_marks_create(&check->reached, block_count));
    TRY(check_marks_create(&check->read, block_count));
    check->present = plat_alloc(PRESENT_BYTES);
    return check->present != NULL ? OK : ERR_NOMEM;
}

static void
room_free(struct check *check)
{
    check_marks_free(&check->kept);
    check_marks_free(&check->reached);
    check_marks_free(&check->read);
    plat_free(check->present, PRESENT_BYTES);
    check->present = NULL;
}

err_t
check_history(struct check *check)
{
    struct history *history = &check->store->history;
    err_t err = history->count > 0 ? room_create(check) : OK;

    for (size_t i = history->count; i-- > 0 && err == OK;)
        pin_check(check, &history->pins[i]);
    room_free(check);
    return err;
}
