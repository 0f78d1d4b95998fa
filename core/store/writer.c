/*
 * writer.c - buffers of 1 MiB: one is filled while the others are on their way.
 *
 * The disk shall not wait for the first of them: it is sent when little is in it,
 * the next when it has twice as much, until they are sent full. At the end of a
 * small commit it is the other way round: handing over costs more than the wait, so
 * all that is left goes to the disk as one row.
 *
 * Invariant: from the push of a block until its write has ended,
 * writer_find_locked() finds it; so a reader never looks on the disk for
 * something that is not there yet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/writer_priv.h"

#include "base/memory.h"
#include "plat/memory.h"

#define WRITER_FIRST 16 /* blocks that are worth a write */
#define WRITER_BYTES ((size_t)WRITER_BLOCKS * VOLUME_BLOCK_BYTES)

err_t
writer_init(struct writer *writer, struct plat_disk *disk, struct lock *lock)
{
    *writer = (struct writer){ .disk = disk, .lock = lock, .enough = WRITER_FIRST };
    writer->room = plat_reserve(WRITER_BUFFERS * WRITER_BYTES);
    if (writer->room == NULL)
        return ERR_NOMEM;
    for (unsigned i = 0; i < WRITER_BUFFERS; i++)
        writer->buffers[i].bytes = writer->room + i * WRITER_BYTES;
    return OK;
}

void
writer_destroy(struct writer *writer)
{
    plat_release(writer->room, WRITER_BUFFERS * WRITER_BYTES);
    writer->room = NULL;
}

static void
set_state(struct writer *writer, struct writer_buffer *buffer, enum writer_state state)
{
    lock_acquire(writer->lock);
    buffer->state = state;
    if (state == WRITER_FREE)
        buffer->count = 0;
    lock_release(writer->lock);
}

/* Hand over what was held back. */
static void
release(struct writer *writer)
{
    struct plat_io *first = writer->held;

    writer->held = NULL;
    if (first != NULL)
        plat_disk_submit(writer->disk, first);
}

/* Wait for the write that was submitted first. */
static void
reap(struct writer *writer)
{
    struct writer_buffer *buffer = &writer->buffers[writer->oldest];
    err_t err;

    assert(buffer->state == WRITER_FLYING);
    release(writer);
    err = plat_disk_wait(writer->disk, &buffer->io);
    if (err != OK && writer->err == OK)
        writer->err = err;
    set_state(writer, buffer, WRITER_FREE);
    writer->oldest = (writer->oldest + 1) % WRITER_BUFFERS;
}

static struct writer_buffer *
take_off(struct writer *writer)
{
    struct writer_buffer *buffer = &writer->buffers[writer->current];

    assert(buffer->state == WRITER_FILLING);
    buffer->io = (struct plat_io){
        .kind = PLAT_WRITE,
        .block = buffer->block,
        .block_count = buffer->count,
        .buffer = buffer->bytes,
    };
    set_state(writer, buffer, WRITER_FLYING);
    writer->blocks_written += buffer->count;
    return buffer;
}

/* Write the buffer in this thread; it is free again, and stays the current one. */
static void
write_now(struct writer *writer)
{
    struct writer_buffer *buffer = take_off(writer);
    err_t err = plat_disk_run(writer->disk, &buffer->io);

    if (err != OK && writer->err == OK)
        writer->err = err;
    set_state(writer, buffer, WRITER_FREE);
}

static void
hold_back(struct writer *writer, struct plat_io *io)
{
    struct plat_io **end = &writer->held;

    while (*end != NULL)
        end = &(*end)->next;
    *end = io;
}

static void
submit(struct writer *writer)
{
    hold_back(writer, &take_off(writer)->io);
    if (!writer->holding)
        release(writer);
    writer->current = (writer->current + 1) % WRITER_BUFFERS;
    if (writer->enough < WRITER_BLOCKS)
        writer->enough *= 2;
}

uint8_t *
writer_slot(struct writer *writer)
{
    struct writer_buffer *buffer = &writer->buffers[writer->current];

    if (buffer->state == WRITER_FILLING && buffer->count >= writer->enough) {
        submit(writer);
        buffer = &writer->buffers[writer->current];
    }
    if (buffer->state == WRITER_FLYING) {
        assert(writer->oldest == writer->current);
        reap(writer);
    }
    return buffer->bytes + (size_t)buffer->count * VOLUME_BLOCK_BYTES;
}

void
writer_push(struct writer *writer, uint64_t block)
{
    struct writer_buffer *buffer = &writer->buffers[writer->current];
    const uint8_t *slot = buffer->bytes + (size_t)buffer->count * VOLUME_BLOCK_BYTES;

    assert(block >= VOLUME_FIRST_BLOCK);
    assert(buffer->state != WRITER_FLYING);
    assert(buffer->count < WRITER_BLOCKS);
    if (buffer->state == WRITER_FILLING && block != buffer->block + buffer->count) {
        uint8_t *fresh;

        submit(writer);
        fresh = writer_slot(writer);
        memcpy(fresh, slot, VOLUME_BLOCK_BYTES);
        buffer = &writer->buffers[writer->current];
    }
    lock_acquire(writer->lock);
    if (buffer->state == WRITER_FREE) {
        buffer->state = WRITER_FILLING;
        buffer->block = block;
    }
    buffer->count++;
    lock_release(writer->lock);
}

void
writer_hold(struct writer *writer)
{
    writer->holding = true;
}

void
writer_send(struct writer *writer, struct plat_io *beside)
{
    if (writer->buffers[writer->current].state == WRITER_FILLING) {
        writer_hold(writer);
        submit(writer);
    }
    hold_back(writer, beside);
    release(writer);
}

err_t
writer_drain(struct writer *writer)
{
    release(writer);
    /* The last one is written by this thread, which would only wait for another. */
    if (writer->buffers[writer->current].state == WRITER_FILLING)
        write_now(writer);
    writer->holding = false;
    writer->enough = WRITER_FIRST;
    while (writer->buffers[writer->oldest].state == WRITER_FLYING)
        reap(writer);
    assert(writer->oldest == writer->current);
    return writer->err;
}

void
writer_reset(struct writer *writer)
{
    assert(writer->oldest == writer->current);
    assert(writer->buffers[writer->current].state == WRITER_FREE);
    writer->err = OK;
}

const uint8_t *
writer_find_locked(const struct writer *writer, uint64_t block)
{
    for (unsigned i = 0; i < WRITER_BUFFERS; i++) {
        const struct writer_buffer *buffer = &writer->buffers[i];

        if (block - buffer->block < buffer->count)
            return buffer->bytes + (size_t)(block - buffer->block) * VOLUME_BLOCK_BYTES;
    }
    return NULL;
}
