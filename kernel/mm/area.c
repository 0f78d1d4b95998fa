/*
 * area.c - pieces of address room: first fit, in a list sorted by address.
 *
 * There are some dozens of pieces, so a list is enough.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "mm/mm_priv.h"
#include "mm/slab.h"

struct area_room area_reserve = { .address = MAP_RESERVE, .bytes = MAP_RESERVE_BYTES };
struct area_room area_stacks = { .address = MAP_STACKS, .bytes = MAP_STACKS_BYTES };

uint64_t
area_take(struct area_room *room, uint64_t bytes)
{
    struct area *made = slab_alloc(sizeof(*made));
    struct area **link = &room->first;
    uint64_t address = room->address;
    uint64_t flags;

    assert(bytes > 0 && bytes % FRAME_BYTES == 0);
    if (!made)
        return 0;
    flags = spin_lock(&room->lock);
    while (*link && (*link)->address - address < bytes) {
        address = (*link)->address + (*link)->bytes;
        link = &(*link)->next;
    }
    if (room->address + room->bytes - address < bytes)
        address = 0;
    if (address) {
        *made = (struct area){ .address = address, .bytes = bytes, .next = *link };
        *link = made;
    }
    spin_unlock(&room->lock, flags);
    if (!address)
        slab_free(made, sizeof(*made));
    return address;
}

void
area_give(struct area_room *room, uint64_t address, uint64_t bytes)
{
    struct area **link = &room->first;
    uint64_t flags = spin_lock(&room->lock);
    struct area *area;

    while (*link && (*link)->address != address)
        link = &(*link)->next;
    area = *link;
    assert(area);
    assert(area->bytes == bytes);
    *link = area->next;
    spin_unlock(&room->lock, flags);
    slab_free(area, sizeof(*area));
}

bool
area_has(struct area_room *room, uint64_t address)
{
    uint64_t flags = spin_lock(&room->lock);
    struct area *area = room->first;
    bool has;

    while (area && area->address + area->bytes <= address)
        area = area->next;
    has = area && area->address <= address;
    spin_unlock(&room->lock, flags);
    return has;
}
