/*
 * virtio_ring.c - handing requests to a device and taking its answers.
 *
 * A request of several pieces takes one descriptor that names a table of them,
 * where the device knows such tables; else a chain. Which it is makes no
 * difference to the owner but for how many requests fit.
 *
 * Barriers. The descriptors are written before the index that hands them over
 * (release); an answer is read after the index that announces it (acquire); and
 * between what we announce and what we ask about the other side lies a full
 * fence, here and in the device: of two who each write and then read, at least
 * one sees the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/virtio_ring.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/memory.h"

#define DESCRIPTOR_NEXT     1
#define DESCRIPTOR_WRITE    2
#define DESCRIPTOR_INDIRECT 4
#define USED_NO_NOTIFY      1

#define NO_DESCRIPTOR       UINT16_MAX

/* Words of the two rings, as 16-bit words from their beginning. */
#define RING_INDEX         1
#define RING_FIRST         2
#define USED_WORDS         4 /* of an element: id 32 bits, bytes 32 bits */
#define USED_EVENT(ring)   (RING_FIRST + (ring)->size)
#define DEVICE_EVENT(ring) (RING_FIRST + USED_WORDS * (ring)->size)

/* ---- layout ---- */

static size_t
round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) & ~(to - 1);
}

size_t
vring_available_offset(unsigned size)
{
    return size * sizeof(struct vring_descriptor);
}

size_t
vring_used_offset(unsigned size)
{
    return round_up(vring_available_offset(size) + (RING_FIRST + size + 1) * sizeof(uint16_t), 64);
}

static size_t
tables_offset(unsigned size)
{
    size_t words = RING_FIRST + USED_WORDS * size + 1;

    return round_up(vring_used_offset(size) + words * sizeof(uint16_t), 64);
}

size_t
vring_bytes(unsigned size, bool indirect)
{
    size_t table_bytes = VRING_PIECES_MAX * sizeof(struct vring_descriptor);

    return tables_offset(size) + (indirect ? size * table_bytes : 0);
}

void
vring_init(struct vring *ring, const struct vring_options *options)
{
    uint8_t *memory = options->memory;
    unsigned size = options->size;

    assert(size > 0 && size <= VRING_SIZE_MAX);
    assert((size & (size - 1)) == 0);
    memset(ring, 0, sizeof(*ring));
    ring->size = size;
    ring->events = options->events;
    ring->descriptors = (void *)memory;
    ring->available = (void *)(memory + vring_available_offset(size));
    ring->used = (void *)(memory + vring_used_offset(size));
    if (options->indirect) {
        ring->tables = (void *)(memory + tables_offset(size));
        ring->tables_address = options->address + tables_offset(size);
    }
    for (unsigned i = 0; i < size; i++)
        ring->next[i] = (uint16_t)(i + 1);
    ring->next[size - 1] = NO_DESCRIPTOR;
    ring->free_count = size;
}

/* ---- the two shared indices and the words that belong to them ---- */

