/*
 * page_set.c - a row of changes and a table of places in it.
 *
 * Pages are never taken out one by one, so a probe ends at the first
 * empty slot. An empty slot is zero, so fresh memory is an empty table.
 *
 * Neighbouring pages mostly change together, so they have neighbouring homes: the
 * slots of PAGES_NEAR of them are one line of the processor's cache. A large commit
 * waits for memory, not for comparisons.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/page_set_priv.h"

#include "base/assert.h"
#include "base/memory.h"
#include "plat/memory.h"

#define PAGE_SET_ROOM_MIN 256
#define PAGES_NEAR        8

static uint64_t
table_bytes(size_t count, size_t item_bytes)
{
    uint64_t bytes = (uint64_t)count * item_bytes;

    return (bytes + VOLUME_BLOCK_BYTES - 1) & ~(uint64_t)(VOLUME_BLOCK_BYTES - 1);
}

static size_t
slots_for(size_t room)
{
    size_t slots = 16;

    while (slots < room + room / 2)
        slots *= 2;
    return slots;
}

err_t
page_set_create_fixed(struct page_set *set, size_t room)
{
    struct page_set made = { .room = room, .slot_count = slots_for(room), .fixed = true };

    made.items = plat_reserve(table_bytes(made.room, sizeof made.items[0]));
    made.slots = plat_reserve(table_bytes(made.slot_count, sizeof made.slots[0]));
    *set = made;
    if (made.items != NULL && made.slots != NULL)
        return OK;
    page_set_free(set);
    return ERR_NOMEM;
}

void
page_set_free(struct page_set *set)
{
    if (set->fixed) {
        plat_release(set->items, table_bytes(set->room, sizeof set->items[0]));
        plat_release(set->slots, table_bytes(set->slot_count, sizeof set->slots[0]));
    } else {
        plat_free(set->items, set->room * sizeof set->items[0]);
        plat_free(set->slots, set->slot_count * sizeof set->slots[0]);
    }
    *set = (struct page_set){ 0 };
}

static inline size_t
home_of(const struct page_set *set, uint64_t page)
{
    return (hash_mix(page / PAGES_NEAR) * PAGES_NEAR + page % PAGES_NEAR) & (set->slot_count - 1);
}

static size_t
slot_find(const struct page_set *set, uint64_t page)
{
    size_t slot = home_of(set, page);

    while (set->slots[slot].place != 0 && set->slots[slot].page != page)
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

err_t
page_set_reserve(struct page_set *set, size_t more, struct lock *lock)
{
    struct page_set bigger, old = *set;

    if (more <= set->room - set->count)
        return OK;
    if (set->fixed)
        return ERR_NOSPACE;
    if (more > UINT32_MAX / 2 - set->count)
        return ERR_NOMEM;
    bigger = (struct page_set){ .room = set->room > 0 ? set->room : PAGE_SET_ROOM_MIN };
    while (bigger.room - set->count < more)
        bigger.room *= 2;
    bigger.slot_count = slots_for(bigger.room);
    bigger.items = plat_alloc(bigger.room * sizeof bigger.items[0]);
    bigger.slots = plat_alloc(bigger.slot_count * sizeof bigger.slots[0]);
    if (bigger.items == NULL || bigger.slots == NULL) {
        page_set_free(&bigger);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < set->count; i++)
        page_set_add(&bigger, &set->items[i]);
    lock_acquire(lock);
    *set = bigger;
    lock_release(lock);
    page_set_free(&old);
    return OK;
}

struct page_change *
page_set_find(const struct page_set *set, uint64_t page)
{
    size_t slot;

    if (set->count == 0)
        return NULL;
    slot = slot_find(set, page);
    return set->slots[slot].place != 0 ? &set->items[set->slots[slot].place - 1] : NULL;
}

void
page_set_add(struct page_set *set, const struct page_change *change)
{
    size_t slot;

    assert(set->count < set->room);
    slot = slot_find(set, change->page);
    assert(set->slots[slot].place == 0);
    set->items[set->count] = *change;
    set->slots[slot] = (struct page_slot){ change->page, (uint32_t)++set->count };
}

/*
 * From the home of each page all slots up to the next empty one are emptied. A
 * page's own slot is among them, or was emptied before: who empties one slot
 * of an unbroken row empties all that follow.
 */
void
page_set_clear(struct page_set *set, struct lock *lock)
{
    for (size_t i = 0; i < set->count; i++) {
        size_t slot = home_of(set, set->items[i].page);

        for (; set->slots[slot].place != 0; slot = (slot + 1) & (set->slot_count - 1))
            set->slots[slot] = (struct page_slot){ 0 };
    }
    lock_acquire(lock);
    set->count = 0;
    lock_release(lock);
}
