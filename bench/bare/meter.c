/*
 * meter.c - a block device that counts and hands everything on to another.
 *
 * What the driver makes of a request (parts, notifications, interrupts) lies
 * below it, and is the same for the raw writes and for what is compared with them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bare/meter.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "dev/block.h"
#include "irq/clock.h"
#include "plat/disk_open.h"
#include "plat/memory.h"
#include "sched/sched.h"

static struct {
    struct block_device device;
    struct block_device *real;
    _Atomic uint64_t requests, blocks, flushes;
} meter;

static struct {
    struct block_device *device;
    uint64_t block;
    uint8_t *bytes;
} raw;

/* ---- the disk that counts ---- */

static void
count_and_submit(struct block_device *device, struct plat_io *io)
{
    (void)device;
    for (const struct plat_io *each = io; each != NULL; each = each->next) {
        if (each->kind == PLAT_FLUSH) {
            atomic_fetch_add(&meter.flushes, 1);
        } else {
            atomic_fetch_add(&meter.requests, 1);
            atomic_fetch_add(&meter.blocks, each->block_count);
        }
    }
    meter.real->operations->submit(meter.real, io);
}

static const char *
trouble(struct block_device *device)
{
    (void)device;
    return meter.real->operations->trouble != NULL ? meter.real->operations->trouble(meter.real)
                                                   : NULL;
}

static err_t
make_room(struct block_device *device, uint64_t block, uint64_t block_count)
{
    (void)device;
    return meter.real->operations->make_room != NULL
               ? meter.real->operations->make_room(meter.real, block, block_count)
               : OK;
}

static void
discard(struct block_device *device, uint64_t block, uint64_t block_count)
{
    (void)device;
    if (meter.real->operations->discard != NULL)
        meter.real->operations->discard(meter.real, block, block_count);
}

static const struct block_operations operations = {
    .submit = count_and_submit,
    .make_room = make_room,
    .discard = discard,
    .trouble = trouble,
};

struct plat_disk *
meter_disk(struct block_device *device)
{
    meter.real = device;
    meter.device = *device;
    meter.device.operations = &operations;
    return disk_open(&meter.device);
}

struct bench_meter
meter_read(void)
{
    return (struct bench_meter){
        .requests = atomic_load(&meter.requests),
        .blocks = atomic_load(&meter.blocks),
        .flushes = atomic_load(&meter.flushes),
        .busy_ns = kthread_busy_ns(),
    };
}

/* ---- raw writes ---- */

void
meter_raw_open(struct block_device *device, uint64_t block, uint64_t block_count)
{
    raw.bytes = plat_alloc(block_count * PLAT_BLOCK_BYTES);
    if (raw.bytes == NULL)
        bench_die("no memory for raw writes", ERR_NOMEM);
    memset(raw.bytes, 0x33, block_count * PLAT_BLOCK_BYTES);
    raw.device = device;
    raw.block = block;
}

void
meter_raw_write(uint64_t block_count)
{
    struct plat_io write = { .kind = PLAT_WRITE,
                             .block = raw.block,
                             .block_count = (uint32_t)block_count,
                             .buffer = raw.bytes };
    struct plat_io flush = { .kind = PLAT_FLUSH };

    atomic_fetch_add(&meter.requests, 1);
    atomic_fetch_add(&meter.blocks, block_count);
    atomic_fetch_add(&meter.flushes, 1);
    block_submit(raw.device, &write);
    if (block_wait(raw.device, &write) != OK)
        bench_die("a raw write failed", write.result);
    block_submit(raw.device, &flush);
    if (block_wait(raw.device, &flush) != OK)
        bench_die("a raw flush failed", flush.result);
}

uint64_t
meter_raw_ns(void)
{
    uint64_t begin_ns = clock_ns();

    meter_raw_write(1);
    return clock_ns() - begin_ns;
}
