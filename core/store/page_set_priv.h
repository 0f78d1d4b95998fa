/*
 * page_set_priv.h - sets of changed pages: the overlay (committed since the
 * last fold), the commit under way, early pages.
 *
 * Zeroed memory is an empty set without room. The owner alone changes a set;
 * others look things up under the store's lock, so the owner holds it whenever
 * it changes what they can see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/hash.h"
#include "base/lock.h"
#include "store/volume_priv.h"

/* A page and where its newest contents lie. */
struct page_change {
    uint64_t block; /* 0: flags say why there is none */
    uint64_t old;   /* the block it replaces; 0: none, or not known */
    uint64_t birth; /* overlay: generation; early pages: a burnt one that may name it, or 0 */
    uint32_t page;
    uint32_t crc;
    uint32_t flags;
    uint32_t state; /* early pages: EARLY_...; pages of a commit: CHANGE_OLD_KEPT */
};

#define CHANGE_OLD_KEPT 4u /* a pin reaches the block it replaces: that is not to be free soon */

/* Where a page's change is. The page stands here too, so that a probe looks nowhere else. */
struct page_slot {
    uint32_t page;
    uint32_t place; /* 1 + place in items; 0: empty */
};

struct page_set {
    struct page_change *items;
    struct page_slot *slots;
    size_t count;
    size_t room;
    size_t slot_count; /* a power of two, more than 4/3 of room */
    bool fixed;        /* room was reserved once and for all */
};

/* A set whose room never grows, as a table that takes memory only where touched. */
must_use err_t page_set_create_fixed(struct page_set *set, size_t room);

void page_set_free(struct page_set *set);

/*
 * See to it that `more` pages can be added. Allocates outside the lock and takes
 * it to exchange the tables. OK, ERR_NOMEM; ERR_NOSPACE for a fixed set.
 */
must_use err_t page_set_reserve(struct page_set *set, size_t more, struct lock *lock);

/* The page's change, or NULL. Never allocates. */
struct page_change *page_set_find(const struct page_set *set, uint64_t page);

/* Add a page that is not in the set; there is room. */
void page_set_add(struct page_set *set, const struct page_change *change);

/*
 * Forget all pages; keep the room. Nobody looks into the set any more, but its count may be
 * read under the lock. Takes time by pages, not by room.
 */
void page_set_clear(struct page_set *set, struct lock *lock);
