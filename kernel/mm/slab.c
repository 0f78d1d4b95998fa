/*
 * slab.c - small pieces of memory: slabs of one frame, each cut into pieces of
 * one size.
 *
 * Whoever frees says how large the piece was, so pieces carry nothing. A slab
 * begins with a header; its free pieces are linked through their first words. A
 * class keeps the slabs that have a free piece on a list, those with the most
 * recent free first; a slab whose last piece is freed goes back, but for one of
 * each class, so that a size that comes and goes does not take a frame each time.
 *
 * A slab is one frame, never more: so it is had as long as there is any memory,
 * however scattered.
 *
 * Invariants: a slab is on its class's list exactly while it has a free piece;
 * `used` pieces are in use; the free pieces are on its list, each once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mm/slab.h"

#include "base/assert.h"
#include "base/memory.h"
#include "mm/mm_priv.h"

#define FREED 0xdf /* what a checked build fills a freed piece with */

struct piece {
    struct piece *next;
};

struct slab {
    struct slab *next, *prev; /* in the class's list */
    struct piece *free;
    uint32_t used;
    uint32_t class_index;
};

/* Multiples of 16, each the largest of which as many fit behind a header as do. */
static const uint16_t class_bytes[] = {
    16, 32, 48, 64, 80, 96, 128, 176, 208, 256, 304, 400, 496, 576, 672, 800, 1008, 1344, 2032,
};

#define CLASSES (sizeof(class_bytes) / sizeof(class_bytes[0]))

static_assert(sizeof(struct slab) == 32, "a multiple of 16, and two pieces of 2032 fit behind it");
static_assert(2 * SLAB_BYTES_MAX + sizeof(struct slab) == FRAME_BYTES, "nothing is lost");

static struct class
{
    struct spin lock;   /* guards the list, and all its slabs */
    struct slab *first; /* slabs with a free piece */
    unsigned empty;     /* of those, how many have no piece in use: 0 or 1 */
} classes[CLASSES];

/* The class of a size: found by halving. */
static unsigned
class_of(size_t bytes)
{
    unsigned low = 0, high = CLASSES - 1;

    assert(bytes > 0 && bytes <= SLAB_BYTES_MAX);
    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (class_bytes[middle] < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
slab_link(struct class *class, struct slab *slab)
{
    slab->prev = NULL;
    slab->next = class->first;
    if (class->first)
        class->first->prev = slab;
    class->first = slab;
}

static void
slab_unlink(struct class *class, struct slab *slab)
{
    if (slab->prev)
        slab->prev->next = slab->next;
    else
        class->first = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
}

/* A new slab, with all its pieces free. */
static struct slab *
slab_make(unsigned class_index)
{
    paddr_t frame = frame_alloc();
    struct slab *slab = frame_bytes(frame);
    size_t bytes = class_bytes[class_index];

    if (!frame)
        return NULL;
    *slab = (struct slab){ .class_index = class_index };
    for (size_t at = sizeof(*slab); at + bytes <= FRAME_BYTES; at += bytes) {
        struct piece *piece = (struct piece *)((uint8_t *)slab + at);

        piece->next = slab->free;
        slab->free = piece;
    }
    return slab;
}

void *
slab_alloc(size_t bytes)
{
    unsigned class_index = class_of(bytes);
    struct class *class = &classes[class_index];
    uint64_t flags = spin_lock(&class->lock);
    struct slab *slab = class->first;
    struct piece *piece;

    if (!slab) {
        slab = slab_make(class_index);
        if (!slab) {
            spin_unlock(&class->lock, flags);
            return NULL;
        }
        slab_link(class, slab);
    } else if (slab->used == 0) {
        class->empty--;
    }
    piece = slab->free;
    slab->free = piece->next;
    slab->used++;
    if (!slab->free)
        slab_unlink(class, slab);
    spin_unlock(&class->lock, flags);
    return memset(piece, 0, bytes);
}

void
slab_free(void *memory, size_t bytes)
{
    struct piece *piece = memory;
    struct slab *slab;
    struct class *class;
    bool gone = false;
    uint64_t flags;

    if (!memory)
        return;
    slab = (struct slab *)((uintptr_t)memory & ~(uintptr_t)(FRAME_BYTES - 1));
    assert(slab->class_index == class_of(bytes));
    assert(((uintptr_t)memory - (uintptr_t)slab - sizeof(*slab)) % class_bytes[slab->class_index] ==
           0);
#if defined(CHECKED) && CHECKED
    memset(memory, FREED, class_bytes[slab->class_index]);
#endif
    class = &classes[slab->class_index];
    flags = spin_lock(&class->lock);
    assert(slab->used > 0);
    if (!slab->free)
        slab_link(class, slab);
    piece->next = slab->free;
    slab->free = piece;
    if (--slab->used == 0) {
        gone = class->empty > 0;
        if (gone)
            slab_unlink(class, slab);
        else
            class->empty++;
    }
    spin_unlock(&class->lock, flags);
    if (gone)
        frame_free(frame_of(slab));
}
