/*
 * extent_list.c - blocks in the order they were taken, neighbours joined.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/extent_list_priv.h"

#include "base/memory.h"
#include "plat/memory.h"

err_t
extent_list_reserve(struct extent_list *list)
{
    size_t room = list->room > 0 ? 2 * list->room : 64;
    struct dead_extent *items;

    if (list->count < list->room)
        return OK;
    items = plat_alloc(room * sizeof items[0]);
    if (items == NULL)
        return ERR_NOMEM;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof items[0]);
    plat_free(list->items, list->room * sizeof list->items[0]);
    list->items = items;
    list->room = room;
    return OK;
}

err_t
extent_list_add_dead(struct extent_list *list, uint64_t block, uint64_t count, uint64_t generation)
{
    const struct dead_extent next = { block, generation, (uint32_t)count };
    struct dead_extent *last = list->count > 0 ? &list->items[list->count - 1] : NULL;

    assert(count > 0);
    assert(count <= EXTENT_BLOCKS_MAX);
    if (dead_extent_joins(last, &next)) {
        last->count += next.count;
        return OK;
    }
    TRY(extent_list_reserve(list));
    list->items[list->count++] = next;
    return OK;
}

err_t
extent_list_add(struct extent_list *list, uint64_t block, uint64_t count)
{
    return extent_list_add_dead(list, block, count, 0);
}

uint64_t
extent_list_blocks(const struct extent_list *list)
{
    uint64_t blocks = 0;

    for (size_t i = 0; i < list->count; i++)
        blocks += list->items[i].count;
    return blocks;
}

void
extent_list_free(struct extent_list *list)
{
    plat_free(list->items, list->room * sizeof list->items[0]);
    *list = (struct extent_list){ 0 };
}
