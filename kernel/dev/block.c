/*
 * block.c - the list of disks, and what is the same for all of them.
 *
 * Disks are added while drivers start, in one thread, and never go away; so the
 * list needs no lock for those who look later.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/block.h"

#include "base/format.h"
#include "base/memory.h"
#include "format/volume.h"
#include "irq/clock.h"
#include "plat/memory.h"
#include "sched/thread.h"

#define LOG_MODULE "driver"
#include "base/log.h"

#define SUPER_BLOCKS   (SUPER_SLOTS * SUPER_COPIES)
#define SILENCE_NS     (5 * 1000000000ull)
#define FAILURES_SHOWN 20

static struct block_device *devices[BLOCK_DEVICES_MAX];
static unsigned device_count;
static _Atomic unsigned failures; /* that were shown */

/* ---- the list ---- */

err_t
block_device_add(struct block_device *device, const char *kind)
{
    char size[FORMAT_UNIT_BYTES];

    if (device_count == BLOCK_DEVICES_MAX)
        return ERR_NOSPACE;
    format_bytes(size, device->block_count * PLAT_BLOCK_BYTES);
    format(device->name, sizeof(device->name), "disk %u (%s, %s)", device_count, kind, size);
    devices[device_count++] = device;
    return OK;
}

struct block_device *
block_device_find(unsigned index)
{
    return index < device_count ? devices[index] : NULL;
}

bool
block_device_is_blank(struct block_device *device)
{
    size_t bytes = (size_t)BLOCK_BLANK_BLOCKS * PLAT_BLOCK_BYTES;
    uint64_t *words = plat_alloc(bytes);
    struct plat_io io = { .kind = PLAT_READ, .block_count = BLOCK_BLANK_BLOCKS, .buffer = words };
    bool blank = false;

    if (words) {
        block_submit(device, &io);
        blank = block_wait(device, &io) == OK;
    }
    for (size_t i = 0; blank && i < bytes / sizeof words[0]; i++)
        blank = words[i] == 0;
    plat_free(words, bytes);
    return blank;
}

/* True if one of the places for superblocks says that it is one. */
static bool
has_volume(struct block_device *device, uint8_t *buffer)
{
    struct plat_io io = { .kind = PLAT_READ, .block_count = SUPER_BLOCKS, .buffer = buffer };

    block_submit(device, &io);
    if (block_wait(device, &io) != OK)
        return false;
    for (unsigned i = 0; i < SUPER_BLOCKS; i++) {
        if (memcmp(buffer + (size_t)i * PLAT_BLOCK_BYTES, SUPER_MAGIC, sizeof(SUPER_MAGIC)) == 0)
            return true;
    }
    return false;
}

struct block_device *
block_device_find_volume(void)
{
    uint8_t *buffer;
    struct block_device *found = device_count ? devices[0] : NULL;

    if (device_count < 2)
        return found;
    buffer = plat_alloc((size_t)SUPER_BLOCKS * PLAT_BLOCK_BYTES);
    if (!buffer)
        return found;
    for (unsigned i = 0; i < device_count; i++) {
        if (has_volume(devices[i], buffer)) {
            found = devices[i];
            break;
        }
    }
    plat_free(buffer, (size_t)SUPER_BLOCKS * PLAT_BLOCK_BYTES);
    return found;
}

/* ---- requests ---- */

void
block_io_end(struct plat_io *io, err_t result)
{
    io->result = result;
    /* Pairs with block_wait(). The request may be gone as soon as this is seen; waking looks at
     * the address alone. */
    atomic_store_explicit(&io->done, 1, memory_order_release);
    (void)kthread_wake(&io->done, UINT32_MAX);
}

static err_t
io_check(const struct block_device *device, const struct plat_io *io)
{
    if (io->kind == PLAT_FLUSH)
        return OK;
    if (io->block > device->block_count || io->block_count > device->block_count - io->block)
        return ERR_RANGE;
    if (io->kind == PLAT_WRITE && device->read_only)
        return ERR_IO;
    return OK;
}

/* Good requests go on as one row; the others end here. */
void
block_submit(struct block_device *device, struct plat_io *io)
{
    struct plat_io *first = NULL;
    struct plat_io **end = &first;

    while (io) {
        struct plat_io *next = io->next;
        err_t err = io_check(device, io);

        atomic_store_explicit(&io->done, 0, memory_order_relaxed);
        if (err == OK && io->kind != PLAT_FLUSH && io->block_count == 0) {
            block_io_end(io, OK);
        } else if (err == OK) {
            *end = io;
            end = &io->next;
            io->next = NULL;
        } else {
            block_io_end(io, err);
        }
        io = next;
    }
    if (first)
        device->operations->submit(device, first);
}

/* Of many failures the first few tell enough. */
static void
failure_log(const struct block_device *device, const struct plat_io *io)
{
    static const char *const kinds[] = { "read", "write", "flush" };
    unsigned shown = atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);

    if (shown > FAILURES_SHOWN)
        return;
    if (shown == FAILURES_SHOWN)
        log_warn("no more of its failures are shown");
    else if (io->kind == PLAT_FLUSH)
        log_warn("%s: a flush failed: %s", device->name, err_text(io->result));
    else
        log_warn("%s: a %s of %u block%s at %" PRIu64 " failed: %s", device->name, kinds[io->kind],
                 io->block_count, io->block_count == 1 ? "" : "s", io->block, err_text(io->result));
}

/* Tell what the driver found out in an interrupt. */
static void
trouble_log(struct block_device *device)
{
    const char *trouble = device->operations->trouble ? device->operations->trouble(device) : NULL;

    if (trouble)
        log_warn("%s: %s", device->name, trouble);
}

void
block_sleep(struct block_device *device, const _Atomic uint32_t *word, uint32_t expected,
            uint64_t since_ns)
{
    uint64_t patience = SILENCE_NS;

    while (clock_ns() - since_ns >= patience)
        patience *= 2; /* a line after 5 s, 10 s, 20 s, ... */
    kthread_wait(word, expected, since_ns + patience);
    trouble_log(device);
    if (clock_ns() - since_ns >= patience && atomic_load(word) == expected)
        log_warn("%s: no answer for %u s; still waiting", device->name,
                 (unsigned)(patience / 1000000000));
}

err_t
block_wait(struct block_device *device, struct plat_io *io)
{
    uint64_t began = clock_ns();

    while (atomic_load_explicit(&io->done, memory_order_acquire) == 0)
        block_sleep(device, &io->done, 0, began);
    if (io->result == ERR_IO) {
        trouble_log(device);
        failure_log(device, io);
    }
    return io->result;
}

err_t
block_make_room(struct block_device *device, uint64_t block, uint64_t block_count)
{
    err_t err;

    if (block > device->block_count || block_count > device->block_count - block)
        return ERR_RANGE;
    if (!device->operations->make_room || block_count == 0)
        return OK;
    err = device->operations->make_room(device, block, block_count);
    if (atomic_exchange(&device->full, err != OK) == false && err != OK) {
        trouble_log(device);
        log_warn("%s: gets no more room from what it lies on; until there is some, the volume "
                 "counts as full",
                 device->name);
    }
    return err;
}

void
block_discard(struct block_device *device, uint64_t block, uint64_t block_count)
{
    if (device->read_only || !device->operations->discard || block > device->block_count ||
        block_count > device->block_count - block)
        return;
    device->operations->discard(device, block, block_count);
}
