/*
 * mm.c - bringing memory up: which memory is ours, the page tables, and then
 * every frame to the allocator.
 *
 * Until the allocator runs, what is needed is taken from the begin of the
 * largest piece of memory that the boot page tables reach.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/mm.h"

#include "arch/amd64/cpu.h"
#include "arch/amd64/panic.h"
#include "base/assert.h"
#include "base/memory.h"
#include "boot/boot.h"
#include "mm/mm_priv.h"
#include "mm/table.h"

struct range {
    uint64_t from, to;
};

/* What is not ours; each usable region also hides what later ones repeat of it. */
#define HOLES_MAX (BOOT_REGIONS_MAX + 3)

static struct {
    struct range holes[HOLES_MAX];
    unsigned hole_count;
    struct range largest; /* below BOOT_MAPPED_BYTES */
    uint64_t early_next;  /* frames up to here were taken from it */
    uint64_t end;         /* of memory that is ours */
} memory;

static void
hole_add(uint64_t from, uint64_t to)
{
    assert(memory.hole_count < HOLES_MAX);
    memory.holes[memory.hole_count++] = (struct range){ from, to };
}

/* Call `found` for each piece of [from, to) that lies in none of the holes from `hole` on. */
static void
pieces(uint64_t from, uint64_t to, unsigned hole, void (*found)(uint64_t, uint64_t))
{
    for (; hole < memory.hole_count; hole++) {
        const struct range *not_ours = &memory.holes[hole];

        if (not_ours->to <= from || not_ours->from >= to)
            continue;
        if (not_ours->from > from)
            pieces(from, not_ours->from, hole + 1, found);
        if (not_ours->to >= to)
            return;
        from = not_ours->to;
    }
    from = (from + FRAME_BYTES - 1) & ~(uint64_t)(FRAME_BYTES - 1);
    to &= ~(uint64_t)(FRAME_BYTES - 1);
    if (from < to)
        found(from, to);
}

/* The same for all memory that is ours. Its usable regions are holes while it runs. */
static void
pieces_of_memory(void (*found)(uint64_t, uint64_t))
{
    unsigned hole_count = memory.hole_count;

    for (unsigned i = 0; i < boot_info.region_count; i++) {
        const struct boot_region *region = &boot_info.regions[i];
        uint64_t end = region->base + region->bytes;

        if (!region->usable || region->base >= MAP_DEVICES)
            continue;
        if (end < region->base || end > MAP_DEVICES)
            end = MAP_DEVICES;
        pieces(region->base, end, 0, found);
        hole_add(region->base, end);
    }
    memory.hole_count = hole_count;
}

static void
measure(uint64_t from, uint64_t to)
{
    uint64_t reached = to < BOOT_MAPPED_BYTES ? to : BOOT_MAPPED_BYTES;

    if (to > memory.end)
        memory.end = to;
    if (from < reached && reached - from > memory.largest.to - memory.largest.from)
        memory.largest = (struct range){ from, reached };
}

static paddr_t
early_take(uint64_t bytes)
{
    paddr_t taken = memory.early_next;

    bytes = (bytes + FRAME_BYTES - 1) & ~(uint64_t)(FRAME_BYTES - 1);
    if (memory.largest.to - taken < bytes)
        kernel_halt("the machine has too little memory");
    memory.early_next += bytes;
    memset(frame_bytes(taken), 0, bytes);
    return taken;
}

static paddr_t
early_frame(void)
{
    return early_take(FRAME_BYTES);
}

static void
hand_over(uint64_t from, uint64_t to)
{
    frame_add(from, (to - from) / FRAME_BYTES);
}

void
mm_init(void)
{
    paddr_t frame_table;

    hole_add(0, BOOT_LOW_END);
    hole_add(frame_of(boot_image_begin), frame_of(boot_image_end));
    for (unsigned i = 0; i < boot_info.region_count; i++)
        if (!boot_info.regions[i].usable)
            hole_add(boot_info.regions[i].base,
                     boot_info.regions[i].base + boot_info.regions[i].bytes);
    pieces_of_memory(measure);
    memory.early_next = memory.largest.from;
    frame_table = early_take(frame_table_bytes(memory.end / FRAME_BYTES));
    table_init(early_frame);
    cr3_write(table_root);
    frame_init(frame_bytes(frame_table), memory.end / FRAME_BYTES);
    hole_add(memory.largest.from, memory.early_next);
    pieces_of_memory(hand_over);
}

uint64_t
mm_page_table(void)
{
    return table_root;
}

uint64_t
mm_memory_bytes(void)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < boot_info.region_count; i++)
        if (boot_info.regions[i].usable)
            bytes += boot_info.regions[i].bytes;
    return bytes;
}
