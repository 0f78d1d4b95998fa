/*
 * mm_priv.h - what the files of mm share: pieces of address room, and how the
 * allocator gets its frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mm/frame.h"
#include "mm/map.h"
#include "sched/spin.h"

/* ---- where the parts of the image lie: phantom.ld ---- */

extern char boot_image_begin[]; /* code, then constants, then data */
extern char boot_text_end[];
extern char boot_constants_end[];
extern char boot_image_end[];

/* ---- frame.c ---- */

/*
 * Begin with no free frame.
 *
 *   table  frame_table_bytes() of zeroed memory, for the frames below `count`
 */
void frame_init(void *table, uint64_t count);
uint64_t frame_table_bytes(uint64_t count);

/* Hand over whole frames that nobody uses. */
void frame_add(paddr_t first, uint64_t count);

/* Assert every invariant of the free lists. */
void frame_check(void);

/* ---- area.c: pieces of address room ---- */

struct area {
    uint64_t address;
    uint64_t bytes;
    struct area *next; /* at a higher address */
};

struct area_room {
    uint64_t address;
    uint64_t bytes;
    struct spin lock;
    struct area *first; /* guarded by the lock */
};

extern struct area_room area_reserve;
extern struct area_room area_stacks;

/* Take a piece of `bytes` (a multiple of 4096); 0 when there is none. */
uint64_t area_take(struct area_room *room, uint64_t bytes);

/* Give a whole piece back. */
void area_give(struct area_room *room, uint64_t address, uint64_t bytes);

/* True if the address lies in a piece. */
bool area_has(struct area_room *room, uint64_t address);