static uint16_t
word_get(volatile uint16_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void
word_put(volatile uint16_t *word, uint16_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static struct vring_used_element
used_element(const struct vring *ring, uint16_t index)
{
    volatile uint16_t *words = ring->used + RING_FIRST + USED_WORDS * (index & (ring->size - 1));

    return (struct vring_used_element){
        .id = words[0] | (uint32_t)words[1] << 16,
        .bytes = words[2] | (uint32_t)words[3] << 16,
    };
}

/* ---- adding ---- */

static struct vring_descriptor
descriptor_of(const struct vring_piece *piece, bool last, uint16_t next)
{
    return (struct vring_descriptor){
        .address = piece->address,
        .bytes = piece->bytes,
        .flags = (uint16_t)((piece->device_writes ? DESCRIPTOR_WRITE : 0) |
                            (last ? 0 : DESCRIPTOR_NEXT)),
        .next = last ? 0 : next,
    };
}

static uint16_t
descriptor_get(struct vring *ring)
{
    uint16_t index = ring->free_first;

    assert(ring->free_count > 0);
    assert(index < ring->size);
    ring->free_first = ring->next[index];
    ring->free_count--;
    return index;
}

/* One descriptor that names a table of all pieces. */
static uint16_t
add_table(struct vring *ring, const struct vring_piece *pieces, unsigned count)
{
    uint16_t head = descriptor_get(ring);
    struct vring_descriptor *table = ring->tables + (size_t)head * VRING_PIECES_MAX;

    for (unsigned i = 0; i < count; i++)
        table[i] = descriptor_of(&pieces[i], i + 1 == count, (uint16_t)(i + 1));
    ring->descriptors[head] = (struct vring_descriptor){
        .address = ring->tables_address + ((uint8_t *)table - (uint8_t *)ring->tables),
        .bytes = count * (uint32_t)sizeof(*table),
        .flags = DESCRIPTOR_INDIRECT,
    };
    ring->next[head] = NO_DESCRIPTOR;
    return head;
}

static uint16_t
add_chain(struct vring *ring, const struct vring_piece *pieces, unsigned count)
{
    uint16_t head = descriptor_get(ring);
    uint16_t at = head;

    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        uint16_t next = last ? NO_DESCRIPTOR : descriptor_get(ring);

        ring->descriptors[at] = descriptor_of(&pieces[i], last, next);
        ring->next[at] = next;
        at = next;
    }
    return head;
}

bool
vring_add(struct vring *ring, const struct vring_piece *pieces, unsigned count, void *token)
{
    bool table = ring->tables && count > 1;
    uint16_t head;

    assert(token);
    assert(count > 0 && count <= VRING_PIECES_MAX);
    if ((table ? 1 : count) > ring->free_count)
        return false;
    head = table ? add_table(ring, pieces, count) : add_chain(ring, pieces, count);
    ring->tokens[head] = token;
    ring->writable_bytes[head] = 0;
    for (unsigned i = 0; i < count; i++) {
        assert(i == 0 || pieces[i].device_writes || !pieces[i - 1].device_writes);
        if (pieces[i].device_writes)
            ring->writable_bytes[head] += pieces[i].bytes;
    }
    ring->available[RING_FIRST + (ring->available_index & (ring->size - 1))] = head;
    ring->available_index++;
    word_put(&ring->available[RING_INDEX], ring->available_index);
    return true;
}

bool
vring_must_notify(struct vring *ring)
{
    uint16_t before = ring->notified_index;
    uint16_t now = ring->available_index;
    uint16_t event;

    if (before == now)
        return false;
    ring->notified_index = now;
    atomic_thread_fence(memory_order_seq_cst);
    if (!ring->events)
        return !(word_get(&ring->used[0]) & USED_NO_NOTIFY);
    event = word_get(&ring->used[DEVICE_EVENT(ring)]);
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

/* ---- taking ---- */

static void
chain_free(struct vring *ring, uint16_t head)
{
    uint16_t last = head;

    ring->tokens[head] = NULL;
    ring->free_count++;
    while (ring->next[last] != NO_DESCRIPTOR) {
        last = ring->next[last];
        ring->free_count++;
    }
    ring->next[last] = ring->free_first;
    ring->free_first = head;
}

err_t
vring_take(struct vring *ring, void **token, uint32_t *bytes)
{
    uint16_t announced = word_get(&ring->used[RING_INDEX]);
    struct vring_used_element element;

    if (announced == ring->used_index)
        return ERR_NOT_FOUND;
    element = used_element(ring, ring->used_index);
    if ((uint16_t)(announced - ring->used_index) > ring->size || element.id >= ring->size ||
        !ring->tokens[element.id] || element.bytes > ring->writable_bytes[element.id])
        return ERR_CORRUPT;
    ring->used_index++;
    *token = ring->tokens[element.id];
    *bytes = element.bytes;
    chain_free(ring, (uint16_t)element.id);
    return OK;
}

bool
vring_interrupt_enable(struct vring *ring)
{
    if (ring->events)
        word_put(&ring->available[USED_EVENT(ring)], ring->used_index);
    atomic_thread_fence(memory_order_seq_cst);
    return word_get(&ring->used[RING_INDEX]) == ring->used_index;
}

void *
vring_reclaim(struct vring *ring)
{
    for (unsigned i = 0; i < ring->size; i++) {
        void *token = ring->tokens[i];

        if (token) {
            chain_free(ring, (uint16_t)i);
            return token;
        }
    }
    return NULL;
}
